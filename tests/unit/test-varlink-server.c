/* SPDX-License-Identifier: MIT */
/* The server on real sockets: where they come from, who is at the other end, and answers
 * on them. */
#include "tests/support/server-case.h"

#include <fcntl.h>
#include <netinet/in.h>

START_TEST(answers_at_a_path) {
        struct stat st;
        int fd;

        start_at_path((PfVarlinkServerConfig){ 0 });
        ck_assert_int_eq(stat(path, &st), 0);
        ck_assert_uint_eq(st.st_mode & 07777, 0666);
        fd = new_client();
        say(fd, TELL);
        expect(fd, EMPTY);
        ck_assert_uint_eq(n_clients(), 1);
        pf_close(fd);
        WAIT_UNTIL(n_clients() == 0);
        stop_at_path();
}
END_TEST

START_TEST(second_server_at_the_path) {
        PfErr err = { 0 };

        start_at_path((PfVarlinkServerConfig){ 0 });
        ck_assert_int_eq(pf_varlink_server_listen_path(server, path, 0600, &err), -EADDRINUSE);
        ck_assert_int_eq(access(path, F_OK), 0);
        stop_at_path();
}
END_TEST

START_TEST(inherited_socket) {
        struct sockaddr_un address = { .sun_family = AF_UNIX };
        int listener = socket(AF_UNIX, SOCK_STREAM, 0);
        int fd;

        start_at_path((PfVarlinkServerConfig){ 0 });
        (void) snprintf(path, sizeof(path), "%s/other", directory);
        strcpy(address.sun_path, path);
        ck_assert_int_eq(bind(listener, (struct sockaddr *) &address, sizeof(address)), 0);
        ck_assert_int_eq(listen(listener, 8), 0);
        ck_assert_int_eq(pf_varlink_server_listen_fd(server, listener, NULL), 0);
        fd = new_client();
        say(fd, TELL);
        expect(fd, EMPTY);
        pf_close(fd);

        /* It is whose who made it. */
        stop();
        ck_assert_int_eq(unlink(path), 0);
        ck_assert_int_eq(rmdir(directory), 0);
}
END_TEST

START_TEST(descriptors_that_cannot_be_served) {
        PfErr err = { 0 };
        int pair[2];

        start((PfVarlinkServerConfig){ 0 });
        ck_assert_int_lt(
                pf_varlink_server_listen_fd(server, open("/proc/self/exe", O_RDONLY), &err), 0);
        ck_assert_ptr_nonnull(strstr(err.text, "no local socket"));
        ck_assert_int_lt(pf_varlink_server_listen_fd(server, open("/dev/null", O_RDWR), NULL), 0);
        ck_assert_int_lt(pf_varlink_server_listen_fd(server, socket(AF_INET, SOCK_STREAM, 0), NULL),
                         0);
        ck_assert_int_lt(pf_varlink_server_listen_fd(server, -1, NULL), 0);
        ck_assert_int_lt(
                pf_varlink_server_add_connection(server, open("/dev/null", O_RDWR), 1, NULL), 0);
        ck_assert_int_eq(pipe(pair), 0);
        ck_assert_int_lt(
                pf_varlink_server_add_connection(server, pair[0], open("/dev/null", O_RDWR), NULL),
                0);
        pf_close(pair[1]);
        stop();
}
END_TEST

static void serve_pair(int (*serve)(int fd)) {
        char expected[128];
        int fds[2];

        start((PfVarlinkServerConfig){ 0 });
        ck_assert_int_eq(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, fds), 0);
        ck_assert_int_eq(serve(fds[1]), 0);
        say(fds[0], WHO);
        (void) snprintf(expected, sizeof(expected),
                        "{\"parameters\":{\"uid\":%u,\"pid\":%d,\"privileged\":%s}}", geteuid(),
                        getpid(), geteuid() == 0 ? "true" : "false");
        expect(fds[0], expected);
        pf_close(fds[0]);
        stop();
}

static int serve_as_connection(int fd) {
        return pf_varlink_server_add_connection(server, fd, fd, NULL);
}

static int serve_as_handed_over(int fd) {
        return pf_varlink_server_listen_fd(server, fd, NULL);
}

START_TEST(socket_that_is_connected) {
        serve_pair(serve_as_connection);
        serve_pair(serve_as_handed_over);
}
END_TEST

/* As behind ssh: a pipe in, a pipe out; the end of input ends it after the answer. */
START_TEST(two_pipes) {
        int in[2], out[2];

        start((PfVarlinkServerConfig){ 0 });
        ck_assert_int_eq(pipe(in), 0);
        ck_assert_int_eq(pipe2(out, O_NONBLOCK), 0);
        ck_assert_int_eq(pf_varlink_server_add_connection(server, in[0], out[1], NULL), 0);
        say(in[1], TELL);
        say(in[1], HOLD);
        pf_close(in[1]);
        expect(out[0], EMPTY);
        WAIT_UNTIL(example.n_held == 1);
        example_release(&example, NULL);
        expect(out[0], EMPTY);
        expect_closed(out[0]);
        pf_close(out[0]);
        stop();
}
END_TEST

START_TEST(half_closed_socket_is_answered) {
        int fd;

        start_at_path((PfVarlinkServerConfig){ 0 });
        fd = new_client();
        say(fd, HOLD);
        ck_assert_int_eq(shutdown(fd, SHUT_WR), 0);
        WAIT_UNTIL(example.n_held == 1);
        example_release(&example, NULL);
        expect(fd, EMPTY);
        expect_closed(fd);
        pf_close(fd);
        stop_at_path();
}
END_TEST

START_TEST(client_that_goes_is_noticed) {
        int fd;

        start_at_path((PfVarlinkServerConfig){ 0 });
        fd = new_client();
        say(fd, HOLD);
        WAIT_UNTIL(example.n_held == 1);
        pf_close(fd);
        WAIT_UNTIL(example.n_cancelled == 1);
        ck_assert_uint_eq(example.n_held, 0);
        stop_at_path();
}
END_TEST

START_TEST(calls_are_cancelled_with_the_server) {
        int fd;

        start_at_path((PfVarlinkServerConfig){ 0 });
        fd = new_client();
        say(fd, HOLD);
        run_for(5);
        server = pf_varlink_server_free(server);
        ck_assert_uint_eq(example.n_cancelled, 1);
        stop_at_path();
        pf_close(fd);
}
END_TEST

START_TEST(byte_by_byte) {
        static const char text[] = TELL "\0" HOLD "\0" TELL;
        int fd;

        start_at_path((PfVarlinkServerConfig){ 0 });
        fd = new_client();
        for (size_t i = 0; i < sizeof(text); i++) {
                ck_assert_int_eq(write(fd, text + i, 1), 1);
                (void) uv_run(&loop, UV_RUN_NOWAIT);
        }
        expect(fd, EMPTY);
        example_release(&example, NULL);
        expect(fd, EMPTY);
        expect(fd, EMPTY);
        pf_close(fd);
        stop_at_path();
}
END_TEST

/* Answers that are longer than the kernel takes at once, read in pieces. */
START_TEST(long_answers) {
        const size_t n = (size_t) 3 << 20;
        PF_AUTO_FREE char *text = malloc(n + 16);
        PF_AUTO_FREE char *heard = malloc(n + 64);
        int fd;

        (void) sprintf(text, "{\"text\":\"%0*d\"}", (int) n, 0);
        start_at_path((PfVarlinkServerConfig){ 0 });
        ck_assert_int_eq(
                pf_varlink_bytes_new_reply_text(text, strlen(text), false, &example.cached), 0);
        fd = new_client();
        for (int i = 0; i < 3; i++)
                say(fd, "{\"method\":\"org.example.Test.Cached\"}");
        for (size_t left = 3 * pf_varlink_bytes_n(example.cached), got; left > 0; left -= got) {
                ssize_t r = 0;

                WAIT_UNTIL((r = read(fd, heard, n)) > 0);
                got = (size_t) r;
        }
        run_for(5);
        ck_assert_int_eq(read(fd, heard, n), -1); /* nothing behind it */
        pf_close(fd);
        stop_at_path();
        pf_varlink_bytes_unref(example.cached);
}
END_TEST

START_TEST(who_may_see_all) {
        char expected[128];
        int fd;

        if (geteuid() != 0) {
                pf_test_skip("only root can be other users");
                return;
        }
        start_at_path((PfVarlinkServerConfig){ .privileged_group = "no such group" });
        fd = new_client_as(3000);
        say(fd, WHO);
        (void) snprintf(expected, sizeof(expected),
                        "{\"parameters\":{\"uid\":3000,\"pid\":%d,\"privileged\":false}}",
                        getpid());
        expect(fd, expected);
        pf_close(fd);
        stop_at_path();

        /* Our own group, which the client keeps. */
        start_at_path((PfVarlinkServerConfig){ .privileged_group = "root" });
        fd = new_client_as(3000);
        say(fd, WHO);
        (void) snprintf(expected, sizeof(expected),
                        "{\"parameters\":{\"uid\":3000,\"pid\":%d,\"privileged\":true}}", getpid());
        expect(fd, expected);
        pf_close(fd);
        stop_at_path();
}
END_TEST

static void count_idle(PfVarlinkServer *idle_server, void *data) {
        ck_assert_ptr_eq(idle_server, server);
        ++*(unsigned *) data;
}

START_TEST(idle_is_told) {
        unsigned n_idle = 0;
        int first, second;

        start_at_path((PfVarlinkServerConfig){ 0 });
        pf_varlink_server_on_idle(server, count_idle, &n_idle);
        first = new_client();
        second = new_client();
        WAIT_UNTIL(n_clients() == 2);
        pf_close(first);
        WAIT_UNTIL(n_clients() == 1);
        ck_assert_uint_eq(n_idle, 0);
        pf_close(second);
        WAIT_UNTIL(n_idle == 1);
        stop_at_path();
        ck_assert_uint_eq(n_idle, 1);
}
END_TEST

int main(void) {
        Suite *suite = suite_create("varlink-server");

        (void) signal(SIGPIPE, SIG_IGN);
        PF_TEST(suite, answers_at_a_path);
        PF_TEST(suite, second_server_at_the_path);
        PF_TEST(suite, inherited_socket);
        PF_TEST(suite, descriptors_that_cannot_be_served);
        PF_TEST(suite, socket_that_is_connected);
        PF_TEST(suite, two_pipes);
        PF_TEST(suite, half_closed_socket_is_answered);
        PF_TEST(suite, client_that_goes_is_noticed);
        PF_TEST(suite, calls_are_cancelled_with_the_server);
        PF_TEST(suite, byte_by_byte);
        PF_TEST(suite, long_answers);
        PF_TEST(suite, who_may_see_all);
        PF_TEST(suite, idle_is_told);
        return pf_test_main(suite);
}
