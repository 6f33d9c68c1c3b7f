/* SPDX-License-Identifier: MIT */
#pragma once

#include <uv.h>

#include "daemon/base/err.h"

/*
 * Carries bytes between a client at two descriptors and a service, as they come: what
 * the one does not take, the other is not asked for. Knows nothing of messages.
 *
 * A client that has ended its calls still gets the answers; a service that has ended is
 * still heard out. But what was said has to be taken, and once one of them has ended, the
 * rest has to move: where nothing does for so long, it is over. Two that have nothing to
 * say may do so for ever. All functions are for the thread of the loop. The program
 * ignores SIGPIPE.
 */
typedef struct PfRelay PfRelay;

/* Why it is over. */
typedef enum PfRelayEnd {
        PF_RELAY_CLIENT_ENDED,  /* first; and all that was answered was taken, or nobody reads */
        PF_RELAY_SERVICE_ENDED, /* first, and the client has all that it said */
        PF_RELAY_STALLED,       /* something had to move, and nothing did */
} PfRelayEnd;

typedef struct PfRelayConfig {
        int in_fd, out_fd;                 /* the client's: pipes or a local socket; taken over */
        const char *path;                  /* of the service; or NULL, then */
        int service_in_fd, service_out_fd; /* pipes or a local socket; taken over */
        unsigned linger_ms; /* that nothing may move in, where something has to [60000] */
        void (*ended)(PfRelay *relay, PfRelayEnd end, void *data); /* once; may free it */
        void *data;
} PfRelayConfig;

/**
 * pf_relay_new() - connect, and begin
 * Return: 0; or with a text -ENOENT, -ECONNREFUSED, -EACCES … where nobody listens at the
 *         path, -EINVAL for a descriptor that is no pipe and no local socket, -ENOMEM. The
 *         descriptors are taken over in all cases.
 */
int pf_relay_new(uv_loop_t *loop, const PfRelayConfig *config, PfRelay **ret,
                 PfErr *err) PF_MUST_CHECK;

/* Closes both sides. Memory is released as the loop goes on to run. */
PfRelay *pf_relay_free(PfRelay *relay);
PF_DEFINE_CLEANUP(PfRelay, pf_relay_free);
