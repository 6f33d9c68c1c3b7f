/* SPDX-License-Identifier: MIT */
#include "probes/parse/registry-policy.h"

#include <ctype.h>
#include <stdint.h>
#include <string.h>
#include <strings.h>

#include "daemon/base/buf.h"
#include "daemon/base/utf16.h"

#define TEXT_MAX (2u * PF_POLICY_FILE_MAX) /* a unit of UTF-16 becomes three bytes at most */
#define NAME_MAX_BYTES 2048

/* --- policy files --- */

typedef struct Reader {
        const uint8_t *bytes;
        size_t n, at;
        PfErr *err;
} Reader;

static int damaged(const Reader *reader, const char *what) {
        return pf_err_set(reader->err, -EINVAL, "a damaged policy file: no %s at byte %zu", what,
                          reader->at);
}

static int read_mark(Reader *reader, char mark, const char *what) {
        if (reader->n - reader->at < 2 || reader->bytes[reader->at] != (uint8_t) mark ||
            reader->bytes[reader->at + 1] != 0)
                return damaged(reader, what);
        reader->at += 2;
        return 0;
}

static int read_number(Reader *reader, uint32_t *ret) {
        const uint8_t *at = reader->bytes + reader->at;

        if (reader->n - reader->at < 4)
                return damaged(reader, "number");
        *ret = (uint32_t) at[0] | (uint32_t) at[1] << 8 | (uint32_t) at[2] << 16 |
               (uint32_t) at[3] << 24;
        reader->at += 4;
        return 0;
}

/* Up to a NUL, which is taken too. */
static int read_name(Reader *reader, PfBuf *ret) {
        size_t end = reader->at;

        while (end + 2 <= reader->n && (reader->bytes[end] || reader->bytes[end + 1]))
                end += 2;
        if (end + 2 > reader->n || end - reader->at > NAME_MAX_BYTES)
                return damaged(reader, "end of a name");
        pf_buf_consume(ret, ret->n);
        if (pf_utf16_to_utf8(reader->bytes + reader->at, end - reader->at, false, ret) < 0 ||
            pf_buf_add(ret, "", 0) < 0)
                return -ENOMEM;
        reader->at = end + 2;
        return 0;
}

static int skip_data(Reader *reader) {
        uint32_t type, size = 0;
        int r = read_number(reader, &type);

        if (r == 0)
                r = read_mark(reader, ';', "';'");
        if (r == 0)
                r = read_number(reader, &size);
        if (r == 0)
                r = read_mark(reader, ';', "';'");
        if (r < 0)
                return r;
        if (size > reader->n - reader->at)
                return damaged(reader, "whole value");
        reader->at += size;
        return 0;
}

static int read_record(Reader *reader, PfBuf *key, PfBuf *value) {
        int r = read_mark(reader, '[', "'['");

        if (r == 0)
                r = read_name(reader, key);
        if (r == 0)
                r = read_mark(reader, ';', "';'");
        if (r == 0)
                r = read_name(reader, value);
        if (r == 0)
                r = read_mark(reader, ';', "';'");
        if (r == 0)
                r = skip_data(reader);
        return r == 0 ? read_mark(reader, ']', "']'") : r;
}

/* "**del.NAME" takes it away; "**delvals." and others take all of the key. */
static bool is_about(const char *name, const char *value) {
        static const char one[] = "**del.";

        if (strncasecmp(name, one, sizeof(one) - 1) == 0)
                return strcasecmp(name + sizeof(one) - 1, value) == 0;
        return strcasecmp(name, value) == 0 || strncasecmp(name, "**del", 5) == 0;
}

int pf_policy_file_sets(const void *bytes, size_t n, const char *key, const char *value, bool *ret,
                        PfErr *err) {
        static const uint8_t head[] = { 'P', 'R', 'e', 'g', 1, 0, 0, 0 };
        PF_AUTO_BUF PfBuf found_key = PF_BUF_INIT(2 * NAME_MAX_BYTES);
        PF_AUTO_BUF PfBuf found_value = PF_BUF_INIT(2 * NAME_MAX_BYTES);
        Reader reader = { .bytes = bytes, .n = n, .at = sizeof(head), .err = err };
        bool is_set = false;
        int r = 0;

        if (n < sizeof(head) || memcmp(bytes, head, sizeof(head)) != 0)
                return pf_err_set(err, -EINVAL, "no policy file, or one of another version");
        while (r == 0 && reader.at < n) {
                r = read_record(&reader, &found_key, &found_value);
                if (r == 0 && strcasecmp(found_key.data, key) == 0 &&
                    is_about(found_value.data, value))
                        is_set = true;
        }
        if (r == 0)
                *ret = is_set;
        return r;
}

/* --- security templates --- */

static int to_text(const void *bytes, size_t n, PfBuf *text) {
        const uint8_t *units = bytes;
        int r;

        if (n >= 2 && units[0] == 0xff && units[1] == 0xfe)
                r = pf_utf16_to_utf8(units + 2, n - 2, false, text);
        else
                r = pf_buf_add(text, bytes, n);
        return r == 0 ? pf_buf_add(text, "", 0) : r;
}

/* A piece of a line without blanks and quotes around it. */
static void trim(const char **text, size_t *n) {
        while (*n > 0 && (isspace((unsigned char) **text) || **text == '"')) {
                (*text)++;
                (*n)--;
        }
        while (*n > 0 && (isspace((unsigned char) (*text)[*n - 1]) || (*text)[*n - 1] == '"'))
                (*n)--;
}

static bool is_text(const char *text, size_t n, const char *wanted) {
        trim(&text, &n);
        return strlen(wanted) == n && strncasecmp(text, wanted, n) == 0;
}

/* Is there a line in the section whose part before the mark is that name? */
static bool has_line(const char *text, const char *section, char mark, const char *name) {
        bool is_in = false;

        for (size_t n; *text; text += n + (text[n] != '\0')) {
                const char marks[] = { mark, '\0' };
                const char *at = text;
                size_t left;

                n = left = strcspn(text, "\r\n");
                trim(&at, &left);
                if (left > 0 && *at == '[')
                        is_in = is_text(at, left, section);
                else if (is_in && memchr(at, mark, left) && is_text(at, strcspn(at, marks), name))
                        return true;
        }
        return false;
}

static int find_line(const void *bytes, size_t n, const char *section, char mark, const char *name,
                     bool *ret, PfErr *err) {
        PF_AUTO_BUF PfBuf text = PF_BUF_INIT(TEXT_MAX);
        int r = to_text(bytes, n, &text);

        if (r < 0)
                return r;
        if (strlen(text.data) != text.n)
                return pf_err_set(err, -EINVAL, "a security template with a NUL in it");
        *ret = has_line(text.data, section, mark, name);
        return 0;
}

int pf_security_template_sets(const void *bytes, size_t n, const char *key, const char *value,
                              bool *ret, PfErr *err) {
        char name[NAME_MAX_BYTES];

        (void) snprintf(name, sizeof(name), "MACHINE\\%s\\%s", key, value);
        return find_line(bytes, n, "[Registry Values]", '=', name, ret, err);
}

int pf_security_template_starts(const void *bytes, size_t n, const char *service, bool *ret,
                                PfErr *err) {
        return find_line(bytes, n, "[Service General Setting]", ',', service, ret, err);
}
