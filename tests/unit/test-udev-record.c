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

        parse("E:A=1\nE:A=2", &record);
        ck_assert_str_eq(pf_udev_record_get(&record, "A"), "2");
}
END_TEST

START_TEST(lines_that_are_none) {
        PF_AUTO_UDEV_RECORD PfUdevRecord record = { 0 };
        static const char nul[] = "E:A=1\0x\nE:B=2\n";
        PfErr err = { 0 };

        parse("", &record);
        parse("E\nE:\nE:no sign\nS:\nS\n\n:\nEA=1\n", &record);
        ck_assert_uint_eq(record.links.n + record.properties.n, 0);
        ck_assert_int_eq(pf_udev_record_parse(nul, sizeof(nul) - 1, &record, &err), 0);
        ck_assert_ptr_null(pf_udev_record_get(&record, "A"));
        ck_assert_str_eq(pf_udev_record_get(&record, "B"), "2");
}
END_TEST

START_TEST(too_many_lines) {
        PF_AUTO_UDEV_RECORD PfUdevRecord record = { 0 };
        static char text[2 * (PF_UDEV_LINES_MAX + 1)];
        PfErr err = { 0 };

        memset(text, '\n', sizeof(text));
        ck_assert_int_eq(pf_udev_record_parse(text, PF_UDEV_LINES_MAX, &record, &err), 0);
        ck_assert_int_eq(pf_udev_record_parse(text, PF_UDEV_LINES_MAX + 1, &record, &err), -E2BIG);
}
END_TEST

int main(void) {
        Suite *suite = suite_create("udev-record");

        PF_TEST(suite, a_record);
        PF_TEST(suite, the_last_of_two_counts);
        PF_TEST(suite, lines_that_are_none);
        PF_TEST(suite, too_many_lines);
        return pf_test_main(suite);
}
