/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * What the checks of the network share: the interfaces of a running machine, and
 * what configures those of any machine at boot.
 */

#include "daemon/platform/network.h"
#include "probes/net/reachable.h"
#include "probes/parse/network-config.h"
#include "probes/probe.h"

#define PF_NET_REASON_MAX 256

typedef struct PfNetRoom {
        const PfTarget *target;
        const PfDemand *demand;
        PfReport *report;
        PfInterfaces interfaces;
        bool is_running;                /* false: an image, whose kernel nobody can ask */
        char reason[PF_NET_REASON_MAX]; /* not empty: its kernel could not be asked either */
} PfNetRoom;

/* Does a packet from another machine come in here? Up, with a carrier, and not of
 * those that lead to this machine's own containers only. */
bool pf_net_is_usable(const PfInterfaces *interfaces, const PfInterface *interface);

/* Is @check answered? Of several warnings the first says it, and the others are
 * evidence beside it. */
bool pf_net_is_answered(const PfNetRoom *room, const PfCheck *check);

/* "10.0.0.5". */
#define PF_NET_ADDRESS_MAX 46
const char *pf_net_address_text(const PfIpAddress *address, char ret[static PF_NET_ADDRESS_MAX]);

/* --- what configures it at boot --- */

typedef struct PfNetPlace {
        char *path;
        unsigned line;
        char *found; /* the line */
} PfNetPlace;

#define PF_NET_PINS_MAX 4

typedef struct PfNetConfig {
        PfNetPlace
                pins[PF_NET_PINS_MAX]; /* what ties it to a MAC address; what is more is left out */
        size_t n_pins;
        PfNetPlace ipv4; /* the first that configures IPv4 at boot; no path: none does */
        PfNetworkIpv4 kind;
        char name[PF_NETWORK_NAME_MAX]; /* of its interface, or "" */
        char reason[PF_NET_REASON_MAX]; /* not empty: a file could not be read */
        const char *manager; /* where no file says anything: who configures it by itself; or NULL */
} PfNetConfig;

void pf_net_config_deinit(PfNetConfig *config);
#define PF_AUTO_NET_CONFIG PF_CLEANUP(pf_net_config_deinit)

/**
 * pf_net_config_read() - what configures the network at boot
 * @is_running: then only what is tied to a MAC address is looked for
 * Return:      0, also where a file could not be read; -ENOMEM.
 */
int pf_net_config_read(const PfTarget *target, bool is_running, PfNetConfig *ret) PF_MUST_CHECK;

/* --- checks; each answers its own, unless it returns a negative errno with a text --- */

typedef int (*PfNetCheckFn)(const PfNetRoom *room, const PfCheck *check, PfErr *err);
int pf_net_interface(const PfNetRoom *room, const PfCheck *check, PfErr *err);
int pf_net_resolver(const PfNetRoom *room, const PfCheck *check, PfErr *err);
int pf_net_ports(const PfNetRoom *room, const PfCheck *check, PfErr *err);
