/* SPDX-License-Identifier: MIT */
#pragma once

#include "daemon/remedy/plan.h"

/*
 * Plans made by hand, for what applies them: of files as they are below a directory. Ends the
 * process where something goes wrong, so that programs without Check can use it too.
 */
PfPlan *pf_make_plan(void);

/* The file at @path of the machine below @root is to hold @n bytes; NULL: it is to be gone. */
void pf_make_edit(PfPlan *plan, const char *root, const char *path, const void *bytes, size_t n);
void pf_make_text(PfPlan *plan, const char *root, const char *path, const char *text);

/* A setting that is @before and is to be @value; NULL: there is none. */
void pf_make_setting(PfPlan *plan, PfSettingKind kind, const char *subject, const char *name,
                     const char *before, const char *value);

void pf_make_action(PfPlan *plan, PfActionKind kind, const char *subject);
void pf_make_step(PfPlan *plan, const char *check);
void pf_make_lease(PfPlan *plan, const char *account, const char *source, uint64_t usec);
