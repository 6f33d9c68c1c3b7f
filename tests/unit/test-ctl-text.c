/* SPDX-License-Identifier: MIT */
#include "daemon/ctl/text.h"

#include <locale.h>
#include <string.h>

#include "daemon/base/platform.h"
#include "tests/support/test-main.h"

/* A whole text, character by character. */
static void expect(const char *text, bool utf8, const char *expected) {
        PF_AUTO_BUF PfBuf buf = PF_BUF_INIT(1024);
        size_t n = strlen(text);
        PfTextChar one;

        for (size_t i = 0; i < n;) {
                i += pf_text_next(text + i, n - i, utf8, &one);
                ck_assert_uint_le(one.n, sizeof(one.bytes));
                ck_assert_int_eq(pf_buf_add(&buf, one.bytes, one.n), 0);
        }
        ck_assert_str_eq(buf.data, expected);
}

START_TEST(plain_text_stays) {
        expect("PasswordAuthentication no", true, "PasswordAuthentication no");
        expect("caf\xc3\xa9 \xe6\x97\xa5\xe6\x9c\xac", true,
               "caf\xc3\xa9 \xe6\x97\xa5\xe6\x9c\xac");
        expect("~!\"\\", true, "~!\"\\");
}
END_TEST

START_TEST(controls_are_escaped) {
        expect("\x1b[31mred\x1b]0;title\x07", true, "\\x1b[31mred\\x1b]0;title\\x07");
        expect("del\x7f", true, "del\\x7f");
        expect("csi\xc2\x9b"
               "31m",
               true, "csi\\u009b31m");
        expect("a\tb\nc\rd", true, "a b c d");
}
END_TEST

/* Text that runs backwards, or cannot be seen. */
START_TEST(formatting_is_escaped) {
        expect("a\xe2\x80\xae"
               "b",
               true, "a\\u202eb");
        expect("\xe2\x81\xa6\xe2\x81\xa9\xd8\x9c", true, "\\u2066\\u2069\\u061c");
        expect("\xe2\x80\x8b\xef\xbb\xbf\xc2\xad", true, "\\u200b\\ufeff\\u00ad");
        expect("\xf3\xa0\x80\x81", true, "\\U000e0001");
        expect("\xe2\x80\xa8\xe2\x80\xa9", true, "\\u2028\\u2029");
}
END_TEST

START_TEST(bytes_that_are_no_characters) {
        expect("\xff\xfe", true, "\\xff\\xfe");
        expect("cut \xe6\x97", true, "cut \\xe6\\x97");
        expect("\xc0\x80", true, "\\xc0\\x80");
        expect("\xed\xa0\x80", true, "\\xed\\xa0\\x80");
}
END_TEST

START_TEST(ascii_only) {
        expect("caf\xc3\xa9", false, "caf\\u00e9");
        expect("\xf0\x9f\x98\x80", false, "\\U0001f600");
        expect("plain", false, "plain");
}
END_TEST

START_TEST(columns) {
        ck_assert_uint_eq(pf_text_columns("", true), 0);
        ck_assert_uint_eq(pf_text_columns("caf\xc3\xa9", true), 4);
        ck_assert_uint_eq(pf_text_columns("\xe6\x97\xa5\xe6\x9c\xac", true), 4); /* wide */
        ck_assert_uint_eq(pf_text_columns("e\xcc\x81", true), 1);                /* combining */
        ck_assert_uint_eq(pf_text_columns("\x1b", true), 4);
        ck_assert_uint_eq(pf_text_columns("caf\xc3\xa9", false), 9);
}
END_TEST

/* Whatever the bytes, only printable ASCII comes out where that is asked for, and
 * every call makes progress. */
START_TEST(all_pairs_of_bytes) {
        PfTextChar one;

        for (unsigned a = 0; a < 256; a++)
                for (unsigned b = 0; b < 256; b++) {
                        const char pair[] = { (char) a, (char) b };
                        size_t taken = pf_text_next(pair, 2, false, &one);

                        ck_assert_uint_ge(taken, 1);
                        ck_assert_uint_le(taken, 2);
                        ck_assert_uint_eq(one.n, one.columns);
                        for (size_t i = 0; i < one.n; i++)
                                ck_assert(one.bytes[i] >= 0x20 && one.bytes[i] < 0x7f);
                }
}
END_TEST

START_TEST(unsafe_edges) {
        ck_assert(!pf_text_is_safe(0x0) && !pf_text_is_safe(0x1f) && pf_text_is_safe(0x20));
        ck_assert(pf_text_is_safe(0x7e) && !pf_text_is_safe(0x7f) && !pf_text_is_safe(0x9f));
        ck_assert(pf_text_is_safe(0xa0) && pf_text_is_safe(0x200a) && !pf_text_is_safe(0x200b));
        ck_assert(!pf_text_is_safe(0xd800) && !pf_text_is_safe(0xffff) &&
                  !pf_text_is_safe(0x1fffe));
        ck_assert(pf_text_is_safe(0x10fffd) && !pf_text_is_safe(0x10ffff));
        ck_assert(!pf_text_is_safe(0x110000) && !pf_text_is_safe(UINT32_MAX));
}
END_TEST

/* JSON with escapes is the same value, and safe to show. */
START_TEST(json_keeps_its_value) {
        static const char hostile[] = "\x1b[2J\xc2\x9b\xe2\x80\xae\xf3\xa0\x80\x81\"\\\n\x7f\xff";
        PF_CLEANUP(pf_json_freep) PfJson *object = pf_json_new_object();
        PF_CLEANUP(pf_json_freep) PfJson *again = NULL;
        PF_AUTO_BUF PfBuf buf = PF_BUF_INIT(1024);

        ck_assert_int_eq(pf_json_put_string(object, "a", hostile), 0);
        ck_assert_int_eq(pf_text_add_json(&buf, object, false), 0);
        for (size_t i = 0; i < buf.n; i++)
                ck_assert((unsigned char) buf.data[i] >= 0x20 && buf.data[i] != 0x7f);
        ck_assert_ptr_nonnull(strstr(buf.data, "\\u202e"));
        ck_assert_ptr_nonnull(strstr(buf.data, "\\udb40\\udc01"));
        ck_assert_ptr_nonnull(strstr(buf.data, "\\u009b"));

        ck_assert_int_eq(pf_json_parse(buf.data, buf.n, 4, &again, NULL), 0);
        ck_assert_str_eq(pf_json_get_string(again, "a"), pf_json_get_string(object, "a"));
}
END_TEST

START_TEST(json_is_indented) {
        PF_CLEANUP(pf_json_freep) PfJson *object = pf_json_new_object();
        PF_AUTO_BUF PfBuf buf = PF_BUF_INIT(1024);

        ck_assert_int_eq(pf_json_put_string(object, "a", "b"), 0);
        ck_assert_int_eq(pf_text_add_json(&buf, object, true), 0);
        ck_assert_str_eq(buf.data, "{\n  \"a\": \"b\"\n}");
}
END_TEST

START_TEST(json_that_is_too_long) {
        PF_CLEANUP(pf_json_freep) PfJson *object = pf_json_new_object();
        PF_AUTO_BUF PfBuf buf = PF_BUF_INIT(12);

        ck_assert_int_eq(pf_json_put_string(object, "a", "\x7f\x7f\x7f"), 0);
        ck_assert_int_eq(pf_text_add_json(&buf, object, false), -ENOBUFS);
}
END_TEST

int main(void) {
        Suite *suite = suite_create("ctl-text");

        /* How wide a character is, the C library knows by the locale alone. */
        if (PF_PLATFORM_HERE == PF_PLATFORM_LINUX && !setlocale(LC_CTYPE, "C.UTF-8"))
                return 1;
        PF_TEST(suite, plain_text_stays);
        PF_TEST(suite, controls_are_escaped);
        PF_TEST(suite, formatting_is_escaped);
        PF_TEST(suite, bytes_that_are_no_characters);
        PF_TEST(suite, ascii_only);
        PF_TEST(suite, columns);
        PF_TEST(suite, all_pairs_of_bytes);
        PF_TEST(suite, unsafe_edges);
        PF_TEST(suite, json_keeps_its_value);
        PF_TEST(suite, json_is_indented);
        PF_TEST(suite, json_that_is_too_long);
        return pf_test_main(suite);
}
