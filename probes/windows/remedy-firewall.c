/* SPDX-License-Identifier: MIT */
/*
 * The firewall lets one address in, that of the process server, by rules of our own. The groups
 * of Windows stay as they are: they let in whole networks, and somebody may have changed them. A
 * policy that has rules of this machine ignored is told by the probes, to which that is no help.
 */
#include <string.h>
#include <uv.h>

#include "daemon/base/ip-address.h"
#include "probes/windows/remedy-room.h"

/* A way in; a service that the port belongs to, or NULL. */
typedef struct Door {
        const char *name, *port, *service;
} Door;

static const Door sharing[] = { { "smb", "445", NULL } };
static const Door wmi[] = { { "rpc", "135", "rpcss" }, { "wmi", "RPC", "winmgmt" } };

/* As daemon/remedy/setting.h has rules: parts in their order, one behind the other. */
static int add_rule(PfCandidate *candidate, const Door *door, const char *source, bool is_ipv6) {
        char name[128], rule[512];

        (void) snprintf(name, sizeof(name), "org.preflightd.%s from %s", door->name, source);
        (void) snprintf(
                rule, sizeof(rule),
                "Action=Allow|Active=TRUE|Dir=In|LPort=%s|Name=%s|Protocol=6|RA%s=%s|%s%s%s",
                door->port, name, is_ipv6 ? "6" : "4", source, door->service ? "Svc=" : "",
                door->service ? door->service : "", door->service ? "|" : "");
        return pf_candidate_set(candidate, PF_SETTING_FIREWALL, name, NULL, rule);
}

static int offer(const PfRemedyRoom *room, const Door *doors, size_t n, PfProposal *proposal) {
        const char *asked = room->demand->source;
        char source[INET6_ADDRSTRLEN]; /* as Windows spells it: the rule is read back */
        PfIpAddress address;
        PfCandidate *candidate;
        int r;

        if (!asked || pf_ip_address_parse(asked, &address) < 0 ||
            uv_inet_ntop(address.is_ipv6 ? AF_INET6 : AF_INET, address.bytes, source,
                         sizeof(source)) < 0)
                return pf_proposal_refuse(proposal,
                                          "whom to let in is not known: name the address of the "
                                          "process server with --source=");
        r = pf_proposal_add(proposal, &candidate, "the firewall lets %s in, and nobody else%s",
                            source, room->lease ? ", for a while" : "");
        for (size_t i = 0; r == 0 && i < n; i++)
                r = add_rule(candidate, &doors[i], source, address.is_ipv6);
        return r;
}

static int propose(const PfRemedyRoom *room, const Door *doors, size_t n, PfProposal *proposal) {
        int r = pf_windows_refuse_image(room, proposal);

        return r == 0 ? offer(room, doors, n, proposal) : r < 0 ? r : 0;
}

static int propose_sharing(const PfRemedyRoom *room, PfProposal *proposal, PfErr *err) {
        (void) err;
        return propose(room, sharing, PF_ELEMENTS(sharing), proposal);
}

static int propose_wmi(const PfRemedyRoom *room, PfProposal *proposal, PfErr *err) {
        (void) err;
        return propose(room, wmi, PF_ELEMENTS(wmi), proposal);
}

const PfRemedy pf_remedy_windows_sharing = {
        .check = "windows.file-sharing",
        .can_lease = true,
        .wont = "It lets one address in through the firewall, and shares nothing, starts no "
                "service and binds no adapter; what a group policy says of the firewall stays",
        .propose = propose_sharing,
};

const PfRemedy pf_remedy_windows_wmi = {
        .check = "windows.wmi",
        .can_lease = true,
        .wont = "It lets one address in through the firewall, and starts no service and repairs "
                "no repository; what a group policy says of the firewall stays",
        .propose = propose_wmi,
};
