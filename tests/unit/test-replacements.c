/* SPDX-License-Identifier: MIT */
/*
 * Functions that the GNU C library has and that of Windows has not. The same is expected of
 * both: on Linux this tests what the replacements are to be like.
 */
#include <fnmatch.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <uv.h>

#include "daemon/base/capture-errno.h"
#include "daemon/base/cleanup.h"
#include "daemon/base/sanitizer.h"
#include "daemon/base/uv-errno.h"
#include "tests/support/test-main.h"

static const struct {
        const char *pattern;
        const char *text;
        int flags;
        bool matches;
} patterns[] = {
        { "", "", 0, true },
        { "*", "", 0, true },
        { "*.log", "a.log", 0, true },
        { "*.log", "a.log.1", 0, false },
        { "*.log", ".log", FNM_PERIOD, false },
        { "*.log", ".log", 0, true },
        { "a*b*c", "axxbyyc", 0, true },
        { "a*b*c", "axxcyyb", 0, false },
        { "?", "", 0, false },
        { "a?c", "abc", 0, true },
        { "*", "a/b", 0, true },
        { "*", "a/b", FNM_PATHNAME, false },
        { "*/b", "a/b", FNM_PATHNAME, true },
        { "a/*", "a/.b", FNM_PATHNAME | FNM_PERIOD, false },
        { "[a-c]x", "bx", 0, true },
        { "[!a-c]x", "bx", 0, false },
        { "[^a-c]x", "dx", 0, true },
        { "[]-]", "]", 0, true },
        { "[]-]", "-", 0, true },
        { "[a", "[a", 0, true },
        { "[[:digit:]]*", "7z", 0, true },
        { "[[:digit:]]*", "z7", 0, false },
        { "\\*", "*", 0, true },
        { "\\*", "a", 0, false },
        { "\\*", "\\a", FNM_NOESCAPE, true },
        { "AbC", "aBc", FNM_CASEFOLD, true },
        { "[A-C]", "b", FNM_CASEFOLD, true },
        { "AbC", "aBc", 0, false },
};

START_TEST(matches_patterns) {
        ck_assert_msg((fnmatch(patterns[_i].pattern, patterns[_i].text, patterns[_i].flags) == 0) ==
                              patterns[_i].matches,
                      "%s, %s", patterns[_i].pattern, patterns[_i].text);
}
END_TEST

/* Many stars are no reason to try for ever. */
START_TEST(a_pattern_takes_its_time_and_no_more) {
        char pattern[401], text[2001];

        for (size_t i = 0; i < sizeof(pattern) - 1; i++)
                pattern[i] = i % 2 ? 'a' : '*';
        pattern[sizeof(pattern) - 1] = '\0';
        memset(text, 'a', sizeof(text) - 1);
        text[sizeof(text) - 2] = 'b';
        text[sizeof(text) - 1] = '\0';
        ck_assert_int_eq(fnmatch(pattern, text, 0), FNM_NOMATCH);
}
END_TEST

START_TEST(finds_in_texts) {
        static const char bytes[] = "ab\0cab\0d";
        const size_t n = sizeof(bytes) - 1;

        ck_assert_ptr_eq(memmem(bytes, n, "b\0d", 3), bytes + 5);
        ck_assert_ptr_eq(memmem(bytes, n, "ab", 2), bytes);
        ck_assert_ptr_eq(memmem(bytes, n, "", 0), bytes);
        ck_assert_ptr_null(memmem(bytes, n, "d\0", 2));
        ck_assert_ptr_null(memmem("a", 1, "ab", 2));
        ck_assert_ptr_null(memmem("", 0, "a", 1));
        ck_assert_ptr_eq(memrchr(bytes, 'a', n), bytes + 4);
        ck_assert_ptr_null(memrchr(bytes, 'x', n));
        ck_assert_ptr_null(memrchr(bytes, 'a', 0));
        ck_assert_ptr_eq(strcasestr(bytes, "B"), bytes + 1);
        ck_assert_ptr_null(strcasestr(bytes, "c"));
        ck_assert_ptr_eq(strcasestr(bytes, ""), bytes);
}
END_TEST

START_TEST(takes_texts_apart) {
        char text[] = "a,,b;c", room[8];
        char *rest = text;
        char *copy = strndup("abc", 2);

        ck_assert_str_eq(strsep(&rest, ",;"), "a");
        ck_assert_str_eq(strsep(&rest, ",;"), "");
        ck_assert_str_eq(strsep(&rest, ",;"), "b");
        ck_assert_str_eq(strsep(&rest, ",;"), "c");
        ck_assert_ptr_null(strsep(&rest, ",;"));
        ck_assert_ptr_null(strsep(&rest, ",;"));
        ck_assert_str_eq(copy, "ab");
        free(copy);
        copy = strndup("abc", 9);
        ck_assert_str_eq(copy, "abc");
        free(copy);
        ck_assert_ptr_eq(stpcpy(room, "abc"), room + 3);
        ck_assert_str_eq(room, "abc");
}
END_TEST

START_TEST(memory_that_would_be_too_much) {
        const volatile size_t many = SIZE_MAX / 2 + 2;
        void *memory = reallocarray(NULL, 3, 5);

        ck_assert_ptr_nonnull(memory);
        free(memory);
#if !PF_HAS_ADDRESS_SANITIZER /* which ends the program */
        errno = 0;
        ck_assert_ptr_null(reallocarray(NULL, many, 2));
        ck_assert_int_eq(errno, ENOMEM);
#endif
        (void) many;
}
END_TEST

START_TEST(times_without_a_zone) {
        struct tm time = { .tm_year = 126, .tm_mon = 10, .tm_mday = 23, .tm_hour = 14 };

        ck_assert_int_eq(timegm(&time), 1795442400);
}
END_TEST

START_TEST(errors_have_words) {
        static const struct {
                int code;
                const char *words;
        } cases[] = {
                { ENOENT, "No such file or directory" },
                { EACCES, "Permission denied" },
                { ENOTSUP, "Operation not supported" },
                { ELOOP, "Too many levels of symbolic links" },
                { ETIMEDOUT, "Connection timed out" },
                { ECONNREFUSED, "Connection refused" },
                { EADDRINUSE, "Address already in use" },
                { ENODATA, "No data available" },
                { EBUSY, "Device or resource busy" },
                { EXDEV, "Invalid cross-device link" },
        };

        for (size_t i = 0; i < PF_ELEMENTS(cases); i++)
                ck_assert_str_eq(strerror(cases[i].code), cases[i].words);
}
END_TEST

START_TEST(the_codes_of_libuv) {
        ck_assert_int_eq(pf_errno_from_uv(0), 0);
        ck_assert_int_eq(pf_errno_from_uv(7), 7);
        ck_assert_int_eq(pf_errno_from_uv(UV_ENOENT), -ENOENT);
        ck_assert_int_eq(pf_errno_from_uv(UV_EAGAIN), -EAGAIN);
        ck_assert_int_eq(pf_errno_from_uv(UV_ECONNREFUSED), -ECONNREFUSED);
        ck_assert_int_eq(pf_errno_from_uv(UV_EPIPE), -EPIPE);
        ck_assert_int_eq(pf_errno_from_uv(UV_EOF), -EPIPE);
#ifdef _WIN32
        ck_assert_int_eq(pf_errno_from_uv(UV_UNKNOWN), -EIO);
#endif
}
END_TEST

/* Captures of one system are read on another. */
START_TEST(the_codes_of_books) {
        static const int codes[] = { EPERM,   ENOENT,  EACCES,       EBUSY,       EXDEV, ENOTDIR,
                                     EISDIR,  EINVAL,  ENAMETOOLONG, ENOTEMPTY,   ELOOP, ENODATA,
                                     EBADMSG, ENOTSUP, ETIMEDOUT,    ECONNREFUSED };

        for (size_t i = 0; i < PF_ELEMENTS(codes); i++)
                ck_assert_int_eq(pf_capture_errno_from_number(
                                         (int64_t) pf_capture_errno_to_number(-codes[i])),
                                 -codes[i]);
        ck_assert_uint_eq(pf_capture_errno_to_number(-ELOOP), 40);
        ck_assert_uint_eq(pf_capture_errno_to_number(-ETIMEDOUT), 110);
        ck_assert_int_eq(pf_capture_errno_from_number(13), -EACCES);
        ck_assert_int_eq(pf_capture_errno_from_number(61), -ENODATA);
        ck_assert_int_eq(pf_capture_errno_from_number(0), 0);
        ck_assert_int_eq(pf_capture_errno_from_number(-13), 0);
        ck_assert_int_eq(pf_capture_errno_from_number(INT64_C(1) << 40), 0);
}
END_TEST

int main(void) {
        Suite *suite = suite_create("replacements");

        pf_test_add_loop(suite, "matches_patterns", matches_patterns, PF_ELEMENTS(patterns));
        PF_TEST(suite, a_pattern_takes_its_time_and_no_more);
        PF_TEST(suite, finds_in_texts);
        PF_TEST(suite, takes_texts_apart);
        PF_TEST(suite, memory_that_would_be_too_much);
        PF_TEST(suite, times_without_a_zone);
        PF_TEST(suite, errors_have_words);
        PF_TEST(suite, the_codes_of_libuv);
        PF_TEST(suite, the_codes_of_books);
        return pf_test_main(suite);
}
