/* SPDX-License-Identifier: MIT */
#include "daemon/varlink/idl.h"

#include <string.h>

#include "daemon/varlink/descriptions.h"
#include "tests/support/test-main.h"

static PfIdl *parse(const char *text) {
        PfIdl *idl = NULL;
        PfErr err = { 0 };

        ck_assert_msg(pf_idl_parse(text, &idl, &err) == 0, "%s", err.text);
        return idl;
}

static void refuses(const char *text, const char *why) {
        PfIdl *idl = NULL;
        PfErr err = { 0 };

        ck_assert_msg(pf_idl_parse(text, &idl, &err) == -EINVAL, "accepted: %s", text);
        ck_assert_ptr_null(idl);
        ck_assert_msg(strstr(err.text, why), "%s: \"%s\" is not in \"%s\"", text, why, err.text);
}

START_TEST(members_in_their_order) {
        PF_CLEANUP(pf_idl_freep)
        PfIdl *idl = parse("# What it is.\n interface a.b-c.d # why not\r\n"
                           "error E()\nmethod M(a:int)->(b:?[][string]T)\ntype T(x,y)\n"
                           "method N (a_b: (p: bool, q: ?float), c1: object) -> ()#end");

        ck_assert_str_eq(pf_idl_interface(idl), "a.b-c.d");
        ck_assert_str_eq(pf_idl_member(idl, PF_IDL_METHOD, 0), "M");
        ck_assert_str_eq(pf_idl_member(idl, PF_IDL_METHOD, 1), "N");
        ck_assert_ptr_null(pf_idl_member(idl, PF_IDL_METHOD, 2));
        ck_assert_str_eq(pf_idl_member(idl, PF_IDL_TYPE, 0), "T");
        ck_assert_str_eq(pf_idl_member(idl, PF_IDL_ERROR, 0), "E");
}
END_TEST

START_TEST(what_is_no_description) {
        static const struct {
                const char *text;
                const char *why;
        } cases[] = {
                { "", "line 1: expected \"interface\"" },
                { "# only a comment", "interface" },
                { "interfacea.b", "interface" },
                { "interface a", "name of an interface" },
                { "interface a.", "name of an interface" },
                { "interface a..b", "name of an interface" },
                { "interface .a.b", "name of an interface" },
                { "interface 1.b", "name of an interface" },
                { "interface a-.b", "name of an interface" },
                { "interface a.-b", "name of an interface" },
                { "interface a.b\ntype t ()", "line 2: expected a name" },
                { "interface a.b method M()", "expected ->" },
                { "interface a.b method M() -> (a)", "fields with types" },
                { "interface a.b error E(a,b)", "fields with types" },
                { "interface a.b type T (a:int,)", "name of a field" },
                { "interface a.b type T (a:int b:int)", "expected )" },
                { "interface a.b type T (a:int, b)", "expected :" },
                { "interface a.b type T (a, b:int)", "expected )" },
                { "interface a.b type T (a:int,a:bool)", "a is there twice" },
                { "interface a.b type T () error T()", "T is there twice" },
                { "interface a.b type T (_a:int)", "name of a field" },
                { "interface a.b type T (a_:int)", "name of a field" },
                { "interface a.b type T (a__b:int)", "name of a field" },
                { "interface a.b type T (a-b:int)", "expected" },
                { "interface a.b type T (a:??int)", "capital" },
                { "interface a.b type T (a:integer)", "capital" },
                { "interface a.b type T (a:[int]int)", "capital" },
                { "interface a.b type T (a:Missing)", "no type Missing" },
                { "interface a.b error E() method M(e:E)->()", "no type E" },
                { "interface a.b method M(a:[][][][][][][][][][][][][][][][][]int)->()", "deep" },
                { "interface a.b garbage", "type, method, or error" },
                { "interface a.b type T (", "name of a field" },
        };

        for (size_t i = 0; i < PF_ELEMENTS(cases); i++)
                refuses(cases[i].text, cases[i].why);
}
END_TEST

static const char shapes[] =
        "interface a.b\n"
        "type Colour (red, green)\n"
        "type Tree (name: string, children: ?[]Tree)\n"
        "method M(i: int, f: ?float, b: ?bool, c: ?Colour, o: ?object,\n"
        "  m: ?[string]int, l: ?[]?string, t: ?Tree, s: ?(x: int)) -> (ok: bool)\n"
        "error E(why: string)\n";

typedef struct Case {
        const char *json;
        const char *path; /* NULL: it fits */
} Case;

static void check_cases(PfIdlRole role, const char *name, const Case *cases, size_t n) {
        PF_CLEANUP(pf_idl_freep) PfIdl *idl = parse(shapes);

        for (size_t i = 0; i < n; i++) {
                PF_CLEANUP(pf_json_freep) PfJson *value = NULL;
                char path[PF_IDL_PATH_MAX] = "untouched";
                int r;

                ck_assert_int_eq(
                        pf_json_parse(cases[i].json, strlen(cases[i].json), 32, &value, NULL), 0);
                r = pf_idl_check(idl, role, name, value, path);
                ck_assert_msg(r == (cases[i].path ? PF_IDL_MISFIT : 0), "%s: %d at %s",
                              cases[i].json, r, path);
                ck_assert_str_eq(path, cases[i].path ? cases[i].path : "untouched");
        }
}

START_TEST(parameters_of_every_type) {
        static const Case cases[] = {
                { "{\"i\":1}", NULL },
                { "{\"i\":-9223372036854775808,\"f\":1,\"b\":false,\"c\":\"green\",\"o\":{}}",
                  NULL },
                { "{\"i\":1,\"f\":1.5,\"c\":null,\"m\":{\"a\":1,\"b\":2},\"l\":[\"a\",null]}",
                  NULL },
                { "{\"i\":1,\"t\":{\"name\":\"a\",\"children\":[{\"name\":\"b\"}]}}", NULL },
                { "{}", "i" },
                { "{\"i\":null}", "i" },
                { "{\"i\":1.0}", "i" },
                { "{\"i\":\"1\"}", "i" },
                { "{\"i\":true}", "i" },
                { "{\"i\":1,\"j\":1}", "j" },
                { "{\"i\":1,\"j\":null}", "j" },
                { "{\"i\":1,\"f\":\"x\"}", "f" },
                { "{\"i\":1,\"b\":0}", "b" },
                { "{\"i\":1,\"c\":\"blue\"}", "c" },
                { "{\"i\":1,\"c\":0}", "c" },
                { "{\"i\":1,\"o\":[]}", "o" },
                { "{\"i\":1,\"m\":{\"a\":1,\"b\":\"2\"}}", "m.b" },
                { "{\"i\":1,\"m\":[]}", "m" },
                { "{\"i\":1,\"l\":{}}", "l" },
                { "{\"i\":1,\"l\":[\"a\",\"b\",3]}", "l[2]" },
                { "{\"i\":1,\"t\":{\"name\":\"a\",\"children\":[{\"name\":\"b\"},{}]}}",
                  "t.children[1].name" },
                { "{\"i\":1,\"s\":{\"x\":1,\"y\":1}}", "s.y" },
                { "{\"i\":1,\"s\":[]}", "s" },
                { "[]", "" },
                { "7", "" },
        };

        check_cases(PF_IDL_CALL, "M", cases, PF_ELEMENTS(cases));
}
END_TEST

START_TEST(replies_errors_and_types) {
        static const Case reply[] = { { "{\"ok\":true}", NULL }, { "{\"i\":1}", "ok" } };
        static const Case fault[] = { { "{\"why\":\"so\"}", NULL }, { "{}", "why" } };
        static const Case colour[] = { { "\"red\"", NULL }, { "\"Red\"", "" }, { "null", "" } };

        check_cases(PF_IDL_REPLY, "M", reply, PF_ELEMENTS(reply));
        check_cases(PF_IDL_FAULT, "E", fault, PF_ELEMENTS(fault));
        check_cases(PF_IDL_VALUE, "Colour", colour, PF_ELEMENTS(colour));
}
END_TEST

START_TEST(no_such_member) {
        PF_CLEANUP(pf_idl_freep) PfIdl *idl = parse(shapes);
        char path[PF_IDL_PATH_MAX];

        ck_assert_int_eq(pf_idl_check(idl, PF_IDL_CALL, "E", NULL, path), PF_IDL_NO_MEMBER);
        ck_assert_int_eq(pf_idl_check(idl, PF_IDL_FAULT, "M", NULL, path), PF_IDL_NO_MEMBER);
        ck_assert_int_eq(pf_idl_check(idl, PF_IDL_CALL, "m", NULL, path), PF_IDL_NO_MEMBER);
}
END_TEST

/* A key of anybody's length only fills the path. */
START_TEST(long_unknown_key) {
        PF_CLEANUP(pf_idl_freep) PfIdl *idl = parse(shapes);
        PF_CLEANUP(pf_json_freep) PfJson *value = pf_json_new_object();
        char path[PF_IDL_PATH_MAX + 1];
        char key[1000];

        path[PF_IDL_PATH_MAX] = 'z';
        memset(key, 'k', sizeof(key) - 1);
        key[sizeof(key) - 1] = '\0';
        ck_assert_int_eq(pf_json_put_uint(value, "i", 1), 0);
        ck_assert_int_eq(pf_json_put_uint(value, key, 1), 0);
        ck_assert_int_eq(pf_idl_check(idl, PF_IDL_CALL, "M", value, path), PF_IDL_MISFIT);
        ck_assert_uint_eq(strlen(path), PF_IDL_PATH_MAX - 1);
        ck_assert_int_eq(path[PF_IDL_PATH_MAX], 'z');
}
END_TEST

START_TEST(our_own_descriptions) {
        PF_CLEANUP(pf_idl_freep) PfIdl *service = parse(pf_idl_org_varlink_service);
        PF_CLEANUP(pf_idl_freep) PfIdl *preflight = parse(pf_idl_org_preflightd_Preflight);

        ck_assert_str_eq(pf_idl_interface(service), "org.varlink.service");
        ck_assert_str_eq(pf_idl_interface(preflight), "org.preflightd.Preflight");
        ck_assert_str_eq(pf_idl_member(preflight, PF_IDL_METHOD, 0), "GetReport");
}
END_TEST

/* Wherever it is cut a description is refused or accepted, and nothing else happens. */
START_TEST(cut_anywhere) {
        const size_t n = strlen(pf_idl_org_preflightd_Preflight);
        unsigned n_accepted = 0;

        for (size_t i = 0; i < n; i += 5) {
                PF_CLEANUP(pf_idl_freep) PfIdl *idl = NULL;
                PF_AUTO_FREE char *text = strndup(pf_idl_org_preflightd_Preflight, i);
                int r = pf_idl_parse(text, &idl, NULL);

                ck_assert(r == 0 || r == -EINVAL);
                n_accepted += r == 0;
        }
        ck_assert_uint_gt(n_accepted, 10);
        ck_assert_uint_lt(n_accepted, n / 2);
}
END_TEST

int main(void) {
        Suite *suite = suite_create("idl");

        PF_TEST(suite, members_in_their_order);
        PF_TEST(suite, what_is_no_description);
        PF_TEST(suite, parameters_of_every_type);
        PF_TEST(suite, replies_errors_and_types);
        PF_TEST(suite, no_such_member);
        PF_TEST(suite, long_unknown_key);
        PF_TEST(suite, our_own_descriptions);
        PF_TEST(suite, cut_anywhere);
        return pf_test_main(suite);
}
