/* SPDX-License-Identifier: MIT */
/*
 * Local sockets on Linux: credentials of the other end, sockets at paths, and
 * the limit of descriptors.
 */
#include "daemon/platform/peer.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <poll.h>
#include <pwd.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/xattr.h>

#ifndef SO_PEERGROUPS
#define SO_PEERGROUPS 59 /* not in the headers of every C library */
#endif

#define FIRST_GROUPS 32
#define GROUPS_MAX 65536 /* NGROUPS_MAX of the kernel */
#define LOOKUP_MAX ((size_t) 1 << 20)

_Static_assert(sizeof(gid_t) == sizeof(uint32_t), "groups are kept as the kernel gives them");

void pf_peer_deinit(PfPeer *peer) {
        free(peer->groups);
        *peer = (PfPeer){ 0 };
}

static int resize_groups(PfPeer *peer, size_t n) {
        uint32_t *groups = realloc(peer->groups, (n > 0 ? n : 1) * sizeof(*groups));

        if (!groups)
                return -ENOMEM;
        peer->groups = groups;
        peer->n_groups = n;
        return 0;
}

/* Ask until the buffer is large enough; the kernel says how large that is. */
static int get_peer_groups(int fd, PfPeer *peer) {
        socklen_t n = FIRST_GROUPS * sizeof(gid_t);
        int r;

        do {
                r = resize_groups(peer, n / sizeof(gid_t));
                if (r < 0)
                        return r;
                r = getsockopt(fd, SOL_SOCKET, SO_PEERGROUPS, peer->groups, &n) < 0 ? -errno : 0;
        } while (r == -ERANGE && n / sizeof(gid_t) > peer->n_groups);
        if (r == 0)
                peer->n_groups = n / sizeof(gid_t);
        return r;
}

/*
 * One lookup of getpwuid_r() or getgrnam_r() needs a buffer whose size nobody
 * knows; this calls @lookup with larger ones until it fits.
 */
typedef int (*Lookup)(const void *key, char *buffer, size_t n, void *ret);

static int look_up(Lookup lookup, const void *key, void *ret) {
        int r = -ERANGE;

        for (size_t n = 1024; r == -ERANGE && n <= LOOKUP_MAX; n *= 4) {
                PF_AUTO_FREE char *buffer = malloc(n);

                if (!buffer)
                        return -ENOMEM;
                r = lookup(key, buffer, n, ret);
        }
        return r;
}

static int look_up_user_groups(const void *key, char *buffer, size_t n, void *ret) {
        struct passwd entry, *found;
        PfPeer *peer = ret;
        int r, count = 0;

        (void) key;
        r = -getpwuid_r(peer->uid, &entry, buffer, n, &found);
        if (r < 0)
                return r;
        if (!found)
                return resize_groups(peer, 0);

        (void) getgrouplist(entry.pw_name, peer->gid, NULL, &count);
        if (count < 0 || count > GROUPS_MAX)
                return -E2BIG;
        r = resize_groups(peer, (size_t) count);
        if (r == 0 && getgrouplist(entry.pw_name, peer->gid, peer->groups, &count) < 0)
                return -EAGAIN; /* more than a moment ago */
        return r;
}

int pf_peer_of_fd(uv_os_fd_t fd, PfPeer *ret, PfErr *err) {
        PF_AUTO_PEER PfPeer peer = { 0 };
        struct ucred credentials;
        socklen_t n = sizeof(credentials);
        int r;

        if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &credentials, &n) < 0)
                return pf_err_errno(err, -errno, "cannot tell who is at the other end");
        peer.uid = credentials.uid;
        peer.gid = credentials.gid;
        peer.pid = credentials.pid;

        r = get_peer_groups(fd, &peer);
        if (r == -ENOPROTOOPT)
                r = look_up(look_up_user_groups, NULL, &peer);
        if (r < 0)
                return pf_err_errno(err, r, "cannot tell the groups of user %u", peer.uid);
        *ret = peer;
        peer = (PfPeer){ 0 };
        return 0;
}

int pf_peer_of_self(PfPeer *ret, PfErr *err) {
        PF_AUTO_PEER PfPeer peer = { .uid = geteuid(), .gid = getegid(), .pid = getpid() };
        int n, r;

        n = getgroups(0, NULL);
        if (n < 0)
                return pf_err_errno(err, -errno, "cannot tell our own groups");
        r = resize_groups(&peer, (size_t) n);
        if (r < 0)
                return r;
        n = getgroups(n, peer.groups);
        if (n < 0)
                return pf_err_errno(err, -errno, "cannot tell our own groups");
        peer.n_groups = (size_t) n;
        *ret = peer;
        peer = (PfPeer){ 0 };
        return 0;
}

/* The file alone: the name service would load its modules into a process that
 * lives long, and may ask a network. */
static int look_up_group(const void *key, char *buffer, size_t n, void *ret) {
        PF_AUTO_FCLOSE FILE *file = fopen("/etc/group", "re");
        struct group entry, *found;
        int r;

        if (!file)
                return errno == ENOENT ? PF_PEER_NO_GROUP : -errno;
        while ((r = fgetgrent_r(file, &entry, buffer, n, &found)) == 0)
                if (strcmp(entry.gr_name, key) == 0) {
                        *(uint32_t *) ret = entry.gr_gid;
                        return 0;
                }
        return r == ENOENT ? PF_PEER_NO_GROUP : -r;
}

int pf_peer_find_group(const char *name, uint32_t *ret, PfErr *err) {
        int r;

        r = look_up(look_up_group, name, ret);
        return r < 0 ? pf_err_errno(err, r, "cannot look up group %s", name) : r;
}

bool pf_peer_is_root(const PfPeer *peer) {
        return peer->uid == 0;
}

bool pf_peer_is_privileged(const PfPeer *peer, int64_t group) {
        if (pf_peer_is_root(peer) || peer->gid == group)
                return true;
        for (size_t i = 0; i < peer->n_groups; i++)
                if (peer->groups[i] == group)
                        return true;
        return false;
}

static int fill_address(const char *path, struct sockaddr_un *ret, PfErr *err) {
        *ret = (struct sockaddr_un){ .sun_family = AF_UNIX };
        if (strlen(path) >= sizeof(ret->sun_path))
                return pf_err_set(err, -ENAMETOOLONG, "%s: too long for a socket, at most %zu",
                                  path, sizeof(ret->sun_path) - 1);
        memcpy(ret->sun_path, path, strlen(path) + 1);
        return 0;
}

static int new_socket(PfErr *err) {
        int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

        return fd < 0 ? pf_err_errno(err, -errno, "cannot make a socket") : fd;
}

/* A socket without a listener refuses; all else means that it is in use. */
static int remove_stale(const char *path, const struct sockaddr_un *address, PfErr *err) {
        PF_AUTO_CLOSE int fd = new_socket(err);
        struct stat st;

        if (fd < 0)
                return fd;
        if (lstat(path, &st) < 0)
                return errno == ENOENT ? 0 : pf_err_errno(err, -errno, "%s", path);
        if (!S_ISSOCK(st.st_mode))
                return pf_err_set(err, -EEXIST, "%s: there is something that is no socket", path);
        if (connect(fd, (const struct sockaddr *) address, sizeof(*address)) == 0 ||
            errno != ECONNREFUSED)
                return pf_err_set(err, -EADDRINUSE, "%s: somebody else listens there", path);
        if (unlink(path) < 0 && errno != ENOENT)
                return pf_err_errno(err, -errno, "%s: cannot remove the stale socket", path);
        return 0;
}

/* The mode of the socket without a name becomes that of the name, less the
 * umask; so the name has never more than it should, and gets the rest after. */
static int bind_path(int fd, const char *path, const struct sockaddr_un *address, unsigned mode,
                     PfPeerNode *ret, PfErr *err) {
        struct stat st;
        int r;

        if (fchmod(fd, mode) < 0)
                return pf_err_errno(err, -errno, "%s: cannot set the mode", path);
        if (bind(fd, (const struct sockaddr *) address, sizeof(*address)) < 0)
                return pf_err_errno(err, -errno, "%s: cannot make the socket", path);
        if (chmod(path, mode) == 0 && lstat(path, &st) == 0) {
                *ret = (PfPeerNode){ .device = st.st_dev, .inode = st.st_ino };
                return 0;
        }
        r = -errno;
        (void) unlink(path);
        return pf_err_errno(err, r, "%s: cannot set the mode", path);
}

static int give_to_pipe(uv_pipe_t *pipe, int *fd, const char *path, PfErr *err) {
        int r;

        r = uv_pipe_open(pipe, *fd);
        if (r < 0)
                return pf_err_set(err, r, "%s: %s", path, uv_strerror(r));
        *fd = -1;
        return 0;
}

int pf_peer_bind(uv_pipe_t *pipe, const char *path, unsigned mode, PfPeerNode *ret, PfErr *err) {
        PF_AUTO_CLOSE int fd = -1;
        struct sockaddr_un address;
        PfPeerNode node;
        int r;

        r = fill_address(path, &address, err);
        if (r == 0)
                r = remove_stale(path, &address, err);
        if (r == 0)
                r = fd = new_socket(err);
        if (r >= 0)
                r = bind_path(fd, path, &address, mode, &node, err);
        if (r < 0)
                return r;

        r = give_to_pipe(pipe, &fd, path, err);
        if (r < 0) {
                pf_peer_unbind(path, &node);
                return r;
        }
        *ret = node;
        return 0;
}

void pf_peer_unbind(const char *path, const PfPeerNode *node) {
        struct stat st;

        if (lstat(path, &st) == 0 && st.st_dev == node->device && st.st_ino == node->inode)
                (void) unlink(path);
}

/* By descriptor, so that it is a socket that is marked and not what has taken its place. */
static void mark_path(const char *path, const char *attribute, const char *value) {
        PF_AUTO_CLOSE int fd = open(path, O_PATH | O_NOFOLLOW | O_CLOEXEC);
        char name[64];
        struct stat st;

        if (fd < 0 || fstat(fd, &st) < 0 || !S_ISSOCK(st.st_mode))
                return;
        (void) snprintf(name, sizeof(name), "/proc/self/fd/%d", fd);
        (void) setxattr(name, attribute, value, strlen(value), 0);
}

void pf_peer_mark(uv_os_fd_t fd, const char *attribute, const char *listening, const char *entry) {
        struct sockaddr_un address;
        socklen_t n = sizeof(address);

        (void) fsetxattr(fd, attribute, listening, strlen(listening), 0);
        /* Not an abstract name, which begins with NUL. */
        if (getsockname(fd, (struct sockaddr *) &address, &n) == 0 && n < sizeof(address) &&
            n > offsetof(struct sockaddr_un, sun_path) && address.sun_path[0] == '/') {
                ((char *) &address)[n] = '\0';
                mark_path(address.sun_path, attribute, entry);
        }
}

/* Local sockets connect at once, or not at all. */
int pf_peer_connect(uv_pipe_t *pipe, const char *path, PfErr *err) {
        PF_AUTO_CLOSE int fd = -1;
        struct sockaddr_un address;
        int r;

        r = fill_address(path, &address, err);
        if (r == 0)
                r = fd = new_socket(err);
        if (r < 0)
                return r;
        if (connect(fd, (const struct sockaddr *) &address, sizeof(address)) < 0)
                return pf_err_errno(err, -errno, "%s: cannot connect", path);
        return give_to_pipe(pipe, &fd, path, err);
}

bool pf_peer_is_connected(uv_os_fd_t fd) {
        struct sockaddr_un address;
        socklen_t n = sizeof(address);

        return getpeername(fd, (struct sockaddr *) &address, &n) == 0;
}

bool pf_peer_hung_up(uv_os_fd_t fd) {
        struct pollfd item = { .fd = fd };

        return poll(&item, 1, 0) < 0 || (item.revents & (POLLHUP | POLLERR | POLLNVAL));
}

unsigned pf_peer_raise_descriptors(unsigned want) {
        struct rlimit limit;

        if (getrlimit(RLIMIT_NOFILE, &limit) < 0)
                return 256; /* what POSIX has had at least, in practice */
        if (limit.rlim_cur < want) {
                limit.rlim_cur = want < limit.rlim_max ? want : limit.rlim_max;
                (void) setrlimit(RLIMIT_NOFILE, &limit);
                (void) getrlimit(RLIMIT_NOFILE, &limit);
        }
        return limit.rlim_cur < want ? (unsigned) limit.rlim_cur : want;
}
