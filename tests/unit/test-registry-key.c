/* SPDX-License-Identifier: MIT */
/* What the data of values mean, and that a book gives back what was put into it. */
#include "daemon/platform/registry.h"

#include <string.h>

#include "daemon/base/utf8.h"
#include "tests/support/test-main.h"

static void add(PfRegistryKey *key, const char *name, PfRegistryType type, const char *bytes,
                size_t n) {
        ck_assert_int_eq(pf_registry_key_add(key, name, type, bytes, n), 0);
}

static const PfRegistryValue *value_of(const PfRegistryKey *from, const char *name) {
        const PfRegistryValue *value = pf_registry_value(from, name);

        ck_assert_ptr_nonnull(value);
        return value;
}

/* --- numbers --- */

static const struct Number {
        PfRegistryType type;
        const char *bytes;
        size_t n;
        uint64_t number;
        bool is_one;
} numbers[] = {
        { PF_REGISTRY_DWORD, "\x04\x03\x02\x01", 4, 0x01020304, true },
        { PF_REGISTRY_DWORD, "\xFF\xFF\xFF\xFF", 4, UINT32_MAX, true },
        { PF_REGISTRY_DWORD_BIG_ENDIAN, "\x04\x03\x02\x01", 4, 0x04030201, true },
        { PF_REGISTRY_QWORD, "\x08\x07\x06\x05\x04\x03\x02\x01", 8, 0x0102030405060708, true },
        { PF_REGISTRY_QWORD, "\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF", 8, UINT64_MAX, true },
        { PF_REGISTRY_DWORD, "\x04\x03\x02", 3, 0, false },
        { PF_REGISTRY_DWORD, "", 0, 0, false },
        { PF_REGISTRY_DWORD, "\1\0\0\0\0\0\0\0", 8, 0, false },
        { PF_REGISTRY_QWORD, "\1\0\0\0", 4, 0, false },
        { PF_REGISTRY_SZ, "1\0", 2, 0, false },
        { PF_REGISTRY_BINARY, "\1\0\0\0", 4, 0, false },
        { PF_REGISTRY_NONE, "", 0, 0, false },
};

START_TEST(a_number_is_one_of_its_length) {
        PF_AUTO_REGISTRY_KEY PfRegistryKey key = { 0 };
        const struct Number *row = &numbers[_i];
        char shown[PF_REGISTRY_SHOWN_MAX];
        uint64_t number = 0;
        PfErr err = { 0 };

        add(&key, "Start", row->type, row->bytes, row->n);
        key.path = strdup("HKLM\\SYSTEM\\Select");
        if (row->is_one) {
                ck_assert_int_eq(pf_registry_number(&key, "START", &number, &err), 0);
                ck_assert_uint_eq(number, row->number);
        } else {
                ck_assert_int_eq(pf_registry_number(&key, "start", &number, &err), -EINVAL);
                pf_registry_show(value_of(&key, "Start"), shown);
                ck_assert_ptr_nonnull(strstr(err.text, "HKLM\\SYSTEM\\Select\\Start: "));
                ck_assert_ptr_nonnull(strstr(err.text, shown));
                ck_assert_uint_eq(number, 0);
        }
}
END_TEST

START_TEST(absent_is_no_error) {
        PF_AUTO_REGISTRY_KEY PfRegistryKey key = { 0 };
        uint64_t number;
        const char *text;

        ck_assert_int_eq(pf_registry_number(&key, "Start", &number, NULL), PF_REGISTRY_ABSENT);
        ck_assert_int_eq(pf_registry_text(&key, "Start", &text, NULL), PF_REGISTRY_ABSENT);
        ck_assert(!pf_registry_has_subkey(&key, "Start"));
}
END_TEST

/* --- texts --- */

START_TEST(a_text_ends_with_its_first_zero) {
        PF_AUTO_REGISTRY_KEY PfRegistryKey key = { 0 };
        const char *text;

        add(&key, "end", PF_REGISTRY_SZ, "a\0b\0\0\0c\0", 8);
        add(&key, "no end", PF_REGISTRY_EXPAND_SZ, "%\0", 2);
        add(&key, "none", PF_REGISTRY_SZ, "", 0);
        add(&key, "", PF_REGISTRY_SZ, "d\0\0", 3);
        ck_assert_int_eq(pf_registry_text(&key, "END", &text, NULL), 0);
        ck_assert_str_eq(text, "ab");
        ck_assert_int_eq(pf_registry_text(&key, "no end", &text, NULL), 0);
        ck_assert_str_eq(text, "%");
        ck_assert_int_eq(pf_registry_text(&key, "none", &text, NULL), 0);
        ck_assert_str_eq(text, "");
        ck_assert_int_eq(pf_registry_text(&key, "", &text, NULL), 0);
        ck_assert_str_eq(text, "d");
}
END_TEST

static const struct Texts {
        const char *bytes;
        size_t n;
        size_t n_texts;
        const char *first, *last;
} lists[] = {
        { "a\0\0\0b\0\0\0\0", 10, 2, "a", "b" },
        { "a\0\0\0b\0\0", 8, 2, "a", "b" },          /* its end is missing */
        { "a\0\0\0b\0", 6, 2, "a", "b" },            /* and that of the last text */
        { "a\0\0\0\0\0b\0\0\0\0", 12, 3, "a", "b" }, /* an empty one between: a file that goes */
        { "\0", 2, 0, NULL, NULL },
        { "", 0, 0, NULL, NULL },
        { "\0\0\0", 4, 1, "", "" },
};

START_TEST(texts_are_many) {
        PF_AUTO_REGISTRY_KEY PfRegistryKey key = { 0 };
        const struct Texts *row = &lists[_i];
        const PfRegistryValue *value;

        add(&key, "list", PF_REGISTRY_MULTI_SZ, row->bytes, row->n);
        value = value_of(&key, "list");
        ck_assert_uint_eq(value->texts.n, row->n_texts);
        if (row->n_texts > 0) {
                ck_assert_str_eq(value->texts.items[0], row->first);
                ck_assert_str_eq(value->texts.items[row->n_texts - 1], row->last);
        }
}
END_TEST

/* --- for people --- */

START_TEST(shown_to_people) {
        PF_AUTO_REGISTRY_KEY PfRegistryKey key = { 0 };
        char shown[PF_REGISTRY_SHOWN_MAX];
        static const struct {
                PfRegistryType type;
                const char *bytes;
                size_t n;
                const char *text;
        } cases[] = {
                { PF_REGISTRY_DWORD, "\2\0\0\0", 4, "dword 2" },
                { PF_REGISTRY_DWORD, "\2", 1, "dword of 1 bytes" },
                { PF_REGISTRY_SZ, "a\0", 2, "sz \"a\"" },
                { PF_REGISTRY_EXPAND_SZ, "", 0, "expandSz \"\"" },
                { PF_REGISTRY_MULTI_SZ, "a\0\0\0b\0\0\0\0\0", 10, "2 texts" },
                { PF_REGISTRY_BINARY, "\0\1", 2, "binary of 2 bytes" },
                { (PfRegistryType) UINT32_MAX, "\0", 1, "type 4294967295 of 1 bytes" },
        };

        for (size_t i = 0; i < PF_ELEMENTS(cases); i++) {
                pf_registry_key_deinit(&key);
                add(&key, "v", cases[i].type, cases[i].bytes, cases[i].n);
                pf_registry_show(value_of(&key, "v"), shown);
                ck_assert_str_eq(shown, cases[i].text);
        }
}
END_TEST

/* What is shown stands in evidence, which is UTF-8. */
START_TEST(long_texts_are_cut_between_characters) {
        PF_AUTO_REGISTRY_KEY PfRegistryKey key = { 0 };
        char shown[PF_REGISTRY_SHOWN_MAX];

        for (size_t shift = 0; shift < 4; shift++) {
                uint8_t bytes[800];

                for (size_t i = 0; i < sizeof(bytes); i += 2)
                        memcpy(bytes + i, i / 2 < shift ? "a" : "\xE5\x65", 2);
                pf_registry_key_deinit(&key);
                add(&key, "v", PF_REGISTRY_SZ, (const char *) bytes, sizeof(bytes));
                pf_registry_show(value_of(&key, "v"), shown);
                ck_assert(pf_utf8_is_valid(shown, strlen(shown)));
                ck_assert_uint_gt(strlen(shown), 190);
        }
}
END_TEST

/* --- in a book --- */

static void check_same(const PfRegistryKey *a, const PfRegistryKey *b) {
        ck_assert_uint_eq(a->n_values, b->n_values);
        ck_assert_uint_eq(a->subkeys.n, b->subkeys.n);
        ck_assert(a->is_dirty == b->is_dirty);
        ck_assert_str_eq(a->hive, b->hive);
        for (size_t i = 0; i < a->n_values; i++) {
                const PfRegistryValue *x = &a->values[i], *y = value_of(b, x->name);

                ck_assert_uint_eq(x->type, y->type);
                ck_assert_uint_eq(x->number, y->number);
                ck_assert(x->is_malformed == y->is_malformed);
                ck_assert_pstr_eq(x->text, y->text);
                ck_assert_uint_eq(x->texts.n, y->texts.n);
                ck_assert_uint_eq(x->n_bytes, y->n_bytes);
                ck_assert(x->n_bytes == 0 || memcmp(x->bytes, y->bytes, x->n_bytes) == 0);
        }
}

START_TEST(a_book_gives_back_what_was_put_into_it) {
        PF_AUTO_REGISTRY_KEY PfRegistryKey key = { 0 };
        PF_AUTO_REGISTRY_KEY PfRegistryKey again = { 0 };
        PF_CLEANUP(pf_json_freep) PfJson *answer = NULL;
        char name[8];

        for (size_t i = 0; i < PF_ELEMENTS(numbers); i++) {
                (void) snprintf(name, sizeof(name), "n%zu", i);
                add(&key, name, numbers[i].type, numbers[i].bytes, numbers[i].n);
        }
        add(&key, "", PF_REGISTRY_SZ, "\xE5\x65\x2C\x67", 4);
        add(&key, "list", PF_REGISTRY_MULTI_SZ, "a\0\0\0\0\0b\0\0\0\0\0", 12);
        add(&key, "link", PF_REGISTRY_LINK, "\xFF\x00\x7F", 3);
        add(&key, "odd", (PfRegistryType) 0xFFFF0010, "", 0);
        ck_assert_int_eq(pf_strv_add(&key.subkeys, "Parameters"), 0);
        key.path = strdup("HKLM\\SYSTEM\\Select");
        key.hive = strdup("/Windows/System32/config/SYSTEM");
        key.is_dirty = true;

        answer = pf_registry_key_to_json(&key);
        ck_assert_ptr_nonnull(answer);
        ck_assert_int_eq(pf_registry_key_from_json(answer, key.path, &again, NULL), 0);
        check_same(&key, &again);
        ck_assert_str_eq(again.path, key.path);
        ck_assert(pf_registry_has_subkey(&again, "PARAMETERS"));
}
END_TEST

static const char *const not_books[] = {
        "[]",
        "{\"values\":[]}",
        "{\"values\":{\"a\":2}}",
        "{\"values\":{\"a\":{}}}",
        "{\"values\":{\"a\":{\"word\":2}}}",
        "{\"values\":{\"a\":{\"dword\":\"2\"}}}",
        "{\"values\":{\"a\":{\"dword\":-1}}}",
        "{\"values\":{\"a\":{\"dword\":4294967296}}}",
        "{\"values\":{\"a\":{\"dwordBigEndian\":4294967296}}}",
        "{\"values\":{\"a\":{\"qword\":1.5}}}",
        "{\"values\":{\"a\":{\"sz\":2}}}",
        "{\"values\":{\"a\":{\"multiSz\":\"a\"}}}",
        "{\"values\":{\"a\":{\"multiSz\":[2]}}}",
        "{\"values\":{\"a\":{\"binary\":\"0\"}}}",
        "{\"values\":{\"a\":{\"binary\":\"0G\"}}}",
        "{\"values\":{\"a\":{\"binary\":\"AA\"}}}",
        "{\"values\":{\"a\":{\"type\":-1,\"binary\":\"\"}}}",
        "{\"values\":{\"a\":{\"type\":4294967296,\"binary\":\"\"}}}",
        "{\"values\":{\"a\":{\"type\":9}}}",
        "{\"keys\":{}}",
        "{\"keys\":[2]}",
};

START_TEST(what_is_no_book_is_said) {
        PF_AUTO_REGISTRY_KEY PfRegistryKey key = { 0 };
        PF_CLEANUP(pf_json_freep) PfJson *answer = NULL;
        PfErr err = { 0 };

        ck_assert_int_eq(pf_json_parse(not_books[_i], strlen(not_books[_i]), 8, &answer, NULL), 0);
        ck_assert_int_eq(pf_registry_key_from_json(answer, "HKLM\\SYSTEM", &key, &err), -EINVAL);
        ck_assert_ptr_nonnull(strstr(err.text, "HKLM\\SYSTEM"));
        ck_assert_uint_eq(key.n_values, 0);
}
END_TEST

/* Whether there is no key is not certain either where the hive was not closed. */
START_TEST(other_answers_of_a_book) {
        const PfRegistryKey said = { .is_dirty = _i };
        PF_AUTO_REGISTRY_KEY PfRegistryKey key = { 0 };
        PF_CLEANUP(pf_json_freep)
        PfJson *none = pf_registry_answer_to_json(PF_REGISTRY_ABSENT, &said, NULL);
        PF_CLEANUP(pf_json_freep) PfJson *error = pf_registry_answer_to_json(-EACCES, &said, NULL);

        ck_assert_str_eq(pf_json_get_string(none, "outcome"), "no-key");
        ck_assert_int_eq(pf_registry_key_from_json(none, "HKLM\\SYSTEM", &key, NULL),
                         PF_REGISTRY_ABSENT);
        ck_assert_int_eq(key.is_dirty, _i);
        ck_assert_ptr_null(key.path);
        key.is_dirty = false;
        ck_assert_int_eq(pf_registry_key_from_json(error, "HKLM\\SYSTEM", &key, NULL), -EACCES);
        ck_assert(!key.is_dirty);
}
END_TEST

/* --- too much --- */

START_TEST(limits) {
        PF_AUTO_REGISTRY_KEY PfRegistryKey key = { 0 };
        char *much = calloc(PF_REGISTRY_BYTES_MAX + 1, 1);
        char name[16];

        ck_assert_ptr_nonnull(much);
        ck_assert_int_eq(
                pf_registry_key_add(&key, "a", PF_REGISTRY_BINARY, much, PF_REGISTRY_BYTES_MAX + 1),
                -E2BIG);
        ck_assert_uint_eq(key.n_values, 0);
        free(much);
        for (unsigned i = 0; i < PF_REGISTRY_VALUES_MAX; i++) {
                (void) snprintf(name, sizeof(name), "%u", i);
                if (pf_registry_key_add(&key, name, PF_REGISTRY_NONE, "", 0) < 0)
                        ck_abort_msg("value %u is refused", i);
        }
        ck_assert_int_eq(pf_registry_key_add(&key, "more", PF_REGISTRY_NONE, "", 0), -E2BIG);
}
END_TEST

int main(void) {
        Suite *suite = suite_create("registry-key");

        PF_TEST_LOOP(suite, a_number_is_one_of_its_length, PF_ELEMENTS(numbers));
        PF_TEST(suite, absent_is_no_error);
        PF_TEST(suite, a_text_ends_with_its_first_zero);
        PF_TEST_LOOP(suite, texts_are_many, PF_ELEMENTS(lists));
        PF_TEST(suite, shown_to_people);
        PF_TEST(suite, long_texts_are_cut_between_characters);
        PF_TEST(suite, a_book_gives_back_what_was_put_into_it);
        PF_TEST_LOOP(suite, what_is_no_book_is_said, PF_ELEMENTS(not_books));
        PF_TEST_LOOP(suite, other_answers_of_a_book, 2);
        PF_TEST(suite, limits);
        return pf_test_main(suite);
}
