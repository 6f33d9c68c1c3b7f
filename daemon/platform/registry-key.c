/* SPDX-License-Identifier: MIT */
/*
 * A key of a registry as it was read: what its data mean, and how it stands in a book.
 * Who reads it is in registry.c and in the folder of each system.
 */
#include "daemon/platform/registry.h"

#include <string.h>
#include <strings.h>

#include "daemon/base/utf16.h"
#include "daemon/platform/machine-internal.h"

/* One unit of UTF-16 becomes three bytes at most. */
#define TEXT_MAX (2u * PF_REGISTRY_BYTES_MAX)
#define SHOWN_TEXT_MAX 200u

static void value_deinit(PfRegistryValue *value) {
        free(value->name);
        free(value->text);
        pf_strv_deinit(&value->texts);
        free(value->bytes);
}

void pf_registry_key_deinit(PfRegistryKey *key) {
        for (size_t i = 0; i < key->n_values; i++)
                value_deinit(&key->values[i]);
        free(key->values);
        free(key->path);
        free(key->hive);
        pf_strv_deinit(&key->subkeys);
        *key = (PfRegistryKey){ 0 };
}

/* --- what data mean --- */

static int keep_bytes(PfRegistryValue *value, const uint8_t *bytes, size_t n) {
        value->bytes = malloc(n > 0 ? n : 1);
        if (!value->bytes)
                return -ENOMEM;
        if (n > 0)
                memcpy(value->bytes, bytes, n);
        value->n_bytes = n;
        return 0;
}

static int decode_text(PfRegistryValue *value, const uint8_t *bytes, size_t n) {
        PF_AUTO_BUF PfBuf text = PF_BUF_INIT(TEXT_MAX);
        int r = pf_utf16_to_utf8(bytes, n, false, &text);

        if (r < 0)
                return r;
        value->text = strdup(text.data ? text.data : "");
        return value->text ? 0 : -ENOMEM;
}

/* Ended by an empty text, which a name to be deleted at the next start looks like, too. */
static int decode_texts(PfRegistryValue *value, const uint8_t *bytes, size_t n) {
        PF_AUTO_BUF PfBuf all = PF_BUF_INIT(TEXT_MAX);
        int r = pf_utf16_to_utf8(bytes, n, false, &all);

        if (r == 0 && all.n > 0 && all.data[all.n - 1] == '\0')
                all.n--;
        for (size_t at = 0; r == 0 && at < all.n; at += strlen(all.data + at) + 1)
                r = pf_strv_add(&value->texts, all.data + at);
        return r;
}

static int decode_number(PfRegistryValue *value, const uint8_t *bytes, size_t n) {
        const size_t wanted = value->type == PF_REGISTRY_QWORD ? 8 : 4;
        const bool is_big = value->type == PF_REGISTRY_DWORD_BIG_ENDIAN;

        if (n != wanted) {
                value->is_malformed = true;
                return keep_bytes(value, bytes, n);
        }
        for (size_t i = 0; i < n; i++)
                value->number = value->number << 8 | bytes[is_big ? i : n - 1 - i];
        return 0;
}

static const struct Meaning {
        PfRegistryType type;
        const char *word; /* in a book */
        int (*decode)(PfRegistryValue *value, const uint8_t *bytes, size_t n);
} meanings[] = {
        { PF_REGISTRY_SZ, "sz", decode_text },
        { PF_REGISTRY_EXPAND_SZ, "expandSz", decode_text },
        { PF_REGISTRY_BINARY, "binary", keep_bytes },
        { PF_REGISTRY_DWORD, "dword", decode_number },
        { PF_REGISTRY_DWORD_BIG_ENDIAN, "dwordBigEndian", decode_number },
        { PF_REGISTRY_MULTI_SZ, "multiSz", decode_texts },
        { PF_REGISTRY_QWORD, "qword", decode_number },
};

static const struct Meaning *find_meaning(uint32_t type) {
        for (size_t i = 0; i < PF_ELEMENTS(meanings); i++)
                if (meanings[i].type == type)
                        return &meanings[i];
        return NULL;
}

/* Room for one value more, all zero but for its name. */
static int new_value(PfRegistryKey *key, const char *name, uint32_t type, PfRegistryValue **ret) {
        PfRegistryValue *values = key->values;

        if (key->n_values >= PF_REGISTRY_VALUES_MAX)
                return -E2BIG;
        if ((key->n_values & (key->n_values + 1)) == 0) {
                values = realloc(values, (2 * key->n_values + 1) * sizeof(*values));
                if (!values)
                        return -ENOMEM;
                key->values = values;
        }
        *ret = &values[key->n_values];
        **ret = (PfRegistryValue){ .name = strdup(name), .type = type };
        if (!(*ret)->name)
                return -ENOMEM;
        key->n_values++;
        return 0;
}

int pf_registry_key_add(PfRegistryKey *key, const char *name, uint32_t type, const void *bytes,
                        size_t n) {
        const struct Meaning *meaning = find_meaning(type);
        PfRegistryValue *value;
        int r = n > PF_REGISTRY_BYTES_MAX ? -E2BIG : new_value(key, name, type, &value);

        if (r == 0)
                r = meaning ? meaning->decode(value, bytes, n) : keep_bytes(value, bytes, n);
        return r == -ENOBUFS ? -E2BIG : r;
}

/* --- what it is asked --- */

const PfRegistryValue *pf_registry_value(const PfRegistryKey *key, const char *name) {
        for (size_t i = 0; i < key->n_values; i++)
                if (strcasecmp(key->values[i].name, name) == 0)
                        return &key->values[i];
        return NULL;
}

bool pf_registry_has_subkey(const PfRegistryKey *key, const char *name) {
        for (size_t i = 0; i < key->subkeys.n; i++)
                if (strcasecmp(key->subkeys.items[i], name) == 0)
                        return true;
        return false;
}

static int not_a(const char *what, const PfRegistryKey *key, const PfRegistryValue *value,
                 PfErr *err) {
        char shown[PF_REGISTRY_SHOWN_MAX];

        pf_registry_show(value, shown);
        return pf_err_set(err, -EINVAL, "%s\\%s: %s, no %s", key->path ? key->path : "",
                          value->name, shown, what);
}

int pf_registry_number(const PfRegistryKey *key, const char *name, uint64_t *ret, PfErr *err) {
        const PfRegistryValue *value = pf_registry_value(key, name);
        const struct Meaning *meaning = value ? find_meaning(value->type) : NULL;

        if (!value)
                return PF_REGISTRY_ABSENT;
        if (!meaning || meaning->decode != decode_number || value->is_malformed)
                return not_a("number", key, value, err);
        *ret = value->number;
        return 0;
}

int pf_registry_text(const PfRegistryKey *key, const char *name, const char **ret, PfErr *err) {
        const PfRegistryValue *value = pf_registry_value(key, name);

        if (!value)
                return PF_REGISTRY_ABSENT;
        if (!value->text)
                return not_a("text", key, value, err);
        *ret = value->text;
        return 0;
}

/* How much of a text is shown: bytes of whole characters. */
static int shown_bytes(const char *text) {
        size_t n = strnlen(text, SHOWN_TEXT_MAX);

        while (((unsigned char) text[n] & 0xC0) == 0x80) /* in the middle of one */
                n--;
        return (int) n;
}

void pf_registry_show(const PfRegistryValue *value, char ret[static PF_REGISTRY_SHOWN_MAX]) {
        const struct Meaning *meaning = find_meaning(value->type);
        char odd[sizeof("type 4294967295")];

        (void) snprintf(odd, sizeof(odd), "type %u", (unsigned) value->type);
        if (value->text)
                (void) snprintf(ret, PF_REGISTRY_SHOWN_MAX, "%s \"%.*s\"", meaning->word,
                                shown_bytes(value->text), value->text);
        else if (meaning && meaning->decode == decode_number && !value->is_malformed)
                (void) snprintf(ret, PF_REGISTRY_SHOWN_MAX, "%s %llu", meaning->word,
                                (unsigned long long) value->number);
        else if (value->type == PF_REGISTRY_MULTI_SZ)
                (void) snprintf(ret, PF_REGISTRY_SHOWN_MAX, "%zu texts", value->texts.n);
        else
                (void) snprintf(ret, PF_REGISTRY_SHOWN_MAX, "%s of %zu bytes",
                                meaning ? meaning->word : odd, value->n_bytes);
}

/* --- in a book --- */

static const char hex[] = "0123456789abcdef";

static int put_hex(PfJson *object, const uint8_t *bytes, size_t n) {
        PF_AUTO_FREE char *text = malloc(2 * n + 1);

        if (!text)
                return -ENOMEM;
        for (size_t i = 0; i < n; i++) {
                text[2 * i] = hex[bytes[i] >> 4];
                text[2 * i + 1] = hex[bytes[i] & 15];
        }
        text[2 * n] = '\0';
        return pf_json_put_string(object, "binary", text);
}

static int put_meaning(PfJson *object, const struct Meaning *meaning,
                       const PfRegistryValue *value) {
        if (value->text)
                return pf_json_put_string(object, meaning->word, value->text);
        if (value->type == PF_REGISTRY_MULTI_SZ)
                return pf_json_put_strv(object, meaning->word, &value->texts);
        if (value->bytes) {
                int r = value->type != PF_REGISTRY_BINARY
                                ? pf_json_put_uint(object, "type", value->type)
                                : 0;

                return r == 0 ? put_hex(object, value->bytes, value->n_bytes) : r;
        }
        return pf_json_put_uint(object, meaning->word, value->number);
}

static PfJson *value_to_json(const PfRegistryValue *value) {
        static const struct Meaning other = { 0 };
        PF_CLEANUP(pf_json_freep) PfJson *object = pf_json_new_object();
        const struct Meaning *meaning = find_meaning(value->type);

        if (!object || put_meaning(object, meaning ? meaning : &other, value) < 0)
                return NULL;
        return PF_STEAL(object);
}

PfJson *pf_registry_key_to_json(const PfRegistryKey *key) {
        PF_CLEANUP(pf_json_freep) PfJson *answer = pf_json_new_object();
        PF_CLEANUP(pf_json_freep) PfJson *values = pf_json_new_object();

        for (size_t i = 0; values && i < key->n_values; i++)
                if (pf_json_put_take(values, key->values[i].name, value_to_json(&key->values[i])) <
                    0)
                        return NULL;
        if (!answer || !values || pf_json_put_take(answer, "values", PF_STEAL(values)) < 0 ||
            pf_json_put_strv(answer, "keys", &key->subkeys) < 0 ||
            (key->hive && pf_json_put_string(answer, "hive", key->hive) < 0) ||
            (key->is_dirty && pf_json_put_bool(answer, "dirty", true) < 0))
                return NULL;
        return PF_STEAL(answer);
}

PfJson *pf_registry_answer_to_json(int r, const PfRegistryKey *key, const PfErr *err) {
        PF_CLEANUP(pf_json_freep) PfJson *answer = NULL;

        if (r == 0)
                return pf_registry_key_to_json(key);
        answer = pf_machine_no_answer("no-key", r, err);
        if (answer && r == PF_REGISTRY_ABSENT && key->is_dirty &&
            pf_json_put_bool(answer, "dirty", true) < 0)
                return NULL;
        return PF_STEAL(answer);
}

/* --- out of a book --- */

typedef struct Reading {
        PfRegistryKey *key;
        PfErr *err;
} Reading;

static int not_understood(const Reading *reading, const char *name) {
        return pf_err_set(reading->err, -EINVAL, "%s: the captured value \"%s\" is not understood",
                          reading->key->path, name);
}

static int read_hex(PfRegistryValue *value, const char *text) {
        const size_t n = strlen(text) / 2;

        if (strspn(text, hex) != 2 * n)
                return -EINVAL;
        value->bytes = calloc(n > 0 ? n : 1, 1);
        if (!value->bytes)
                return -ENOMEM;
        for (size_t i = 0; i < n; i++)
                value->bytes[i] = (uint8_t) ((strchr(hex, text[2 * i]) - hex) << 4 |
                                             (strchr(hex, text[2 * i + 1]) - hex));
        value->n_bytes = n;
        return 0;
}

static int read_texts(PfRegistryValue *value, const PfJson *list) {
        int r = pf_json_type(list) == PF_JSON_ARRAY ? 0 : -EINVAL;

        for (size_t i = 0; r == 0 && i < pf_json_length(list); i++) {
                const char *text = pf_json_string(pf_json_at(list, i));

                r = text ? pf_strv_add(&value->texts, text) : -EINVAL;
        }
        return r;
}

static int read_number(PfRegistryValue *value, const PfJson *number) {
        int64_t n = pf_json_integer(number);
        bool fits = value->type == PF_REGISTRY_QWORD || n <= UINT32_MAX;

        if (pf_json_type(number) != PF_JSON_INTEGER || n < 0 || !fits)
                return -EINVAL;
        value->number = pf_json_uint(number);
        return 0;
}

/* By what the raw data of the type would be decoded to. */
static int read_meaning(PfRegistryValue *value, const struct Meaning *meaning, const PfJson *data) {
        const char *text = pf_json_string(data);

        if (meaning->decode == decode_number)
                return read_number(value, data);
        if (meaning->decode == decode_texts)
                return read_texts(value, data);
        if (!text)
                return -EINVAL;
        if (meaning->decode == keep_bytes)
                return read_hex(value, text);
        value->text = strdup(text);
        return value->text ? 0 : -ENOMEM;
}

/* Bytes of a type that is named by its number: an odd one, or data that do not fit it. */
static int read_odd(const PfJson *object, const char *name, Reading *reading) {
        int64_t type = pf_json_integer(pf_json_get(object, "type"));
        const char *text = pf_json_get_string(object, "binary");
        PfRegistryValue *value;
        int r;

        if (!text || type < 0 || type > UINT32_MAX)
                return -EINVAL;
        r = new_value(reading->key, name, (uint32_t) type, &value);
        if (r < 0)
                return r;
        value->is_malformed = find_meaning((uint32_t) type) != NULL;
        return read_hex(value, text);
}

static int read_value(const char *name, PfJson *object, void *data) {
        const struct Meaning *meaning = NULL;
        Reading *reading = data;
        PfRegistryValue *value;
        int r;

        for (size_t i = 0; i < PF_ELEMENTS(meanings) && !meaning; i++)
                if (pf_json_get(object, meanings[i].word))
                        meaning = &meanings[i];
        if (!meaning)
                return not_understood(reading, name);
        if (pf_json_get(object, "type")) {
                r = read_odd(object, name, reading);
        } else {
                r = new_value(reading->key, name, meaning->type, &value);
                if (r == 0)
                        r = read_meaning(value, meaning, pf_json_get(object, meaning->word));
        }
        return r == -EINVAL ? not_understood(reading, name)
               : r == -E2BIG
                       ? pf_err_set(reading->err, r, "%s: too many values", reading->key->path)
                       : r;
}

static int read_subkeys(const PfJson *list, PfRegistryKey *key, PfErr *err) {
        for (size_t i = 0; i < pf_json_length(list); i++) {
                const char *name = pf_json_string(pf_json_at(list, i));
                int r;

                if (!name)
                        return pf_err_set(err, -EINVAL, "%s: a captured key is not understood",
                                          key->path);
                r = pf_strv_add(&key->subkeys, name);
                if (r < 0)
                        return r;
        }
        return 0;
}

int pf_registry_key_from_json(const PfJson *answer, const char *path, PfRegistryKey *ret,
                              PfErr *err) {
        const bool is_dirty = pf_json_bool(pf_json_get(answer, "dirty"));
        PF_AUTO_REGISTRY_KEY PfRegistryKey key = { .path = strdup(path), .is_dirty = is_dirty };
        const char *hive = pf_json_get_string(answer, "hive");
        Reading reading = { .key = &key, .err = err };
        const PfJson *values = pf_json_get(answer, "values");
        const PfJson *list = pf_json_get(answer, "keys");
        int r = pf_machine_read_no_answer(answer, PF_REGISTRY_ABSENT, err);

        if (r == PF_REGISTRY_ABSENT)
                ret->is_dirty = is_dirty;
        if (r != 0)
                return r;
        if (pf_json_type(answer) != PF_JSON_OBJECT ||
            (values && pf_json_type(values) != PF_JSON_OBJECT) ||
            (list && pf_json_type(list) != PF_JSON_ARRAY))
                return pf_err_set(err, -EINVAL, "%s: its captured answer is not understood", path);
        if (hive)
                key.hive = strdup(hive);
        if (!key.path || (hive && !key.hive))
                return -ENOMEM;
        r = values ? pf_json_each(values, read_value, &reading) : 0;
        if (r == 0)
                r = read_subkeys(list, &key, err);
        if (r == 0) {
                *ret = key;
                key = (PfRegistryKey){ 0 };
        }
        return r;
}
