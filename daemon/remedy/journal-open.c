/* SPDX-License-Identifier: MIT */
/*
 * The way to the directory of the transactions, and the lock on it.
 *
 * It lies beneath the root of the machine, which may be an image of somebody's making: no link is
 * followed on the way, and where others could put something into it, it is not used.
 */
#include "daemon/remedy/journal-internal.h"

#include <fcntl.h>
#include <string.h>
#include <sys/file.h>
#include <sys/sysmacros.h>

#include "daemon/platform/fsops.h"
#include "daemon/remedy/transaction.h"

/* The process that has the file locked, by proc_locks(5); 0: not known. */
static long find_holder(int fd) {
        PF_AUTO_FCLOSE FILE *locks = fopen("/proc/locks", "re");
        char line[256], wanted[64];
        struct stat st;
        long pid;

        if (!locks || fstat(fd, &st) < 0)
                return 0;
        (void) snprintf(wanted, sizeof(wanted), " %02x:%02x:%llu ", major(st.st_dev),
                        minor(st.st_dev), (unsigned long long) st.st_ino);
        while (fgets(line, sizeof(line), locks))
                if (strstr(line, wanted) && sscanf(line, "%*s FLOCK %*s %*s %ld", &pid) == 1)
                        return pid;
        return 0;
}

static int take_lock(PfJournal *journal, PfErr *err) {
        int flags = O_RDONLY | O_CREAT | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC;
        char who[32] = "";
        long pid;

        journal->lock = journal->ops->openat(journal->top, ".lock", flags, 0600);
        if (journal->lock < 0)
                return pf_err_errno(err, journal->lock, "%s/.lock", PF_TRANSACTIONS_PATH);
        if (flock(journal->lock, LOCK_EX | LOCK_NB) == 0)
                return 0;
        if (errno != EWOULDBLOCK)
                return pf_err_errno(err, -errno, "%s/.lock", PF_TRANSACTIONS_PATH);
        pid = find_holder(journal->lock);
        if (pid > 0)
                (void) snprintf(who, sizeof(who), ", process %ld", pid);
        return pf_err_set(err, -EBUSY, "another change is being made%s; try again later", who);
}

/* May nobody but root, or who runs this, put something into it? */
static int check_directory(int fd, const char *path, bool is_last, PfErr *err) {
        mode_t others = is_last ? 0077 : 0022;
        struct stat st;

        if (fstat(fd, &st) < 0)
                return pf_err_errno(err, -errno, "%s", path);
        if ((st.st_uid != 0 && st.st_uid != geteuid()) || (st.st_mode & others))
                return pf_err_set(
                        err, -EPERM,
                        "%s: is not root's alone (owner %u, mode %04o), so what was to be "
                        "put back could be somebody else's; chown and chmod it",
                        path, (unsigned) st.st_uid, (unsigned) st.st_mode & 07777);
        return 0;
}

static int open_directory(int above, const char *name) {
        int fd = openat(above, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);

        return fd < 0 ? -errno : fd;
}

static int make_directory(PfJournal *journal, int above, const char *name, mode_t mode) {
        int r = journal->ops->mkdirat(above, name, mode);

        if (r == 0)
                r = journal->ops->fsync(above);
        return r < 0 && r != -EEXIST ? r : open_directory(above, name);
}

int pf_journal_step_down(PfJournal *journal, const char *name, const char *path, bool is_last,
                         PfErr *err) {
        int fd = open_directory(journal->top, name);

        if (fd == -ENOENT)
                fd = make_directory(journal, journal->top, name, is_last ? 0700 : 0755);
        if (fd == -ELOOP || fd == -ENOTDIR)
                return pf_err_set(err, -ELOOP,
                                  "%s: is a link, or no directory; the journal of changes lies "
                                  "below real directories alone",
                                  path);
        if (fd < 0)
                return pf_err_errno(err, fd, "%s", path);
        (void) pf_close(journal->top);
        journal->top = fd;
        return check_directory(fd, path, is_last, err);
}

int pf_journal_open(PfJournal *journal, const char *root, const PfFsOps *ops, PfErr *err) {
        int r;

        journal->ops = ops;
        journal->top = open(root, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        if (journal->top < 0)
                return pf_err_errno(err, -errno, "%s", root);
        r = pf_journal_walk(journal, err);
        return r < 0 ? r : take_lock(journal, err);
}

void pf_journal_close(PfJournal *journal) {
        journal->lock = pf_close(journal->lock);
        journal->top = pf_close(journal->top);
}
