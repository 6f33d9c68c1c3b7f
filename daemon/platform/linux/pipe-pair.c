/* SPDX-License-Identifier: MIT */
#include "daemon/platform/pipe-pair.h"

#include <sys/socket.h>

int pf_pipe_pair(bool for_child, PfPipeEnd *ret_ours, PfPipeEnd *ret_theirs, PfErr *err) {
        int pair[2];

        (void) for_child;
        if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) < 0)
                return pf_err_errno(err, -errno, "cannot make a socket");
        *ret_ours = (PfPipeEnd){ pair[0], pair[0] };
        *ret_theirs = (PfPipeEnd){ pair[1], pair[1] };
        return 0;
}
