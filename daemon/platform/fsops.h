/* SPDX-License-Identifier: MIT */
#pragma once

#include <stdint.h>
#include <sys/stat.h>
#include <sys/types.h>

#include "daemon/base/cleanup.h"

/*
 * Every call by which the engine of remedies changes a file system, as a table, so
 * that tests can make each of them fail (tests/support/faultfs.h). All behave as the system
 * calls whose names they have, but return a negative errno instead of setting it, and are
 * repeated after EINTR. Reading goes by the calls themselves.
 */
typedef struct PfFsOps {
        int (*openat)(int directory, const char *name, int flags, mode_t mode); /* that creates */
        ssize_t (*write)(int fd, const void *bytes, size_t n);
        int (*fsync)(int fd);
        int (*renameat)(int from_directory, const char *from, int to_directory, const char *to);
        int (*unlinkat)(int directory, const char *name, int flags);
        int (*linkat)(int fd, int directory, const char *name); /* a name for what has none */
        int (*mkdirat)(int directory, const char *name, mode_t mode);
        int (*fchown)(int fd, uid_t uid, gid_t gid);
        int (*fchmod)(int fd, mode_t mode);
        int (*futimens)(int fd, const struct timespec times[2]);
        int (*fsetxattr)(int fd, const char *name, const void *value, size_t n);
        int (*fremovexattr)(int fd, const char *name);
        int (*ftruncate)(int fd, off_t size);
        int (*fallocate)(int fd, off_t size);     /* room for that much, from its beginning */
        int (*set_flags)(int fd, unsigned flags); /* FS_IOC_SETFLAGS */
        int (*checkpoint)(int fd);                /* EXT4_IOC_CHECKPOINT; -ENOTTY elsewhere */
        int (*freeze)(int fd);                    /* FIFREEZE */
        int (*thaw)(int fd);                      /* FITHAW */
        int (*syncfs)(int fd);
        int (*mount)(const char *source, const char *target, unsigned long flags);
        int (*umount)(const char *target, int flags);
} PfFsOps;

extern const PfFsOps pf_fs_ops; /* the system's own */

/* write() of all @n bytes, repeated where fewer were taken. Return: 0 or a negative errno; then
 * some of them may have been written. */
int pf_fs_write_all(const PfFsOps *ops, int fd, const void *bytes, size_t n) PF_MUST_CHECK;
