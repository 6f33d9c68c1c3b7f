/* SPDX-License-Identifier: MIT */
#pragma once

#include <stdbool.h>

#include "daemon/base/buf.h"

/**
 * pf_utf16_to_utf8() - text as Windows keeps it
 * @bytes:  @n of them, at any address; half a unit at the end is left out
 * @is_big: the first byte of a unit is the higher one
 * @ret:    the text is added to it; a NUL stays a NUL
 * Rule:    RFC 2781; half a surrogate pair becomes U+FFFD.
 * Return:  0, or as pf_buf_reserve().
 */
int pf_utf16_to_utf8(const void *bytes, size_t n, bool is_big, PfBuf *ret) PF_MUST_CHECK;
