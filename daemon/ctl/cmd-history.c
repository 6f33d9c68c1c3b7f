/* SPDX-License-Identifier: MIT */
/* preflightctl history: what was changed, by whom, and what of it can be undone. */
#include "daemon/ctl/changer.h"
#include "daemon/ctl/format.h"

static PfExit ask_for_all(PfCtl *ctl, PfJson **ret, PfErr *err) {
        PF_CLEANUP(pf_changer_freep) PfChanger *changer = NULL;
        PF_CLEANUP(pf_json_freep) PfJson *transactions = NULL;
        PF_CLEANUP(pf_json_freep) PfJson *value = NULL;
        PfExit status = pf_changer_open(ctl, false, &changer, err);

        if (status == PF_EXIT_OK)
                status = pf_changer_list(changer, &transactions, err);
        if (status != PF_EXIT_OK)
                return status;
        value = pf_json_new_object();
        if (!value || pf_json_put_take(value, "transactions", PF_STEAL(transactions)) < 0)
                return pf_exit_set(err, PF_EXIT_UNKNOWN, "out of memory");
        *ret = PF_STEAL(value);
        return PF_EXIT_OK;
}

PfExit pf_cmd_history(PfCtl *ctl) {
        PF_CLEANUP(pf_json_freep) PfJson *value = NULL;
        PF_AUTO_PAGE PfPage page;
        PfErr err = { 0 };
        const PfShow show = pf_show_of(&ctl->options);
        PfExit status;

        pf_page_init(&page, &ctl->out);
        status = ask_for_all(ctl, &value, &err);
        if (status != PF_EXIT_OK)
                return pf_ctl_fail(ctl, status, &err);
        ctl->options.format->history(&page, value, &show);
        return pf_ctl_print(ctl, &page, PF_EXIT_OK);
}
