/* SPDX-License-Identifier: MIT */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "daemon/base/err.h"
#include "daemon/base/ip-address.h"

#define PF_INTERFACE_NAME_MAX 32 /* with its NUL; IFNAMSIZ is 16 */

typedef struct PfInterfaceAddress {
        PfIpAddress address;
        unsigned prefix; /* bits */
} PfInterfaceAddress;

typedef struct PfInterface {
        char name[PF_INTERFACE_NAME_MAX];
        char kind[PF_INTERFACE_NAME_MAX];   /* "bond", "veth", "dummy" …; "" of a device */
        char master[PF_INTERFACE_NAME_MAX]; /* the bridge or bond that it is a port of; "" */
        unsigned index;
        unsigned master_index; /* 0: of none */
        bool is_loopback;
        bool is_up;      /* somebody switched it on */
        bool is_running; /* and there is a carrier */
        PfInterfaceAddress *addresses;
        size_t n_addresses;
} PfInterface;

/* All zero is none. */
typedef struct PfInterfaces {
        PfInterface *items; /* in the kernel's order */
        size_t n;
} PfInterfaces;

#define PF_INTERFACES_MAX 16384
#define PF_INTERFACE_ADDRESSES_MAX 65536

void pf_interfaces_deinit(PfInterfaces *interfaces);
#define PF_AUTO_INTERFACES PF_CLEANUP(pf_interfaces_deinit)

/* One more, all zero, or NULL: out of memory, or too many. The others may move. */
PfInterface *pf_interfaces_add(PfInterfaces *interfaces);
/* Return: 0, -E2BIG, -ENOMEM. */
int pf_interface_add_address(PfInterface *interface,
                             const PfInterfaceAddress *address) PF_MUST_CHECK;

/* By name or by index, or NULL; borrowed. */
PfInterface *pf_interfaces_find(const PfInterfaces *interfaces, const char *name);
PfInterface *pf_interfaces_at(const PfInterfaces *interfaces, unsigned index);

/**
 * pf_interfaces_read() - the network interfaces of this machine, and their addresses
 * Rule:   rtnetlink(7), RTM_GETLINK and RTM_GETADDR; of the network namespace
 *         that this process is in.
 * Return: 0; -EPROTONOSUPPORT where the kernel cannot be asked; another negative
 *         errno with a text.
 */
int pf_interfaces_read(PfInterfaces *ret, PfErr *err) PF_MUST_CHECK;

/* Positive outcome: nothing leads there. */
enum { PF_ROUTE_NONE = 1 };

/**
 * pf_route_read() - which way a packet to @address would go
 * @ret_name: receives the interface
 * Rule:      rtnetlink(7), RTM_GETROUTE of one destination: with the rules and
 *            all tables. Nothing is sent.
 * Return:    0, PF_ROUTE_NONE (no route, or one that is unreachable, prohibit or
 *            blackhole), or as pf_interfaces_read().
 */
int pf_route_read(const PfIpAddress *address, char ret_name[static PF_INTERFACE_NAME_MAX],
                  PfErr *err) PF_MUST_CHECK;
