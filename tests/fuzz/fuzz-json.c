/* SPDX-License-Identifier: MIT */
/*
 * JSON: what is accepted must be written as JSON that is accepted, and the
 * second writing must be the same as the first.
 */
#include "tests/fuzz/fuzz.h"

#include <stdlib.h>
#include <string.h>

#include "daemon/base/json.h"
#include "daemon/base/utf8.h"

#define DEPTH 16

/* Writes what @text means; 0, or the error of the one or the other. */
static int rewrite(const char *text, size_t n, PfBuf *ret) {
        PF_CLEANUP(pf_json_freep) PfJson *value = NULL;
        int r;

        r = pf_json_parse(text, n, DEPTH, &value, NULL);
        return r < 0 ? r : pf_json_write(value, ret);
}

int pf_fuzz_accepts(const uint8_t *bytes, size_t n) {
        PF_AUTO_BUF PfBuf once = PF_BUF_INIT(64u << 20);

        return rewrite((const char *) bytes, n, &once) == 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n) {
        PF_AUTO_BUF PfBuf once = PF_BUF_INIT(64u << 20);
        PF_AUTO_BUF PfBuf twice = PF_BUF_INIT(64u << 20);

        if (rewrite((const char *) bytes, n, &once) < 0)
                return 0;
        if (!pf_utf8_is_valid(once.data, once.n) || rewrite(once.data, once.n, &twice) < 0)
                abort();
        if (once.n != twice.n || memcmp(once.data, twice.data, once.n) != 0)
                abort();
        return 0;
}
