/* SPDX-License-Identifier: MIT */
/*
 * Files of a target that are read piece by piece.
 */
#include "daemon/base/overlay-internal.h"
#include "daemon/base/target-file.h"
#include "daemon/base/target-internal.h"
#include "daemon/base/write-all.h"

#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>

#include "daemon/platform/linux/target-path.h"

struct PfTargetFile {
        int fd;              /* -1: see blob */
        PfBlob *blob;        /* of an overlay */
        uint64_t size_bytes; /* of the blob */
        uint64_t left_bytes; /* by the size it had when it was opened */
        char *path;
};

PfTargetFile *pf_target_file_close(PfTargetFile *file) {
        if (!file)
                return NULL;
        (void) pf_close(file->fd);
        (void) pf_blob_unref(file->blob);
        free(file->path);
        free(file);
        return NULL;
}

static int open_path(const PfTarget *target, const char *path, PfTargetFile *file, PfErr *err) {
        PF_AUTO_CLOSE int looked = -1;
        struct stat st;

        looked = pf_path_look(target, path, 0);
        if (looked < 0)
                return pf_path_absent_or(looked);
        if (fstat(looked, &st) < 0)
                return -errno;
        if (!S_ISREG(st.st_mode))
                return pf_err_set(err, S_ISDIR(st.st_mode) ? -EISDIR : -EINVAL,
                                  "%s: is not a regular file", path);
        file->fd = pf_path_open(target, path, looked);
        if (file->fd < 0)
                return pf_err_errno(err, file->fd, "%s: cannot be opened", path);
        file->left_bytes = (uint64_t) st.st_size;
        return 0;
}

static int open_held(const PfTarget *target, const char *path, PfTargetFile *file) {
        const PfHeld *held = NULL;
        int r = pf_overlay_find(target, path, true, &held);

        if (r != 0)
                return r;
        file->blob = pf_blob_ref(held->blob);
        file->size_bytes = file->left_bytes = pf_blob_size(held->blob);
        return 0;
}

int pf_target_open(const PfTarget *target, const char *path, PfTargetFile **ret, PfErr *err) {
        PF_CLEANUP(pf_target_file_closep) PfTargetFile *file = calloc(1, sizeof(*file));
        PfErr detail = { 0 };
        int r;

        if (!file)
                return -ENOMEM;
        file->fd = -1;
        file->path = strdup(path);
        if (!file->path)
                return -ENOMEM;
        r = open_held(target, path, file);
        if (r == PF_TARGET_LOOK)
                r = pf_target_recall_open(target, path, &detail);
        if (r == PF_TARGET_LOOK)
                r = open_path(target, path, file, &detail);
        r = pf_target_record(target, path, PF_ACCESS_OPENED, r);
        if (r < 0)
                (void) pf_err_errno(&detail, r, "%s", path);
        pf_target_keep_open(target, path, r, &detail);
        if (r < 0)
                return pf_err_set(err, r, "%s", detail.text);
        if (r == 0)
                *ret = PF_STEAL(file);
        return r;
}

static int read_held(PfTargetFile *file, void *bytes, size_t n, size_t *ret_n, PfErr *err) {
        int r = pf_blob_read(file->blob, file->size_bytes - file->left_bytes, bytes, n, ret_n);

        if (r < 0)
                return pf_err_errno(err, r, "%s", file->path);
        file->left_bytes -= *ret_n;
        return 0;
}

int pf_target_file_read(PfTargetFile *file, void *bytes, size_t n, size_t *ret_n, PfErr *err) {
        size_t have = 0;

        if (file->blob)
                return read_held(file, bytes, n, ret_n, err);
        while (have < n) {
                ssize_t got = read(file->fd, (char *) bytes + have, n - have);

                if (got < 0 && errno == EINTR)
                        continue;
                if (got < 0)
                        return pf_err_errno(err, -errno, "%s", file->path);
                if (got == 0)
                        break;
                have += (size_t) got;
        }
        file->left_bytes -= have < file->left_bytes ? have : file->left_bytes;
        *ret_n = have;
        return 0;
}

static int64_t nsec_of(const struct timespec *time) {
        return (int64_t) time->tv_sec * 1000000000 + time->tv_nsec;
}

int pf_target_file_identify(const PfTargetFile *file, PfFileIdentity *ret, PfErr *err) {
        struct stat st;

        if (file->blob) {
                *ret = (PfFileIdentity){ .size_bytes = file->size_bytes };
                return 0;
        }
        if (fstat(file->fd, &st) < 0)
                return pf_err_errno(err, -errno, "%s", file->path);
        *ret = (PfFileIdentity){ .device = st.st_dev,
                                 .inode = st.st_ino,
                                 .size_bytes = (uint64_t) st.st_size,
                                 .modified_nsec = nsec_of(&st.st_mtim),
                                 .changed_nsec = nsec_of(&st.st_ctim) };
        return 0;
}

int pf_target_file_skip(PfTargetFile *file, uint64_t n, uint64_t *ret_n, PfErr *err) {
        if (n > file->left_bytes)
                n = file->left_bytes;
        if (!file->blob && lseek(file->fd, (off_t) n, SEEK_CUR) < 0)
                return pf_err_errno(err, -errno, "%s", file->path);
        file->left_bytes -= n;
        *ret_n = n;
        return 0;
}

static int copy_blob(const PfTargetFile *file, int fd) {
        char bytes[16384];
        uint64_t at = 0;
        size_t n = 1;
        int r = 0;

        while (r == 0 && n > 0) {
                r = pf_blob_read(file->blob, at, bytes, sizeof(bytes), &n);
                if (r == 0 && n > 0)
                        r = pf_write_all(fd, bytes, n);
                at += n;
        }
        return r;
}

int pf_target_file_descriptor(const PfTargetFile *file, int *ret, PfErr *err) {
        PF_AUTO_CLOSE int fd = file->blob ? memfd_create("overlay", MFD_CLOEXEC)
                                          : fcntl(file->fd, F_DUPFD_CLOEXEC, 3);
        int r = fd < 0 ? -errno : 0;

        if (r == 0 && file->blob)
                r = copy_blob(file, fd);
        if (r < 0)
                return pf_err_errno(err, r, "%s", file->path);
        *ret = pf_steal_fd(&fd);
        return 0;
}
