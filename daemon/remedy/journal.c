/* SPDX-License-Identifier: MIT */
/*
 * The directory of the transactions: entries and the files in them. How it is found and locked is
 * journal-open.c. Nothing here reads what the files say.
 */
#include "daemon/remedy/journal-internal.h"

#include <dirent.h>
#include <fcntl.h>
#include <string.h>

#include "daemon/platform/fsops.h"

#define NEW ".new" /* behind the name of a file that is not in its place yet */

int pf_journal_each_name(int directory, int (*visit)(const char *name, void *data), void *data) {
        int fd = openat(directory, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        DIR *stream = fd < 0 ? NULL : fdopendir(fd);
        struct dirent *entry;
        int r = 0;

        if (!stream) {
                r = -errno;
                (void) pf_close(fd);
                return r;
        }
        while (r == 0 && (errno = 0, entry = readdir(stream)))
                if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0)
                        r = visit(entry->d_name, data);
        if (r == 0 && errno != 0)
                r = -errno;
        (void) closedir(stream);
        return r;
}

int pf_journal_sync(const PfJournal *journal, int directory, PfErr *err) {
        int r = journal->ops->fsync(directory);

        return r < 0 ? pf_err_errno(err, r, "a directory of the journal cannot be synced") : 0;
}

int pf_journal_enter(const PfJournal *journal, const char *id, int *ret, PfErr *err) {
        int fd = openat(journal->top, id, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);

        if (fd < 0 && errno == ENOENT)
                return PF_JOURNAL_ABSENT;
        if (fd < 0)
                return pf_err_errno(err, -errno, "transaction %s", id);
        *ret = fd;
        return 0;
}

int pf_journal_make(const PfJournal *journal, const char *id, int *ret, PfErr *err) {
        int r = journal->ops->mkdirat(journal->top, id, 0700);

        if (r < 0)
                return pf_err_errno(err, r, "transaction %s cannot be written down", id);
        r = pf_journal_sync(journal, journal->top, err);
        if (r == 0)
                r = pf_journal_enter(journal, id, ret, err);
        return r == PF_JOURNAL_ABSENT ? pf_err_set(err, -EIO, "transaction %s is gone", id) : r;
}

static int read_some(void *file, void *bytes, size_t size, size_t *ret_n) {
        ssize_t n;

        do
                n = read(*(int *) file, bytes, size);
        while (n < 0 && errno == EINTR);
        if (n < 0)
                return -errno;
        *ret_n = (size_t) n;
        return 0;
}

int pf_journal_get(int directory, const char *name, PfBuf *buf, PfErr *err) {
        PF_AUTO_CLOSE int fd =
                openat(directory, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
        struct stat st;
        int r;

        if (fd < 0 && errno == ENOENT)
                return PF_JOURNAL_ABSENT;
        if (fd < 0 || fstat(fd, &st) < 0)
                return pf_err_errno(err, -errno, "%s", name);
        if (!S_ISREG(st.st_mode))
                return pf_err_set(err, -EINVAL, "%s: is no regular file", name);
        r = pf_journal_read_all(read_some, &fd, buf);
        return r < 0 ? pf_err_errno(err, r, "%s", name) : 0;
}

int pf_journal_size(int directory, const char *name, uint64_t *ret, PfErr *err) {
        struct stat st;

        if (fstatat(directory, name, &st, AT_SYMLINK_NOFOLLOW) < 0)
                return pf_err_errno(err, -errno, "%s", name);
        *ret = (uint64_t) st.st_size;
        return 0;
}

static int write_all(const PfJournal *journal, int fd, const char *bytes, size_t n) {
        while (n > 0) {
                ssize_t done = journal->ops->write(fd, bytes, n);

                if (done < 0)
                        return (int) done;
                bytes += done;
                n -= (size_t) done;
        }
        return journal->ops->fsync(fd);
}

int pf_journal_put(const PfJournal *journal, int directory, const char *name, const void *bytes,
                   size_t n, PfErr *err) {
        PF_AUTO_CLOSE int fd = journal->ops->openat(
                directory, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
        int r = fd < 0 ? fd : write_all(journal, fd, bytes, n);

        return r < 0 ? pf_err_errno(err, r, "%s of a transaction cannot be written", name) : 0;
}

int pf_journal_tidy(const PfJournal *journal, int directory, const char *name, PfErr *err) {
        char leftover[64];
        int r;

        (void) snprintf(leftover, sizeof(leftover), "%s" NEW, name);
        r = journal->ops->unlinkat(directory, leftover, 0);
        return r < 0 && r != -ENOENT ? pf_err_errno(err, r, "%s cannot be removed", leftover) : 0;
}

int pf_journal_replace(const PfJournal *journal, int directory, const char *name, const void *bytes,
                       size_t n, PfErr *err) {
        char fresh[64];
        int r;

        (void) snprintf(fresh, sizeof(fresh), "%s" NEW, name);
        r = pf_journal_tidy(journal, directory, name, err);
        if (r == 0)
                r = pf_journal_put(journal, directory, fresh, bytes, n, err);
        if (r < 0)
                return r;
        r = journal->ops->renameat(directory, fresh, directory, name);
        if (r < 0)
                return pf_err_errno(err, r, "%s of a transaction cannot be replaced", name);
        return pf_journal_sync(journal, directory, err);
}

typedef struct Removal {
        const PfJournal *journal;
        int directory;
} Removal;

static int remove_name(const char *name, void *data) {
        const Removal *removal = data;
        int r = removal->journal->ops->unlinkat(removal->directory, name, 0);

        return r == -ENOENT ? 0 : r; /* readdir(3) may name what was removed meanwhile */
}

static int empty(const PfJournal *journal, int directory) {
        Removal removal = { journal, directory };
        int r = journal->ops->unlinkat(directory, PF_JOURNAL_MANIFEST, 0);

        if (r == 0)
                r = journal->ops->fsync(directory);
        return r < 0 && r != -ENOENT ? r : pf_journal_each_name(directory, remove_name, &removal);
}

int pf_journal_forget(const PfJournal *journal, const char *id, PfErr *err) {
        PF_AUTO_CLOSE int directory = -1;
        int r = pf_journal_enter(journal, id, &directory, err);

        if (r != 0)
                return r == PF_JOURNAL_ABSENT ? 0 : r;
        r = empty(journal, directory);
        if (r == 0)
                r = journal->ops->unlinkat(journal->top, id, AT_REMOVEDIR);
        if (r < 0)
                return pf_err_errno(err, r, "transaction %s cannot be forgotten", id);
        return pf_journal_sync(journal, journal->top, err);
}
