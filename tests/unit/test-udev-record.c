/* SPDX-License-Identifier: MIT */
#include "probes/parse/udev-record.h"

#include <string.h>

#include "tests/support/test-main.h"

static void parse(const char *text, PfUdevRecord *ret) {
        PfErr err = { 0 };

        ck_assert_int_eq(pf_udev_record_parse(text, strlen(text), ret, &err), 0);
}

START_TEST(a_record) {
        PF_AUTO_UDEV_RECORD PfUdevRecord record = { 0 };

        parse("S:disk/by-uuid/abc\nS:mapper/a\\x20b\nL:10\nI:3141592\nE:ID_FS_TYPE=ext4\n"
              "E:ID_FS_LABEL=\nG:systemd\nQ:systemd\nV:1\n",
              &record);
        ck_assert_uint_eq(record.links.n, 2);
        ck_assert_str_eq(record.links.items[0], "disk/by-uuid/abc");
        ck_assert_str_eq(record.links.items[1], "mapper/a\\x20b");
        ck_assert_str_eq(pf_udev_record_get(&record, "ID_FS_TYPE"), "ext4");
        ck_assert_str_eq(pf_udev_record_get(&record, "ID_FS_LABEL"), "");
        ck_assert_ptr_null(pf_udev_record_get(&record, "ID_FS"));
        ck_assert_ptr_null(pf_udev_record_get(&record, "ID_FS_TYPE_X"));
}
END_TEST

START_TEST(the_last_of_two_counts) {
        PF_AUTO_UDEV_RECORD PfUdevRecord record = { 0 };

        parse("E:A=1\nE:A=2\n", &record);
        ck_assert_str_eq(pf_udev_record_get(&record, "A"), "2");
}
END_TEST

START_TEST(lines_that_say_nothing) {
        PF_AUTO_UDEV_RECORD PfUdevRecord record = { 0 };

        parse("", &record);
        parse("E:\nE:no sign\nS:\nX:new\n", &record);
        ck_assert_uint_eq(record.links.n + record.properties.n, 0);
}
END_TEST

START_TEST(no_records) {
        static const struct {
                const char *text;
                size_t n;
        } rows[] = { { "E:A=1\nE:B=", 10 },
                     { "E\n", 2 },
                     { "EA=1\n", 5 },
                     { "E:A=1\n\n", 7 },
                     { "\n", 1 },
                     { "E:A=1\0x\nE:B=2\n", 14 },
                     { "\x7f"
                       "ELF\n",
                       5 },
                     { "garbage", 7 } };

        for (size_t i = 0; i < PF_ELEMENTS(rows); i++) {
                PF_AUTO_UDEV_RECORD PfUdevRecord record = { 0 };
                PfErr err = { 0 };

                ck_assert_int_eq(pf_udev_record_parse(rows[i].text, rows[i].n, &record, &err),
                                 -EINVAL);
                ck_assert_str_ne(err.text, "");
        }
}
END_TEST

START_TEST(too_many_lines) {
        PF_AUTO_UDEV_RECORD PfUdevRecord record = { 0 };
        static char text[3 * (PF_UDEV_LINES_MAX + 1)];
        PfErr err = { 0 };

        for (size_t i = 0; i < sizeof(text); i++)
                text[i] = "E:\n"[i % 3];
        ck_assert_int_eq(pf_udev_record_parse(text, sizeof(text) - 3, &record, &err), 0);
        ck_assert_int_eq(pf_udev_record_parse(text, sizeof(text), &record, &err), -E2BIG);
}
END_TEST

int main(void) {
        Suite *suite = suite_create("udev-record");

        PF_TEST(suite, a_record);
        PF_TEST(suite, the_last_of_two_counts);
        PF_TEST(suite, lines_that_say_nothing);
        PF_TEST(suite, no_records);
        PF_TEST(suite, too_many_lines);
        return pf_test_main(suite);
}
