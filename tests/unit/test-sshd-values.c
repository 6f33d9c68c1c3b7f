/* SPDX-License-Identifier: MIT */
#include "probes/parse/sshd-values.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "tests/support/test-main.h"

static const char *integer(const char *text, long long expected) {
        long long value = -1;
        const char *wrong = pf_sshd_value_integer(text, INT_MAX, &value);

        if (!wrong)
                ck_assert_int_eq(value, expected);
        return wrong;
}

START_TEST(integers) {
        ck_assert_ptr_null(integer("0", 0));
        ck_assert_ptr_null(integer("+6", 6));
        ck_assert_ptr_null(integer("2147483647", INT_MAX));
        ck_assert_str_eq(integer("2147483648", 0), "too large");
        ck_assert_str_eq(integer("99999999999999999999", 0), "too large");
        ck_assert_str_eq(integer("-1", 0), "too small");
        ck_assert_str_eq(integer("-99999999999999999999", 0), "too small");
        ck_assert_str_eq(integer("0x10", 0), "invalid");
        ck_assert_str_eq(integer("6 ", 0), "invalid");
        ck_assert_str_eq(integer("", 0), "missing");
        ck_assert_str_eq(integer(NULL, 0), "missing");
}
END_TEST

START_TEST(times) {
        ck_assert_int_eq(pf_sshd_value_time("90"), 90);
        ck_assert_int_eq(pf_sshd_value_time("1h30m"), 5400);
        ck_assert_int_eq(pf_sshd_value_time("1W2d3H4M5S"), 604800 + 172800 + 10800 + 240 + 5);
        ck_assert_int_eq(pf_sshd_value_time("1m30"), 90);
        ck_assert_int_eq(pf_sshd_value_time("2147483647"), INT_MAX);
        ck_assert_int_eq(pf_sshd_value_time("2147483648"), -1);
        ck_assert_int_eq(pf_sshd_value_time("3551w"), -1);
        ck_assert_int_eq(pf_sshd_value_time("3550w3550w"), -1);
        ck_assert_int_eq(pf_sshd_value_time("99999999999999999999"), -1);
        ck_assert_int_eq(pf_sshd_value_time(""), -1);
        ck_assert_int_eq(pf_sshd_value_time("h"), -1);
        ck_assert_int_eq(pf_sshd_value_time("1x"), -1);
        ck_assert_int_eq(pf_sshd_value_time("-1"), -1);
        ck_assert_int_eq(pf_sshd_value_time("none"), -1);
}
END_TEST

START_TEST(scaled) {
        static const struct {
                const char *text;
                int r;
                long long value;
        } cases[] = {
                { "0", 0, 0 },
                { "500k", 0, 512000 },
                { "1.5G", 0, 3LL << 29 },
                { "1.5", 0, 1 },
                { "4294967295", 0, 4294967295LL },
                { " +1M", 0, 1 << 20 },
                { "-16", 0, -16 },
                { "7E", 0, 7LL << 60 },
                { "8E", -ERANGE, 0 },
                { "99999999999999999999999", -ERANGE, 0 },
                { "1KB", -EINVAL, 0 },
                { "1X", -EINVAL, 0 },
                { "1..5K", -EINVAL, 0 },
                { "+-1", -EINVAL, 0 },
        };

        for (size_t i = 0; i < PF_ELEMENTS(cases); i++) {
                long long value = 0;

                ck_assert_msg(pf_sshd_value_scaled(cases[i].text, &value) == cases[i].r, "%s",
                              cases[i].text);
                ck_assert_msg(value == cases[i].value, "%s: %lld", cases[i].text, value);
        }
}
END_TEST

START_TEST(quality_of_service) {
        PfSshdVersion now = pf_sshd_version_make(9, 2, 1, PF_SSHD_UPSTREAM);
        PfSshdVersion former = pf_sshd_version_make(7, 4, 1, PF_SSHD_UPSTREAM);
        PfSshdVersion latest = pf_sshd_version_make(10, 1, 1, PF_SSHD_UPSTREAM);
        char text[16];

        ck_assert(pf_sshd_value_qos(&now, "AF21", text));
        ck_assert_str_eq(text, "af21");
        ck_assert(pf_sshd_value_qos(&now, "0x10", text));
        ck_assert_str_eq(text, "lowdelay");
        ck_assert(pf_sshd_value_qos(&now, "03", text));
        ck_assert_str_eq(text, "0x03");
        ck_assert(pf_sshd_value_qos(&now, "none", text));
        ck_assert(!pf_sshd_value_qos(&former, "none", text));
        ck_assert(!pf_sshd_value_qos(&now, "256", text));
        ck_assert(!pf_sshd_value_qos(&now, "", text));
        ck_assert(!pf_sshd_value_qos(&now, "ef1", text));
        /* Types of service are ignored now, and numbers are decimal. */
        ck_assert(pf_sshd_value_qos(&latest, "lowdelay", text));
        ck_assert_str_eq(text, "none");
        ck_assert(pf_sshd_value_qos(&latest, "16", text));
        ck_assert_str_eq(text, "0x10");
        ck_assert(!pf_sshd_value_qos(&latest, "0x10", text));
}
END_TEST

static const char *choice(unsigned major, unsigned minor, PfSshdFlavour flavour, PfSshdKey key,
                          const char *word) {
        PfSshdVersion version = pf_sshd_version_make(major, minor, 1, flavour);
        const char *printed = pf_sshd_value_choice(&version, key, word);

        return printed ? printed : "(refused)";
}

START_TEST(choices_by_version) {
        ck_assert_str_eq(choice(9, 2, 0, PF_SSHD_PERMIT_ROOT_LOGIN, "Prohibit-Password"),
                         "without-password");
        ck_assert_str_eq(choice(9, 2, 0, PF_SSHD_PASSWORD_AUTHENTICATION, "YES"), "yes");
        ck_assert_str_eq(choice(9, 2, 0, PF_SSHD_PASSWORD_AUTHENTICATION, "true"), "(refused)");
        ck_assert_str_eq(choice(7, 4, 0, PF_SSHD_COMPRESSION, "delayed"), "delayed");
        ck_assert_str_eq(choice(7, 5, 0, PF_SSHD_COMPRESSION, "delayed"), "yes");
        ck_assert_str_eq(choice(8, 2, 0, PF_SSHD_IGNORE_RHOSTS, "shosts-only"), "(refused)");
        ck_assert_str_eq(choice(8, 3, 0, PF_SSHD_IGNORE_RHOSTS, "shosts-only"), "shosts-only");
        ck_assert_str_eq(choice(9, 2, 0, PF_SSHD_ALLOW_TCP_FORWARDING, "all"), "yes");
        /* Case counts for PermitTunnel alone. */
        ck_assert_str_eq(choice(9, 2, 0, PF_SSHD_PERMIT_TUNNEL, "Yes"), "(refused)");
        ck_assert_str_eq(choice(9, 2, 0, PF_SSHD_LOG_LEVEL, "silent"), "(refused)");
        ck_assert_str_eq(choice(9, 2, PF_SSHD_DEBIAN, PF_SSHD_LOG_LEVEL, "quiet"), "SILENT");
        ck_assert_str_eq(choice(9, 2, PF_SSHD_REDHAT, PF_SSHD_LOG_LEVEL, "quiet"), "QUIET");
        ck_assert_str_eq(choice(9, 2, 0, PF_SSHD_LOG_LEVEL, "debug1"), "DEBUG");
}
END_TEST

START_TEST(authentication_methods) {
        PfSshdVersion upstream = pf_sshd_version_make(9, 2, 1, PF_SSHD_UPSTREAM);
        PfSshdVersion debian = pf_sshd_version_make(9, 2, 1, PF_SSHD_DEBIAN);
        char *unknown = NULL;

        ck_assert(pf_sshd_value_methods(&upstream, "publickey,keyboard-interactive:pam", &unknown));
        ck_assert(pf_sshd_value_methods(&debian, "gssapi-with-mic", &unknown));
        ck_assert(!pf_sshd_value_methods(&upstream, "", &unknown));
        ck_assert_ptr_null(unknown);
        ck_assert(!pf_sshd_value_methods(&upstream, "publickey,gssapi-with-mic", &unknown));
        ck_assert_str_eq(unknown, "gssapi-with-mic");
        free(unknown);
        ck_assert(!pf_sshd_value_methods(&upstream, "password,", &unknown));
        free(unknown);
}
END_TEST

START_TEST(ports) {
        ck_assert_int_eq(pf_sshd_value_port("22"), 22);
        ck_assert_int_eq(pf_sshd_value_port("0"), 0);
        ck_assert_int_eq(pf_sshd_value_port("65535"), 65535);
        ck_assert_int_eq(pf_sshd_value_port("65536"), -1);
        ck_assert_int_eq(pf_sshd_value_port("ssh"), -1);
        ck_assert_int_eq(pf_sshd_value_port(""), -1);
}
END_TEST

START_TEST(hosts_and_ports) {
        static const struct {
                const char *text;
                const char *host; /* NULL: neither */
                const char *port;
        } cases[] = {
                { "host", "host", NULL },      { "host:22", "host", "22" },
                { "[::1]:22", "[::1]", "22" }, { "[::1]", "[::1]", NULL },
                { "host:", "host", "" },       { ":22", "", "22" },
                { "[::1", NULL, NULL },        { "host/22", NULL, NULL },
                { "[::1]x", NULL, NULL },      { "a:b:c", "a", "b:c" },
        };

        for (size_t i = 0; i < PF_ELEMENTS(cases); i++) {
                PF_AUTO_FREE char *copy = strdup(cases[i].text);
                char *port = NULL;
                const char *host = pf_sshd_value_split_port(copy, &port);

                ck_assert_pstr_eq(host, cases[i].host);
                if (host)
                        ck_assert_pstr_eq(port, cases[i].port);
        }
}
END_TEST

START_TEST(brackets) {
        char with[] = "[::1]", without[] = "[", empty[] = "";

        ck_assert_str_eq(pf_sshd_value_unbracket(with), "::1");
        ck_assert_str_eq(pf_sshd_value_unbracket(without), "[");
        ck_assert_str_eq(pf_sshd_value_unbracket(empty), "");
        ck_assert(pf_sshd_value_is_timeout("session:*=5m"));
        ck_assert(!pf_sshd_value_is_timeout("=5m"));
        ck_assert(!pf_sshd_value_is_timeout("session"));
        ck_assert(!pf_sshd_value_is_timeout("session="));
}
END_TEST

int main(void) {
        Suite *suite = suite_create("sshd-values");

        PF_TEST(suite, integers);
        PF_TEST(suite, times);
        PF_TEST(suite, scaled);
        PF_TEST(suite, quality_of_service);
        PF_TEST(suite, choices_by_version);
        PF_TEST(suite, authentication_methods);
        PF_TEST(suite, ports);
        PF_TEST(suite, hosts_and_ports);
        PF_TEST(suite, brackets);
        return pf_test_main(suite);
}
