/* SPDX-License-Identifier: MIT */
#include "daemon/base/sha256.h"

#include <nettle/sha2.h>
#include <nettle/version.h>
#include <stdint.h>
#include <stdio.h>

struct PfSha256 {
        struct sha256_ctx context;
};

PfSha256 *pf_sha256_new(void) {
        PfSha256 *sha256 = malloc(sizeof(*sha256));

        if (sha256)
                sha256_init(&sha256->context);
        return sha256;
}

PfSha256 *pf_sha256_free(PfSha256 *sha256) {
        free(sha256);
        return NULL;
}

void pf_sha256_add(PfSha256 *sha256, const void *bytes, size_t n) {
        sha256_update(&sha256->context, n, bytes);
}

void pf_sha256_end(PfSha256 *sha256, char ret[static PF_SHA256_HEX_SIZE]) {
        uint8_t digest[SHA256_DIGEST_SIZE];

#if NETTLE_VERSION_MAJOR >= 4
        sha256_digest(&sha256->context, digest);
#else
        sha256_digest(&sha256->context, sizeof(digest), digest);
#endif
        for (size_t i = 0; i < sizeof(digest); i++)
                (void) snprintf(ret + 2 * i, 3, "%02x", digest[i]);
}

void pf_sha256_hex(const void *bytes, size_t n, char ret[static PF_SHA256_HEX_SIZE]) {
        PfSha256 sha256;

        sha256_init(&sha256.context);
        pf_sha256_add(&sha256, bytes, n);
        pf_sha256_end(&sha256, ret);
}
