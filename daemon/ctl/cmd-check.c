/* SPDX-License-Identifier: MIT */
/* preflightctl check: look now, and say whether the machine is ready. */
#include "daemon/ctl/ask.h"
#include "daemon/ctl/format.h"
#include "daemon/ctl/here.h"
#include "daemon/ctl/view.h"

/* What an ordinary user cannot see, a probe in this process cannot either. Elsewhere it is
 * not known who looked. */
static void hint_at_rights(const PfCtl *ctl, const PfJson *report) {
        if (!ctl->options.host && pf_view_count(report, "unknown") > 0 && !pf_here_is_privileged())
                pf_ctl_note(ctl, "%s", pf_here_hint_check);
}

PfExit pf_cmd_check(PfCtl *ctl) {
        PF_CLEANUP(pf_json_freep) PfJson *report = NULL;
        PF_AUTO_PAGE PfPage page;
        PfErr err = { 0 };
        const PfShow show = pf_show_of(&ctl->options);
        PfExit status;

        pf_page_init(&page, &ctl->out);
        status = pf_ask(ctl, PF_ASK_CHECK, &report, &err);
        if (status != PF_EXIT_OK)
                return pf_ctl_fail(ctl, status, &err);
        ctl->options.format->report(&page, report, &show);
        status = pf_ctl_print(ctl, &page, pf_ctl_exit(ctl, report));
        hint_at_rights(ctl, report);
        return status;
}
