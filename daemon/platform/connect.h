/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * Names that are looked up, and connections that are tried, under a deadline.
 * Times are of pf_clock_monotonic_usec().
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "daemon/base/err.h"
#include "daemon/base/ip-address.h"

#define PF_LOOKUP_ADDRESSES_MAX 8 /* of one name; what is more is left out */

typedef struct PfLookup {
        const char *name; /* borrowed */
        int r;            /* 0; -ENOENT: it has no address; -EAGAIN: no name server answered;
                             -ETIMEDOUT: not until the deadline; -EBUSY: its turn did not come */
        PfIpAddress addresses[PF_LOOKUP_ADDRESSES_MAX];
        size_t n;
        uint64_t usec; /* how long it took */
} PfLookup;

/**
 * pf_lookup() - the addresses of names, as the C library finds them
 * Rule:   getaddrinfo(3), one name after the other. It cannot be interrupted, so
 *         a thread does it, which is left alone when the deadline passes. There
 *         is one such thread in a process at most: while it waits, nobody else
 *         looks up anything, and gets -EBUSY.
 * Return: 0, and each has its own answer; -ENOMEM, -EAGAIN where no thread could
 *         be started, with a text.
 */
int pf_lookup(PfLookup *lookups, size_t n, uint64_t deadline_usec, PfErr *err) PF_MUST_CHECK;

/* Is a thread of pf_lookup() under way that nobody waits for? For tests. */
bool pf_lookup_is_abandoned(void);

typedef struct PfReach {
        PfIpAddress address;
        uint16_t port;
        int r; /* 0: connected, and closed again; -ETIMEDOUT: not until the deadline; or what
                  connect(2) said */
} PfReach;

#define PF_REACH_MAX 512

/**
 * pf_reach() - try to connect over TCP, to all of them at once
 * Return: 0, and each has its own answer; -E2BIG, -ENOMEM, -EINVAL with a text.
 */
int pf_reach(PfReach *list, size_t n, uint64_t deadline_usec, PfErr *err) PF_MUST_CHECK;

/**
 * pf_port_left() - would connect(2) find a local port for one more connection over IPv4?
 * Rule:   it is tried, to port 0 of this machine itself, where nobody can listen:
 *         EADDRNOTAVAIL comes before anything is sent.
 * Return: 0 or a negative errno with a text.
 */
int pf_port_left(bool *ret, PfErr *err) PF_MUST_CHECK;
