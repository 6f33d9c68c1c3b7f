/* SPDX-License-Identifier: MIT */
/*
 * preflightctl waive: prints the file by which a failing check is waived. Where
 * that goes is for an administrator to decide: nothing is changed here.
 */
#include "daemon/ctl/ask.h"

#include <string.h>

#include "config/catalogue.h"
#include "config/instant.h"
#include "config/waiver.h"
#include "daemon/base/clock.h"
#include "daemon/ctl/here.h"
#include "daemon/ctl/suggest.h"

#define NOW "now"

static PfExit find_check(const char *name, PfErr *err) {
        PfSuggestions suggestions = { .text = name };
        char similar[256];

        for (size_t i = 0; i < pf_catalogue_count(); i++) {
                const PfCatalogueEntry *entry = pf_catalogue_at(i);

                if (entry->kind != PF_CATALOGUE_CHECK)
                        continue;
                if (strcmp(entry->id, name) == 0)
                        return PF_EXIT_OK;
                pf_suggest(&suggestions, entry->id);
        }
        return pf_exit_set(err, PF_EXIT_USAGE, "waive: no check is named \"%.100s\"%s", name,
                           pf_suggestions_text(&suggestions, similar, sizeof(similar)));
}

/* All that a waiver must say, and no time that is over. */
static PfExit check_options(const PfOptions *options, uint64_t *ret_expires_usec, PfErr *err) {
        const struct {
                const char *name, *value;
        } required[] = { { "reason", options->reason },
                         { "owner", options->owner },
                         { "expires", options->expires } };

        for (size_t i = 0; i < PF_ELEMENTS(required); i++)
                if (!required[i].value)
                        return pf_exit_set(err, PF_EXIT_USAGE,
                                           "waive needs --%s=", required[i].name);
        if (pf_instant_parse(options->expires, ret_expires_usec) < 0)
                return pf_exit_set(err, PF_EXIT_USAGE,
                                   "--expires=%.100s: expected a date such as 2027-01-31, or a "
                                   "time in UTC such as 2027-01-31T12:00:00Z",
                                   options->expires);
        if (*ret_expires_usec <= pf_clock_realtime_usec())
                return pf_exit_set(err, PF_EXIT_USAGE, "--expires=%.100s: that is over",
                                   options->expires);
        return PF_EXIT_OK;
}

static const PfJson *find_result(const PfJson *report, const char *check) {
        const PfJson *checks = pf_json_get(report, "checks");

        for (size_t i = 0; i < pf_json_length(checks); i++) {
                const char *name = pf_json_get_string(pf_json_at(checks, i), "check");

                if (name && strcmp(name, check) == 0)
                        return pf_json_at(checks, i);
        }
        return NULL;
}

/* The fingerprint of what is found now. The caller frees it. */
static PfExit ask_for_fingerprint(PfCtl *ctl, const char *check, char **ret, PfErr *err) {
        PF_CLEANUP(pf_json_freep) PfJson *report = NULL;
        const char *verdict, *fingerprint;
        const PfJson *result;
        PfExit status = pf_ask(ctl, PF_ASK_STATUS, &report, err);

        if (status != PF_EXIT_OK)
                return status;
        result = find_result(report, check);
        verdict = pf_json_get_string(result, "verdict");
        fingerprint = pf_json_get_string(result, "fingerprint");
        if (!verdict || (strcmp(verdict, "fail") != 0 && strcmp(verdict, "waived") != 0))
                return pf_exit_set(err, PF_EXIT_USAGE,
                                   "--evidence=" NOW ": there is nothing to waive: the verdict of "
                                   "%s is %s",
                                   check, verdict ? verdict : "not known");
        if (!fingerprint)
                return pf_exit_set(err, PF_EXIT_USAGE,
                                   "--evidence=" NOW ": only root and group preflightd are told "
                                   "the fingerprint of this evidence");
        *ret = strdup(fingerprint);
        return *ret ? PF_EXIT_OK : pf_exit_set(err, PF_EXIT_UNKNOWN, "out of memory");
}

static PfExit print_waiver(PfCtl *ctl, const PfWaiver *waiver, PfErr *err) {
        PF_AUTO_INI_ERRORS PfIniErrors errors = { 0 };
        PF_AUTO_BUF PfBuf text = PF_BUF_INIT(64u << 10);
        PF_AUTO_PAGE PfPage page;
        PfErr reason = { 0 };
        int r;

        pf_page_init(&page, &ctl->out);
        r = pf_waiver_write(waiver, &text, &errors);
        if (r == -EINVAL) {
                (void) !pf_ini_errors_to_err(&errors, &reason);
                return pf_exit_set(err, PF_EXIT_USAGE, "%s", reason.text);
        }
        if (r < 0)
                return pf_exit_set(err, PF_EXIT_UNKNOWN, "out of memory");
        pf_page_rawf(&page, "# For %s.\n", pf_here_waiver_place(waiver->evidence != NULL));
        pf_page_raw(&page, text.data);
        return pf_ctl_print(ctl, &page, PF_EXIT_OK);
}

PfExit pf_cmd_waive(PfCtl *ctl) {
        const PfOptions *options = &ctl->options;
        const char *check = ctl->arguments[0];
        PF_AUTO_FREE char *fingerprint = NULL;
        PfWaiver waiver = { .check = (char *) check,
                            .reason = (char *) options->reason,
                            .owner = (char *) options->owner,
                            .evidence = (char *) options->evidence };
        PfErr err = { 0 };
        PfExit status;

        status = find_check(check, &err);
        if (status == PF_EXIT_OK)
                status = check_options(options, &waiver.expires_usec, &err);
        if (status == PF_EXIT_OK && options->evidence && strcmp(options->evidence, NOW) == 0) {
                status = ask_for_fingerprint(ctl, check, &fingerprint, &err);
                waiver.evidence = fingerprint;
        }
        if (status == PF_EXIT_OK)
                status = print_waiver(ctl, &waiver, &err);
        return pf_ctl_fail(ctl, status, &err);
}
