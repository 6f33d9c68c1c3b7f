/* SPDX-License-Identifier: MIT */
/* Errors of Windows as ours: a number to tell them apart by, and a text that has Windows' own. */
#include "daemon/platform/win32/error.h"

#include <string.h>
#include <windows.h>

#include "tests/support/test-main.h"

START_TEST(codes) {
        ck_assert_int_eq(pf_errno_from_windows(ERROR_FILE_NOT_FOUND), -ENOENT);
        ck_assert_int_eq(pf_errno_from_windows(ERROR_ACCESS_DENIED), -EACCES);
        ck_assert_int_eq(pf_errno_from_windows(ERROR_PIPE_BUSY), -EAGAIN);
        ck_assert_int_eq(pf_errno_from_windows(ERROR_SERVICE_DOES_NOT_EXIST), -ENOENT);
        ck_assert_int_eq(pf_errno_from_windows(ERROR_CRC), -EIO); /* of those that we do not tell */
        ck_assert_int_eq(pf_errno_from_windows(0xffffffff), -EIO);
}
END_TEST

START_TEST(texts) {
        PfErr err = { 0 };

        ck_assert_int_eq(pf_err_windows(&err, ERROR_ACCESS_DENIED, "cannot open %s", "it"),
                         -EACCES);
        ck_assert_int_eq(err.code, -EACCES);
        ck_assert_int_eq(strncmp(err.text, "cannot open it: ", 16), 0);
        ck_assert_ptr_nonnull(strstr(err.text, "error 5"));
        ck_assert_ptr_null(strpbrk(err.text, "\r\n"));
}
END_TEST

/* The first text wins; and what Windows has no words for has its number. */
START_TEST(first_text_and_no_words) {
        PfErr err = { 0 };

        ck_assert_int_eq(pf_err_windows(&err, 0x2fffffff, "first"), -EIO);
        ck_assert_str_eq(err.text, "first: error 805306367");
        ck_assert_int_eq(pf_err_windows(&err, ERROR_ACCESS_DENIED, "second"), -EACCES);
        ck_assert_str_eq(err.text, "first: error 805306367");
        ck_assert_int_eq(pf_err_windows(NULL, ERROR_ACCESS_DENIED, "nobody reads this"), -EACCES);
}
END_TEST

START_TEST(long_text) {
        char name[2 * PF_ERR_TEXT_MAX];
        PfErr err = { 0 };

        memset(name, 'x', sizeof(name) - 1);
        name[sizeof(name) - 1] = '\0';
        ck_assert_int_eq(pf_err_windows(&err, ERROR_FILE_NOT_FOUND, "%s", name), -ENOENT);
        ck_assert_uint_lt(strlen(err.text), sizeof(err.text));
}
END_TEST

int main(void) {
        Suite *suite = suite_create("error");

        PF_TEST(suite, codes);
        PF_TEST(suite, texts);
        PF_TEST(suite, first_text_and_no_words);
        PF_TEST(suite, long_text);
        return pf_test_main(suite);
}
