/* SPDX-License-Identifier: MIT */
/*
 * Sending and closing on libuv's pipes.
 *
 * A message is written at once as far as the kernel takes it; only the rest is
 * queued, as a reference to the message, so that a message that many clients
 * are sent is in memory once.
 */
#include "daemon/varlink/pipes.h"

#include "daemon/base/uv-errno.h"
#include "daemon/platform/peer.h"

typedef struct Write {
        uv_write_t request;
        PfVarlinkPipes *pipes;
        PfVarlinkBytes *bytes;
} Write;

static uv_stream_t *out_of(const PfVarlinkPipes *pipes) {
        return (uv_stream_t *) pipes->out;
}

int pf_varlink_pipe_open(uv_pipe_t *pipe, int fd, PfErr *err) {
        int r;

        /* libuv aborts when it is to wait for a regular file. */
        if (uv_guess_handle(fd) != UV_NAMED_PIPE) {
                pf_close(fd);
                return pf_err_set(err, -EINVAL, "descriptor %d is no local socket and no pipe", fd);
        }
        r = uv_pipe_open(pipe, fd);
        if (r < 0) {
                pf_close(fd);
                return pf_err_set(err, pf_errno_from_uv(r), "descriptor %d: %s", fd,
                                  uv_strerror(r));
        }
        return 0;
}

static void init_handle(PfVarlinkPipes *pipes, uv_loop_t *loop, uv_pipe_t *pipe) {
        (void) uv_pipe_init(loop, pipe, 0); /* fails on no system without "ipc" */
        pipe->data = pipes;
        pipes->n_open++;
}

void pf_varlink_pipes_init(PfVarlinkPipes *pipes, uv_loop_t *loop, void *owner,
                           PfVarlinkPipesWritten written) {
        *pipes = (PfVarlinkPipes){ .owner = owner, .written = written };
        pipes->out = &pipes->in;
        init_handle(pipes, loop, &pipes->in);
}

static int open_out(PfVarlinkPipes *pipes, int fd, PfErr *err) {
        uv_pipe_t *out = malloc(sizeof(*out));

        if (!out) {
                pf_close(fd);
                return -ENOMEM;
        }
        pipes->out = out;
        init_handle(pipes, pipes->in.loop, out);
        return pf_varlink_pipe_open(out, fd, err);
}

int pf_varlink_pipes_open(PfVarlinkPipes *pipes, int in_fd, int out_fd, PfErr *err) {
        int r = 0;

        if (in_fd != out_fd)
                r = open_out(pipes, out_fd, err);
        if (r < 0) {
                pf_close(in_fd);
                return r;
        }
        return pf_varlink_pipe_open(&pipes->in, in_fd, err);
}

static void on_written(uv_write_t *request, int status) {
        Write *item = (Write *) request;
        PfVarlinkPipes *pipes = item->pipes;

        pf_varlink_bytes_unref(item->bytes);
        free(item);
        if (!pipes->closing)
                pipes->written(pipes->owner, status);
}

static int queue(PfVarlinkPipes *pipes, PfVarlinkBytes *bytes, size_t done) {
        const uv_buf_t rest = uv_buf_init((char *) pf_varlink_bytes_data(bytes) + done,
                                          (unsigned) (pf_varlink_bytes_n(bytes) - done));
        Write *item = malloc(sizeof(*item));
        int r;

        if (!item)
                return -ENOMEM;
        item->pipes = pipes;
        item->bytes = pf_varlink_bytes_ref(bytes);
        r = uv_write(&item->request, out_of(pipes), &rest, 1, on_written);
        if (r < 0) {
                pf_varlink_bytes_unref(item->bytes);
                free(item);
        }
        return pf_errno_from_uv(r);
}

int pf_varlink_pipes_send(PfVarlinkPipes *pipes, PfVarlinkBytes *bytes, size_t queue_max) {
        const size_t n = pf_varlink_bytes_n(bytes);
        const size_t queued = pf_varlink_pipes_unsent(pipes);
        const uv_buf_t all = uv_buf_init((char *) pf_varlink_bytes_data(bytes), (unsigned) n);
        int written;

        if (queued > 0)
                return queued + n > queue_max ? -ENOBUFS : queue(pipes, bytes, 0);

        written = uv_try_write(out_of(pipes), &all, 1);
        if (written == UV_EAGAIN)
                written = 0;
        if (written < 0 || (size_t) written == n)
                return written < 0 ? pf_errno_from_uv(written) : 0;
        return queue(pipes, bytes, (size_t) written);
}

size_t pf_varlink_pipes_unsent(const PfVarlinkPipes *pipes) {
        return uv_stream_get_write_queue_size(out_of(pipes));
}

bool pf_varlink_pipes_is_half_closed(const PfVarlinkPipes *pipes) {
        uv_os_fd_t fd;

        if (pipes->out != &pipes->in)
                return true;
        return uv_fileno((const uv_handle_t *) &pipes->in, &fd) == 0 && !pf_peer_hung_up(fd);
}

static void on_closed(uv_handle_t *handle) {
        PfVarlinkPipes *pipes = handle->data;

        if (--pipes->n_open > 0)
                return;
        if (pipes->out != &pipes->in)
                free(pipes->out);
        pipes->closed(pipes->owner);
}

void pf_varlink_pipes_close(PfVarlinkPipes *pipes, PfVarlinkPipesEvent closed) {
        if (pipes->closing)
                return;
        pipes->closing = true;
        pipes->closed = closed;
        uv_close((uv_handle_t *) &pipes->in, on_closed);
        if (pipes->out != &pipes->in)
                uv_close((uv_handle_t *) pipes->out, on_closed);
}
