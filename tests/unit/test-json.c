/* SPDX-License-Identifier: MIT */
#include "daemon/base/json.h"

#include <limits.h>
#include <string.h>

#include "daemon/base/utf8.h"
#include "tests/support/test-main.h"

#define DEPTH 8

/* What @text means to us, written again; NULL where it is refused. */
static char *rewrite_n(const char *text, size_t n, int depth) {
        PF_CLEANUP(pf_json_freep) PfJson *value = NULL;
        PF_AUTO_BUF PfBuf buf = PF_BUF_INIT(1 << 20);
        PfErr err = { 0 };
        int r;

        r = pf_json_parse(text, n, depth, &value, &err);
        if (r < 0) {
                ck_assert_int_eq(r, -EINVAL);
                ck_assert_msg(strncmp(err.text, "JSON: ", 6) == 0, "%s", err.text);
                ck_assert_ptr_null(value);
                return NULL;
        }
        ck_assert_int_eq(pf_json_write(value, &buf), 0);
        ck_assert(pf_utf8_is_valid(buf.data, buf.n));
        ck_assert_uint_eq(strlen(buf.data), buf.n);
        return pf_buf_steal(&buf);
}

static char *rewrite(const char *text) {
        return rewrite_n(text, strlen(text), DEPTH);
}

START_TEST(takes_what_rfc_8259_allows) {
        static const struct {
                const char *text, *expected;
        } cases[] = {
                { "null", "null" },
                { " true ", "true" },
                { "\t\r\nfalse\n", "false" },
                { "0", "0" },
                { "-0", "0" },
                { "-12", "-12" },
                { "9223372036854775807", "9223372036854775807" },
                { "18446744073709551615", "18446744073709551615" },
                { "1.5", "1.5" },
                { "-0.5e-3", "-0.5e-3" },
                { "1E5", "1E5" },
                { "0e+1", "0e+1" },
                { "\"\"", "\"\"" },
                { "\"\\\"\\\\\\/\\b\\f\\n\\r\\t\"", "\"\\\"\\\\/\\b\\f\\n\\r\\t\"" },
                { "\"\\u00e9\"", "\"\xc3\xa9\"" },
                { "\"\\ud83d\\ude00\"", "\"\xf0\x9f\x98\x80\"" },
                { "\"\\ud800\"", "\"\xef\xbf\xbd\"" },
                { "\"\\ud800x\"", "\"\xef\xbf\xbdx\"" },
                { "\"\\ude00\\ud83d\"", "\"\xef\xbf\xbd\xef\xbf\xbd\"" },
                { "\"\\u001f\"", "\"\\u001f\"" },
                { "\"\\\\u0000\"", "\"\\\\u0000\"" },
                { "\"\x7f\"", "\"\x7f\"" },
                { "[]", "[]" },
                { "[ ]", "[]" },
                { "{}", "{}" },
                { "{\"\":1}", "{\"\":1}" },
                { "[1,\"a\",null,{\"b\":[true]}]", "[1,\"a\",null,{\"b\":[true]}]" },
                { "{\"b\":1,\"a\":2}", "{\"b\":1,\"a\":2}" },
                { "{\"a\":1,\"a\":2}", "{\"a\":2}" },
        };

        for (size_t i = 0; i < PF_ELEMENTS(cases); i++) {
                PF_AUTO_FREE char *found = rewrite(cases[i].text);

                ck_assert_msg(found, "%s is refused", cases[i].text);
                ck_assert_str_eq(found, cases[i].expected);
        }
}
END_TEST

START_TEST(refuses_all_else) {
        static const char *const texts[] = {
                "",
                " ",
                "NaN",
                "nan",
                "Infinity",
                "-Infinity",
                "-NaN",
                "inf",
                "[NaN]",
                "[-Infinity]",
                "TRUE",
                "True",
                "Null",
                "nul",
                "truex",
                "nullnull",
                "true false",
                "/**/1",
                "//\n1",
                "1 /* */",
                "#",
                "'a'",
                "{'a':1}",
                "{a:1}",
                "[1,]",
                "[,1]",
                "[1,,2]",
                "[,]",
                "{\"a\":1,}",
                "{,}",
                "{\"a\"}",
                "{\"a\":}",
                "{\"a\" 1}",
                "{\"a\":1 \"b\":2}",
                "{1:2}",
                "[1 2]",
                "[1:2]",
                "01",
                "-01",
                "00",
                "-",
                "+1",
                "1.",
                "-1.",
                ".5",
                "-.5",
                "1.e1",
                "1e",
                "1e+",
                "1e1.5",
                "0x10",
                "1_0",
                "1 2",
                "--1",
                "1-",
                "1.2.3",
                "\"",
                "\"a",
                "\"\\",
                "\"\\\"",
                "\"\t\"",
                "\"\n\"",
                "\"\x01\"",
                "\"\x1f\"",
                "\"\\x41\"",
                "\"\\u12\"",
                "\"\\u12g4\"",
                "\"\\U0041\"",
                "\"\\\n\"",
                "\"\\u0000\"",
                "{\"a\\u0000b\":1}",
                "\"\xff\"",
                "\"\xc0\x80\"",
                "\"\xed\xa0\x80\"",
                "\"\xf4\x90\x80\x80\"",
                "\"\xc3\"",
                "\xef\xbb\xbf{}",
                "\xa0\x31",
                "\f1",
                "1\v",
                "[",
                "[1",
                "[1,",
                "{",
                "{\"a\"",
                "{\"a\":",
                "]",
                "}",
                "[}",
                "{]",
                "[1]]",
                "{}}",
                "[][]",
                "\"a\" \"b\"",
                "\\",
                "`a`",
        };

        for (size_t i = 0; i < PF_ELEMENTS(texts); i++) {
                PF_AUTO_FREE char *found = rewrite(texts[i]);

                ck_assert_msg(!found, "%s is taken, as %s", texts[i], found);
        }
        ck_assert_ptr_null(rewrite_n("1\0", 2, DEPTH));
        ck_assert_ptr_null(rewrite_n("[1\0]", 4, DEPTH));
        ck_assert_ptr_null(rewrite_n("\"\0\"", 3, DEPTH));
}
END_TEST

START_TEST(reads_no_further_than_asked) {
        PF_AUTO_FREE char *number = rewrite_n("123456", 3, DEPTH);
        PF_AUTO_FREE char *array = rewrite_n("[1]x", 3, DEPTH);

        ck_assert_str_eq(number, "123");
        ck_assert_str_eq(array, "[1]");
        ck_assert_ptr_null(rewrite_n("-1", 1, DEPTH));
        ck_assert_ptr_null(rewrite_n("1.5", 2, DEPTH));
        ck_assert_ptr_null(rewrite_n("1e5", 2, DEPTH));
        ck_assert_ptr_null(rewrite_n("\"a\"", 2, DEPTH));
        ck_assert_ptr_null(rewrite_n("\"\\u0041\"", 5, DEPTH));
}
END_TEST

START_TEST(nests_as_deep_as_asked) {
        static const struct {
                const char *text;
                int depth;
        } cases[] = { { "1", 1 },    { "[]", 1 },    { "[1]", 2 },
                      { "[[]]", 2 }, { "[[1]]", 3 }, { "{\"a\":{\"b\":[1]}}", 4 } };

        for (size_t i = 0; i < PF_ELEMENTS(cases); i++) {
                PF_AUTO_FREE char *found =
                        rewrite_n(cases[i].text, strlen(cases[i].text), cases[i].depth);
                char *refused = NULL;

                ck_assert_msg(found, "%s", cases[i].text);
                if (cases[i].depth > 1)
                        refused =
                                rewrite_n(cases[i].text, strlen(cases[i].text), cases[i].depth - 1);
                ck_assert_ptr_null(refused);
        }
}
END_TEST

START_TEST(a_mebibyte_of_brackets_is_refused) {
        static const char *const kinds[] = { "[", "{\"a\":", "[[],", "\"", "-", "\\" };

        for (size_t i = 0; i < PF_ELEMENTS(kinds); i++) {
                size_t length = strlen(kinds[i]), n = (1 << 20) / length * length;
                PF_AUTO_FREE char *text = malloc(n);

                for (size_t k = 0; k < n; k += length)
                        memcpy(text + k, kinds[i], length);
                ck_assert_ptr_null(rewrite_n(text, n, 32));
        }
}
END_TEST

START_TEST(errors_name_the_byte) {
        PF_CLEANUP(pf_json_freep) PfJson *value = NULL;
        PfErr err = { 0 };

        ck_assert_int_eq(pf_json_parse("{\"a\": NaN}", 10, DEPTH, &value, &err), -EINVAL);
        ck_assert_str_eq(err.text, "JSON: byte 6: unexpected character");
        err = (PfErr){ 0 };
        ck_assert_int_eq(pf_json_parse("[1,]", 4, DEPTH, &value, &err), -EINVAL);
        ck_assert_str_eq(err.text, "JSON: byte 3: unexpected character");
        err = (PfErr){ 0 };
        ck_assert_int_eq(pf_json_parse("[\"a\nb\"]", 7, DEPTH, &value, &err), -EINVAL);
        ck_assert_str_eq(err.text, "JSON: byte 1: control character in a string");
        ck_assert_int_eq(pf_json_parse("", (size_t) INT_MAX, DEPTH, &value, NULL), -EINVAL);
}
END_TEST

/* Text and keys out of a file that anybody may have written. */
START_TEST(writes_hostile_text_as_valid_json) {
        PF_CLEANUP(pf_json_freep) PfJson *object = pf_json_new_object();
        PF_CLEANUP(pf_json_freep) PfJson *again = NULL;
        PF_AUTO_BUF PfBuf buf = PF_BUF_INIT(1 << 16);
        char bytes[256];

        for (int i = 1; i < 256; i++)
                bytes[i - 1] = (char) i;
        bytes[255] = '\0';
        ck_assert_int_eq(pf_json_put_string(object, "bytes", bytes), 0);
        ck_assert_int_eq(pf_json_put_string(object, "\xff\"\n", "\xe2\x98"), 0);
        ck_assert_int_eq(pf_json_put_null(object, "\xc0"), 0);
        ck_assert_int_eq(pf_json_put_string(object, "quote", "\"\\/</script>\x1b[31m"), 0);

        ck_assert_int_eq(pf_json_write(object, &buf), 0);
        ck_assert(pf_utf8_is_valid(buf.data, buf.n));
        for (size_t i = 0; i < buf.n; i++)
                ck_assert_uint_ge((unsigned char) buf.data[i], 0x20);
        ck_assert_int_eq(pf_json_parse(buf.data, buf.n, DEPTH, &again, NULL), 0);
        ck_assert_str_eq(pf_json_get_string(again, "\xef\xbf\xbd\"\n"), "\xef\xbf\xbd\xef\xbf\xbd");
        ck_assert_str_eq(pf_json_get_string(again, "quote"), "\"\\/</script>\x1b[31m");
        ck_assert_ptr_nonnull(strstr(buf.data, "\xef\xbf\xbd\":null"));
        ck_assert_int_eq(memcmp(pf_json_get_string(again, "bytes"), bytes, 127), 0);
}
END_TEST

START_TEST(builds_and_reads_back) {
        PF_CLEANUP(pf_json_freep) PfJson *object = pf_json_new_object();
        PF_AUTO_STRV PfStrv strv = { 0 };
        PF_AUTO_BUF PfBuf buf = PF_BUF_INIT(4096);
        PfJson *array = pf_json_new_array();

        ck_assert_int_eq(pf_strv_add(&strv, "a"), 0);
        ck_assert_int_eq(pf_strv_add(&strv, "b"), 0);
        ck_assert_int_eq(pf_json_put_strv(object, "strv", &strv), 0);
        ck_assert_int_eq(pf_json_append_string(array, "x"), 0);
        ck_assert_int_eq(pf_json_append_take(array, pf_json_ref(object)), 0);
        ck_assert_uint_eq(pf_json_length(array), 2);
        ck_assert_ptr_eq(pf_json_at(array, 1), object);
        ck_assert_ptr_null(pf_json_at(array, 2));
        pf_json_free(array);

        ck_assert_int_eq(pf_json_put_bool(object, "yes", true), 0);
        ck_assert_int_eq(pf_json_put_uint(object, "n", UINT64_MAX), 0);
        ck_assert_int_eq(pf_json_put_null(object, "nothing"), 0);
        ck_assert_int_eq(pf_json_put_string(object, "yes", "replaced"), 0);
        ck_assert_int_eq(pf_json_put_take(object, "failed", NULL), -ENOMEM);
        ck_assert_int_eq(pf_json_append_take(object, NULL), -ENOMEM);

        ck_assert_int_eq(pf_json_write(object, &buf), 0);
        ck_assert_str_eq(buf.data, "{\"strv\":[\"a\",\"b\"],\"yes\":\"replaced\","
                                   "\"n\":18446744073709551615,\"nothing\":null}");
        pf_buf_consume(&buf, buf.n);
        ck_assert_int_eq(pf_json_write_pretty(pf_json_get(object, "strv"), &buf), 0);
        ck_assert_str_eq(buf.data, "[\n  \"a\",\n  \"b\"\n]");
}
END_TEST

/* A value of another type than expected is as if it was not there. */
START_TEST(types_are_kept_apart) {
        static const char text[] = "{\"s\":\"12\",\"i\":-3,\"r\":1e400,\"b\":true,\"n\":null,"
                                   "\"a\":[1],\"big\":99999999999999999999}";
        PF_CLEANUP(pf_json_freep) PfJson *object = NULL;

        ck_assert_int_eq(pf_json_parse(text, strlen(text), DEPTH, &object, NULL), 0);
        ck_assert_int_eq(pf_json_type(pf_json_get(object, "r")), PF_JSON_REAL);
        ck_assert_int_eq(pf_json_type(pf_json_get(object, "n")), PF_JSON_NULL);
        ck_assert_int_eq(pf_json_type(pf_json_get(object, "missing")), PF_JSON_NULL);
        ck_assert_int_eq(pf_json_integer(pf_json_get(object, "i")), -3);
        ck_assert_int_eq(pf_json_integer(pf_json_get(object, "s")), 0);
        ck_assert_int_eq(pf_json_integer(pf_json_get(object, "b")), 0);
        ck_assert_int_eq(pf_json_integer(NULL), 0);
        ck_assert_int_eq(pf_json_integer(pf_json_get(object, "r")), INT64_MAX);
        ck_assert_int_eq(pf_json_integer(pf_json_get(object, "big")), INT64_MAX);
        ck_assert_uint_eq(pf_json_uint(pf_json_get(object, "big")), UINT64_MAX);
        ck_assert_uint_eq(pf_json_uint(pf_json_get(object, "i")), 0);
        ck_assert_uint_eq(pf_json_uint(pf_json_get(object, "s")), 0);
        ck_assert(pf_json_bool(pf_json_get(object, "b")));
        ck_assert(!pf_json_bool(pf_json_get(object, "s")));
        ck_assert(!pf_json_bool(pf_json_get(object, "i")));
        ck_assert_ptr_null(pf_json_get_string(object, "i"));
        ck_assert_ptr_null(pf_json_get(pf_json_get(object, "a"), "s"));
        ck_assert_uint_eq(pf_json_length(object), 0);
        ck_assert_ptr_null(pf_json_at(object, 0));
}
END_TEST

static int visit(const char *key, PfJson *value, void *data) {
        PfBuf *buf = data;

        ck_assert_int_eq(pf_buf_printf(buf, "%s=%lld ", key, (long long) pf_json_integer(value)),
                         0);
        return strcmp(key, "stop") == 0 ? 7 : 0;
}

START_TEST(visits_members_in_their_order) {
        static const char text[] = "{\"z\":1,\"a\":2,\"stop\":3,\"b\":4}";
        PF_CLEANUP(pf_json_freep) PfJson *object = NULL;
        PF_AUTO_BUF PfBuf buf = PF_BUF_INIT(4096);

        ck_assert_int_eq(pf_json_parse(text, strlen(text), DEPTH, &object, NULL), 0);
        ck_assert_int_eq(pf_json_each(object, visit, &buf), 7);
        ck_assert_str_eq(buf.data, "z=1 a=2 stop=3 ");
        ck_assert_int_eq(pf_json_each(pf_json_get(object, "z"), visit, &buf), 0);
        ck_assert_int_eq(pf_json_each(NULL, visit, &buf), 0);
}
END_TEST

START_TEST(writes_no_more_than_the_buffer_holds) {
        PF_CLEANUP(pf_json_freep) PfJson *text = pf_json_new_string("0123456789");
        PF_AUTO_BUF PfBuf buf = PF_BUF_INIT(11);

        ck_assert_int_eq(pf_json_write(text, &buf), -ENOBUFS);
        ck_assert_uint_eq(buf.n, 0);
        buf.max = 12;
        ck_assert_int_eq(pf_json_write(text, &buf), 0);
}
END_TEST

int main(void) {
        Suite *suite = suite_create("json");

        PF_TEST(suite, takes_what_rfc_8259_allows);
        PF_TEST(suite, refuses_all_else);
        PF_TEST(suite, reads_no_further_than_asked);
        PF_TEST(suite, nests_as_deep_as_asked);
        PF_TEST(suite, a_mebibyte_of_brackets_is_refused);
        PF_TEST(suite, errors_name_the_byte);
        PF_TEST(suite, writes_hostile_text_as_valid_json);
        PF_TEST(suite, builds_and_reads_back);
        PF_TEST(suite, types_are_kept_apart);
        PF_TEST(suite, visits_members_in_their_order);
        PF_TEST(suite, writes_no_more_than_the_buffer_holds);
        return pf_test_main(suite);
}
