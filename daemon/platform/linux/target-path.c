/* SPDX-License-Identifier: MIT */
/*
 * How a path is reached beneath the root of a target.
 *
 * openat2(2) with RESOLVE_IN_ROOT does it in one call. Where the kernel has no
 * such call (before 5.6), or a container's filter forbids it, the path is
 * walked component by component with O_PATH | O_NOFOLLOW; no call here needs
 * more than Linux 3.10. Both give the same answers, but that a walk knows
 * nothing of fs.protected_symlinks.
 *
 * Nothing is opened here but for looking, apart from pf_path_open() and
 * pf_path_opendir().
 */
#include "daemon/platform/linux/target-path.h"
#include "daemon/base/overlay-internal.h"
#include "daemon/base/target-internal.h"
#include "daemon/platform/target-system.h"
#include "daemon/platform/linux/host-network.h"
#include "daemon/platform/linux/mount-servers.h"

#include <fcntl.h>
#include <limits.h>
#include <linux/magic.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/syscall.h>

/* <linux/openat2.h> is not on every system that this is built on. */
struct pf_open_how {
        uint64_t flags;
        uint64_t mode;
        uint64_t resolve;
};
#define PF_RESOLVE_IN_ROOT 0x10
#ifndef SYS_openat2
#define SYS_openat2 437
#endif

#define LINKS_MAX 40 /* as the kernel's MAXSYMLINKS */
#define RACES_MAX 8  /* attempts while somebody renames what is walked through */

/* All that a walk can have before it: the path, and the text of each link. */
#define LEFT_MAX ((size_t) (LINKS_MAX + 1) * PATH_MAX)

static int open_with_openat2(const PfTarget *target, const char *path, int flags) {
        struct pf_open_how how = { .flags = (uint64_t) (unsigned int) flags,
                                   .resolve = PF_RESOLVE_IN_ROOT };
        long fd = -1;
        int r;

        if (!pf_target_may_openat2(target))
                return -ENOSYS;
        r = pf_mount_servers_check(pf_target_system(target), path);
        if (r < 0)
                return r;
        errno = EAGAIN;
        /* -EAGAIN: a rename raced with the resolution of "..": openat2(2). */
        for (int tries = 0; tries < RACES_MAX && fd < 0 && errno == EAGAIN; tries++)
                fd = syscall(SYS_openat2, pf_target_root_fd(target), path, &how, sizeof(how));
        return fd < 0 ? -errno : (int) fd;
}

/* Is it the call that failed? Filters of containers answer EPERM, or ENOSYS as old
 * kernels do. */
static bool must_walk(int r) {
        return r == -ENOSYS || r == -EPERM || r == -EAGAIN;
}

/* A directory that the walk came through, with what decides who else may. */
typedef struct Place {
        dev_t device;
        ino_t inode;
        bool public; /* anybody may search it, and nobody may put something else there */
} Place;

/* One walk without openat2(2): where it is, and what is left to do. */
typedef struct Walk {
        int root;
        int fd;                  /* of what is reached; the root itself at first */
        int parent;              /* of the directory that holds it, or -1 */
        char name[NAME_MAX + 1]; /* there */
        PfBuf trail;             /* of Place: the directories from the root to here */
        PfBuf left;              /* path still to go, from its byte at on */
        size_t at;
        unsigned links;
        struct stat top; /* the root's */
        bool public;     /* so far */
} Walk;

#define WALK_INIT                                                                                  \
        {                                                                                          \
                .fd = -1, .parent = -1, .trail = PF_BUF_INIT(LEFT_MAX * sizeof(Place)),            \
                .left = PF_BUF_INIT(LEFT_MAX), .public = true                                      \
        }

static void walk_deinit(Walk *walk) {
        walk->fd = pf_close(walk->fd);
        walk->parent = pf_close(walk->parent);
        pf_buf_deinit(&walk->trail);
        pf_buf_deinit(&walk->left);
}

static Place *walk_place(Walk *walk) {
        return (Place *) (void *) (walk->trail.data + walk->trail.n) - 1;
}

/*
 * Who can change a directory can put a link to any file there between one look
 * and the next. So only what the owner of the whole tree alone can change
 * counts as public.
 */
static bool is_public_directory(const Walk *walk, const struct stat *st) {
        bool owned = st->st_uid == 0 || st->st_uid == walk->top.st_uid;
        bool grouped = st->st_gid == 0 || st->st_gid == walk->top.st_gid;

        return owned && (st->st_mode & S_IXOTH) && !(st->st_mode & S_IWOTH) &&
               (grouped || !(st->st_mode & S_IWGRP));
}

static int walk_remember(Walk *walk, const struct stat *st) {
        const Place place = { .device = st->st_dev,
                              .inode = st->st_ino,
                              .public = is_public_directory(walk, st) };

        return pf_buf_add(&walk->trail, &place, sizeof(place));
}

static int look_at(int dir, const char *name, int flags) {
        int fd = openat(dir, name, PF_O_LOOK | O_NOFOLLOW | flags);

        return fd < 0 ? -errno : fd;
}

static void walk_move_take(Walk *walk, int fd, int parent) {
        (void) pf_close(walk->parent);
        walk->parent = parent;
        walk->fd = fd;
}

static int walk_to_root(Walk *walk) {
        int fd;

        fd = look_at(walk->root, ".", 0);
        if (fd < 0)
                return fd;
        (void) pf_close(walk->fd);
        walk_move_take(walk, fd, -1);
        if (fstat(fd, &walk->top) < 0)
                return -errno;
        pf_buf_consume(&walk->trail, walk->trail.n);
        return walk_remember(walk, &walk->top);
}

/*
 * To the directory that the walk came from. The kernel's ".." leads there,
 * unless this one was moved meanwhile: then it may lead out of the root.
 */
static int walk_up(Walk *walk) {
        PF_AUTO_CLOSE int fd = -1;
        const Place *before;
        struct stat st;

        if (walk->trail.n == sizeof(Place))
                return 0; /* ".." of the root is the root */
        fd = look_at(walk->fd, "..", O_DIRECTORY);
        if (fd < 0)
                return fd;
        if (fstat(fd, &st) < 0)
                return -errno;
        walk->trail.n -= sizeof(Place);
        before = walk_place(walk);
        if (before->device != st.st_dev || before->inode != st.st_ino)
                return -EAGAIN;
        (void) pf_close(walk->fd);
        walk_move_take(walk, pf_steal_fd(&fd), -1);
        return 0;
}

/*
 * /proc/PID/exe, fd/N, root …: the text is for people, the kernel follows them
 * to what no path may lead to. openat2(2) refuses them beneath a root. The
 * links at the root of /proc (inode 1) are ordinary ones.
 */
static bool is_magic(Walk *walk, int link, const char *text) {
        struct statfs st;

        return (text[0] == '/' || strchr(text, ':')) && walk_place(walk)->inode != 1 &&
               fstatfs(link, &st) == 0 && st.f_type == PROC_SUPER_MAGIC;
}

/* Puts the text of the link @fd in front of what is left. */
static int walk_link(Walk *walk, int fd) {
        PfBuf left = PF_BUF_INIT(LEFT_MAX);
        char text[PATH_MAX];
        ssize_t n;
        int r;

        if (++walk->links > LINKS_MAX)
                return -ELOOP;
        n = readlinkat(fd, "", text, sizeof(text) - 1);
        if (n <= 0)
                return n < 0 ? -errno : -ENOENT;
        text[n] = '\0';
        if (is_magic(walk, fd, text))
                return -EXDEV;

        r = pf_buf_printf(&left, "%s%s", text, walk->left.data + walk->at);
        if (r < 0) {
                pf_buf_deinit(&left);
                return r;
        }
        pf_buf_deinit(&walk->left);
        walk->left = left;
        walk->at = 0;
        return text[0] == '/' ? walk_to_root(walk) : 0;
}

/*
 * O_DIRECTORY has an automount point mounted, as it would be on the way; it
 * refuses a link, which is then looked at for what it is.
 */
static int look_through(int dir, const char *name) {
        int fd = look_at(dir, name, O_DIRECTORY);

        return fd == -ENOTDIR || fd == -ELOOP ? look_at(dir, name, 0) : fd;
}

static int walk_into(Walk *walk, bool last, int flags) {
        PF_AUTO_CLOSE int fd = -1;
        struct stat st;
        int r;

        fd = last && !(flags & O_DIRECTORY) ? look_at(walk->fd, walk->name, 0)
                                            : look_through(walk->fd, walk->name);
        if (fd < 0)
                return fd;
        if (fstat(fd, &st) < 0)
                return -errno;
        if (S_ISLNK(st.st_mode) && !(last && (flags & O_NOFOLLOW)))
                return walk_link(walk, fd);
        if (!S_ISDIR(st.st_mode) && !last)
                return -ENOTDIR;

        r = S_ISDIR(st.st_mode) ? walk_remember(walk, &st) : 0;
        if (r == 0)
                walk_move_take(walk, pf_steal_fd(&fd), walk->fd);
        return r;
}

/* As the kernel, which wants to search a directory for "." and ".." too. */
static int may_search(int dir) {
        int fd = look_at(dir, ".", 0);

        (void) pf_close(fd);
        return fd < 0 ? fd : 0;
}

static int walk_step(Walk *walk, int flags) {
        const char *start = walk->left.data + walk->at;
        size_t n;
        int r;

        start += strspn(start, "/");
        n = strcspn(start, "/");
        walk->at = (size_t) (start - walk->left.data) + n;
        if (n == 0)
                return 0;

        walk->public = walk->public && walk_place(walk)->public;
        (void) snprintf(walk->name, sizeof(walk->name), "%.*s", (int) n, start);
        if (n <= NAME_MAX && strcmp(walk->name, ".") != 0 && strcmp(walk->name, "..") != 0)
                return walk_into(walk, start[n] == '\0', flags);

        r = may_search(walk->fd);
        if (r < 0)
                return r;
        if (n > NAME_MAX)
                return -ENAMETOOLONG;
        return walk->name[1] == '.' ? walk_up(walk) : 0;
}

static int walk_all(Walk *walk, const char *path, int flags) {
        struct stat st;
        int r;

        if (strlen(path) >= PATH_MAX)
                return -ENAMETOOLONG;
        r = pf_buf_add_string(&walk->left, path);
        if (r == 0)
                r = walk_to_root(walk);
        while (r == 0 && walk->left.data[walk->at])
                r = walk_step(walk, flags);
        if (r < 0 || !(flags & O_DIRECTORY))
                return r;
        return fstat(walk->fd, &st) < 0 ? -errno : S_ISDIR(st.st_mode) ? 0 : -ENOTDIR;
}

static int walk_path(const PfTarget *target, const char *path, int flags, Walk *walk) {
        int r = pf_mount_servers_check(pf_target_system(target), path);

        if (r < 0)
                return r;
        r = -EAGAIN;
        for (int tries = 0; tries < RACES_MAX && r == -EAGAIN; tries++) {
                walk_deinit(walk);
                *walk = (Walk) WALK_INIT;
                walk->root = pf_target_root_fd(target);
                r = walk_all(walk, path, flags);
        }
        return r;
}

static int open_with_walk(const PfTarget *target, const char *path, int flags) {
        PF_CLEANUP(walk_deinit) Walk walk = WALK_INIT;
        int r;

        r = walk_path(target, path, flags, &walk);
        return r < 0 ? r : pf_steal_fd(&walk.fd);
}

void pf_path_link(int fd, char link[static PF_PATH_LINK_MAX]) {
        (void) snprintf(link, PF_PATH_LINK_MAX, "/proc/self/fd/%d", fd);
}

int pf_path_statfs(int looked, struct statfs *ret) {
        char link[PF_PATH_LINK_MAX];

        if (fstatfs(looked, ret) == 0)
                return 0;
        /* Before Linux 3.12 fstatfs(2) wanted a descriptor that is open. */
        if (errno != EBADF)
                return -errno;
        pf_path_link(looked, link);
        return statfs(link, ret) < 0 ? -errno : 0;
}

/* File systems in which a kernel tells of itself. */
static bool is_of_a_kernel(const struct statfs *st) {
        static const unsigned types[] = { PROC_SUPER_MAGIC,   SYSFS_MAGIC,        EFIVARFS_MAGIC,
                                          SECURITYFS_MAGIC,   DEBUGFS_MAGIC,      SELINUX_MAGIC,
                                          CGROUP_SUPER_MAGIC, CGROUP2_SUPER_MAGIC };

        for (size_t i = 0; i < PF_ELEMENTS(types); i++)
                if ((unsigned) st->f_type == types[i])
                        return true;
        return false;
}

/* Hands a descriptor on, unless it is of this machine's kernel and the target an
 * image, which has none. A root that itself lies there is what was asked for. */
static int keep_of_target(const PfTarget *target, int fd_take) {
        PF_AUTO_CLOSE int fd = fd_take;
        struct stat found, root;
        struct statfs st;

        if (fd_take < 0 || pf_target_is_host(target) || pf_path_statfs(fd, &st) < 0 ||
            !is_of_a_kernel(&st))
                return fd_take < 0 ? fd_take : pf_steal_fd(&fd);
        if (fstat(fd, &found) < 0 || fstat(pf_target_root_fd(target), &root) < 0)
                return -errno;
        return found.st_dev == root.st_dev ? pf_steal_fd(&fd) : -ENOENT;
}

/* Told of what will be looked at, unless its server does not answer: then it is not. */
static void observe(const PfTarget *target, const char *path, PfTargetLook how,
                    const char *pattern) {
        if (pf_target_is_observed(target) &&
            pf_mount_servers_check(pf_target_system(target), path) == 0)
                pf_target_observe_look(target, path, how, pattern);
}

int pf_path_look(const PfTarget *target, const char *path, int flags) {
        int fd;

        if (path[0] != '/')
                return -EINVAL;
        observe(target, path, flags & O_NOFOLLOW ? PF_TARGET_LOOK_AT_LINK : PF_TARGET_LOOK_AT,
                NULL);
        if (pf_target_is_host(target) && pf_host_network_open(path, PF_O_LOOK | flags, &fd))
                return fd;
        fd = open_with_openat2(target, path, PF_O_LOOK | flags);
        if (must_walk(fd)) {
                if (fd != -EAGAIN)
                        pf_target_give_up_openat2(target);
                fd = open_with_walk(target, path, flags);
        }
        return keep_of_target(target, fd);
}

/* Without /proc, as in a bare chroot: by name, and it must be the same file. */
static int open_by_name(const PfTarget *target, const char *path, int looked) {
        PF_CLEANUP(walk_deinit) Walk walk = WALK_INIT;
        PF_AUTO_CLOSE int fd = -1;
        struct stat before, now;
        int r;

        r = walk_path(target, path, 0, &walk);
        if (r < 0)
                return r;
        if (fstat(looked, &before) < 0 || fstat(walk.fd, &now) < 0)
                return -errno;
        if (before.st_dev != now.st_dev || before.st_ino != now.st_ino)
                return -EAGAIN;

        fd = openat(walk.parent, walk.name, PF_O_READ | O_NOFOLLOW);
        if (fd < 0 || fstat(fd, &now) < 0)
                return -errno;
        if (before.st_dev != now.st_dev || before.st_ino != now.st_ino)
                return -EAGAIN;
        return pf_steal_fd(&fd);
}

int pf_path_open(const PfTarget *target, const char *path, int looked) {
        char link[PF_PATH_LINK_MAX];
        int fd;

        pf_path_link(looked, link);
        fd = open(link, PF_O_READ);
        if (fd >= 0)
                return fd;
        return errno == ENOENT ? open_by_name(target, path, looked) : -errno;
}

/* Looked for first where that takes several calls; what is opened is a directory. */
static int walk_to_directory(const PfTarget *target, const char *path) {
        PF_AUTO_CLOSE int looked = -1;
        int fd;

        looked = pf_path_look(target, path, O_DIRECTORY);
        if (looked < 0)
                return looked;
        fd = openat(looked, ".", PF_O_READ | O_DIRECTORY);
        return fd < 0 ? -errno : fd;
}

int pf_path_opendir(const PfTarget *target, const char *path, DIR **ret) {
        return pf_path_opendir_for(target, path, NULL, ret);
}

int pf_path_opendir_for(const PfTarget *target, const char *path, const char *pattern, DIR **ret) {
        PF_AUTO_CLOSE int fd = -1;

        if (path[0] != '/')
                return -EINVAL;
        observe(target, path, PF_TARGET_LOOK_LIST, pattern);
        fd = open_with_openat2(target, path, PF_O_READ | O_DIRECTORY);
        if (must_walk(fd))
                fd = walk_to_directory(target, path);
        fd = keep_of_target(target, pf_steal_fd(&fd));
        if (fd < 0)
                return fd;
        *ret = fdopendir(fd);
        if (!*ret)
                return -errno;
        (void) pf_steal_fd(&fd);
        return 0;
}

DIR *pf_path_closedir(DIR *dir) {
        if (dir)
                (void) closedir(dir);
        return NULL;
}

int pf_path_absent_or(int r) {
        return r == -ENOENT || r == -ENOTDIR ? PF_TARGET_ABSENT : r;
}

void pf_path_info(const struct stat *st, PfFileInfo *ret) {
        *ret = (PfFileInfo){
                .type = S_ISREG(st->st_mode)    ? PF_FILE_REGULAR
                        : S_ISDIR(st->st_mode)  ? PF_FILE_DIRECTORY
                        : S_ISLNK(st->st_mode)  ? PF_FILE_SYMLINK
                        : S_ISFIFO(st->st_mode) ? PF_FILE_FIFO
                        : S_ISSOCK(st->st_mode) ? PF_FILE_SOCKET
                                                : PF_FILE_DEVICE,
                .mode = st->st_mode & 07777,
                .uid = st->st_uid,
                .gid = st->st_gid,
                .size_bytes = (uint64_t) st->st_size,
                .device = st->st_dev,
                .inode = st->st_ino,
                .modified_usec =
                        (int64_t) st->st_mtim.tv_sec * 1000000 + st->st_mtim.tv_nsec / 1000,
        };
}

/* The directory that the end of a walk lies in, and its name there. */
static int locate_in(const Walk *walk, int directory, PfWhere *ret) {
        struct stat st;

        ret->is_beneath_public = walk->public;
        if (directory < 0)
                return 0;
        if (fstat(directory, &st) < 0)
                return -errno;
        ret->directory_device = st.st_dev;
        ret->directory_inode = st.st_ino;
        (void) snprintf(ret->name, sizeof(ret->name), "%s", walk->name);
        return 0;
}

/* Where the last name of a path is missing, the walk stands in its directory. */
static bool is_last_missing(const Walk *walk, int r) {
        struct stat st;

        return r == -ENOENT && !walk->left.data[walk->at] && fstat(walk->fd, &st) == 0 &&
               S_ISDIR(st.st_mode);
}

int pf_target_locate(const PfTarget *target, const char *path, bool follow, PfWhere *ret) {
        PF_CLEANUP(walk_deinit) Walk walk = WALK_INIT;
        PfWhere where = { 0 };
        struct stat st;
        int r, q;

        if (path[0] != '/')
                return -EINVAL;
        r = walk_path(target, path, follow ? 0 : O_NOFOLLOW, &walk);
        if (r == 0 && fstat(walk.fd, &st) < 0)
                r = -errno;
        if (r < 0 && !is_last_missing(&walk, r))
                return pf_path_absent_or(r);
        q = locate_in(&walk, r == 0 ? walk.parent : walk.fd, &where);
        if (q < 0)
                return q;
        if (r == 0)
                pf_path_info(&st, &where.info);
        *ret = where;
        return pf_path_absent_or(r);
}

bool pf_system_is_public(const PfTarget *target, const char *path) {
        PF_CLEANUP(walk_deinit) Walk walk = WALK_INIT;
        struct stat st;

        return walk_path(target, path, 0, &walk) == 0 && walk.public && fstat(walk.fd, &st) == 0 &&
               (st.st_mode & S_IROTH);
}
