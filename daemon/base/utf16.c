/* SPDX-License-Identifier: MIT */
#include "daemon/base/utf16.h"

#include <stdint.h>

#define REPLACEMENT 0xFFFDu
#define MAX_BYTES 3 /* of UTF-8, for one unit; the two of a pair make four */

static uint32_t unit_at(const uint8_t *bytes, bool is_big) {
        return is_big ? (uint32_t) bytes[0] << 8 | bytes[1] : (uint32_t) bytes[1] << 8 | bytes[0];
}

static bool is_high(uint32_t unit) {
        return unit >= 0xD800 && unit < 0xDC00;
}

static bool is_low(uint32_t unit) {
        return unit >= 0xDC00 && unit < 0xE000;
}

/* Room for it was made. */
static void put(PfBuf *buf, uint32_t character) {
        static const uint8_t marks[] = { 0, 0x00, 0xC0, 0xE0, 0xF0 };
        const unsigned n = character < 0x80      ? 1
                           : character < 0x800   ? 2
                           : character < 0x10000 ? 3
                                                 : 4;

        for (unsigned i = n - 1; i > 0; i--) {
                buf->data[buf->n + i] = (char) (0x80 | (character & 0x3F));
                character >>= 6;
        }
        buf->data[buf->n] = (char) (marks[n] | character);
        buf->n += n;
}

int pf_utf16_to_utf8(const void *bytes, size_t n, bool is_big, PfBuf *ret) {
        const uint8_t *at = bytes;

        n /= 2;
        for (size_t i = 0; i < n; i++) {
                uint32_t unit = unit_at(at + 2 * i, is_big);
                uint32_t next = i + 1 < n ? unit_at(at + 2 * i + 2, is_big) : 0;
                bool pair = is_high(unit) && is_low(next);
                int r = pf_buf_reserve(ret, pair ? MAX_BYTES + 1 : MAX_BYTES);

                if (r < 0)
                        return r;
                if (pair) {
                        unit = 0x10000 + ((unit - 0xD800) << 10) + (next - 0xDC00);
                        i++;
                } else if (is_high(unit) || is_low(unit)) {
                        unit = REPLACEMENT;
                }
                put(ret, unit);
                ret->data[ret->n] = '\0';
        }
        return 0;
}
