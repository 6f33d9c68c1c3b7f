/* SPDX-License-Identifier: MIT */
/*
 * Private keys: any bytes; an answer must be one of those that there are.
 */
#include "tests/fuzz/fuzz.h"

#include "probes/parse/ssh-key.h"

int pf_fuzz_accepts(const uint8_t *bytes, size_t n) {
        PfSshKey key;

        return pf_ssh_key_parse((const char *) bytes, n, &key) == 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n) {
        PfSshKey key = { .type = PF_SSH_KEY_OTHER + 1 };
        int r = pf_ssh_key_parse((const char *) bytes, n, &key);

        check(r == 0 || r == PF_SSH_KEY_BAD);
        check((r == 0) == (key.type <= PF_SSH_KEY_OTHER));
        if (r == 0) {
                check(pf_ssh_key_type_name(key.type) != NULL);
                check(key.bits == 0 || key.type == PF_SSH_KEY_RSA);
        }
        return 0;
}
