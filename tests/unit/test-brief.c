/* SPDX-License-Identifier: MIT */
/* What is told to those without a login: enough, not too much, and never a wrong "ready". */
#include "daemon/publish/brief.h"

#include <string.h>

#include "tests/support/test-main.h"

static PfJson *parse(const char *text) {
        PfJson *json = NULL;
        PfErr err = { 0 };

        ck_assert_msg(pf_json_parse(text, strlen(text), 16, &json, &err) == 0, "%s", err.text);
        return json;
}

static void expect(const char *report, const char *json, const char *line) {
        PF_CLEANUP(pf_json_freep) PfJson *parsed = parse(report);
        PF_AUTO_BUF PfBuf told = PF_BUF_INIT(4096);
        PF_AUTO_BUF PfBuf shown = PF_BUF_INIT(4096);

        ck_assert_int_eq(pf_brief_json(parsed, 2048, &told), 0);
        ck_assert_str_eq(told.data, json);
        ck_assert_int_eq(pf_brief_line(parsed, &shown), 0);
        ck_assert_str_eq(shown.data, line);
}

#define NO_COUNTS                                                                                  \
        "\"counts\":{\"fail\":0,\"unknown\":0,\"warn\":0,\"waived\":0,\"pass\":0,\"skip\":0}"

START_TEST(what_decides_comes_first) {
        expect("{\"verdict\":\"blocked\",\"startedUSec\":5,\"host\":{\"hostname\":\"db7\"},"
               "\"counts\":{\"pass\":31,\"fail\":2,\"unknown\":1,\"warn\":4},\"checks\":["
               "{\"check\":\"os.kernel\",\"verdict\":\"unknown\",\"severity\":\"blocker\","
               "\"errorIds\":[]},"
               "{\"check\":\"a.info\",\"verdict\":\"fail\",\"severity\":\"info\",\"errorIds\":["
               "\"1\"]},"
               "{\"check\":\"ssh.server\",\"verdict\":\"pass\",\"severity\":\"blocker\"},"
               "{\"check\":\"ssh.access\",\"verdict\":\"fail\",\"severity\":\"blocker\","
               "\"errorIds\":[\"95108\",\"95106\"],\"summary\":\"sshd refuses root\","
               "\"evidence\":[{\"path\":\"/etc/x\",\"found\":\"secret\"}]}]}",
               "{\"schema\":1,\"verdict\":\"blocked\",\"counts\":{\"fail\":2,\"unknown\":1,"
               "\"warn\":4,\"waived\":0,\"pass\":31,\"skip\":0},\"checks\":["
               "{\"check\":\"ssh.access\",\"verdict\":\"fail\",\"errorIds\":[\"95108\",\"95106\"]},"
               "{\"check\":\"os.kernel\",\"verdict\":\"unknown\",\"errorIds\":[]},"
               "{\"check\":\"a.info\",\"verdict\":\"fail\",\"errorIds\":[\"1\"]}],"
               "\"omitted\":0,\"startedUSec\":5}",
               "preflightd: blocked: ssh.access (95108), os.kernel, a.info (1); 31 passed, 2 "
               "failed, "
               "1 unknown");
}
END_TEST

START_TEST(ready_is_said_by_who_says_it) {
        expect("{\"verdict\":\"ready\",\"counts\":{\"pass\":1}}",
               "{\"schema\":1,\"verdict\":\"ready\",\"counts\":{\"fail\":0,\"unknown\":0,\"warn\":"
               "0,"
               "\"waived\":0,\"pass\":1,\"skip\":0},\"checks\":[],\"omitted\":0,\"startedUSec\":0}",
               "preflightd: ready; 1 passed");
        expect("{}",
               "{\"schema\":1,\"verdict\":\"unknown\"," NO_COUNTS
               ",\"checks\":[],\"omitted\":0,\"startedUSec\":0}",
               "preflightd: unknown");
        expect("{\"verdict\":\"Ready\",\"checks\":7,\"counts\":[],\"startedUSec\":-1}",
               "{\"schema\":1,\"verdict\":\"unknown\"," NO_COUNTS
               ",\"checks\":[],\"omitted\":0,\"startedUSec\":0}",
               "preflightd: unknown");
}
END_TEST

/* Names as no catalogue has them: of a stranger who answers in preflightd's place. */
START_TEST(names_that_are_none) {
        expect("{\"verdict\":\"blocked\",\"checks\":[null,1,{},{\"check\":7,\"verdict\":\"fail\"},"
               "{\"check\":\"a b\",\"verdict\":\"fail\",\"severity\":\"blocker\"},"
               "{\"check\":\"\\u001b[2J\",\"verdict\":\"fail\",\"severity\":\"blocker\"},"
               "{\"check\":\"\",\"verdict\":\"fail\"},"
               "{\"check\":\"ok\",\"verdict\":\"fail\",\"severity\":\"blocker\","
               "\"errorIds\":[\"\\n\",null,\"x y\",\"95108\"]}]}",
               "{\"schema\":1,\"verdict\":\"blocked\"," NO_COUNTS
               ",\"checks\":[{\"check\":\"ok\",\"verdict\":\"fail\",\"errorIds\":[\"95108\"]}],"
               "\"omitted\":0,\"startedUSec\":0}",
               "preflightd: blocked: ok");
}
END_TEST

START_TEST(no_report) {
        PF_CLEANUP(pf_json_freep) PfJson *none = pf_brief_no_report("not-watched");
        PF_AUTO_BUF PfBuf told = PF_BUF_INIT(4096);
        static const char begins[] =
                "{\"schema\":1,\"verdict\":\"unknown\",\"reason\":\"not-watched\",\"startedUSec\":";

        ck_assert_ptr_nonnull(none);
        ck_assert_int_eq(pf_brief_json(none, 2048, &told), 0);
        ck_assert_msg(strncmp(told.data, begins, strlen(begins)) == 0, "%s", told.data);
        ck_assert_ptr_null(strchr(told.data, ' '));
}
END_TEST

/* @n checks that fail, the last one a blocker. */
static PfJson *many(int n) {
        PF_AUTO_BUF PfBuf text = PF_BUF_INIT(8 << 20);

        ck_assert_int_eq(pf_buf_add_string(&text, "{\"verdict\":\"blocked\",\"checks\":["), 0);
        for (int i = 0; i < n; i++)
                ck_assert_int_eq(
                        pf_buf_printf(&text,
                                      "{\"check\":\"c%d\",\"verdict\":\"fail\",\"severity\":"
                                      "\"%s\",\"errorIds\":[\"e%d\"]},",
                                      i, i == n - 1 ? "blocker" : "warning", i),
                        0);
        text.data[text.n - 1] = ']';
        ck_assert_int_eq(pf_buf_add_string(&text, "}"), 0);
        return parse(text.data);
}

START_TEST(what_has_no_room_is_counted) {
        static const size_t rooms[] = { 300, 1000, 16384 };
        static const int counts[] = { 1, 5, 40, 2000 };

        for (size_t i = 0; i < PF_ELEMENTS(rooms) * PF_ELEMENTS(counts); i++) {
                const size_t room = rooms[i % PF_ELEMENTS(rooms)];
                const int n = counts[i / PF_ELEMENTS(rooms)];
                PF_CLEANUP(pf_json_freep) PfJson *report = many(n);
                PF_CLEANUP(pf_json_freep) PfJson *brief = NULL;
                PF_AUTO_BUF PfBuf told = PF_BUF_INIT(65536);
                char name[16];
                size_t listed;

                ck_assert_int_eq(pf_brief_json(report, room, &told), 0);
                ck_assert_uint_le(told.n, room);
                brief = parse(told.data);
                listed = pf_json_length(pf_json_get(brief, "checks"));
                ck_assert_int_eq(pf_json_integer(pf_json_get(brief, "omitted")) + (int) listed, n);
                ck_assert_uint_ge(listed, 1);
                (void) snprintf(name, sizeof(name), "c%d", n - 1);
                ck_assert_str_eq(
                        pf_json_get_string(pf_json_at(pf_json_get(brief, "checks"), 0), "check"),
                        name);
        }
}
END_TEST

START_TEST(no_room_at_all) {
        PF_CLEANUP(pf_json_freep) PfJson *report = many(3);
        PF_AUTO_BUF PfBuf told = PF_BUF_INIT(4096);
        PF_AUTO_BUF PfBuf shown = PF_BUF_INIT(4096);

        ck_assert_int_eq(pf_brief_json(report, 20, &told), -ENOBUFS);
        ck_assert_uint_eq(told.n, 0);
        report = (pf_json_free(report), many(9));
        ck_assert_int_eq(pf_brief_line(report, &shown), 0);
        ck_assert_str_eq(shown.data, "preflightd: blocked: c8 (e8), c0 (e0), c1 (e1) and 6 more");
}
END_TEST

int main(void) {
        Suite *suite = suite_create("brief");

        PF_TEST(suite, what_decides_comes_first);
        PF_TEST(suite, ready_is_said_by_who_says_it);
        PF_TEST(suite, names_that_are_none);
        PF_TEST(suite, no_report);
        PF_TEST(suite, what_has_no_room_is_counted);
        PF_TEST(suite, no_room_at_all);
        return pf_test_main(suite);
}
