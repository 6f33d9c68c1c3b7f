/* SPDX-License-Identifier: MIT */
#include "daemon/platform/peer.h"

#include <fcntl.h>
#include <grp.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <sys/xattr.h>

#include "tests/support/test-main.h"

#ifndef SO_PEERGROUPS
#define SO_PEERGROUPS 59
#endif

/* A kernel before 4.13, on demand: this stands before the one of the C library. */
static bool without_peergroups;

int getsockopt(int fd, int level, int name, void *value, socklen_t *n) {
        if (without_peergroups && level == SOL_SOCKET && name == SO_PEERGROUPS) {
                errno = ENOPROTOOPT;
                return -1;
        }
        return (int) syscall(SYS_getsockopt, fd, level, name, value, n);
}

/* What sockets are marked with, also where the kernel keeps none of it; likewise. */
static char marks[256];

static int note_mark(const char *what, const char *name, const void *value, size_t n) {
        size_t used = strlen(marks);

        if (snprintf(marks + used, sizeof(marks) - used, "%s: %s=%.*s\n", what, name, (int) n,
                     (const char *) value) >= (int) (sizeof(marks) - used))
                abort();
        errno = EPERM; /* as before Linux 7.0 */
        return -1;
}

int fsetxattr(int fd, const char *name, const void *value, size_t n, int flags) {
        (void) fd;
        (void) flags;
        return note_mark("socket", name, value, n);
}

int setxattr(const char *path, const char *name, const void *value, size_t n, int flags) {
        char target[256];
        ssize_t length = readlink(path, target, sizeof(target) - 1);

        (void) flags;
        target[length < 0 ? 0 : length] = '\0';
        return note_mark(target, name, value, n);
}

START_TEST(own_identity) {
        PF_AUTO_PEER PfPeer peer = { 0 };
        PF_AUTO_PEER PfPeer self = { 0 };
        int fds[2];

        ck_assert_int_eq(socketpair(AF_UNIX, SOCK_STREAM, 0, fds), 0);
        ck_assert_int_eq(pf_peer_of_fd(fds[0], &peer, NULL), 0);
        ck_assert_int_eq(pf_peer_of_self(&self, NULL), 0);
        ck_assert_uint_eq(peer.uid, geteuid());
        ck_assert_uint_eq(peer.gid, getegid());
        ck_assert_int_eq(peer.pid, getpid());
        ck_assert_uint_eq(self.uid, geteuid());
        ck_assert_uint_eq(self.gid, getegid());
        ck_assert_uint_eq(self.n_groups, (size_t) getgroups(0, NULL));
        ck_assert_uint_eq(peer.n_groups, self.n_groups);
        pf_close(fds[0]);
        pf_close(fds[1]);
}
END_TEST

START_TEST(no_identity) {
        PF_AUTO_PEER PfPeer peer = { 0 };
        PfErr err = { 0 };
        int fds[2];

        ck_assert_int_eq(pipe(fds), 0);
        ck_assert_int_eq(pf_peer_of_fd(fds[0], &peer, &err), -ENOTSOCK);
        ck_assert_str_ne(err.text, "");
        ck_assert_int_eq(pf_peer_of_fd(-1, &peer, NULL), -EBADF);
        pf_close(fds[0]);
        pf_close(fds[1]);
}
END_TEST

/* The groups of a process that has @n of them, 5000 and on. */
static void peer_with_groups(size_t n, PfPeer *ret) {
        int fds[2];
        char byte;
        pid_t child;

        ck_assert_int_eq(pipe(fds), 0);
        child = fork();
        if (child == 0) {
                gid_t *groups = calloc(n + 1, sizeof(*groups));
                int sockets[2];
                PfPeer peer;
                int r = -1;

                for (size_t i = 0; i < n; i++)
                        groups[i] = 5000 + (gid_t) i;
                if (setgroups(n, groups) == 0 && setgid(4000) == 0 && setuid(3000) == 0 &&
                    socketpair(AF_UNIX, SOCK_STREAM, 0, sockets) == 0 &&
                    pf_peer_of_fd(sockets[0], &peer, NULL) == 0 &&
                    write(fds[1], &peer, sizeof(peer)) == sizeof(peer) &&
                    write(fds[1], peer.groups, peer.n_groups * sizeof(gid_t)) ==
                            (ssize_t) (peer.n_groups * sizeof(gid_t)))
                        r = 0;
                free(groups);
                _exit(r);
        }
        pf_close(fds[1]);
        ck_assert_int_eq(read(fds[0], ret, sizeof(*ret)), sizeof(*ret));
        ret->groups = calloc(ret->n_groups + 1, sizeof(gid_t));
        for (size_t i = 0; i < ret->n_groups; i++)
                ck_assert_int_eq(read(fds[0], &ret->groups[i], sizeof(gid_t)), sizeof(gid_t));
        ck_assert_int_eq(read(fds[0], &byte, 1), 0);
        pf_close(fds[0]);
        ck_assert_int_eq(waitpid(child, NULL, 0), child);
}

START_TEST(groups_of_others) {
        static const size_t counts[] = { 0, 1, 31, 32, 33, 1000 };

        if (geteuid() != 0) {
                pf_test_skip("only root can have other groups");
                return;
        }
        for (size_t i = 0; i < PF_ELEMENTS(counts); i++) {
                PF_AUTO_PEER PfPeer peer = { 0 };

                peer_with_groups(counts[i], &peer);
                ck_assert_uint_eq(peer.uid, 3000);
                ck_assert_uint_eq(peer.gid, 4000);
                ck_assert_uint_eq(peer.n_groups, counts[i]);
                for (size_t k = 0; k < peer.n_groups; k++)
                        ck_assert_uint_eq(peer.groups[k], 5000 + k);
                ck_assert(!pf_peer_is_privileged(&peer, 4999));
                ck_assert(pf_peer_is_privileged(&peer, 4000));
                ck_assert(pf_peer_is_privileged(&peer, 5000) == (counts[i] > 0));
                ck_assert(!pf_peer_is_privileged(&peer, PF_PEER_GROUP_NONE));
        }
}
END_TEST

/* Before Linux 4.13 the user database tells. Every system has root, in a group 0. */
START_TEST(groups_without_the_kernel) {
        PF_AUTO_PEER PfPeer peer = { 0 };
        PfErr err = { 0 };
        bool found = false;
        int fds[2];
        int r;

        ck_assert_int_eq(socketpair(AF_UNIX, SOCK_STREAM, 0, fds), 0);
        without_peergroups = true;
        r = pf_peer_of_fd(fds[0], &peer, &err);
        without_peergroups = false;
        ck_assert_msg(r == 0, "%s", err.text);
        for (size_t i = 0; i < peer.n_groups; i++)
                found = found || peer.groups[i] == getegid();
        ck_assert(found || peer.n_groups == 0);
        pf_close(fds[0]);
        pf_close(fds[1]);
}
END_TEST

START_TEST(privilege) {
        uint32_t groups[] = { 7, 8 };
        const PfPeer root = { .uid = 0, .gid = 100 };
        const PfPeer user = { .uid = 1, .gid = 6, .groups = groups, .n_groups = 2 };

        ck_assert(pf_peer_is_root(&root));
        ck_assert(!pf_peer_is_root(&user));
        ck_assert(pf_peer_is_privileged(&root, PF_PEER_GROUP_NONE));
        ck_assert(!pf_peer_is_privileged(&user, PF_PEER_GROUP_NONE));
        ck_assert(!pf_peer_is_privileged(&user, 5));
        ck_assert(pf_peer_is_privileged(&user, 6));
        ck_assert(pf_peer_is_privileged(&user, 8));
}
END_TEST

START_TEST(names_of_groups) {
        uint32_t group = 4711;

        ck_assert_int_eq(pf_peer_find_group("root", &group, NULL), 0);
        ck_assert_uint_eq(group, 0);
        ck_assert_int_eq(pf_peer_find_group("no such group", &group, NULL), PF_PEER_NO_GROUP);
}
END_TEST

START_TEST(hanging_up) {
        int fds[2];

        ck_assert_int_eq(socketpair(AF_UNIX, SOCK_STREAM, 0, fds), 0);
        ck_assert(!pf_peer_hung_up(fds[0]));
        ck_assert_int_eq(shutdown(fds[1], SHUT_WR), 0);
        ck_assert(!pf_peer_hung_up(fds[0]));
        pf_close(fds[1]);
        ck_assert(pf_peer_hung_up(fds[0]));
        pf_close(fds[0]);
}
END_TEST

/* A directory of our own, with a path in it. */
static char directory[] = "/tmp/pf-peer-XXXXXX";
static char path[64];
static uv_loop_t loop;

static void set_up(void) {
        strcpy(directory + strlen(directory) - 6, "XXXXXX");
        ck_assert_ptr_nonnull(mkdtemp(directory));
        (void) snprintf(path, sizeof(path), "%s/socket", directory);
        ck_assert_int_eq(uv_loop_init(&loop), 0);
}

static void tear_down(void) {
        ck_assert_int_eq(uv_run(&loop, UV_RUN_DEFAULT), 0);
        ck_assert_int_eq(uv_loop_close(&loop), 0);
        (void) unlink(path);
        ck_assert_int_eq(rmdir(directory), 0);
}

static int bind_there(PfPeerNode *node, PfErr *err, uv_pipe_t *pipe) {
        int r;

        ck_assert_int_eq(uv_pipe_init(&loop, pipe, 0), 0);
        r = pf_peer_bind(pipe, path, 0660, node, err);
        if (r == 0)
                ck_assert_int_eq(uv_listen((uv_stream_t *) pipe, 8, NULL), 0);
        return r;
}

START_TEST(sockets_at_paths) {
        uv_pipe_t first, second, client;
        PfPeerNode node = { 0 }, other = { 0 };
        PfErr err = { 0 };
        struct stat st;
        mode_t before;

        set_up();
        before = umask(0777);
        ck_assert_msg(bind_there(&node, &err, &first) == 0, "%s", err.text);
        (void) umask(before);
        ck_assert_int_eq(lstat(path, &st), 0);
        ck_assert(S_ISSOCK(st.st_mode));
        ck_assert_uint_eq(st.st_mode & 07777, 0660);

        ck_assert_int_eq(bind_there(&other, &err, &second), -EADDRINUSE);
        ck_assert_ptr_nonnull(strstr(err.text, path));
        ck_assert_uint_eq(other.inode, 0);

        ck_assert_int_eq(uv_pipe_init(&loop, &client, 0), 0);
        ck_assert_int_eq(pf_peer_connect(&client, path, NULL), 0);

        other = (PfPeerNode){ .device = node.device, .inode = node.inode + 1 };
        pf_peer_unbind(path, &other);
        ck_assert_int_eq(access(path, F_OK), 0);
        pf_peer_unbind(path, &node);
        ck_assert_int_eq(access(path, F_OK), -1);

        uv_close((uv_handle_t *) &first, NULL);
        uv_close((uv_handle_t *) &second, NULL);
        uv_close((uv_handle_t *) &client, NULL);
        tear_down();
}
END_TEST

START_TEST(stale_socket_is_replaced) {
        uv_pipe_t first, second, client;
        PfErr err = { 0 };
        PfPeerNode node;

        set_up();
        ck_assert_int_eq(bind_there(&node, NULL, &first), 0);
        uv_close((uv_handle_t *) &first, NULL);
        (void) uv_run(&loop, UV_RUN_DEFAULT);

        ck_assert_int_eq(uv_pipe_init(&loop, &client, 0), 0);
        ck_assert_int_eq(pf_peer_connect(&client, path, &err), -ECONNREFUSED);
        ck_assert_ptr_nonnull(strstr(err.text, path));
        ck_assert_int_eq(bind_there(&node, NULL, &second), 0);
        uv_close((uv_handle_t *) &second, NULL);
        uv_close((uv_handle_t *) &client, NULL);
        tear_down();
}
END_TEST

START_TEST(other_things_at_the_path_stay) {
        PfErr err = { 0 };
        PfPeerNode node;
        uv_pipe_t pipe;
        int fd;

        set_up();
        fd = open(path, O_CREAT | O_WRONLY | O_CLOEXEC, 0600);
        ck_assert_int_ge(fd, 0);
        pf_close(fd);
        ck_assert_int_eq(bind_there(&node, &err, &pipe), -EEXIST);
        ck_assert_int_eq(access(path, F_OK), 0);
        uv_close((uv_handle_t *) &pipe, NULL);
        (void) uv_run(&loop, UV_RUN_DEFAULT);

        /* A link to a stale socket is no socket. */
        ck_assert_int_eq(unlink(path), 0);
        ck_assert_int_eq(symlink("elsewhere", path), 0);
        ck_assert_int_eq(bind_there(&node, NULL, &pipe), -EEXIST);
        uv_close((uv_handle_t *) &pipe, NULL);
        tear_down();
}
END_TEST

START_TEST(paths_that_cannot_be) {
        PfErr err = { 0 };
        PfPeerNode node;
        uv_pipe_t pipe;
        char name[200];

        set_up();
        memset(name, 'x', sizeof(name) - 1);
        name[0] = '/';
        name[sizeof(name) - 1] = '\0';
        ck_assert_int_eq(uv_pipe_init(&loop, &pipe, 0), 0);
        ck_assert_int_eq(pf_peer_bind(&pipe, name, 0600, &node, &err), -ENAMETOOLONG);
        ck_assert_int_eq(pf_peer_connect(&pipe, name, NULL), -ENAMETOOLONG);
        ck_assert_int_eq(pf_peer_bind(&pipe, "/nowhere/at/all", 0600, &node, NULL), -ENOENT);
        ck_assert_int_eq(pf_peer_connect(&pipe, "/nowhere/at/all", NULL), -ENOENT);
        uv_close((uv_handle_t *) &pipe, NULL);
        tear_down();
}
END_TEST

static void mark(uv_pipe_t *pipe) {
        uv_os_fd_t fd;

        marks[0] = '\0';
        ck_assert_int_eq(uv_fileno((uv_handle_t *) pipe, &fd), 0);
        pf_peer_mark(fd, "user.test", "listen", "entry");
}

START_TEST(sockets_are_marked) {
        char expected[256];
        PfPeerNode node;
        uv_pipe_t pipe;

        set_up();
        ck_assert_int_eq(bind_there(&node, NULL, &pipe), 0);
        mark(&pipe);
        (void) snprintf(expected, sizeof(expected),
                        "socket: user.test=listen\n%s: user.test=entry\n", path);
        ck_assert_str_eq(marks, expected);

        /* What has taken its place is none of ours. */
        ck_assert_int_eq(unlink(path), 0);
        mark(&pipe);
        ck_assert_str_eq(marks, "socket: user.test=listen\n");
        ck_assert_int_eq(symlink("/dev/null", path), 0);
        mark(&pipe);
        ck_assert_str_eq(marks, "socket: user.test=listen\n");
        ck_assert_int_eq(unlink(path), 0);
        ck_assert_int_ge(pf_close(open(path, O_CREAT | O_WRONLY, 0600)), -1);
        mark(&pipe);
        ck_assert_str_eq(marks, "socket: user.test=listen\n");
        ck_assert_int_eq(unlink(path), 0);
        uv_close((uv_handle_t *) &pipe, NULL);
        tear_down();
}
END_TEST

START_TEST(limit_of_descriptors) {
        struct rlimit before, lower;

        ck_assert_int_eq(getrlimit(RLIMIT_NOFILE, &before), 0);
        lower = before;
        lower.rlim_cur = 64;
        ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &lower), 0);
        ck_assert_uint_eq(pf_peer_raise_descriptors(32), 32);
        ck_assert_uint_eq(pf_peer_raise_descriptors(128), 128);
        ck_assert_int_eq(getrlimit(RLIMIT_NOFILE, &lower), 0);
        ck_assert_uint_eq(lower.rlim_cur, 128);
        ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &before), 0);
}
END_TEST

int main(void) {
        Suite *suite = suite_create("peer");

        PF_TEST(suite, own_identity);
        PF_TEST(suite, no_identity);
        PF_TEST(suite, groups_of_others);
        PF_TEST(suite, groups_without_the_kernel);
        PF_TEST(suite, privilege);
        PF_TEST(suite, names_of_groups);
        PF_TEST(suite, hanging_up);
        PF_TEST(suite, sockets_at_paths);
        PF_TEST(suite, stale_socket_is_replaced);
        PF_TEST(suite, other_things_at_the_path_stay);
        PF_TEST(suite, paths_that_cannot_be);
        PF_TEST(suite, sockets_are_marked);
        PF_TEST(suite, limit_of_descriptors);
        return pf_test_main(suite);
}
