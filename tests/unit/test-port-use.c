/* SPDX-License-Identifier: MIT */
/* Local ports: ranges, lists, and those of sockets. */
#include "probes/parse/port-use.h"

#include <string.h>

#include "tests/support/test-main.h"

static int range(const char *text, unsigned *first, unsigned *last) {
        return pf_port_range_parse(text, strlen(text), first, last);
}

START_TEST(ranges) {
        static const char *const wrong[] = {
                "",      "32768", "0\t5", "60999\t32768", "1 65536",
                "1 2 3", "a b",   "-1 5", "1x 5",         "1 99999999999999999999"
        };
        unsigned first = 0, last = 0;

        ck_assert_int_eq(range("32768\t60999\n", &first, &last), 0);
        ck_assert_uint_eq(first, 32768);
        ck_assert_uint_eq(last, 60999);
        ck_assert_int_eq(range(" 1 65535", &first, &last), 0);
        for (size_t i = 0; i < PF_ELEMENTS(wrong); i++)
                ck_assert_msg(range(wrong[i], &first, &last) == -EINVAL, "%s", wrong[i]);
        ck_assert_uint_eq(last, 65535);
}
END_TEST

START_TEST(lists) {
        static const char *const wrong[] = { "8080,", ",1",  "1,,2", "5-",   "5-4",
                                             "65536", "1;2", "7,7",  "9,1-2" };
        static const char list[] = "0,8080,9148-9150\n";
        PfPortSet set = { 0 };

        ck_assert_int_eq(pf_port_list_parse("\n", 1, &set), 0);
        ck_assert_uint_eq(pf_port_set_count(&set, 0, 65535), 0);
        ck_assert_int_eq(pf_port_list_parse(list, strlen(list), &set), 0);
        ck_assert_uint_eq(pf_port_set_count(&set, 0, 65535), 5);
        ck_assert_uint_eq(pf_port_set_count(&set, 9149, 65535), 2);
        for (size_t i = 1; i < PF_ELEMENTS(wrong); i++)
                ck_assert_msg(pf_port_list_parse(wrong[i], strlen(wrong[i]), &set) == -EINVAL, "%s",
                              wrong[i]);
}
END_TEST

START_TEST(sockets) {
        static const char table[] =
                "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt\n"
                "   0: 0100007F:0016 00000000:0000 0A 00000000:00000000 00:00000000 00000000\n"
                "   1: 0100007F:8000 0100007F:0016 06 00000000:00000000 00:00000000 00000000\n"
                "   2: 00000000000000000000000001000000:8000 0000:0016 01\n"
                "   3: 0100007F:zz\n"
                "   4: 0100007F:12345 x\n"
                "   5: cut";
        PfPortSet set = { 0 };

        ck_assert_int_eq(pf_port_use_parse(table, strlen(table), &set), 3);
        ck_assert_uint_eq(pf_port_set_count(&set, 0, 65535), 2);
        ck_assert_uint_eq(pf_port_set_count(&set, 0x8000, 0x8000), 1);
        ck_assert_int_eq(pf_port_use_parse("", 0, &set), 0);
}
END_TEST

START_TEST(how_many) {
        static const char four[] =
                "sockets: used 183\n"
                "TCP: inuse 5 orphan 1 tw 2 alloc 70 mem 1\nUDP: inuse 3 mem 0\n";
        static const char six[] = "TCP6: inuse 3\nUDP6: inuse 1\n";
        uint64_t n = 0;

        ck_assert_int_eq(pf_sockstat_parse(four, strlen(four), &n), 0);
        ck_assert_uint_eq(n, 7);
        ck_assert_int_eq(pf_sockstat_parse(six, strlen(six), &n), 0);
        ck_assert_uint_eq(n, 3);
        ck_assert_int_eq(pf_sockstat_parse("UDP: inuse 3\n", 13, &n), -EINVAL);
        ck_assert_int_eq(pf_sockstat_parse("TCP: inuse x", 12, &n), -EINVAL);
        ck_assert_int_eq(pf_sockstat_parse("", 0, &n), -EINVAL);
}
END_TEST

int main(void) {
        Suite *suite = suite_create("port-use");

        PF_TEST(suite, ranges);
        PF_TEST(suite, lists);
        PF_TEST(suite, sockets);
        PF_TEST(suite, how_many);
        return pf_test_main(suite);
}
