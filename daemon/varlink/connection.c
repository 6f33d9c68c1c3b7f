/* SPDX-License-Identifier: MIT */
/*
 * One client, as far as the protocol goes: bytes come in and become calls,
 * handled one at a time in their order; answers go out. What a client makes us
 * keep is bounded: we stop reading while it has calls waiting, look at the
 * next one only when the last answer has left, and close what stands still.
 *
 * It does no I/O, see PfVarlinkTransport.
 */
#include "daemon/varlink/server-internal.h"

void pf_varlink_connection_init(PfVarlinkConnection *connection, PfVarlinkService *service,
                                const PfVarlinkTransport *transport, const PfPeer *peer,
                                bool privileged) {
        *connection = (PfVarlinkConnection){
                .service = service,
                .transport = transport,
                .next = service->connections,
                .uid = peer->uid,
                .pid = peer->pid,
                .privileged = privileged,
        };
        pf_frame_init(&connection->frame, service->config.message_max);
        if (connection->next)
                connection->next->previous = connection;
        service->connections = connection;
        service->n_connections++;
}

static void hold(PfVarlinkConnection *connection, size_t bytes) {
        connection->service->held_bytes += bytes - connection->held_bytes;
        connection->held_bytes = bytes;
}

void pf_varlink_connection_deinit(PfVarlinkConnection *connection) {
        PfVarlinkService *service = connection->service;

        pf_varlink_connection_cancel(connection);
        pf_frame_deinit(&connection->frame);
        hold(connection, 0);
        if (connection->next)
                connection->next->previous = connection->previous;
        if (connection->previous)
                connection->previous->next = connection->next;
        else
                service->connections = connection->next;
        service->n_connections--;
}

void pf_varlink_connection_close(PfVarlinkConnection *connection) {
        if (connection->closed)
                return;
        connection->closed = true;
        pf_frame_deinit(&connection->frame);
        hold(connection, 0);
        connection->transport->close(connection);
}

void pf_varlink_connection_cancel(PfVarlinkConnection *connection) {
        PfVarlinkCall *call = PF_STEAL(connection->call);

        if (!call)
                return;
        call->connection = NULL;
        if (call->cancel)
                call->cancel(call, call->cancel_data);
}

static size_t unsent(const PfVarlinkConnection *connection) {
        return connection->transport->unsent(connection);
}

static void handle_message(PfVarlinkConnection *connection, const char *text, size_t n) {
        PfVarlinkCall *call;

        connection->n_messages++;
        if (pf_varlink_call_new(connection, text, n, &call) < 0)
                return pf_varlink_connection_close(connection);
        connection->call = call;
        pf_varlink_service_dispatch(connection->service, call);
}

static void set_paused(PfVarlinkConnection *connection, bool paused) {
        if (connection->paused == paused)
                return;
        connection->paused = paused;
        connection->transport->pause(connection, paused);
}

static void wait_for(PfVarlinkConnection *connection, PfVarlinkWait wait, uint64_t mark,
                     uint64_t now_ms) {
        if (wait == connection->wait &&
            (wait == PF_VARLINK_WAIT_NOT || mark == connection->wait_mark))
                return;
        connection->wait = wait;
        connection->wait_mark = mark;
        connection->wait_since_ms = now_ms;
        if (wait != PF_VARLINK_WAIT_NOT)
                connection->transport->wait(connection);
}

bool pf_varlink_connection_is_waited_for(PfVarlinkConnection *connection, uint64_t now_ms) {
        size_t queued;

        if (connection->closed)
                return false;
        queued = unsent(connection);
        if (queued > 0)
                wait_for(connection, PF_VARLINK_WAIT_READER, queued, now_ms);
        else if (!connection->paused &&
                 (pf_frame_is_partial(&connection->frame) || connection->uid == PF_PEER_UNKNOWN))
                wait_for(connection, PF_VARLINK_WAIT_MESSAGE, connection->n_messages, now_ms);
        else
                wait_for(connection, PF_VARLINK_WAIT_NOT, 0, now_ms);
        return connection->wait != PF_VARLINK_WAIT_NOT;
}

/* After every event: what it means for reading, waiting, and staying. */
static void settle(PfVarlinkConnection *connection) {
        const PfFrame *frame = &connection->frame;

        if (connection->closed)
                return;
        if (connection->ended && !connection->call && unsent(connection) == 0)
                return pf_varlink_connection_close(connection);

        set_paused(connection, pf_frame_buffered(frame) > frame->message_max);
        (void) pf_varlink_connection_is_waited_for(connection,
                                                   connection->transport->now_ms(connection));
        hold(connection, frame->buf.allocated + unsent(connection));
        pf_varlink_service_limit_memory(connection->service);
}

/* Handlers that answer at once come back here from within: the loop goes on. */
static void process(PfVarlinkConnection *connection) {
        const char *text;
        size_t n;
        int r;

        if (connection->processing)
                return;
        connection->processing = true;
        while (!connection->closed && !connection->call && unsent(connection) == 0) {
                r = pf_frame_next(&connection->frame, &text, &n);
                if (r == PF_FRAME_MESSAGE)
                        handle_message(connection, text, n);
                else if (r < 0)
                        pf_varlink_connection_close(connection);
                else
                        break;
        }
        connection->processing = false;
        settle(connection);
}

void pf_varlink_connection_receive(PfVarlinkConnection *connection, const void *bytes, size_t n) {
        if (connection->closed)
                return;
        if (pf_frame_feed(&connection->frame, bytes, n) < 0)
                return pf_varlink_connection_close(connection);
        process(connection);
}

void pf_varlink_connection_end(PfVarlinkConnection *connection) {
        connection->ended = true;
        process(connection);
}

void pf_varlink_connection_sent(PfVarlinkConnection *connection) {
        process(connection);
}

void pf_varlink_connection_call_done(PfVarlinkConnection *connection) {
        connection->call = NULL;
        process(connection);
}

void pf_varlink_connection_send(PfVarlinkConnection *connection, PfVarlinkBytes *bytes) {
        if (connection->closed)
                return;
        if (!bytes || connection->transport->send(connection, bytes) < 0)
                return pf_varlink_connection_close(connection);
        if (!connection->processing)
                settle(connection);
}
