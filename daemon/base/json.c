/* SPDX-License-Identifier: MIT */
#include "daemon/base/json.h"

#include <json-c/json.h>
#include <limits.h>
#include <string.h>

#include "daemon/base/utf8.h"

PfJson *pf_json_new_object(void) {
        return json_object_new_object();
}

PfJson *pf_json_new_array(void) {
        return json_object_new_array();
}

/* Adds @text to @buf, with U+FFFD for each byte that is not UTF-8. */
static int repair(const char *text, size_t n, PfBuf *buf) {
        uint32_t c;
        int r = 0;

        for (size_t i = 0; i < n && r == 0;) {
                size_t length = pf_utf8_decode(text + i, n - i, &c);

                r = length ? pf_buf_add(buf, text + i, length)
                           : pf_buf_add_string(buf, "\xef\xbf\xbd");
                i += length ? length : 1;
        }
        return r;
}

PfJson *pf_json_new_string(const char *text) {
        PF_AUTO_BUF PfBuf buf = PF_BUF_INIT(INT_MAX);
        size_t n = strlen(text);

        if (n > INT_MAX / 4)
                return NULL;
        if (pf_utf8_is_valid(text, n))
                return json_object_new_string_len(text, (int) n);
        return repair(text, n, &buf) < 0 ? NULL : json_object_new_string_len(buf.data, (int) buf.n);
}

PfJson *pf_json_ref(PfJson *value) {
        return json_object_get(value);
}

PfJson *pf_json_copy(const PfJson *value) {
        PfJson *copy = NULL;

        if (json_object_deep_copy((PfJson *) value, &copy, NULL) < 0)
                return NULL;
        return copy;
}

PfJson *pf_json_free(PfJson *value) {
        if (value)
                json_object_put(value);
        return NULL;
}

/* A key may come from a file too, as the name of a variable. */
static int put(PfJson *object, const char *key, PfJson *value) {
        PF_AUTO_BUF PfBuf buf = PF_BUF_INIT(INT_MAX);
        size_t n = strlen(key);

        if (!pf_utf8_is_valid(key, n)) {
                if (repair(key, n, &buf) < 0)
                        return -ENOMEM;
                key = buf.data;
        }
        return json_object_object_add(object, key, value) < 0 ? -ENOMEM : 0;
}

int pf_json_put_take(PfJson *object, const char *key, PfJson *value) {
        int r;

        if (!value)
                return -ENOMEM;
        r = put(object, key, value);
        if (r < 0)
                json_object_put(value);
        return r;
}

int pf_json_put_null(PfJson *object, const char *key) {
        return put(object, key, NULL);
}

int pf_json_put_string(PfJson *object, const char *key, const char *text) {
        return pf_json_put_take(object, key, pf_json_new_string(text));
}

int pf_json_put_bool(PfJson *object, const char *key, bool value) {
        return pf_json_put_take(object, key, json_object_new_boolean(value));
}

int pf_json_put_uint(PfJson *object, const char *key, uint64_t value) {
        return pf_json_put_take(object, key, json_object_new_uint64(value));
}

int pf_json_put_strv(PfJson *object, const char *key, const PfStrv *strv) {
        PF_CLEANUP(pf_json_freep) PfJson *array = pf_json_new_array();

        if (!array)
                return -ENOMEM;
        for (size_t i = 0; i < strv->n; i++)
                if (pf_json_append_string(array, strv->items[i]) < 0)
                        return -ENOMEM;
        return pf_json_put_take(object, key, PF_STEAL(array));
}

int pf_json_append_take(PfJson *array, PfJson *value) {
        if (!value)
                return -ENOMEM;
        if (json_object_array_add(array, value) < 0) {
                json_object_put(value);
                return -ENOMEM;
        }
        return 0;
}

int pf_json_append_string(PfJson *array, const char *text) {
        return pf_json_append_take(array, pf_json_new_string(text));
}

static const char *skip_digits(const char *p, const char *end) {
        while (p < end && *p >= '0' && *p <= '9')
                p++;
        return p;
}

/* Behind the number at @p, or NULL where it is none: RFC 8259, section 6. */
static const char *skip_number(const char *p, const char *end) {
        const char *start = *p == '-' ? p + 1 : p;

        p = skip_digits(start, end);
        if (p == start || (*start == '0' && p - start > 1))
                return NULL;
        if (p < end && *p == '.') {
                start = p + 1;
                p = skip_digits(start, end);
                if (p == start)
                        return NULL;
        }
        if (p < end && (*p == 'e' || *p == 'E')) {
                start = p + 1;
                if (start < end && (*start == '+' || *start == '-'))
                        start++;
                p = skip_digits(start, end);
                if (p == start)
                        return NULL;
        }
        return p;
}

/* Behind the string whose quotation mark is at @p, or NULL: section 7. A NUL
 * is refused too: it would end the string for all that reads it. */
static const char *skip_string(const char *p, const char *end) {
        for (p++; p < end; p++) {
                if ((unsigned char) *p < 0x20)
                        return NULL;
                if (*p == '"')
                        return p + 1;
                if (*p != '\\')
                        continue;
                p++;
                if (end - p >= 5 && memcmp(p, "u0000", 5) == 0)
                        return NULL;
        }
        return end;
}

/*
 * json-c knows the structure. Strict as it is asked to be, it still takes NaN,
 * Infinity, -01, "1.", -.5, keys in single quotes and raw control characters:
 * so the words of a text are looked at first. Returns the first wrong one, or NULL.
 */
static const char *find_bad_word(const char *text, size_t n) {
        const char *end = text + n;
        const char *next;

        for (const char *p = text; p < end; p = next) {
                if (*p == '"')
                        next = skip_string(p, end);
                else if (*p == '-' || (*p >= '0' && *p <= '9'))
                        next = skip_number(p, end);
                else
                        next = memchr("{}[]:, \t\r\n", *p, 10) || (*p >= 'a' && *p <= 'z') ? p + 1
                                                                                           : NULL;
                if (!next)
                        return p;
        }
        return NULL;
}

static struct json_tokener *free_tokener(struct json_tokener *tokener) {
        if (tokener)
                json_tokener_free(tokener);
        return NULL;
}
PF_DEFINE_CLEANUP(struct json_tokener, free_tokener);

int pf_json_parse(const char *text, size_t n, int max_depth, PfJson **ret, PfErr *err) {
        PF_CLEANUP(free_tokenerp) struct json_tokener *tokener = NULL;
        PF_CLEANUP(pf_json_freep) PfJson *value = NULL;
        enum json_tokener_error error;
        const char *bad;

        /* json-c takes an int. */
        if (n >= INT_MAX)
                return pf_err_set(err, -EINVAL, "JSON: text of %zu bytes is too long", n);
        bad = find_bad_word(text, n);
        if (bad)
                return pf_err_set(err, -EINVAL, "JSON: byte %zu: %s", (size_t) (bad - text),
                                  *bad == '"' ? "control character in a string"
                                              : "unexpected character");

        /* json-c takes surrogates and overlong forms for UTF-8. */
        if (!pf_utf8_is_valid(text, n))
                return pf_err_set(err, -EINVAL, "JSON: not UTF-8");

        tokener = json_tokener_new_ex(max_depth);
        if (!tokener)
                return -ENOMEM;
        json_tokener_set_flags(tokener, JSON_TOKENER_STRICT | JSON_TOKENER_VALIDATE_UTF8);

        value = json_tokener_parse_ex(tokener, text, (int) n);
        error = json_tokener_get_error(tokener);
        if (error == json_tokener_continue) {
                /* A number is complete only when something follows. */
                value = json_tokener_parse_ex(tokener, "", -1);
                error = json_tokener_get_error(tokener);
        }
        if (error != json_tokener_success)
                return pf_err_set(err, -EINVAL, "JSON: byte %zu: %s",
                                  json_tokener_get_parse_end(tokener),
                                  json_tokener_error_desc(error));

        *ret = PF_STEAL(value);
        return 0;
}

static int write_with(const PfJson *value, int flags, PfBuf *buf) {
        const char *text;
        size_t n;

        /* json-c keeps the text inside the value, hence no const. */
        text = json_object_to_json_string_length((PfJson *) value, flags, &n);
        if (!text)
                return -ENOMEM;
        return pf_buf_add(buf, text, n);
}

int pf_json_write(const PfJson *value, PfBuf *buf) {
        return write_with(value, JSON_C_TO_STRING_PLAIN | JSON_C_TO_STRING_NOSLASHESCAPE, buf);
}

int pf_json_write_pretty(const PfJson *value, PfBuf *buf) {
        return write_with(value,
                          JSON_C_TO_STRING_PRETTY | JSON_C_TO_STRING_SPACED |
                                  JSON_C_TO_STRING_NOSLASHESCAPE,
                          buf);
}

PfJsonType pf_json_type(const PfJson *value) {
        switch (json_object_get_type(value)) {
        case json_type_null:
                return PF_JSON_NULL;
        case json_type_boolean:
                return PF_JSON_BOOL;
        case json_type_int:
                return PF_JSON_INTEGER;
        case json_type_double:
                return PF_JSON_REAL;
        case json_type_string:
                return PF_JSON_STRING;
        case json_type_array:
                return PF_JSON_ARRAY;
        case json_type_object:
                return PF_JSON_OBJECT;
        }
        return PF_JSON_NULL;
}

PfJson *pf_json_get(const PfJson *object, const char *key) {
        PfJson *value = NULL;

        if (pf_json_type(object) != PF_JSON_OBJECT)
                return NULL;
        return json_object_object_get_ex(object, key, &value) ? value : NULL;
}

const char *pf_json_string(const PfJson *value) {
        return pf_json_type(value) == PF_JSON_STRING ? json_object_get_string((PfJson *) value)
                                                     : NULL;
}

const char *pf_json_get_string(const PfJson *object, const char *key) {
        return pf_json_string(pf_json_get(object, key));
}

bool pf_json_bool(const PfJson *value) {
        return pf_json_type(value) == PF_JSON_BOOL && json_object_get_boolean(value);
}

int64_t pf_json_integer(const PfJson *value) {
        PfJsonType type = pf_json_type(value);

        return type == PF_JSON_INTEGER || type == PF_JSON_REAL ? json_object_get_int64(value) : 0;
}

uint64_t pf_json_uint(const PfJson *value) {
        PfJsonType type = pf_json_type(value);

        return type == PF_JSON_INTEGER || type == PF_JSON_REAL ? json_object_get_uint64(value) : 0;
}

size_t pf_json_length(const PfJson *array) {
        return pf_json_type(array) == PF_JSON_ARRAY ? json_object_array_length(array) : 0;
}

PfJson *pf_json_at(const PfJson *array, size_t i) {
        return i < pf_json_length(array) ? json_object_array_get_idx(array, i) : NULL;
}

int pf_json_each(const PfJson *object, PfJsonVisit visit, void *data) {
        struct json_object_iterator i, end;
        int r;

        if (pf_json_type(object) != PF_JSON_OBJECT)
                return 0;
        i = json_object_iter_begin((PfJson *) object);
        end = json_object_iter_end(object);
        for (; !json_object_iter_equal(&i, &end); json_object_iter_next(&i)) {
                r = visit(json_object_iter_peek_name(&i), json_object_iter_peek_value(&i), data);
                if (r != 0)
                        return r;
        }
        return 0;
}
