/* SPDX-License-Identifier: MIT */
#pragma once

#include <stdbool.h>

#include "daemon/base/err.h"

/*
 * A connection between two ends, each of which reads what the other writes: of this process
 * and a child, or within this process.
 */

/* Twice the same descriptor where it is a socket; -1: none. */
typedef struct PfPipeEnd {
        int in;  /* to read from */
        int out; /* to write to */
} PfPipeEnd;
#define PF_PIPE_END_NONE                                                                           \
        { -1, -1 }
#define PF_AUTO_PIPE_END PF_CLEANUP(pf_pipe_end_close)

void pf_pipe_end_close(PfPipeEnd *end);

/* The end, whose variable holds none afterwards. */
PfPipeEnd pf_pipe_end_steal(PfPipeEnd *end);

/**
 * pf_pipe_pair() - both ends, which the caller closes; no child inherits them by itself
 * @for_child: @ret_theirs is for a program that reads and writes it as it does files
 * Rule:       socketpair(2); on Windows two pipes, since its pipes of two ways have a name.
 * Return:     0 or a negative errno with a text.
 */
int pf_pipe_pair(bool for_child, PfPipeEnd *ret_ours, PfPipeEnd *ret_theirs,
                 PfErr *err) PF_MUST_CHECK;
