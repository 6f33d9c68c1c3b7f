/* SPDX-License-Identifier: MIT */
/*
 * Could a file be replaced? Told before anything is touched.
 */
#include "daemon/remedy/replace-internal.h"

#include <fcntl.h>
#include <linux/fs.h>
#include <string.h>
#include <sys/statvfs.h>

/* What others may write until we are done, and what a copy takes beside its bytes: blocks of
 * directories, attributes, the journal. */
#define RESERVE_BYTES (512 * 1024)
#define RESERVE_INODES 8
#define COPIES 2 /* the new one, and the old one that is kept on the same file system */

static int check_flags(int fd, const char *path, PfErr *err) {
        unsigned flags;
        int r = pf_attribute_flags(fd, &flags);

        if (r < 0)
                return pf_err_errno(err, r, "%s: its flags cannot be read", path);
        if (flags & FS_IMMUTABLE_FL)
                return pf_err_set(err, -EPERM, "%s is immutable: chattr -i %s lifts that", path,
                                  path);
        if (flags & FS_APPEND_FL)
                return pf_err_set(err, -EPERM,
                                  "%s can only be appended to: chattr -a %s lifts that", path,
                                  path);
        return 0;
}

static char *directory_of(const PfPlace *place) {
        size_t n = strlen(place->path) - strlen(place->name);

        return strndup(place->path, n > 1 ? n - 1 : 1);
}

static uint64_t bytes_needed(const PfPlace *place, size_t n, const struct statvfs *st) {
        uint64_t size = place->fd < 0 ? 0 : (uint64_t) place->seen.st_size;
        uint64_t block = st->f_frsize ? st->f_frsize : 4096;

        size = n > size ? n : size;
        return COPIES * ((size + block - 1) / block * block);
}

/* File systems that make inodes as they are needed say that they have none. */
static int check_space(const PfPlace *place, size_t n, const char *directory, PfErr *err) {
        uint64_t needed, free_bytes;
        struct statvfs st;

        if (fstatvfs(place->directory, &st) < 0)
                return pf_err_errno(err, -errno, "%s", directory);
        if (st.f_flag & ST_RDONLY)
                return pf_err_set(err, -EROFS,
                                  "the file system of %s is mounted read-only: mount -o "
                                  "remount,rw, once it is known why",
                                  directory);
        needed = bytes_needed(place, n, &st) + RESERVE_BYTES;
        free_bytes = (uint64_t) (place->root->uid == 0 ? st.f_bfree : st.f_bavail) * st.f_frsize;
        if (free_bytes < needed)
                return pf_err_set(err, -ENOSPC,
                                  "the file system of %s has %llu KiB left, and %llu are needed",
                                  directory, (unsigned long long) free_bytes / 1024,
                                  (unsigned long long) (needed + 1023) / 1024);
        if (st.f_files > 0 && st.f_ffree < RESERVE_INODES)
                return pf_err_set(err, -ENOSPC, "the file system of %s has %llu inodes left",
                                  directory, (unsigned long long) st.f_ffree);
        return 0;
}

/* Those that know no file without a name, or no room for one ahead. */
static bool cannot_try(int r) {
        return r == -EOPNOTSUPP || r == -EISDIR || r == -ENOENT || r == -EINVAL || r == -ENOSYS;
}

/*
 * Quotas, reserves of a project, what a policy forbids: who asks the file system for a file
 * without a name, which nobody sees and which is gone at once, knows. (O_TMPFILE: Linux 3.11;
 * not on FAT.)
 */
static int try_it(const PfPlace *place, size_t n, PfErr *err) {
        const PfFsOps *ops = place->root->ops;
        PF_AUTO_CLOSE int fd = -1;
        int r;

        fd = ops->openat(pf_place_staging(place), ".", O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
        if (fd < 0)
                return cannot_try(fd) ? 0
                                      : pf_err_errno(err, fd, "no file can be made beside %s",
                                                     place->path);
        r = place->fd < 0 ? 0 : ops->fchown(fd, place->seen.st_uid, place->seen.st_gid);
        if (r < 0)
                return pf_err_errno(err, r,
                                    "%s belongs to user %u, group %u, which a new file "
                                    "cannot be given to",
                                    place->path, (unsigned) place->seen.st_uid,
                                    (unsigned) place->seen.st_gid);
        r = n == 0 ? 0 : ops->fallocate(fd, (off_t) n);
        if (r < 0 && !cannot_try(r))
                return pf_err_errno(err, r, "no room for %zu bytes beside %s", n, place->path);
        return 0;
}

int pf_place_check(const PfPlace *place, size_t n, PfErr *err) {
        PF_AUTO_FREE char *directory = directory_of(place);
        int r;

        if (!directory)
                return -ENOMEM;
        r = check_space(place, n, directory, err);
        if (r == 0)
                r = check_flags(place->directory, directory, err);
        if (r == 0 && place->fd >= 0)
                r = check_flags(place->fd, place->path, err);
        return r == 0 ? try_it(place, n, err) : r;
}
