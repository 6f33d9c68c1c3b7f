/* SPDX-License-Identifier: MIT */
#include "daemon/base/utf8.h"

#include <string.h>

size_t pf_utf8_decode(const char *text, size_t n, uint32_t *ret) {
        static const uint32_t least[] = { 0, 0, 0x80, 0x800, 0x10000 };
        const unsigned char *p = (const unsigned char *) text;
        uint32_t c;
        size_t length;

        if (n == 0)
                return 0;

        if (p[0] < 0x80) {
                *ret = p[0];
                return 1;
        }
        if (p[0] >= 0xc2 && p[0] <= 0xdf)
                length = 2;
        else if ((p[0] & 0xf0) == 0xe0)
                length = 3;
        else if (p[0] >= 0xf0 && p[0] <= 0xf4)
                length = 4;
        else
                return 0;
        if (n < length)
                return 0;

        c = p[0] & (0x7fu >> length);
        for (size_t i = 1; i < length; i++) {
                if ((p[i] & 0xc0) != 0x80)
                        return 0;
                c = c << 6 | (p[i] & 0x3fu);
        }
        if (c < least[length] || c > 0x10ffff || (c >= 0xd800 && c <= 0xdfff))
                return 0;

        *ret = c;
        return length;
}

bool pf_utf8_is_valid(const char *text, size_t n) {
        uint32_t c;

        for (size_t i = 0, length; i < n; i += length) {
                length = pf_utf8_decode(text + i, n - i, &c);
                if (length == 0)
                        return false;
        }
        return true;
}

static bool is_printable(uint32_t c) {
        if (c < 0x20 || (c >= 0x7f && c <= 0x9f))
                return false;
        /* U+2028, 2029: line and paragraph; 202A-202E, 2066-2069: direction. */
        return !(c >= 0x2028 && c <= 0x202e) && !(c >= 0x2066 && c <= 0x2069);
}

void pf_utf8_make_printable(char *text, char replacement) {
        size_t n = strlen(text);
        char *to = text;
        uint32_t c;

        for (size_t i = 0, length; i < n; i += length) {
                length = pf_utf8_decode(text + i, n - i, &c);
                if (length > 0 && is_printable(c)) {
                        memmove(to, text + i, length);
                        to += length;
                } else {
                        *to++ = replacement;
                        length = length ? length : 1;
                }
        }
        *to = '\0';
}
