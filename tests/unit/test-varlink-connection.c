/* SPDX-License-Identifier: MIT */
/* The protocol, on connections in memory: no socket, no loop, no clock. */
#include "daemon/varlink/server-internal.h"

#include <string.h>

#include "tests/support/test-main.h"
#include "tests/support/varlink-example.h"

static PfVarlinkService service;
static Example example;
static Memory peer;

static void set_up_with(PfVarlinkServerConfig config) {
        PfErr err = { 0 };

        config.vendor = "Vendor";
        config.product = "product";
        config.version = "1";
        config.url = "https://example.org";
        example = (Example){ 0 };
        ck_assert_msg(pf_varlink_service_init(&service, &config, &err) == 0, "%s", err.text);
        ck_assert_msg(pf_varlink_service_add(&service, &example_interface, &example, &err) == 0,
                      "%s", err.text);
        memory_open(&peer, &service);
}

static void set_up(void) {
        set_up_with((PfVarlinkServerConfig){ 0 });
}

static void tear_down(void) {
        memory_close(&peer);
        ck_assert_uint_eq(service.held_bytes, 0);
        ck_assert_uint_eq(service.n_connections, 0);
        example_release_all(&example);
        pf_varlink_service_deinit(&service);
}

/* What is said is answered by exactly this, each answer on a line. */
static void exchange(const char *call, const char *answers) {
        memory_say(&peer, call);
        ck_assert_str_eq(memory_answers(&peer), answers);
        ck_assert_msg(!peer.closed, "closed by: %s", call);
}

START_TEST(answers) {
        set_up();
        exchange("{\"method\":\"org.example.Test.Echo\",\"parameters\":{\"text\":\"a\\u00e4/\"}}",
                 "{\"parameters\":{\"text\":\"a\xc3\xa4/\"}}\n");
        exchange("{\"method\":\"org.example.Test.Tell\"}", "{\"parameters\":{}}\n");
        exchange("{\"method\":\"org.example.Test.Tell\",\"parameters\":null,\"more\":null}",
                 "{\"parameters\":{}}\n");
        exchange(" {\"method\" : \"org.example.Test.Tell\", \"new\" : [1]} \n",
                 "{\"parameters\":{}}\n");
        exchange("{\"method\":\"org.example.Test.Refuse\"}",
                 "{\"error\":\"org.example.Test.Refused\",\"parameters\":{\"reason\":\"because\"}}"
                 "\n");
        exchange("{\"method\":\"org.example.Test.Who\"}",
                 "{\"parameters\":{\"uid\":1000,\"pid\":4711,\"privileged\":false}}\n");
        tear_down();
}
END_TEST

/* What was read for the last call is used again for the same text, and no other. */
START_TEST(asked_again) {
        static const char a[] =
                "{\"method\":\"org.example.Test.Echo\",\"parameters\":{\"text\":\"a\"}}";
        static const char b[] =
                "{\"method\":\"org.example.Test.Echo\",\"parameters\":{\"text\":\"b\"}}";
        static const char bad[] =
                "{\"method\":\"org.example.Test.Echo\",\"parameters\":{\"text\":7}}";
        char longer[400];

        set_up();
        for (int i = 0; i < 3; i++) {
                exchange(a, "{\"parameters\":{\"text\":\"a\"}}\n");
                exchange(a, "{\"parameters\":{\"text\":\"a\"}}\n");
                exchange(b, "{\"parameters\":{\"text\":\"b\"}}\n");
        }
        for (int i = 0; i < 2; i++)
                exchange(bad, "{\"error\":\"org.varlink.service.InvalidParameter\","
                              "\"parameters\":{\"parameter\":\"text\"}}\n");

        /* Longer than what is kept, and beginning like it. */
        (void) snprintf(longer, sizeof(longer), "%s%300s", b, "");
        exchange(b, "{\"parameters\":{\"text\":\"b\"}}\n");
        exchange(longer, "{\"parameters\":{\"text\":\"b\"}}\n");
        exchange(longer, "{\"parameters\":{\"text\":\"b\"}}\n");

        /* A call outlives the text that it was made from. */
        memory_say(&peer, "{\"method\":\"org.example.Test.Hold\"}");
        memory_say(&peer, a);
        ck_assert_str_eq(pf_varlink_call_method(example.held[0]), "org.example.Test.Hold");
        example_release(&example, NULL);
        ck_assert_str_eq(memory_answers(&peer),
                         "{\"parameters\":{}}\n{\"parameters\":{\"text\":\"a\"}}\n");
        for (int i = 0; i < 2; i++) {
                memory_say(&peer, "{\"method\":7}");
                ck_assert(peer.closed);
                memory_close(&peer);
                memory_open(&peer, &service);
        }
        tear_down();
}
END_TEST

START_TEST(describes_itself) {
        set_up();
        exchange("{\"method\":\"org.varlink.service.GetInfo\"}",
                 "{\"parameters\":{\"vendor\":\"Vendor\",\"product\":\"product\",\"version\":\"1\","
                 "\"url\":\"https://example.org\",\"interfaces\":[\"org.varlink.service\","
                 "\"org.example.Test\"]}}\n");
        memory_say(&peer, "{\"method\":\"org.varlink.service.GetInterfaceDescription\","
                          "\"parameters\":{\"interface\":\"org.example.Test\"}}");
        ck_assert_ptr_nonnull(strstr(memory_answers(&peer), "method Echo(text: string"));
        exchange("{\"method\":\"org.varlink.service.GetInterfaceDescription\","
                 "\"parameters\":{\"interface\":\"org.example\"}}",
                 "{\"error\":\"org.varlink.service.InterfaceNotFound\","
                 "\"parameters\":{\"interface\":\"org.example\"}}\n");
        tear_down();
}
END_TEST

START_TEST(refuses_what_is_not_described) {
        static const struct {
                const char *call;
                const char *error;
                const char *parameters;
        } cases[] = {
                { "{\"method\":\"org.example.Test.Missing\"}", "MethodNotFound",
                  "{\"method\":\"org.example.Test.Missing\"}" },
                { "{\"method\":\"org.example.Test.\"}", "MethodNotFound",
                  "{\"method\":\"org.example.Test.\"}" },
                { "{\"method\":\"Echo\"}", "MethodNotFound", "{\"method\":\"Echo\"}" },
                { "{\"method\":\"\"}", "MethodNotFound", "{\"method\":\"\"}" },
                { "{\"method\":\"org.example.Tes.Echo\"}", "InterfaceNotFound",
                  "{\"interface\":\"org.example.Tes\"}" },
                { "{\"method\":\"org.example.Test2.Echo\"}", "InterfaceNotFound",
                  "{\"interface\":\"org.example.Test2\"}" },
                { "{\"method\":\".Echo\"}", "InterfaceNotFound", "{\"interface\":\"\"}" },
                { "{\"method\":\"org.example.Test.Echo\"}", "InvalidParameter",
                  "{\"parameter\":\"text\"}" },
                { "{\"method\":\"org.example.Test.Echo\",\"parameters\":{\"text\":7}}",
                  "InvalidParameter", "{\"parameter\":\"text\"}" },
                { "{\"method\":\"org.example.Test.Echo\",\"parameters\":{\"text\":\"\",\"x\":7}}",
                  "InvalidParameter", "{\"parameter\":\"x\"}" },
                { "{\"method\":\"org.example.Test.Echo\","
                  "\"parameters\":{\"text\":\"\",\"list\":[\"a\",1]}}",
                  "InvalidParameter", "{\"parameter\":\"list\"}" },
                { "{\"method\":\"org.example.Test.Echo\","
                  "\"parameters\":{\"text\":\"\",\"map\":{\"k\":\"v\"}}}",
                  "InvalidParameter", "{\"parameter\":\"map\"}" },
                { "{\"method\":\"org.example.Test.Tell\",\"parameters\":{\"x\":7}}",
                  "InvalidParameter", "{\"parameter\":\"x\"}" },
                { "{\"method\":\"org.example.Test.Stream\",\"parameters\":{\"n\":7}}",
                  "ExpectedMore", "{}" },
                { "{\"method\":\"org.example.Test.Tell\",\"upgrade\":true}", "MethodNotImplemented",
                  "{\"method\":\"org.example.Test.Tell\"}" },
        };

        set_up();
        for (size_t i = 0; i < PF_ELEMENTS(cases); i++) {
                char answer[256];

                (void) snprintf(answer, sizeof(answer),
                                "{\"error\":\"org.varlink.service.%s\",\"parameters\":%s}\n",
                                cases[i].error, cases[i].parameters);
                exchange(cases[i].call, answer);
        }
        ck_assert_uint_eq(example.n_tells, 0);
        tear_down();
}
END_TEST

START_TEST(closes_on_what_is_no_call) {
        static const char *const cases[] = {
                "",
                " ",
                "x",
                "{",
                "{}",
                "[]",
                "7",
                "null",
                "\"method\"",
                "{\"method\":7}",
                "{\"method\":null}",
                "{\"method\":[\"org.example.Test.Tell\"]}",
                "{\"method\":\"org.example.Test.Tell\"}x",
                "{\"method\":\"org.example.Test.Tell\"}{}",
                "{'method':'org.example.Test.Tell'}",
                "{\"method\":\"org.example.Test.Tell\",}",
                "{\"method\":\"org.example.Test.Tell\",\"parameters\":[]}",
                "{\"method\":\"org.example.Test.Tell\",\"parameters\":\"\"}",
                "{\"method\":\"org.example.Test.Tell\",\"more\":1}",
                "{\"method\":\"org.example.Test.Tell\",\"oneway\":\"true\"}",
                "{\"method\":\"org.example.Test.Tell\",\"upgrade\":{}}",
                "{\"method\":\"org.example.Test.Tell\",\"more\":true,\"oneway\":true}",
                "{\"method\":\"org.example.Test.Tell\",\"more\":true,\"upgrade\":true}",
                "{\"method\":\"org.example.Test.\xff\"}",
                "{\"method\":\"org.example.Test.\xed\xa0\x80\"}",
                "{\"method\":\"org.example.Test.\xc0\xaf\"}",
        };

        for (size_t i = 0; i < PF_ELEMENTS(cases); i++) {
                set_up();
                memory_say(&peer, cases[i]);
                ck_assert_msg(peer.closed, "not closed by: %s", cases[i]);
                ck_assert_str_eq(memory_answers(&peer), "");
                memory_say(&peer, "{\"method\":\"org.example.Test.Tell\"}");
                ck_assert_uint_eq(example.n_tells, 0);
                tear_down();
        }
}
END_TEST

/* {"method":…,"parameters":{"text":"","x":[[[…]]]}} nested @depth deep in all. */
static char *nested_call(unsigned depth, const char *open, const char *close) {
        PF_AUTO_BUF PfBuf buf = PF_BUF_INIT((size_t) 8 << 20);
        int r = 0;

        r |= pf_buf_add_string(&buf,
                               "{\"method\":\"org.example.Test.Tell\",\"parameters\":{\"x\":");
        for (unsigned i = 2; i < depth; i++)
                r |= pf_buf_add_string(&buf, open);
        r |= pf_buf_add_string(&buf, "1");
        for (unsigned i = 2; i < depth; i++)
                r |= pf_buf_add_string(&buf, close);
        r |= pf_buf_add_string(&buf, "}}");
        ck_assert_int_eq(r, 0);
        return pf_buf_steal(&buf);
}

START_TEST(depth) {
        static const char *const brackets[][2] = { { "[", "]" }, { "{\"a\":", "}" } };

        for (size_t i = 0; i < PF_ELEMENTS(brackets); i++) {
                PF_AUTO_FREE char *deep = nested_call(31, brackets[i][0], brackets[i][1]);
                PF_AUTO_FREE char *deeper = nested_call(40, brackets[i][0], brackets[i][1]);
                PF_AUTO_FREE char *deepest = nested_call(100000, brackets[i][0], brackets[i][1]);

                set_up();
                exchange(deep, "{\"error\":\"org.varlink.service.InvalidParameter\","
                               "\"parameters\":{\"parameter\":\"x\"}}\n");
                memory_say(&peer, deeper);
                ck_assert(peer.closed);
                tear_down();

                set_up();
                memory_say(&peer, deepest);
                ck_assert(peer.closed);
                tear_down();
        }
}
END_TEST

/* Small as text, and hundreds of MB as values: not even parsed. */
START_TEST(many_values) {
        PF_AUTO_BUF PfBuf buf = PF_BUF_INIT((size_t) 1 << 20);
        int r = 0;

        r |= pf_buf_add_string(
                &buf, "{\"method\":\"org.example.Test.Echo\",\"parameters\":{\"list\":[{}");
        while (buf.n < ((size_t) 1 << 20) - 100)
                r |= pf_buf_add_string(&buf, ",{}");
        r |= pf_buf_add_string(&buf, "]}}");
        ck_assert_int_eq(r, 0);

        set_up();
        memory_say(&peer, buf.data);
        ck_assert(peer.closed);
        tear_down();

        set_up_with((PfVarlinkServerConfig){ .values_max = 5 });
        exchange("{\"method\":\"org.example.Test.Echo\",\"parameters\":{\"text\":\"\",\"list\":["
                 "\"\"]}}",
                 "{\"parameters\":{\"text\":\"\"}}\n");
        memory_say(&peer, "{\"method\":\"org.example.Test.Echo\",\"parameters\":{\"text\":\"\","
                          "\"list\":[\"\",\"\"]}}");
        ck_assert(peer.closed);
        tear_down();
}
END_TEST

START_TEST(length) {
        PF_AUTO_FREE char *text = malloc(200);
        const char *call = "{\"method\":\"org.example.Test.Tell\"}";

        memset(text, ' ', 199);
        text[199] = '\0';
        memcpy(text, call, strlen(call));

        set_up_with((PfVarlinkServerConfig){ .message_max = 199 });
        exchange(text, "{\"parameters\":{}}\n");
        tear_down();

        set_up_with((PfVarlinkServerConfig){ .message_max = 198 });
        memory_say(&peer, text);
        ck_assert(peer.closed);
        tear_down();

        /* Also before its end has come. */
        set_up_with((PfVarlinkServerConfig){ .message_max = 198 });
        pf_varlink_connection_receive(&peer.connection, text, 199);
        ck_assert(peer.closed);
        tear_down();
}
END_TEST

START_TEST(calls_are_answered_in_order) {
        set_up();
        memory_say(&peer, "{\"method\":\"org.example.Test.Hold\"}");
        memory_say(&peer, "{\"method\":\"org.example.Test.Tell\"}");
        memory_say(&peer, "{\"method\":\"org.example.Test.Hold\"}");
        memory_say(&peer, "{\"method\":\"org.example.Test.Tell\"}");
        ck_assert_uint_eq(example.n_held, 1);
        ck_assert_uint_eq(example.n_tells, 0);
        ck_assert_str_eq(memory_answers(&peer), "");

        example_release(&example, NULL);
        ck_assert_uint_eq(example.n_tells, 1);
        ck_assert_uint_eq(example.n_held, 1);
        ck_assert_str_eq(memory_answers(&peer), "{\"parameters\":{}}\n{\"parameters\":{}}\n");

        example_release(&example, NULL);
        ck_assert_uint_eq(example.n_tells, 2);
        ck_assert_str_eq(memory_answers(&peer), "{\"parameters\":{}}\n{\"parameters\":{}}\n");
        tear_down();
}
END_TEST

/* No depth of the stack for each of a hundred thousand calls. */
START_TEST(many_calls_at_once) {
        static const char call[] = "{\"method\":\"org.example.Test.Tell\",\"oneway\":true}";
        PF_AUTO_BUF PfBuf buf = PF_BUF_INIT((size_t) 16 << 20);

        set_up();
        for (unsigned i = 0; i < 100000; i++)
                ck_assert_int_eq(pf_buf_add(&buf, call, sizeof(call)), 0);
        for (size_t n, i = 0; i < buf.n; i += n) {
                n = buf.n - i < 65536 ? buf.n - i : 65536;
                pf_varlink_connection_receive(&peer.connection, buf.data + i, n);
        }
        ck_assert_uint_eq(example.n_tells, 100000);
        ck_assert_str_eq(memory_answers(&peer), "");
        tear_down();
}
END_TEST

START_TEST(oneway) {
        set_up();
        exchange("{\"method\":\"org.example.Test.Tell\",\"oneway\":true}", "");
        exchange("{\"method\":\"org.example.Test.Missing\",\"oneway\":true}", "");
        exchange("{\"method\":\"org.example.Test.Refuse\",\"oneway\":true}", "");
        exchange("{\"method\":\"org.example.Test.Tell\"}", "{\"parameters\":{}}\n");
        ck_assert_uint_eq(example.n_tells, 2);
        tear_down();
}
END_TEST

START_TEST(more) {
        set_up();
        exchange("{\"method\":\"org.example.Test.Stream\",\"more\":true,\"parameters\":{\"n\":2}}",
                 "{\"parameters\":{\"i\":0},\"continues\":true}\n"
                 "{\"parameters\":{\"i\":1},\"continues\":true}\n"
                 "{\"parameters\":{\"i\":2}}\n");
        exchange("{\"method\":\"org.example.Test.Tell\",\"more\":true}", "{\"parameters\":{}}\n");

        /* One of several, to somebody who wants one: dropped. */
        memory_say(&peer, "{\"method\":\"org.example.Test.Hold\"}");
        pf_varlink_reply_continues(example.held[0], NULL);
        ck_assert_str_eq(memory_answers(&peer), "");
        example_release(&example, NULL);
        ck_assert_str_eq(memory_answers(&peer), "{\"parameters\":{}}\n");
        tear_down();
}
END_TEST

START_TEST(cached_answer_is_shared) {
        set_up();
        ck_assert_int_eq(
                pf_varlink_bytes_new_reply_text("{\"text\":1}", 10, false, &example.cached), 0);
        exchange("{\"method\":\"org.example.Test.Cached\"}", "{\"parameters\":{\"text\":1}}\n");
        exchange("{\"method\":\"org.example.Test.Cached\"}", "{\"parameters\":{\"text\":1}}\n");
        tear_down();
        pf_varlink_bytes_unref(example.cached);
}
END_TEST

/* An answer that the client has not read keeps its next call waiting. */
START_TEST(unread_answers_hold_calls_back) {
        set_up();
        peer.room = 5;
        memory_say(&peer, "{\"method\":\"org.example.Test.Tell\"}");
        memory_say(&peer, "{\"method\":\"org.example.Test.Tell\"}");
        ck_assert_uint_eq(example.n_tells, 1);
        ck_assert(peer.waited);
        ck_assert_str_eq(memory_answers(&peer), "{\"par");
        memory_drain(&peer);
        ck_assert_uint_eq(example.n_tells, 2);
        ck_assert_str_eq(memory_answers(&peer), "ameters\":{}}\n{\"parameters\":{}}\n");
        tear_down();
}
END_TEST

START_TEST(reader_that_is_too_slow) {
        set_up_with((PfVarlinkServerConfig){ .queue_max = 100 });
        peer.room = 0;
        memory_say(&peer, "{\"method\":\"org.example.Test.Hold\",\"more\":true}");
        for (int i = 0; i < 2; i++) { /* 35 bytes each */
                pf_varlink_reply_continues(example.held[0], NULL);
                ck_assert(!peer.closed);
        }
        pf_varlink_reply_continues(example.held[0], NULL);
        ck_assert(peer.closed);
        ck_assert_uint_eq(example.n_cancelled, 0); /* not from within */
        ck_assert(pf_varlink_call_is_cancelled(example.held[0]));
        pf_varlink_reply_continues(example.held[0], NULL);
        tear_down();
        ck_assert_uint_eq(example.n_cancelled, 1);
}
END_TEST

/* More calls than we want to keep: reading stops, and goes on. */
START_TEST(reading_pauses) {
        PF_AUTO_FREE char *spaces = malloc(3000);

        memset(spaces, ' ', 3000);
        set_up_with((PfVarlinkServerConfig){ .message_max = 1000 });
        memory_say(&peer, "{\"method\":\"org.example.Test.Hold\"}");
        memory_say(&peer, "{\"method\":\"org.example.Test.Tell\"}");
        pf_varlink_connection_receive(&peer.connection, spaces, 900);
        ck_assert(!peer.paused);
        memory_say(&peer, "{\"method\":\"org.example.Test.Tell\"}");
        pf_varlink_connection_receive(&peer.connection, spaces, 500);
        ck_assert(peer.paused);
        ck_assert(!peer.closed);
        example_release(&example, NULL);
        ck_assert(!peer.paused);
        ck_assert_uint_eq(example.n_tells, 2);
        tear_down();
}
END_TEST

START_TEST(client_goes_before_the_answer) {
        PfVarlinkCall *call;

        set_up();
        memory_say(&peer, "{\"method\":\"org.example.Test.Hold\",\"parameters\":{}}");
        call = example.held[0];
        pf_varlink_call_on_cancel(call, NULL, NULL);
        ck_assert(!pf_varlink_call_is_cancelled(call));
        memory_close(&peer);

        /* It is still ours, and can still be asked and answered. */
        ck_assert(pf_varlink_call_is_cancelled(call));
        ck_assert_str_eq(pf_varlink_call_method(call), "org.example.Test.Hold");
        ck_assert_uint_eq(pf_varlink_call_uid(call), 1000);
        example_release(&example, pf_json_new_object());
        memory_open(&peer, &service);
        tear_down();
}
END_TEST

START_TEST(cancel_is_told_once) {
        set_up();
        memory_say(&peer, "{\"method\":\"org.example.Test.Hold\"}");
        pf_varlink_connection_close(&peer.connection);
        ck_assert_uint_eq(example.n_cancelled, 0);
        pf_varlink_connection_cancel(&peer.connection);
        ck_assert_uint_eq(example.n_cancelled, 1);
        tear_down();
        ck_assert_uint_eq(example.n_cancelled, 1);
}
END_TEST

START_TEST(dropping_disconnects) {
        set_up();
        memory_say(&peer, "{\"method\":\"org.example.Test.Drop\"}");
        ck_assert(peer.closed);
        ck_assert_str_eq(memory_answers(&peer), "");
        tear_down();
}
END_TEST

START_TEST(sending_fails) {
        set_up();
        peer.failing = true;
        memory_say(&peer, "{\"method\":\"org.example.Test.Tell\"}");
        ck_assert(peer.closed);
        tear_down();
}
END_TEST

/* A client that has said all it will is answered first. */
START_TEST(end_of_calls) {
        set_up();
        memory_say(&peer, "{\"method\":\"org.example.Test.Hold\"}");
        memory_say(&peer, "{\"method\":\"org.example.Test.Tell\"}");
        pf_varlink_connection_receive(&peer.connection, "{\"half", 6);
        pf_varlink_connection_end(&peer.connection);
        ck_assert(!peer.closed);
        peer.room = 20;
        example_release(&example, NULL);
        ck_assert(!peer.closed);
        memory_drain(&peer);
        ck_assert(peer.closed);
        ck_assert_str_eq(memory_answers(&peer), "{\"parameters\":{}}\n{\"parameters\":{}}\n");
        tear_down();
}
END_TEST

START_TEST(half_a_message_for_too_long) {
        set_up_with((PfVarlinkServerConfig){ .stall_ms = 100 });
        ck_assert(!pf_varlink_service_sweep(&service, 1000)); /* a silent client may stay */
        ck_assert(!peer.waited);

        peer.now_ms = 1000;
        pf_varlink_connection_receive(&peer.connection, "{\"met", 5);
        ck_assert(peer.waited);
        ck_assert(pf_varlink_service_sweep(&service, 1099));

        /* More of the same message does not help; its end does. */
        peer.now_ms = 1099;
        pf_varlink_connection_receive(&peer.connection, "hod\"", 4);
        memory_say(&peer, ":\"org.example.Test.Tell\"}");
        ck_assert(!pf_varlink_service_sweep(&service, 5000));
        ck_assert(!peer.closed);

        peer.now_ms = 6000;
        pf_varlink_connection_receive(&peer.connection, "{", 1);
        peer.now_ms = 6050;
        pf_varlink_connection_receive(&peer.connection, "\"", 1);
        ck_assert(pf_varlink_service_sweep(&service, 6099));
        ck_assert(!peer.closed);
        ck_assert(!pf_varlink_service_sweep(&service, 6100));
        ck_assert(peer.closed);
        tear_down();
}
END_TEST

/* Whoever reads a little of an answer in time may go on. */
START_TEST(answer_unread_for_too_long) {
        set_up_with((PfVarlinkServerConfig){ .stall_ms = 100 });
        peer.room = 3;
        peer.now_ms = 1000;
        memory_say(&peer, "{\"method\":\"org.example.Test.Tell\"}");
        ck_assert(pf_varlink_service_sweep(&service, 1099));
        pf_buf_consume(&peer.queue, 1);
        ck_assert(pf_varlink_service_sweep(&service, 1100));
        ck_assert(pf_varlink_service_sweep(&service, 1199));
        ck_assert(!peer.closed);
        ck_assert(!pf_varlink_service_sweep(&service, 1200));
        ck_assert(peer.closed);
        tear_down();
}
END_TEST

/* What all hold together is limited; the one that holds most goes. */
START_TEST(memory_of_all) {
        PF_AUTO_FREE char *bytes = malloc(60000);
        Memory others[3];

        memset(bytes, 'x', 60000);
        set_up_with((PfVarlinkServerConfig){ .memory_max = 100000 });
        for (size_t i = 0; i < PF_ELEMENTS(others); i++)
                memory_open(&others[i], &service);
        pf_varlink_connection_receive(&others[0].connection, bytes, 10000);
        pf_varlink_connection_receive(&others[1].connection, bytes, 60000);
        ck_assert(!others[1].closed);
        pf_varlink_connection_receive(&others[2].connection, bytes, 20000);
        ck_assert(!others[0].closed);
        ck_assert(others[1].closed);
        ck_assert(!others[2].closed);
        exchange("{\"method\":\"org.example.Test.Tell\"}", "{\"parameters\":{}}\n");
        for (size_t i = 0; i < PF_ELEMENTS(others); i++)
                memory_close(&others[i]);
        tear_down();
}
END_TEST

START_TEST(interfaces_that_do_not_match) {
        static const PfVarlinkMethod methods[] = { { "A", NULL, false }, { "B", NULL, false } };
        static const struct {
                PfVarlinkInterface interface;
                int r;
                const char *why;
        } cases[] = {
                { { "a.b", "interface a.c method A() -> ()", methods, 1 }, -EINVAL, "is of a.c" },
                { { "a.b", "interface a.b method C() -> ()", methods, 2 }, -EINVAL, "handles C" },
                { { "a.b", "interface a.b method A() -> ()", methods, 2 }, -EINVAL, "2 methods" },
                { { "a.b", "interface a.b method A()", methods, 2 }, -EINVAL, "expected ->" },
                { { "org.example.Test", "", methods, 2 }, -EEXIST, "already" },
        };

        set_up();
        for (size_t i = 0; i < PF_ELEMENTS(cases); i++) {
                PfErr err = { 0 };

                ck_assert_int_eq(pf_varlink_service_add(&service, &cases[i].interface, NULL, &err),
                                 cases[i].r);
                ck_assert_msg(strstr(err.text, cases[i].why), "%s", err.text);
        }
        tear_down();
}
END_TEST

int main(void) {
        Suite *suite = suite_create("varlink-connection");

        PF_TEST(suite, answers);
        PF_TEST(suite, asked_again);
        PF_TEST(suite, describes_itself);
        PF_TEST(suite, refuses_what_is_not_described);
        PF_TEST(suite, closes_on_what_is_no_call);
        PF_TEST(suite, depth);
        PF_TEST(suite, many_values);
        PF_TEST(suite, length);
        PF_TEST(suite, calls_are_answered_in_order);
        PF_TEST(suite, many_calls_at_once);
        PF_TEST(suite, oneway);
        PF_TEST(suite, more);
        PF_TEST(suite, cached_answer_is_shared);
        PF_TEST(suite, unread_answers_hold_calls_back);
        PF_TEST(suite, reader_that_is_too_slow);
        PF_TEST(suite, reading_pauses);
        PF_TEST(suite, client_goes_before_the_answer);
        PF_TEST(suite, cancel_is_told_once);
        PF_TEST(suite, dropping_disconnects);
        PF_TEST(suite, sending_fails);
        PF_TEST(suite, end_of_calls);
        PF_TEST(suite, half_a_message_for_too_long);
        PF_TEST(suite, answer_unread_for_too_long);
        PF_TEST(suite, memory_of_all);
        PF_TEST(suite, interfaces_that_do_not_match);
        return pf_test_main(suite);
}
