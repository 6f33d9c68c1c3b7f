/* SPDX-License-Identifier: MIT */
/*
 * Files of a target that are read piece by piece.
 */
#include "daemon/platform/target-system.h"

#include <fcntl.h>
#include <string.h>

#include "daemon/base/overlay-internal.h"
#include "daemon/base/target-internal.h"

PfTargetFile *pf_target_file_close(PfTargetFile *file) {
        if (!file)
                return NULL;
        (void) pf_close(file->fd);
        (void) pf_blob_unref(file->blob);
        free(file->path);
        free(file);
        return NULL;
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
                r = pf_system_open(target, path, UINT64_MAX, &file->fd, &file->left_bytes, &detail);
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

int pf_target_file_identify(const PfTargetFile *file, PfFileIdentity *ret, PfErr *err) {
        int r;

        if (file->blob) {
                *ret = (PfFileIdentity){ .size_bytes = file->size_bytes };
                return 0;
        }
        r = pf_system_file_identity(file->fd, ret);
        return r < 0 ? pf_err_errno(err, r, "%s", file->path) : 0;
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
