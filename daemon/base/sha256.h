/* SPDX-License-Identifier: MIT */
#pragma once

#include <stddef.h>

#include "daemon/base/cleanup.h"

/* FIPS 180-4, by Nettle. */
#define PF_SHA256_HEX_SIZE 65 /* 64 lowercase digits and a NUL */

void pf_sha256_hex(const void *bytes, size_t n, char ret[static PF_SHA256_HEX_SIZE]);

/* The same of what comes piece by piece. NULL where memory ran out. */
typedef struct PfSha256 PfSha256;

PfSha256 *pf_sha256_new(void);
PfSha256 *pf_sha256_free(PfSha256 *sha256);
PF_DEFINE_CLEANUP(PfSha256, pf_sha256_free);

void pf_sha256_add(PfSha256 *sha256, const void *bytes, size_t n);

/* Of all that was added; it begins anew afterwards. */
void pf_sha256_end(PfSha256 *sha256, char ret[static PF_SHA256_HEX_SIZE]);
