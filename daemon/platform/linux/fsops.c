/* SPDX-License-Identifier: MIT */
/*
 * The calls that change a file system, as the system has them.
 */
#include "daemon/platform/fsops.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/mount.h> /* before linux/fs.h: glibc before 2.36 */
#include <linux/fs.h>
#include <stdio.h>
#include <sys/ioctl.h>
#include <sys/xattr.h>
#include <unistd.h>

/* Since Linux 5.14, in fs/ext4/ext4.h alone: ext4 has no header for programs there. */
#define PF_EXT4_IOC_CHECKPOINT _IOW('f', 43, uint32_t)

/* The result of a call that sets errno, repeated while a signal interrupts it. */
#define RETRIED(call)                                                                              \
        ({                                                                                         \
                __typeof__(call) result_;                                                          \
                do                                                                                 \
                        result_ = (call);                                                          \
                while (result_ < 0 && errno == EINTR);                                             \
                result_ < 0 ? -errno : result_;                                                    \
        })

static int do_openat(int directory, const char *name, int flags, mode_t mode) {
        return RETRIED(openat(directory, name, flags, mode));
}

static ssize_t do_write(int fd, const void *bytes, size_t n) {
        return RETRIED(write(fd, bytes, n));
}

static int do_fsync(int fd) {
        return RETRIED(fsync(fd));
}

static int do_renameat(int from_directory, const char *from, int to_directory, const char *to) {
        return RETRIED(renameat(from_directory, from, to_directory, to));
}

static int do_unlinkat(int directory, const char *name, int flags) {
        return RETRIED(unlinkat(directory, name, flags));
}

/* By way of proc(5), since AT_EMPTY_PATH wants CAP_DAC_READ_SEARCH: open(2), O_TMPFILE. */
static int do_linkat(int fd, int directory, const char *name) {
        char path[sizeof("/proc/self/fd/") + 3 * sizeof(fd)];

        (void) snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
        return RETRIED(linkat(AT_FDCWD, path, directory, name, AT_SYMLINK_FOLLOW));
}

static int do_mkdirat(int directory, const char *name, mode_t mode) {
        return RETRIED(mkdirat(directory, name, mode));
}

static int do_fchown(int fd, uid_t uid, gid_t gid) {
        return RETRIED(fchown(fd, uid, gid));
}

static int do_fchmod(int fd, mode_t mode) {
        return RETRIED(fchmod(fd, mode));
}

static int do_futimens(int fd, const struct timespec times[2]) {
        return RETRIED(futimens(fd, times));
}

static int do_fsetxattr(int fd, const char *name, const void *value, size_t n) {
        return RETRIED(fsetxattr(fd, name, value, n, 0));
}

static int do_fremovexattr(int fd, const char *name) {
        return RETRIED(fremovexattr(fd, name));
}

static int do_ftruncate(int fd, off_t size) {
        return RETRIED(ftruncate(fd, size));
}

static int do_fallocate(int fd, off_t size) {
        return RETRIED(fallocate(fd, 0, 0, size));
}

/* The kernel takes an int, whatever type the number of the ioctl speaks of. */
static int do_set_flags(int fd, unsigned flags) {
        int value = (int) flags;

        return RETRIED(ioctl(fd, FS_IOC_SETFLAGS, &value));
}

static int do_checkpoint(int fd) {
        uint32_t flags = 0;

        return RETRIED(ioctl(fd, PF_EXT4_IOC_CHECKPOINT, &flags));
}

static int do_freeze(int fd) {
        return RETRIED(ioctl(fd, FIFREEZE, 0));
}

static int do_thaw(int fd) {
        return RETRIED(ioctl(fd, FITHAW, 0));
}

static int do_syncfs(int fd) {
        return RETRIED(syncfs(fd));
}

static int do_mount(const char *source, const char *target, unsigned long flags) {
        return RETRIED(mount(source, target, NULL, flags, NULL));
}

static int do_umount(const char *target, int flags) {
        return RETRIED(umount2(target, flags));
}

const PfFsOps pf_fs_ops = {
        .openat = do_openat,
        .write = do_write,
        .fsync = do_fsync,
        .renameat = do_renameat,
        .unlinkat = do_unlinkat,
        .linkat = do_linkat,
        .mkdirat = do_mkdirat,
        .fchown = do_fchown,
        .fchmod = do_fchmod,
        .futimens = do_futimens,
        .fsetxattr = do_fsetxattr,
        .fremovexattr = do_fremovexattr,
        .ftruncate = do_ftruncate,
        .fallocate = do_fallocate,
        .set_flags = do_set_flags,
        .checkpoint = do_checkpoint,
        .freeze = do_freeze,
        .thaw = do_thaw,
        .syncfs = do_syncfs,
        .mount = do_mount,
        .umount = do_umount,
};

int pf_fs_write_all(const PfFsOps *ops, int fd, const void *bytes, size_t n) {
        for (size_t at = 0; at < n;) {
                ssize_t taken = ops->write(fd, (const char *) bytes + at, n - at);

                if (taken <= 0)
                        return taken < 0 ? (int) taken : -EIO;
                at += (size_t) taken;
        }
        return 0;
}
