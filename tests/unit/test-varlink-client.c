/* SPDX-License-Identifier: MIT */
#include "daemon/varlink/client.h"

#include <signal.h>
#include <string.h>
#include <sys/socket.h>

#include "daemon/varlink/server.h"
#include "tests/support/test-main.h"
#include "tests/support/varlink-example.h"

static uv_loop_t loop;
static PfVarlinkClient *client;
static int service_fd; /* where a test plays the service */

/* What the callbacks saw, one line an answer. */
static PfBuf seen = PF_BUF_INIT((size_t) 1 << 20);
static bool free_in_callback;

static void note(PfVarlinkClient *from, const PfVarlinkReply *reply, void *data) {
        PF_AUTO_BUF PfBuf parameters = PF_BUF_INIT(1000);

        ck_assert_ptr_eq(from, client);
        if (reply->parameters)
                ck_assert_int_eq(pf_json_write(reply->parameters, &parameters), 0);
        ck_assert_int_eq(pf_buf_printf(&seen, "%s: %d %s %s%s%s%s\n", (const char *) data,
                                       reply->result, reply->error ? reply->error : "-",
                                       parameters.data ? parameters.data : "-",
                                       reply->continues ? " ..." : "", reply->text ? " # " : "",
                                       reply->text ? reply->text : ""),
                         0);
        if (free_in_callback)
                client = pf_varlink_client_free(client);
}

static void call(const char *method, const char *parameters, PfVarlinkCallFlags flags,
                 unsigned deadline_ms, const char *name) {
        PfJson *object = NULL;
        PfErr err = { 0 };
        int r;

        if (parameters)
                ck_assert_int_eq(pf_json_parse(parameters, strlen(parameters), 8, &object, NULL),
                                 0);
        r = pf_varlink_client_call(client, method, object, flags, deadline_ms, note, (void *) name,
                                   &err);
        ck_assert_msg(r == 0, "%s", err.text);
}

static void expect_seen(const char *text) {
        ck_assert_str_eq(seen.data ? seen.data : "", text);
        pf_buf_deinit(&seen);
}

/* With a test as the service. */
static void set_up(void) {
        int fds[2];

        free_in_callback = false;
        ck_assert_int_eq(uv_loop_init(&loop), 0);
        ck_assert_int_eq(socketpair(AF_UNIX, SOCK_STREAM, 0, fds), 0);
        service_fd = fds[0];
        ck_assert_int_eq(pf_varlink_client_new_fds(&loop, fds[1], fds[1], &client, NULL), 0);
}

static void tear_down(void) {
        client = pf_varlink_client_free(client);
        service_fd = pf_close(service_fd);
        ck_assert_int_eq(uv_run(&loop, UV_RUN_DEFAULT), 0);
        ck_assert_int_eq(uv_loop_close(&loop), 0);
        pf_buf_deinit(&seen);
}

static void answer(const char *text) {
        const size_t n = strlen(text) + 1;

        ck_assert_int_eq(write(service_fd, text, n), (ssize_t) n);
        (void) uv_run(&loop, UV_RUN_NOWAIT);
}

static void expect_said(const char *text) {
        char buffer[1000] = "";
        ssize_t n;

        (void) uv_run(&loop, UV_RUN_NOWAIT);
        n = read(service_fd, buffer, sizeof(buffer));
        ck_assert_int_eq(n, (ssize_t) strlen(text) + 1);
        ck_assert_str_eq(buffer, text);
}

START_TEST(calls_as_text) {
        set_up();
        call("a.b.C", NULL, PF_VARLINK_CALL_DEFAULT, 0, "c");
        expect_said("{\"method\":\"a.b.C\",\"parameters\":{}}");
        call("a.b.D", "{\"x\":1}", PF_VARLINK_CALL_MORE, 0, "d");
        expect_said("{\"method\":\"a.b.D\",\"parameters\":{\"x\":1},\"more\":true}");
        call("a.b.E", "{}", PF_VARLINK_CALL_ONEWAY, 0, "e");
        expect_said("{\"method\":\"a.b.E\",\"parameters\":{},\"oneway\":true}");
        expect_seen("");
        tear_down();
}
END_TEST

START_TEST(answers_in_order) {
        set_up();
        call("a.b.C", NULL, PF_VARLINK_CALL_MORE, 0, "1");
        call("a.b.C", NULL, PF_VARLINK_CALL_ONEWAY, 0, "never");
        call("a.b.C", NULL, PF_VARLINK_CALL_DEFAULT, 0, "2");
        answer("{\"parameters\":{\"x\":1},\"continues\":true}");
        answer("{\"continues\":true}");
        answer("{\"parameters\":null,\"continues\":false}");
        answer("{\"error\":\"a.b.Bad\",\"parameters\":{\"n\":1,\"why\":\"so\"}}");
        expect_seen("1: 0 - {\"x\":1} ...\n1: 0 - - ...\n1: 0 - -\n"
                    "2: 0 a.b.Bad {\"n\":1,\"why\":\"so\"} # a.b.Bad (why: so)\n");
        call("a.b.C", NULL, PF_VARLINK_CALL_DEFAULT, 0, "3");
        answer("{\"error\":\"a.b.Bad\"}");
        expect_seen("3: 0 a.b.Bad - # a.b.Bad\n");
        tear_down();
}
END_TEST

START_TEST(what_is_no_answer) {
        static const char *const cases[] = {
                "",
                "{",
                "[]",
                "7",
                "{\"error\":7}",
                "{\"parameters\":[]}",
                "{\"continues\":1}",
                "{\"continues\":true}",
                "{\"error\":\"a.b.C\",\"continues\":true}",
        };

        for (size_t i = 0; i < PF_ELEMENTS(cases); i++) {
                set_up();
                call("a.b.C", NULL, PF_VARLINK_CALL_DEFAULT, 0, "1");
                call("a.b.C", NULL, PF_VARLINK_CALL_DEFAULT, 0, "2");
                answer(cases[i]);
                ck_assert_msg(strstr(seen.data, "1: -74 - - # ") == seen.data, "%s: %s", cases[i],
                              seen.data);
                ck_assert_ptr_nonnull(strstr(seen.data, "\n2: -74 - - # "));
                ck_assert_int_eq(pf_varlink_client_call(client, "a.b.C", NULL,
                                                        PF_VARLINK_CALL_DEFAULT, 0, note, "3",
                                                        NULL),
                                 -ENOTCONN);
                tear_down();
        }
}
END_TEST

START_TEST(answer_to_nobody) {
        set_up();
        call("a.b.C", NULL, PF_VARLINK_CALL_DEFAULT, 0, "1");
        answer("{}");
        answer("{}");
        expect_seen("1: 0 - -\n");
        ck_assert_int_eq(pf_varlink_client_call(client, "a.b.C", NULL, PF_VARLINK_CALL_DEFAULT, 0,
                                                note, "2", NULL),
                         -ENOTCONN);
        tear_down();
}
END_TEST

START_TEST(service_goes) {
        set_up();
        call("a.b.C", NULL, PF_VARLINK_CALL_DEFAULT, 0, "1");
        answer("{\"half\":"
               "1}");
        call("a.b.C", NULL, PF_VARLINK_CALL_DEFAULT, 0, "2");
        pf_buf_deinit(&seen);
        ck_assert_int_eq(write(service_fd, "{\"para", 6), 6);
        service_fd = pf_close(service_fd);
        (void) uv_run(&loop, UV_RUN_DEFAULT);
        ck_assert_ptr_nonnull(seen.data);
        ck_assert_msg(strstr(seen.data, "2: -104 - - # ") == seen.data, "%s", seen.data);
        tear_down();
}
END_TEST

START_TEST(deadlines) {
        uint64_t before = uv_hrtime();

        set_up();
        call("a.b.Slow", NULL, PF_VARLINK_CALL_DEFAULT, 0, "1");
        call("a.b.C", NULL, PF_VARLINK_CALL_DEFAULT, 60, "2");
        call("a.b.C", NULL, PF_VARLINK_CALL_DEFAULT, 5000, "3");
        (void) uv_run(&loop, UV_RUN_DEFAULT);
        expect_seen("1: -110 - - # no answer to a.b.C within 60 ms\n"
                    "2: -110 - - # no answer to a.b.C within 60 ms\n"
                    "3: -110 - - # no answer to a.b.C within 60 ms\n");
        ck_assert_uint_ge(uv_hrtime() - before, 55 * UINT64_C(1000000));
        ck_assert_uint_lt(uv_hrtime() - before, 4000 * UINT64_C(1000000));
        tear_down();
}
END_TEST

/* Each of several answers has the time anew; an answer in time stops the clock. */
START_TEST(deadline_of_several_answers) {
        set_up();
        call("a.b.C", NULL, PF_VARLINK_CALL_MORE, 400, "1");
        for (int i = 0; i < 4; i++) {
                (void) usleep(150000);
                answer("{\"continues\":true}");
        }
        ck_assert_ptr_null(strstr(seen.data, "-110"));
        answer("{}");
        ck_assert_int_eq(uv_backend_timeout(&loop), -1);
        pf_buf_deinit(&seen);
        tear_down();
}
END_TEST

START_TEST(freed_in_a_callback) {
        static const char two[] = "{\"parameters\":{\"a\":\"b\"}}\0{}";

        for (int failing = 0; failing < 2; failing++) {
                set_up();
                free_in_callback = true;
                call("a.b.C", NULL, PF_VARLINK_CALL_DEFAULT, 1000, "1");
                call("a.b.C", NULL, PF_VARLINK_CALL_DEFAULT, 1000, "2");
                if (failing)
                        service_fd = pf_close(service_fd);
                else
                        ck_assert_int_eq(write(service_fd, two, sizeof(two)), sizeof(two));
                (void) uv_run(&loop, UV_RUN_DEFAULT);
                ck_assert_ptr_nonnull(strstr(seen.data, "1: "));
                ck_assert_ptr_null(strstr(seen.data, "2: "));
                tear_down();
        }
}
END_TEST

START_TEST(freed_at_once) {
        set_up();
        call("a.b.C", NULL, PF_VARLINK_CALL_DEFAULT, 1000, "1");
        tear_down();
        expect_seen("");
}
END_TEST

START_TEST(no_service) {
        PfErr err = { 0 };

        ck_assert_int_eq(uv_loop_init(&loop), 0);
        ck_assert_int_eq(pf_varlink_client_new_path(&loop, "/nowhere/at/all", &client, &err),
                         -ENOENT);
        ck_assert_ptr_nonnull(strstr(err.text, "/nowhere/at/all"));
        ck_assert_int_lt(pf_varlink_client_new_fds(&loop, -1, -1, &client, NULL), 0);
        ck_assert_int_eq(uv_run(&loop, UV_RUN_DEFAULT), 0);
        ck_assert_int_eq(uv_loop_close(&loop), 0);
}
END_TEST

/* Both of ours, with one another. */
START_TEST(with_the_server) {
        const PfVarlinkServerConfig config = {
                .vendor = "", .product = "", .version = "", .url = ""
        };
        PfVarlinkServer *server;
        Example example = { 0 };
        int fds[2];

        free_in_callback = false;
        service_fd = -1;
        ck_assert_int_eq(uv_loop_init(&loop), 0);
        ck_assert_int_eq(socketpair(AF_UNIX, SOCK_STREAM, 0, fds), 0);
        ck_assert_int_eq(pf_varlink_server_new(&loop, &config, &server, NULL), 0);
        ck_assert_int_eq(pf_varlink_server_add(server, &example_interface, &example, NULL), 0);
        ck_assert_int_eq(pf_varlink_server_add_connection(server, fds[0], fds[0], NULL), 0);
        ck_assert_int_eq(pf_varlink_client_new_fds(&loop, fds[1], fds[1], &client, NULL), 0);
        call("org.example.Test.Echo", "{\"text\":\"a\"}", PF_VARLINK_CALL_DEFAULT, 5000, "1");
        call("org.example.Test.Stream", "{\"n\":1}", PF_VARLINK_CALL_MORE, 5000, "2");
        call("org.example.Test.Stream", "{\"n\":1}", PF_VARLINK_CALL_DEFAULT, 5000, "3");
        call("org.example.Test.Refuse", NULL, PF_VARLINK_CALL_DEFAULT, 5000, "4");
        call("org.example.Test.Drop", NULL, PF_VARLINK_CALL_DEFAULT, 5000, "5");
        while (!seen.data || !strstr(seen.data, "5: "))
                (void) uv_run(&loop, UV_RUN_ONCE);
        expect_seen("1: 0 - {\"text\":\"a\"}\n2: 0 - {\"i\":0} ...\n2: 0 - {\"i\":1}\n"
                    "3: 0 org.varlink.service.ExpectedMore {} # org.varlink.service.ExpectedMore\n"
                    "4: 0 org.example.Test.Refused {\"reason\":\"because\"}"
                    " # org.example.Test.Refused (reason: because)\n"
                    "5: -104 - - # the service has closed the connection\n");
        pf_varlink_server_free(server);
        tear_down();
}
END_TEST

int main(void) {
        Suite *suite = suite_create("varlink-client");

        (void) signal(SIGPIPE, SIG_IGN);
        PF_TEST(suite, calls_as_text);
        PF_TEST(suite, answers_in_order);
        PF_TEST(suite, what_is_no_answer);
        PF_TEST(suite, answer_to_nobody);
        PF_TEST(suite, service_goes);
        PF_TEST(suite, deadlines);
        PF_TEST(suite, deadline_of_several_answers);
        PF_TEST(suite, freed_in_a_callback);
        PF_TEST(suite, freed_at_once);
        PF_TEST(suite, no_service);
        PF_TEST(suite, with_the_server);
        return pf_test_main(suite);
}
