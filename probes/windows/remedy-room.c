/* SPDX-License-Identifier: MIT */
#include "probes/windows/remedy-room.h"

#include "probes/windows/policy.h"

#define NO_SUCH_SERVICE 1060

static int refused(int r) {
        return r < 0 ? r : PF_WINDOWS_REFUSED;
}

int pf_windows_refuse_image(const PfRemedyRoom *room, PfProposal *proposal) {
        if (pf_target_is_live(room->target))
                return 0;
        return refused(pf_proposal_refuse(proposal,
                                          "the registry of an image is read and not written: it "
                                          "is changed on the machine, once it runs"));
}

int pf_windows_refuse_policy(const PfRemedyRoom *room, PfSettingKind kind, const char *subject,
                             const char *name, PfProposal *proposal, PfErr *err) {
        const char *path;
        int r = pf_windows_policy_of(room->target, kind, subject, name, &path, err);

        if (r != PF_POLICY_SETS)
                return r;
        return refused(pf_proposal_refuse(
                proposal, "a group policy says %s%s, by %s, and would put it back: change it there",
                name ? "what it is, " : "how it starts, ", name ? name : subject, path));
}

int pf_windows_find_service(const PfRemedyRoom *room, const char *name, PfProposal *proposal,
                            PfWindowsService *ret, PfErr *err) {
        int r = pf_windows_fact(room->target, PF_WINDOWS_SERVICE, name, ret, err);

        if (r < 0)
                return r;
        if (r == PF_WINDOWS_NOT_ASKED)
                return refused(pf_proposal_refuse(proposal, "nobody can be asked about services"));
        if (ret->error == 0)
                return 0;
        return refused(
                ret->error == NO_SUCH_SERVICE
                        ? pf_proposal_refuse(proposal,
                                             "there is no service %s: it belongs to Windows, which "
                                             "has to be repaired",
                                             name)
                        : pf_proposal_refuse(proposal, "Windows does not tell about the service %s",
                                             name));
}
