/* SPDX-License-Identifier: MIT */
/* Named pipes: who may open one, who has opened it, and whose it is. */
#include "daemon/platform/peer.h"

#include <string.h>
#include <windows.h>
#include <aclapi.h>
#include <sddl.h>

#include "tests/support/test-main.h"
#include "tests/windows/service/wine.h"

#define PIPE "\\\\.\\pipe\\org.preflightd.Test"
#define FOREIGN "\\\\.\\pipe\\org.preflightd.TestOfOthers"

static uv_loop_t loop;
static uv_pipe_t server;
static uv_pipe_t accepted;
static bool has_accepted;
static char received[64];
static ssize_t n_received;

static void on_connection(uv_stream_t *stream, int status) {
        ck_assert_int_eq(status, 0);
        (void) uv_pipe_init(&loop, &accepted, 0);
        ck_assert_int_eq(uv_accept(stream, (uv_stream_t *) &accepted), 0);
        has_accepted = true;
}

static void start(unsigned mode) {
        PfErr err = { 0 };
        PfPeerNode node;

        has_accepted = false;
        n_received = 0;
        ck_assert_int_eq(uv_loop_init(&loop), 0);
        (void) uv_pipe_init(&loop, &server, 0);
        ck_assert_msg(pf_peer_bind(&server, PIPE, mode, &node, &err) == 0, "%s", err.text);
        ck_assert_int_eq(uv_listen((uv_stream_t *) &server, 8, on_connection), 0);
}

static void stop(void) {
        uv_close((uv_handle_t *) &server, NULL);
        if (has_accepted)
                uv_close((uv_handle_t *) &accepted, NULL);
        ck_assert_int_eq(uv_run(&loop, UV_RUN_DEFAULT), 0);
        ck_assert_int_eq(uv_loop_close(&loop), 0);
}

static void wait_for_client(void) {
        while (!has_accepted)
                ck_assert_int_ne(uv_run(&loop, UV_RUN_ONCE), 0);
}

static void lend(uv_handle_t *handle, size_t suggested, uv_buf_t *ret) {
        (void) handle;
        (void) suggested;
        *ret = uv_buf_init(received, sizeof(received));
}

static void on_read(uv_stream_t *stream, ssize_t n, const uv_buf_t *buf) {
        (void) stream;
        (void) buf;
        if (n != 0)
                n_received = n;
}

static HANDLE handle_of(const uv_pipe_t *pipe) {
        uv_os_fd_t handle;

        ck_assert_int_eq(uv_fileno((const uv_handle_t *) pipe, &handle), 0);
        return handle;
}

/* As SDDL; the caller frees it with LocalFree(). */
static char *access_of(HANDLE handle) {
        PSECURITY_DESCRIPTOR descriptor;
        char *text;

        ck_assert_uint_eq(GetSecurityInfo(handle, SE_KERNEL_OBJECT, DACL_SECURITY_INFORMATION, NULL,
                                          NULL, NULL, NULL, &descriptor),
                          0);
        ck_assert(ConvertSecurityDescriptorToStringSecurityDescriptorA(
                descriptor, SDDL_REVISION_1, DACL_SECURITY_INFORMATION, &text, NULL));
        (void) LocalFree(descriptor);
        return text;
}

static void expect_access(unsigned mode, bool for_users) {
        char *text;

        start(mode);
        text = access_of(handle_of(&server));
        /* The network before all else: an entry that denies counts only before those that allow. */
        ck_assert_ptr_nonnull(strstr(text, "(D;;FA;;;NU)(A;;FA;;;SY)(A;;FA;;;BA)"));
        /* Messages, and no further instance of the pipe. */
        ck_assert_int_eq(strstr(text, "(A;;0x12019b;;;AU)") != NULL, for_users);
        ck_assert_ptr_null(strstr(text, ";;;WD)"));
        ck_assert_ptr_null(strstr(text, ";;;AN)"));
        (void) LocalFree(text);
        stop();
}

START_TEST(users_may_exchange_messages) {
        expect_access(0666, true);
}
END_TEST

START_TEST(only_administrators) {
        expect_access(0600, false);
        expect_access(0660, false);
        expect_access(0644, false);
}
END_TEST

/* Those that libuv makes for the next clients are open to no more than the first. */
START_TEST(later_instances_have_the_same_access) {
        uv_pipe_t client;
        char *first, *later;

        start(0666);
        first = access_of(handle_of(&server));
        (void) uv_pipe_init(&loop, &client, 0);
        for (int i = 0; i < 20; i++) { /* more than are made at first */
                has_accepted = false;
                ck_assert_int_eq(pf_peer_connect(&client, PIPE, NULL), 0);
                wait_for_client();
                later = access_of(handle_of(&accepted));
                ck_assert_str_eq(later, first);
                (void) LocalFree(later);
                uv_close((uv_handle_t *) &client, NULL);
                uv_close((uv_handle_t *) &accepted, NULL);
                for (int turn = 0; turn < 5; turn++)
                        (void) uv_run(&loop, UV_RUN_NOWAIT);
                (void) uv_pipe_init(&loop, &client, 0);
        }
        uv_close((uv_handle_t *) &client, NULL);
        has_accepted = false;
        (void) LocalFree(first);
        stop();
}
END_TEST

START_TEST(second_server_is_refused) {
        uv_pipe_t other;
        PfErr err = { 0 };
        PfPeerNode node;
        int r;

        if (is_wine())
                return pf_test_skip("Wine ignores FILE_FLAG_FIRST_PIPE_INSTANCE");
        start(0666);
        (void) uv_pipe_init(&loop, &other, 0);
        r = pf_peer_bind(&other, PIPE, 0666, &node, &err);
        ck_assert_int_eq(r, -EADDRINUSE);
        ck_assert_str_eq(err.text, PIPE ": somebody else listens there");
        uv_close((uv_handle_t *) &other, NULL);
        stop();
}
END_TEST

START_TEST(client_is_known) {
        static const uv_buf_t byte = { .base = (char *) "x", .len = 1 };
        PF_AUTO_PEER PfPeer self = { 0 };
        PF_AUTO_PEER PfPeer peer = { 0 };
        uv_write_t request;
        uv_pipe_t client;
        PfErr err = { 0 };
        int r;

        start(0666);
        (void) uv_pipe_init(&loop, &client, 0);
        ck_assert_int_eq(pf_peer_connect(&client, PIPE, NULL), 0);
        wait_for_client();
        /* Windows tells with what was sent, Wine before, too. */
        r = pf_peer_of_fd(handle_of(&accepted), &peer, &err);
        ck_assert_msg(r == 0 || r == -EAGAIN, "%d: %s", r, err.text);

        ck_assert_int_eq(uv_read_start((uv_stream_t *) &accepted, lend, on_read), 0);
        ck_assert_int_eq(uv_write(&request, (uv_stream_t *) &client, &byte, 1, NULL), 0);
        while (n_received == 0)
                (void) uv_run(&loop, UV_RUN_ONCE);
        ck_assert_int_eq(n_received, 1);
        ck_assert_int_eq(pf_peer_of_self(&self, NULL), 0);
        ck_assert_int_eq(pf_peer_of_fd(handle_of(&accepted), &peer, NULL), 0);
        ck_assert_uint_eq(peer.uid, self.uid);
        ck_assert_int_eq(peer.pid, (int32_t) GetCurrentProcessId());
        ck_assert_int_eq(pf_peer_is_privileged(&peer, PF_PEER_GROUP_NONE), pf_peer_is_root(&self));
        uv_close((uv_handle_t *) &client, NULL);
        stop();
}
END_TEST

/* After looking at who it is we are who we were. */
START_TEST(nobody_is_impersonated_afterwards) {
        uv_pipe_t client;
        HANDLE token;
        PfPeer peer;
        DWORD code;

        start(0666);
        (void) uv_pipe_init(&loop, &client, 0);
        ck_assert_int_eq(pf_peer_connect(&client, PIPE, NULL), 0);
        wait_for_client();
        (void) !pf_peer_of_fd(handle_of(&accepted), &peer, NULL);
        code = OpenThreadToken(GetCurrentThread(), TOKEN_QUERY, TRUE, &token) ? 0 : GetLastError();
        ck_assert_uint_eq(code, ERROR_NO_TOKEN);
        uv_close((uv_handle_t *) &client, NULL);
        stop();
}
END_TEST

START_TEST(no_pipe) {
        wchar_t path[MAX_PATH], directory[MAX_PATH];
        PfErr err = { 0 };
        HANDLE file;
        PfPeer peer;

        ck_assert_uint_ne(GetTempPathW(MAX_PATH, directory), 0);
        ck_assert_uint_ne(GetTempFileNameW(directory, L"pf", 0, path), 0);
        file = CreateFileW(path, GENERIC_READ, 0, NULL, OPEN_EXISTING, FILE_FLAG_DELETE_ON_CLOSE,
                           NULL);
        ck_assert_ptr_ne(file, INVALID_HANDLE_VALUE);
        ck_assert_int_eq(pf_peer_of_fd(file, &peer, &err), -ENOTSOCK);
        ck_assert_str_ne(err.text, "");
        (void) CloseHandle(file);
        ck_assert_int_eq(pf_peer_of_fd(INVALID_HANDLE_VALUE, &peer, NULL), -EBADF);
}
END_TEST

static const char *const no_paths[] = { "", "/run/preflightd/x", "\\\\.\\pipe\\",
                                        "\\\\server\\pipe\\org.preflightd.Preflight",
                                        "C:\\pipe\\org.preflightd.Preflight" };

START_TEST(paths_of_no_pipe_here) {
        PfErr err = { 0 };
        PfPeerNode node;
        uv_pipe_t pipe;

        ck_assert_int_eq(uv_loop_init(&loop), 0);
        (void) uv_pipe_init(&loop, &pipe, 0);
        ck_assert_int_eq(pf_peer_bind(&pipe, no_paths[_i], 0666, &node, &err), -EINVAL);
        ck_assert_ptr_nonnull(strstr(err.text, "no pipe of this machine"));
        ck_assert_int_eq(pf_peer_connect(&pipe, no_paths[_i], NULL), -EINVAL);
        uv_close((uv_handle_t *) &pipe, NULL);
        (void) uv_run(&loop, UV_RUN_DEFAULT);
        ck_assert_int_eq(uv_loop_close(&loop), 0);
}
END_TEST

static void expect_no_connection(const char *path, int code, const char *words) {
        PfErr err = { 0 };
        uv_pipe_t pipe;

        ck_assert_int_eq(uv_loop_init(&loop), 0);
        (void) uv_pipe_init(&loop, &pipe, 0);
        ck_assert_int_eq(pf_peer_connect(&pipe, path, &err), code);
        ck_assert_ptr_nonnull(strstr(err.text, words));
        uv_close((uv_handle_t *) &pipe, NULL);
        (void) uv_run(&loop, UV_RUN_DEFAULT);
        ck_assert_int_eq(uv_loop_close(&loop), 0);
}

START_TEST(nobody_listens) {
        expect_no_connection(PIPE, -ENOENT, PIPE ": cannot connect: ");
}
END_TEST

/* Somebody has taken the name while the service was not there. */
START_TEST(pipe_of_a_stranger) {
        SECURITY_ATTRIBUTES attributes = { .nLength = sizeof(attributes) };
        HANDLE pipe;

        ck_assert(ConvertStringSecurityDescriptorToSecurityDescriptorA(
                "O:BUG:BUD:(A;;FA;;;WD)", SDDL_REVISION_1, &attributes.lpSecurityDescriptor, NULL));
        pipe = CreateNamedPipeA(FOREIGN, PIPE_ACCESS_DUPLEX, PIPE_TYPE_BYTE, 1, 4096, 4096, 0,
                                &attributes);
        (void) LocalFree(attributes.lpSecurityDescriptor);
        if (pipe == INVALID_HANDLE_VALUE)
                return pf_test_skip("this account may not make what belongs to others");
        expect_no_connection(FOREIGN, -EACCES, "belongs to somebody who is no administrator");
        (void) CloseHandle(pipe);
}
END_TEST

/* All instances in use, and none becomes free: not for ever. */
START_TEST(busy_pipe) {
        HANDLE pipe, client;

        pipe = CreateNamedPipeA(FOREIGN, PIPE_ACCESS_DUPLEX, PIPE_TYPE_BYTE, 1, 4096, 4096, 0,
                                NULL);
        ck_assert_ptr_ne(pipe, INVALID_HANDLE_VALUE);
        client = CreateFileA(FOREIGN, GENERIC_READ, 0, NULL, OPEN_EXISTING, 0, NULL);
        ck_assert_ptr_ne(client, INVALID_HANDLE_VALUE);
        expect_no_connection(FOREIGN, -EAGAIN, FOREIGN ": cannot connect: ");
        (void) CloseHandle(client);
        (void) CloseHandle(pipe);
}
END_TEST

int main(void) {
        Suite *suite = suite_create("pipe");

        PF_TEST(suite, users_may_exchange_messages);
        PF_TEST(suite, only_administrators);
        PF_TEST(suite, later_instances_have_the_same_access);
        PF_TEST(suite, second_server_is_refused);
        PF_TEST(suite, client_is_known);
        PF_TEST(suite, nobody_is_impersonated_afterwards);
        PF_TEST(suite, no_pipe);
        PF_TEST_LOOP(suite, paths_of_no_pipe_here, PF_ELEMENTS(no_paths));
        PF_TEST(suite, nobody_listens);
        PF_TEST(suite, pipe_of_a_stranger);
        PF_TEST(suite, busy_pipe);
        return pf_test_main(suite);
}
