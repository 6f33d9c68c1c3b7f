/* SPDX-License-Identifier: MIT */
#include "daemon/ctl/ssh-host.h"

#include <string.h>

#include "tests/support/test-main.h"

static bool same(const char *a, const char *b) {
        return (!a && !b) || (a && b && strcmp(a, b) == 0);
}

START_TEST(what_it_is_taken_for) {
        static const struct {
                const char *text, *user, *host;
                uint16_t port;
        } cases[] = {
                { "db7", NULL, "db7", 0 },
                { "root@db7", "root", "db7", 0 },
                { "db7.example.com:2222", NULL, "db7.example.com", 2222 },
                { "root@192.0.2.7:22", "root", "192.0.2.7", 22 },
                { "::1", NULL, "::1", 0 },
                { "root@2001:db8::7", "root", "2001:db8::7", 0 },
                { "[2001:db8::7]", NULL, "2001:db8::7", 0 },
                { "root@[fe80::1%eth0]:65535", "root", "fe80::1%eth0", 65535 },
                { "[db7]:1", NULL, "db7", 1 },
                { "alice@example.com@db7", "alice@example.com", "db7", 0 },
                { "DOMAIN\\alice@db7", "DOMAIN\\alice", "db7", 0 },
                { "machine$@db7", "machine$", "db7", 0 },
                { "a-b_c.d@e-f_g", "a-b_c.d", "e-f_g", 0 },
                { "r\xc3\xb6ot@b\xc3\xbc"
                  "cher",
                  "r\xc3\xb6ot",
                  "b\xc3\xbc"
                  "cher",
                  0 },
        };

        for (size_t i = 0; i < PF_ELEMENTS(cases); i++) {
                PF_AUTO_SSH_HOST PfSshHost host = { 0 };
                PfErr err = { 0 };

                ck_assert_msg(pf_ssh_host_parse(cases[i].text, &host, &err) == 0, "%s: %s",
                              cases[i].text, err.text);
                ck_assert_msg(same(host.user, cases[i].user), "%s: user %s", cases[i].text,
                              host.user);
                ck_assert_msg(same(host.host, cases[i].host), "%s: host %s", cases[i].text,
                              host.host);
                ck_assert_uint_eq(host.port, cases[i].port);
        }
}
END_TEST

START_TEST(what_is_refused) {
        static const struct {
                const char *text, *says;
        } cases[] = {
                { "", "the host is missing" },
                { "@", "the user is missing" },
                { "@db7", "the user is missing" },
                { "root@", "the host is missing" },
                { ":22", "the host is missing" },
                { "root@:22", "the host is missing" },
                { "[]", "the host is missing" },
                { "[]:22", "the host is missing" },
                { "-oProxyCommand=id", "does not begin with '-'" },
                { "root@-oProxyCommand=id", "does not begin with '-'" },
                { "[-F/tmp/x]:22", "does not begin with '-'" },
                { "-l@db7", "a user does not begin with '-'" },
                { "db7 -v", "no such characters" },
                { "db7;id", "no such characters" },
                { "$(id)", "no such characters" },
                { "`id`", "no such characters" },
                { "db7\n", "no such characters" },
                { "db7/x", "no such characters" },
                { "ro ot@db7", "no such characters" },
                { "'root'@db7", "no such characters" },
                { "a|b@db7", "no such characters" },
                { "db7:", "a port is a number" },
                { "db7:0", "a port is a number" },
                { "db7:65536", "a port is a number" },
                { "db7:22x", "a port is a number" },
                { "db7:-1", "a port is a number" },
                { "db7:99999999999999999999", "a port is a number" },
                { "[::1", "']' is missing" },
                { "[::1]22", "behind ']'" },
                { "[::1]:", "a port is a number" },
                { "::1]", "no such characters" },
                { "[[::1]", "no such characters" },
                { "[[::1]]", "behind ']'" },
        };

        for (size_t i = 0; i < PF_ELEMENTS(cases); i++) {
                PfSshHost host = { 0 };
                PfErr err = { 0 };

                ck_assert_msg(pf_ssh_host_parse(cases[i].text, &host, &err) == -EINVAL,
                              "\"%s\" was taken", cases[i].text);
                ck_assert_msg(strstr(err.text, cases[i].says) != NULL, "\"%s\": %s", cases[i].text,
                              err.text);
                ck_assert_ptr_null(host.host);
        }
}
END_TEST

START_TEST(length_is_bounded) {
        char text[600];
        PfSshHost host = { 0 };
        PfErr err = { 0 };

        memset(text, 'a', sizeof(text) - 1);
        text[sizeof(text) - 1] = '\0';
        ck_assert_int_eq(pf_ssh_host_parse(text, &host, &err), -EINVAL);
        ck_assert_ptr_nonnull(strstr(err.text, "the host is too long"));
        err = (PfErr){ 0 };
        text[400] = '@';
        ck_assert_int_eq(pf_ssh_host_parse(text, &host, &err), -EINVAL);
        ck_assert_ptr_nonnull(strstr(err.text, "the user is too long"));
        text[255] = '\0';
        ck_assert_int_eq(pf_ssh_host_parse(text, &host, NULL), 0);
        pf_ssh_host_deinit(&host);
}
END_TEST

int main(void) {
        Suite *suite = suite_create("ssh-host");

        PF_TEST(suite, what_it_is_taken_for);
        PF_TEST(suite, what_is_refused);
        PF_TEST(suite, length_is_bounded);
        return pf_test_main(suite);
}
