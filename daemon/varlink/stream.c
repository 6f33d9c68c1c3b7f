/* SPDX-License-Identifier: MIT */
/*
 * The transport of a connection: libuv's pipes. Reads go into the one buffer of
 * the server, since what they bring is looked at before the next read.
 */
#include "daemon/varlink/stream.h"

#include "daemon/base/uv-errno.h"

static PfVarlinkStream *stream_of(const PfVarlinkConnection *connection) {
        return (PfVarlinkStream *) connection;
}

static void on_written(void *owner, int status) {
        PfVarlinkStream *stream = owner;

        if (status < 0)
                pf_varlink_connection_close(&stream->connection);
        else
                pf_varlink_connection_sent(&stream->connection);
}

static int send_bytes(PfVarlinkConnection *connection, PfVarlinkBytes *bytes) {
        return pf_varlink_pipes_send(&stream_of(connection)->pipes, bytes,
                                     connection->service->config.queue_max);
}

static size_t unsent(const PfVarlinkConnection *connection) {
        return pf_varlink_pipes_unsent(&stream_of(connection)->pipes);
}

static PfVarlinkStream *stream_of_handle(uv_handle_t *handle) {
        return ((PfVarlinkPipes *) handle->data)->owner;
}

static void lend_buffer(uv_handle_t *handle, size_t suggested, uv_buf_t *ret) {
        (void) suggested;
        pf_varlink_server_lend_buffer(stream_of_handle(handle)->server, ret);
}

static bool is_known(PfVarlinkStream *stream) {
        return stream->connection.uid != PF_PEER_UNKNOWN ||
               pf_varlink_server_identify(stream->server, stream) == 0;
}

static void on_read(uv_stream_t *in, ssize_t n, const uv_buf_t *buf) {
        PfVarlinkStream *stream = stream_of_handle((uv_handle_t *) in);

        if (n > 0 && !is_known(stream))
                pf_varlink_connection_close(&stream->connection);
        else if (n > 0)
                pf_varlink_connection_receive(&stream->connection, buf->base, (size_t) n);
        else if (n == UV_EOF && pf_varlink_pipes_is_half_closed(&stream->pipes))
                pf_varlink_connection_end(&stream->connection);
        else if (n < 0)
                pf_varlink_connection_close(&stream->connection);
}

static int start_reading(PfVarlinkStream *stream) {
        return pf_errno_from_uv(
                uv_read_start((uv_stream_t *) &stream->pipes.in, lend_buffer, on_read));
}

static void pause_reading(PfVarlinkConnection *connection, bool paused) {
        PfVarlinkStream *stream = stream_of(connection);

        if (paused)
                (void) uv_read_stop((uv_stream_t *) &stream->pipes.in);
        else if (!connection->ended && start_reading(stream) < 0)
                pf_varlink_connection_close(connection);
}

static uint64_t now_ms(const PfVarlinkConnection *connection) {
        return uv_now(pf_varlink_server_loop(stream_of(connection)->server));
}

static void wait_for(PfVarlinkConnection *connection) {
        pf_varlink_server_watch(stream_of(connection)->server);
}

static void close_connection(PfVarlinkConnection *connection) {
        pf_varlink_stream_close(stream_of(connection));
}

static const PfVarlinkTransport transport = {
        .send = send_bytes,
        .unsent = unsent,
        .pause = pause_reading,
        .close = close_connection,
        .now_ms = now_ms,
        .wait = wait_for,
};

PfVarlinkStream *pf_varlink_stream_new(PfVarlinkServer *server) {
        PfVarlinkStream *stream = calloc(1, sizeof(*stream));

        if (!stream)
                return NULL;
        stream->server = server;
        pf_varlink_pipes_init(&stream->pipes, pf_varlink_server_loop(server), stream, on_written);
        pf_varlink_server_opened(server);
        return stream;
}

/*
 * Answers that a client does not read lie in the kernel, which charges them to us for as long
 * as the client is there, whatever becomes of us. Of 24 KiB it makes 48, see socket(7), in
 * which a usual report has room at once. So all that 1088 clients can have us hold, memory_max
 * of the configuration included, stays below MemoryMax= of the service.
 */
#define UNREAD_BYTES (24 << 10)

static void limit_unread(const PfVarlinkStream *stream) {
        int bytes = UNREAD_BYTES;

        /* A pipe has no such limit, and on Windows no socket: libuv says so. */
        (void) uv_send_buffer_size((uv_handle_t *) stream->pipes.out, &bytes);
}

int pf_varlink_stream_serve(PfVarlinkStream *stream, const PfPeer *peer, bool privileged) {
        pf_varlink_connection_init(&stream->connection, pf_varlink_server_service(stream->server),
                                   &transport, peer, privileged);
        stream->serving = true;
        limit_unread(stream);
        return start_reading(stream);
}

static void on_closed(void *owner) {
        PfVarlinkStream *stream = owner;
        PfVarlinkServer *server = stream->server;

        if (stream->serving) {
                pf_varlink_connection_deinit(&stream->connection);
                pf_varlink_server_left(server);
        }
        free(stream);
        pf_varlink_server_closed(server);
}

void pf_varlink_stream_close(PfVarlinkStream *stream) {
        pf_varlink_pipes_close(&stream->pipes, on_closed);
}
