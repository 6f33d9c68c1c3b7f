/* SPDX-License-Identifier: MIT */
/*
 * preflightctl explain: what a check or an error means, whether this machine has it,
 * and what to do about it.
 */
#include "daemon/ctl/ask.h"

#include <string.h>

#include "config/catalogue.h"
#include "daemon/base/wildcard.h"
#include "daemon/ctl/format.h"
#include "daemon/ctl/pager.h"
#include "daemon/ctl/suggest.h"
#include "daemon/report/catalogue-json.h"
#include "probes/probe.h"

#define TEXT_MAX 4096 /* more than is looked at: see pf_catalogue_lookup() */

static PfExit join_arguments(const PfCtl *ctl, PfBuf *buf, PfErr *err) {
        for (size_t i = 0; i < ctl->n_arguments; i++)
                if (pf_buf_printf(buf, "%s%s", i > 0 ? " " : "", ctl->arguments[i]) < 0)
                        return pf_exit_set(err, PF_EXIT_USAGE,
                                           "explain: that is longer than %d bytes", TEXT_MAX);
        return PF_EXIT_OK;
}

/* The checks and errors whose names a pattern matches. */
static size_t match_pattern(const char *pattern, const PfCatalogueEntry **found) {
        size_t n = 0;

        for (size_t i = 0; i < pf_catalogue_count(); i++)
                if (pf_wildcard_match(pattern, pf_catalogue_at(i)->id))
                        found[n++] = pf_catalogue_at(i);
        return n;
}

static PfExit refuse(const char *text, PfErr *err) {
        PfSuggestions suggestions = { .text = text };
        char similar[256];

        for (size_t i = 0; i < pf_catalogue_count(); i++) {
                const PfCatalogueEntry *entry = pf_catalogue_at(i);

                pf_suggest(&suggestions, entry->id);
                for (const char *const *alias = entry->aliases; alias && *alias; alias++)
                        pf_suggest(&suggestions, *alias);
        }
        return pf_exit_set(err, PF_EXIT_USAGE, "explain: nothing is known about \"%.200s\"%s", text,
                           suggestions.n > 0
                                   ? pf_suggestions_text(&suggestions, similar, sizeof(similar))
                                   : "; \"" PF_CTL_NAME " list --all\" names all there is");
}

static PfJson *make_entries(const PfCatalogueEntry *const *found, size_t n) {
        PF_CLEANUP(pf_json_freep) PfJson *value = pf_json_new_object();
        PF_CLEANUP(pf_json_freep) PfJson *entries = pf_json_new_array();

        if (!value || !entries)
                return NULL;
        for (size_t i = 0; i < n; i++) {
                PfJson *entry = NULL;

                if (pf_catalogue_entry_to_json(found[i], &entry) < 0 ||
                    pf_json_append_take(entries, entry) < 0)
                        return NULL;
        }
        return pf_json_put_take(value, "entries", PF_STEAL(entries)) < 0 ? NULL : PF_STEAL(value);
}

static PfExit find_entries(const char *text, PfJson **ret, PfErr *err) {
        PF_AUTO_FREE const PfCatalogueEntry **found = NULL;
        size_t n;

        found = calloc(pf_catalogue_count(), sizeof(const PfCatalogueEntry *));
        if (!found)
                return pf_exit_set(err, PF_EXIT_UNKNOWN, "out of memory");
        n = strchr(text, '*') ? match_pattern(text, found) : 0;
        if (n == 0)
                n = pf_catalogue_lookup(text, found, pf_catalogue_count());
        if (n == 0)
                return refuse(text, err);
        *ret = make_entries(found, n);
        return *ret ? PF_EXIT_OK : pf_exit_set(err, PF_EXIT_UNKNOWN, "out of memory");
}

/* Asks for the checks that are shown: of the entry that is meant, or of all. */
static int select_checks(const PfJson *entries, unsigned platform, PfStrv *ret) {
        for (size_t i = 0; i < pf_json_length(entries); i++) {
                const PfJson *checks = pf_json_get(pf_json_at(entries, i), "checks");

                for (size_t j = 0; j < pf_json_length(checks); j++) {
                        const char *id = pf_json_string(pf_json_at(checks, j));

                        if (pf_probe_find(id, platform) && !pf_strv_contains(ret, id) &&
                            pf_strv_add(ret, id) < 0)
                                return -ENOMEM;
                }
        }
        return 0;
}

/* Of the machine that is looked at; why an image cannot be, is told by who looks. */
static unsigned platform_of(const char *root) {
        PF_CLEANUP(pf_target_unrefp) PfTarget *target = NULL;
        PfErr ignored = { 0 };

        return root && pf_target_new(root, PF_TARGET_DEFAULT, &target, &ignored) == 0
                       ? pf_target_platform(target)
                       : PF_PLATFORM_HERE;
}

/* What is so here is worth having, and its absence no reason to say nothing: the page
 * says why. Options that cannot be are another matter. */
static PfExit look(PfCtl *ctl, const PfJson *entries, PfJson **ret_report, PfErr *reason) {
        PfExit status;

        if (ctl->options.no_check) {
                (void) pf_err_set(reason, -ECANCELED, "--no-check was given");
                return PF_EXIT_OK;
        }
        if (select_checks(entries, platform_of(ctl->options.root), &ctl->options.only) < 0 ||
            ctl->options.only.n == 0)
                return PF_EXIT_OK;
        status = pf_ask(ctl, PF_ASK_CHECK, ret_report, reason);
        return status == PF_EXIT_USAGE ? status : PF_EXIT_OK;
}

static PfExit print(const PfCtl *ctl, PfPage *page) {
        PfErr err = { 0 };

        if (ctl->options.no_pager)
                return pf_ctl_print(ctl, page, PF_EXIT_OK);
        if (pf_pager_show(page, &err) < 0)
                return pf_ctl_fail(ctl, PF_EXIT_USAGE, &err);
        return PF_EXIT_OK;
}

PfExit pf_cmd_explain(PfCtl *ctl) {
        PF_CLEANUP(pf_json_freep) PfJson *entries = NULL;
        PF_CLEANUP(pf_json_freep) PfJson *report = NULL;
        PF_AUTO_BUF PfBuf text = PF_BUF_INIT(TEXT_MAX);
        PF_AUTO_PAGE PfPage page;
        PfShow show = pf_show_of(&ctl->options);
        PfErr err = { 0 }, reason = { 0 };
        PfExit status;

        pf_page_init(&page, &ctl->out);
        status = join_arguments(ctl, &text, &err);
        if (status == PF_EXIT_OK)
                status = find_entries(text.data, &entries, &err);
        if (status != PF_EXIT_OK)
                return pf_ctl_fail(ctl, status, &err);
        /* What programs read are the facts of the catalogue: what is so here, check says. */
        if (ctl->options.format == &pf_format_table)
                status = look(ctl, pf_json_get(entries, "entries"), &report, &reason);
        if (status != PF_EXIT_OK)
                return pf_ctl_fail(ctl, status, &reason);
        show.text = text.data;
        show.report = report;
        show.no_report = reason.text[0] ? reason.text : NULL;
        ctl->options.format->explain(&page, entries, &show);
        return print(ctl, &page);
}
