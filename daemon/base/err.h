/* SPDX-License-Identifier: MIT */
#pragma once

#include "daemon/base/cleanup.h"

#define PF_ERR_TEXT_MAX 512

/* A text for people that goes with a negative return value; all zero is "none". */
typedef struct PfErr {
        int code;
        char text[PF_ERR_TEXT_MAX];
} PfErr;

/**
 * pf_err_set() - note what went wrong, and return its code
 * @err:  receives the text, or NULL; one that holds a text already keeps it
 * @code: a negative errno
 * @fmt:  what could not be done, for a person; longer than PF_ERR_TEXT_MAX is cut
 *
 * The first text wins: the innermost place knows most. Controls, and what is
 * not UTF-8, become '?', since texts quote files that anybody may have written.
 * Return: @code.
 */
int pf_err_set(PfErr *err, int code, const char *fmt, ...) PF_PRINTF(3, 4);

/**
 * pf_err_errno() - the same, with ": " and the system's words for @code behind it
 * Return: @code.
 */
int pf_err_errno(PfErr *err, int code, const char *fmt, ...) PF_PRINTF(3, 4);

/**
 * pf_err_text() - what to show for @code, whether or not a text was set
 * Ownership: borrowed from @err, or from the C library.
 */
const char *pf_err_text(const PfErr *err, int code);
