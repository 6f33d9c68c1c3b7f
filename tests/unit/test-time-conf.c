/* SPDX-License-Identifier: MIT */
/* time.conf: rules, logic lists and times; and the time zone of a machine. */
#include "probes/parse/time-conf.h"

#include <stdio.h>
#include <string.h>

#include "probes/parse/local-time.h"
#include "tests/support/lines-case.h"
#include "tests/support/test-main.h"

static const PfLinesCase files[] = {
        { "", 0, 0 },
        { "*;*;*;Al0000-2400\n", 1, 0 },
        { "# x\n\n*;*;*;Al\n", 1, 0 },
        { "*;*;*\n", 0, 1 },
        { "*;*;*;Al;x\n", 0, 1 },
        { "*;*;*;Al # and;more\n", 1, 0 },
        { "*;*;\\\n*;Al\n", 1, 0 },
        { "*;*;*;Al \\\n*;*;*;Al\n", 0, 1 },
        { "# x \\\n*;*;*;Al\n", 1, 0 },
        { "x\n*;*;*;Al\ny\n", 1, 1 },
        { "*;*;*;Al", 1, 0 },
};

static void parse(const char *text, PfTimeConf *ret) {
        ck_assert_int_eq(pf_time_conf_parse(text, strlen(text), ret), 0);
}

static PfLinesCase read_lines(const char *text) {
        PF_AUTO_TIME_CONF PfTimeConf conf = { 0 };

        parse(text, &conf);
        return (PfLinesCase){ text, conf.n, conf.bad_line };
}

START_TEST(lines) {
        pf_test_lines(files, PF_ELEMENTS(files), read_lines);
}
END_TEST

START_TEST(fields) {
        PF_AUTO_TIME_CONF PfTimeConf conf = { 0 };

        parse("# x \\\n\\\nsshd ; ssh;ro\\\not;Al # y\na;b;c;d", &conf);
        ck_assert_uint_eq(conf.n, 2);
        ck_assert_uint_eq(conf.rules[0].line, 2);
        ck_assert_str_eq(conf.rules[0].text, "sshd ; ssh;root;Al ");
        ck_assert_str_eq(conf.rules[0].fields[PF_TIME_SERVICES], "sshd ");
        ck_assert_str_eq(conf.rules[0].fields[PF_TIME_USERS], "root");
        ck_assert_uint_eq(conf.rules[1].line, 5);
        /* The times of a last line without newline are lost. */
        ck_assert_str_eq(conf.rules[1].fields[PF_TIME_TIMES], "");
}
END_TEST

START_TEST(too_long) {
        PF_AUTO_TIME_CONF PfTimeConf conf = { 0 };
        char text[2000];

        memset(text, 'x', sizeof(text));
        memcpy(text, "*;*;", 4);
        memcpy(text + 1000, ";Al\n", 5);
        parse(text, &conf);
        ck_assert_uint_eq(conf.n, 1);
        ck_assert(conf.rules[0].too_long);
}
END_TEST

static const struct {
        const char *list;
        const char *name;
        bool match;
} names[] = {
        { "*", "sshd", true },
        { "sshd", "sshd", true },
        { "SSHD", "sshd", false },
        { "", "sshd", false },
        { "s*", "sshd", true },
        { "*d", "sshd", true },
        { "s*d", "sshd", true },
        { "s*h*", "sshd", false },
        { "**", "sshd", false },
        { "ss*sh", "ssh", true },
        { "ssh*ssh", "ssh", true },
        { "r*", "r", true },
        { "!x", "sshd", true },
        { "!sshd", "sshd", false },
        { "!!sshd", "sshd", true },
        { "x|sshd", "sshd", true },
        { "sshd & x", "sshd", false },
        { "x&y|sshd", "sshd", true },
        { "sshd|x&y", "sshd", false },
        { "!x&!y", "sshd", true },
        { "sshd x", "sshd", false },
        { "ss hd", "sshd", false },
        { "sshd&", "sshd", true },
        { "|sshd", "sshd", false },
        { "sshd||x", "sshd", false },
        { "sshd!", "sshd", false },
        { "x|sshd?", "sshd", true },
        { "sshd|?x", "sshd", true },
        { "a+b", "a+b", false },
        { "a-b_c.d/e:f", "a-b_c.d/e:f", true },
        { "tty* & !ttyp*", "tty1", true },
        { "tty* & !ttyp*", "ttyp1", false },
};

START_TEST(names_match) {
        for (size_t i = 0; i < PF_ELEMENTS(names); i++)
                ck_assert_msg(pf_time_names_match(names[i].list, names[i].name) == names[i].match,
                              "\"%s\" and %s", names[i].list, names[i].name);
}
END_TEST

/* Sunday, 21:28 */
static const struct {
        const char *list;
        bool holds;
} times[] = {
        { "Al0000-2400", true },
        { "!Al0000-2400", false },
        { "Mo0000-2400", false },
        { "Wd0000-2400", true },
        { "Wk0000-2400", false },
        { "MoTuSu0000-2400", true },
        { "al0000-2400", true },
        { "AlSu0000-2400", false },
        { "SuSu0000-2400", false },
        { "Su0000-0100", false },
        { "Su2128-2129", true },
        { "Su2127-2128", false },
        { "Su2129-2130", false },
        { "Su2100-0000", true },
        { "Sa2200-2130", true },
        { "Sa2200-2128", true },
        { "Sa2200-2127", false },
        { "Su2128-2128", true },
        { "Mo2128-2128", false },
        { "Mo", true },
        { "Mo0000x2400", true },
        { "Mo00000-2400", true },
        { "Mo000-2400", false },
        { "Mo-2400", false },
        { "Mo0000-240", true },
        { "Mo0000-24000", false },
        { "0000-2400", false },
        { "foo", false },
        { "MoT", false },
        { "MoT0000-2400", false },
        { "*", false },
        { "!*", true },
        { "", false },
        { "Mo0000-2400|Su0000-2400", true },
        { "Su0000-2400&!Su2100-2200", false },
        { "Al 0000-2400", false },
};

START_TEST(times_match) {
        const PfClock clock = { .weekday = 0, .hour = 21, .minute = 28 };

        for (size_t i = 0; i < PF_ELEMENTS(times); i++)
                ck_assert_msg(pf_time_times_match(times[i].list, &clock) == times[i].holds,
                              "\"%s\"", times[i].list);
}
END_TEST

/* A file of the second version with @n transitions, between two types. */
static size_t write_zone(char *bytes, unsigned n, const char *footer) {
        unsigned char header[44] = "TZif2";
        static const unsigned char types[] = {
                0, 0, 0x0e, 0x10, 0, 0, 0, 0, 0x1c, 0x20, 1, 0, 'X'
        };
        size_t at = 0;

        header[35] = (unsigned char) 0;
        header[39] = 1;
        header[43] = 1;
        memcpy(bytes, header, 44); /* the first block: nothing but one type */
        at = 44;
        memset(bytes + at, 0, 7);
        at += 7;
        header[35] = (unsigned char) n;
        header[39] = 2;
        memcpy(bytes + at, header, 44);
        at += 44;
        for (unsigned i = 0; i < n; i++) {
                memset(bytes + at, 0, 8);
                bytes[at + 6] = (char) (i + 1); /* 256, 512, … seconds */
                at += 8;
        }
        for (unsigned i = 0; i < n; i++)
                bytes[at++] = (char) (i % 2);
        memcpy(bytes + at, types, sizeof(types));
        at += sizeof(types);
        memcpy(bytes + at, footer, strlen(footer));
        return at + strlen(footer);
}

static const struct {
        unsigned n;
        int64_t now;
        const char *footer;
        size_t n_offsets;
        int32_t offset;
} zones[] = {
        { 0, 1000, "\nX-1\n", 1, 3600 },        { 2, 0, "\nX-1\n", 1, 3600 },
        { 2, 256, "\nX-1\n", 1, 3600 },         { 2, 512, "\nX-1\n", 1, 7200 },
        { 3, 600, "\nX-1Y,M3,M10\n", 1, 7200 }, { 3, 768, "\nX-1Y,M3,M10\n", 2, 3600 },
        { 3, 768, "\nX-1\n", 1, 3600 },
};

START_TEST(local_time) {
        char bytes[512];

        for (size_t i = 0; i < PF_ELEMENTS(zones); i++) {
                PfLocalOffsets offsets = { 0 };
                size_t n = write_zone(bytes, zones[i].n, zones[i].footer);

                ck_assert_int_eq(pf_local_offsets_parse(bytes, n, zones[i].now, &offsets), 0);
                ck_assert_uint_eq(offsets.n, zones[i].n_offsets);
                ck_assert_int_eq(offsets.seconds[0], zones[i].offset);
                ck_assert(offsets.n == 1 || offsets.seconds[1] == 7200);
        }
}
END_TEST

START_TEST(local_time_cut_off) {
        PfLocalOffsets offsets;
        char bytes[512];
        size_t n = write_zone(bytes, 3, "");

        for (size_t i = 0; i < n; i++)
                ck_assert_int_eq(pf_local_offsets_parse(bytes, i, 0, &offsets), -EINVAL);
        ck_assert_int_eq(pf_local_offsets_parse(bytes, n, 0, &offsets), 0);
}
END_TEST

int main(void) {
        Suite *suite = suite_create("time-conf");

        PF_TEST(suite, lines);
        PF_TEST(suite, fields);
        PF_TEST(suite, too_long);
        PF_TEST(suite, names_match);
        PF_TEST(suite, times_match);
        PF_TEST(suite, local_time);
        PF_TEST(suite, local_time_cut_off);
        return pf_test_main(suite);
}
