/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * The service with probes that do as they are told, and clients of it, for its tests. All share
 * the thread: whoever waits for a reply runs the loop.
 */

#include <string.h>
#include <sys/socket.h>

#include "daemon/report/service-internal.h"
#include "daemon/varlink/client.h"
#include "tests/support/fake-probes.h"
#include "tests/support/sandbox.h"
#include "tests/support/test-main.h"

#define INTERFACE "org.preflightd.Preflight."
#define REPLIES_MAX 64
#define TURNS_MAX 100000

static uv_loop_t loop;
static PfSandbox box;
static PfSettings *settings;
static PfService *service;
static PfVarlinkServer *server;
static char status_line[512];

PF_UNUSED static void on_status(const char *line, void *data) {
        (void) data;
        (void) snprintf(status_line, sizeof(status_line), "%s", line);
}

PF_UNUSED static void start(void) {
        PfErr err = { 0 };

        ck_assert_int_eq(uv_loop_init(&loop), 0);
        pf_sandbox_new(&box);
        pf_fake_set_failing(false);
        status_line[0] = '\0';
        settings = pf_settings_new();
        ck_assert_ptr_nonnull(settings);
        ck_assert_msg(pf_service_new(&(PfServiceConfig){ .loop = &loop,
                                                         .target = box.target,
                                                         .host = box.target,
                                                         .settings = settings,
                                                         .status = on_status },
                                     &service, &err) == 0,
                      "%s", err.text);
        ck_assert_int_eq(pf_varlink_server_new(&loop,
                                               &(PfVarlinkServerConfig){ .vendor = "test",
                                                                         .product = "test",
                                                                         .version = "1",
                                                                         .url = "test:" },
                                               &server, &err),
                         0);
        ck_assert_msg(pf_varlink_server_add(server, &pf_service_interface, service, &err) == 0,
                      "%s", err.text);
}

PF_UNUSED static void stop(void) {
        server = pf_varlink_server_free(server);
        service = pf_service_free(service);
        (void) uv_run(&loop, UV_RUN_DEFAULT);
        ck_assert_int_eq(uv_loop_close(&loop), 0);
        settings = pf_settings_free(settings);
        pf_sandbox_close(&box);
}

/* A client, and what it was answered so far. */
typedef struct Peer {
        PfVarlinkClient *client;
        PfJson *replies[REPLIES_MAX];
        char error[128];
        size_t n;
        bool is_over; /* the last reply came */
} Peer;

PF_UNUSED static void peer_open(Peer *peer) {
        PfErr err = { 0 };
        int fds[2];

        *peer = (Peer){ 0 };
        ck_assert_int_eq(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds), 0);
        ck_assert_int_eq(pf_varlink_server_add_connection(server, fds[0], fds[0], &err), 0);
        ck_assert_int_eq(pf_varlink_client_new_fds(&loop, fds[1], fds[1], &peer->client, &err), 0);
}

PF_UNUSED static void peer_close(Peer *peer) {
        peer->client = pf_varlink_client_free(peer->client);
        for (size_t i = 0; i < peer->n; i++)
                (void) pf_json_free(peer->replies[i]);
        *peer = (Peer){ 0 };
}

PF_UNUSED static void on_reply(PfVarlinkClient *client, const PfVarlinkReply *reply, void *data) {
        Peer *peer = data;

        (void) client;
        ck_assert_uint_lt(peer->n, REPLIES_MAX);
        if (reply->error)
                (void) snprintf(peer->error, sizeof(peer->error), "%s", reply->error);
        peer->replies[peer->n++] = pf_json_ref((PfJson *) reply->parameters);
        peer->is_over = !reply->continues;
}

PF_UNUSED static void peer_call(Peer *peer, const char *method, const char *parameters,
                                PfVarlinkCallFlags flags) {
        PF_AUTO_BUF PfBuf name = PF_BUF_INIT(128);
        PfJson *json = NULL;
        PfErr err = { 0 };

        peer->is_over = false;
        ck_assert_int_eq(pf_json_parse(parameters, strlen(parameters), 16, &json, &err), 0);
        ck_assert_int_eq(pf_buf_printf(&name, INTERFACE "%s", method), 0);
        ck_assert_int_eq(pf_varlink_client_call(peer->client, name.data, json, flags, 0, on_reply,
                                                peer, &err),
                         0);
}

PF_UNUSED static void wait_for_replies(const Peer *peer, size_t n) {
        for (int i = 0; peer->n < n; i++) {
                ck_assert_int_lt(i, TURNS_MAX);
                (void) uv_run(&loop, UV_RUN_ONCE);
        }
}

PF_UNUSED static const PfJson *last(const Peer *peer) {
        return peer->n ? peer->replies[peer->n - 1] : NULL;
}

/* One call, to its last reply. */
PF_UNUSED static void ask(Peer *peer, const char *method, const char *parameters,
                          PfVarlinkCallFlags flags) {
        peer_call(peer, method, parameters, flags);
        for (int i = 0; !peer->is_over; i++) {
                ck_assert_int_lt(i, TURNS_MAX);
                (void) uv_run(&loop, UV_RUN_ONCE);
        }
}

PF_UNUSED static const PfJson *check_in(const PfJson *report, const char *id) {
        const PfJson *checks = pf_json_get(report, "checks");

        for (size_t i = 0; i < pf_json_length(checks); i++) {
                const PfJson *check = pf_json_at(checks, i);

                if (strcmp(pf_json_get_string(check, "check"), id) == 0)
                        return check;
        }
        return NULL;
}

PF_UNUSED static int64_t started(const PfJson *reply) {
        return pf_json_integer(pf_json_get(pf_json_get(reply, "report"), "startedUSec"));
}
