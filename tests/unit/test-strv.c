/* SPDX-License-Identifier: MIT */
#include "daemon/base/strv.h"

#include <string.h>

#include "tests/support/test-main.h"

START_TEST(grows) {
        PF_AUTO_STRV PfStrv strv = { 0 };
        char text[32];

        for (int i = 0; i < 1000; i++) {
                (void) snprintf(text, sizeof(text), "item %d", i);
                ck_assert_int_eq(pf_strv_add(&strv, text), 0);
        }
        ck_assert_uint_eq(strv.n, 1000);
        ck_assert_str_eq(strv.items[0], "item 0");
        ck_assert_str_eq(strv.items[512], "item 512");
        ck_assert_str_eq(strv.items[999], "item 999");
}
END_TEST

START_TEST(copies_a_part) {
        PF_AUTO_STRV PfStrv strv = { 0 };

        ck_assert_int_eq(pf_strv_add_n(&strv, "abcdef", 3), 0);
        ck_assert_int_eq(pf_strv_add_n(&strv, "abc", 0), 0);
        ck_assert_str_eq(strv.items[0], "abc");
        ck_assert_str_eq(strv.items[1], "");
}
END_TEST

START_TEST(appends_a_list) {
        PF_AUTO_STRV PfStrv from = { 0 };
        PF_AUTO_STRV PfStrv to = { 0 };

        ck_assert_int_eq(pf_strv_copy(&from, &to), 0);
        ck_assert_uint_eq(to.n, 0);
        ck_assert_int_eq(pf_strv_add(&from, "a"), 0);
        ck_assert_int_eq(pf_strv_add(&from, "b"), 0);
        ck_assert_int_eq(pf_strv_add(&to, "first"), 0);
        ck_assert_int_eq(pf_strv_copy(&from, &to), 0);
        ck_assert_int_eq(pf_strv_copy(&from, &to), 0);
        ck_assert_uint_eq(to.n, 5);
        ck_assert_str_eq(to.items[0], "first");
        ck_assert_str_eq(to.items[4], "b");
        ck_assert_ptr_ne(to.items[4], from.items[1]);
}
END_TEST

START_TEST(sorts_by_bytes) {
        static const char *const sorted[] = { "",  "10-b",   "9-a", "B",
                                              "a", "a.conf", "ab",  "\xc3\xa9" };
        PF_AUTO_STRV PfStrv strv = { 0 };

        pf_strv_sort(&strv);
        for (size_t i = PF_ELEMENTS(sorted); i-- > 0;)
                ck_assert_int_eq(pf_strv_add(&strv, sorted[i]), 0);
        pf_strv_sort(&strv);
        for (size_t i = 0; i < PF_ELEMENTS(sorted); i++)
                ck_assert_str_eq(strv.items[i], sorted[i]);
}
END_TEST

START_TEST(finds_whole_items) {
        PF_AUTO_STRV PfStrv strv = { 0 };

        ck_assert(!pf_strv_contains(&strv, "a"));
        ck_assert_int_eq(pf_strv_add(&strv, "abc"), 0);
        ck_assert_int_eq(pf_strv_add(&strv, "d"), 0);
        ck_assert(pf_strv_contains(&strv, "d"));
        ck_assert(!pf_strv_contains(&strv, "ab"));
        ck_assert(!pf_strv_contains(&strv, "D"));
        ck_assert(!pf_strv_contains(&strv, ""));
}
END_TEST

START_TEST(is_empty_and_usable_after_its_end) {
        PfStrv strv = { 0 };

        ck_assert_int_eq(pf_strv_add(&strv, "a"), 0);
        pf_strv_deinit(&strv);
        pf_strv_deinit(&strv);
        ck_assert_uint_eq(strv.n, 0);
        ck_assert_int_eq(pf_strv_add(&strv, "b"), 0);
        pf_strv_deinit(&strv);
}
END_TEST

int main(void) {
        Suite *suite = suite_create("strv");

        PF_TEST(suite, grows);
        PF_TEST(suite, copies_a_part);
        PF_TEST(suite, appends_a_list);
        PF_TEST(suite, sorts_by_bytes);
        PF_TEST(suite, finds_whole_items);
        PF_TEST(suite, is_empty_and_usable_after_its_end);
        return pf_test_main(suite);
}
