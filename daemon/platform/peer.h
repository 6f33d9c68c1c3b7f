/* SPDX-License-Identifier: MIT */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <uv.h>

#include "daemon/base/err.h"

/*
 * Local stream sockets, as far as the systems differ: who is at the other end,
 * a listening socket at a path, and whether the other end is gone.
 */

/* Who connected, as it was when they connected. */
typedef struct PfPeer {
        uint32_t uid;
        uint32_t gid;
        int32_t pid;      /* 0: not known; may have ended, or be another process by now */
        uint32_t *groups; /* supplementary groups */
        size_t n_groups;
} PfPeer;

/* The uid of who has not told yet; nobody has it: see user(4) of the kernel, overflow IDs. */
#define PF_PEER_UNKNOWN UINT32_MAX

void pf_peer_deinit(PfPeer *peer);
#define PF_AUTO_PEER PF_CLEANUP(pf_peer_deinit)

/**
 * pf_peer_of_fd() - who is at the other end of a connected socket
 * @ret:      receives the identity; the caller releases it with pf_peer_deinit()
 * Rule:      unix(7), SO_PEERCRED; socket(7), SO_PEERGROUPS (Linux 4.13). Before
 *            that the groups are those of the user database, see getgrouplist(3).
 *            On Windows ImpersonateNamedPipeClient(): 0 is the system, or an administrator
 *            whose rights are in force; who comes from another machine is refused.
 * Return:    0; -ENOTSOCK for a pipe or a file; -EAGAIN where that is told with the first
 *            bytes, and none were read yet; -EACCES; -ENOMEM; or another negative errno.
 */
int pf_peer_of_fd(uv_os_fd_t fd, PfPeer *ret, PfErr *err) PF_MUST_CHECK;

/* This process, for a connection that its parent handed to it. */
int pf_peer_of_self(PfPeer *ret, PfErr *err) PF_MUST_CHECK;

/**
 * pf_peer_find_group() - the number of a group of this machine
 * Rule:   group(5), /etc/group, where sysusers.d(5) puts the groups of services.
 *         Groups of a directory service are not found.
 * Return: 0, PF_PEER_NO_GROUP, or a negative errno with a text.
 */
enum { PF_PEER_NO_GROUP = 1 };
int pf_peer_find_group(const char *name, uint32_t *ret, PfErr *err) PF_MUST_CHECK;

/**
 * pf_peer_is_privileged() - root, or in the group that may see everything
 * @group: from pf_peer_find_group(), or PF_PEER_GROUP_NONE: root alone
 */
#define PF_PEER_GROUP_NONE INT64_C(-1)
bool pf_peer_is_privileged(const PfPeer *peer, int64_t group);
bool pf_peer_is_root(const PfPeer *peer);

/* A socket in the file system, to know it again. */
typedef struct PfPeerNode {
        uint64_t device;
        uint64_t inode;
} PfPeerNode;

/**
 * pf_peer_bind() - make @pipe a socket at a path, ready for uv_listen()
 * @pipe: initialised; the caller closes it, also on error
 * @path: absolute; its directory exists, and nobody else may write there
 * @mode: permission bits of the socket. It never has more than these.
 * @ret:  for pf_peer_unbind()
 *
 * A socket that nobody listens on any more is replaced. One that is in use is
 * not, nor is anything that is not a socket.
 * Return: 0, -EADDRINUSE, -EEXIST for something else at the path,
 *         -ENAMETOOLONG, or another negative errno, with a text.
 */
int pf_peer_bind(uv_pipe_t *pipe, const char *path, unsigned mode, PfPeerNode *ret,
                 PfErr *err) PF_MUST_CHECK;

/**
 * pf_peer_mark() - say what a listening socket speaks, to those who look at sockets
 * @fd:        listening
 * @attribute: an extended attribute of the user namespace: xattr(7)
 * @listening: its value on the socket itself
 * @entry:     and on the name in the file system, where it has one
 * There is no error: kernels before Linux 7.0 keep no such attribute of a socket, some file
 * systems never do, and nothing depends on it.
 */
void pf_peer_mark(uv_os_fd_t fd, const char *attribute, const char *listening, const char *entry);

/* Remove what is at @path if it is still that socket. */
void pf_peer_unbind(const char *path, const PfPeerNode *node);

/* Connect @pipe to the socket at a path; the caller closes it, also on error.
 * Return: 0; with a text -ENOENT, -ECONNREFUSED, -EACCES, -EAGAIN where more
 * wait to be accepted than may, … */
int pf_peer_connect(uv_pipe_t *pipe, const char *path, PfErr *err) PF_MUST_CHECK;

/* Is there anybody at the other end, other than at that of a listening socket? */
bool pf_peer_is_connected(uv_os_fd_t fd);

/**
 * pf_peer_hung_up() - after the end of what @fd sends: is nobody reading either?
 * False where the peer has only shut down its sending side and may wait for an
 * answer. Where that cannot be told, true.
 */
bool pf_peer_hung_up(uv_os_fd_t fd);

/* How many descriptors this process may have, after raising that to @want where
 * the system lets it; setrlimit(2), RLIMIT_NOFILE. */
unsigned pf_peer_raise_descriptors(unsigned want);
