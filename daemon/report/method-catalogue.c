/* SPDX-License-Identifier: MIT */
/*
 * ListChecks() and Explain(): the catalogue; and Inspect(), the facts.
 */
#include "daemon/report/service-internal.h"

#include "daemon/base/wildcard.h"
#include "daemon/report/catalogue-json.h"
#include "daemon/report/inspect.h"

#define LOOKUP_MAX 64

static int append_entry(PfJson *array, const PfCatalogueEntry *entry) {
        PfJson *json = NULL;
        int r;

        r = pf_catalogue_entry_to_json(entry, &json);
        return r < 0 ? r : pf_json_append_take(array, json);
}

static void reply_entries(PfVarlinkCall *call, const char *key, PfJson *array_take) {
        PF_CLEANUP(pf_json_freep) PfJson *message = pf_json_new_object();

        if (!message) {
                (void) pf_json_free(array_take);
                pf_varlink_drop(call);
        } else if (pf_json_put_take(message, key, array_take) < 0) {
                pf_varlink_drop(call);
        } else {
                pf_varlink_reply(call, PF_STEAL(message));
        }
}

/* The checks of the catalogue that a wildcard matches. */
static int append_checks(PfJson *array, const char *pattern) {
        for (size_t i = 0; i < pf_catalogue_count(); i++) {
                const PfCatalogueEntry *entry = pf_catalogue_at(i);

                if (entry->kind != PF_CATALOGUE_CHECK || !pf_wildcard_match(pattern, entry->id))
                        continue;
                if (append_entry(array, entry) < 0)
                        return -ENOMEM;
        }
        return 0;
}

static int append_errors(PfJson *array, const char *text) {
        const PfCatalogueEntry *entries[LOOKUP_MAX];
        size_t n = pf_catalogue_lookup(text, entries, PF_ELEMENTS(entries));

        for (size_t i = 0; i < n; i++)
                if (append_entry(array, entries[i]) < 0)
                        return -ENOMEM;
        return 0;
}

void pf_method_list_checks(PfVarlinkCall *call, void *data) {
        PF_CLEANUP(pf_json_freep) PfJson *array = pf_json_new_array();

        (void) data;
        if (!array || append_checks(array, "*") < 0)
                pf_varlink_drop(call);
        else
                reply_entries(call, "checks", PF_STEAL(array));
}

void pf_method_explain(PfVarlinkCall *call, void *data) {
        PF_CLEANUP(pf_json_freep) PfJson *array = pf_json_new_array();
        const PfJson *parameters = pf_varlink_call_parameters(call);
        const char *name = pf_json_get_string(parameters, "check");
        const char *error = pf_json_get_string(parameters, "errorId");
        int r;

        (void) data;
        if (!name == !error) {
                pf_varlink_error_invalid_parameter(call, name ? "errorId" : "check");
                return;
        }
        r = !array ? -ENOMEM : name ? append_checks(array, name) : append_errors(array, error);
        if (r < 0)
                pf_varlink_drop(call);
        else if (pf_json_length(array) == 0)
                pf_service_reply_error(call, PF_SERVICE_INTERFACE ".NoSuchCheck", "check",
                                       name ? name : error);
        else
                reply_entries(call, "entries", PF_STEAL(array));
}

static void on_inspected(PfJson *facts_take, int r, const char *text, void *data) {
        PF_CLEANUP(pf_json_freep) PfJson *message = pf_json_new_object();
        PfVarlinkCall *call = data;

        if (r < 0) {
                pf_service_reply_failed(call, r, text);
                return;
        }
        if (!message || pf_json_put_take(message, "facts", facts_take) < 0)
                pf_varlink_drop(call);
        else
                pf_varlink_reply(call, PF_STEAL(message));
}

void pf_method_inspect(PfVarlinkCall *call, void *data) {
        PfService *service = data;
        PF_CLEANUP(pf_question_unrefp) PfQuestion *question = NULL;
        const char *subject = pf_json_get_string(pf_varlink_call_parameters(call), "subject");
        int r;

        if (pf_service_read_question(service, call, 0, &question) < 0)
                return;
        r = pf_inspect(
                &(PfInspection){ .loop = service->config.loop,
                                 .target = service->config.target,
                                 .question = question,
                                 .subject = subject,
                                 .deadline_ms = service->config.settings->deadline_usec / 1000,
                                 .privileged = pf_varlink_call_is_privileged(call) },
                on_inspected, call);
        if (r == PF_INSPECT_NONE)
                pf_service_reply_error(call, PF_SERVICE_INTERFACE ".NotInspectable", "subject",
                                       subject);
        else if (r < 0)
                pf_service_reply_failed(call, r, pf_err_text(NULL, r));
}
