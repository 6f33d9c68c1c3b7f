/* SPDX-License-Identifier: MIT */
/*
 * Netlogon runs, and starts with the machine, as it does on every member of a domain. Where
 * somebody disabled it, that was a decision: it is only taken back with consent.
 */
#include "probes/windows/remedy-room.h"

#define NETLOGON "Netlogon"

static int offer(const PfWindowsService *service, PfProposal *proposal) {
        const bool is_automatic = service->start == PF_SERVICE_AUTOMATIC;
        PfCandidate *candidate;
        int r = pf_proposal_add(proposal, &candidate,
                                is_automatic ? "Netlogon is started"
                                             : "Netlogon starts with the machine, and is started");

        if (r == 0)
                candidate->needs_consent = service->start == PF_SERVICE_DISABLED;
        if (r == 0 && !is_automatic)
                r = pf_candidate_set(candidate, PF_SETTING_START_TYPE, NETLOGON, NULL, "automatic");
        return r == 0 ? pf_candidate_set(candidate, PF_SETTING_SERVICE, NETLOGON, NULL, "running")
                      : r;
}

static int propose(const PfRemedyRoom *room, PfProposal *proposal, PfErr *err) {
        PfWindowsService service = { 0 };
        int r = pf_windows_refuse_image(room, proposal);

        if (r == 0)
                r = pf_windows_find_service(room, NETLOGON, proposal, &service, err);
        if (r == 0 && service.start != PF_SERVICE_AUTOMATIC)
                r = pf_windows_refuse_policy(room, PF_SETTING_START_TYPE, NETLOGON, NULL, proposal,
                                             err);
        if (r != 0)
                return r < 0 ? r : 0;
        return offer(&service, proposal);
}

const PfRemedy pf_remedy_windows_netlogon = {
        .check = "windows.netlogon",
        .wont = "It starts the service and has it start with the machine, and repairs no trust, "
                "no account of the machine and no network; what a group policy says of it stays",
        .propose = propose,
};
