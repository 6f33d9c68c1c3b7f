/* SPDX-License-Identifier: MIT */
/* preflightctl inspect: the facts behind the verdicts. */
#include "daemon/ctl/ask.h"
#include "daemon/ctl/format.h"

PfExit pf_cmd_inspect(PfCtl *ctl) {
        PF_CLEANUP(pf_json_freep) PfJson *facts = NULL;
        PF_AUTO_PAGE PfPage page;
        const PfShow show = pf_show_of(&ctl->options);
        PfErr err = { 0 };
        PfExit status;

        pf_page_init(&page, &ctl->out);
        status = pf_ask(ctl, PF_ASK_INSPECT, &facts, &err);
        if (status != PF_EXIT_OK)
                return pf_ctl_fail(ctl, status, &err);
        ctl->options.format->facts(&page, facts, &show);
        return pf_ctl_print(ctl, &page, PF_EXIT_OK);
}
