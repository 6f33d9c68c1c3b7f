/* SPDX-License-Identifier: MIT */
/* access.conf: which lines are rules, and lists with EXCEPT. */
#include "probes/parse/access-conf.h"

#include <stdio.h>
#include <string.h>

#include "tests/support/test-main.h"

static void parse(const char *text, const char *separators, PfAccessConf *ret) {
        ck_assert_int_eq(pf_access_conf_parse(text, strlen(text), separators, ret), 0);
}

static const struct {
        const char *text;
        const char *separators;
        size_t n;
        unsigned bad_line;
} files[] = {
        { "", ":", 0, 0 },
        { "-:root:ALL\n", ":", 1, 0 },
        { "- : root : ALL \n", ":", 1, 0 },
        { "-:root:ALL", ":", 0, 1 },
        { "+:root:ALL\n-:ALL:ALL", ":", 1, 2 },
        { "# nothing\n\n\t\n", ":", 0, 0 },
        { " -:root:ALL\n", ":", 0, 1 },
        { "-x:root:ALL\n", ":", 1, 0 },
        { "-:root\n", ":", 0, 1 },
        { "-::root:ALL\n", ":", 1, 0 },
        { "-:root:\n", ":", 0, 1 },
        { "*:root:ALL\n", ":", 0, 1 },
        { "-|root|fd20::5\n", "|", 1, 0 },
        { "-:root:ALL\n", "|", 0, 1 },
        { "-:root:ALL\n", "", 0, 1 },
        { "-:root:ALL\r\n", ":", 1, 0 },
};

START_TEST(lines) {
        for (size_t i = 0; i < PF_ELEMENTS(files); i++) {
                PF_AUTO_ACCESS_CONF PfAccessConf conf = { 0 };

                parse(files[i].text, files[i].separators, &conf);
                ck_assert_msg(conf.n == files[i].n && conf.bad_line == files[i].bad_line,
                              "\"%s\": %zu rules, bad line %u", files[i].text, conf.n,
                              conf.bad_line);
        }
}
END_TEST

START_TEST(fields) {
        PF_AUTO_ACCESS_CONF PfAccessConf conf = { 0 };

        parse("# x\n\n+ : root (wheel) : fd20::/16 \n-:ALL:ALL\n", ":", &conf);
        ck_assert_uint_eq(conf.n, 2);
        ck_assert_uint_eq(conf.rules[0].line, 3);
        ck_assert(conf.rules[0].grant);
        ck_assert_str_eq(conf.rules[0].text, "+ : root (wheel) : fd20::/16 ");
        ck_assert_str_eq(conf.rules[0].users, " root (wheel) ");
        ck_assert_str_eq(conf.rules[0].origins, " fd20::/16");
        ck_assert_uint_eq(conf.rules[1].line, 4);
        ck_assert(!conf.rules[1].grant);
}
END_TEST

/* 8191 bytes with the newline are a rule; of 8192 the last piece is what counts. */
START_TEST(long_lines) {
        static const char end[] = " root:ALL\n";

        for (size_t n = 8191; n <= 8192; n++) {
                PF_AUTO_ACCESS_CONF PfAccessConf conf = { 0 };
                char text[8193];

                memset(text, 'x', sizeof(text));
                memcpy(text, "-:", 2);
                memcpy(text + n - strlen(end), end, strlen(end) + 1);
                parse(text, ":", &conf);
                ck_assert_uint_eq(conf.n, n == 8191);
                ck_assert_uint_eq(conf.bad_line, n == 8191 ? 0 : 1);
        }
}
END_TEST

/* An element matches by its first byte: yes, no, or "?" nobody knows. */
static PfMaybe by_first_byte(const char *element, void *data) {
        (void) data;
        return *element == 'y' ? PF_YES : *element == '?' ? PF_MAYBE : PF_NO;
}

static const struct {
        const char *list;
        PfMaybe match;
} lists[] = {
        { "", PF_NO },
        { "y", PF_YES },
        { "n", PF_NO },
        { "?", PF_MAYBE },
        { "n, y", PF_YES },
        { "? y", PF_YES },
        { "n\t?", PF_MAYBE },
        { "EXCEPT y", PF_NO },
        { "y EXCEPT", PF_YES },
        { "y EXCEPT n", PF_YES },
        { "y EXCEPT y", PF_NO },
        { "y except y", PF_NO },
        { "y EXCEPT ?", PF_MAYBE },
        { "n EXCEPT ?", PF_NO },
        { "? EXCEPT y", PF_NO },
        { "? EXCEPT n", PF_MAYBE },
        { "y EXCEPT y EXCEPT y", PF_YES },
        { "y EXCEPT y EXCEPT n", PF_NO },
        { "y EXCEPT n EXCEPT y", PF_YES },
        { "y EXCEPT y EXCEPT ?", PF_MAYBE },
        { "y EXCEPT ? EXCEPT y", PF_YES },
};

START_TEST(list_match) {
        for (size_t i = 0; i < PF_ELEMENTS(lists); i++) {
                PfMaybe match;

                ck_assert_int_eq(pf_access_list_match(lists[i].list, PF_ACCESS_LIST_SEPARATORS,
                                                      by_first_byte, NULL, &match),
                                 0);
                ck_assert_msg(match == lists[i].match, "\"%s\": %d", lists[i].list, match);
        }
}
END_TEST

START_TEST(list_separators) {
        PfMaybe match;

        ck_assert_int_eq(pf_access_list_match("n;y", ";", by_first_byte, NULL, &match), 0);
        ck_assert_int_eq(match, PF_YES);
        ck_assert_int_eq(pf_access_list_match(" y", ";", by_first_byte, NULL, &match), 0);
        ck_assert_int_eq(match, PF_NO);
        ck_assert_int_eq(pf_access_list_match("y n", "", by_first_byte, NULL, &match), 0);
        ck_assert_int_eq(match, PF_YES);
}
END_TEST

int main(void) {
        Suite *suite = suite_create("access-conf");

        PF_TEST(suite, lines);
        PF_TEST(suite, fields);
        PF_TEST(suite, long_lines);
        PF_TEST(suite, list_match);
        PF_TEST(suite, list_separators);
        return pf_test_main(suite);
}
