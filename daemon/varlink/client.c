/* SPDX-License-Identifier: MIT */
/*
 * The calling side: messages out, answers in, in the order of the calls. A
 * connection that fails fails every call that is still open, once.
 */
#include "daemon/varlink/client.h"

#include <string.h>

#include "daemon/base/uv-errno.h"
#include "daemon/platform/peer.h"
#include "daemon/varlink/frame.h"
#include "daemon/varlink/pipes.h"

#define DEPTH_MAX 64
#define QUEUE_MAX PF_FRAME_CLIENT_MAX
#define READ_MAX ((size_t) 64 << 10)

typedef struct Pending {
        struct Pending *next;
        char *method;
        bool more;
        unsigned deadline_ms;
        uint64_t due_ms; /* of the loop's clock; 0: never */
        PfVarlinkReplied replied;
        void *data;
} Pending;

struct PfVarlinkClient {
        PfVarlinkPipes pipes;
        uv_timer_t timer;
        unsigned n_open; /* the pipes, the timer, and the owner's hold on us */
        PfFrame frame;
        Pending *first;
        bool failed;
        bool freed;
        char buffer[READ_MAX];
};

static Pending *free_pending(Pending *pending) {
        if (!pending)
                return NULL;
        free(pending->method);
        free(pending);
        return NULL;
}
PF_DEFINE_CLEANUP(Pending, free_pending);

static void drop_hold(PfVarlinkClient *client) {
        if (--client->n_open > 0)
                return;
        pf_frame_deinit(&client->frame);
        free(client);
}

static void on_pipes_closed(void *owner) {
        drop_hold(owner);
}

static void on_timer_closed(uv_handle_t *handle) {
        drop_hold(handle->data);
}

static void disconnect(PfVarlinkClient *client) {
        if (client->pipes.closing)
                return;
        pf_varlink_pipes_close(&client->pipes, on_pipes_closed);
        uv_close((uv_handle_t *) &client->timer, on_timer_closed);
}

static Pending *pop(PfVarlinkClient *client) {
        Pending *pending = client->first;

        client->first = pending->next;
        return pending;
}

/* The connection is of no more use. A callback may free the client. */
static void fail(PfVarlinkClient *client, int result, const char *text) {
        const PfVarlinkReply reply = { .result = result, .text = text };

        if (client->failed)
                return;
        client->failed = true;
        disconnect(client);
        while (!client->freed && client->first) {
                PF_CLEANUP(free_pendingp) Pending *pending = pop(client);

                pending->replied(client, &reply, pending->data);
        }
}

static void on_timer(uv_timer_t *timer);

/* Wait for the first deadline, if there is one. */
static void arm(PfVarlinkClient *client) {
        uint64_t first_ms = 0;
        uint64_t now_ms = uv_now(client->timer.loop);

        if (client->failed || client->freed)
                return;
        for (const Pending *p = client->first; p; p = p->next)
                if (p->due_ms > 0 && (first_ms == 0 || p->due_ms < first_ms))
                        first_ms = p->due_ms;
        if (first_ms == 0)
                (void) uv_timer_stop(&client->timer);
        else
                (void) uv_timer_start(&client->timer, on_timer,
                                      first_ms > now_ms ? first_ms - now_ms : 0, 0);
}

static void on_timer(uv_timer_t *timer) {
        PfVarlinkClient *client = timer->data;
        char text[PF_ERR_TEXT_MAX];

        for (const Pending *p = client->first; p; p = p->next) {
                if (p->due_ms == 0 || p->due_ms > uv_now(timer->loop))
                        continue;
                (void) snprintf(text, sizeof(text), "no answer to %s within %u ms", p->method,
                                p->deadline_ms);
                return fail(client, -ETIMEDOUT, text);
        }
        arm(client);
}

static void set_due(PfVarlinkClient *client, Pending *pending) {
        pending->due_ms =
                pending->deadline_ms > 0 ? uv_now(client->timer.loop) + pending->deadline_ms : 0;
}

/* Return: 0, or -EBADMSG where this is no answer that we may get now. */
static int read_reply(const PfVarlinkClient *client, const PfJson *message, PfVarlinkReply *ret) {
        const PfJson *error = pf_json_get(message, "error");
        const PfJson *parameters = pf_json_get(message, "parameters");
        const PfJson *continues = pf_json_get(message, "continues");

        if (pf_json_type(message) != PF_JSON_OBJECT || (error && !pf_json_string(error)) ||
            (parameters && pf_json_type(parameters) != PF_JSON_OBJECT) ||
            (continues && pf_json_type(continues) != PF_JSON_BOOL))
                return -EBADMSG;
        *ret = (PfVarlinkReply){
                .error = pf_json_string(error),
                .parameters = parameters,
                .continues = continues && pf_json_bool(continues),
        };
        if (!client->first || (ret->continues && (ret->error || !client->first->more)))
                return -EBADMSG;
        return 0;
}

/* What an error says about itself, for people: its name and first text. */
static int first_text(const char *key, PfJson *value, void *data) {
        PfErr *text = data;

        if (!pf_json_string(value))
                return 0;
        pf_err_set(text, -EPROTO, "%s: %s", key, pf_json_string(value));
        return 1;
}

static void describe_error(PfVarlinkReply *reply, PfErr *text) {
        PfErr detail = { 0 };

        if (pf_json_each(reply->parameters, first_text, &detail) > 0)
                pf_err_set(text, -EPROTO, "%s (%s)", reply->error, detail.text);
        else
                pf_err_set(text, -EPROTO, "%s", reply->error);
        reply->text = text->text;
}

static void deliver(PfVarlinkClient *client, PfVarlinkReply *reply) {
        PF_CLEANUP(free_pendingp) Pending *done = NULL;
        Pending *pending = client->first;
        PfErr text = { 0 };

        if (reply->continues)
                set_due(client, pending);
        else
                done = pop(client);
        if (reply->error)
                describe_error(reply, &text);
        pending->replied(client, reply, pending->data);
}

static void handle_message(PfVarlinkClient *client, const char *bytes, size_t n) {
        PF_CLEANUP(pf_json_freep) PfJson *message = NULL;
        PfVarlinkReply reply;
        PfErr err = { 0 };

        if (pf_json_parse(bytes, n, DEPTH_MAX, &message, &err) < 0)
                return fail(client, -EBADMSG, pf_err_text(&err, -EBADMSG));
        if (read_reply(client, message, &reply) < 0)
                return fail(client, -EBADMSG, "the service sent something that is no answer");
        deliver(client, &reply);
}

static void process(PfVarlinkClient *client) {
        const char *bytes;
        size_t n;
        int r = PF_FRAME_MESSAGE;

        while (r == PF_FRAME_MESSAGE && !client->failed && !client->freed) {
                r = pf_frame_next(&client->frame, &bytes, &n);
                if (r == PF_FRAME_MESSAGE)
                        handle_message(client, bytes, n);
        }
        if (r < 0)
                fail(client, r, "the service sent a message that is too long");
        arm(client);
}

static void lend_buffer(uv_handle_t *handle, size_t suggested, uv_buf_t *ret) {
        PfVarlinkClient *client = ((PfVarlinkPipes *) handle->data)->owner;

        (void) suggested;
        *ret = uv_buf_init(client->buffer, sizeof(client->buffer));
}

static void on_read(uv_stream_t *in, ssize_t n, const uv_buf_t *buf) {
        PfVarlinkClient *client = ((PfVarlinkPipes *) in->data)->owner;

        if (n == 0)
                return;
        if (n == UV_EOF)
                return fail(client, -ECONNRESET, "the service has closed the connection");
        if (n < 0)
                return fail(client, pf_errno_from_uv((int) n), uv_strerror((int) n));
        if (pf_frame_feed(&client->frame, buf->base, (size_t) n) < 0)
                return fail(client, -ENOMEM, "no memory for what the service sends");
        process(client);
}

static void on_written(void *owner, int status) {
        if (status < 0)
                fail(owner, pf_errno_from_uv(status), uv_strerror(status));
}

static PfVarlinkClient *new_client(uv_loop_t *loop) {
        PfVarlinkClient *client = malloc(sizeof(*client));

        if (!client)
                return NULL;
        memset(client, 0, offsetof(PfVarlinkClient, buffer));
        pf_frame_init(&client->frame, PF_FRAME_CLIENT_MAX);
        pf_varlink_pipes_init(&client->pipes, loop, client, on_written);
        (void) uv_timer_init(loop, &client->timer);
        client->timer.data = client;
        client->n_open = 3;
        return client;
}

/* @r: whether the pipes are open. Takes @client over. */
static int start(PfVarlinkClient *client, int r, PfVarlinkClient **ret, PfErr *err) {
        if (r == 0) {
                r = uv_read_start((uv_stream_t *) &client->pipes.in, lend_buffer, on_read);
                if (r < 0)
                        r = pf_err_set(err, pf_errno_from_uv(r), "cannot read from the service: %s",
                                       uv_strerror(r));
        }
        if (r < 0) {
                pf_varlink_client_free(client);
                return r;
        }
        *ret = client;
        return 0;
}

int pf_varlink_client_new_path(uv_loop_t *loop, const char *path, PfVarlinkClient **ret,
                               PfErr *err) {
        PfVarlinkClient *client = new_client(loop);

        if (!client)
                return -ENOMEM;
        return start(client, pf_peer_connect(&client->pipes.in, path, err), ret, err);
}

int pf_varlink_client_new_fds(uv_loop_t *loop, int in_fd, int out_fd, PfVarlinkClient **ret,
                              PfErr *err) {
        PfVarlinkClient *client = new_client(loop);

        if (!client) {
                pf_close(in_fd);
                if (out_fd != in_fd)
                        pf_close(out_fd);
                return -ENOMEM;
        }
        return start(client, pf_varlink_pipes_open(&client->pipes, in_fd, out_fd, err), ret, err);
}

PfVarlinkClient *pf_varlink_client_free(PfVarlinkClient *client) {
        if (!client)
                return NULL;
        client->freed = true;
        while (client->first)
                free_pending(pop(client));
        disconnect(client);
        drop_hold(client);
        return NULL;
}

static int make_call(const char *method, PfJson *parameters_take, PfVarlinkCallFlags flags,
                     PfVarlinkBytes **ret) {
        PF_CLEANUP(pf_json_freep) PfJson *parameters = parameters_take;
        PF_CLEANUP(pf_json_freep) PfJson *message = pf_json_new_object();

        if (!message || pf_json_put_string(message, "method", method) < 0)
                return -ENOMEM;
        if (!parameters)
                parameters = pf_json_new_object();
        if (pf_json_put_take(message, "parameters", PF_STEAL(parameters)) < 0)
                return -ENOMEM;
        if ((flags & PF_VARLINK_CALL_MORE) && pf_json_put_bool(message, "more", true) < 0)
                return -ENOMEM;
        if ((flags & PF_VARLINK_CALL_ONEWAY) && pf_json_put_bool(message, "oneway", true) < 0)
                return -ENOMEM;
        return pf_varlink_bytes_new(message, ret);
}

static void append(PfVarlinkClient *client, Pending *pending) {
        Pending **last = &client->first;

        while (*last)
                last = &(*last)->next;
        *last = pending;
        uv_update_time(client->timer.loop);
        set_due(client, pending);
        arm(client);
}

int pf_varlink_client_call(PfVarlinkClient *client, const char *method, PfJson *parameters_take,
                           PfVarlinkCallFlags flags, unsigned deadline_ms, PfVarlinkReplied replied,
                           void *data, PfErr *err) {
        PF_CLEANUP(pf_varlink_bytes_unrefp) PfVarlinkBytes *bytes = NULL;
        PF_CLEANUP(free_pendingp) Pending *pending = calloc(1, sizeof(*pending));
        int r;

        r = make_call(method, parameters_take, flags, &bytes);
        if (r < 0)
                return pf_err_errno(err, r, "%s cannot be called", method);
        if (client->failed)
                return pf_err_set(err, -ENOTCONN, "the connection to the service has failed");
        if (!pending)
                return -ENOMEM;
        *pending = (Pending){
                .method = strdup(method),
                .more = flags & PF_VARLINK_CALL_MORE,
                .deadline_ms = deadline_ms,
                .replied = replied,
                .data = data,
        };
        if (!pending->method)
                return -ENOMEM;

        r = pf_varlink_pipes_send(&client->pipes, bytes, QUEUE_MAX);
        if (r < 0)
                return pf_err_errno(err, r, "%s cannot be called", method);
        if (!(flags & PF_VARLINK_CALL_ONEWAY))
                append(client, PF_STEAL(pending));
        return 0;
}
