/* SPDX-License-Identifier: MIT */
/*
 * shadow: any bytes are lines; what is shown of one never holds its password
 * where that is long enough to be a hash, and nothing else that long.
 */
#include "tests/fuzz/fuzz.h"

#include <stdlib.h>
#include <string.h>

#include "daemon/base/cleanup.h"
#include "probes/parse/crypt-hash.h"
#include "probes/parse/shadow.h"

#define SHORTEST_HASH 13

static int parse(const uint8_t *bytes, size_t n, PfShadow *ret) {
        PF_AUTO_FREE char *copy = malloc(n + 1);

        if (!copy)
                abort();
        if (n > 0)
                memcpy(copy, bytes, n);
        copy[n] = '\0';
        return pf_shadow_parse(copy, n, "root", ret);
}

/* Field by field: the words in place of a password are longer than any other. */
static void check_shown(const PfShadow *shadow) {
        PF_AUTO_FREE char *shown = pf_shadow_describe(shadow);
        const char *field = shown ? strchr(shown, ':') : NULL;

        if (!field)
                return;
        if (shadow->password && strlen(shadow->password) >= SHORTEST_HASH &&
            strstr(field, shadow->password))
                abort();
        for (field = strchr(field + 1, ':'); field; field = strchr(field + 1, ':'))
                if (strcspn(field + 1, ":") >= SHORTEST_HASH)
                        abort();
}

int pf_fuzz_accepts(const uint8_t *bytes, size_t n) {
        PF_AUTO_SHADOW PfShadow shadow = { 0 };

        return parse(bytes, n, &shadow) == 0 && shadow.exists;
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n) {
        PF_AUTO_SHADOW PfShadow shadow = { 0 };

        if (parse(bytes, n, &shadow) < 0)
                abort();
        check_shown(&shadow);
        if (shadow.exists != (shadow.password != NULL))
                abort();
        if (shadow.password && pf_crypt_is_whole(shadow.password) &&
            pf_crypt_scheme(shadow.password) == PF_CRYPT_NONE)
                abort();
        return 0;
}
