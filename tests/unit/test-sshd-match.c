/* SPDX-License-Identifier: MIT */
#include "probes/parse/sshd-match.h"

#include <string.h>

#include "probes/parse/sshd-effective.h"
#include "tests/support/test-main.h"

START_TEST(lists) {
        static const struct {
                const char *text;
                const char *list;
                PfSshdMatch match;
        } cases[] = {
                { "root", "root", PF_SSHD_MATCH_POSITIVE },
                { "root", "bob,r??t", PF_SSHD_MATCH_POSITIVE },
                { "root", "ROOT", PF_SSHD_MATCH_NONE },
                { "root", "!root", PF_SSHD_MATCH_NEGATED },
                { "root", "!bob", PF_SSHD_MATCH_NONE }, /* a negation alone matches nobody */
                { "root", "*,!root", PF_SSHD_MATCH_NEGATED },
                { "root", "", PF_SSHD_MATCH_NONE },
                { "", "*", PF_SSHD_MATCH_POSITIVE },
                { "a,b", "a,b", PF_SSHD_MATCH_NONE },
        };

        for (size_t i = 0; i < PF_ELEMENTS(cases); i++)
                ck_assert_msg(pf_sshd_match_list(cases[i].text, cases[i].list, false) ==
                                      cases[i].match,
                              "%s against %s", cases[i].text, cases[i].list);
}
END_TEST

START_TEST(long_pattern_matches_nothing) {
        char list[1100];

        memset(list, '*', sizeof(list));
        memcpy(list, "root,", 5);
        list[1026] = '\0';
        ck_assert_int_eq(pf_sshd_match_list("root", list, false), PF_SSHD_MATCH_POSITIVE);
        list[1026] = '*';
        list[1030] = '\0';
        ck_assert_int_eq(pf_sshd_match_list("root", list, false), PF_SSHD_MATCH_NONE);
}
END_TEST

START_TEST(any_of_the_groups) {
        char *names[] = { (char *) "adm", (char *) "wheel" };
        const PfStrv groups = { .items = names, .n = 2 };

        ck_assert_int_eq(pf_sshd_match_any(&groups, "w*"), PF_SSHD_MATCH_POSITIVE);
        ck_assert_int_eq(pf_sshd_match_any(&groups, "w*,!adm"), PF_SSHD_MATCH_NEGATED);
        ck_assert_int_eq(pf_sshd_match_any(NULL, "*"), PF_SSHD_MATCH_NONE);
        ck_assert(pf_sshd_match_group(&groups, "a??"));
        ck_assert(!pf_sshd_match_group(&groups, "a??,wheel"));
}
END_TEST

START_TEST(addresses) {
        static const struct {
                const char *address;
                const char *list;
                PfSshdMatch match;
        } cases[] = {
                { "192.0.2.7", "192.0.2.0/24", PF_SSHD_MATCH_POSITIVE },
                { "192.0.3.7", "192.0.2.0/24", PF_SSHD_MATCH_NONE },
                { "192.0.2.7", "192.0.2.7", PF_SSHD_MATCH_POSITIVE },
                { "192.0.2.7", "192.0.2.*", PF_SSHD_MATCH_POSITIVE },
                { "192.0.2.7", "0.0.0.0/0", PF_SSHD_MATCH_POSITIVE },
                { "192.0.2.7", "::/0", PF_SSHD_MATCH_NONE },
                { "2001:db8::7", "2001:DB8:0::/32", PF_SSHD_MATCH_POSITIVE },
                { "2001:db8::7", "2001:db8::6/127", PF_SSHD_MATCH_POSITIVE },
                { "192.0.2.7", "192.0.2.0/24,!192.0.2.7", PF_SSHD_MATCH_NEGATED },
                { "192.0.2.7", "192.0.2.1/24", PF_SSHD_MATCH_INVALID }, /* bits of the host */
                { "192.0.2.7", "192.0.2.0/33", PF_SSHD_MATCH_INVALID },
                { "192.0.2.7", "192.0.2.0/24,", PF_SSHD_MATCH_INVALID },
                { "192.0.2.7", "", PF_SSHD_MATCH_INVALID },
                { "192.0.2.7", "192.0.2.0/x", PF_SSHD_MATCH_NONE }, /* a pattern then */
                { "192.0.2.7", "192.0.2.0/129", PF_SSHD_MATCH_NONE },
                { "nonsense", "*", PF_SSHD_MATCH_NONE },
                { NULL, "192.0.2.0/24,x*", PF_SSHD_MATCH_NONE },
                { NULL, "192.0.2.1/24", PF_SSHD_MATCH_INVALID },
        };

        for (size_t i = 0; i < PF_ELEMENTS(cases); i++)
                ck_assert_msg(pf_sshd_match_address(cases[i].address, cases[i].list) ==
                                      cases[i].match,
                              "%s in %s", cases[i].address, cases[i].list);
}
END_TEST

START_TEST(hosts_have_no_case) {
        ck_assert_int_eq(pf_sshd_match_host("Push.Example", "*.EXAMPLE"), PF_SSHD_MATCH_POSITIVE);
        ck_assert_int_eq(pf_sshd_match_host("push.example", "!push.*"), PF_SSHD_MATCH_NEGATED);
}
END_TEST

START_TEST(users_at_hosts) {
        ck_assert(pf_sshd_match_user("root", "h.example", "192.0.2.7", "r*"));
        ck_assert(!pf_sshd_match_user("root", NULL, NULL, "R*"));
        ck_assert(pf_sshd_match_user("root", NULL, "192.0.2.7", "root@192.0.2.0/24"));
        ck_assert(pf_sshd_match_user("root", "h.example", "192.0.2.7", "*@*.example"));
        ck_assert(!pf_sshd_match_user("root", "h.example", "192.0.2.7", "*@*.example,!192.0.2.7"));
        ck_assert(!pf_sshd_match_user("root", "h.example", NULL, "root@*"));
        ck_assert(!pf_sshd_match_user("root", NULL, NULL, "!bob")); /* no negation here */
        ck_assert(pf_sshd_user_pattern_is_valid("root"));
        ck_assert(pf_sshd_user_pattern_is_valid("root@*"));
        ck_assert(!pf_sshd_user_pattern_is_valid("root@192.0.2.1/24"));
        ck_assert(!pf_sshd_user_pattern_is_valid("root@"));
}
END_TEST

/* sshd's own matching takes a time that grows without bounds with the stars. */
START_TEST(many_stars_take_no_time) {
        static const char pattern[] = "*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*b";
        char text[1000];

        memset(text, 'a', sizeof(text) - 1);
        text[sizeof(text) - 1] = '\0';
        ck_assert_int_eq(pf_sshd_match_list(text, pattern, false), PF_SSHD_MATCH_NONE);
}
END_TEST

int main(void) {
        Suite *suite = suite_create("sshd-match");

        PF_TEST(suite, lists);
        PF_TEST(suite, long_pattern_matches_nothing);
        PF_TEST(suite, any_of_the_groups);
        PF_TEST(suite, addresses);
        PF_TEST(suite, hosts_have_no_case);
        PF_TEST(suite, users_at_hosts);
        PF_TEST(suite, many_stars_take_no_time);
        return pf_test_main(suite);
}
