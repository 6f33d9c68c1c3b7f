/* SPDX-License-Identifier: MIT */
/*
 * Keys made by ssh-keygen, in tests/corpus/ssh-key.
 */
#include "probes/parse/ssh-key.h"

#include <string.h>

#include "daemon/base/buf.h"
#include "tests/support/test-main.h"

static void read_key(const char *name, PfBuf *buf) {
        PF_AUTO_FCLOSE FILE *file = NULL;
        char path[512], bytes[8192];
        size_t n;

        (void) snprintf(path, sizeof(path), "%s/tests/corpus/ssh-key/%s", pf_test_source_root(),
                        name);
        file = fopen(path, "rb");
        ck_assert_msg(file != NULL, "%s", path);
        n = fread(bytes, 1, sizeof(bytes), file);
        ck_assert_int_eq(pf_buf_add(buf, bytes, n), 0);
}

static void expect(const char *name, PfSshKeyType type, unsigned bits, bool is_encrypted) {
        PF_AUTO_BUF PfBuf buf = PF_BUF_INIT(65536);
        PfSshKey key;

        read_key(name, &buf);
        ck_assert_msg(pf_ssh_key_parse(buf.data, buf.n, &key) == 0, "%s", name);
        ck_assert_msg(key.type == type, "%s is %s", name, pf_ssh_key_type_name(key.type));
        ck_assert_msg(key.bits == bits, "%s has %u bits", name, key.bits);
        ck_assert_int_eq(key.is_encrypted, is_encrypted);
}

START_TEST(of_openssh) {
        expect("y_ed25519", PF_SSH_KEY_ED25519, 0, false);
        expect("y_rsa-2048", PF_SSH_KEY_RSA, 2048, false);
        expect("y_rsa-1024", PF_SSH_KEY_RSA, 1024, false);
        expect("y_ecdsa", PF_SSH_KEY_ECDSA, 0, false);
        expect("y_dsa", PF_SSH_KEY_DSA, 0, false);
        expect("y_encrypted", PF_SSH_KEY_ED25519, 0, true);
}
END_TEST

START_TEST(of_pem) {
        expect("y_rsa-pem", PF_SSH_KEY_RSA, 2048, false);
        expect("y_rsa-pkcs8", PF_SSH_KEY_RSA, 3072, false);
        expect("y_ecdsa-pem", PF_SSH_KEY_ECDSA, 0, false);
        expect("y_ecdsa-pkcs8", PF_SSH_KEY_ECDSA, 0, false);
        expect("y_encrypted-pem", PF_SSH_KEY_RSA, 0, true);
        expect("y_encrypted-pkcs8", PF_SSH_KEY_UNKNOWN, 0, true);
}
END_TEST

/* Every cut of a key is none: no length is believed. */
START_TEST(cut_anywhere) {
        static const char *const names[] = { "y_ed25519", "y_ecdsa-pkcs8" };

        for (size_t i = 0; i < PF_ELEMENTS(names); i++) {
                PF_AUTO_BUF PfBuf buf = PF_BUF_INIT(65536);
                PfSshKey key;

                read_key(names[i], &buf);
                for (size_t n = 0; n + 1 < buf.n; n++) {
                        PF_AUTO_FREE char *cut = malloc(n + 1);

                        ck_assert_ptr_nonnull(cut);
                        memcpy(cut, buf.data, n);
                        ck_assert_msg(pf_ssh_key_parse(cut, n, &key) == PF_SSH_KEY_BAD, "%s at %zu",
                                      names[i], n);
                }
        }
}
END_TEST

int main(void) {
        Suite *suite = suite_create("ssh-key");

        PF_TEST(suite, of_openssh);
        PF_TEST(suite, of_pem);
        PF_TEST(suite, cut_anywhere);
        return pf_test_main(suite);
}
