/* SPDX-License-Identifier: MIT */
/*
 * The Linux half of a target: how a path is reached beneath the root.
 *
 * openat2(2) with RESOLVE_IN_ROOT does it in one call. Where the kernel has no
 * such call (before 5.6), or a container's filter forbids it, the path is
 * walked component by component with O_PATH | O_NOFOLLOW; no call here needs
 * more than Linux 3.10. Both give the same answers.
 */
#include "daemon/base/target.h"
#include "daemon/base/target-internal.h"

#include <dirent.h>
#include <fcntl.h>
#include <glob.h>
#include <limits.h>
#include <linux/magic.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/syscall.h>
#include <sys/types.h>

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

/* statfs(2), f_flags; the C library's ST_* are for statvfs(3). */
#define STATFS_READ_ONLY 0x0001
#define STATFS_NO_EXEC 0x0008

#define LINKS_MAX 40 /* as the kernel's MAXSYMLINKS */
#define READ_CHUNK 65536
#define O_LOOK (O_PATH | O_CLOEXEC)
#define O_READ (O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC)

DIR *pf_closedir(DIR *dir);
DIR *pf_closedir(DIR *dir) {
        if (dir)
                (void) closedir(dir);
        return NULL;
}
PF_DEFINE_CLEANUP(DIR, pf_closedir);

int pf_target_new(const char *root, PfTargetFlags flags, PfTarget **ret, PfErr *err) {
        PF_AUTO_CLOSE int fd = -1;
        int r;

        fd = open(root, O_LOOK | O_DIRECTORY);
        if (fd < 0)
                return pf_err_errno(err, -errno, "root directory %s", root);

        r = pf_target_new_base(root, fd, flags, ret);
        if (r == 0)
                (void) pf_steal_fd(&fd);
        return r;
}

static int open_with_openat2(const PfTarget *target, const char *path, int flags) {
        struct pf_open_how how = { .flags = (uint64_t) (unsigned int) flags,
                                   .resolve = PF_RESOLVE_IN_ROOT };
        int root = pf_target_root_fd(target);
        long fd;

        /* -EAGAIN: a rename raced with the resolution of "..": openat2(2). */
        for (int tries = 0; tries < 8; tries++) {
                fd = syscall(SYS_openat2, root, path, &how, sizeof(how));
                if (fd >= 0 || errno != EAGAIN)
                        break;
        }
        return fd < 0 ? -errno : (int) fd;
}

/* One walk without openat2(2): where it is, and what is left to do. */
typedef struct Walk {
        int root;
        int fd;                 /* of what is reached; the root itself at first */
        char reached[PATH_MAX]; /* its path without links: "" or "/a/b" */
        char left[PATH_MAX];
        unsigned links;
} Walk;

static int walk_open(int dir, const char *name) {
        int fd = openat(dir, name, O_LOOK | O_NOFOLLOW);

        return fd < 0 ? -errno : fd;
}

/* Goes to @path, which holds no link that was not resolved before. */
static int walk_again(Walk *walk, const char *path) {
        PF_AUTO_CLOSE int fd = -1;
        char name[NAME_MAX + 1];

        fd = walk_open(walk->root, ".");
        if (fd < 0)
                return fd;
        while (*path) {
                size_t n = strcspn(path + 1, "/");
                int next;

                if (n > NAME_MAX)
                        return -ENAMETOOLONG;
                memcpy(name, path + 1, n);
                name[n] = '\0';
                next = walk_open(fd, name);
                if (next < 0)
                        return next;
                (void) pf_close(fd);
                fd = next;
                path += 1 + n;
        }
        (void) pf_close(walk->fd);
        walk->fd = pf_steal_fd(&fd);
        return 0;
}

static int walk_up(Walk *walk) {
        char *slash = strrchr(walk->reached, '/');

        if (!slash)
                return 0; /* ".." of the root is the root */
        *slash = '\0';
        return walk_again(walk, walk->reached);
}

/* Puts the text of the link @fd in front of what is left. */
static int walk_link(Walk *walk, int fd) {
        char text[PATH_MAX];
        size_t n_left = strlen(walk->left);
        ssize_t n;

        if (++walk->links > LINKS_MAX)
                return -ELOOP;
        n = readlinkat(fd, "", text, sizeof(text));
        if (n < 0)
                return -errno;
        if (n == 0)
                return -ENOENT;
        if ((size_t) n + 1 + n_left + 1 > sizeof(walk->left))
                return -ENAMETOOLONG;

        memmove(walk->left + n + 1, walk->left, n_left + 1);
        memcpy(walk->left, text, (size_t) n);
        walk->left[n] = '/';
        if (n_left == 0)
                walk->left[n] = '\0';
        if (text[0] == '/') {
                walk->reached[0] = '\0';
                return walk_again(walk, "");
        }
        return 0;
}

static int walk_into(Walk *walk, const char *name, bool last, int flags) {
        PF_AUTO_CLOSE int fd = -1;
        struct stat st;
        size_t n = strlen(walk->reached);

        fd = walk_open(walk->fd, name);
        if (fd < 0)
                return fd;
        if (fstat(fd, &st) < 0)
                return -errno;
        if (S_ISLNK(st.st_mode) && !(last && (flags & O_NOFOLLOW)))
                return walk_link(walk, fd);
        if (!S_ISDIR(st.st_mode) && !last)
                return -ENOTDIR;

        if (n + 1 + strlen(name) + 1 > sizeof(walk->reached))
                return -ENAMETOOLONG;
        walk->reached[n] = '/';
        strcpy(walk->reached + n + 1, name);
        (void) pf_close(walk->fd);
        walk->fd = pf_steal_fd(&fd);
        return 0;
}

static int walk_step(Walk *walk, int flags) {
        char name[NAME_MAX + 1];
        char *start = walk->left + strspn(walk->left, "/");
        size_t n = strcspn(start, "/");
        bool last = start[n] == '\0';

        if (n > NAME_MAX)
                return -ENAMETOOLONG;
        memcpy(name, start, n);
        name[n] = '\0';
        memmove(walk->left, start + n, strlen(start + n) + 1);

        if (n == 0 || strcmp(name, ".") == 0)
                return 0;
        if (strcmp(name, "..") == 0)
                return walk_up(walk);
        return walk_into(walk, name, last, flags);
}

/* Where the walk ended there is an O_PATH descriptor: enough to look, and
 * for a directory the way to list it. */
static int open_with_walk(const PfTarget *target, const char *path, int flags) {
        Walk walk = { .root = pf_target_root_fd(target), .fd = -1 };
        struct stat st;
        int r;

        if (strlen(path) >= sizeof(walk.left))
                return -ENAMETOOLONG;
        strcpy(walk.left, path);

        r = walk_again(&walk, "");
        while (r == 0 && walk.left[0])
                r = walk_step(&walk, flags);
        if (r == 0 && (flags & O_DIRECTORY))
                r = fstat(walk.fd, &st) < 0 ? -errno : S_ISDIR(st.st_mode) ? 0 : -ENOTDIR;
        if (r < 0) {
                (void) pf_close(walk.fd);
                return r;
        }
        return walk.fd;
}

/* An O_PATH descriptor for @path, which is opened for nothing else yet. */
static int look(const PfTarget *target, const char *path, int flags) {
        int fd;

        if (path[0] != '/')
                return -EINVAL;
        if (pf_target_may_openat2(target)) {
                fd = open_with_openat2(target, path, O_LOOK | flags);
                /* Filters of containers answer EPERM, or ENOSYS as old kernels do. */
                if (fd != -ENOSYS && fd != -EPERM)
                        return fd;
                pf_target_give_up_openat2(target);
        }
        return open_with_walk(target, path, flags);
}

/* Opens what @fd has looked at, which can no longer become something else. */
static int open_looked_at(int fd, int flags) {
        char link[sizeof("/proc/self/fd/") + 3 * sizeof(int)];
        int opened;

        (void) snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
        opened = open(link, flags);
        return opened < 0 ? -errno : opened;
}

static int absent_or(int r) {
        return r == -ENOENT || r == -ENOTDIR ? PF_TARGET_ABSENT : r;
}

/* Notes the outcome, and gives an error its text. */
static int finish(const PfTarget *target, const char *path, PfAccess access, int r, PfErr *err) {
        r = pf_target_record(target, path, access, r);
        if (r < 0)
                return pf_err_errno(err, r, "%s", path);
        return r;
}

static const char *type_name(mode_t mode) {
        return S_ISFIFO(mode)   ? "a FIFO"
               : S_ISSOCK(mode) ? "a socket"
               : S_ISDIR(mode)  ? "a directory"
                                : "a device";
}

static int check_regular(int fd, const char *path, size_t max, PfErr *err) {
        struct stat st;

        if (fstat(fd, &st) < 0)
                return -errno;
        if (!S_ISREG(st.st_mode))
                return pf_err_set(err, S_ISDIR(st.st_mode) ? -EISDIR : -EINVAL,
                                  "%s: is %s, not a regular file", path, type_name(st.st_mode));
        if ((uint64_t) st.st_size > max)
                return pf_err_set(err, -EFBIG, "%s: %lld bytes, more than the limit of %zu", path,
                                  (long long) st.st_size, max);
        return 0;
}

static int read_all(int fd, const char *path, size_t max, PfBuf *buf, PfErr *err) {
        size_t before = buf->n;

        for (;;) {
                ssize_t n;
                int r;

                /* Room for one byte over the limit tells a longer file. */
                size_t room = max - (buf->n - before) + 1;

                if (room > READ_CHUNK)
                        room = READ_CHUNK;
                r = pf_buf_reserve(buf, room);
                if (r == -ENOBUFS)
                        return pf_err_set(err, -EFBIG, "%s: more than the limit of %zu bytes", path,
                                          buf->max);
                if (r < 0)
                        return r;
                n = read(fd, buf->data + buf->n, room);
                if (n < 0 && errno == EINTR)
                        continue;
                if (n < 0)
                        return -errno;
                if (n == 0)
                        return 0;
                buf->n += (size_t) n;
                buf->data[buf->n] = '\0';
                if (buf->n - before > max)
                        return pf_err_set(err, -EFBIG, "%s: more than the limit of %zu bytes", path,
                                          max);
        }
}

/* Without /proc, as in a bare chroot: by name once more, and it must be the same file. */
static int open_same(const PfTarget *target, const char *path, int looked) {
        PF_AUTO_CLOSE int fd = -1;
        struct stat before, after;

        fd = open_with_openat2(target, path, O_READ);
        if (fd < 0)
                return fd;
        if (fstat(looked, &before) < 0 || fstat(fd, &after) < 0)
                return -errno;
        if (before.st_dev != after.st_dev || before.st_ino != after.st_ino)
                return -EAGAIN;
        return pf_steal_fd(&fd);
}

static int read_path(const PfTarget *target, const char *path, size_t max, PfBuf *buf, PfErr *err) {
        PF_AUTO_CLOSE int looked = -1;
        PF_AUTO_CLOSE int fd = -1;
        int r;

        looked = look(target, path, 0);
        if (looked < 0)
                return absent_or(looked);
        r = check_regular(looked, path, max, err);
        if (r < 0)
                return r;
        fd = open_looked_at(looked, O_READ);
        if (fd == -ENOENT)
                fd = open_same(target, path, looked);
        if (fd < 0)
                return pf_err_errno(err, fd, "%s: cannot be opened", path);
        return read_all(fd, path, max, buf, err);
}

int pf_target_read(const PfTarget *target, const char *path, size_t max, PfBuf *buf, PfErr *err) {
        size_t before = buf->n;
        int r;

        r = read_path(target, path, max, buf, err);
        if (r != 0) {
                buf->n = before;
                if (buf->data)
                        buf->data[before] = '\0';
        }
        return finish(target, path, PF_ACCESS_OPENED, r, err);
}

static void info_from_stat(const struct stat *st, PfFileInfo *ret) {
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

static int stat_path(const PfTarget *target, const char *path, int flags, PfFileInfo *ret) {
        PF_AUTO_CLOSE int fd = -1;
        struct stat st;

        fd = look(target, path, flags);
        if (fd < 0)
                return absent_or(fd);
        if (fstat(fd, &st) < 0)
                return -errno;
        info_from_stat(&st, ret);
        return 0;
}

int pf_target_stat(const PfTarget *target, const char *path, PfFileInfo *ret, PfErr *err) {
        return finish(target, path, PF_ACCESS_OPENED, stat_path(target, path, 0, ret), err);
}

int pf_target_lstat(const PfTarget *target, const char *path, PfFileInfo *ret, PfErr *err) {
        return finish(target, path, PF_ACCESS_OPENED, stat_path(target, path, O_NOFOLLOW, ret),
                      err);
}

static int readlink_path(const PfTarget *target, const char *path, char **ret) {
        PF_AUTO_CLOSE int fd = -1;
        char text[PATH_MAX];
        ssize_t n;

        fd = look(target, path, O_NOFOLLOW);
        if (fd < 0)
                return absent_or(fd);
        n = readlinkat(fd, "", text, sizeof(text) - 1);
        if (n < 0)
                return errno == ENOENT ? -EINVAL : -errno; /* ENOENT: no link, but there */
        text[n] = '\0';
        *ret = strdup(text);
        return *ret ? 0 : -ENOMEM;
}

int pf_target_readlink(const PfTarget *target, const char *path, char **ret, PfErr *err) {
        return finish(target, path, PF_ACCESS_OPENED, readlink_path(target, path, ret), err);
}

static int open_dir(const PfTarget *target, const char *path, DIR **ret) {
        PF_AUTO_CLOSE int looked = -1;
        PF_AUTO_CLOSE int fd = -1;

        looked = look(target, path, O_DIRECTORY);
        if (looked < 0)
                return looked;
        fd = openat(looked, ".", O_READ | O_DIRECTORY);
        if (fd < 0)
                return -errno;
        *ret = fdopendir(fd);
        if (!*ret)
                return -errno;
        (void) pf_steal_fd(&fd);
        return 0;
}

static int list_path(const PfTarget *target, const char *path, PfStrv *ret) {
        PF_CLEANUP(pf_closedirp) DIR *dir = NULL;
        PF_AUTO_STRV PfStrv names = { 0 };
        struct dirent *entry;
        int r;

        r = open_dir(target, path, &dir);
        if (r < 0)
                return r == -ENOENT ? PF_TARGET_ABSENT : r;

        while (errno = 0, entry = readdir(dir)) {
                if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0)
                        continue;
                if (names.n == PF_TARGET_LIST_MAX)
                        return -E2BIG;
                r = pf_strv_add(&names, entry->d_name);
                if (r < 0)
                        return r;
        }
        if (errno)
                return -errno;

        pf_strv_sort(&names);
        return pf_strv_copy(&names, ret);
}

int pf_target_list(const PfTarget *target, const char *path, PfStrv *ret, PfErr *err) {
        return finish(target, path, PF_ACCESS_LISTED, list_path(target, path, ret), err);
}

/*
 * glob(3) of the GNU C library on functions of ours (GLOB_ALTDIRFUNC), so that
 * its rules are those of every program on the system. It hands no argument
 * through to them, hence one variable a thread.
 */
static _Thread_local const PfTarget *glob_target;

static void *glob_opendir(const char *path) {
        DIR *dir = NULL;
        int r;

        r = open_dir(glob_target, path, &dir);
        (void) pf_target_record(glob_target, path, PF_ACCESS_LISTED, r < 0 ? absent_or(r) : 0);
        errno = r < 0 ? -r : 0;
        return dir;
}

static void glob_closedir(void *dir) {
        (void) closedir(dir);
}

static struct dirent *glob_readdir(void *dir) {
        return readdir(dir);
}

static int glob_any_stat(const char *path, struct stat *st, int flags) {
        PF_AUTO_CLOSE int fd = -1;

        fd = look(glob_target, path, flags);
        (void) pf_target_record(glob_target, path, PF_ACCESS_OPENED, fd < 0 ? absent_or(fd) : 0);
        if (fd < 0) {
                errno = -fd;
                return -1;
        }
        return fstat(fd, st);
}

static int glob_stat(const char *path, struct stat *st) {
        return glob_any_stat(path, st, 0);
}

static int glob_lstat(const char *path, struct stat *st) {
        return glob_any_stat(path, st, O_NOFOLLOW);
}

int pf_target_glob(const PfTarget *target, const char *pattern, PfStrv *ret, PfErr *err) {
        glob_t matches = { .gl_opendir = glob_opendir,
                           .gl_closedir = glob_closedir,
                           .gl_readdir = glob_readdir,
                           .gl_stat = glob_stat,
                           .gl_lstat = glob_lstat };
        int r;

        if (pattern[0] != '/')
                return pf_err_set(err, -EINVAL, "%s: pattern is not absolute", pattern);

        glob_target = target;
        r = glob(pattern, GLOB_ALTDIRFUNC, NULL, &matches);
        glob_target = NULL;
        if (r == GLOB_NOMATCH)
                r = 0;
        else if (r != 0)
                r = r == GLOB_NOSPACE ? -ENOMEM : -EIO;
        for (size_t i = 0; i < matches.gl_pathc && r == 0; i++)
                r = pf_strv_add(ret, matches.gl_pathv[i]);
        globfree(&matches);
        return r < 0 ? pf_err_errno(err, r, "%s", pattern) : 0;
}

static int statfs_looked_at(int looked, struct statfs *st) {
        PF_AUTO_CLOSE int fd = -1;

        if (fstatfs(looked, st) == 0)
                return 0;
        if (errno != EBADF)
                return -errno;
        /* Before Linux 3.12 fstatfs(2) wanted a descriptor that is open. */
        fd = open_looked_at(looked, O_READ);
        if (fd < 0)
                return fd;
        return fstatfs(fd, st) < 0 ? -errno : 0;
}

static int space_path(const PfTarget *target, const char *path, PfSpace *ret) {
        PF_AUTO_CLOSE int fd = -1;
        struct statfs st;
        struct stat file;
        uint64_t block;
        int r;

        fd = look(target, path, 0);
        if (fd < 0)
                return absent_or(fd);
        r = statfs_looked_at(fd, &st);
        if (r < 0)
                return r;
        if (fstat(fd, &file) < 0)
                return -errno;

        block = st.f_frsize ? (uint64_t) st.f_frsize : (uint64_t) st.f_bsize;
        *ret = (PfSpace){
                .free_bytes = st.f_bavail * block,
                .root_free_bytes = st.f_bfree * block,
                .total_bytes = st.f_blocks * block,
                .free_inodes = st.f_ffree,
                .total_inodes = st.f_files,
                .device = file.st_dev,
                .read_only = st.f_flags & STATFS_READ_ONLY,
                .no_exec = st.f_flags & STATFS_NO_EXEC,
                .is_tmpfs = st.f_type == TMPFS_MAGIC,
        };
        return 0;
}

int pf_target_space(const PfTarget *target, const char *path, PfSpace *ret, PfErr *err) {
        return finish(target, path, PF_ACCESS_OPENED, space_path(target, path, ret), err);
}

/* The real path, so that each directory on it can be asked for its mode. */
static int real_path(const PfTarget *target, const char *path, char *ret, size_t size) {
        Walk walk = { .root = pf_target_root_fd(target), .fd = -1 };
        int r;

        if (strlen(path) >= sizeof(walk.left))
                return -ENAMETOOLONG;
        strcpy(walk.left, path);
        r = walk_again(&walk, "");
        while (r == 0 && walk.left[0])
                r = walk_step(&walk, 0);
        (void) pf_close(walk.fd);
        if (r == 0)
                (void) snprintf(ret, size, "%s", walk.reached);
        return r;
}

bool pf_target_is_public(const PfTarget *target, const char *path) {
        char real[PATH_MAX];
        struct stat st;

        if (path[0] != '/' || real_path(target, path, real, sizeof(real)) < 0)
                return false;
        for (bool last = true; real[0]; last = false) {
                PF_AUTO_CLOSE int fd = look(target, real, 0);

                if (fd < 0 || fstat(fd, &st) < 0)
                        return false;
                if (!(st.st_mode & (last ? S_IROTH : S_IXOTH)))
                        return false;
                *strrchr(real, '/') = '\0';
        }
        return true;
}
