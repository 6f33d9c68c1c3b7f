/* SPDX-License-Identifier: MIT */
/*
 * Certificates in PEM: the first line is what is looked for in the rest. A text that
 * is longer than all that is there is never found.
 */
#include "tests/fuzz/fuzz.h"

#include <string.h>

#include "daemon/base/cleanup.h"
#include "probes/parse/pem.h"

static bool find(const uint8_t *bytes, size_t n) {
        const char *text = (const char *) bytes;
        const char *end = memchr(text, '\n', n);
        PF_AUTO_FREE char *wanted = NULL;
        bool found;

        if (!end || end == text)
                return false;
        wanted = strndup(text, (size_t) (end - text));
        check(wanted != NULL);
        found = pf_pem_has_text(end + 1, n - (size_t) (end + 1 - text), wanted);
        check(!found || strlen(wanted) < n);
        return found;
}

int pf_fuzz_accepts(const uint8_t *bytes, size_t n) {
        return find(bytes, n);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n) {
        (void) find(bytes, n);
        return 0;
}
