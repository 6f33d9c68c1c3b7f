/* SPDX-License-Identifier: MIT */
#include "tests/support/faultfs.h"

#include <signal.h>
#include <stddef.h>

static unsigned n_calls;
static unsigned fails_at; /* 0: never */
static int fails_with;
static bool fails_on;
static const char *failed; /* kind of the first that did */
static unsigned write_max;
static unsigned kills_at; /* 0: never */

void pf_fault_fs_begin(unsigned nth, int error, bool lasts) {
        n_calls = 0;
        fails_at = nth;
        fails_with = error;
        fails_on = lasts;
        failed = NULL;
}

void pf_fault_fs_kill_at(unsigned nth) {
        kills_at = nth;
}

bool pf_fault_fs_end(void) {
        fails_at = 0;
        return failed;
}

unsigned pf_fault_fs_calls(void) {
        return n_calls;
}

const char *pf_fault_fs_failed(void) {
        return failed;
}

void pf_fault_fs_set_short_writes(unsigned n) {
        write_max = n;
}

/* Is it this call's turn? Then it is the error to return. */
static int fault(const char *kind, bool may_last) {
        n_calls++;
        if (n_calls == kills_at)
                (void) raise(SIGKILL);
        if (fails_at == 0 || n_calls < fails_at || (n_calls > fails_at && !(fails_on && may_last)))
                return 0;
        if (!failed)
                failed = kind;
        return -fails_with;
}

/* Calls with which one tidies up fail by their number alone, not because others did. */
#define FAULTY(type, name, may_last, parameters, arguments)                                        \
        static type faulty_##name parameters {                                                     \
                int r = fault(#name, may_last);                                                    \
                                                                                                   \
                return r < 0 ? r : pf_fs_ops.name arguments;                                       \
        }

FAULTY(int, openat, true, (int directory, const char *name, int flags, mode_t mode),
       (directory, name, flags, mode))
FAULTY(int, fsync, true, (int fd), (fd))
FAULTY(int, renameat, true,
       (int from_directory, const char *from, int to_directory, const char *to),
       (from_directory, from, to_directory, to))
FAULTY(int, unlinkat, false, (int directory, const char *name, int flags), (directory, name, flags))
FAULTY(int, linkat, true, (int fd, int directory, const char *name), (fd, directory, name))
FAULTY(int, mkdirat, true, (int directory, const char *name, mode_t mode), (directory, name, mode))
FAULTY(int, fchown, true, (int fd, uid_t uid, gid_t gid), (fd, uid, gid))
FAULTY(int, fchmod, true, (int fd, mode_t mode), (fd, mode))
FAULTY(int, futimens, true, (int fd, const struct timespec times[2]), (fd, times))
FAULTY(int, fsetxattr, true, (int fd, const char *name, const void *value, size_t n),
       (fd, name, value, n))
FAULTY(int, fremovexattr, true, (int fd, const char *name), (fd, name))
FAULTY(int, ftruncate, true, (int fd, off_t size), (fd, size))
FAULTY(int, fallocate, true, (int fd, off_t size), (fd, size))
FAULTY(int, set_flags, true, (int fd, unsigned flags), (fd, flags))
FAULTY(int, checkpoint, true, (int fd), (fd))
FAULTY(int, freeze, true, (int fd), (fd))
FAULTY(int, thaw, false, (int fd), (fd))
FAULTY(int, syncfs, true, (int fd), (fd))
FAULTY(int, mount, true, (const char *source, const char *target, unsigned long flags),
       (source, target, flags))
FAULTY(int, umount, false, (const char *target, int flags), (target, flags))

static ssize_t faulty_write(int fd, const void *bytes, size_t n) {
        int r = fault("write", true);

        if (r < 0)
                return r;
        return pf_fs_ops.write(fd, bytes, write_max && n > write_max ? write_max : n);
}

const PfFsOps pf_fault_fs_ops = {
        .openat = faulty_openat,
        .write = faulty_write,
        .fsync = faulty_fsync,
        .renameat = faulty_renameat,
        .unlinkat = faulty_unlinkat,
        .linkat = faulty_linkat,
        .mkdirat = faulty_mkdirat,
        .fchown = faulty_fchown,
        .fchmod = faulty_fchmod,
        .futimens = faulty_futimens,
        .fsetxattr = faulty_fsetxattr,
        .fremovexattr = faulty_fremovexattr,
        .ftruncate = faulty_ftruncate,
        .fallocate = faulty_fallocate,
        .set_flags = faulty_set_flags,
        .checkpoint = faulty_checkpoint,
        .freeze = faulty_freeze,
        .thaw = faulty_thaw,
        .syncfs = faulty_syncfs,
        .mount = faulty_mount,
        .umount = faulty_umount,
};
