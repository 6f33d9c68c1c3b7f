/* SPDX-License-Identifier: MIT */
#pragma once

#include "daemon/varlink/frame.h"
#include "daemon/varlink/idl.h"
#include "daemon/varlink/server.h"

/*
 * The serving side from the inside, in layers that know only the one above:
 *
 *   service     which interfaces there are; finds the handler of a call; what
 *               all connections hold together, and who has waited too long
 *   connection  the protocol: bytes in, calls one at a time, answers out
 *   transport   where the bytes come from and go to: stream.c has libuv's
 *               pipes, a test or a fuzzer has memory
 *   server      the sockets, and who may connect
 */
typedef struct PfVarlinkConnection PfVarlinkConnection;

typedef struct PfVarlinkEntry {
        const PfVarlinkInterface *interface;
        PfIdl *idl;
        void *data;
} PfVarlinkEntry;

/* The message that was read last. Callers mostly ask what was asked before, and
 * reading a call takes longer than all else that is done for a cached answer. */
typedef struct PfVarlinkMemo {
        char text[256];
        size_t n;        /* 0: none */
        PfJson *message; /* shared with the calls made from it, so never changed */
} PfVarlinkMemo;

typedef struct PfVarlinkService {
        PfVarlinkServerConfig config; /* limits filled in */
        PfVarlinkEntry *entries;
        size_t n_entries;
        PfVarlinkConnection *connections;
        unsigned n_connections;
        PfVarlinkMemo memo;
        size_t held_bytes; /* by all connections, for messages that are not complete or not
                            * looked at, and answers that are not sent */
} PfVarlinkService;

/* Adds org.varlink.service. Return: 0, -ENOMEM, or -EINVAL with a text. */
int pf_varlink_service_init(PfVarlinkService *service, const PfVarlinkServerConfig *config,
                            PfErr *err) PF_MUST_CHECK;
void pf_varlink_service_deinit(PfVarlinkService *service); /* no connection is left */
int pf_varlink_service_add(PfVarlinkService *service, const PfVarlinkInterface *interface,
                           void *data, PfErr *err) PF_MUST_CHECK; /* as pf_varlink_server_add() */

/* Hand a call to its handler, or answer it with an error. */
void pf_varlink_service_dispatch(PfVarlinkService *service, PfVarlinkCall *call);

/**
 * pf_varlink_service_sweep() - close the connections that kept us waiting too long
 * Return: whether any is waited for, so that this is to be called again.
 */
bool pf_varlink_service_sweep(PfVarlinkService *service, uint64_t now_ms);

/* Keep the sum of what connections hold below the limit: the one that holds
 * most is closed. */
void pf_varlink_service_limit_memory(PfVarlinkService *service);

typedef struct PfVarlinkTransport {
        /* Send, or queue with a reference, a message. Negative: it cannot be. */
        int (*send)(PfVarlinkConnection *connection, PfVarlinkBytes *bytes);
        size_t (*unsent)(const PfVarlinkConnection *connection); /* bytes in the queue */
        void (*pause)(PfVarlinkConnection *connection, bool paused);
        /* Begin to close; _deinit() follows, but not from within. */
        void (*close)(PfVarlinkConnection *connection);
        uint64_t (*now_ms)(const PfVarlinkConnection *connection);
        /* The peer is waited for: see to it that the service is swept. */
        void (*wait)(PfVarlinkConnection *connection);
} PfVarlinkTransport;

typedef enum PfVarlinkWait {
        PF_VARLINK_WAIT_NOT,
        PF_VARLINK_WAIT_MESSAGE, /* the rest of one, or who it is, which the first tells */
        PF_VARLINK_WAIT_READER,  /* for it to read our answer */
} PfVarlinkWait;

struct PfVarlinkConnection {
        PfVarlinkService *service;
        const PfVarlinkTransport *transport;
        PfVarlinkConnection *next;
        PfVarlinkConnection *previous;
        PfFrame frame;
        PfVarlinkCall *call; /* that is being answered; one at a time */
        size_t held_bytes;
        uint32_t uid;
        int32_t pid;
        bool privileged;
        bool processing;
        bool paused;
        bool ended;  /* the peer sends no more */
        bool closed; /* nothing is sent or handled any more */
        PfVarlinkWait wait;
        uint64_t wait_since_ms;
        uint64_t wait_mark; /* changes with progress */
        uint64_t n_messages;
};

void pf_varlink_connection_init(PfVarlinkConnection *connection, PfVarlinkService *service,
                                const PfVarlinkTransport *transport, const PfPeer *peer,
                                bool privileged);
void pf_varlink_connection_deinit(PfVarlinkConnection *connection);

/* Events: bytes came; no more will; the queue got shorter. */
void pf_varlink_connection_receive(PfVarlinkConnection *connection, const void *bytes, size_t n);
void pf_varlink_connection_end(PfVarlinkConnection *connection);
void pf_varlink_connection_sent(PfVarlinkConnection *connection);

void pf_varlink_connection_close(PfVarlinkConnection *connection);  /* may be repeated */
void pf_varlink_connection_cancel(PfVarlinkConnection *connection); /* the call it has, if any */

/* Send an answer; NULL, for which there was no memory, closes. */
void pf_varlink_connection_send(PfVarlinkConnection *connection, PfVarlinkBytes *bytes);
void pf_varlink_connection_call_done(PfVarlinkConnection *connection);
bool pf_varlink_connection_is_waited_for(PfVarlinkConnection *connection, uint64_t now_ms);

struct PfVarlinkCall {
        PfVarlinkConnection *connection; /* NULL: it is gone */
        PfJson *message;
        const char *method;       /* in message */
        const PfJson *parameters; /* in message; NULL: none */
        bool more;
        bool oneway;
        bool upgrade;
        uint32_t uid;
        int32_t pid;
        bool privileged;
        PfVarlinkCancel cancel;
        void *cancel_data;
};

/**
 * pf_varlink_call_new() - read a message
 * Return: 0, -EBADMSG where it is no call, -ENOMEM.
 */
int pf_varlink_call_new(PfVarlinkConnection *connection, const char *text, size_t n,
                        PfVarlinkCall **ret) PF_MUST_CHECK;

/* An error of org.varlink.service that carries one text. */
void pf_varlink_call_refuse(PfVarlinkCall *call, const char *error, const char *key,
                            const char *text);

extern const PfVarlinkInterface pf_varlink_service_interface; /* org.varlink.service */
