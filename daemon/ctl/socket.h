/* SPDX-License-Identifier: MIT */
#pragma once

#include "daemon/ctl/ask.h"

/* A connection to the daemon, with calls that wait for their answers. */
typedef struct PfSocket PfSocket;

/* Return: PF_EXIT_OK; PF_EXIT_UNREACHABLE with a text: nobody listens there, or we
 * are not let in. */
PfExit pf_socket_new(const char *path, PfSocket **ret, PfErr *err) PF_MUST_CHECK;
PfSocket *pf_socket_free(PfSocket *socket);
PF_DEFINE_CLEANUP(PfSocket, pf_socket_free);

/* As pf_ask(). */
PfExit pf_socket_ask(PfSocket *socket, PfCtl *ctl, PfAsk ask, PfJson **ret,
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
