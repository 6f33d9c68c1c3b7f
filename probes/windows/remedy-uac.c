/* SPDX-License-Identifier: MIT */
/*
 * LocalAccountTokenFilterPolicy: for local administrators, all of them and from everywhere.
 * Windows knows no narrower way, so that a lease narrows nothing but the time; it is said in
 * the summary, which whoever consents reads.
 */
#include <string.h>

#include "probes/windows/remedy-room.h"

#define FILTER "LocalAccountTokenFilterPolicy"

static int propose(const PfRemedyRoom *room, PfProposal *proposal, PfErr *err) {
        PfCandidate *candidate;
        int r = pf_windows_refuse_image(room, proposal);

        if (r == 0)
                r = pf_windows_refuse_policy(room, PF_SETTING_REGISTRY, PF_WINDOWS_POLICIES, FILTER,
                                             proposal, err);
        if (r == 0)
                r = pf_proposal_add(proposal, &candidate,
                                    "local administrators keep their rights over the network%s: "
                                    "all of them, from everywhere",
                                    room->lease ? ", for a while" : "");
        if (r == 0)
                r = pf_candidate_set(candidate, PF_SETTING_REGISTRY, PF_WINDOWS_POLICIES, FILTER,
                                     "dword:00000001");
        return r < 0 ? r : 0;
}

const PfRemedy pf_remedy_windows_uac = {
        .check = "windows.remote-uac",
        .can_lease = true,
        .wont = "It is of no account and no address alone, which Windows does not know here: a "
                "lease ends by time; it turns off no UAC at the screen, and what a group policy "
                "says of it stays",
        .propose = propose,
};
