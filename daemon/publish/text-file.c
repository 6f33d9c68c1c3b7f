/* SPDX-License-Identifier: MIT */
#include "daemon/publish/text-file.h"

#include <assert.h>
#include <fcntl.h>
#include <string.h>

#define MODE 0644
#define NAME_SIZE 260
#define MARK_MAX 64

static int fill(const PfFsOps *ops, int directory, const char *name, const char *bytes, size_t n) {
        PF_AUTO_CLOSE int fd = ops->openat(
                directory, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, MODE);
        int r;

        if (fd < 0)
                return fd;
        r = ops->fchmod(fd, MODE); /* whatever the umask is */
        if (r == 0)
                r = pf_fs_write_all(ops, fd, bytes, n);
        return r == 0 ? ops->fsync(fd) : r;
}

/* The name beside it, of which nothing is left that one that was killed had begun. */
static int clear_fresh(const PfFsOps *ops, int directory, const char *name,
                       char fresh[static NAME_SIZE]) {
        int r;

        if (snprintf(fresh, NAME_SIZE, ".%s.new", name) >= NAME_SIZE)
                return -ENAMETOOLONG;
        r = ops->unlinkat(directory, fresh, 0);
        return r == -ENOENT ? 0 : r;
}

static int replace(const PfFsOps *ops, int directory, const char *name, const char *bytes,
                   size_t n) {
        char fresh[NAME_SIZE];
        int r = clear_fresh(ops, directory, name, fresh);

        if (r < 0)
                return r;
        r = fill(ops, directory, fresh, bytes, n);
        if (r == 0)
                r = ops->renameat(directory, fresh, directory, name);
        if (r < 0)
                (void) ops->unlinkat(directory, fresh, 0);
        return r;
}

/* Return: a descriptor of the directory that @path is in, and its name there. */
static int open_above(const char *path, int flags, char name[static NAME_SIZE], PfErr *err) {
        PF_AUTO_FREE char *above = strdup(path);
        char *slash = above ? strrchr(above, '/') : NULL;
        int fd;

        if (!above)
                return -ENOMEM;
        if (!slash)
                return pf_err_set(err, -EINVAL, "%s: is no absolute path", path);
        if (snprintf(name, NAME_SIZE, "%s", slash + 1) >= NAME_SIZE)
                return -ENAMETOOLONG;
        *slash = '\0';
        fd = open(*above ? above : "/", flags | O_DIRECTORY | O_CLOEXEC);
        return fd < 0 ? -errno : fd;
}

static int tell(int r, const char *path, PfErr *err) {
        if (r == -EROFS)
                return pf_err_errno(err, r,
                                    "%s (or its directory is not in ReadWritePaths= of the unit)",
                                    path);
        return r < 0 ? pf_err_errno(err, r, "%s", path) : r;
}

int pf_text_file_write(const PfFsOps *ops, const char *path, const char *bytes, size_t n,
                       PfErr *err) {
        char name[NAME_SIZE];
        PF_AUTO_CLOSE int directory = open_above(path, O_PATH, name, err);

        return tell(directory < 0 ? directory : replace(ops, directory, name, bytes, n), path, err);
}

/* Return: 0, PF_TEXT_FILE_ABSENT; -EBADMSG: it is another's. */
static int is_ours(int directory, const char *name, const char *mark) {
        const size_t n = strlen(mark);
        PF_AUTO_CLOSE int fd =
                openat(directory, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
        char begin[MARK_MAX];
        ssize_t got;

        if (fd < 0)
                return errno == ENOENT ? PF_TEXT_FILE_ABSENT : errno == ELOOP ? -EBADMSG : -errno;
        assert(n <= sizeof(begin));
        got = pread(fd, begin, n, 0);
        if (got < 0 && errno != EISDIR)
                return -errno;
        return got == (ssize_t) n && memcmp(begin, mark, n) == 0 ? 0 : -EBADMSG;
}

static int remove_ours(const PfFsOps *ops, int directory, const char *name, const char *mark) {
        char fresh[NAME_SIZE];
        int r = is_ours(directory, name, mark), cleared;

        if (r < 0)
                return r;
        cleared = clear_fresh(ops, directory, name, fresh);
        if (r == 0)
                r = ops->unlinkat(directory, name, 0);
        if (r == 0)
                r = ops->fsync(directory);
        return cleared < 0 && r >= 0 ? cleared : r;
}

int pf_text_file_remove(const PfFsOps *ops, const char *path, const char *mark, PfErr *err) {
        char name[NAME_SIZE];
        PF_AUTO_CLOSE int directory = open_above(path, O_RDONLY, name, err);
        int r;

        if (directory == -ENOENT)
                return PF_TEXT_FILE_ABSENT;
        r = directory < 0 ? directory : remove_ours(ops, directory, name, mark);
        if (r == -EBADMSG)
                return pf_err_set(err, r, "%s: is not what we write, and stays", path);
        return tell(r, path, err);
}
