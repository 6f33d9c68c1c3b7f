/* SPDX-License-Identifier: MIT */
/* The relay between a client at two pipes, or a socket, and a service; both are this test. */
#include "daemon/varlink/relay.h"

#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "tests/support/test-main.h"

#define LINGER_MS 200
#define PATIENCE_MS 20000

static uv_loop_t loop;
static PfRelay *relay;
static int client_in, client_out; /* our ends: what we write, and what we read */
static int service;
static int n_ended;
static PfRelayEnd ended;

static void on_ended(PfRelay *from, PfRelayEnd end, void *data) {
        ck_assert_ptr_eq(from, relay);
        ck_assert_ptr_eq(data, &n_ended);
        ended = end;
        n_ended++;
}

static uint64_t now_ms(void) {
        return uv_hrtime() / 1000000;
}

#define WAIT_UNTIL(condition)                                                                      \
        do {                                                                                       \
                for (uint64_t until_ = now_ms() + PATIENCE_MS; !(condition);) {                    \
                        ck_assert_msg(now_ms() < until_, "waited in vain for " #condition);        \
                        (void) uv_run(&loop, UV_RUN_NOWAIT);                                       \
                        (void) usleep(100);                                                        \
                }                                                                                  \
        } while (0)

static void start_with(int in, int out, unsigned linger_ms) {
        PfErr err = { 0 };
        int pair[2];

        ck_assert_int_eq(uv_loop_init(&loop), 0);
        ck_assert_int_eq(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, pair), 0);
        service = pair[0];
        n_ended = 0;
        ck_assert_msg(pf_relay_new(&loop,
                                   &(PfRelayConfig){ .in_fd = in,
                                                     .out_fd = out,
                                                     .service_in_fd = pair[1],
                                                     .service_out_fd = pair[1],
                                                     .linger_ms = linger_ms,
                                                     .ended = on_ended,
                                                     .data = &n_ended },
                                   &relay, &err) == 0,
                      "%s", err.text);
}

/* As ssh gives them to a program. */
static void start_on_pipes(unsigned linger_ms) {
        int in[2], out[2];

        ck_assert_int_eq(pipe2(in, O_NONBLOCK), 0);
        ck_assert_int_eq(pipe2(out, O_NONBLOCK), 0);
        client_in = in[1];
        client_out = out[0];
        start_with(in[0], out[1], linger_ms);
}

static void stop(void) {
        relay = pf_relay_free(relay);
        ck_assert_int_eq(uv_run(&loop, UV_RUN_DEFAULT), 0);
        ck_assert_int_eq(uv_loop_close(&loop), 0);
        client_in = pf_close(client_in);
        client_out = pf_close(client_out);
        service = pf_close(service);
}

static void say(int fd, const char *text) {
        ck_assert_int_eq(write(fd, text, strlen(text)), (ssize_t) strlen(text));
}

static void expect(int fd, const char *text) {
        char buffer[256] = "";
        size_t n = 0;

        while (n < strlen(text)) {
                ssize_t got = 0;

                WAIT_UNTIL((got = read(fd, buffer + n, sizeof(buffer) - 1 - n)) >= 0);
                ck_assert_int_gt(got, 0);
                n += (size_t) got;
        }
        ck_assert_str_eq(buffer, text);
}

static void expect_end(int fd) {
        char byte;
        ssize_t got = -1;

        WAIT_UNTIL((got = read(fd, &byte, 1)) >= 0);
        ck_assert_int_eq(got, 0);
}

START_TEST(carries_both_ways) {
        start_on_pipes(0);
        for (int i = 0; i < 3; i++) {
                say(client_in, "call");
                expect(service, "call");
                say(service, "answer");
                expect(client_out, "answer");
        }
        ck_assert_int_eq(n_ended, 0);
        stop();
        ck_assert_int_eq(n_ended, 0);
}
END_TEST

START_TEST(a_client_may_be_one_socket) {
        int pair[2];

        ck_assert_int_eq(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, pair), 0);
        client_in = pair[0];
        client_out = dup(pair[0]);
        start_with(pair[1], pair[1], 0);
        say(client_in, "call");
        expect(service, "call");
        ck_assert_int_eq(shutdown(client_in, SHUT_WR), 0);
        expect_end(service);
        say(service, "answer");
        expect(client_out, "answer");
        service = pf_close(service);
        expect_end(client_out);
        WAIT_UNTIL(n_ended == 1);
        ck_assert_int_eq(ended, PF_RELAY_CLIENT_ENDED);
        stop();
}
END_TEST

#define TOTAL ((size_t) 1 << 20)

/* The service sends back what it gets, as far as that is taken. Return: bytes. */
static size_t echo(size_t n) {
        static char bytes[32768];
        ssize_t got = recv(service, bytes, n, MSG_PEEK);

        if (got > 0)
                got = write(service, bytes, (size_t) got);
        return got > 0 ? (size_t) read(service, bytes, (size_t) got) : 0;
}

/* Nothing is lost, doubled or out of order, whatever sizes it comes in. */
START_TEST(every_byte_once_and_in_order) {
        static char said[TOTAL], heard[TOTAL];
        size_t n_said = 0, n_echoed = 0, n_heard = 0;
        unsigned seed = 1;

        for (size_t i = 0; i < TOTAL; i++)
                said[i] = (char) rand_r(&seed);
        start_on_pipes(0);
        for (uint64_t until = now_ms() + PATIENCE_MS; n_heard < TOTAL && now_ms() < until;) {
                size_t n = (size_t) rand_r(&seed) % 32768 + 1;
                ssize_t put =
                        write(client_in, said + n_said, n < TOTAL - n_said ? n : TOTAL - n_said);
                ssize_t got;

                n_said += put > 0 ? (size_t) put : 0;
                n_echoed += echo((size_t) rand_r(&seed) % 32768 + 1);
                (void) uv_run(&loop, UV_RUN_NOWAIT);
                got = read(client_out, heard + n_heard, TOTAL - n_heard);
                n_heard += got > 0 ? (size_t) got : 0;
        }
        ck_assert_uint_eq(n_echoed, TOTAL);
        ck_assert_uint_eq(n_heard, TOTAL);
        ck_assert_mem_eq(said, heard, TOTAL);
        stop();
}
END_TEST

START_TEST(who_asks_no_more_is_still_answered) {
        start_on_pipes(0);
        say(client_in, "call");
        client_in = pf_close(client_in);
        expect(service, "call");
        expect_end(service);
        say(service, "answer");
        expect(client_out, "answer");
        ck_assert_int_eq(n_ended, 0);
        service = pf_close(service);
        expect_end(client_out);
        WAIT_UNTIL(n_ended == 1);
        ck_assert_int_eq(ended, PF_RELAY_CLIENT_ENDED);
        stop();
}
END_TEST

START_TEST(what_a_service_said_last_is_heard) {
        start_on_pipes(0);
        say(client_in, "garbage");
        say(service, "go away");
        service = pf_close(service);
        expect(client_out, "go away");
        expect_end(client_out);
        WAIT_UNTIL(n_ended == 1);
        ck_assert_int_eq(ended, PF_RELAY_SERVICE_ENDED);
        stop();
        ck_assert_int_eq(n_ended, 1);
}
END_TEST

START_TEST(a_service_that_hangs_is_left) {
        start_on_pipes(LINGER_MS);
        say(client_in, "call");
        client_in = pf_close(client_in);
        WAIT_UNTIL(n_ended == 1);
        ck_assert_int_eq(ended, PF_RELAY_STALLED);
        stop();
}
END_TEST

/* Each answer gives it more time. */
START_TEST(a_service_that_goes_on_is_not_left) {
        start_on_pipes(4 * LINGER_MS);
        client_in = pf_close(client_in);
        expect_end(service);
        for (uint64_t until = now_ms() + 8 * LINGER_MS; now_ms() < until;) {
                say(service, "more");
                expect(client_out, "more");
                ck_assert_int_eq(n_ended, 0);
        }
        stop();
}
END_TEST

/* Nobody reads: the service is held back, and not for ever. */
START_TEST(a_client_that_does_not_read_holds_the_service_back) {
        static char bytes[65536];
        size_t sent = 0;
        unsigned n_full = 0;

        start_on_pipes(LINGER_MS);
        while (n_full < 50) {
                ssize_t n = write(service, bytes, sizeof(bytes));

                sent += n > 0 ? (size_t) n : 0;
                n_full = n > 0 ? 0 : n_full + 1;
                (void) uv_run(&loop, UV_RUN_NOWAIT);
                ck_assert_uint_lt(sent, (size_t) 16 << 20);
        }
        WAIT_UNTIL(n_ended == 1);
        ck_assert_int_eq(ended, PF_RELAY_STALLED);
        stop();
}
END_TEST

/* And who has nothing to say may wait. */
START_TEST(silence_is_no_stall) {
        start_on_pipes(LINGER_MS);
        say(client_in, "call");
        expect(service, "call");
        for (uint64_t until = now_ms() + 3 * LINGER_MS; now_ms() < until; usleep(1000))
                (void) uv_run(&loop, UV_RUN_NOWAIT);
        ck_assert_int_eq(n_ended, 0);
        say(service, "answer");
        expect(client_out, "answer");
        stop();
}
END_TEST

START_TEST(a_client_that_is_gone_ends_it) {
        start_on_pipes(0);
        client_out = pf_close(client_out);
        say(service, "answer");
        WAIT_UNTIL(n_ended == 1);
        ck_assert_int_eq(ended, PF_RELAY_CLIENT_ENDED);
        expect_end(service);
        stop();
}
END_TEST

/* Of two that end at once the order does not matter: it ends. */
START_TEST(all_gone_at_once) {
        start_on_pipes(0);
        say(client_in, "call");
        client_in = pf_close(client_in);
        client_out = pf_close(client_out);
        service = pf_close(service);
        WAIT_UNTIL(n_ended == 1);
        stop();
}
END_TEST

START_TEST(freed_while_it_writes) {
        static char bytes[65536];

        start_on_pipes(0);
        for (int i = 0; i < 50; i++) {
                (void) !write(service, bytes, sizeof(bytes));
                (void) !write(client_in, bytes, sizeof(bytes));
                (void) uv_run(&loop, UV_RUN_NOWAIT);
        }
        stop();
        ck_assert_int_eq(n_ended, 0);
}
END_TEST

static int start_at(const char *path, int in, PfErr *err) {
        PfRelay *none = NULL;
        int out[2], r;

        ck_assert_int_eq(uv_loop_init(&loop), 0);
        ck_assert_int_eq(pipe(out), 0);
        r = pf_relay_new(
                &loop,
                &(PfRelayConfig){ .in_fd = in, .out_fd = out[1], .path = path, .ended = on_ended },
                &none, err);
        ck_assert_int_lt(r, 0);
        ck_assert_int_eq(uv_run(&loop, UV_RUN_DEFAULT), 0);
        ck_assert_int_eq(uv_loop_close(&loop), 0);
        expect_end(out[0]); /* taken over, and closed */
        pf_close(out[0]);
        return r;
}

START_TEST(there_has_to_be_a_service) {
        struct sockaddr_un address = { .sun_family = AF_UNIX };
        int stale = socket(AF_UNIX, SOCK_STREAM, 0);
        PfErr err = { 0 }, refused = { 0 };
        int pair[2];

        ck_assert_int_eq(pipe(pair), 0);
        ck_assert_int_eq(start_at("/nonexistent/socket", dup(pair[0]), &err), -ENOENT);
        ck_assert_ptr_nonnull(strstr(err.text, "/nonexistent/socket"));

        (void) snprintf(address.sun_path, sizeof(address.sun_path), "/tmp/pf-relay-%d", getpid());
        ck_assert_int_eq(bind(stale, (struct sockaddr *) &address, sizeof(address)), 0);
        ck_assert_int_eq(start_at(address.sun_path, dup(pair[0]), &refused), -ECONNREFUSED);
        ck_assert_int_eq(unlink(address.sun_path), 0);
        pf_close(stale);
        pf_close(pair[0]);
        pf_close(pair[1]);
}
END_TEST

START_TEST(a_file_is_no_client) {
        struct sockaddr_un address = { .sun_family = AF_UNIX };
        int listener = socket(AF_UNIX, SOCK_STREAM, 0);
        PfErr err = { 0 };

        (void) snprintf(address.sun_path, sizeof(address.sun_path), "/tmp/pf-relay-%d", getpid());
        ck_assert_int_eq(bind(listener, (struct sockaddr *) &address, sizeof(address)), 0);
        ck_assert_int_eq(listen(listener, 1), 0);
        ck_assert_int_eq(start_at(address.sun_path, open("/dev/null", O_RDONLY), &err), -EINVAL);
        ck_assert_ptr_nonnull(strstr(err.text, "no local socket and no pipe"));
        ck_assert_int_eq(unlink(address.sun_path), 0);
        pf_close(listener);
}
END_TEST

int main(void) {
        Suite *suite = suite_create("relay");

        (void) signal(SIGPIPE, SIG_IGN);
        PF_TEST(suite, carries_both_ways);
        PF_TEST(suite, a_client_may_be_one_socket);
        PF_TEST(suite, every_byte_once_and_in_order);
        PF_TEST(suite, who_asks_no_more_is_still_answered);
        PF_TEST(suite, what_a_service_said_last_is_heard);
        PF_TEST(suite, a_service_that_hangs_is_left);
        PF_TEST(suite, a_service_that_goes_on_is_not_left);
        PF_TEST(suite, a_client_that_does_not_read_holds_the_service_back);
        PF_TEST(suite, silence_is_no_stall);
        PF_TEST(suite, a_client_that_is_gone_ends_it);
        PF_TEST(suite, all_gone_at_once);
        PF_TEST(suite, freed_while_it_writes);
        PF_TEST(suite, there_has_to_be_a_service);
        PF_TEST(suite, a_file_is_no_client);
        return pf_test_main(suite);
}
