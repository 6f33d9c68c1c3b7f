/* SPDX-License-Identifier: MIT */
#include "daemon/base/uv-errno.h"

#include <errno.h>
#include <stddef.h>
#include <uv.h>

/* What files and pipes fail with; on other systems each row says the same twice. */
static const struct {
        int uv, code;
} codes[] = {
#define SAME(name)                                                                                 \
        { UV_##name, -name }
        SAME(E2BIG),     SAME(EACCES),       SAME(EADDRINUSE),   SAME(EADDRNOTAVAIL),
        SAME(EAGAIN),    SAME(EALREADY),     SAME(EBADF),        SAME(EBUSY),
        SAME(ECANCELED), SAME(ECONNABORTED), SAME(ECONNREFUSED), SAME(ECONNRESET),
        SAME(EEXIST),    SAME(EFAULT),       SAME(EFBIG),        SAME(EINTR),
        SAME(EINVAL),    SAME(EISCONN),      SAME(EISDIR),       SAME(ELOOP),
        SAME(EMFILE),    SAME(EMSGSIZE),     SAME(ENAMETOOLONG), SAME(ENFILE),
        SAME(ENOBUFS),   SAME(ENODEV),       SAME(ENOENT),       SAME(ENOMEM),
        SAME(ENOSPC),    SAME(ENOSYS),       SAME(ENOTCONN),     SAME(ENOTDIR),
        SAME(ENOTEMPTY), SAME(ENOTSOCK),     SAME(ENOTSUP),      SAME(ENXIO),
        SAME(EPERM),     SAME(EPIPE),        SAME(EROFS),        SAME(ESPIPE),
        SAME(ESRCH),     SAME(ETIMEDOUT),    SAME(EXDEV),        { UV_EOF, -EPIPE },
#undef SAME
};

int pf_errno_from_uv(int r) {
        if (r >= 0)
                return r;
        for (size_t i = 0; i < sizeof(codes) / sizeof(codes[0]); i++)
                if (codes[i].uv == r)
                        return codes[i].code;
#ifdef _WIN32
        return -EIO;
#else
        return r;
#endif
}
