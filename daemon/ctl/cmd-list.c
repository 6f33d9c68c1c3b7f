/* SPDX-License-Identifier: MIT */
/* preflightctl list: the checks there are, and with --all the errors too. */
#include "config/catalogue.h"
#include "daemon/ctl/ctl.h"
#include "daemon/ctl/format.h"
#include "daemon/report/catalogue-json.h"

typedef bool (*Wanted)(const PfCatalogueEntry *entry);

static bool is_check_here(const PfCatalogueEntry *entry) {
        return entry->kind == PF_CATALOGUE_CHECK && (entry->platforms & PF_PLATFORM_HERE);
}

static bool is_check_elsewhere(const PfCatalogueEntry *entry) {
        return entry->kind == PF_CATALOGUE_CHECK && !(entry->platforms & PF_PLATFORM_HERE);
}

static bool is_error(const PfCatalogueEntry *entry) {
        return entry->kind == PF_CATALOGUE_ERROR;
}

static int append(PfJson *array, Wanted wanted) {
        for (size_t i = 0; i < pf_catalogue_count(); i++) {
                PfJson *entry = NULL;

                if (!wanted(pf_catalogue_at(i)))
                        continue;
                if (pf_catalogue_entry_to_json(pf_catalogue_at(i), &entry) < 0 ||
                    pf_json_append_take(array, entry) < 0)
                        return -ENOMEM;
        }
        return 0;
}

static PfJson *make_list(bool all) {
        PF_CLEANUP(pf_json_freep) PfJson *list = pf_json_new_object();
        PF_CLEANUP(pf_json_freep) PfJson *checks = pf_json_new_array();
        PF_CLEANUP(pf_json_freep) PfJson *errors = pf_json_new_array();

        if (!list || !checks || !errors || append(checks, is_check_here) < 0 ||
            (all && append(checks, is_check_elsewhere) < 0) ||
            (all && append(errors, is_error) < 0) ||
            pf_json_put_take(list, "checks", PF_STEAL(checks)) < 0 ||
            (all && pf_json_put_take(list, "errors", PF_STEAL(errors)) < 0))
                return NULL;
        return PF_STEAL(list);
}

PfExit pf_cmd_list(PfCtl *ctl) {
        PF_CLEANUP(pf_json_freep) PfJson *list = make_list(ctl->options.all);
        PF_AUTO_PAGE PfPage page;
        const PfShow show = pf_show_of(&ctl->options);
        PfErr err = { 0 };

        pf_page_init(&page, &ctl->out);
        if (!list)
                return pf_ctl_fail(ctl, pf_exit_set(&err, PF_EXIT_UNKNOWN, "out of memory"), &err);
        ctl->options.format->list(&page, list, &show);
        return pf_ctl_print(ctl, &page, PF_EXIT_OK);
}
