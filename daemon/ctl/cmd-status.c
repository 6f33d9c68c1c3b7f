/* SPDX-License-Identifier: MIT */
/*
 * preflightctl status: the verdict in one line, as the daemon last knew it; and a line for
 * each lease that is open, since what is ready by one is not ready for long.
 */
#include "daemon/ctl/ask.h"

#include <string.h>

#include "daemon/ctl/format.h"
#include "daemon/ctl/view.h"

/* The check that warns of leases, where one is open. */
static const PfJson *find_leases(const PfJson *report) {
        const PfJson *checks = pf_json_get(report, "checks");

        for (size_t i = 0; i < pf_json_length(checks); i++) {
                const PfJson *check = pf_json_at(checks, i);
                const char *id = pf_json_get_string(check, "check");
                const char *verdict = pf_json_get_string(check, "verdict");

                if (id && verdict && strcmp(id, "ssh.lease") == 0 && strcmp(verdict, "warn") == 0)
                        return check;
        }
        return NULL;
}

/* Each as its evidence has it; who is not shown that is told that there are some. */
static PfJson *list_leases(const PfJson *check, PfLanguage language) {
        PF_CLEANUP(pf_json_freep) PfJson *list = pf_json_new_array();
        const PfJson *evidence = pf_json_get(check, "evidence");
        const char *summary = pf_json_get_string(check, "summary");

        for (size_t i = 0; list && i < pf_json_length(evidence); i++) {
                const char *found = pf_json_get_string(pf_json_at(evidence, i), "found");

                if (found && pf_json_append_string(list, found) < 0)
                        return NULL;
        }
        if (list && pf_json_length(list) == 0 && summary) {
                PF_AUTO_FREE char *text =
                        pf_language_sentence(language, summary, pf_json_get(check, "message"));

                if (!text || pf_json_append_string(list, text) < 0)
                        return NULL;
        }
        return PF_STEAL(list);
}

static int put_leases(PfJson *status, const PfJson *report, PfLanguage language) {
        const PfJson *check = find_leases(report), *remedy = pf_json_get(check, "remedy");
        const char *english = pf_json_get_string(remedy, "summary");
        PF_AUTO_FREE char *text = NULL;

        if (!check)
                return 0;
        if (english)
                text = pf_language_sentence(language, english, pf_json_get(remedy, "message"));
        if (pf_json_put_take(status, "leases", list_leases(check, language)) < 0 ||
            (english && !text))
                return -ENOMEM;
        return text ? pf_json_put_string(status, "leaseRemedy", text) : 0;
}

static PfJson *make_status(const PfJson *report, const char *host, PfLanguage language) {
        PF_CLEANUP(pf_json_freep) PfJson *status = pf_json_new_object();
        PF_AUTO_FREE char *line = pf_view_status(report, language);

        if (!status || !line ||
            pf_json_put_string(status, "verdict", pf_view_verdict(report)) < 0 ||
            pf_json_put_string(status, "status", line) < 0 ||
            (host && pf_json_put_string(status, "host", host) < 0) ||
            put_leases(status, report, language) < 0)
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
        line = make_status(report, ctl->options.host,
                           ctl->options.format == &pf_format_table ? ctl->out.language
                                                                   : PF_LANGUAGE_ENGLISH);
        if (!line) {
                status = pf_exit_set(&err, PF_EXIT_UNKNOWN, "out of memory");
                return pf_ctl_fail(ctl, status, &err);
        }
        ctl->options.format->status(&page, line, &show);
        return pf_ctl_print(ctl, &page, pf_ctl_exit(ctl, report));
}
