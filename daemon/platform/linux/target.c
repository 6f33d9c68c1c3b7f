/* SPDX-License-Identifier: MIT */
/*
 * The Linux half of a target: what is read of what a path leads to. How it is
 * reached is in target-path.c.
 */
#include "daemon/platform/target-system.h"
#include "daemon/base/target-internal.h"

#include <dirent.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/magic.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/types.h>

#include "daemon/platform/linux/mount-servers.h"
#include "daemon/platform/linux/target-path.h"

/* statfs(2), f_flags; the C library's ST_* are for statvfs(3). */
#define STATFS_READ_ONLY 0x0001
#define STATFS_NO_EXEC 0x0008

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

static const char *type_name(mode_t mode) {
        return S_ISFIFO(mode)   ? "a FIFO"
               : S_ISSOCK(mode) ? "a socket"
               : S_ISDIR(mode)  ? "a directory"
                                : "a device";
}

static int check_regular(int fd, const char *path, uint64_t max, uint64_t *ret_size, PfErr *err) {
        struct stat st;

        if (fstat(fd, &st) < 0)
                return -errno;
        if (!S_ISREG(st.st_mode))
                return pf_err_set(err, S_ISDIR(st.st_mode) ? -EISDIR : -EINVAL,
                                  "%s: is %s, not a regular file", path, type_name(st.st_mode));
        *ret_size = (uint64_t) st.st_size;
        return *ret_size > max ? pf_err_too_large(err, path, *ret_size, (size_t) max) : 0;
}

int pf_system_open(const PfTarget *target, const char *path, uint64_t max, int *ret_fd,
                   uint64_t *ret_size, PfErr *err) {
        PF_AUTO_CLOSE int looked = -1;
        int fd, r;

        looked = pf_path_look(target, path, 0);
        if (looked < 0)
                return pf_path_absent_or(looked);
        r = check_regular(looked, path, max, ret_size, err);
        if (r < 0)
                return r;
        fd = pf_path_open(target, path, looked);
        if (fd < 0)
                return pf_err_errno(err, fd, "%s: cannot be opened", path);
        *ret_fd = fd;
        return 0;
}

static int64_t nsec_of(const struct timespec *time) {
        return (int64_t) time->tv_sec * 1000000000 + time->tv_nsec;
}

int pf_system_file_identity(int fd, PfFileIdentity *ret) {
        struct stat st;

        if (fstat(fd, &st) < 0)
                return -errno;
        *ret = (PfFileIdentity){ .device = st.st_dev,
                                 .inode = st.st_ino,
                                 .size_bytes = (uint64_t) st.st_size,
                                 .modified_nsec = nsec_of(&st.st_mtim),
                                 .changed_nsec = nsec_of(&st.st_ctim) };
        return 0;
}

int pf_system_stat(const PfTarget *target, const char *path, bool follow, PfFileInfo *ret) {
        PF_AUTO_CLOSE int fd = -1;
        struct stat st;

        fd = pf_path_look(target, path, follow ? 0 : O_NOFOLLOW);
        if (fd < 0)
                return pf_path_absent_or(fd);
        if (fstat(fd, &st) < 0)
                return -errno;
        pf_path_info(&st, ret);
        return 0;
}

int pf_system_readlink(const PfTarget *target, const char *path, char **ret) {
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

/* -ENOTDIR is said both of @path and of what it leads through. */
static int absent_or_no_directory(const PfTarget *target, const char *path, int r) {
        PF_AUTO_CLOSE int fd = -1;

        if (r != -ENOTDIR)
                return pf_path_absent_or(r);
        fd = pf_path_look(target, path, 0);
        return fd < 0 ? pf_path_absent_or(fd) : -ENOTDIR;
}

int pf_system_list(const PfTarget *target, const char *path, PfStrv *ret, PfErr *err) {
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

int pf_system_space(const PfTarget *target, const char *path, PfSpace *ret) {
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
        return is_elsewhere(target, ret) ? PF_TARGET_ELSEWHERE : 0;
}
