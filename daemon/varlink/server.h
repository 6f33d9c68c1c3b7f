/* SPDX-License-Identifier: MIT */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <uv.h>

#include "daemon/base/json.h"
#include "daemon/platform/peer.h"
#include "daemon/varlink/bytes.h"

/*
 * The serving side of Varlink (https://varlink.org) on a libuv loop. It knows
 * no interface but org.varlink.service, which it serves itself.
 *
 * What a call must look like is read from the interface description: unknown
 * methods, unknown or ill-typed parameters never reach a handler. Calls of one
 * connection are answered in the order they came; the next one is not looked at
 * before the answer to the last one has left this process.
 *
 * A message that is no call (no JSON, no object, no method; too long, too
 * deeply nested) ends the connection: there is nobody sensible to answer.
 * Upgrading a connection to another protocol is answered MethodNotImplemented.
 *
 * All functions are for the thread of the loop. The program ignores SIGPIPE.
 */
typedef struct PfVarlinkServer PfVarlinkServer;
typedef struct PfVarlinkCall PfVarlinkCall;

/**
 * PfVarlinkHandler - answer a call, now or later
 * @call: the handler's until it answers with pf_varlink_reply(), _error(),
 *        _reply_cached() or _drop(); each of these ends the call, also where
 *        the client is gone.
 * @data: as given to pf_varlink_server_add()
 */
typedef void (*PfVarlinkHandler)(PfVarlinkCall *call, void *data);

typedef struct PfVarlinkMethod {
        const char *name; /* without the interface */
        PfVarlinkHandler handler;
        bool requires_more; /* a call without it is answered ExpectedMore */
} PfVarlinkMethod;

typedef struct PfVarlinkInterface {
        const char *name;        /* org.example.Interface */
        const char *description; /* in the interface definition language */
        const PfVarlinkMethod *methods;
        size_t n_methods;
} PfVarlinkInterface;

/* What GetInfo says, and limits. A limit of 0 means the value in brackets. */
typedef struct PfVarlinkServerConfig {
        const char *vendor;
        const char *product;
        const char *version;
        const char *url;
        const char *privileged_group;  /* its members may see all; NULL: root alone */
        size_t message_max;            /* bytes of a call [PF_FRAME_SERVER_MAX, 1 MiB] */
        unsigned depth_max;            /* nesting of a call [32] */
        unsigned values_max;           /* values in a call [16384]: they take far more memory
                                        * than text */
        unsigned clients_max;          /* connections [1024, or fewer where the limit of
                                        * descriptors is low]; root has 64 more */
        unsigned clients_per_user_max; /* [a quarter of them]; not for root */
        unsigned descriptors_spared;   /* that clients must leave, beside those a server needs
                                        * for itself: for what else the program serves [0] */
        size_t queue_max;              /* bytes that wait for one client to read them [4 MiB];
                                        * a single answer may be longer */
        size_t memory_max; /* bytes that all connections together make us buffer [32 MiB];
                            * then the one that has most is closed */
        unsigned stall_ms; /* a connection is closed that for so long leaves a message half
                            * sent, or reads nothing of an answer [30000] */
} PfVarlinkServerConfig;

/**
 * pf_varlink_server_new() - a server without interfaces and sockets
 * @config: copied; its strings are borrowed for the life of the server
 * Return:  0, -ENOMEM, or a negative errno with a text.
 */
int pf_varlink_server_new(uv_loop_t *loop, const PfVarlinkServerConfig *config,
                          PfVarlinkServer **ret, PfErr *err) PF_MUST_CHECK;

/**
 * pf_varlink_server_free() - close everything
 * Clients are disconnected and their calls cancelled before it returns; memory
 * is released as the loop goes on to run the close callbacks of its handles.
 */
PfVarlinkServer *pf_varlink_server_free(PfVarlinkServer *server);
PF_DEFINE_CLEANUP(PfVarlinkServer, pf_varlink_server_free);

/**
 * pf_varlink_server_add() - serve an interface
 * @interface: borrowed for the life of the server
 * @data:      for its handlers
 * Return:     0, -ENOMEM, -EINVAL with a text where the description does not
 *             parse or does not describe exactly these methods, -EEXIST.
 */
int pf_varlink_server_add(PfVarlinkServer *server, const PfVarlinkInterface *interface, void *data,
                          PfErr *err) PF_MUST_CHECK;

/**
 * pf_varlink_server_listen_path() - accept connections at a socket of its own
 * @mode: permission bits of the socket, for example 0666
 * As pf_peer_bind(); the socket is removed with the server.
 */
int pf_varlink_server_listen_path(PfVarlinkServer *server, const char *path, unsigned mode,
                                  PfErr *err) PF_MUST_CHECK;

/**
 * pf_varlink_server_listen_fd() - the same on a socket that somebody else made
 * @fd: listening; or connected, then it is served as by _add_connection(): see
 *      sd_listen_fds(3) and Accept= in systemd.socket(5). Taken over, also on error.
 */
int pf_varlink_server_listen_fd(PfVarlinkServer *server, int fd, PfErr *err) PF_MUST_CHECK;

/**
 * pf_varlink_server_add_connection() - serve one client that is connected already
 * @in_fd, @out_fd: a socket (twice the same), or two pipes; taken over, also on error
 * The client is whom the socket names, or for pipes the user of this process.
 */
int pf_varlink_server_add_connection(PfVarlinkServer *server, int in_fd, int out_fd,
                                     PfErr *err) PF_MUST_CHECK;

/* Descriptors that a server uses for so many clients, and those of root beside them. */
unsigned pf_varlink_server_descriptors(unsigned clients_max);

unsigned pf_varlink_server_n_clients(const PfVarlinkServer *server);

/* Called whenever the last client has gone; for services that end when idle. */
typedef void (*PfVarlinkIdle)(PfVarlinkServer *server, void *data);
void pf_varlink_server_on_idle(PfVarlinkServer *server, PfVarlinkIdle idle, void *data);

/* The call: all borrowed. Parameters are an object, and as described, or NULL
 * for none; they may be those of other calls too, so they are not changed. */
const PfJson *pf_varlink_call_parameters(const PfVarlinkCall *call);
const char *pf_varlink_call_method(const PfVarlinkCall *call); /* with the interface */
bool pf_varlink_call_wants_more(const PfVarlinkCall *call);
bool pf_varlink_call_is_oneway(const PfVarlinkCall *call); /* answers are dropped */

/* Who called; also after they have gone. */
uint32_t pf_varlink_call_uid(const PfVarlinkCall *call);
int32_t pf_varlink_call_pid(const PfVarlinkCall *call);
bool pf_varlink_call_is_privileged(const PfVarlinkCall *call); /* pf_peer_is_privileged() */

/**
 * pf_varlink_call_on_cancel() - be told when the client goes before the answer
 * @cancel: called once at most, never from within this function. The call is
 *          still the handler's to end, in there or later.
 * Nothing is told of a client that has gone before: pf_varlink_call_is_cancelled().
 */
typedef void (*PfVarlinkCancel)(PfVarlinkCall *call, void *data);
void pf_varlink_call_on_cancel(PfVarlinkCall *call, PfVarlinkCancel cancel, void *data);
bool pf_varlink_call_is_cancelled(const PfVarlinkCall *call);

/*
 * Answers. @parameters is an object that is taken over; NULL is an empty one.
 * They do not fail: where memory runs out the client is disconnected, so that
 * it never waits for an answer that was lost.
 */
void pf_varlink_reply(PfVarlinkCall *call, PfJson *parameters_take);
void pf_varlink_error(PfVarlinkCall *call, const char *name, PfJson *parameters_take);

/**
 * pf_varlink_reply_continues() - one answer of several; the call goes on
 * Dropped where the call does not want more. A client that does not read is disconnected
 * when config.queue_max is reached, which the cancel callback tells: it runs
 * before the loop waits again, not from within this function.
 */
void pf_varlink_reply_continues(PfVarlinkCall *call, PfJson *parameters_take);

/* The same two with a message that was made before: nothing is copied. */
void pf_varlink_reply_cached(PfVarlinkCall *call, PfVarlinkBytes *bytes);
void pf_varlink_reply_cached_continues(PfVarlinkCall *call, PfVarlinkBytes *bytes);

/* org.varlink.service.InvalidParameter, which names the parameter. */
void pf_varlink_error_invalid_parameter(PfVarlinkCall *call, const char *parameter);

/* No answer: the client is disconnected. For running out of memory. */
void pf_varlink_drop(PfVarlinkCall *call);
