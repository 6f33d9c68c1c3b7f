/* SPDX-License-Identifier: MIT */
#pragma once

#include <pthread.h>

#include "daemon/platform/host-network.h"

/*
 * What was handed over, for those who ask the kernel; see daemon/platform/host-network.h.
 */

/* A socket of netlink that is shared: whoever asks holds the lock, for one request and
 * its answer. */
typedef struct PfHostSocket {
        int fd;
        int protocol;
        unsigned groups; /* whose messages it also gets; 0: none but answers */
        pthread_mutex_t lock;
} PfHostSocket;

/* The socket of a protocol with these groups, or NULL. */
PfHostSocket *pf_host_network_socket(int protocol, unsigned groups);

/* Would a socket of our own tell of another network than the machine's? */
bool pf_host_network_is_elsewhere(void);

/**
 * pf_host_network_open() - is a file to be opened otherwise than by its path?
 * @path:   as it is on the machine
 * @flags:  of open(2)
 * @ret:    receives the descriptor, or a negative errno
 * Return:  false where the path is what to open; @ret is untouched then.
 */
bool pf_host_network_open(const char *path, int flags, int *ret);
