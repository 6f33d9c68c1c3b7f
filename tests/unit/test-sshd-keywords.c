/* SPDX-License-Identifier: MIT */
#include "probes/parse/sshd-keywords.h"

#include <string.h>

#include "probes/parse/sshd-algorithms.h"
#include "tests/support/test-main.h"

static const unsigned versions[][2] = { { 7, 4 }, { 7, 9 }, { 8, 0 }, { 8, 2 }, { 8, 4 }, { 8, 7 },
                                        { 8, 9 }, { 9, 2 }, { 9, 6 }, { 9, 9 }, { 10, 0 } };

static PfSshdVersion version_at(size_t i, PfSshdFlavour flavour) {
        return pf_sshd_version_make(versions[i][0], versions[i][1], 1, flavour);
}

/* Whatever is printed has a value in every version and build. */
START_TEST(everything_printed_has_a_default) {
        for (size_t i = 0; i < PF_ELEMENTS(versions); i++)
                for (PfSshdFlavour flavour = PF_SSHD_UPSTREAM; flavour <= PF_SSHD_SUSE; flavour++)
                        for (unsigned key = 0; key < PF_SSHD_N_PRINTED; key++) {
                                PfSshdVersion version = version_at(i, flavour);
                                const PfSshdKeyInfo *info = pf_sshd_key_info(&version, key);

                                if (!info || info->form != PF_SSHD_FORM_VALUE ||
                                    pf_sshd_key_is_algorithms(key))
                                        continue;
                                ck_assert_msg(pf_sshd_key_default(&version, key) != NULL,
                                              "%s in %s", info->name, version.text);
                        }
}
END_TEST

/* A name that is printed can be written, and means that setting. */
START_TEST(printed_names_are_keywords) {
        for (size_t i = 0; i < PF_ELEMENTS(versions); i++)
                for (unsigned key = 0; key < PF_SSHD_N_PRINTED; key++) {
                        PfSshdVersion version = version_at(i, PF_SSHD_REDHAT);
                        const PfSshdKeyInfo *info = pf_sshd_key_info(&version, key);
                        const PfSshdKeyword *keyword =
                                info ? pf_sshd_keyword_find(&version, info->name) : NULL;

                        if (info)
                                ck_assert_msg(keyword && keyword->key == key, "%s in %s",
                                              info->name, version.text);
                }
}
END_TEST

static bool is_known(unsigned major, unsigned minor, PfSshdFlavour flavour, const char *name) {
        PfSshdVersion version = pf_sshd_version_make(major, minor, 1, flavour);

        return pf_sshd_keyword_find(&version, name);
}

START_TEST(known_by_version) {
        ck_assert(!is_known(8, 1, PF_SSHD_UPSTREAM, "Include"));
        ck_assert(is_known(8, 2, PF_SSHD_UPSTREAM, "iNcLuDe"));
        ck_assert(!is_known(9, 0, PF_SSHD_UPSTREAM, "requiredrsasize"));
        ck_assert(is_known(9, 1, PF_SSHD_UPSTREAM, "requiredrsasize"));
        ck_assert(is_known(8, 7, PF_SSHD_REDHAT, "requiredrsasize"));
        ck_assert(!is_known(9, 2, PF_SSHD_UPSTREAM, "debianbanner"));
        ck_assert(is_known(9, 2, PF_SSHD_DEBIAN, "debianbanner"));
        ck_assert(!is_known(9, 2, PF_SSHD_DEBIAN, "gssapienablek5users"));
        ck_assert(is_known(7, 4, PF_SSHD_REDHAT, "gssapienablek5users"));
        ck_assert(is_known(7, 4, PF_SSHD_REDHAT, "showpatchlevel"));
        ck_assert(!is_known(9, 2, PF_SSHD_DEBIAN, "showpatchlevel"));
        ck_assert(!is_known(9, 2, PF_SSHD_DEBIAN, "Host"));
        ck_assert(!is_known(9, 2, PF_SSHD_DEBIAN, ""));
}
END_TEST

static PfSshdKind kind(unsigned major, unsigned minor, PfSshdFlavour flavour, const char *name) {
        PfSshdVersion version = pf_sshd_version_make(major, minor, 1, flavour);

        return pf_sshd_keyword_kind(pf_sshd_keyword_find(&version, name), &version);
}

START_TEST(not_built_in_is_a_warning) {
        ck_assert_int_eq(kind(9, 2, PF_SSHD_UPSTREAM, "gssapiauthentication"),
                         PF_SSHD_KIND_UNSUPPORTED);
        ck_assert_int_eq(kind(9, 2, PF_SSHD_DEBIAN, "gssapiauthentication"), PF_SSHD_KIND_FLAG);
        ck_assert_int_eq(kind(7, 4, PF_SSHD_UPSTREAM, "useprivilegeseparation"),
                         PF_SSHD_KIND_CHOICE);
        ck_assert_int_eq(kind(7, 5, PF_SSHD_UPSTREAM, "useprivilegeseparation"),
                         PF_SSHD_KIND_DEPRECATED);
}
END_TEST

static bool may_match(unsigned major, unsigned minor, const char *name) {
        PfSshdVersion version = pf_sshd_version_make(major, minor, 1, PF_SSHD_UPSTREAM);

        return pf_sshd_keyword_may_match(pf_sshd_keyword_find(&version, name), &version);
}

START_TEST(in_a_block_by_version) {
        ck_assert(!may_match(10, 0, "port"));
        ck_assert(!may_match(10, 0, "usepam"));
        ck_assert(may_match(7, 4, "permitrootlogin"));
        ck_assert(!may_match(7, 5, "loglevel"));
        ck_assert(may_match(7, 6, "loglevel"));
        ck_assert(!may_match(9, 4, "subsystem"));
        ck_assert(may_match(9, 5, "subsystem"));
        ck_assert(!may_match(8, 6, "challengeresponseauthentication"));
        ck_assert(may_match(8, 7, "challengeresponseauthentication"));
}
END_TEST

START_TEST(names_of_other_versions) {
        ck_assert_int_eq(pf_sshd_key_find("ChallengeResponseAuthentication"),
                         PF_SSHD_KBD_INTERACTIVE);
        ck_assert_int_eq(pf_sshd_key_find("pubkeyacceptedkeytypes"),
                         PF_SSHD_PUBKEY_ACCEPTED_ALGORITHMS);
        ck_assert_int_eq(pf_sshd_key_find("rsaauthentication"), PF_SSHD_NO_KEY);
        ck_assert_int_eq(pf_sshd_key_find("nonsense"), PF_SSHD_NO_KEY);
}
END_TEST

static void check_list(PfSshdVersion version, PfSshdKey key, const char *written,
                       const char *expected) {
        PF_AUTO_FREE char *list = NULL;
        int r = pf_sshd_algorithms_assemble(&version, key, written, &list);

        ck_assert_int_eq(r, expected ? 0 : PF_SSHD_ALGORITHMS_EMPTY);
        ck_assert_pstr_eq(list, expected);
}

START_TEST(lists_of_algorithms) {
        PfSshdVersion now = pf_sshd_version_make(9, 2, 1, PF_SSHD_DEBIAN);

        check_list(now, PF_SSHD_CIPHERS, "aes256-ctr,aes128-ctr,aes256-ctr",
                   "aes256-ctr,aes128-ctr");
        check_list(now, PF_SSHD_CIPHERS, "^aes256-ctr",
                   "aes256-ctr,chacha20-poly1305@openssh.com,aes128-ctr,aes192-ctr,"
                   "aes128-gcm@openssh.com,aes256-gcm@openssh.com");
        check_list(now, PF_SSHD_CIPHERS, "-aes*", "chacha20-poly1305@openssh.com");
        check_list(now, PF_SSHD_CIPHERS, "-*", "");
        check_list(now, PF_SSHD_CIPHERS, "+aes128-cbc",
                   "chacha20-poly1305@openssh.com,aes128-ctr,aes192-ctr,aes256-ctr,"
                   "aes128-gcm@openssh.com,aes256-gcm@openssh.com,aes128-cbc");
        /* An empty name ends what "+" adds, and no other list. */
        check_list(now, PF_SSHD_MACS, "hmac-sha1,,hmac-md5", "hmac-sha1,hmac-md5");
        check_list(now, PF_SSHD_CA_SIGNATURE_ALGORITHMS, "+ssh-dss,,ssh-rsa",
                   "ssh-ed25519,ecdsa-sha2-nistp256,ecdsa-sha2-nistp384,ecdsa-sha2-nistp521,"
                   "sk-ssh-ed25519@openssh.com,sk-ecdsa-sha2-nistp256@openssh.com,"
                   "rsa-sha2-512,rsa-sha2-256,ssh-dss");
        check_list(now, PF_SSHD_HOST_KEY_ALGORITHMS, "rsa-sha2-???", "rsa-sha2-256,rsa-sha2-512");
        check_list(now, PF_SSHD_HOST_KEY_ALGORITHMS, "RSA", NULL); /* accepted, stands for none */
        check_list(now, PF_SSHD_CA_SIGNATURE_ALGORITHMS, "*ed25519*",
                   "ssh-ed25519,sk-ssh-ed25519@openssh.com");
}
END_TEST

START_TEST(algorithms_by_version) {
        PfSshdVersion former = pf_sshd_version_make(7, 4, 1, PF_SSHD_REDHAT);
        PfSshdVersion now = pf_sshd_version_make(9, 2, 1, PF_SSHD_DEBIAN);

        ck_assert(pf_sshd_algorithms_are_valid(&former, PF_SSHD_CIPHERS, "arcfour,blowfish-cbc"));
        ck_assert(!pf_sshd_algorithms_are_valid(&now, PF_SSHD_CIPHERS, "arcfour"));
        ck_assert(!pf_sshd_algorithms_are_valid(&former, PF_SSHD_CIPHERS, "-aes128-ctr"));
        ck_assert(pf_sshd_algorithms_are_valid(&now, PF_SSHD_CIPHERS, "-nonsense"));
        ck_assert(!pf_sshd_algorithms_are_valid(&now, PF_SSHD_CIPHERS, "+nonsense"));
        ck_assert(!pf_sshd_algorithms_are_valid(&now, PF_SSHD_CIPHERS, "+"));
        ck_assert(!pf_sshd_algorithms_are_valid(&now, PF_SSHD_CIPHERS, "none"));
        ck_assert(!pf_sshd_algorithms_are_valid(&now, PF_SSHD_CIPHERS, "aes*"));
        ck_assert(pf_sshd_algorithms_are_valid(&now, PF_SSHD_HOST_KEY_ALGORITHMS, "rsa-*"));
        ck_assert(!pf_sshd_algorithms_are_valid(&now, PF_SSHD_HOST_KEY_ALGORITHMS, "nosuch*"));
        ck_assert(pf_sshd_gss_kex_is_valid("gss-group14-sha256-"));
        ck_assert(!pf_sshd_gss_kex_is_valid("curve25519-sha256"));
        ck_assert(!pf_sshd_gss_kex_is_valid(""));
}
END_TEST

static bool knows_sntrup(const char *text) {
        PfSshdVersion version;

        ck_assert_int_eq(pf_sshd_version_parse(text, PF_SSHD_DEBIAN, &version), 0);
        return pf_sshd_algorithms_are_valid(&version, PF_SSHD_KEX_ALGORITHMS,
                                            "sntrup761x25519-sha512");
}

START_TEST(algorithms_of_an_update) {
        ck_assert(!knows_sntrup("OpenSSH_9.2p1 Debian-2+deb12u3"));
        ck_assert(knows_sntrup("OpenSSH_9.2p1 Debian-2+deb12u10"));
        ck_assert(!knows_sntrup("OpenSSH_9.2p1 Debian-2"));
        ck_assert(knows_sntrup("9.2p1"));
        ck_assert(!knows_sntrup("OpenSSH_9.6p1 Ubuntu-3ubuntu13"));
        ck_assert(knows_sntrup("OpenSSH_10.0p2 Debian-7"));
}
END_TEST

/* Without OpenSSL there is neither RSA nor a curve of NIST. */
START_TEST(algorithms_without_openssl) {
        check_list(pf_sshd_version_make(9, 6, 1, PF_SSHD_UPSTREAM),
                   PF_SSHD_PUBKEY_ACCEPTED_ALGORITHMS, NULL,
                   "ssh-ed25519-cert-v01@openssh.com,sk-ssh-ed25519-cert-v01@openssh.com,"
                   "ssh-ed25519,sk-ssh-ed25519@openssh.com");
}
END_TEST

int main(void) {
        Suite *suite = suite_create("sshd-keywords");

        PF_TEST(suite, everything_printed_has_a_default);
        PF_TEST(suite, printed_names_are_keywords);
        PF_TEST(suite, known_by_version);
        PF_TEST(suite, not_built_in_is_a_warning);
        PF_TEST(suite, in_a_block_by_version);
        PF_TEST(suite, names_of_other_versions);
        PF_TEST(suite, lists_of_algorithms);
        PF_TEST(suite, algorithms_by_version);
        PF_TEST(suite, algorithms_of_an_update);
        PF_TEST(suite, algorithms_without_openssl);
        return pf_test_main(suite);
}
