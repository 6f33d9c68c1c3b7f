/* SPDX-License-Identifier: MIT */
#include "daemon/base/sha256.h"

#include <nettle/sha2.h>
#include <nettle/version.h>
#include <stdint.h>
#include <stdio.h>

void pf_sha256_hex(const void *bytes, size_t n, char ret[static PF_SHA256_HEX_SIZE]) {
        uint8_t digest[SHA256_DIGEST_SIZE];
        struct sha256_ctx context;

        sha256_init(&context);
        sha256_update(&context, n, bytes);
#if NETTLE_VERSION_MAJOR >= 4
        sha256_digest(&context, digest);
#else
        sha256_digest(&context, sizeof(digest), digest);
#endif
        for (size_t i = 0; i < sizeof(digest); i++)
                (void) snprintf(ret + 2 * i, 3, "%02x", digest[i]);
}
