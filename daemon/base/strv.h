/* SPDX-License-Identifier: MIT */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "daemon/base/cleanup.h"

/* A list of strings that it owns. All zero is an empty list. */
typedef struct PfStrv {
        char **items; /* not NULL-terminated */
        size_t n;
} PfStrv;

#define PF_AUTO_STRV PF_CLEANUP(pf_strv_deinit)

void pf_strv_deinit(PfStrv *strv);

/* Append a copy of @text, or of its first @n bytes. Return: 0 or -ENOMEM. */
int pf_strv_add(PfStrv *strv, const char *text) PF_MUST_CHECK;
int pf_strv_add_n(PfStrv *strv, const char *text, size_t n) PF_MUST_CHECK;
/* Append all of @from to @to, which is another list; nothing on error. */
int pf_strv_copy(const PfStrv *from, PfStrv *to) PF_MUST_CHECK;

void pf_strv_sort(PfStrv *strv); /* by byte values, as strcmp() */
bool pf_strv_contains(const PfStrv *strv, const char *text);
