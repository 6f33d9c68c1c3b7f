/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * Patterns as fnmatch(3) has them: '*', '?', '\' before a character that is meant as it is,
 * and brackets with ranges, "!" or "^", and classes such as "[:digit:]", in ASCII. Without
 * collating symbols and equivalence classes, which are no part of any locale of ours.
 */
#define FNM_NOMATCH 1
#define FNM_PATHNAME (1 << 0)
#define FNM_NOESCAPE (1 << 1)
#define FNM_PERIOD (1 << 2)
#define FNM_CASEFOLD (1 << 4)

/* Return: 0 or FNM_NOMATCH. Takes time in proportion to both lengths for each '*'. */
int fnmatch(const char *pattern, const char *text, int flags);
