/* SPDX-License-Identifier: MIT */
#include "daemon/publish/text-file.h"

#include <fcntl.h>
#include <string.h>

#define MODE 0644
#define NAME_SIZE 260

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

static int replace(const PfFsOps *ops, int directory, const char *name, const char *bytes,
                   size_t n) {
        char fresh[NAME_SIZE];
        int r;

        if (snprintf(fresh, sizeof(fresh), ".%s.new", name) >= (int) sizeof(fresh))
                return -ENAMETOOLONG;
        r = ops->unlinkat(directory, fresh, 0); /* of one that was killed */
        if (r == 0 || r == -ENOENT)
                r = fill(ops, directory, fresh, bytes, n);
        if (r == 0)
                r = ops->renameat(directory, fresh, directory, name);
        if (r < 0)
                (void) ops->unlinkat(directory, fresh, 0);
        return r;
}

int pf_text_file_write(const PfFsOps *ops, const char *path, const char *bytes, size_t n,
                       PfErr *err) {
        PF_AUTO_FREE char *above = strdup(path);
        char *name = above ? strrchr(above, '/') : NULL;
        PF_AUTO_CLOSE int directory = -1;
        int r;

        if (!above)
                return -ENOMEM;
        if (!name)
                return pf_err_set(err, -EINVAL, "%s: is no absolute path", path);
        *name = '\0';
        directory = open(*above ? above : "/", O_PATH | O_DIRECTORY | O_CLOEXEC);
        r = directory < 0 ? -errno : replace(ops, directory, name + 1, bytes, n);
        if (r == -EROFS)
                return pf_err_errno(err, r,
                                    "%s (or its directory is not in ReadWritePaths= of the unit)",
                                    path);
        return r < 0 ? pf_err_errno(err, r, "%s", path) : 0;
}
