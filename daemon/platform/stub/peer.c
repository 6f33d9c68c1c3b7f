/* SPDX-License-Identifier: MIT */
/* Local sockets on a system that they were not written for. */
#include "daemon/platform/peer.h"

void pf_peer_deinit(PfPeer *peer) {
        (void) peer;
}

int pf_peer_of_fd(uv_os_fd_t fd, PfPeer *ret, PfErr *err) {
        (void) fd;
        (void) ret;
        return pf_err_set(err, -ENOTSUP, "who is at the other end cannot be told on this system");
}

int pf_peer_of_self(PfPeer *ret, PfErr *err) {
        (void) ret;
        return pf_err_set(err, -ENOTSUP, "who runs this cannot be told on this system");
}

int pf_peer_find_group(const char *name, uint32_t *ret, PfErr *err) {
        (void) ret;
        return pf_err_set(err, -ENOTSUP, "group %s cannot be looked up on this system", name);
}

bool pf_peer_is_root(const PfPeer *peer) {
        (void) peer;
        return false;
}

bool pf_peer_is_privileged(const PfPeer *peer, int64_t group) {
        (void) peer;
        (void) group;
        return false;
}

int pf_peer_bind(uv_pipe_t *pipe, const char *path, unsigned mode, PfPeerNode *ret, PfErr *err) {
        (void) pipe;
        (void) mode;
        (void) ret;
        return pf_err_set(err, -ENOTSUP, "%s: no local sockets on this system", path);
}

void pf_peer_mark(uv_os_fd_t fd, const char *attribute, const char *listening, const char *entry) {
        (void) fd;
        (void) attribute;
        (void) listening;
        (void) entry;
}

void pf_peer_unbind(const char *path, const PfPeerNode *node) {
        (void) path;
        (void) node;
}

int pf_peer_connect(uv_pipe_t *pipe, const char *path, PfErr *err) {
        (void) pipe;
        return pf_err_set(err, -ENOTSUP, "%s: no local sockets on this system", path);
}

bool pf_peer_is_connected(uv_os_fd_t fd) {
        (void) fd;
        return false;
}

bool pf_peer_hung_up(uv_os_fd_t fd) {
        (void) fd;
        return true;
}

unsigned pf_peer_raise_descriptors(unsigned want) {
        return want;
}
