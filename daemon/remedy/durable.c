/* SPDX-License-Identifier: MIT */
/*
 * Brings what was written to where a boot loader looks for it.
 */
#include "daemon/remedy/durable.h"

#include <fcntl.h>
#include <linux/magic.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/statfs.h>
#include <sys/wait.h>

#ifndef XFS_SUPER_MAGIC
#define XFS_SUPER_MAGIC 0x58465342
#endif
#ifndef EXFAT_SUPER_MAGIC
#define EXFAT_SUPER_MAGIC 0x2011BAB0
#endif
#define JFS_SUPER_MAGIC 0x3153464a

#define GUARD_MS 10000 /* longer than a freeze takes; a hung machine for no longer than this */

static unsigned type_of(int fd) {
        struct statfs st;

        return fstatfs(fd, &st) < 0 ? 0 : (unsigned) st.f_type;
}

PfDurableHow pf_durable_how(int fd) {
        static const struct {
                unsigned type;
                PfDurableHow how;
        } table[] = {
                { EXT4_SUPER_MAGIC, PF_DURABLE_CHECKPOINT }, /* ext2 and ext3 too */
                { XFS_SUPER_MAGIC, PF_DURABLE_FREEZE },
                { JFS_SUPER_MAGIC, PF_DURABLE_FREEZE },
                { REISERFS_SUPER_MAGIC, PF_DURABLE_FREEZE },
        };
        unsigned type = type_of(fd);

        for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++)
                if (table[i].type == type)
                        return table[i].how;
        return PF_DURABLE_SYNC;
}

bool pf_durable_is_needed(const char *path, int fd) {
        static const char *const places[] = { "/boot/", "/efi/" };
        unsigned type = type_of(fd);

        for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++)
                if (strncmp(path, places[i], strlen(places[i])) == 0)
                        return true;
        return type == MSDOS_SUPER_MAGIC || type == EXFAT_SUPER_MAGIC;
}

/* --- the second process --- */

typedef struct Guard {
        pid_t pid;
        int end; /* of a socket: the guard thaws when it is closed without a byte */
} Guard;

#define GUARD_INIT                                                                                 \
        { .end = -1 }

/* Has the other end said that all is well? A closed one has not. */
static bool guard_is_told(int end) {
        char byte;

        return recv(end, &byte, 1, 0) == 1;
}

/*
 * In the child: only what is safe after fork(2) in a process with threads. While the time
 * is up, but there is nothing to thaw, the other is still freezing: that can take long.
 */
static void guard_run(const PfFsOps *ops, int fd, int end) {
        struct pollfd wait = { .fd = end, .events = POLLIN };
        sigset_t all;

        (void) sigfillset(&all);
        (void) sigprocmask(SIG_SETMASK, &all, NULL);
        (void) setsid();
        (void) mlockall(MCL_CURRENT); /* as far as it is allowed: reading is not frozen */
        if (send(end, "", 1, MSG_NOSIGNAL) != 1)
                _exit(1);
        while (poll(&wait, 1, GUARD_MS) == 0)
                (void) ops->thaw(fd);
        if (!guard_is_told(end))
                (void) ops->thaw(fd);
        _exit(0);
}

static void guard_wait(Guard *guard) {
        guard->end = pf_close(guard->end);
        while (waitpid(guard->pid, NULL, 0) < 0 && errno == EINTR)
                ;
}

/* All is well: it goes without thawing. */
static void guard_dismiss(Guard *guard) {
        if (guard->end < 0)
                return;
        (void) send(guard->end, "", 1, MSG_NOSIGNAL);
        guard_wait(guard);
}

static int guard_start(const PfFsOps *ops, int fd, Guard *guard) {
        PF_AUTO_CLOSE int ours = -1;
        PF_AUTO_CLOSE int its = -1;
        int ends[2];

        if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) < 0)
                return -errno;
        ours = ends[0];
        its = ends[1];
        guard->pid = fork();
        if (guard->pid < 0)
                return -errno;
        if (guard->pid == 0) {
                (void) close(ours);
                guard_run(ops, fd, its);
        }
        its = pf_close(its);
        guard->end = pf_steal_fd(&ours);
        return guard_is_told(guard->end) ? 0 : -ECHILD;
}

/* --- freeze and thaw --- */

/* Not allowed, not possible, or nothing to do: -ENODEV of an ext2, which has no journal. */
static bool is_refused(int r) {
        return r == -ENODEV || r == -EPERM || r == -EACCES || r == -EOPNOTSUPP || r == -ENOTTY ||
               r == -EINVAL || r == -EBUSY || r == -ENOSYS;
}

/* Where thawing fails, the guard tries too. */
static int thaw(const PfFsOps *ops, int fd, Guard *guard, PfErr *err) {
        int r = ops->thaw(fd);

        if (r == 0 || r == -EINVAL) /* the guard was faster */
                return 0;
        guard_wait(guard);
        return pf_err_errno(err, r, "the file system was frozen and could not be thawed at once");
}

static int freeze_and_thaw(const PfFsOps *ops, int fd, PfErr *err) {
        PF_CLEANUP(guard_dismiss) Guard guard = GUARD_INIT;
        int r;

        r = guard_start(ops, fd, &guard);
        if (r < 0)
                return pf_err_errno(err, r, "no second process to thaw the file system");
        r = ops->freeze(fd);
        return r < 0 ? r : thaw(ops, fd, &guard, err);
}

static int sync_all(const PfFsOps *ops, int fd, PfErr *err) {
        int r = ops->syncfs(fd);

        return r < 0 ? pf_err_errno(err, r, "the file system cannot be synced") : 0;
}

/* FAT hands all to the disk with syncfs(2), but does not tell the disk to write it down; it
 * does with fsync(2), which in turn does not hand over the directory's entries of files. */
static int flush_disk(const PfFsOps *ops, int fd, PfErr *err) {
        int r = ops->fsync(fd);

        return r < 0 ? pf_err_errno(err, r, "the disk cannot be flushed") : 0;
}

/* Synced before, the time for which it is frozen is short. */
int pf_durable_settle(const PfFsOps *ops, int fd, PfErr *err) {
        PfDurableHow how = pf_durable_how(fd);
        int r;

        r = sync_all(ops, fd, err);
        if (r < 0)
                return r;
        if (how == PF_DURABLE_SYNC)
                return flush_disk(ops, fd, err);
        r = how == PF_DURABLE_CHECKPOINT ? ops->checkpoint(fd) : -EOPNOTSUPP;
        if (is_refused(r))
                r = freeze_and_thaw(ops, fd, err);
        if (r == 0 || is_refused(r))
                return 0;
        return pf_err_errno(err, r, "the journal of the file system cannot be written back");
}
