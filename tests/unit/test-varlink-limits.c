/* SPDX-License-Identifier: MIT */
/* The server on real sockets, and clients that are slow, many, or mean no good: who is honest
 * is served. */
#include "tests/support/server-case.h"

#include <sys/resource.h>

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
        while (example.n_tells < 50 || uv_backend_timeout(&loop) <= 0) { /* a timer, nothing else */
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

/* Where nobody says how many, one user leaves room for others, however few there is room for. */
START_TEST(a_quarter_for_one_user) {
        int fds[5];

        if (geteuid() != 0) {
                pf_test_skip("only root can be other users");
                return;
        }
        start_at_path((PfVarlinkServerConfig){ .clients_max = 12 });
        for (size_t i = 0; i < 4; i++) {
                fds[i] = new_client_as(3000);
                run_for(2);
        }
        expect_closed(fds[3]);
        ck_assert_uint_eq(n_clients(), 3);
        fds[4] = new_client_as(3001);
        say(fds[4], TELL);
        expect(fds[4], EMPTY);
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
        Suite *suite = suite_create("varlink-limits");

        (void) signal(SIGPIPE, SIG_IGN);
        PF_TEST(suite, slow_reader_of_many_answers);
        PF_TEST(suite, asks_and_never_reads);
        PF_TEST(suite, half_a_message);
        PF_TEST(suite, garbage);
        PF_TEST(suite, clients_that_are_killed);
        PF_TEST(suite, clients_per_user);
        PF_TEST(suite, a_quarter_for_one_user);
        PF_TEST(suite, full_table_does_not_stop_root);
        PF_TEST(suite, a_thousand_clients);
        PF_TEST(suite, out_of_descriptors);
        PF_TEST(suite, flood_and_others);
        return pf_test_main(suite);
}
