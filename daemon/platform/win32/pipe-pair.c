/* SPDX-License-Identifier: MIT */
#include "daemon/platform/pipe-pair.h"

#include <uv.h>

int pf_pipe_pair(bool for_child, PfPipeEnd *ret_ours, PfPipeEnd *ret_theirs, PfErr *err) {
        PF_AUTO_PIPE_END PfPipeEnd ours = PF_PIPE_END_NONE, theirs = PF_PIPE_END_NONE;
        const int child = for_child ? 0 : UV_NONBLOCK_PIPE;
        uv_file calls[2], answers[2];
        int r;

        r = uv_pipe(calls, child, UV_NONBLOCK_PIPE);
        if (r < 0)
                return pf_err_set(err, -EMFILE, "cannot make a pipe: %s", uv_strerror(r));
        theirs.in = calls[0];
        ours.out = calls[1];
        r = uv_pipe(answers, UV_NONBLOCK_PIPE, child);
        if (r < 0)
                return pf_err_set(err, -EMFILE, "cannot make a pipe: %s", uv_strerror(r));
        ours.in = answers[0];
        theirs.out = answers[1];
        *ret_ours = pf_pipe_end_steal(&ours);
        *ret_theirs = pf_pipe_end_steal(&theirs);
        return 0;
}
