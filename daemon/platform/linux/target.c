/* SPDX-License-Identifier: MIT */
/*
 * The Linux half of a target: what is read of what a path leads to. How it is
 * reached is in target-path.c.
 */
#include "daemon/base/target.h"
#include "daemon/base/overlay-internal.h"
#include "daemon/base/target-internal.h"

#include <dirent.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/magic.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/types.h>

#include "daemon/base/capture.h"
#include "daemon/platform/linux/mount-servers.h"
#include "daemon/platform/linux/target-path.h"

/* statfs(2), f_flags; the C library's ST_* are for statvfs(3). */
#define STATFS_READ_ONLY 0x0001
#define STATFS_NO_EXEC 0x0008

#define READ_CHUNK 65536

int pf_target_new(const char *root, PfTargetFlags flags, PfTarget **ret, PfErr *err) {
        PF_CLEANUP(pf_target_unrefp) PfTarget *target = NULL;
        PF_AUTO_CLOSE int fd = -1;
        PfMountServers *mounts;
        int r;

        fd = open(root, PF_O_LOOK | O_DIRECTORY);
        if (fd < 0)
                return pf_err_errno(err, -errno, "root directory %s", root);

        r = pf_target_new_base(root, fd, flags, &target);
        if (r < 0)
                return r;
        (void) pf_steal_fd(&fd);
        mounts = pf_mount_servers_new(root);
        if (!mounts)
                return -ENOMEM;
        pf_target_set_system(target, mounts, pf_mount_servers_free);
        r = pf_target_open_capture(target, err);
        if (r == 0)
                *ret = PF_STEAL(target);
        return r;
}

/* Notes the outcome, and gives an error its text. */
static int finish(const PfTarget *target, const char *path, PfAccess access, int r, PfErr *err) {
        r = pf_target_record(target, path, access, r);
        if (r < 0)
                return pf_err_errno(err, r, "%s", path);
        return r;
}

/* Hands the text of an error on to who asked; the first text wins. */
static int hand_on(int r, const PfErr *from, PfErr *err) {
        return r < 0 ? pf_err_set(err, r, "%s", pf_err_text(from, r)) : r;
}

static const char *type_name(mode_t mode) {
        return S_ISFIFO(mode)   ? "a FIFO"
               : S_ISSOCK(mode) ? "a socket"
               : S_ISDIR(mode)  ? "a directory"
                                : "a device";
}

static int check_regular(int fd, const char *path, size_t max, uint64_t *ret_size, PfErr *err) {
        struct stat st;

        if (fstat(fd, &st) < 0)
                return -errno;
        if (!S_ISREG(st.st_mode))
                return pf_err_set(err, S_ISDIR(st.st_mode) ? -EISDIR : -EINVAL,
                                  "%s: is %s, not a regular file", path, type_name(st.st_mode));
        *ret_size = (uint64_t) st.st_size;
        return *ret_size > max ? pf_err_too_large(err, path, *ret_size, max) : 0;
}

static ssize_t read_again(int fd, void *data, size_t n) {
        ssize_t got;

        do
                got = read(fd, data, n);
        while (got < 0 && errno == EINTR);
        return got;
}

/* How many bytes to make room for next: what the file says that it has, and one, so
 * that one more is noticed. Those of proc(5) say nothing, and change from one read
 * to the next: then it is many. */
static size_t next_room(const PfBuf *buf, uint64_t expected) {
        const size_t spare = buf->allocated > buf->n ? buf->allocated - buf->n - 1 : 0;

        if (spare > expected)
                return spare;
        return expected > 0 ? (size_t) expected + 1 : READ_CHUNK;
}

/*
 * Where a file may be as long as the room that is left, one byte more is asked
 * for, which tells a longer file; it falls on the place of the buffer's NUL.
 */
static int read_all(int fd, const char *path, uint64_t expected, size_t max, PfBuf *buf,
                    PfErr *err) {
        size_t left = max < buf->max - buf->n ? max : buf->max - buf->n;
        const size_t limit = left;
        bool whole;
        ssize_t n;

        do {
                size_t room = next_room(buf, expected);
                bool ends = left <= room;
                int r;

                room = ends ? left : room;
                r = pf_buf_reserve(buf, room);
                if (r < 0)
                        return r;
                n = read_again(fd, buf->data + buf->n, room + ends);
                if (n < 0)
                        return -errno;
                if ((size_t) n > room)
                        return pf_err_set(err, -EFBIG, "%s: more than the limit of %zu bytes", path,
                                          limit);
                buf->n += (size_t) n;
                buf->data[buf->n] = '\0';
                left -= (size_t) n;
                whole = (uint64_t) n == expected;
                expected = 0;
        } while (n > 0 && !whole);
        return 0;
}

static int read_path(const PfTarget *target, const char *path, size_t max, PfBuf *buf,
                     uint64_t *ret_size, PfErr *err) {
        PF_AUTO_CLOSE int looked = -1;
        PF_AUTO_CLOSE int fd = -1;
        int r;

        looked = pf_path_look(target, path, 0);
        if (looked < 0)
                return pf_path_absent_or(looked);
        r = check_regular(looked, path, max, ret_size, err);
        if (r < 0)
                return r;
        fd = pf_path_open(target, path, looked);
        if (fd < 0)
                return pf_err_errno(err, fd, "%s: cannot be opened", path);
        return read_all(fd, path, *ret_size, max, buf, err);
}

int pf_target_read_file(const PfTarget *target, const char *path, size_t max, PfBuf *buf,
                        PfErr *err) {
        uint64_t size;

        return read_path(target, path, max, buf, &size, err);
}

static int head_path(const PfTarget *target, const char *path, size_t n, PfBuf *buf,
                     uint64_t *ret_size, PfErr *err) {
        PF_AUTO_CLOSE int looked = -1;
        PF_AUTO_CLOSE int fd = -1;
        ssize_t got = 1;
        int r;

        looked = pf_path_look(target, path, 0);
        if (looked < 0)
                return pf_path_absent_or(looked);
        r = check_regular(looked, path, SIZE_MAX, ret_size, err);
        if (r == 0)
                r = pf_buf_reserve(buf, n);
        if (r < 0)
                return r;
        fd = pf_path_open(target, path, looked);
        if (fd < 0)
                return pf_err_errno(err, fd, "%s: cannot be opened", path);
        for (; n > 0 && got > 0; n -= (size_t) got) {
                got = read_again(fd, buf->data + buf->n, n);
                if (got < 0)
                        return -errno;
                buf->n += (size_t) got;
                buf->data[buf->n] = '\0';
        }
        return 0;
}

/* What was asked for with pf_target_read() and pf_target_read_head(). */
typedef struct Reading {
        const char *path;
        size_t max;
        bool is_head;
} Reading;

static int read_any(const PfTarget *target, const Reading *reading, PfBuf *buf, PfErr *err) {
        const size_t before = buf->n;
        PfErr detail = { 0 };
        uint64_t size = 0, captured_size = 0;
        int r;

        r = pf_overlay_read(target, reading->path, reading->max, reading->is_head, buf, &size,
                            &detail);
        if (r == PF_TARGET_LOOK)
                r = pf_target_recall_read(target, reading->path, reading->max, reading->is_head,
                                          &captured_size, &detail);
        if (r == PF_TARGET_LOOK)
                r = reading->is_head
                            ? head_path(target, reading->path, reading->max, buf, &size, &detail)
                            : read_path(target, reading->path, reading->max, buf, &size, &detail);
        r = finish(target, reading->path, PF_ACCESS_OPENED, r, &detail);
        if (r != 0) {
                buf->n = before;
                if (buf->data)
                        buf->data[before] = '\0';
        }
        /* Files of proc(5) have no size until they were read; one that is too long
         * for another reason than its size has grown. */
        if (r == 0 && (!reading->is_head || buf->n - before > size))
                size = buf->n - before;
        if (r == -EFBIG && size <= reading->max)
                size = 0;
        if (captured_size > size)
                size = captured_size;
        pf_target_keep_read(target, reading->path, r, size, buf->data ? buf->data + before : "",
                            buf->n - before, &detail);
        return hand_on(r, &detail, err);
}

int pf_target_read(const PfTarget *target, const char *path, size_t max, PfBuf *buf, PfErr *err) {
        return read_any(target, &(Reading){ path, max, false }, buf, err);
}

int pf_target_read_head(const PfTarget *target, const char *path, size_t n, PfBuf *buf,
                        PfErr *err) {
        return read_any(target, &(Reading){ path, n, true }, buf, err);
}

static int stat_path(const PfTarget *target, const char *path, int flags, PfFileInfo *ret) {
        PF_AUTO_CLOSE int fd = -1;
        struct stat st;

        fd = pf_path_look(target, path, flags);
        if (fd < 0)
                return pf_path_absent_or(fd);
        if (fstat(fd, &st) < 0)
                return -errno;
        pf_path_info(&st, ret);
        return 0;
}

static int stat_any(const PfTarget *target, const char *path, int flags, PfFileInfo *ret,
                    PfErr *err) {
        const char *book = flags & O_NOFOLLOW ? "lstat" : "stat";
        PfFileInfo info;
        PfErr detail = { 0 };
        int r;

        r = pf_overlay_stat(target, path, !(flags & O_NOFOLLOW), &info);
        if (r == PF_TARGET_LOOK)
                r = pf_target_recall_info(target, book, path, &info, &detail);
        if (r == PF_TARGET_LOOK)
                r = stat_path(target, path, flags, &info);
        r = finish(target, path, PF_ACCESS_OPENED, r, &detail);
        pf_target_keep_info(target, book, path, r, &info, &detail);
        if (r == 0)
                *ret = info;
        return hand_on(r, &detail, err);
}

int pf_target_stat(const PfTarget *target, const char *path, PfFileInfo *ret, PfErr *err) {
        return stat_any(target, path, 0, ret, err);
}

int pf_target_lstat(const PfTarget *target, const char *path, PfFileInfo *ret, PfErr *err) {
        return stat_any(target, path, O_NOFOLLOW, ret, err);
}

/* What is said of a regular file that an overlay holds; PF_TARGET_LOOK of all else. */
static int held_as(const PfTarget *target, const char *path, bool follow, int error) {
        const PfHeld *held;
        int r = pf_overlay_find(target, path, follow, &held);

        return r == 0 ? error : r;
}

static int readlink_path(const PfTarget *target, const char *path, char **ret) {
        PF_AUTO_CLOSE int fd = -1;
        char text[PATH_MAX];
        ssize_t n;

        fd = pf_path_look(target, path, O_NOFOLLOW);
        if (fd < 0)
                return pf_path_absent_or(fd);
        n = readlinkat(fd, "", text, sizeof(text) - 1);
        if (n < 0)
                return errno == ENOENT ? -EINVAL : -errno; /* ENOENT: no link, but there */
        text[n] = '\0';
        *ret = strdup(text);
        return *ret ? 0 : -ENOMEM;
}

int pf_target_readlink(const PfTarget *target, const char *path, char **ret, PfErr *err) {
        PF_AUTO_FREE char *text = NULL;
        PfErr detail = { 0 };
        int r;

        r = held_as(target, path, false, -EINVAL);
        if (r == PF_TARGET_LOOK)
                r = pf_target_recall_link(target, path, &text, &detail);
        if (r == PF_TARGET_LOOK)
                r = readlink_path(target, path, &text);
        r = finish(target, path, PF_ACCESS_OPENED, r, &detail);
        pf_target_keep_link(target, path, r, text, &detail);
        if (r == 0)
                *ret = PF_STEAL(text);
        return hand_on(r, &detail, err);
}

/* -ENOTDIR is said both of @path and of what it leads through. */
static int absent_or_no_directory(const PfTarget *target, const char *path, int r) {
        PF_AUTO_CLOSE int fd = -1;

        if (r != -ENOTDIR)
                return pf_path_absent_or(r);
        fd = pf_path_look(target, path, 0);
        return fd < 0 ? pf_path_absent_or(fd) : -ENOTDIR;
}

static int list_path(const PfTarget *target, const char *path, PfStrv *ret, PfErr *err) {
        PF_CLEANUP(pf_path_closedirp) DIR *dir = NULL;
        struct dirent *entry;
        int r;

        r = pf_path_opendir(target, path, &dir);
        if (r < 0)
                return absent_or_no_directory(target, path, r);

        while (errno = 0, entry = readdir(dir)) {
                if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0)
                        continue;
                if (ret->n == PF_TARGET_LIST_MAX)
                        return pf_err_set(err, -E2BIG, "%s: more than the limit of %d names", path,
                                          PF_TARGET_LIST_MAX);
                r = pf_strv_add(ret, entry->d_name);
                if (r < 0)
                        return r;
        }
        return -errno;
}

int pf_target_list(const PfTarget *target, const char *path, PfStrv *ret, PfErr *err) {
        PF_AUTO_STRV PfStrv names = { 0 };
        PfErr detail = { 0 };
        int r;

        r = held_as(target, path, true, -ENOTDIR);
        if (r == PF_TARGET_LOOK)
                r = pf_target_recall_strv(target, "list", path, &names, &detail);
        if (r == PF_TARGET_LOOK)
                r = list_path(target, path, &names, &detail);
        if (r == 0)
                r = pf_overlay_adjust_list(target, path, &names);
        r = finish(target, path, PF_ACCESS_LISTED, r, &detail);
        if (r == 0)
                pf_strv_sort(&names);
        pf_target_keep_strv(target, "list", path, r, &names, &detail);
        return r == 0 ? pf_strv_copy(&names, ret) : hand_on(r, &detail, err);
}

static int space_path(const PfTarget *target, const char *path, PfSpace *ret) {
        PF_AUTO_CLOSE int fd = -1;
        struct statfs st;
        struct stat file;
        uint64_t block;
        int r;

        fd = pf_path_look(target, path, 0);
        if (fd < 0)
                return pf_path_absent_or(fd);
        r = pf_path_statfs(fd, &st);
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

/* Statx(2) knows the root of a mount since Linux 5.8. It tells one from a
 * subvolume of btrfs, which has a device number of its own as well. */
static bool may_be_mount_root(int fd) {
#ifdef STATX_ATTR_MOUNT_ROOT
        struct statx stx;

        if (statx(fd, "", AT_EMPTY_PATH, STATX_TYPE, &stx) == 0 &&
            (stx.stx_attributes_mask & STATX_ATTR_MOUNT_ROOT))
                return stx.stx_attributes & STATX_ATTR_MOUNT_ROOT;
#endif
        return fd >= 0;
}

/* Does a file system that was found at a path belong to the host, because the
 * target's root is a directory like any other? */
static bool is_elsewhere(const PfTarget *target, const PfSpace *space) {
        int root_fd = pf_target_root_fd(target);
        struct stat root, parent;

        if (pf_target_is_host(target))
                return false;
        if (fstat(root_fd, &root) < 0 || fstatat(root_fd, "..", &parent, AT_NO_AUTOMOUNT) < 0)
                return true;
        if (space->device != root.st_dev)
                return false;
        return root.st_dev == parent.st_dev || !may_be_mount_root(root_fd);
}

static int captured_space(const PfTarget *target, const char *path, PfSpace *ret, PfErr *err) {
        PF_AUTO_BUF PfBuf buf = PF_BUF_INIT(PF_CAPTURE_SPACE_MAX);
        int r;

        if (pf_target_is_host(target))
                return PF_TARGET_ABSENT;
        r = pf_target_read_file(target, PF_CAPTURE_SPACE, PF_CAPTURE_SPACE_MAX, &buf, err);
        if (r != 0)
                return r < 0 ? pf_err_errno(err, r, PF_CAPTURE_SPACE) : r;
        return pf_capture_find_space(buf.data ? buf.data : "", buf.n, path, ret, err);
}

static int find_space(const PfTarget *target, const char *path, PfSpace *ret, PfErr *err) {
        int r;

        r = pf_target_recall_space(target, path, ret, err);
        if (r != PF_TARGET_LOOK)
                return r;
        r = captured_space(target, path, ret, err);
        if (r != PF_TARGET_ABSENT)
                return r;
        r = space_path(target, path, ret);
        return r == 0 && is_elsewhere(target, ret) ? PF_TARGET_ELSEWHERE : r;
}

int pf_target_space(const PfTarget *target, const char *path, PfSpace *ret, PfErr *err) {
        PfSpace space;
        PfErr detail = { 0 };
        int r;

        r = finish(target, path, PF_ACCESS_OPENED, find_space(target, path, &space, &detail),
                   &detail);
        if (r == 0)
                pf_target_observe_question(target, "space", path);
        pf_target_keep_space(target, path, r, &space, &detail);
        if (r == 0)
                *ret = space;
        return hand_on(r, &detail, err);
}
