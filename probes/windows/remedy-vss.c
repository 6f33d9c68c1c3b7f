/* SPDX-License-Identifier: MIT */
/*
 * The start types that Windows gives VSS and its companions, where they are disabled. VSS is
 * started once, which proves that it can be; Windows stops it when nobody needs it.
 */
#include <string.h>

#include "probes/windows/remedy-room.h"

#define VSS "VSS"

static const struct Companion {
        const char *name;
        const char *start;  /* as Windows installs it; whether that is delayed stays as it is */
        bool needs_consent; /* others than setup use it, so it may be off for a reason */
} companions[] = {
        { VSS, "demand", false },
        { "swprv", "demand", false },
        { "COMSysApp", "demand", false },
        { "MSDTC", "automatic", true },
        { "EventSystem", "automatic", true },
};

/* Return: 0; PF_WINDOWS_REFUSED; an error with a text. */
static int add(const PfRemedyRoom *room, const struct Companion *companion, PfProposal *proposal,
               PfCandidate *candidate, PfErr *err) {
        PfWindowsService service = { 0 };
        int r = pf_windows_find_service(room, companion->name, proposal, &service, err);

        if (r != 0 || service.start != PF_SERVICE_DISABLED)
                return r;
        r = pf_windows_refuse_policy(room, PF_SETTING_START_TYPE, companion->name, NULL, proposal,
                                     err);
        if (r == 0)
                r = pf_candidate_set(candidate, PF_SETTING_START_TYPE, companion->name, NULL,
                                     companion->start);
        if (r == 0 && strcmp(companion->name, VSS) == 0)
                r = pf_candidate_set(candidate, PF_SETTING_SERVICE, VSS, NULL, "running");
        if (r == 0 && companion->needs_consent)
                candidate->needs_consent = true;
        return r;
}

/* All that are disabled in one: setup needs them together. */
static int propose(const PfRemedyRoom *room, PfProposal *proposal, PfErr *err) {
        PF_AUTO_PROPOSAL PfProposal offered = { 0 };
        PfCandidate *candidate;
        int r = pf_windows_refuse_image(room, proposal);

        if (r == 0)
                r = pf_proposal_add(&offered, &candidate,
                                    "the services that setup needs get the start types that "
                                    "Windows gives them");
        for (size_t i = 0; r == 0 && i < PF_ELEMENTS(companions); i++)
                r = add(room, &companions[i], proposal, candidate, err);
        if (r != 0)
                return r < 0 ? r : 0;
        *proposal = offered;
        offered = (PfProposal){ 0 };
        return 0;
}

const PfRemedy pf_remedy_windows_vss = {
        .check = "windows.vss-service",
        .wont = "It takes back that a service is disabled, and installs none that is missing, "
                "repairs no catalogue of COM+ and no log of MSDTC; what a group policy says of "
                "them stays",
        .propose = propose,
};
