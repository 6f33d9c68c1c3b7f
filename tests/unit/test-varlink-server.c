/* SPDX-License-Identifier: MIT */
/* The server on real sockets. Client and server share the thread: whoever waits
 * for an answer runs the loop. */
#include "daemon/varlink/server.h"

#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <time.h>

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

static void start(PfVarlinkServerConfig config) {
        PfErr err = { 0 };

        config.vendor = config.product = config.version = config.url = "";
        example = (Example){ 0 };
        ck_assert_int_eq(uv_loop_init(&loop), 0);
        ck_assert_msg(pf_varlink_server_new(&loop, &config, &server, &err) == 0, "%s", err.text);
        ck_assert_int_eq(pf_varlink_server_add(server, &example_interface, &example, NULL), 0);
}

static void stop(void) {
        server = pf_varlink_server_free(server);
        ck_assert_uint_eq(example.n_held, 0);
        ck_assert_int_eq(uv_run(&loop, UV_RUN_DEFAULT), 0);
        ck_assert_int_eq(uv_loop_close(&loop), 0);
}

static void start_at_path(PfVarlinkServerConfig config) {
        PfErr err = { 0 };

        strcpy(directory, "/tmp/pf-server-XXXXXX");
        ck_assert_ptr_nonnull(mkdtemp(directory));
        ck_assert_int_eq(chmod(directory, 0755), 0);
        (void) snprintf(path, sizeof(path), "%s/org.example.Test", directory);
        start(config);
        ck_assert_msg(pf_varlink_server_listen_path(server, path, 0666, &err) == 0, "%s", err.text);
}

static void stop_at_path(void) {
        stop();
        ck_assert_int_eq(access(path, F_OK), -1);
        ck_assert_int_eq(rmdir(directory), 0);
}

static uint64_t now_ms(void) {
        return uv_hrtime() / 1000000;
}

/* For so long, and some turns at least: on a busy machine the time is over at once. */
static void run_for(unsigned ms) {
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

static unsigned n_clients(void) {
        return pf_varlink_server_n_clients(server);
}

static int new_client(void) {
        struct sockaddr_un address = { .sun_family = AF_UNIX };
        int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

        ck_assert_int_ge(fd, 0);
        strcpy(address.sun_path, path);
        if (connect(fd, (struct sockaddr *) &address, sizeof(address)) < 0)
                return pf_close(fd);
        return fd;
}

static int new_client_as(uid_t uid) {
        int fd;

        ck_assert_int_eq(seteuid(uid), 0);
        fd = new_client();
        ck_assert_int_eq(seteuid(0), 0);
        return fd;
}

static void say(int fd, const char *text) {
        ck_assert_ptr_nonnull(text);
        ck_assert_int_eq(write(fd, text, strlen(text) + 1), (ssize_t) strlen(text) + 1);
}

/* Read one message within five seconds. Returns its length, 0 for the end, or -1. */
static ssize_t hear(int fd, char *buffer, size_t n) {
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

static void expect(int fd, const char *text) {
        char buffer[4096] = "";

        ck_assert_int_eq(hear(fd, buffer, sizeof(buffer)), (ssize_t) strlen(text));
        ck_assert_str_eq(buffer, text);
}

static void expect_closed(int fd) {
        char buffer[4096];

        ck_assert_int_eq(hear(fd, buffer, sizeof(buffer)), 0);
}

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

START_TEST(slow_reader_of_many_answers) {
        PF_AUTO_FREE char *text = malloc((size_t) 1 << 20);
        PF_CLEANUP(pf_varlink_bytes_unrefp) PfVarlinkBytes *bytes = NULL;
        int fd;
        int n = 0;

        (void) sprintf(text, "{\"text\":\"%0*d\"}", 1 << 19, 0);
        ck_assert_int_eq(pf_varlink_bytes_new_reply_text(text, strlen(text), true, &bytes), 0);
        start_at_path((PfVarlinkServerConfig){ .queue_max = (size_t) 2 << 20 });
        fd = new_client();
        say(fd, HOLD_MORE);
        WAIT_UNTIL(example.n_held == 1);
        for (; n < 100 && !pf_varlink_call_is_cancelled(example.held[0]); n++)
                pf_varlink_reply_cached_continues(example.held[0], bytes);
        ck_assert_int_ge(n, 4);
        ck_assert_int_le(n, 6);
        ck_assert_uint_eq(example.n_cancelled, 0);
        (void) uv_run(&loop, UV_RUN_NOWAIT);
        ck_assert_uint_eq(example.n_cancelled, 1);
        ck_assert_uint_eq(n_clients(), 0);
        pf_close(fd);
        stop_at_path();
}
END_TEST

/* One who keeps asking and never reads: no more of its calls are looked at. */
START_TEST(asks_and_never_reads) {
        static const char call[] = TELL;
        unsigned n_before;
        int fd;

        start_at_path((PfVarlinkServerConfig){ .stall_ms = 200 });
        fd = new_client();
        while (example.n_tells < 50 || uv_backend_timeout(&loop) == -1) {
                (void) !write(fd, call, sizeof(call));
                (void) uv_run(&loop, UV_RUN_NOWAIT);
        }
        n_before = example.n_tells;
        run_for(20); /* nothing happens */
        ck_assert_uint_eq(example.n_tells, n_before);
        ck_assert_uint_eq(n_clients(), 1);
        WAIT_UNTIL(n_clients() == 0);
        pf_close(fd);
        stop_at_path();
}
END_TEST

START_TEST(half_a_message) {
        int silent, half;

        start_at_path((PfVarlinkServerConfig){ .stall_ms = 300 });
        silent = new_client();
        half = new_client();
        WAIT_UNTIL(n_clients() == 2);
        WAIT_UNTIL(uv_backend_timeout(&loop) == -1); /* nothing will wake us */
        ck_assert_int_eq(write(half, "{\"me", 4), 4);
        WAIT_UNTIL(uv_backend_timeout(&loop) >= 0);
        ck_assert_uint_eq(n_clients(), 2);
        WAIT_UNTIL(n_clients() == 1);
        expect_closed(half);
        WAIT_UNTIL(uv_backend_timeout(&loop) == -1);
        say(silent, TELL);
        expect(silent, EMPTY);
        WAIT_UNTIL(uv_backend_timeout(&loop) == -1);
        pf_close(silent);
        pf_close(half);
        stop_at_path();
}
END_TEST

START_TEST(garbage) {
        unsigned seed = 1;
        char bytes[512];

        start_at_path((PfVarlinkServerConfig){ 0 });
        for (int round = 0; round < 300; round++) {
                size_t n = (size_t) (rand_r(&seed) % (int) sizeof(bytes));
                int fd = new_client();

                for (size_t i = 0; i < n; i++)
                        bytes[i] = (char) rand_r(&seed);
                ck_assert_int_eq(write(fd, bytes, n), (ssize_t) n);
                ck_assert_int_eq(write(fd, "", 1), 1);
                expect_closed(fd);
                pf_close(fd);
        }
        ck_assert_uint_eq(example.n_tells, 0);
        stop_at_path();
}
END_TEST

/* Gone between the call and the answer, and with the answer half read. */
START_TEST(clients_that_are_killed) {
        PF_AUTO_FREE char *text = malloc((size_t) 1 << 21);
        char byte;

        (void) sprintf(text, "{\"text\":\"%0*d\"}", 1 << 20, 0);
        start_at_path((PfVarlinkServerConfig){ 0 });
        ck_assert_int_eq(
                pf_varlink_bytes_new_reply_text(text, strlen(text), false, &example.cached), 0);
        for (int i = 0; i < 50; i++) {
                int fd = new_client();

                say(fd, "{\"method\":\"org.example.Test.Cached\"}");
                if (i % 2)
                        WAIT_UNTIL(read(fd, &byte, 1) == 1);
                pf_close(fd);
                (void) uv_run(&loop, UV_RUN_NOWAIT);
        }
        WAIT_UNTIL(n_clients() == 0);
        stop_at_path();
        pf_varlink_bytes_unref(example.cached);
}
END_TEST

START_TEST(clients_per_user) {
        int fds[4];

        if (geteuid() != 0) {
                pf_test_skip("only root can be other users");
                return;
        }
        start_at_path((PfVarlinkServerConfig){ .clients_per_user_max = 3 });
        for (size_t i = 0; i < PF_ELEMENTS(fds); i++) {
                fds[i] = new_client_as(3000);
                run_for(2);
        }
        expect_closed(fds[3]);
        ck_assert_uint_eq(n_clients(), 3);

        /* Another one is not concerned; and one that leaves makes room. */
        pf_close(fds[3]);
        fds[3] = new_client_as(3001);
        say(fds[3], "{\"method\":\"org.example.Test.Echo\",\"parameters\":{\"text\":\"x\"}}");
        expect(fds[3], "{\"parameters\":{\"text\":\"x\"}}");
        pf_close(fds[0]);
        run_for(2);
        fds[0] = new_client_as(3000);
        say(fds[0], TELL);
        expect(fds[0], EMPTY);
        for (size_t i = 0; i < PF_ELEMENTS(fds); i++)
                pf_close(fds[i]);
        stop_at_path();
}
END_TEST

START_TEST(full_table_does_not_stop_root) {
        int fds[6];

        if (geteuid() != 0) {
                pf_test_skip("only root can be other users");
                return;
        }
        start_at_path((PfVarlinkServerConfig){ .clients_max = 4 });
        for (size_t i = 0; i < 5; i++) {
                fds[i] = new_client_as(3000 + (uid_t) i);
                run_for(2);
        }
        expect_closed(fds[4]);
        fds[5] = new_client();
        say(fds[5], TELL);
        expect(fds[5], EMPTY);
        for (size_t i = 0; i < PF_ELEMENTS(fds); i++)
                pf_close(fds[i]);
        stop_at_path();
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

#define MANY 1000

START_TEST(a_thousand_clients) {
        static int fds[MANY];

        if (pf_peer_raise_descriptors(2 * MANY + 400) < 2 * MANY + 400) {
                pf_test_skip("the limit of descriptors is too low");
                return;
        }
        start_at_path((PfVarlinkServerConfig){ .clients_per_user_max = MANY });
        for (size_t i = 0; i < MANY; i++) {
                fds[i] = new_client();
                ck_assert_int_ge(fds[i], 0);
                (void) uv_run(&loop, UV_RUN_NOWAIT);
        }
        WAIT_UNTIL(n_clients() == MANY);
        for (size_t i = 0; i < MANY; i++)
                say(fds[i], TELL);
        for (size_t i = 0; i < MANY; i++)
                expect(fds[i], EMPTY);
        ck_assert_uint_eq(example.n_tells, MANY);
        WAIT_UNTIL(uv_backend_timeout(&loop) == -1);
        for (size_t i = 0; i < MANY; i++)
                pf_close(fds[i]);
        WAIT_UNTIL(n_clients() == 0);
        stop_at_path();
}
END_TEST

/* Take every descriptor that may be had. Returns how many. */
static size_t use_up_descriptors(int *fds, size_t n) {
        size_t i = 0;

        while (i < n && (fds[i] = dup(0)) >= 0)
                i++;
        return i;
}

/* No descriptor left: clients are turned away without spinning, those that are
 * there are served, and later ones again. */
START_TEST(out_of_descriptors) {
        struct sockaddr_un address = { .sun_family = AF_UNIX };
        struct rlimit before, lower;
        int fds[400], connected[2], early, late[3];
        unsigned n_tells;
        ssize_t heard[2];
        size_t n;

        start_at_path((PfVarlinkServerConfig){ 0 });
        early = new_client();
        run_for(2);
        for (size_t i = 0; i < PF_ELEMENTS(late); i++)
                late[i] = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
        strcpy(address.sun_path, path);
        ck_assert_int_eq(getrlimit(RLIMIT_NOFILE, &before), 0);
        lower = before;
        lower.rlim_cur = 300;
        ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &lower), 0);
        n = use_up_descriptors(fds, PF_ELEMENTS(fds));

        /* Assertions need descriptors too, so they come when there are some. */
        (void) !write(early, TELL, sizeof(TELL));
        for (size_t i = 0; i < 2; i++) {
                char byte;

                connected[i] = connect(late[i], (struct sockaddr *) &address, sizeof(address));
                for (int k = 0; k < 100; k++)
                        (void) uv_run(&loop, UV_RUN_NOWAIT);
                heard[i] = read(late[i], &byte, 1);
        }
        n_tells = example.n_tells;
        while (n > 0)
                pf_close(fds[--n]);
        ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &before), 0);
        ck_assert_uint_eq(n_tells, 1);
        for (size_t i = 0; i < 2; i++) {
                ck_assert_int_eq(connected[i], 0);
                ck_assert_int_eq(heard[i], 0); /* closed */
        }
        expect(early, EMPTY);
        ck_assert_uint_eq(n_clients(), 1);
        ck_assert_int_eq(connect(late[2], (struct sockaddr *) &address, sizeof(address)), 0);
        say(late[2], TELL);
        expect(late[2], EMPTY);
        pf_close(early);
        for (size_t i = 0; i < PF_ELEMENTS(late); i++)
                pf_close(late[i]);
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

/* One who floods us with calls must not keep others waiting for long. */
START_TEST(flood_and_others) {
        static const char call[] = "{\"method\":\"org.example.Test.Tell\",\"oneway\":true}";
        PF_AUTO_BUF PfBuf flood = PF_BUF_INIT((size_t) 1 << 20);
        uint64_t longest = 0;
        int flooder, other;

        while (flood.n < 65536)
                ck_assert_int_eq(pf_buf_add(&flood, call, sizeof(call)), 0);
        start_at_path((PfVarlinkServerConfig){ 0 });
        flooder = new_client();
        other = new_client();
        for (int i = 0; i < 20; i++) {
                uint64_t before;

                for (ssize_t r = 0; r >= 0;)
                        r = write(flooder, flood.data, flood.n);
                before = now_ms();
                say(other, TELL);
                expect(other, EMPTY);
                if (now_ms() - before > longest)
                        longest = now_ms() - before;
                /* What was cut may not be continued: start anew. */
                pf_close(flooder);
                flooder = new_client();
        }
        ck_assert_msg(longest < 1000, "another client waited %u ms", (unsigned) longest);
        pf_close(flooder);
        pf_close(other);
        stop_at_path();
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
        PF_TEST(suite, slow_reader_of_many_answers);
        PF_TEST(suite, asks_and_never_reads);
        PF_TEST(suite, half_a_message);
        PF_TEST(suite, garbage);
        PF_TEST(suite, clients_that_are_killed);
        PF_TEST(suite, clients_per_user);
        PF_TEST(suite, full_table_does_not_stop_root);
        PF_TEST(suite, who_may_see_all);
        PF_TEST(suite, a_thousand_clients);
        PF_TEST(suite, out_of_descriptors);
        PF_TEST(suite, idle_is_told);
        PF_TEST(suite, flood_and_others);
        return pf_test_main(suite);
}
