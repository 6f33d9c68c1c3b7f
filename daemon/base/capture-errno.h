/* SPDX-License-Identifier: MIT */
#pragma once

#include <stdint.h>

/*
 * Errors in the books of a captured machine, which is looked at elsewhere: they have the
 * numbers of Linux (asm-generic/errno.h), whatever this system's are.
 */

/* @r: a negative errno. What Linux has no number for is EIO. */
uint64_t pf_capture_errno_to_number(int r);

/* Return: a negative errno, or 0 for what is no number of an error. */
int pf_capture_errno_from_number(int64_t number);
