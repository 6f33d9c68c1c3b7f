/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * The variables of GRUB's scripts, and what is known of them. Private to the
 * evaluator: values are borrowed, and live as long as the menu they are found for.
 */

#include <stdbool.h>
#include <stddef.h>

#include "daemon/base/cleanup.h"

typedef struct PfGrubVariable {
        const char *name;
        const char *value; /* the best that can be said; NULL: not set */
        const char *path;
        unsigned line;
        bool certain; /* false: another value is possible */
        bool exported;
} PfGrubVariable;

typedef struct PfGrubVariables {
        PfGrubVariable *items;
        size_t n;
        size_t allocated;
        bool open; /* something could not be read that may have set any of them */
} PfGrubVariables;

void pf_grub_variables_deinit(PfGrubVariables *variables);
#define PF_AUTO_GRUB_VARIABLES PF_CLEANUP(pf_grub_variables_deinit)

/* A copy; or of those that are exported only. @to is empty. Return: 0, -ENOMEM. */
int pf_grub_variables_copy(const PfGrubVariables *from, bool exported_only,
                           PfGrubVariables *to) PF_MUST_CHECK;

/* Set one; whether it is exported stays as it is. Return: 0, -E2BIG, -ENOMEM. */
int pf_grub_variables_set(PfGrubVariables *variables, const PfGrubVariable *variable) PF_MUST_CHECK;
int pf_grub_variables_export(PfGrubVariables *variables, const char *name) PF_MUST_CHECK;

/**
 * pf_grub_variables_get() - what is known of a variable
 * @ret: all zero but its name and certain, where nothing set it; certain is
 *       false where that need not be so on a machine.
 */
void pf_grub_variables_get(const PfGrubVariables *variables, const char *name, PfGrubVariable *ret);

/* Leaves in @variables what holds after either of two branches. Return: 0, -E2BIG, -ENOMEM. */
int pf_grub_variables_merge(PfGrubVariables *variables, const PfGrubVariables *other) PF_MUST_CHECK;
