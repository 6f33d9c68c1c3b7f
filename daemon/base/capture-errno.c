/* SPDX-License-Identifier: MIT */
#include "daemon/base/capture-errno.h"

#include <errno.h>
#include <stddef.h>

#define NUMBER_MAX 4095 /* as the kernel's MAX_ERRNO */

#ifdef _WIN32

#define SAME_MAX 34 /* up to here all systems agree */

static const struct {
        int code, number;
} numbers[] = {
        { EDEADLK, 35 },      { ENAMETOOLONG, 36 },  { ENOLCK, 37 },
        { ENOSYS, 38 },       { ENOTEMPTY, 39 },     { ELOOP, 40 },
        { ENODATA, 61 },      { ETIME, 62 },         { EPROTO, 71 },
        { EBADMSG, 74 },      { EOVERFLOW, 75 },     { EILSEQ, 84 },
        { ENOTSOCK, 88 },     { EMSGSIZE, 90 },      { EPROTONOSUPPORT, 93 },
        { ENOTSUP, 95 },      { EOPNOTSUPP, 95 },    { EAFNOSUPPORT, 97 },
        { EADDRINUSE, 98 },   { EADDRNOTAVAIL, 99 }, { ENETDOWN, 100 },
        { ENETUNREACH, 101 }, { ECONNABORTED, 103 }, { ECONNRESET, 104 },
        { ENOBUFS, 105 },     { EISCONN, 106 },      { ENOTCONN, 107 },
        { ETIMEDOUT, 110 },   { ECONNREFUSED, 111 }, { EHOSTUNREACH, 113 },
        { EALREADY, 114 },    { EINPROGRESS, 115 },  { ECANCELED, 125 },
};

static int to_number(int code) {
        for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++)
                if (numbers[i].code == code)
                        return numbers[i].number;
        return code <= SAME_MAX ? code : EIO;
}

static int from_number(int number) {
        for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++)
                if (numbers[i].number == number)
                        return numbers[i].code;
        return number <= SAME_MAX ? number : EIO;
}

#else

static int to_number(int code) {
        return code;
}

static int from_number(int number) {
        return number;
}

#endif

uint64_t pf_capture_errno_to_number(int r) {
        return (uint64_t) to_number(-r);
}

int pf_capture_errno_from_number(int64_t number) {
        return number > 0 && number <= NUMBER_MAX ? -from_number((int) number) : 0;
}
