/* SPDX-License-Identifier: MIT */
/* What every system reads of a file in the same way. */
#include "daemon/base/target-file.h"

#include <stdlib.h>

#define CHUNK (256u << 10)

int pf_target_file_read_all(PfTargetFile *file, PfBuf *buf, PfErr *err) {
        PF_AUTO_FREE char *chunk = malloc(CHUNK);
        size_t n = CHUNK;
        int r = chunk ? 0 : -ENOMEM;

        while (r == 0 && n == CHUNK) {
                r = pf_target_file_read(file, chunk, CHUNK, &n, err);
                if (r == 0)
                        r = pf_buf_add(buf, chunk, n);
        }
        return r;
}
