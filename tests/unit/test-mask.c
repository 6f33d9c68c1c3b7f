/* SPDX-License-Identifier: MIT */
/* Secrets out of texts: nothing of them is left, and they are judged as before. */
#include "daemon/capture/mask.h"

#include <string.h>

#include "daemon/base/cleanup.h"
#include "probes/parse/crypt-hash.h"
#include "probes/parse/ssh-key.h"
#include "tests/support/test-main.h"

#define SALT "saltSALT"
#define DIGEST_22 "Wq3Jr9uYbZpKcVx0aLmNe."
#define DIGEST_43 "Wq3Jr9uYbZpKcVx0aLmNeTgHsDfOiPlQkWjEvRbTyU5"
#define DIGEST_86 DIGEST_43 "Wq3Jr9uYbZpKcVx0aLmNeTgHsDfOiPlQkWjEvRbTyU1"
#define BCRYPT "$2b$12$abcdefghijklmnopqrstuuABCDEFGHIJKLMNOPQRSTUVWXYZ12346"

static const char *const hashes[] = {
        "$1$" SALT "$" DIGEST_22,
        "$5$" SALT "$" DIGEST_43,
        "$5$rounds=5000$" SALT "$" DIGEST_43,
        "$6$" SALT "$" DIGEST_86,
        "$6$rounds=65536$" SALT "$" DIGEST_86,
        "$y$j9T$F5Jx5fExrKuPp53xLKQ..1$X3DX6M94c7o.9agCG9G317fhZg9SqC.5i5rd.RhAtQ7",
        "$7$CU..../....LdVYAwFrSDwCFyUSUYfNp1$Cx9FnzWAKSy.1tGh2CcGgoLkPMMh7UJVsWkZnYuS6a0",
        "$sha1$24680$" SALT "$iVdJPTBTKdPRZVx9TZw3J1AFWxI1",
        "$md5$" SALT "$$" DIGEST_22,
        "$md5,rounds=904$" SALT "$" DIGEST_22,
        "$3$$8846f7eaee8fb117ad06bdd830b7586c",
        BCRYPT,
        "abJnggxhB/yWI",
        "abJnggxhB/yWIabJnggxhB/yW",
        "_J9..rasmBYk8r9AiWNc",
        "!$6$" SALT "$" DIGEST_86,
        /* of no password */
        "$6$" SALT "$" DIGEST_43,
        "$6$" SALT "$" DIGEST_86 "z",
        "$3$$8846F7EAEE8FB117AD06BDD830B7586C",
        "$1$" SALT "$" DIGEST_22 "x y",
        "$8$" SALT "$" DIGEST_43,
        "abJnggxhB/yWz",
        "abJnggxhB/yWI,M.z8",
        "Correct-Horse",
        "p@ssw0rd",
        "$6$",
};

/* The kind of a text, and what programs that cut it off take it for. */
static bool judged_alike(const char *a, const char *b) {
        char one[64], other[64];

        return pf_crypt_scheme(a + strspn(a, "!")) == pf_crypt_scheme(b + strspn(b, "!")) &&
               pf_crypt_is_whole(a) == pf_crypt_is_whole(b) &&
               strcmp(pf_crypt_describe(a, one, sizeof(one)),
                      pf_crypt_describe(b, other, sizeof(other))) == 0;
}

START_TEST(every_scheme) {
        for (size_t i = 0; i < PF_ELEMENTS(hashes); i++) {
                PF_AUTO_FREE char *masked = strdup(hashes[i]);
                PF_AUTO_FREE char *again = NULL;

                (void) pf_mask_hash(masked);
                ck_assert_uint_eq(strlen(masked), strlen(hashes[i]));
                ck_assert_msg(judged_alike(hashes[i], masked), "%s: %s", hashes[i], masked);
                ck_assert_msg(!strstr(masked, "salt") && !strstr(masked, "Wq3") &&
                                      !strstr(masked, "Horse") && !strstr(masked, "w0rd"),
                              "%s", masked);
                again = strdup(masked);
                ck_assert_msg(!pf_mask_hash(again), "%s: %s", masked, again);
        }
}
END_TEST

/* A digest of each length, with each last digit: as damaged as it was. */
START_TEST(every_last_digit) {
        static const char digits[] =
                "./0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz_";

        for (size_t i = 0; i < PF_ELEMENTS(hashes); i++)
                for (const char *digit = digits; *digit; digit++) {
                        PF_AUTO_FREE char *hash = strdup(hashes[i]);
                        PF_AUTO_FREE char *masked = NULL;

                        hash[strlen(hash) - 1] = *digit;
                        masked = strdup(hash);
                        (void) pf_mask_hash(masked);
                        ck_assert_msg(judged_alike(hash, masked), "%s: %s", hash, masked);
                }
}
END_TEST

START_TEST(words_that_are_no_secret) {
        static const char *const words[] = { "", "x", "*", "!", "!!", "!*", "*NP*", "*LK*", "!x" };

        for (size_t i = 0; i < PF_ELEMENTS(words); i++) {
                PF_AUTO_FREE char *masked = strdup(words[i]);

                ck_assert(!pf_mask_hash(masked));
                ck_assert_str_eq(masked, words[i]);
        }
}
END_TEST

static const struct {
        const char *path, *before, *after;
        PfMasked masked;
} files[] = {
        { "/etc/shadow",
          "a:" BCRYPT ":1:2\nb:*:1\nc::1\n",
          "a:$2b$12$.....................................................:1:2\nb:*:1\nc::1\n",
          { 1, 0, 0 } },
        { "/etc/passwd",
          "a:x:0:0::/:/bin/sh\nb:##b:1\nc:##d:1\n",
          "a:x:0:0::/:/bin/sh\nb:##b:1\nc:#_.:1\n",
          { 1, 0, 0 } },
        { "/etc/shadow-", "a:secretsecret", "a:............", { 1, 0, 0 } },
        { "/etc/pam.d/passwd",
          "password required pam_unix.so a:b\n",
          "password required pam_unix.so a:b\n",
          { 0, 0, 0 } },
        { "/srv/users.conf",
          "user " BCRYPT " x\n",
          "user $2b$12$..................................................... x\n",
          { 1, 0, 0 } },
        { "/etc/profile", "echo $1$2 \"$6$7\" $5\n", "echo $1$2 \"$6$7\" $5\n", { 0, 0, 0 } },
        { "/boot/grub/grub.cfg",
          "password_pbkdf2 root grub.pbkdf2.sha512.10000.ABCDEF.0123AB\npassword bob hunter2\n",
          "password_pbkdf2 root grub.pbkdf2.sha512.10000.000000.000000\npassword bob *******\n",
          { 1, 0, 1 } },
        { "/boot/grub/menu.lst",
          "password --md5 secret\npassword topsecret /boot/menu\n",
          "password --md5 ******\npassword ********* /boot/menu\n",
          { 0, 0, 2 } },
        { "/etc/fstab",
          "//s/x /m cifs user=a,password=hunter2,ro 0 0\n",
          "//s/x /m cifs user=a,password=*******,ro 0 0\n",
          { 0, 0, 1 } },
        { "/etc/ldap.conf",
          "bindpw  topsecret\nBINDPW = \"a b\"\n#bindpw\n",
          "bindpw  *********\nBINDPW = \"***\"\n#bindpw\n",
          { 0, 0, 2 } },
        { "/proc/cmdline",
          "rd.iscsi.password=abc root=/dev/sda1 pass=$x secret=yes\n",
          "rd.iscsi.password=*** root=/dev/sda1 pass=$x secret=yes\n",
          { 0, 0, 1 } },
        { "/etc/ssh/sshd_config",
          "PasswordAuthentication=yes\nPermitEmptyPasswords no\n",
          "PasswordAuthentication=yes\nPermitEmptyPasswords no\n",
          { 0, 0, 0 } },
};

START_TEST(files_of_every_kind) {
        for (size_t i = 0; i < PF_ELEMENTS(files); i++) {
                PF_AUTO_FREE char *text = strdup(files[i].before);
                PfMasked masked = { 0 };

                ck_assert_int_eq(pf_mask(files[i].path, text, strlen(text), &masked), 0);
                ck_assert_str_eq(text, files[i].after);
                ck_assert_uint_eq(masked.hashes, files[i].masked.hashes);
                ck_assert_uint_eq(masked.keys, files[i].masked.keys);
                ck_assert_uint_eq(masked.passwords, files[i].masked.passwords);
        }
}
END_TEST

/* A NUL ends the field for the C library, and nothing for who reads the file. */
START_TEST(a_field_with_a_nul) {
        char text[] = "a:$6$x\0secretsecret:1\n";
        PfMasked masked = { 0 };

        ck_assert_int_eq(pf_mask("/etc/shadow", text, sizeof(text) - 1, &masked), 0);
        ck_assert_ptr_null(memmem(text, sizeof(text), "secret", 6));
}
END_TEST

static const char pem[] = "-----BEGIN EC PRIVATE KEY-----\n"
                          "MHcCAQEEIIrYSSNQFaA2Hwf1duRSxKtLYX5CB04fSeQ6tF1aY/PuoAoGCCqGSM49\n"
                          "AwEHoUQDQgAEPR3tU2Fta9ktY+6P9G0cWO+0kETA6SFs38GecTyudlHz6xvCdz8q\n"
                          "EKTcWGekdmdDPsHloRNtsiCa697B2O9IFA==\n"
                          "-----END EC PRIVATE KEY-----\n";

START_TEST(a_key) {
        char text[sizeof(pem)];
        PfSshKey key = { 0 };

        memcpy(text, pem, sizeof(pem));
        ck_assert_int_eq(pf_mask_keys(text, sizeof(pem) - 1), 1);
        ck_assert_uint_eq(strlen(text), sizeof(pem) - 1);
        ck_assert_int_eq(pf_ssh_key_parse(text, strlen(text), &key), 0);
        ck_assert_int_eq(key.type, PF_SSH_KEY_ECDSA);
        ck_assert_ptr_null(strstr(text, "YSSNQFaA2"));
        ck_assert_ptr_null(strstr(text, "PR3tU2Fta9"));
        ck_assert_ptr_null(strstr(text, "EKTcWGekdm"));
}
END_TEST

/* Cut off anywhere, damaged anywhere, and in the middle of other bytes. */
START_TEST(keys_that_are_none) {
        for (size_t n = 0; n < sizeof(pem) - 1; n++) {
                char text[sizeof(pem) + 2];
                PfSshKey before = { 0 }, after = { 0 };
                int r;

                memcpy(text, pem, n);
                r = pf_ssh_key_parse(text, n, &before);
                ck_assert_int_ge(pf_mask_keys(text, n), 0);
                ck_assert_int_eq(pf_ssh_key_parse(text, n, &after), r);
                ck_assert_ptr_null(memmem(text, n, "YSSNQFaA2Hwf", 12));

                memcpy(text, pem, sizeof(pem));
                text[n] = '!';
                r = pf_ssh_key_parse(text, sizeof(pem) - 1, &before);
                ck_assert_int_ge(pf_mask_keys(text, sizeof(pem) - 1), 0);
                ck_assert_int_eq(pf_ssh_key_parse(text, sizeof(pem) - 1, &after), r);
        }
}
END_TEST

START_TEST(keys_among_other_bytes) {
        char bytes[3 * sizeof(pem)] = { 0 };
        PfMasked masked = { 0 };

        memcpy(bytes + 5, pem, sizeof(pem) - 1);
        memcpy(bytes + sizeof(pem) + 20, pem, sizeof(pem) - 1);
        ck_assert_int_eq(pf_mask("/boot/initrd.img", bytes, sizeof(bytes), &masked), 0);
        ck_assert_uint_eq(masked.keys, 2);
        ck_assert_ptr_null(memmem(bytes, sizeof(bytes), "YSSNQFaA2", 9));
}
END_TEST

int main(void) {
        Suite *suite = suite_create("mask");

        PF_TEST(suite, every_scheme);
        PF_TEST(suite, every_last_digit);
        PF_TEST(suite, words_that_are_no_secret);
        PF_TEST(suite, files_of_every_kind);
        PF_TEST(suite, a_field_with_a_nul);
        PF_TEST(suite, a_key);
        PF_TEST(suite, keys_that_are_none);
        PF_TEST(suite, keys_among_other_bytes);
        return pf_test_main(suite);
}
