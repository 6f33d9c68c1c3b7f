/* SPDX-License-Identifier: MIT */
/* Structs to JSON and back; what is no such struct is refused, and leaks nothing. */
#include "daemon/base/shape.h"

#include <string.h>

#include "tests/support/test-main.h"

typedef struct Inner {
        char *name;
        bool flag;
} Inner;
typedef struct Outer {
        uint32_t number;
        uint64_t large;
        char *text;
        PfStrv texts;
        PfRows rows;
} Outer;

static const PfMember inner[] = {
        { "name", offsetof(Inner, name), PF_MEMBER_TEXT, NULL },
        { "flag", offsetof(Inner, flag), PF_MEMBER_BOOL, NULL },
};
static const PfShape inner_shape = PF_SHAPE(Inner, inner);
static const PfMember outer[] = {
        { "number", offsetof(Outer, number), PF_MEMBER_UINT32, NULL },
        { "large", offsetof(Outer, large), PF_MEMBER_UINT64, NULL },
        { "text", offsetof(Outer, text), PF_MEMBER_TEXT, NULL },
        { "texts", offsetof(Outer, texts), PF_MEMBER_TEXTS, NULL },
        { "rows", offsetof(Outer, rows), PF_MEMBER_ROWS, &inner_shape },
};
static const PfShape shape = PF_SHAPE(Outer, outer);

static int read_text(const char *text, Outer *ret, PfErr *err) {
        PF_CLEANUP(pf_json_freep) PfJson *json = NULL;

        ck_assert_int_eq(pf_json_parse(text, strlen(text), 8, &json, err), 0);
        return pf_shape_from_json(&shape, json, "it", ret, err);
}

START_TEST(what_is_written_is_read) {
        static const char text[] =
                "{\"number\":4294967295,\"large\":9007199254740993,\"text\":\"a\",\"texts\":[\"b\","
                "\"c\"],\"rows\":[{\"name\":\"d\",\"flag\":true},{}]}";
        PF_CLEANUP(pf_json_freep) PfJson *json = NULL;
        PF_AUTO_BUF PfBuf buf = PF_BUF_INIT(4096);
        Outer value = { 0 };
        PfErr err = { 0 };

        ck_assert_int_eq(read_text(text, &value, &err), 0);
        ck_assert_uint_eq(value.number, UINT32_MAX);
        ck_assert_uint_eq(value.rows.n, 2);
        ck_assert(((const Inner *) value.rows.items)[0].flag);
        ck_assert_ptr_null(((const Inner *) value.rows.items)[1].name);
        json = pf_shape_to_json(&shape, &value);
        ck_assert_int_eq(pf_json_write(json, &buf), 0);
        ck_assert_str_eq(buf.data, text);
        pf_shape_deinit(&shape, &value);
        ck_assert_ptr_null(value.text);
        ck_assert_uint_eq(value.rows.n, 0);
}
END_TEST

START_TEST(what_is_not_there_is_zero) {
        Outer value = { .number = 7 };
        PfErr err = { 0 };

        ck_assert_int_eq(read_text("{\"other\": 1, \"text\": null}", &value, &err), 0);
        ck_assert_uint_eq(value.number, 0);
        ck_assert_ptr_null(value.text);
}
END_TEST

START_TEST(what_is_of_another_kind_is_refused) {
        static const struct {
                const char *text, *says;
        } bad[] = {
                { "[]", "it: expected an object" },
                { "{\"number\": -1}", "\"number\"" },
                { "{\"number\": 4294967296}", "\"number\"" },
                { "{\"number\": \"1\"}", "\"number\"" },
                { "{\"text\": \"kept\", \"large\": 1.5}", "\"large\"" },
                { "{\"text\": [\"a\"]}", "\"text\"" },
                { "{\"texts\": [\"a\", 1]}", "\"texts\"" },
                { "{\"rows\": [{\"name\": \"a\"}, {\"name\": 1}]}", "\"name\"" },
                { "{\"rows\": [1]}", "expected an object" },
        };

        for (size_t i = 0; i < PF_ELEMENTS(bad); i++) {
                Outer value = { .number = 7 };
                PfErr err = { 0 };

                ck_assert_msg(read_text(bad[i].text, &value, &err) == -EINVAL, "%s", bad[i].text);
                ck_assert_msg(strstr(err.text, bad[i].says), "%s: %s", bad[i].text, err.text);
                ck_assert_uint_eq(value.number, 7);
        }
}
END_TEST

int main(void) {
        Suite *suite = suite_create("shape");

        PF_TEST(suite, what_is_written_is_read);
        PF_TEST(suite, what_is_not_there_is_zero);
        PF_TEST(suite, what_is_of_another_kind_is_refused);
        return pf_test_main(suite);
}
