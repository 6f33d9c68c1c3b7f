/* SPDX-License-Identifier: MIT */
#include "daemon/base/write-all.h"

int pf_write_all(int fd, const void *bytes, size_t n) {
        const char *at = bytes;

        while (n > 0) {
                ssize_t written = write(fd, at, n);

                if (written < 0 && errno == EINTR)
                        continue;
                if (written < 0)
                        return -errno;
                at += written;
                n -= (size_t) written;
        }
        return 0;
}
