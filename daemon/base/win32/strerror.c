/* SPDX-License-Identifier: MIT */
#include <string.h>

#include <errno.h>
#include <stddef.h>

/* Those that msvcrt has no words for, or others than everybody. */
static const struct {
        int code;
        const char *words;
} words[] = {
        { E2BIG, "Argument list too long" },
        { EADDRINUSE, "Address already in use" },
        { EADDRNOTAVAIL, "Cannot assign requested address" },
        { EAFNOSUPPORT, "Address family not supported by protocol" },
        { EALREADY, "Operation already in progress" },
        { EBADMSG, "Bad message" },
        { EBUSY, "Device or resource busy" },
        { ECANCELED, "Operation canceled" },
        { ECONNABORTED, "Software caused connection abort" },
        { ECONNREFUSED, "Connection refused" },
        { ECONNRESET, "Connection reset by peer" },
        { EHOSTUNREACH, "No route to host" },
        { EINPROGRESS, "Operation now in progress" },
        { EISCONN, "Transport endpoint is already connected" },
        { ELOOP, "Too many levels of symbolic links" },
        { EMSGSIZE, "Message too long" },
        { ENETUNREACH, "Network is unreachable" },
        { ENOBUFS, "No buffer space available" },
        { ENODATA, "No data available" },
        { ENOTCONN, "Transport endpoint is not connected" },
        { ENOTSOCK, "Socket operation on non-socket" },
        { ENOTSUP, "Operation not supported" },
        { EOPNOTSUPP, "Operation not supported" },
        { EOVERFLOW, "Value too large for defined data type" },
        { EPROTO, "Protocol error" },
        { EPROTONOSUPPORT, "Protocol not supported" },
        { ETIME, "Timer expired" },
        { ETIMEDOUT, "Connection timed out" },
        { EXDEV, "Invalid cross-device link" },
};

#undef strerror

char *pf_strerror(int code) {
        for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
                if (words[i].code == code)
                        return (char *) words[i].words;
        return strerror(code);
}
