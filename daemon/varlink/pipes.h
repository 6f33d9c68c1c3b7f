/* SPDX-License-Identifier: MIT */
#pragma once

#include <stdbool.h>
#include <uv.h>

#include "daemon/base/err.h"
#include "daemon/varlink/bytes.h"

/*
 * Both directions of a connection on libuv: one local socket, or two pipes.
 * For the server and the client. The data of the handles is the pipes, and
 * pipes->owner is what the pipes are part of.
 */
typedef struct PfVarlinkPipes PfVarlinkPipes;
typedef void (*PfVarlinkPipesEvent)(void *owner);
typedef void (*PfVarlinkPipesWritten)(void *owner, int status);

struct PfVarlinkPipes {
        uv_pipe_t in;
        uv_pipe_t *out;  /* &in, or of its own */
        unsigned n_open; /* handles */
        bool closing;
        void *owner;
        PfVarlinkPipesWritten written;
        PfVarlinkPipesEvent closed;
};

/* Take a local socket or a pipe over, also on error. */
int pf_varlink_pipe_open(uv_pipe_t *pipe, int fd, PfErr *err) PF_MUST_CHECK;

/**
 * pf_varlink_pipes_init() - without descriptors, for uv_accept(), or for _open()
 * @owner:   for the callbacks
 * @written: a message that was queued has been written, or was not (status < 0)
 */
void pf_varlink_pipes_init(PfVarlinkPipes *pipes, uv_loop_t *loop, void *owner,
                           PfVarlinkPipesWritten written);

/* A socket (twice the same) or two pipes; taken over, also on error. */
int pf_varlink_pipes_open(PfVarlinkPipes *pipes, int in_fd, int out_fd, PfErr *err) PF_MUST_CHECK;

/**
 * pf_varlink_pipes_send() - write as much as goes at once, and queue the rest
 * @queue_max: bytes that may wait; a single message may be longer
 * Return: 0, -ENOBUFS where too much waits already, or another negative errno.
 */
int pf_varlink_pipes_send(PfVarlinkPipes *pipes, PfVarlinkBytes *bytes,
                          size_t queue_max) PF_MUST_CHECK;
size_t pf_varlink_pipes_unsent(const PfVarlinkPipes *pipes); /* bytes that wait */

/* After the end of input: may the peer still read? */
bool pf_varlink_pipes_is_half_closed(const PfVarlinkPipes *pipes);

/* Close the handles; @closed is called later, when none is in use any more. May
 * be repeated: then nothing happens. */
void pf_varlink_pipes_close(PfVarlinkPipes *pipes, PfVarlinkPipesEvent closed);
