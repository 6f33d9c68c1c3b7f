/* SPDX-License-Identifier: MIT */
/* preflightctl status: the verdict in one line, as the daemon last knew it. */
#include "daemon/ctl/ask.h"
#include "daemon/ctl/format.h"
#include "daemon/ctl/view.h"

static PfJson *make_status(const PfJson *report, PfLanguage language) {
        PF_CLEANUP(pf_json_freep) PfJson *status = pf_json_new_object();
        PF_AUTO_FREE char *line = pf_view_status(report, language);

        if (!status || !line ||
            pf_json_put_string(status, "verdict", pf_view_verdict(report)) < 0 ||
            pf_json_put_string(status, "status", line) < 0)
                return NULL;
        return PF_STEAL(status);
}

PfExit pf_cmd_status(PfCtl *ctl) {
        PF_CLEANUP(pf_json_freep) PfJson *report = NULL;
        PF_CLEANUP(pf_json_freep) PfJson *line = NULL;
        PF_AUTO_PAGE PfPage page;
        PfErr err = { 0 };
        const PfShow show = pf_show_of(&ctl->options);
        PfExit status;

        pf_page_init(&page, &ctl->out);
        status = pf_ask(ctl, PF_ASK_STATUS, &report, &err);
        if (status != PF_EXIT_OK)
                return pf_ctl_fail(ctl, status, &err);
        if (!ctl->options.format->status) {
                ctl->options.format->report(&page, report, &show);
                return pf_ctl_print(ctl, &page, pf_ctl_exit(ctl, report));
        }
        /* Programs are spoken to in English. */
        line = make_status(report, ctl->options.format == &pf_format_table ? ctl->out.language
                                                                           : PF_LANGUAGE_ENGLISH);
        if (!line) {
                status = pf_exit_set(&err, PF_EXIT_UNKNOWN, "out of memory");
                return pf_ctl_fail(ctl, status, &err);
        }
        ctl->options.format->status(&page, line, &show);
        return pf_ctl_print(ctl, &page, pf_ctl_exit(ctl, report));
}
