/* SPDX-License-Identifier: MIT */
#pragma once

#include "daemon/varlink/pipes.h"
#include "daemon/varlink/server-internal.h"

/*
 * A connection on libuv's pipes. For server.c alone.
 */
typedef struct PfVarlinkStream {
        PfVarlinkConnection connection; /* first: the transport finds us by it */
        PfVarlinkServer *server;
        PfVarlinkPipes pipes;
        bool serving; /* connection is initialised */
} PfVarlinkStream;

/* A stream whose pipes are for uv_accept() or pf_varlink_pipes_open(). It frees
 * itself when it was closed. Return: NULL, there is no memory. */
PfVarlinkStream *pf_varlink_stream_new(PfVarlinkServer *server);
int pf_varlink_stream_serve(PfVarlinkStream *stream, const PfPeer *peer,
                            bool privileged) PF_MUST_CHECK;
void pf_varlink_stream_close(PfVarlinkStream *stream);

/* What a stream needs of its server. */

/**
 * pf_varlink_server_identify() - after the first bytes of a client that was unknown
 * Return: 0; -EBUSY where there are too many of it already, or another negative errno:
 *         it is to be closed.
 */
int pf_varlink_server_identify(PfVarlinkServer *server, PfVarlinkStream *stream) PF_MUST_CHECK;
PfVarlinkService *pf_varlink_server_service(PfVarlinkServer *server);
uv_loop_t *pf_varlink_server_loop(PfVarlinkServer *server);
void pf_varlink_server_lend_buffer(PfVarlinkServer *server, uv_buf_t *ret);
void pf_varlink_server_watch(PfVarlinkServer *server);
void pf_varlink_server_opened(PfVarlinkServer *server); /* a stream, or something else */
void pf_varlink_server_closed(PfVarlinkServer *server); /* its last handle; may free @server */
void pf_varlink_server_left(PfVarlinkServer *server);   /* a client; before _closed() */
