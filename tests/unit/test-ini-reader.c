/* SPDX-License-Identifier: MIT */
#include "config/ini-reader.h"

#include <string.h>

#include "daemon/base/buf.h"
#include "tests/support/test-main.h"

/* What the reader said, as one text: "line[section]name=value|", '+' in front of
 * the name for a line that goes on. */
typedef struct Said {
        PfBuf text;
        unsigned stop_at_line;
        int stop_with;
} Said;

static int say(const PfIniEntry *entry, void *data) {
        Said *said = data;

        ck_assert_str_eq(entry->path, "file");
        if (entry->name)
                ck_assert_int_eq(pf_buf_printf(&said->text, "%u[%s]%s%s=%s|", entry->line,
                                               entry->section, entry->continued ? "+" : "",
                                               entry->name, entry->value),
                                 0);
        else
                ck_assert_int_eq(pf_buf_printf(&said->text, "%u[%s]|", entry->line, entry->section),
                                 0);
        return entry->line == said->stop_at_line ? said->stop_with : 0;
}

static void expect_n(const char *text, size_t n, const char *said_text, const char *complaints) {
        PF_AUTO_INI_ERRORS PfIniErrors errors = { 0 };
        PF_AUTO_BUF PfBuf all = PF_BUF_INIT(65536);
        Said said = { .text = PF_BUF_INIT(65536) };

        ck_assert_int_eq(pf_ini_read("file", text, n, say, &said, &errors), 0);
        for (size_t i = 0; i < errors.texts.n; i++)
                ck_assert_int_eq(pf_buf_printf(&all, "%s|", errors.texts.items[i]), 0);
        ck_assert_str_eq(said.text.data ? said.text.data : "", said_text);
        ck_assert_str_eq(all.data ? all.data : "", complaints);
        pf_buf_deinit(&said.text);
}

static void expect(const char *text, const char *said, const char *complaints) {
        expect_n(text, strlen(text), said, complaints);
}

START_TEST(sections_and_values) {
        expect("", "", "");
        expect("[A]\nx=1\n\n# comment\n  ; another\n[B]\ny = 2 3 \n",
               "1[A]|2[A]x=1|6[B]|7[B]y=2 3|", "");
        expect("[A]\nx=1", "1[A]|2[A]x=1|", "");
        expect("[A]\r\nx=1\r\n", "1[A]|2[A]x=1|", "");
        expect("[A]\nx=\n", "1[A]|2[A]x=|", "");
        expect("x=1\n", "1[]x=1|", "");
}
END_TEST

START_TEST(a_section_may_come_again) {
        expect("[A]\nx=1\n[B]\n[A]\nx=2\n", "1[A]|2[A]x=1|3[B]|4[A]|5[A]x=2|", "");
}
END_TEST

START_TEST(comments_behind_values) {
        expect("[A] ; why\nx=1 ; because\ny=a;b\nz=;c\n", "1[A]|2[A]x=1|3[A]y=a;b|4[A]z=;c|", "");
}
END_TEST

START_TEST(values_go_on) {
        expect("[A]\nx=1\n  2 ; two\n\n\t3\n[B]\n y=1\n",
               "1[A]|2[A]x=1|3[A]+x=2|5[A]+x=3|6[B]|7[B]y=1|", "");
        expect("[A]\nx=1\n [B]\n", "1[A]|2[A]x=1|3[A]+x=[B]|", "");
}
END_TEST

START_TEST(a_byte_order_mark_is_skipped) {
        expect("\xef\xbb\xbf[A]\nx=1\n", "1[A]|2[A]x=1|", "");
        expect("\xef\xbb\xbfjunk\n", "", "file:1: expected Key=Value, [Section] or a comment|");
}
END_TEST

START_TEST(lines_that_say_nothing) {
        expect("[A]\nx\ny=1\nz", "1[A]|3[A]y=1|",
               "file:2: expected Key=Value, [Section] or a comment|"
               "file:4: expected Key=Value, [Section] or a comment|");
}
END_TEST

/* What stands below a section that nobody can name is not taken for the one above. */
START_TEST(sections_that_do_not_end) {
        expect("[A]\n[B\nx=1\n[C] junk\ny=1\n[D]\nz=1\n", "1[A]|6[D]|7[D]z=1|",
               "file:2: expected [Section]|file:4: expected [Section]|");
        expect("[]\nx=1\n", "1[]|2[]x=1|", "");
        expect("[\n", "", "file:1: expected [Section]|");
}
END_TEST

/* A section of more than 49 bytes is cut by inih; a line of 200 is split. */
START_TEST(long_lines) {
        char text[2 * PF_INI_LINE_MAX + 16], said[2 * PF_INI_LINE_MAX + 64];
        char section[PF_INI_LINE_MAX];

        memset(section, 's', sizeof(section) - 2);
        section[sizeof(section) - 2] = '\0';
        (void) snprintf(text, sizeof(text), "[%s]\nx=1\n", section);
        (void) snprintf(said, sizeof(said), "1[%s]|2[%s]x=1|", section, section);
        ck_assert_uint_eq(strcspn(text, "\n"), PF_INI_LINE_MAX);
        expect(text, said, "");

        (void) snprintf(text, sizeof(text), "[s%s]\n[A]\nx=1\n", section);
        expect(text, "2[A]|3[A]x=1|",
               "file:1: the line is too long; expected at most 197 bytes of UTF-8|");
}
END_TEST

START_TEST(bytes_that_are_no_text) {
        expect_n("[A]\nx=a\0b\ny=1\n", 14, "1[A]|3[A]y=1|",
                 "file:2: the line holds a NUL byte; expected at most 197 bytes of UTF-8|");
        expect("[A]\nx=\xff\ny=\xc3\xa4\n", "1[A]|3[A]y=\xc3\xa4|",
               "file:2: the line is not UTF-8; expected at most 197 bytes of UTF-8|");
}
END_TEST

START_TEST(a_visitor_ends_the_reading) {
        PF_AUTO_INI_ERRORS PfIniErrors errors = { 0 };
        Said said = { .text = PF_BUF_INIT(4096), .stop_at_line = 2, .stop_with = -ENOMEM };
        const char text[] = "[A]\nx=1\ny=2\n[B]\nz\n";

        ck_assert_int_eq(pf_ini_read("file", text, strlen(text), say, &said, &errors), -ENOMEM);
        ck_assert_str_eq(said.text.data, "1[A]|2[A]x=1|");
        pf_buf_deinit(&said.text);
}
END_TEST

START_TEST(complaints_are_bounded) {
        PF_AUTO_INI_ERRORS PfIniErrors errors = { 0 };
        PF_AUTO_BUF PfBuf text = PF_BUF_INIT(65536);
        Said said = { .text = PF_BUF_INIT(4096) };
        PfErr err = { 0 };

        for (int i = 0; i < PF_INI_ERRORS_MAX + 6; i++)
                ck_assert_int_eq(pf_buf_add_string(&text, "junk\n"), 0);
        ck_assert_int_eq(pf_ini_read("file", text.data, text.n, say, &said, &errors), 0);

        ck_assert_uint_eq(errors.texts.n, PF_INI_ERRORS_MAX);
        ck_assert_uint_eq(errors.n_dropped, 6);
        ck_assert_int_eq(pf_ini_errors_to_err(&errors, &err), -EINVAL);
        ck_assert_str_eq(err.text,
                         "file:1: expected Key=Value, [Section] or a comment (and 69 more)");
}
END_TEST

START_TEST(no_complaint_is_no_error) {
        PfIniErrors errors = { 0 };
        PfErr err = { 0 };

        ck_assert_int_eq(pf_ini_errors_to_err(&errors, &err), 0);
        ck_assert_int_eq(err.code, 0);
}
END_TEST

int main(void) {
        Suite *suite = suite_create("ini-reader");

        PF_TEST(suite, sections_and_values);
        PF_TEST(suite, a_section_may_come_again);
        PF_TEST(suite, comments_behind_values);
        PF_TEST(suite, values_go_on);
        PF_TEST(suite, a_byte_order_mark_is_skipped);
        PF_TEST(suite, lines_that_say_nothing);
        PF_TEST(suite, sections_that_do_not_end);
        PF_TEST(suite, long_lines);
        PF_TEST(suite, bytes_that_are_no_text);
        PF_TEST(suite, a_visitor_ends_the_reading);
        PF_TEST(suite, complaints_are_bounded);
        PF_TEST(suite, no_complaint_is_no_error);
        return pf_test_main(suite);
}
