/* SPDX-License-Identifier: MIT */
#include "daemon/ctl/changer.h"

struct PfChanger {
        const PfChangerWay *way;
        void *data;
};

/* What only this process can do, or only the service. */
static PfExit check_options(const PfOptions *options, PfErr *err) {
        if (!options->root && (options->profile || options->agent_version))
                return pf_exit_set(err, PF_EXIT_USAGE,
                                   "--%s is for --root=; on the running machine preflightd.conf "
                                   "says it",
                                   options->profile ? "profile" : "agent-version");
        return PF_EXIT_OK;
}

PfExit pf_changer_open(PfCtl *ctl, bool may_change, PfChanger **ret, PfErr *err) {
        PfChanger *made;
        PfExit status;

        status = check_options(&ctl->options, err);
        if (status != PF_EXIT_OK)
                return status;
        made = calloc(1, sizeof(*made));
        if (!made)
                return pf_exit_set(err, PF_EXIT_UNKNOWN, "out of memory");
        made->way = ctl->options.root ? &pf_changer_image : &pf_changer_service;
        status = made->way->open(ctl, may_change, &made->data, err);
        if (status == PF_EXIT_OK)
                *ret = made;
        else
                free(made);
        return status;
}

PfChanger *pf_changer_free(PfChanger *changer) {
        if (!changer)
                return NULL;
        changer->way->close(changer->data);
        free(changer);
        return NULL;
}

PfExit pf_changer_plan(PfChanger *changer, bool consent, PfJson **ret, PfErr *err) {
        return changer->way->plan(changer->data, consent, ret, err);
}

PfExit pf_changer_apply(PfChanger *changer, const char *digest, PfJson **ret, PfErr *err) {
        return changer->way->apply(changer->data, digest, ret, err);
}

PfExit pf_changer_list(PfChanger *changer, PfJson **ret, PfErr *err) {
        return changer->way->list(changer->data, ret, err);
}

PfExit pf_changer_undo(PfChanger *changer, const char *id, PfJson **ret, PfErr *err) {
        return changer->way->undo(changer->data, id, ret, err);
}

PfExit pf_changer_refuse(PfRefusal refusal, const char *reason, PfErr *err) {
        static const struct {
                const char *what, *next;
        } texts[] = {
                [PF_REFUSAL_STALE] = { "nothing was changed, for the machine is not any more what "
                                       "the plan was made for: ",
                                       "; run it again" },
                [PF_REFUSAL_BUSY] = { "another change is being made: ", "; try again later" },
                [PF_REFUSAL_INVALID] = { "nothing is changed, for the change did not stand its "
                                         "test: ",
                                         "" },
                [PF_REFUSAL_READ_ONLY] = { "nothing was changed, for it cannot be written: ", "" },
                [PF_REFUSAL_EDITED] = { "nothing was undone, for a file was edited since: ", "" },
                [PF_REFUSAL_FAILED] = { "it failed: ", "" },
        };

        return pf_exit_set(err, PF_EXIT_UNKNOWN, "%s%s%s", texts[refusal].what, reason,
                           texts[refusal].next);
}

PfExit pf_changer_refuse_id(const char *id, PfErr *err) {
        return pf_exit_set(err, PF_EXIT_USAGE,
                           "no transaction \"%.100s\"; \"" PF_CTL_NAME " history\" lists them", id);
}
