/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * The server on real sockets, for its tests. Client and server share the thread: whoever
 * waits for an answer runs the loop.
 */

#include <signal.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

#include "daemon/varlink/server.h"
#include "tests/support/test-main.h"
#include "tests/support/varlink-example.h"

#define TELL "{\"method\":\"org.example.Test.Tell\"}"
#define HOLD "{\"method\":\"org.example.Test.Hold\"}"
#define HOLD_MORE "{\"method\":\"org.example.Test.Hold\",\"more\":true}"
#define WHO "{\"method\":\"org.example.Test.Who\"}"
#define EMPTY "{\"parameters\":{}}"

static uv_loop_t loop;
static PfVarlinkServer *server;
static Example example;
static char directory[64];
static char path[128];

PF_UNUSED static void start(PfVarlinkServerConfig config) {
        PfErr err = { 0 };

        config.vendor = config.product = config.version = config.url = "";
        example = (Example){ 0 };
        ck_assert_int_eq(uv_loop_init(&loop), 0);
        ck_assert_msg(pf_varlink_server_new(&loop, &config, &server, &err) == 0, "%s", err.text);
        ck_assert_int_eq(pf_varlink_server_add(server, &example_interface, &example, NULL), 0);
}

PF_UNUSED static void stop(void) {
        server = pf_varlink_server_free(server);
        ck_assert_uint_eq(example.n_held, 0);
        ck_assert_int_eq(uv_run(&loop, UV_RUN_DEFAULT), 0);
        ck_assert_int_eq(uv_loop_close(&loop), 0);
}

PF_UNUSED static void start_at_path(PfVarlinkServerConfig config) {
        PfErr err = { 0 };

        strcpy(directory, "/tmp/pf-server-XXXXXX");
        ck_assert_ptr_nonnull(mkdtemp(directory));
        ck_assert_int_eq(chmod(directory, 0755), 0);
        (void) snprintf(path, sizeof(path), "%s/org.example.Test", directory);
        start(config);
        ck_assert_msg(pf_varlink_server_listen_path(server, path, 0666, &err) == 0, "%s", err.text);
}

PF_UNUSED static void stop_at_path(void) {
        stop();
        ck_assert_int_eq(access(path, F_OK), -1);
        ck_assert_int_eq(rmdir(directory), 0);
}

PF_UNUSED static uint64_t now_ms(void) {
        return uv_hrtime() / 1000000;
}

/* For so long, and some turns at least: on a busy machine the time is over at once. */
PF_UNUSED static void run_for(unsigned ms) {
        uint64_t end = now_ms() + ms;

        for (unsigned turn = 0; turn < 10 || now_ms() < end; turn++) {
                (void) uv_run(&loop, UV_RUN_NOWAIT);
                (void) usleep(200);
        }
}

#define WAIT_UNTIL(condition)                                                                      \
        do {                                                                                       \
                uint64_t until_ = now_ms() + 5000;                                                 \
                bool met_ = false;                                                                 \
                while (!met_ && now_ms() < until_) {                                               \
                        met_ = (condition);                                                        \
                        if (!met_)                                                                 \
                                run_for(1);                                                        \
                }                                                                                  \
                ck_assert_msg(met_, "waited in vain for " #condition);                             \
        } while (0)

PF_UNUSED static unsigned n_clients(void) {
        return pf_varlink_server_n_clients(server);
}

PF_UNUSED static int new_client(void) {
        struct sockaddr_un address = { .sun_family = AF_UNIX };
        int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

        ck_assert_int_ge(fd, 0);
        strcpy(address.sun_path, path);
        if (connect(fd, (struct sockaddr *) &address, sizeof(address)) < 0)
                return pf_close(fd);
        return fd;
}

PF_UNUSED static int new_client_as(uid_t uid) {
        int fd;

        ck_assert_int_eq(seteuid(uid), 0);
        fd = new_client();
        ck_assert_int_eq(seteuid(0), 0);
        return fd;
}

PF_UNUSED static void say(int fd, const char *text) {
        ck_assert_ptr_nonnull(text);
        ck_assert_int_eq(write(fd, text, strlen(text) + 1), (ssize_t) strlen(text) + 1);
}

/* Read one message within five seconds. Returns its length, 0 for the end, or -1. */
PF_UNUSED static ssize_t hear(int fd, char *buffer, size_t n) {
        size_t used = 0;

        for (uint64_t end = now_ms() + 5000; now_ms() < end && used < n;) {
                ssize_t got = read(fd, buffer + used, 1);

                if (got == 0 || (got < 0 && errno != EAGAIN))
                        return 0;
                if (got == 1 && buffer[used++] == '\0')
                        return (ssize_t) used - 1;
                if (got < 0)
                        (void) uv_run(&loop, UV_RUN_NOWAIT);
        }
        return -1;
}

PF_UNUSED static void expect(int fd, const char *text) {
        char buffer[4096] = "";

        ck_assert_int_eq(hear(fd, buffer, sizeof(buffer)), (ssize_t) strlen(text));
        ck_assert_str_eq(buffer, text);
}

PF_UNUSED static void expect_closed(int fd) {
        char buffer[4096];

        ck_assert_int_eq(hear(fd, buffer, sizeof(buffer)), 0);
}
