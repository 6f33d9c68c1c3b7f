/* SPDX-License-Identifier: MIT */
/*
 * Clients of whom the system tells who they are with what they send first, as Windows
 * does: not before that is anything done for them, and not for ever are they waited for.
 */
#include "tests/support/server-case.h"

/* What the system says of any client: a negative errno, or 0 and who. */
static int told;
static uint32_t told_uid;

int __wrap_pf_peer_of_fd(uv_os_fd_t fd, PfPeer *ret, PfErr *err);
int __wrap_pf_peer_of_fd(uv_os_fd_t fd, PfPeer *ret, PfErr *err) {
        (void) fd;
        (void) err;
        if (told == 0)
                *ret = (PfPeer){ .uid = told_uid, .gid = told_uid, .pid = 7 };
        return told;
}

static int connect_unknown(unsigned n_before) {
        int fd;

        told = -EAGAIN;
        fd = new_client();
        ck_assert_int_ge(fd, 0);
        WAIT_UNTIL(n_clients() == n_before + 1);
        return fd;
}

static void tell_uid(uint32_t uid) {
        told = 0;
        told_uid = uid;
}

START_TEST(first_bytes_tell) {
        int fd;

        start_at_path((PfVarlinkServerConfig){ 0 });
        fd = connect_unknown(0);
        tell_uid(4711);
        say(fd, WHO);
        expect(fd, "{\"parameters\":{\"uid\":4711,\"pid\":7,\"privileged\":false}}");
        told = -EIO; /* it is not asked again */
        say(fd, WHO);
        expect(fd, "{\"parameters\":{\"uid\":4711,\"pid\":7,\"privileged\":false}}");
        pf_close(fd);
        WAIT_UNTIL(n_clients() == 0);
        stop_at_path();
}
END_TEST

START_TEST(is_root_after_all) {
        int fd;

        start_at_path((PfVarlinkServerConfig){ 0 });
        fd = connect_unknown(0);
        tell_uid(0);
        say(fd, WHO);
        expect(fd, "{\"parameters\":{\"uid\":0,\"pid\":7,\"privileged\":true}}");
        pf_close(fd);
        stop_at_path();
}
END_TEST

/* Of another machine, or of nobody still. */
START_TEST(is_refused_with_its_first_bytes) {
        static const int codes[] = { -EACCES, -EAGAIN };

        start_at_path((PfVarlinkServerConfig){ 0 });
        for (size_t i = 0; i < PF_ELEMENTS(codes); i++) {
                int fd = connect_unknown(0);

                told = codes[i];
                say(fd, TELL);
                expect_closed(fd);
                pf_close(fd);
                WAIT_UNTIL(n_clients() == 0);
        }
        ck_assert_uint_eq(example.n_tells, 0);
        stop_at_path();
}
END_TEST

START_TEST(is_refused_at_once) {
        int fd;

        start_at_path((PfVarlinkServerConfig){ 0 });
        told = -EACCES;
        fd = new_client();
        expect_closed(fd);
        ck_assert_uint_eq(n_clients(), 0);
        pf_close(fd);
        stop_at_path();
}
END_TEST

/* Who is known may be silent for as long as it likes. */
START_TEST(silence) {
        int known, unknown;

        start_at_path((PfVarlinkServerConfig){ .stall_ms = 200 });
        tell_uid(4711);
        known = new_client();
        WAIT_UNTIL(n_clients() == 1);
        unknown = connect_unknown(1);
        expect_closed(unknown);
        WAIT_UNTIL(n_clients() == 1);
        WAIT_UNTIL(uv_backend_timeout(&loop) == -1); /* nothing will wake us */
        say(known, TELL);
        expect(known, EMPTY);
        pf_close(known);
        pf_close(unknown);
        stop_at_path();
}
END_TEST

/* Those who have not told do not count as one user, and do count as soon as they have. */
START_TEST(too_many_of_one_user) {
        int fds[3];

        start_at_path((PfVarlinkServerConfig){ .clients_per_user_max = 2 });
        for (unsigned i = 0; i < PF_ELEMENTS(fds); i++)
                fds[i] = connect_unknown(i);
        tell_uid(4711);
        for (size_t i = 0; i < 2; i++) {
                say(fds[i], TELL);
                expect(fds[i], EMPTY);
        }
        say(fds[2], TELL);
        expect_closed(fds[2]);
        WAIT_UNTIL(n_clients() == 2);
        ck_assert_uint_eq(example.n_tells, 2);
        for (size_t i = 0; i < PF_ELEMENTS(fds); i++)
                pf_close(fds[i]);
        stop_at_path();
}
END_TEST

/* Somebody who may be root is let in beyond the others' limit, and stays only if it is. */
START_TEST(place_for_root) {
        int user, root, other;

        start_at_path((PfVarlinkServerConfig){ .clients_max = 1 });
        user = connect_unknown(0);
        tell_uid(4711);
        say(user, TELL);
        expect(user, EMPTY);
        root = connect_unknown(1);
        other = connect_unknown(2);
        tell_uid(0);
        say(root, TELL);
        expect(root, EMPTY);
        tell_uid(4712);
        say(other, TELL);
        expect_closed(other);
        pf_close(user);
        pf_close(root);
        pf_close(other);
        stop_at_path();
}
END_TEST

int main(void) {
        Suite *suite = suite_create("varlink-identify");

        (void) signal(SIGPIPE, SIG_IGN);
        PF_TEST(suite, first_bytes_tell);
        PF_TEST(suite, is_root_after_all);
        PF_TEST(suite, is_refused_with_its_first_bytes);
        PF_TEST(suite, is_refused_at_once);
        PF_TEST(suite, silence);
        PF_TEST(suite, too_many_of_one_user);
        PF_TEST(suite, place_for_root);
        return pf_test_main(suite);
}
