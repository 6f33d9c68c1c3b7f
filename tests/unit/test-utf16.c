/* SPDX-License-Identifier: MIT */
/* Text as Windows keeps it: every character, both orders, halves, and too little room. */
#include "daemon/base/utf16.h"

#include <stdint.h>
#include <string.h>

#include "daemon/base/utf8.h"
#include "tests/support/test-main.h"

#define REPLACEMENT "\xEF\xBF\xBD"

/* RFC 2781, section 2.1; returns how many units there are. */
static size_t encode(uint32_t c, uint16_t units[static 2]) {
        if (c < 0x10000) {
                units[0] = (uint16_t) c;
                return 1;
        }
        units[0] = (uint16_t) (0xD800 | (c - 0x10000) >> 10);
        units[1] = (uint16_t) (0xDC00 | ((c - 0x10000) & 0x3FF));
        return 2;
}

static size_t lay(const uint16_t *units, size_t n, bool is_big, uint8_t *ret) {
        for (size_t i = 0; i < n; i++) {
                ret[2 * i + (is_big ? 0 : 1)] = (uint8_t) (units[i] >> 8);
                ret[2 * i + (is_big ? 1 : 0)] = (uint8_t) units[i];
        }
        return 2 * n;
}

static void expect(const uint16_t *units, size_t n, const char *text, size_t n_text) {
        for (int is_big = 0; is_big <= 1; is_big++) {
                uint8_t bytes[32] = { 0 };
                size_t n_bytes = lay(units, n, is_big, bytes);

                /* Half a unit at the end is none. */
                for (size_t more = 0; more <= 1; more++) {
                        PF_AUTO_BUF PfBuf buf = PF_BUF_INIT(64);

                        ck_assert_int_eq(pf_utf16_to_utf8(bytes, n_bytes + more, is_big, &buf), 0);
                        ck_assert_uint_eq(buf.n, n_text);
                        ck_assert_mem_eq(buf.data, text, n_text + 1); /* with its NUL */
                }
        }
}

START_TEST(every_character) {
        for (uint32_t c = 1; c <= 0x10FFFF; c++) {
                PF_AUTO_BUF PfBuf buf = PF_BUF_INIT(8);
                const bool is_half = c >= 0xD800 && c < 0xE000;
                uint32_t found = 0;
                uint16_t units[2];
                uint8_t bytes[4];
                const bool is_big = c & 1;
                size_t n = lay(units, encode(c, units), is_big, bytes);

                if (pf_utf16_to_utf8(bytes, n, is_big, &buf) < 0 ||
                    pf_utf8_decode(buf.data, buf.n, &found) != buf.n ||
                    found != (is_half ? 0xFFFD : c))
                        ck_abort_msg("U+%04X becomes U+%04X", c, found);
        }
}
END_TEST

START_TEST(halves_of_pairs) {
        expect((const uint16_t[]){ 0xD83D, 0xDE00 }, 2, "\xF0\x9F\x98\x80", 4);
        expect((const uint16_t[]){ 0xD83D }, 1, REPLACEMENT, 3);
        expect((const uint16_t[]){ 0xDE00, 0xD83D }, 2, REPLACEMENT REPLACEMENT, 6);
        expect((const uint16_t[]){ 0xD83D, 'a' }, 2, REPLACEMENT "a", 4);
        expect((const uint16_t[]){ 0xD83D, 0xD83D, 0xDE00, 0xDE00 }, 4,
               REPLACEMENT "\xF0\x9F\x98\x80" REPLACEMENT, 10);
}
END_TEST

START_TEST(zeroes_stay) {
        expect((const uint16_t[]){ 'a', 0, 0, 'b' }, 4, "a\0\0b", 4);
}
END_TEST

START_TEST(nothing_is_added_for_nothing) {
        PF_AUTO_BUF PfBuf buf = PF_BUF_INIT(8);

        ck_assert_int_eq(pf_buf_add(&buf, "x", 1), 0);
        ck_assert_int_eq(pf_utf16_to_utf8("", 0, false, &buf), 0);
        ck_assert_int_eq(pf_utf16_to_utf8("a", 1, false, &buf), 0);
        ck_assert_uint_eq(buf.n, 1);
        ck_assert_int_eq(pf_utf16_to_utf8("b", 2, false, &buf), 0);
        ck_assert_str_eq(buf.data, "xb");
}
END_TEST

START_TEST(room_has_an_end) {
        PF_AUTO_BUF PfBuf buf = PF_BUF_INIT(8);
        uint8_t bytes[64];

        memset(bytes, 'a', sizeof(bytes)); /* U+6161, three bytes each */
        ck_assert_int_eq(pf_utf16_to_utf8(bytes, sizeof(bytes), false, &buf), -ENOBUFS);
        ck_assert_uint_le(buf.n, 8);
}
END_TEST

int main(void) {
        Suite *suite = suite_create("utf16");

        PF_TEST(suite, every_character);
        PF_TEST(suite, halves_of_pairs);
        PF_TEST(suite, zeroes_stay);
        PF_TEST(suite, nothing_is_added_for_nothing);
        PF_TEST(suite, room_has_an_end);
        return pf_test_main(suite);
}
