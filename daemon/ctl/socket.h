/* SPDX-License-Identifier: MIT */
#pragma once

#include "daemon/ctl/ask.h"

/* A connection to the daemon, with calls that wait for their answers. */
typedef struct PfSocket PfSocket;

/* An error that a service may answer with, and what becomes of it. */
typedef struct PfSocketError {
        const char *name; /* with its interface */
        PfExit (*tell)(const PfJson *parameters, PfErr *err);
} PfSocketError;

/* The text of a member, or that there is none. */
const char *pf_socket_said(const PfJson *parameters, const char *member);

/* To preflightd: with --host that of another machine, or who stands in for it there;
 * otherwise at --socket, or where it is configured. @ctl is borrowed. Return: PF_EXIT_OK;
 * PF_EXIT_UNREACHABLE with a text: nobody listens there, or we are not let in; another
 * status for what cannot be asked. */
PfExit pf_socket_open(const PfCtl *ctl, PfSocket **ret, PfErr *err) PF_MUST_CHECK;

/* To another service, with its @n errors beside those of any service; borrowed. Return: 0,
 * or with a text a negative errno. */
int pf_socket_connect(const char *path, const PfSocketError *errors, size_t n, PfSocket **ret,
                      PfErr *err) PF_MUST_CHECK;

/* The same over ssh, to the service that changes the machine in options.host. Return: as
 * pf_socket_open(). */
PfExit pf_socket_connect_remote(const PfCtl *ctl, bool remediation, const PfSocketError *errors,
                                size_t n, PfSocket **ret, PfErr *err) PF_MUST_CHECK;

PfSocket *pf_socket_free(PfSocket *socket);
PF_DEFINE_CLEANUP(PfSocket, pf_socket_free);

/* As pf_ask(). */
PfExit pf_socket_ask(PfSocket *socket, PfCtl *ctl, PfAsk ask, PfJson **ret,
                     PfErr *err) PF_MUST_CHECK;

/* One call of one answer. */
typedef struct PfSocketCall {
        const char *method;
        PfJson *parameters_take; /* taken over, also on error; NULL: out of memory */
        unsigned deadline_ms;
        const char *member; /* of the answer that is wanted: an object or an array */
} PfSocketCall;

/* Return: PF_EXIT_OK, with the member, which the caller frees; or what an error says. */
PfExit pf_socket_call(PfSocket *socket, const PfSocketCall *call, PfJson **ret,
                      PfErr *err) PF_MUST_CHECK;

/**
 * PfSocketAnswer - one answer of a call
 * @parameters: borrowed; NULL where there are none
 * Return:      PF_EXIT_OK to go on; anything else ends the call with that.
 */
typedef PfExit (*PfSocketAnswer)(const PfJson *parameters, void *data);

/* A method that never ends by itself: until an answer ends it, or the daemon does,
 * which is PF_EXIT_UNREACHABLE. */
PfExit pf_socket_follow(PfSocket *socket, const char *method, PfSocketAnswer answer, void *data,
                        PfErr *err) PF_MUST_CHECK;
