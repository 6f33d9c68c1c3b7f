/* SPDX-License-Identifier: MIT */
/*
 * The sockets of a server: who may connect, and how many. One buffer serves all
 * reads, one timer all clients that keep us waiting; it runs only while there
 * are any, so that nothing wakes up while nothing happens.
 */
#include "daemon/varlink/server.h"

#include <string.h>

#include "daemon/base/uv-errno.h"
#include "daemon/varlink/stream.h"

#define READ_MAX ((size_t) 64 << 10)
#define BACKLOG 1024
#define ROOT_RESERVE 64u
#define OTHER_DESCRIPTORS 128u /* files that are read, the loop's own … */

_Static_assert(READ_MAX <= PF_FRAME_SLACK, "what one read brings must fit behind a message");

typedef struct Listener {
        PfVarlinkServer *server;
        struct Listener *next;
        uv_pipe_t pipe;
        char *path; /* to be removed; NULL: not ours */
        PfPeerNode node;
        bool waiting; /* for memory, to accept the next client */
} Listener;

struct PfVarlinkServer {
        PfVarlinkService service;
        uv_loop_t *loop;
        Listener *listeners;
        uv_timer_t timer;
        unsigned n_open; /* streams, listeners, and the timer */
        int64_t group;
        bool closing;
        PfVarlinkIdle idle;
        void *idle_data;
        char buffer[READ_MAX];
};

PfVarlinkService *pf_varlink_server_service(PfVarlinkServer *server) {
        return &server->service;
}

uv_loop_t *pf_varlink_server_loop(PfVarlinkServer *server) {
        return server->loop;
}

void pf_varlink_server_lend_buffer(PfVarlinkServer *server, uv_buf_t *ret) {
        *ret = uv_buf_init(server->buffer, READ_MAX);
}

void pf_varlink_server_opened(PfVarlinkServer *server) {
        server->n_open++;
}

void pf_varlink_server_closed(PfVarlinkServer *server) {
        if (--server->n_open > 0)
                return;
        pf_varlink_service_deinit(&server->service);
        free(server);
}

void pf_varlink_server_left(PfVarlinkServer *server) {
        if (server->idle && !server->closing && server->service.n_connections == 0)
                server->idle(server, server->idle_data);
}

unsigned pf_varlink_server_n_clients(const PfVarlinkServer *server) {
        return server->service.n_connections;
}

void pf_varlink_server_on_idle(PfVarlinkServer *server, PfVarlinkIdle idle, void *data) {
        server->idle = idle;
        server->idle_data = data;
}

/* Beside @n others. Who has not said who it is may be root. */
static bool is_full_for(const PfVarlinkServer *server, const PfPeer *peer, unsigned n) {
        const PfVarlinkServerConfig *config = &server->service.config;
        unsigned n_same = 0;

        if (pf_peer_is_root(peer) || peer->uid == PF_PEER_UNKNOWN)
                return n >= config->clients_max + ROOT_RESERVE;
        if (n >= config->clients_max)
                return true;
        for (const PfVarlinkConnection *c = server->service.connections; c; c = c->next)
                n_same += c->uid == peer->uid;
        return n_same >= config->clients_per_user_max;
}

static int find_client(const PfVarlinkStream *stream, PfPeer *ret) {
        uv_os_fd_t fd;
        int r;

        r = uv_fileno((const uv_handle_t *) &stream->pipes.in, &fd);
        return r < 0 ? r : pf_peer_of_fd(fd, ret, NULL);
}

static int admit(PfVarlinkServer *server, PfVarlinkStream *stream) {
        PF_AUTO_PEER PfPeer peer = { 0 };
        int r;

        r = find_client(stream, &peer);
        if (r == -EAGAIN) { /* pf_varlink_server_identify() follows */
                peer.uid = PF_PEER_UNKNOWN;
                pf_varlink_server_watch(server);
        } else if (r < 0) {
                return r;
        }
        if (is_full_for(server, &peer, server->service.n_connections))
                return -EBUSY;
        return pf_varlink_stream_serve(stream, &peer, pf_peer_is_privileged(&peer, server->group));
}

int pf_varlink_server_identify(PfVarlinkServer *server, PfVarlinkStream *stream) {
        PF_AUTO_PEER PfPeer peer = { 0 };
        int r;

        r = find_client(stream, &peer);
        if (r < 0)
                return r;
        if (is_full_for(server, &peer, server->service.n_connections - 1))
                return -EBUSY;
        stream->connection.uid = peer.uid;
        stream->connection.pid = peer.pid;
        stream->connection.privileged = pf_peer_is_privileged(&peer, server->group);
        return 0;
}

/* Who is not admitted must be accepted too, or libuv would accept nobody else. */
static void accept_client(Listener *listener) {
        PfVarlinkServer *server = listener->server;
        PfVarlinkStream *stream = pf_varlink_stream_new(server);

        listener->waiting = !stream;
        if (!stream) {
                pf_varlink_server_watch(server);
                return;
        }
        if (uv_accept((uv_stream_t *) &listener->pipe, (uv_stream_t *) &stream->pipes.in) < 0 ||
            admit(server, stream) < 0)
                pf_varlink_stream_close(stream);
}

/* With a status below 0 there is no client: libuv had no descriptor left, has
 * closed it, and goes on. */
static void on_connection(uv_stream_t *pipe, int status) {
        if (status == 0)
                accept_client(pipe->data);
}

static void on_timer(uv_timer_t *timer) {
        PfVarlinkServer *server = timer->data;
        bool any = pf_varlink_service_sweep(&server->service, uv_now(server->loop));

        for (Listener *listener = server->listeners; listener; listener = listener->next) {
                if (listener->waiting)
                        accept_client(listener);
                any = any || listener->waiting;
        }
        if (!any)
                (void) uv_timer_stop(timer);
}

void pf_varlink_server_watch(PfVarlinkServer *server) {
        const uint64_t period_ms = server->service.config.stall_ms / 4 + 1;

        if (!server->closing && !uv_is_active((uv_handle_t *) &server->timer))
                (void) uv_timer_start(&server->timer, on_timer, period_ms, period_ms);
}

unsigned pf_varlink_server_descriptors(unsigned clients_max) {
        return clients_max + ROOT_RESERVE;
}

static void fit_clients_to_descriptors(PfVarlinkServerConfig *config) {
        const unsigned others = ROOT_RESERVE + OTHER_DESCRIPTORS + config->descriptors_spared;
        const unsigned limit = pf_peer_raise_descriptors(config->clients_max + others);
        const unsigned left = limit > others ? limit - others : 1;

        if (config->clients_max > left)
                config->clients_max = left;
}

/* Of as many as there is room for, for one user. */
static unsigned quarter_of(unsigned clients_max) {
        return clients_max >= 4 ? clients_max / 4 : 1;
}

static int find_group(PfVarlinkServer *server, PfErr *err) {
        const char *name = server->service.config.privileged_group;
        uint32_t group;
        int r;

        server->group = PF_PEER_GROUP_NONE;
        if (!name)
                return 0;
        r = pf_peer_find_group(name, &group, err);
        if (r == 0)
                server->group = group;
        return r < 0 ? r : 0;
}

int pf_varlink_server_new(uv_loop_t *loop, const PfVarlinkServerConfig *config,
                          PfVarlinkServer **ret, PfErr *err) {
        PfVarlinkServer *server = calloc(1, sizeof(*server));
        int r;

        if (!server)
                return -ENOMEM;
        server->loop = loop;
        r = pf_varlink_service_init(&server->service, config, err);
        if (r == 0)
                r = find_group(server, err);
        if (r < 0) {
                pf_varlink_service_deinit(&server->service);
                free(server);
                return r;
        }
        fit_clients_to_descriptors(&server->service.config);
        if (config->clients_per_user_max == 0)
                server->service.config.clients_per_user_max =
                        quarter_of(server->service.config.clients_max);
        (void) uv_timer_init(loop, &server->timer);
        server->timer.data = server;
        pf_varlink_server_opened(server);
        *ret = server;
        return 0;
}

int pf_varlink_server_add(PfVarlinkServer *server, const PfVarlinkInterface *interface, void *data,
                          PfErr *err) {
        return pf_varlink_service_add(&server->service, interface, data, err);
}

static void on_listener_closed(uv_handle_t *handle) {
        Listener *listener = handle->data;
        PfVarlinkServer *server = listener->server;

        free(listener->path);
        free(listener);
        pf_varlink_server_closed(server);
}

static void close_listener(Listener *listener) {
        if (listener->path)
                pf_peer_unbind(listener->path, &listener->node);
        uv_close((uv_handle_t *) &listener->pipe, on_listener_closed);
}

static Listener *new_listener(PfVarlinkServer *server) {
        Listener *listener = calloc(1, sizeof(*listener));

        if (!listener)
                return NULL;
        listener->server = server;
        (void) uv_pipe_init(server->loop, &listener->pipe, 0);
        listener->pipe.data = listener;
        pf_varlink_server_opened(server);
        return listener;
}

/* systemd.io/VARLINK and sd-varlink(3): by this, tools find the sockets that speak it. */
static void mark(const Listener *listener) {
        uv_os_fd_t fd;

        if (uv_fileno((const uv_handle_t *) &listener->pipe, &fd) == 0)
                pf_peer_mark(fd, "user.varlink", "listen", "entrypoint");
}

/* Takes @listener over. @r: whether its pipe could be bound. */
static int listen_on(Listener *listener, int r, const char *what, PfErr *err) {
        PfVarlinkServer *server = listener->server;

        if (r == 0) {
                r = uv_listen((uv_stream_t *) &listener->pipe, BACKLOG, on_connection);
                if (r < 0)
                        r = pf_err_set(err, pf_errno_from_uv(r), "%s: cannot listen: %s", what,
                                       uv_strerror(r));
        }
        if (r < 0) {
                close_listener(listener);
                return r;
        }
        mark(listener);
        listener->next = server->listeners;
        server->listeners = listener;
        return 0;
}

int pf_varlink_server_listen_path(PfVarlinkServer *server, const char *path, unsigned mode,
                                  PfErr *err) {
        PF_AUTO_FREE char *copy = strdup(path);
        Listener *listener;
        int r;

        if (!copy)
                return -ENOMEM;
        listener = new_listener(server);
        if (!listener)
                return -ENOMEM;
        r = pf_peer_bind(&listener->pipe, path, mode, &listener->node, err);
        if (r == 0)
                listener->path = PF_STEAL(copy);
        return listen_on(listener, r, path, err);
}

static int find_peer(int fd, PfPeer *ret, PfErr *err) {
        int r;

        r = pf_peer_of_fd(uv_get_osfhandle(fd), ret, NULL);
        return r == -ENOTSOCK ? pf_peer_of_self(ret, err) : r;
}

int pf_varlink_server_add_connection(PfVarlinkServer *server, int in_fd, int out_fd, PfErr *err) {
        PF_AUTO_PEER PfPeer peer = { 0 };
        PfVarlinkStream *stream = pf_varlink_stream_new(server);
        int r;

        if (!stream) {
                pf_close(in_fd);
                if (out_fd != in_fd)
                        pf_close(out_fd);
                return -ENOMEM;
        }
        r = find_peer(in_fd, &peer, err);
        if (r < 0)
                pf_err_errno(err, r, "cannot tell who is at descriptor %d", in_fd);
        r = pf_varlink_pipes_open(&stream->pipes, in_fd, out_fd, err) < 0 ? -EBADF : r;
        if (r == 0)
                r = pf_varlink_stream_serve(stream, &peer,
                                            pf_peer_is_privileged(&peer, server->group));
        if (r < 0)
                pf_varlink_stream_close(stream);
        return r;
}

int pf_varlink_server_listen_fd(PfVarlinkServer *server, int fd, PfErr *err) {
        Listener *listener;
        char name[32];
        int r;

        if (pf_peer_is_connected(uv_get_osfhandle(fd)))
                return pf_varlink_server_add_connection(server, fd, fd, err);
        listener = new_listener(server);
        if (!listener) {
                pf_close(fd);
                return -ENOMEM;
        }
        (void) snprintf(name, sizeof(name), "descriptor %d", fd);
        r = pf_varlink_pipe_open(&listener->pipe, fd, err);
        return listen_on(listener, r, name, err);
}

static void on_timer_closed(uv_handle_t *handle) {
        pf_varlink_server_closed(handle->data);
}

PfVarlinkServer *pf_varlink_server_free(PfVarlinkServer *server) {
        if (!server)
                return NULL;
        server->closing = true;
        for (Listener *next, *listener = server->listeners; listener; listener = next) {
                next = listener->next;
                close_listener(listener);
        }
        server->listeners = NULL;
        for (PfVarlinkConnection *c = server->service.connections; c; c = c->next) {
                pf_varlink_connection_close(c);
                pf_varlink_connection_cancel(c);
        }
        uv_close((uv_handle_t *) &server->timer, on_timer_closed);
        return NULL;
}
