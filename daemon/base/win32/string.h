/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * <string.h> with the functions that the C library of Windows lacks. Each does what its page
 * in the Linux manual says, and is in the file of its name.
 */

#include_next <string.h>

void *memmem(const void *haystack, size_t haystack_n, const void *needle, size_t needle_n);
void *memrchr(const void *bytes, int byte, size_t n);
char *stpcpy(char *to, const char *from);
char *strcasestr(const char *haystack, const char *needle); /* ASCII alone */
char *strndup(const char *text, size_t n);
char *strsep(char **text, const char *delimiters);

/* strerror(3) with words for the codes that POSIX added. */
char *pf_strerror(int code);
#define strerror(code) pf_strerror(code)
