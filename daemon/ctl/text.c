/* SPDX-License-Identifier: MIT */
/*
 * Which characters a terminal may be given, how wide they are, and what is
 * written in place of the others.
 */
#include "daemon/ctl/text.h"

#include <limits.h>
#include <stdio.h>
#include <string.h>

#include "daemon/base/utf8.h"
#include "daemon/ctl/width.h"

/* Sorted. General categories Cc, Cf, Zl and Zp, and what fills blanks invisibly. */
static const PfCharRange unsafe[] = {
        { 0x0, 0x1f },        { 0x7f, 0x9f },       { 0xad, 0xad },       { 0x34f, 0x34f },
        { 0x600, 0x605 },     { 0x61c, 0x61c },     { 0x6dd, 0x6dd },     { 0x70f, 0x70f },
        { 0x890, 0x891 },     { 0x8e2, 0x8e2 },     { 0x115f, 0x1160 },   { 0x17b4, 0x17b5 },
        { 0x180b, 0x180f },   { 0x200b, 0x200f },   { 0x2028, 0x202e },   { 0x2060, 0x206f },
        { 0x3164, 0x3164 },   { 0xd800, 0xdfff },   { 0xfdd0, 0xfdef },   { 0xfeff, 0xfeff },
        { 0xffa0, 0xffa0 },   { 0xfff0, 0xfffb },   { 0x110bd, 0x110bd }, { 0x110cd, 0x110cd },
        { 0x13430, 0x1345f }, { 0x1bca0, 0x1bca3 }, { 0x1d173, 0x1d17a }, { 0xe0000, 0xe0fff },
};

bool pf_text_is_safe(uint32_t c) {
        return c <= 0x10ffff && (c & 0xfffe) != 0xfffe &&
               !pf_char_is_in(c, unsafe, PF_ELEMENTS(unsafe));
}

static void escape(PfTextChar *ret, char letter, int digits, uint32_t c) {
        char text[PF_TEXT_CHAR_MAX + 1];

        ret->n = (size_t) snprintf(text, sizeof(text), "\\%c%0*x", letter, digits, (unsigned) c);
        memcpy(ret->bytes, text, ret->n);
        ret->columns = (unsigned) ret->n;
        ret->code_point = '\\';
}

static void escape_code_point(PfTextChar *ret, uint32_t c) {
        if (c < 0x80)
                escape(ret, 'x', 2, c);
        else if (c < 0x10000)
                escape(ret, 'u', 4, c);
        else
                escape(ret, 'U', 8, c);
}

size_t pf_text_next(const char *text, size_t n, bool utf8, PfTextChar *ret) {
        uint32_t c;
        size_t length = pf_utf8_decode(text, n, &c);
        int columns;

        *ret = (PfTextChar){ 0 };
        if (length == 0) {
                escape(ret, 'x', 2, (unsigned char) text[0]);
                return 1;
        }
        if (c == ' ' || c == '\t' || c == '\n' || c == '\r') {
                *ret = (PfTextChar){
                        .bytes = " ", .n = 1, .columns = 1, .code_point = ' ', .is_space = true
                };
                return length;
        }

        columns = c < 0x7f ? 1 : pf_char_width(c);
        if (!pf_text_is_safe(c) || columns < 0 || (c > 0x7e && !utf8)) {
                escape_code_point(ret, c);
                return length;
        }
        memcpy(ret->bytes, text, length);
        ret->n = length;
        ret->columns = (unsigned) columns;
        ret->code_point = c;
        return length;
}

size_t pf_text_cut(const char *text, size_t max) {
        size_t n = strnlen(text, max + 1);

        if (n > max)
                for (n = max; n > 0 && ((unsigned char) text[n] & 0xc0) == 0x80;)
                        n--;
        return n;
}

unsigned pf_text_columns(const char *text, bool utf8) {
        unsigned columns = 0;
        size_t n = strlen(text);
        PfTextChar one;

        for (size_t i = 0; i < n;) {
                i += pf_text_next(text + i, n - i, utf8, &one);
                columns += one.columns;
        }
        return columns;
}

static int add_json_escape(PfBuf *buf, uint32_t c) {
        if (c < 0x10000)
                return pf_buf_printf(buf, "\\u%04x", (unsigned) c);
        c -= 0x10000;
        return pf_buf_printf(buf, "\\u%04x\\u%04x", (unsigned) (0xd800 | c >> 10),
                             (unsigned) (0xdc00 | (c & 0x3ff)));
}

/* Outside of strings JSON is ASCII, where the only controls are newlines of ours. */
static int add_safe_json(PfBuf *buf, const char *text, size_t n) {
        uint32_t c;
        int r = 0;

        for (size_t i = 0, length; i < n && r == 0; i += length) {
                length = pf_utf8_decode(text + i, n - i, &c);
                if (length == 0) {
                        length = 1;
                        c = 0xfffd;
                        r = add_json_escape(buf, c);
                } else if (c == '\n' || pf_text_is_safe(c)) {
                        r = pf_buf_add(buf, text + i, length);
                } else {
                        r = add_json_escape(buf, c);
                }
        }
        return r;
}

int pf_text_add_json(PfBuf *buf, const PfJson *value, bool pretty) {
        PF_AUTO_BUF PfBuf text = PF_BUF_INIT(buf->max);
        int r;

        r = pretty ? pf_json_write_pretty(value, &text) : pf_json_write(value, &text);
        if (r < 0)
                return r;
        return add_safe_json(buf, text.data, text.n);
}
