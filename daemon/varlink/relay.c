/* SPDX-License-Identifier: MIT */
/*
 * Two ways, each of one buffer: what was read is written before more is read, so that
 * whoever does not read is not sent more than that.
 */
#include "daemon/varlink/relay.h"

#include "daemon/base/uv-errno.h"
#include "daemon/platform/peer.h"
#include "daemon/varlink/pipes.h"

#define LINGER_MS 60000
#define READ_MAX ((size_t) 64 << 10)

typedef struct Way {
        uv_write_t request; /* first: it finds us */
        PfRelay *relay;
        PfVarlinkPipes *from, *to;
        bool writing;
        bool ended; /* no more comes */
        char buffer[READ_MAX];
} Way;

struct PfRelay {
        PfRelayConfig config;
        PfVarlinkPipes client, service;
        Way calls, answers;
        uv_shutdown_t shutdown;
        uv_timer_t timer;
        unsigned n_open; /* both sides, the timer, and the owner's hold on us */
        bool has_ended;  /* one side, which was: */
        PfRelayEnd first;
        bool over;
};

static void drop_hold(PfRelay *relay) {
        if (--relay->n_open == 0)
                free(relay);
}

static void on_pipes_closed(void *owner) {
        drop_hold(owner);
}

static void on_timer_closed(uv_handle_t *handle) {
        drop_hold(handle->data);
}

static void close_all(PfRelay *relay) {
        if (relay->client.closing)
                return;
        pf_varlink_pipes_close(&relay->client, on_pipes_closed);
        pf_varlink_pipes_close(&relay->service, on_pipes_closed);
        uv_close((uv_handle_t *) &relay->timer, on_timer_closed);
}

static void finish(PfRelay *relay, PfRelayEnd end) {
        if (relay->over)
                return;
        relay->over = true;
        close_all(relay);
        relay->config.ended(relay, end, relay->config.data);
}

static void on_timer(uv_timer_t *timer) {
        finish(timer->data, PF_RELAY_STALLED);
}

/* Something moved. Where something else has to, it has all the time again. */
static void moved(PfRelay *relay) {
        if (relay->over)
                return;
        if (relay->has_ended || relay->calls.writing || relay->answers.writing)
                (void) uv_timer_start(&relay->timer, on_timer, relay->config.linger_ms, 0);
        else
                (void) uv_timer_stop(&relay->timer);
}

static void on_shutdown(uv_shutdown_t *request, int status) {
        (void) request; /* where it cannot be told that no more calls come, the service ends */
        (void) status;  /* by itself, or the timer does */
}

/* No more comes this way, and what came has been written. */
static void end_way(PfRelay *relay, const Way *way) {
        if (way == &relay->answers)
                finish(relay, relay->first);
        else if (uv_is_writable((uv_stream_t *) relay->service.out))
                (void) uv_shutdown(&relay->shutdown, (uv_stream_t *) relay->service.out,
                                   on_shutdown);
}

static void lend_buffer(uv_handle_t *handle, size_t suggested, uv_buf_t *ret) {
        PfVarlinkPipes *pipes = handle->data;
        PfRelay *relay = pipes->owner;
        Way *way = pipes == &relay->client ? &relay->calls : &relay->answers;

        (void) suggested;
        *ret = uv_buf_init(way->buffer, sizeof(way->buffer));
}

static void on_read(uv_stream_t *in, ssize_t n, const uv_buf_t *buf);

static void on_written(uv_write_t *request, int status) {
        Way *way = (Way *) request;
        PfRelay *relay = way->relay;

        way->writing = false;
        if (relay->over)
                return;
        if (status < 0 && way == &relay->answers)
                finish(relay, PF_RELAY_CLIENT_ENDED); /* nobody reads any more */
        else if (status < 0)
                way->ended = true; /* what the service has said by then is still to be told */
        else if (way->ended)
                end_way(relay, way);
        else
                (void) uv_read_start((uv_stream_t *) &way->from->in, lend_buffer, on_read);
        moved(relay);
}

static void on_end(PfRelay *relay, Way *way) {
        way->ended = true;
        (void) uv_read_stop((uv_stream_t *) &way->from->in);
        if (!relay->has_ended)
                relay->first =
                        way == &relay->calls ? PF_RELAY_CLIENT_ENDED : PF_RELAY_SERVICE_ENDED;
        relay->has_ended = true;
        if (!way->writing)
                end_way(relay, way);
        moved(relay);
}

static void on_read(uv_stream_t *in, ssize_t n, const uv_buf_t *buf) {
        PfVarlinkPipes *pipes = in->data;
        PfRelay *relay = pipes->owner;
        Way *way = pipes == &relay->client ? &relay->calls : &relay->answers;
        const uv_buf_t all = uv_buf_init(buf->base, n > 0 ? (unsigned) n : 0);

        if (n == 0)
                return;
        if (n < 0)
                return on_end(relay, way);
        (void) uv_read_stop(in);
        way->writing = true;
        if (uv_write(&way->request, (uv_stream_t *) way->to->out, &all, 1, on_written) < 0) {
                way->writing = false;
                return on_end(relay, way);
        }
        moved(relay);
}

static void init_way(PfRelay *relay, Way *way, PfVarlinkPipes *from, PfVarlinkPipes *to) {
        way->relay = relay;
        way->from = from;
        way->to = to;
}

static int connect_service(PfRelay *relay, PfErr *err) {
        const PfRelayConfig *config = &relay->config;

        if (config->path)
                return pf_peer_connect(&relay->service.in, config->path, err);
        return pf_varlink_pipes_open(&relay->service, config->service_in_fd, config->service_out_fd,
                                     err);
}

static int begin(PfRelay *relay, PfErr *err) {
        const PfRelayConfig *config = &relay->config;
        int r, opened;

        r = connect_service(relay, err);
        opened = pf_varlink_pipes_open(&relay->client, config->in_fd, config->out_fd, err);
        if (r == 0)
                r = opened;
        if (r == 0)
                r = pf_errno_from_uv(
                        uv_read_start((uv_stream_t *) &relay->client.in, lend_buffer, on_read));
        if (r == 0)
                r = pf_errno_from_uv(
                        uv_read_start((uv_stream_t *) &relay->service.in, lend_buffer, on_read));
        return r;
}

static void close_both(int in_fd, int out_fd) {
        pf_close(in_fd);
        if (out_fd != in_fd)
                pf_close(out_fd);
}

int pf_relay_new(uv_loop_t *loop, const PfRelayConfig *config, PfRelay **ret, PfErr *err) {
        PfRelay *relay = calloc(1, sizeof(*relay));
        int r;

        if (!relay) {
                close_both(config->in_fd, config->out_fd);
                if (!config->path)
                        close_both(config->service_in_fd, config->service_out_fd);
                return pf_err_set(err, -ENOMEM, "out of memory");
        }
        relay->config = *config;
        if (relay->config.linger_ms == 0)
                relay->config.linger_ms = LINGER_MS;
        pf_varlink_pipes_init(&relay->client, loop, relay, NULL);
        pf_varlink_pipes_init(&relay->service, loop, relay, NULL);
        init_way(relay, &relay->calls, &relay->client, &relay->service);
        init_way(relay, &relay->answers, &relay->service, &relay->client);
        (void) uv_timer_init(loop, &relay->timer);
        relay->timer.data = relay;
        relay->n_open = 4;

        r = begin(relay, err);
        if (r < 0)
                (void) pf_relay_free(relay);
        else
                *ret = relay;
        return r;
}

PfRelay *pf_relay_free(PfRelay *relay) {
        if (!relay)
                return NULL;
        relay->over = true;
        close_all(relay);
        drop_hold(relay);
        return NULL;
}
