/* SPDX-License-Identifier: MIT */
/* preflightctl list: the checks there are, and with --all the errors too; or those that
 * another machine has. */
#include "config/catalogue.h"
#include "daemon/ctl/ctl.h"
#include "daemon/ctl/format-table.h"
#include "daemon/ctl/socket.h"
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

#define ANSWER_MS 60000

static PfJson *keep_those_for_here(const PfJson *entries) {
        PF_CLEANUP(pf_json_freep) PfJson *list = pf_json_new_object();
        PF_CLEANUP(pf_json_freep) PfJson *checks = pf_json_new_array();

        for (size_t i = 0; checks && i < pf_json_length(entries); i++)
                if (pf_table_is_for_here(pf_json_at(entries, i)) &&
                    pf_json_append_take(checks, pf_json_ref(pf_json_at(entries, i))) < 0)
                        return NULL;
        if (!list || !checks || pf_json_put_take(list, "checks", PF_STEAL(checks)) < 0)
                return NULL;
        return PF_STEAL(list);
}

/* Its version may be another one. */
static PfExit ask_for_list(const PfCtl *ctl, PfJson **ret, PfErr *err) {
        PF_CLEANUP(pf_socket_freep) PfSocket *socket = NULL;
        PF_CLEANUP(pf_json_freep) PfJson *entries = NULL;
        PfSocketCall call = { .method = "org.preflightd.Preflight.ListChecks",
                              .deadline_ms = ANSWER_MS,
                              .member = "checks" };
        PfExit status;

        if (ctl->options.all)
                return pf_exit_set(err, PF_EXIT_USAGE,
                                   "--all names errors too, and --host tells its checks alone: "
                                   "choose one");
        status = pf_socket_open(ctl, &socket, err);
        if (status != PF_EXIT_OK)
                return status;
        call.parameters_take = pf_json_new_object();
        status = pf_socket_call(socket, &call, &entries, err);
        if (status == PF_EXIT_OK)
                *ret = keep_those_for_here(entries);
        return status;
}

PfExit pf_cmd_list(PfCtl *ctl) {
        PF_CLEANUP(pf_json_freep) PfJson *list = NULL;
        PF_AUTO_PAGE PfPage page;
        const PfShow show = pf_show_of(&ctl->options);
        PfErr err = { 0 };
        PfExit status = PF_EXIT_OK;

        pf_page_init(&page, &ctl->out);
        if (ctl->options.host)
                status = ask_for_list(ctl, &list, &err);
        else
                list = make_list(ctl->options.all);
        if (status == PF_EXIT_OK && !list)
                status = pf_exit_set(&err, PF_EXIT_UNKNOWN, "out of memory");
        if (status != PF_EXIT_OK)
                return pf_ctl_fail(ctl, status, &err);
        ctl->options.format->list(&page, list, &show);
        return pf_ctl_print(ctl, &page, PF_EXIT_OK);
}
