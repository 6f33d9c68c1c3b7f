/* SPDX-License-Identifier: MIT */
#include "daemon/base/utf8.h"

#include <stdlib.h>
#include <string.h>

#include "daemon/base/cleanup.h"
#include "tests/support/test-main.h"

/* Unicode 15, table 3-6; returns the length. */
static size_t encode(uint32_t c, char bytes[static 5]) {
        size_t n = c < 0x80 ? 1 : c < 0x800 ? 2 : c < 0x10000 ? 3 : 4;
        static const unsigned char leads[] = { 0, 0, 0xc0, 0xe0, 0xf0 };

        for (size_t i = n; i-- > 1; c >>= 6)
                bytes[i] = (char) (0x80 | (c & 0x3f));
        bytes[0] = (char) (n == 1 ? c : leads[n] | c);
        bytes[n] = '\0';
        return n;
}

/* Asserted by hand, here and below: check's own macros write a file each time. */
START_TEST(every_code_point_is_decoded) {
        for (uint32_t c = 0; c <= 0x1fffff; c++) {
                const bool valid = c <= 0x10ffff && (c < 0xd800 || c > 0xdfff);
                uint32_t found = UINT32_MAX;
                char bytes[5];
                size_t n = encode(c, bytes);

                if (pf_utf8_decode(bytes, n, &found) != (valid ? n : 0) ||
                    found != (valid ? c : UINT32_MAX))
                        ck_abort_msg("U+%04X becomes U+%04X", c, found);
                for (size_t cut = 0; cut < n; cut++)
                        if (pf_utf8_decode(bytes, cut, &found) != 0)
                                ck_abort_msg("U+%04X is decoded from %zu bytes", c, cut);
        }
}
END_TEST

/* What is decoded of any two bytes, with more behind them, is the shortest form. */
START_TEST(nothing_else_is_decoded) {
        for (unsigned first = 0; first <= 0xffff; first++) {
                const char text[] = { (char) (first >> 8), (char) first, '\x80', '\x80' };
                char again[5];
                uint32_t c;
                size_t n = pf_utf8_decode(text, sizeof(text), &c);

                if (n > 0 && (encode(c, again) != n || memcmp(text, again, n) != 0))
                        ck_abort_msg("%04x is decoded as U+%04X", first, c);
        }
}
END_TEST

START_TEST(whole_texts) {
        ck_assert(pf_utf8_is_valid("", 0));
        ck_assert(pf_utf8_is_valid(NULL, 0));
        ck_assert(pf_utf8_is_valid("a\0\xc3\xa9\xf0\x9f\x98\x80", 8));
        ck_assert(!pf_utf8_is_valid("a\xc3", 2));
        ck_assert(!pf_utf8_is_valid("\xa9"
                                    "a",
                                    2));
        ck_assert(!pf_utf8_is_valid("a\xc0\xaf", 3));
}
END_TEST

START_TEST(makes_text_printable) {
        static const struct {
                const char *text, *expected;
        } cases[] = {
                { "", "" },
                { "plain \xc3\xa9 \xe2\x98\x83 \xf0\x9f\x98\x80",
                  "plain \xc3\xa9 \xe2\x98\x83 \xf0\x9f\x98\x80" },
                { "a\nb\r\tc\x1b[0m\x7f", "a?b??c?[0m?" },
                { "\xc2\x9b"
                  "31m\xc2\xa0",
                  "?31m\xc2\xa0" },
                { "\xe2\x80\xa8\xe2\x80\xa9\xe2\x80\xae\xe2\x81\xa6\xe2\x81\xa9", "?????" },
                { "\xe2\x80\xa7\xe2\x80\xaf", "\xe2\x80\xa7\xe2\x80\xaf" },
                { "\xff\xfe\xc3", "???" },
                { "\xe2\x98", "??" },
                { "\xc3\xa9\xff\xc3\xa9", "\xc3\xa9?\xc3\xa9" },
        };

        for (size_t i = 0; i < PF_ELEMENTS(cases); i++) {
                PF_AUTO_FREE char *text = strdup(cases[i].text);

                pf_utf8_make_printable(text, '?');
                ck_assert_str_eq(text, cases[i].expected);
        }
}
END_TEST

int main(void) {
        Suite *suite = suite_create("utf8");

        PF_TEST(suite, every_code_point_is_decoded);
        PF_TEST(suite, nothing_else_is_decoded);
        PF_TEST(suite, whole_texts);
        PF_TEST(suite, makes_text_printable);
        return pf_test_main(suite);
}
