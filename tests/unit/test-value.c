/* SPDX-License-Identifier: MIT */
#include "config/value.h"

#include "tests/support/test-main.h"

typedef struct Case {
        const char *text;
        int r;
        uint64_t value;
} Case;

static void check_all(int (*parse)(const char *, uint64_t *), const Case *cases, size_t n) {
        for (size_t i = 0; i < n; i++) {
                uint64_t value = 4711;
                int r = parse(cases[i].text, &value);

                ck_assert_msg(r == cases[i].r, "\"%s\": %d, expected %d", cases[i].text, r,
                              cases[i].r);
                ck_assert_msg(value == (r == 0 ? cases[i].value : 4711), "\"%s\": %llu",
                              cases[i].text, (unsigned long long) value);
        }
}

START_TEST(sizes) {
        static const Case cases[] = {
                { "0", 0, 0 },
                { "512", 0, 512 },
                { "512B", 0, 512 },
                { "4K", 0, 4096 },
                { "100M", 0, 104857600 },
                { "1.5G", 0, 1610612736 },
                { "0.1K", 0, 102 },
                { "0.000001M", 0, 1 },
                { "0.00000001E", 0, 0 },
                { "15E", 0, UINT64_C(15) << 60 },
                { "18446744073709551615", 0, UINT64_MAX },
                { "18446744073709551616", -ERANGE, 0 },
                { "16E", -ERANGE, 0 },
                { "", -EINVAL, 0 },
                { "M", -EINVAL, 0 },
                { "-1", -EINVAL, 0 },
                { "1.", -EINVAL, 0 },
                { "1.K", -EINVAL, 0 },
                { "1k", -EINVAL, 0 },
                { "1MB", -EINVAL, 0 },
                { "1M 1M", -EINVAL, 0 },
                { "0x10", -EINVAL, 0 },
        };

        check_all(pf_value_parse_size, cases, PF_ELEMENTS(cases));
}
END_TEST

START_TEST(times) {
        static const Case cases[] = {
                { "0", 0, 0 },
                { "5", 0, 5000000 },
                { "5s", 0, 5000000 },
                { "500ms", 0, 500000 },
                { "2min", 0, 120000000 },
                { "2 min", 0, 120000000 },
                { "1h 30min", 0, UINT64_C(5400) * 1000000 },
                { "1h30min", 0, UINT64_C(5400) * 1000000 },
                { "0.5s", 0, 500000 },
                { "1.25 hours", 0, UINT64_C(4500) * 1000000 },
                { "1d", 0, UINT64_C(86400) * 1000000 },
                { "2w", 0, UINT64_C(1209600) * 1000000 },
                { "7us", 0, 7 },
                { "", -EINVAL, 0 },
                { "s", -EINVAL, 0 },
                { "5x", -EINVAL, 0 },
                { "infinity", -EINVAL, 0 },
                { "-5", -EINVAL, 0 },
                { "5s,", -EINVAL, 0 },
                { "99999999999999999999s", -ERANGE, 0 },
                { "18446744073710s", -ERANGE, 0 },
                { "18446744073709s 1s", -ERANGE, 0 },
        };

        check_all(pf_value_parse_time, cases, PF_ELEMENTS(cases));
}
END_TEST

START_TEST(numbers) {
        static const Case cases[] = {
                { "0", 0, 0 },
                { "65536", 0, 65536 },
                { "", -EINVAL, 0 },
                { " 1", -EINVAL, 0 },
                { "1 ", -EINVAL, 0 },
                { "+1", -EINVAL, 0 },
                { "1e3", -EINVAL, 0 },
                { "1K", -EINVAL, 0 },
                { "99999999999999999999", -ERANGE, 0 },
        };

        check_all(pf_value_parse_unsigned, cases, PF_ELEMENTS(cases));
}
END_TEST

START_TEST(booleans) {
        static const char *const yes[] = { "1", "yes", "Y", "TRUE", "t", "on" };
        static const char *const no[] = { "0", "no", "N", "False", "f", "off" };
        bool value;

        for (size_t i = 0; i < PF_ELEMENTS(yes); i++) {
                value = false;
                ck_assert_int_eq(pf_value_parse_bool(yes[i], &value), 0);
                ck_assert_msg(value, "%s", yes[i]);
                value = true;
                ck_assert_int_eq(pf_value_parse_bool(no[i], &value), 0);
                ck_assert_msg(!value, "%s", no[i]);
        }
        ck_assert_int_eq(pf_value_parse_bool("", &value), -EINVAL);
        ck_assert_int_eq(pf_value_parse_bool("maybe", &value), -EINVAL);
}
END_TEST

START_TEST(names_of_files) {
        ck_assert(pf_value_is_file_name("asr-mobility"));
        ck_assert(pf_value_is_file_name("a.b_C9"));
        ck_assert(!pf_value_is_file_name(""));
        ck_assert(!pf_value_is_file_name(".hidden"));
        ck_assert(!pf_value_is_file_name("../etc/shadow"));
        ck_assert(!pf_value_is_file_name("a b"));
        ck_assert(!pf_value_is_file_name(
                "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"));
}
END_TEST

START_TEST(versions) {
        static const char *const good[] = { "9", "9.65", "9.65.7417.1", "1.2.3.4.5.6.7.8" };
        static const char *const bad[] = { "",      ".",        "9.",        "9..1",
                                           "9.x",   "v9",       "-9",        "1.2.3.4.5.6.7.8.9",
                                           "9.65 ", "9.65-rc1", "1234567890" };

        for (size_t i = 0; i < PF_ELEMENTS(good); i++)
                ck_assert_msg(pf_value_is_version(good[i]), "%s", good[i]);
        for (size_t i = 0; i < PF_ELEMENTS(bad); i++)
                ck_assert_msg(!pf_value_is_version(bad[i]), "%s", bad[i]);
}
END_TEST

/* 9.9 comes before 9.65: components are numbers, not text and not a fraction. */
START_TEST(versions_compare_by_component) {
        static const struct {
                const char *a, *b;
                int order;
        } cases[] = {
                { "9.9", "9.65", -1 },
                { "9.65", "9.65.0", 0 },
                { "9.65.1", "9.65", 1 },
                { "10", "9.99", 1 },
                { "7.9.2009", "7.9", 1 },
                { "12.5+b1", "12.5", 0 },
                { "009", "9", 0 },
                { "", "0", 0 },
                { "99999999999999999999999", "1", 1 },
        };

        for (size_t i = 0; i < PF_ELEMENTS(cases); i++) {
                int order = pf_version_compare(cases[i].a, cases[i].b);
                int back = pf_version_compare(cases[i].b, cases[i].a);

                ck_assert_msg((order > 0) - (order < 0) == cases[i].order, "%s %s", cases[i].a,
                              cases[i].b);
                ck_assert_msg(order == -back, "%s %s", cases[i].a, cases[i].b);
        }
}
END_TEST

START_TEST(versions_within) {
        static const struct {
                const char *version;
                bool exact;
                const char *from, *to;
                PfWithin within;
        } cases[] = {
                { "9.4", true, "9.0", "9.5", PF_WITHIN_YES },
                { "9.5", true, "9.0", "9.5", PF_WITHIN_YES },
                { "9.6", true, "9.0", "9.5", PF_WITHIN_NO },
                { "9.10", true, "9.1", "9.13", PF_WITHIN_YES },
                { "9.0", true, "9.1", "9.13", PF_WITHIN_NO },
                { "9", true, "9.1", "9.13", PF_WITHIN_NO },
                { "9", false, "9.1", "9.13", PF_WITHIN_PERHAPS },
                { "9", false, "9", "9", PF_WITHIN_YES },
                { "12.5", true, "10", "12", PF_WITHIN_YES },
                { "13", false, "10", "12", PF_WITHIN_NO },
                { "11", false, "10.2", "12.3", PF_WITHIN_YES },
                { "10", false, "10.0", "12.3", PF_WITHIN_YES },
                { "10", false, "10.1", "12.3", PF_WITHIN_PERHAPS },
                { "7", false, "7.0", "7.9", PF_WITHIN_PERHAPS },
                { "7.9.2009", true, "7.0", "7.9", PF_WITHIN_YES },
                { "8.5.1", true, "8.5.2", "8.6", PF_WITHIN_NO },
                { "22.04", true, "22.04", "22.04", PF_WITHIN_YES },
                { "22.10", true, "22.04", "22.04", PF_WITHIN_NO },
        };

        for (size_t i = 0; i < PF_ELEMENTS(cases); i++)
                ck_assert_msg(pf_version_within(cases[i].version, cases[i].exact, cases[i].from,
                                                cases[i].to) == cases[i].within,
                              "%s in %s-%s", cases[i].version, cases[i].from, cases[i].to);
}
END_TEST

int main(void) {
        Suite *suite = suite_create("value");

        PF_TEST(suite, sizes);
        PF_TEST(suite, times);
        PF_TEST(suite, numbers);
        PF_TEST(suite, booleans);
        PF_TEST(suite, names_of_files);
        PF_TEST(suite, versions);
        PF_TEST(suite, versions_compare_by_component);
        PF_TEST(suite, versions_within);
        return pf_test_main(suite);
}
