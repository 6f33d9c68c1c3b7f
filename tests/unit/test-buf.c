/* SPDX-License-Identifier: MIT */
#include "daemon/base/buf.h"

#include <limits.h>
#include <stdint.h>
#include <string.h>

#include "tests/support/test-main.h"

START_TEST(holds_as_much_as_its_maximum) {
        PF_AUTO_BUF PfBuf buf = PF_BUF_INIT(10);

        ck_assert_int_eq(pf_buf_add(&buf, "12345", 5), 0);
        ck_assert_int_eq(pf_buf_add(&buf, "67890", 5), 0);
        ck_assert_int_eq(pf_buf_add(&buf, "x", 1), -ENOBUFS);
        ck_assert_int_eq(pf_buf_add_string(&buf, "xy"), -ENOBUFS);
        ck_assert_int_eq(pf_buf_printf(&buf, "%d", 1), -ENOBUFS);
        ck_assert_int_eq(pf_buf_add(&buf, NULL, 0), 0);
        ck_assert_uint_eq(buf.n, 10);
        ck_assert_str_eq(buf.data, "1234567890");
}
END_TEST

START_TEST(no_size_overflows) {
        PF_AUTO_BUF PfBuf buf = PF_BUF_INIT(SIZE_MAX);

        ck_assert_int_eq(pf_buf_reserve(&buf, SIZE_MAX), -ENOBUFS);
        ck_assert_int_eq(pf_buf_add_string(&buf, "abc"), 0);
        ck_assert_int_eq(pf_buf_reserve(&buf, SIZE_MAX - 3), -ENOBUFS);
        ck_assert_str_eq(buf.data, "abc");
}
END_TEST

START_TEST(grows_and_stays_terminated) {
        PF_AUTO_BUF PfBuf buf = PF_BUF_INIT(1 << 20);

        for (unsigned i = 0; i < 100000; i++) {
                const char byte = (char) ('a' + i % 26);

                if (pf_buf_add(&buf, &byte, 1) != 0 || buf.data[buf.n] != '\0')
                        ck_abort_msg("byte %u", i);
        }
        ck_assert_uint_eq(buf.n, 100000);
        ck_assert_uint_le(buf.allocated, 1 << 18);
        for (unsigned i = 0; i < 100000; i++)
                if (buf.data[i] != 'a' + (int) (i % 26))
                        ck_abort_msg("byte %u", i);
}
END_TEST

START_TEST(keeps_bytes_that_are_no_text) {
        PF_AUTO_BUF PfBuf buf = PF_BUF_INIT(100);

        ck_assert_int_eq(pf_buf_add(&buf, "a\0b", 3), 0);
        ck_assert_int_eq(pf_buf_printf(&buf, "%s-%03d", "\xff", 7), 0);
        ck_assert_uint_eq(buf.n, 8);
        ck_assert_mem_eq(buf.data, "a\0b\xff-007", 9);
}
END_TEST

START_TEST(forgets_from_the_front) {
        PF_AUTO_BUF PfBuf buf = PF_BUF_INIT(6);

        pf_buf_consume(&buf, 5);
        ck_assert_int_eq(pf_buf_add_string(&buf, "abcdef"), 0);
        pf_buf_consume(&buf, 0);
        ck_assert_str_eq(buf.data, "abcdef");
        pf_buf_consume(&buf, 4);
        ck_assert_str_eq(buf.data, "ef");
        ck_assert_int_eq(pf_buf_add_string(&buf, "ghij"), 0);
        ck_assert_str_eq(buf.data, "efghij");
        pf_buf_consume(&buf, SIZE_MAX);
        ck_assert_uint_eq(buf.n, 0);
        ck_assert_str_eq(buf.data, "");
}
END_TEST

START_TEST(hands_its_contents_over) {
        PF_AUTO_BUF PfBuf buf = PF_BUF_INIT(10);
        PF_AUTO_FREE char *none = pf_buf_steal(&buf);
        PF_AUTO_FREE char *text = NULL;

        ck_assert_str_eq(none, "");
        ck_assert_int_eq(pf_buf_add_string(&buf, "0123456789"), 0);
        text = pf_buf_steal(&buf);
        ck_assert_str_eq(text, "0123456789");
        ck_assert_ptr_null(buf.data);
        ck_assert_int_eq(pf_buf_add_string(&buf, "abcdefghij"), 0);
        ck_assert_str_eq(text, "0123456789");
}
END_TEST

START_TEST(a_secret_grows_too) {
        PF_AUTO_BUF PfBuf buf = PF_SECRET_BUF_INIT(100000);
        char want[8];

        for (unsigned i = 0; i < 10000; i++)
                ck_assert_int_eq(pf_buf_printf(&buf, "%07u", i), 0);
        ck_assert_uint_eq(buf.n, 70000);
        for (unsigned i = 0; i < 10000; i += 999) {
                (void) snprintf(want, sizeof(want), "%07u", i);
                ck_assert_mem_eq(buf.data + (size_t) i * 7, want, 7);
        }
        ck_assert_int_eq(pf_buf_reserve(&buf, 30001), -ENOBUFS);
        pf_buf_deinit(&buf);
        ck_assert_ptr_null(buf.data);
        ck_assert_int_eq(pf_buf_add_string(&buf, "again"), 0);
        ck_assert(buf.is_secret);
}
END_TEST

START_TEST(keeps_its_maximum_when_emptied) {
        PfBuf buf = PF_BUF_INIT(3);

        ck_assert_int_eq(pf_buf_add_string(&buf, "abc"), 0);
        pf_buf_deinit(&buf);
        pf_buf_deinit(&buf);
        ck_assert_int_eq(pf_buf_add_string(&buf, "abcd"), -ENOBUFS);
        ck_assert_ptr_null(buf.data);
}
END_TEST

int main(void) {
        Suite *suite = suite_create("buf");

        PF_TEST(suite, holds_as_much_as_its_maximum);
        PF_TEST(suite, no_size_overflows);
        PF_TEST(suite, grows_and_stays_terminated);
        PF_TEST(suite, keeps_bytes_that_are_no_text);
        PF_TEST(suite, forgets_from_the_front);
        PF_TEST(suite, hands_its_contents_over);
        PF_TEST(suite, a_secret_grows_too);
        PF_TEST(suite, keeps_its_maximum_when_emptied);
        return pf_test_main(suite);
}
