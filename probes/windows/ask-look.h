/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * What a check finds by asking Windows, beside what it finds in the registry: what could
 * not be asked becomes a finding of its own, as in registry-look.h.
 */

#include "daemon/base/ip-address.h"
#include "probes/windows/registry-look.h"
#include "probes/windows/room.h"

/**
 * pf_look_fact() - a fact
 * @name: of what it is about, static
 * @ret:  as of pf_windows_fact()
 * Return: 0; PF_LOOKED_ABSENT where there is nobody to ask; PF_LOOKED_FAILED; -ENOMEM.
 */
int pf_look_fact(PfRegistryLook *look, const char *name, PfWindowsFact fact, const char *question,
                 void *ret) PF_MUST_CHECK;

/**
 * pf_look_runs() - does a service run, or of an image: will it?
 * Adds a finding, whatever the answer is.
 * @name: of the finding, static
 * Return: 0, -ENOMEM.
 */
int pf_look_runs(PfRegistryLook *look, const char *name, const char *service) PF_MUST_CHECK;

/* Evidence of the finding added last: what @place, a call or a service, said. */
void pf_look_said(PfRegistryLook *look, const char *place, const char *found, const char *expected);
void pf_look_said_error(PfRegistryLook *look, const char *place, uint32_t error);

/* --- the network --- */

/* What of its network is known of a machine; all zero is nothing. */
typedef struct PfWindowsNetwork {
        PfWindowsAdapters adapters;
        bool has_adapters;
        const PfWindowsAdapter *way; /* on which answers go to the installer; NULL: not known */
        PfIpAddress source;
        bool has_source;
        PfMaybe is_local; /* the installer is of a network that this machine is in */
} PfWindowsNetwork;

/* Return: 0, also where it could not be asked: then that is not known. -ENOMEM. */
int pf_windows_network_ask(const PfTarget *target, const PfDemand *demand,
                           PfWindowsNetwork *ret) PF_MUST_CHECK;
void pf_windows_network_deinit(PfWindowsNetwork *network);
#define PF_AUTO_WINDOWS_NETWORK PF_CLEANUP(pf_windows_network_deinit)

/* "192.0.2.20/24". Return: 0, -EINVAL. */
int pf_windows_prefix_parse(const char *text, PfIpAddress *ret, unsigned *ret_bits) PF_MUST_CHECK;

/* Does anybody listen at a port over IPv4, of others than this machine? PF_MAYBE: of IPv6
 * alone, which may take IPv4 too. */
PfMaybe pf_windows_listens(const PfWindowsTcp *tcp, unsigned port);
