/* SPDX-License-Identifier: MIT */
/*
 * A pool of keys and values: what is found is the record of the key and the only one, what is
 * not found would stand at the end, and a pool that is refused has something wrong.
 */
#include "tests/fuzz/fuzz.h"

#include <string.h>

#include "daemon/publish/kvp-pool.h"

static size_t count(const char *bytes, size_t n, const char *key) {
        size_t found = 0;

        for (size_t at = 0; at < n; at += PF_KVP_RECORD_SIZE)
                found += strncmp(bytes + at, key, PF_KVP_KEY_SIZE) == 0;
        return found;
}

static bool has_bad_key(const char *bytes, size_t n) {
        for (size_t at = 0; at < n; at += PF_KVP_RECORD_SIZE)
                if (bytes[at] == '\0' || !memchr(bytes + at, '\0', PF_KVP_KEY_SIZE))
                        return true;
        return false;
}

static bool try_find(const char *bytes, size_t n, const char *key) {
        size_t at = SIZE_MAX;
        PfErr err = { 0 };
        const int r = pf_kvp_pool_find(bytes, n, key, &at, &err);

        check(r == 0 || r == PF_KVP_ABSENT || r == -EBADMSG);
        if (r < 0) {
                check(err.text[0] && at == SIZE_MAX);
                check(n % PF_KVP_RECORD_SIZE != 0 || n / PF_KVP_RECORD_SIZE > PF_KVP_RECORDS_MAX ||
                      has_bad_key(bytes, n) || count(bytes, n, key) > 1);
                return false;
        }
        check(n % PF_KVP_RECORD_SIZE == 0 && !has_bad_key(bytes, n));
        check(count(bytes, n, key) == (r == 0));
        check(r == 0 ? at < n && at % PF_KVP_RECORD_SIZE == 0 && strcmp(bytes + at, key) == 0
                     : at == n);
        return true;
}

int pf_fuzz_accepts(const uint8_t *bytes, size_t n) {
        return try_find((const char *) bytes, n, PF_KVP_KEY);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n) {
        (void) try_find((const char *) bytes, n, PF_KVP_KEY);
        (void) try_find((const char *) bytes, n, "a");
        return 0;
}
