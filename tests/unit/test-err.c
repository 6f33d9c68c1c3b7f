/* SPDX-License-Identifier: MIT */
#include "daemon/base/err.h"

#include <string.h>

#include "daemon/base/utf8.h"
#include "tests/support/test-main.h"

START_TEST(the_first_text_wins) {
        PfErr err = { 0 };

        ck_assert_int_eq(pf_err_set(&err, -EIO, "inner %d", 1), -EIO);
        ck_assert_int_eq(pf_err_set(&err, -EPERM, "outer"), -EPERM);
        ck_assert_int_eq(pf_err_errno(&err, -ENOENT, "outermost"), -ENOENT);
        ck_assert_int_eq(err.code, -EIO);
        ck_assert_str_eq(err.text, "inner 1");
        ck_assert_str_eq(pf_err_text(&err, -EIO), "inner 1");
}
END_TEST

START_TEST(may_be_without_a_place_for_the_text) {
        const PfErr err = { 0 };

        ck_assert_int_eq(pf_err_set(NULL, -EIO, "text"), -EIO);
        ck_assert_int_eq(pf_err_errno(NULL, -EIO, "text"), -EIO);
        ck_assert_str_eq(pf_err_text(NULL, -ENOENT), strerror(ENOENT));
        ck_assert_str_eq(pf_err_text(&err, -ENOENT), strerror(ENOENT));
}
END_TEST

START_TEST(adds_the_words_of_the_system) {
        PfErr err = { 0 };

        ck_assert_int_eq(pf_err_errno(&err, -EACCES, "%s", "/etc/shadow"), -EACCES);
        ck_assert_str_eq(err.text, "/etc/shadow: Permission denied");
}
END_TEST

/* The reason stands at the end, so that is not what a long path pushes out. */
START_TEST(cuts_what_is_long_before_the_reason) {
        PfErr err = { 0 };
        char path[4096];
        const char *reason = ": Permission denied";

        memset(path, 'x', sizeof(path) - 1);
        path[sizeof(path) - 1] = '\0';
        pf_err_errno(&err, -EACCES, "%s", path);
        ck_assert_uint_eq(strlen(err.text), PF_ERR_TEXT_MAX - 1);
        ck_assert_str_eq(err.text + strlen(err.text) - strlen(reason), reason);

        err = (PfErr){ 0 };
        pf_err_set(&err, -EACCES, "%s", path);
        ck_assert_uint_eq(strlen(err.text), PF_ERR_TEXT_MAX - 1);
}
END_TEST

START_TEST(hostile_text_is_one_printable_line) {
        PfErr err = { 0 };
        PfErr cut = { 0 };
        char long_text[1024];

        pf_err_set(&err, -EINVAL, "a\nb\tc\x1b[31m\x7f\xff\xc2\x9b%s", "\xe2\x80\xae\xc3\xa9");
        ck_assert_str_eq(err.text, "a?b?c?[31m????\xc3\xa9");

        /* Cut in the middle of a character, it is still UTF-8. */
        for (size_t i = 0; i + 2 < sizeof(long_text); i += 3)
                memcpy(long_text + i, "\xe2\x98\x83", 3);
        long_text[sizeof(long_text) - 1] = '\0';
        pf_err_set(&cut, -EINVAL, "%s", long_text);
        ck_assert(pf_utf8_is_valid(cut.text, strlen(cut.text)));
}
END_TEST

int main(void) {
        Suite *suite = suite_create("err");

        PF_TEST(suite, the_first_text_wins);
        PF_TEST(suite, may_be_without_a_place_for_the_text);
        PF_TEST(suite, adds_the_words_of_the_system);
        PF_TEST(suite, cuts_what_is_long_before_the_reason);
        PF_TEST(suite, hostile_text_is_one_printable_line);
        return pf_test_main(suite);
}
