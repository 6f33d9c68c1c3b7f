/* SPDX-License-Identifier: MIT */
#include "daemon/platform/pipe-pair.h"

void pf_pipe_end_close(PfPipeEnd *end) {
        if (end->out != end->in)
                pf_close(end->out);
        pf_close(end->in);
        *end = (PfPipeEnd) PF_PIPE_END_NONE;
}

PfPipeEnd pf_pipe_end_steal(PfPipeEnd *end) {
        PfPipeEnd stolen = *end;

        *end = (PfPipeEnd) PF_PIPE_END_NONE;
        return stolen;
}
