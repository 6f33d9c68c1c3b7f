/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * Lines and fields of passwd(5), group(5) and shadow(5) as the C library's
 * service "files" takes them apart. It is more patient than the manual pages
 * (blanks before a line or a number, a sign) and less so (a number that is not
 * one makes the whole line disappear).
 *
 * Rule: the observed behaviour of fgetpwent(3), fgetgrent(3) and fgetspent(3) of
 *       glibc 2.36, against which the tests hold it.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Where somebody reads. Fill in text and n; the bytes are changed. */
typedef struct PfNssFile {
        char *text; /* NUL-terminated behind its @n bytes, as a PfBuf is */
        size_t n;
        unsigned line; /* the number of the line that was given last, from 1 */
} PfNssFile;

/* The next line that is neither empty nor a comment, without the blanks before
 * it, or NULL. */
char *pf_nss_next_line(PfNssFile *file);

/* Takes a field off @line; what follows the last one is "". */
char *pf_nss_take_text(char **line);

typedef enum PfNssNumber {
        PF_NSS_NUMBER,
        PF_NSS_NUMBER_EMPTY, /* no digits */
        PF_NSS_NUMBER_BAD,   /* followed by something, or more than 32 bits */
        PF_NSS_NUMBER_END,   /* the line ends before the field */
} PfNssNumber;

/* Takes a numeric field off @line; @ret is untouched unless it is a number. */
PfNssNumber pf_nss_take_number(char **line, uint32_t *ret);
