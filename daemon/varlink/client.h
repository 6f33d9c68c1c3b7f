/* SPDX-License-Identifier: MIT */
#pragma once

#include <stdbool.h>
#include <uv.h>

#include "daemon/base/json.h"

/*
 * The calling side of Varlink on a libuv loop. Calls may be made one behind
 * another without waiting; they are answered in that order. All functions are
 * for the thread of the loop. The program ignores SIGPIPE.
 */
typedef struct PfVarlinkClient PfVarlinkClient;

/* An answer, or that there will be none. */
typedef struct PfVarlinkReply {
        int result;               /* 0; or negative: no answer, and none will follow for any
                                   * call: -ETIMEDOUT, -ECONNRESET, -EBADMSG … */
        const char *error;        /* the name of the error that was answered, or NULL */
        const PfJson *parameters; /* borrowed; NULL where there are none */
        bool continues;           /* more answers to this call follow */
        const char *text;         /* for people, where result is negative or error is set */
} PfVarlinkReply;

typedef void (*PfVarlinkReplied)(PfVarlinkClient *client, const PfVarlinkReply *reply, void *data);

/* Connect to a socket. Return: 0; or with a text -ECONNREFUSED, -ENOENT, -EACCES … */
int pf_varlink_client_new_path(uv_loop_t *loop, const char *path, PfVarlinkClient **ret,
                               PfErr *err) PF_MUST_CHECK;

/* Or talk through descriptors: a socket (twice the same) or two pipes. They are
 * taken over, also on error. */
int pf_varlink_client_new_fds(uv_loop_t *loop, int in_fd, int out_fd, PfVarlinkClient **ret,
                              PfErr *err) PF_MUST_CHECK;

/**
 * pf_varlink_client_free() - disconnect
 * Calls without an answer are forgotten: their callbacks are not called. May be
 * used from a callback. Memory is released as the loop goes on to run.
 */
PfVarlinkClient *pf_varlink_client_free(PfVarlinkClient *client);
PF_DEFINE_CLEANUP(PfVarlinkClient, pf_varlink_client_free);

typedef enum PfVarlinkCallFlags {
        PF_VARLINK_CALL_DEFAULT = 0,
        PF_VARLINK_CALL_MORE = 1 << 0,   /* several answers are welcome */
        PF_VARLINK_CALL_ONEWAY = 1 << 1, /* none is: @replied is NULL */
} PfVarlinkCallFlags;

/**
 * pf_varlink_client_call() - call a method
 * @method:          with its interface
 * @parameters_take: an object, taken over also on error; NULL for an empty one
 * @deadline_ms:     for the answer, or for the next one of several; 0: none. A
 *                   call that misses it ends the connection.
 * @replied:         called for each answer, never from within this function
 * Return:           0, -ENOMEM, -ENOTCONN once the connection has failed.
 */
int pf_varlink_client_call(PfVarlinkClient *client, const char *method, PfJson *parameters_take,
                           PfVarlinkCallFlags flags, unsigned deadline_ms, PfVarlinkReplied replied,
                           void *data, PfErr *err) PF_MUST_CHECK;
