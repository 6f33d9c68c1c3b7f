/* SPDX-License-Identifier: MIT */
#pragma once

#include <stddef.h>

/* FIPS 180-4, by Nettle. */
#define PF_SHA256_HEX_SIZE 65 /* 64 lowercase digits and a NUL */

void pf_sha256_hex(const void *bytes, size_t n, char ret[static PF_SHA256_HEX_SIZE]);
