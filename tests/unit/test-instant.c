/* SPDX-License-Identifier: MIT */
#include "config/instant.h"

#include <string.h>

#include "tests/support/test-main.h"

#define SECOND UINT64_C(1000000)

static const struct {
        const char *text;
        uint64_t seconds;
        const char *again;
} good[] = {
        { "1970-01-01", 0, "1970-01-01T00:00:00Z" },
        { "1970-01-01T00:00:01Z", 1, "1970-01-01T00:00:01Z" },
        { "2000-02-29", 951782400, "2000-02-29T00:00:00Z" },
        { "2000-03-01T00:00:00z", 951868800, "2000-03-01T00:00:00Z" },
        { "2024-12-31T23:59:59+00:00", 1735689599, "2024-12-31T23:59:59Z" },
        { "2027-01-31", 1801353600, "2027-01-31T00:00:00Z" },
        { "2027-01-31 12:34:56.999999Z", 1801398896, "2027-01-31T12:34:56Z" },
        { "2027-01-31t12:34:56Z", 1801398896, "2027-01-31T12:34:56Z" },
        { "2038-01-19T03:14:08Z", 2147483648, "2038-01-19T03:14:08Z" },
        { "2016-12-31T23:59:60Z", 1483228800, "2017-01-01T00:00:00Z" },
        { "2100-03-01", 4107542400, "2100-03-01T00:00:00Z" },
        { "9999-12-31T23:59:59Z", UINT64_C(253402300799), "9999-12-31T23:59:59Z" },
};

START_TEST(is_taken_and_written) {
        char again[PF_INSTANT_SIZE];
        uint64_t usec = 7;

        ck_assert_msg(pf_instant_parse(good[_i].text, &usec) == 0, "%s", good[_i].text);
        ck_assert_uint_eq(usec, good[_i].seconds * SECOND);
        ck_assert_str_eq(pf_instant_format(usec, again), good[_i].again);
}
END_TEST

static const char *const bad[] = {
        "",
        "tomorrow",
        "2027",
        "2027-1-31",
        "27-01-31",
        "2027-00-31",
        "2027-13-01",
        "2027-01-00",
        "2027-01-32",
        "2027-02-29",
        "2100-02-29",
        "2027-04-31",
        "2027-01-31Z",
        "2027-01-31T",
        "2027-01-31T12:00:00", /* where? */
        "2027-01-31T12:00:00+09:00",
        "2027-01-31T12:00:00-00:30",
        "2027-01-31T12:00Z",
        "2027-01-31T24:00:00Z",
        "2027-01-31T12:60:00Z",
        "2027-01-31T12:00:61Z",
        "2027-01-31T12:00:00.Z",
        "2027-01-31T12:00:00ZZ",
        " 2027-01-31",
        "2027-01-31 ",
        "+027-01-31",
        "10000-01-01",
};

START_TEST(is_refused) {
        uint64_t usec = 7;

        ck_assert_msg(pf_instant_parse(bad[_i], &usec) == -EINVAL, "%s", bad[_i]);
        ck_assert_uint_eq(usec, 7);
}
END_TEST

START_TEST(before_1970) {
        uint64_t usec = 7;

        ck_assert_int_eq(pf_instant_parse("1969-12-31", &usec), -ERANGE);
        ck_assert_int_eq(pf_instant_parse("0000-01-01T00:00:00Z", &usec), -ERANGE);
        ck_assert_int_eq(pf_instant_parse("1969-02-29", &usec), -EINVAL);
        ck_assert_uint_eq(usec, 7);
}
END_TEST

/* Days of three centuries, and every day of some years: what is written is read. */
START_TEST(every_day) {
        char text[PF_INSTANT_SIZE];
        uint64_t usec;

        for (uint64_t day = 0; day < 300 * 365; day += day < 1500 ? 1 : 29) {
                (void) pf_instant_format(day * 86400 * SECOND, text);
                ck_assert_msg(pf_instant_parse(text, &usec) == 0, "%s", text);
                ck_assert_uint_eq(usec, day * 86400 * SECOND);
        }
}
END_TEST

START_TEST(beyond_9999) {
        char text[PF_INSTANT_SIZE];

        ck_assert_str_eq(pf_instant_format(UINT64_MAX, text), "9999-12-31T23:59:59Z");
}
END_TEST

int main(void) {
        Suite *suite = suite_create("instant");
        TCase *tcase = tcase_create("instant");

        tcase_add_loop_test(tcase, is_taken_and_written, 0, (int) PF_ELEMENTS(good));
        tcase_add_loop_test(tcase, is_refused, 0, (int) PF_ELEMENTS(bad));
        tcase_add_test(tcase, before_1970);
        tcase_add_test(tcase, every_day);
        tcase_add_test(tcase, beyond_9999);
        suite_add_tcase(suite, tcase);
        return pf_test_main(suite);
}
