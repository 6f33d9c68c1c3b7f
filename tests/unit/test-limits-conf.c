/* SPDX-License-Identifier: MIT */
/* limits.conf: which lines are limits, their numbers, and ranges of IDs. */
#include "probes/parse/limits-conf.h"

#include <stdio.h>
#include <string.h>

#include "tests/support/lines-case.h"
#include "tests/support/test-main.h"

static const PfLinesCase files[] = {
        { "", 0, 0 },
        { "# x\n\n  # y\n", 0, 0 },
        { "root - nofile 64\n", 1, 0 },
        { "root - nofile 64", 1, 0 },
        { "root - nofile 64 x\n", 1, 0 },
        { "root - nofile # 64\n", 0, 1 },
        { "root -\n", 1, 0 },
        { "root hard\n", 0, 1 },
        { "root\nroot - core 0\n", 1, 1 },
};

static void parse(const char *text, PfLimitsConf *ret) {
        ck_assert_int_eq(pf_limits_conf_parse(text, strlen(text), ret), 0);
}

static PfLinesCase read_lines(const char *text) {
        PF_AUTO_LIMITS_CONF PfLimitsConf conf = { 0 };

        parse(text, &conf);
        return (PfLinesCase){ text, conf.n, conf.bad_line };
}

START_TEST(lines) {
        pf_test_lines(files, PF_ELEMENTS(files), read_lines);
}
END_TEST

START_TEST(words) {
        PF_AUTO_LIMITS_CONF PfLimitsConf conf = { 0 };

        parse("\n\t@wheel HARD NoFile 64#x\n* -\n", &conf);
        ck_assert_uint_eq(conf.n, 2);
        ck_assert_uint_eq(conf.limits[0].line, 2);
        ck_assert_str_eq(conf.limits[0].text, "\t@wheel HARD NoFile 64#x");
        ck_assert_str_eq(conf.limits[0].domain, "@wheel");
        ck_assert_int_eq(conf.limits[0].type, PF_LIMIT_HARD);
        ck_assert_str_eq(conf.limits[0].item, "nofile");
        ck_assert_str_eq(conf.limits[0].value, "64");
        ck_assert_int_eq(conf.limits[1].type, PF_LIMIT_NO_LIMITS);
        ck_assert_ptr_null(conf.limits[1].item);
}
END_TEST

static const struct {
        const char *value;
        bool has_number;
        long long number;
} values[] = {
        { "0", true, 0 },
        { "00", true, 0 },
        { "64", true, 64 },
        { "0x10", true, 0 },
        { "64k", true, 64 },
        { "-1", true, PF_LIMIT_NONE },
        { "-", true, PF_LIMIT_NONE },
        { "unlimited", true, PF_LIMIT_NONE },
        { "Infinity", true, PF_LIMIT_NONE },
        { "many", false, 0 },
};

START_TEST(numbers) {
        for (size_t i = 0; i < PF_ELEMENTS(values); i++) {
                PF_AUTO_LIMITS_CONF PfLimitsConf conf = { 0 };
                char text[64];

                (void) snprintf(text, sizeof(text), "root soft nproc %s\n", values[i].value);
                parse(text, &conf);
                ck_assert_uint_eq(conf.n, 1);
                ck_assert_int_eq(conf.limits[0].has_number, values[i].has_number);
                ck_assert(!values[i].has_number || conf.limits[0].number == values[i].number);
        }
}
END_TEST

static const struct {
        const char *text;
        bool is_range;
        unsigned long held, not_held;
} ranges[] = {
        { ":5", true, 5, 4 },     { "5:", true, 4294967295, 4 }, { "5:7", true, 7, 8 },
        { "7:5", true, 0, 6 },    { ":", false, 0, 0 },          { "5", false, 0, 0 },
        { "x:5", false, 0, 0 },   { "5:x", false, 0, 0 },        { "99999999999:", false, 0, 0 },
        { "1:2:3", false, 0, 0 },
};

START_TEST(id_ranges) {
        for (size_t i = 0; i < PF_ELEMENTS(ranges); i++) {
                PfIdRange range;

                ck_assert_msg(pf_id_range_parse(ranges[i].text, &range) == ranges[i].is_range, "%s",
                              ranges[i].text);
                if (!ranges[i].is_range)
                        continue;
                ck_assert(ranges[i].held == 0 || pf_id_range_holds(&range, ranges[i].held));
                ck_assert(!pf_id_range_holds(&range, ranges[i].not_held));
        }
}
END_TEST

int main(void) {
        Suite *suite = suite_create("limits-conf");

        PF_TEST(suite, lines);
        PF_TEST(suite, words);
        PF_TEST(suite, numbers);
        PF_TEST(suite, id_ranges);
        return pf_test_main(suite);
}
