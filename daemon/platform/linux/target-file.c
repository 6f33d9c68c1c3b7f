/* SPDX-License-Identifier: MIT */
/*
 * Files of a target that another process reads.
 */
#include "daemon/platform/target-system.h"

#include <fcntl.h>
#include <sys/mman.h>

#include "daemon/base/overlay-internal.h"
#include "daemon/base/write-all.h"
#include "daemon/platform/linux/target-path.h"

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
