/* SPDX-License-Identifier: MIT */
/*
 * One loop over the characters of a text, and for each format a function that
 * writes those which cannot stand for themselves.
 */
#include "daemon/ctl/escape.h"

#include <stdint.h>
#include <string.h>

#include "daemon/base/utf8.h"
#include "daemon/ctl/text.h"

/* A character, or with @is_valid false a byte that belongs to none. */
typedef struct Character {
        const char *bytes;
        size_t n;
        uint32_t code;
        bool is_valid;
        bool is_safe;
} Character;

typedef int (*WriteCharacter)(PfBuf *buf, const Character *character);

static int write_text(PfBuf *buf, const char *text, WriteCharacter write) {
        size_t n = strlen(text);
        int r = 0;

        for (size_t i = 0; i < n && r == 0;) {
                Character one = { .bytes = text + i };

                one.n = pf_utf8_decode(text + i, n - i, &one.code);
                one.is_valid = one.n > 0;
                if (!one.is_valid) {
                        one.n = 1;
                        one.code = (unsigned char) text[i];
                }
                one.is_safe = one.is_valid && pf_text_is_safe(one.code);
                r = write(buf, &one);
                i += one.n;
        }
        return r;
}

/* As it stands, or where that is not safe as a terminal would show it; white space
 * becomes a blank. */
static int write_shown(PfBuf *buf, const Character *one) {
        PfTextChar shown;

        if (one->is_safe)
                return pf_buf_add(buf, one->bytes, one->n);
        (void) pf_text_next(one->bytes, one->n, true, &shown);
        return pf_buf_add(buf, shown.bytes, shown.n);
}

/* The string that a table has for a character, or NULL. */
typedef struct Replacement {
        uint32_t code;
        const char *text;
} Replacement;

static const char *find_replacement(const Replacement *table, size_t n, const Character *one) {
        for (size_t i = 0; i < n && one->is_valid; i++)
                if (table[i].code == one->code)
                        return table[i].text;
        return NULL;
}

/* --- XML --- */

static bool is_xml(const Character *one) {
        uint32_t c = one->code;

        return one->is_valid && (c == '\t' || c == '\n' || c == '\r' ||
                                 (c >= 0x20 && c <= 0xfffd) || (c >= 0x10000 && c <= 0x10ffff));
}

static int write_xml(PfBuf *buf, const Character *one) {
        static const Replacement table[] = {
                { '<', "&lt;" }, { '>', "&gt;" }, { '&', "&amp;" }, { '"', "&quot;" }
        };
        const char *text = find_replacement(table, PF_ELEMENTS(table), one);

        if (text)
                return pf_buf_add_string(buf, text);
        if (!one->is_safe && is_xml(one))
                return pf_buf_printf(buf, "&#%u;", (unsigned) one->code);
        return write_shown(buf, one);
}

int pf_escape_xml_attribute(PfBuf *buf, const char *text) {
        return write_text(buf, text, write_xml);
}

static int write_xml_text(PfBuf *buf, const Character *one) {
        if (one->is_valid && one->code == '\n')
                return pf_buf_add_string(buf, "\n");
        return write_xml(buf, one);
}

int pf_escape_xml_text(PfBuf *buf, const char *text) {
        return write_text(buf, text, write_xml_text);
}

/* --- YAML --- */

static int write_yaml(PfBuf *buf, const Character *one) {
        static const Replacement table[] = {
                { '"', "\\\"" }, { '\\', "\\\\" }, { '\n', "\\n" }, { '\t', "\\t" }, { '\r', "\\r" }
        };
        const char *text = find_replacement(table, PF_ELEMENTS(table), one);

        if (text)
                return pf_buf_add_string(buf, text);
        if (one->is_safe)
                return pf_buf_add(buf, one->bytes, one->n);
        if (!one->is_valid) /* "\xff" would be U+00FF: show that it is none */
                return pf_buf_printf(buf, "\\\\x%02x", (unsigned) one->code);
        if (one->code < 0x100)
                return pf_buf_printf(buf, "\\x%02x", (unsigned) one->code);
        return pf_buf_printf(buf, one->code < 0x10000 ? "\\u%04x" : "\\U%08x",
                             (unsigned) one->code);
}

static int write_yaml_item(PfBuf *buf, const Character *one) {
        if (one->is_valid && one->code == ':')
                return pf_buf_add_string(buf, "\\x3a");
        return write_yaml(buf, one);
}

static int write_quoted(PfBuf *buf, const char *text, WriteCharacter write) {
        int r = pf_buf_add_string(buf, "\"");

        if (r == 0)
                r = write_text(buf, text, write);
        return r == 0 ? pf_buf_add_string(buf, "\"") : r;
}

int pf_escape_yaml(PfBuf *buf, const char *text) {
        return write_quoted(buf, text, write_yaml);
}

int pf_escape_yaml_item(PfBuf *buf, const char *text) {
        return write_quoted(buf, text, write_yaml_item);
}

/* --- TAP, OpenMetrics, monitoring plugins --- */

static int write_tap(PfBuf *buf, const Character *one) {
        static const Replacement table[] = { { '#', "\\#" }, { '\\', "\\\\" } };
        const char *text = find_replacement(table, PF_ELEMENTS(table), one);

        if (one->is_valid && one->code == '#' &&
            (strcasestr(one->bytes, "skip") || strcasestr(one->bytes, "todo")))
                text = "\\x23";
        return text ? pf_buf_add_string(buf, text) : write_shown(buf, one);
}

int pf_escape_tap(PfBuf *buf, const char *text) {
        return write_text(buf, text, write_tap);
}

static int write_metric(PfBuf *buf, const Character *one) {
        static const Replacement table[] = { { '"', "\\\"" }, { '\\', "\\\\" }, { '\n', "\\n" } };
        const char *text = find_replacement(table, PF_ELEMENTS(table), one);
        PfTextChar shown;

        if (text)
                return pf_buf_add_string(buf, text);
        if (one->is_safe)
                return pf_buf_add(buf, one->bytes, one->n);
        /* It is shown with a backslash, which has to be escaped in turn. */
        (void) pf_text_next(one->bytes, one->n, true, &shown);
        return pf_buf_printf(buf, "%s%.*s", shown.bytes[0] == '\\' ? "\\" : "", (int) shown.n,
                             shown.bytes);
}

int pf_escape_metric(PfBuf *buf, const char *text) {
        return write_text(buf, text, write_metric);
}

static int write_plugin(PfBuf *buf, const Character *one) {
        if (one->is_valid && one->code == '|')
                return pf_buf_add_string(buf, "\xc2\xa6");
        return write_shown(buf, one);
}

int pf_escape_plugin(PfBuf *buf, const char *text) {
        return write_text(buf, text, write_plugin);
}

/* --- URI --- */

int pf_escape_uri_path(PfBuf *buf, const char *text) {
        static const char unreserved[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
                                         "0123456789-._~/";
        int r = 0;

        while (*text && r == 0) {
                size_t n = strspn(text, unreserved);

                if (n > 0) {
                        r = pf_buf_add(buf, text, n);
                        text += n;
                } else {
                        r = pf_buf_printf(buf, "%%%02X", (unsigned char) *text++);
                }
        }
        return r;
}
