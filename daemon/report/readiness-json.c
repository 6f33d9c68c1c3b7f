/* SPDX-License-Identifier: MIT */
/*
 * The report as JSON: schema 1, to which fields are only ever added. The names
 * are those of config/org.preflightd.Preflight.varlink.
 */
#include "daemon/report/readiness.h"

#include <string.h>

#include "config/catalogue.h"
#include "daemon/report/fingerprint.h"

#define SCHEMA 1

static int put_text_or_null(PfJson *object, const char *key, const char *text) {
        return text ? pf_json_put_string(object, key, text) : pf_json_put_null(object, key);
}

/* The errors that the installer has on that system. */
static int put_error_ids(PfJson *object, const PfCatalogueEntry *entry, unsigned platform) {
        PF_CLEANUP(pf_json_freep) PfJson *array = pf_json_new_array();

        if (!array)
                return -ENOMEM;
        for (const char *const *link = entry->links; *link; link++)
                if ((pf_catalogue_find(*link)->platforms & platform) &&
                    pf_json_append_string(array, *link) < 0)
                        return -ENOMEM;
        return pf_json_put_take(object, "errorIds", PF_STEAL(array));
}

/* Only what is wrong wants a remedy. */
static int put_remedy(PfJson *object, const PfResult *result, const PfCatalogueEntry *entry) {
        PF_CLEANUP(pf_json_freep) PfJson *remedy = NULL;

        if (!result->remedy)
                return pf_json_put_null(object, "remedy");
        remedy = pf_json_new_object();
        if (!remedy ||
            pf_json_put_string(remedy, "safety", pf_safety_to_string(entry->safety)) < 0 ||
            pf_json_put_string(remedy, "summary", result->remedy) < 0 ||
            pf_message_put(&result->remedy_message, remedy, "message") < 0)
                return -ENOMEM;
        return pf_json_put_take(object, "remedy", PF_STEAL(remedy));
}

/* Only of what can be waived, and not where it would let a secret be guessed. */
static int put_fingerprint(PfJson *object, const PfResult *result, bool privileged) {
        bool matters = result->verdict == PF_FAIL || result->verdict == PF_WAIVED;
        char text[PF_FINGERPRINT_SIZE];

        if (!matters || (!privileged && !pf_fingerprint_is_public(result)))
                return pf_json_put_null(object, "fingerprint");
        if (pf_fingerprint(result, text) < 0)
                return -ENOMEM;
        return pf_json_put_string(object, "fingerprint", text);
}

static const PfWaiverEntry *find_waiver(const PfResult *result, const PfWaivers *waivers) {
        return result->verdict == PF_WAIVED ? pf_waivers_find(waivers, result->check->id) : NULL;
}

int pf_result_to_json(const PfResult *result, unsigned platform, const PfProfile *profile,
                      const PfWaivers *waivers, bool privileged, PfJson **ret) {
        PF_CLEANUP(pf_json_freep) PfJson *object = pf_json_new_object();
        const PfCatalogueEntry *entry = pf_catalogue_find(result->check->id);
        PfSeverity severity = pf_profile_severity(profile, result->check->id);

        if (!object || pf_json_put_string(object, "check", result->check->id) < 0 ||
            put_error_ids(object, entry, platform) < 0 ||
            pf_json_put_string(object, "verdict", pf_verdict_to_string(result->verdict)) < 0 ||
            pf_json_put_string(object, "severity", pf_severity_to_string(severity)) < 0 ||
            pf_json_put_string(object, "summary", result->summary) < 0 ||
            pf_message_put(&result->summary_message, object, "message") < 0 ||
            pf_result_put_evidence(result, privileged, object) < 0 ||
            put_remedy(object, result, entry) < 0 ||
            put_text_or_null(object, "vendorVerdict", result->vendor_verdict) < 0 ||
            pf_message_put(&result->vendor_message, object, "vendorMessage") < 0 ||
            put_text_or_null(object, "reason", result->reason) < 0 ||
            put_text_or_null(object, "where", result->where) < 0 ||
            pf_waivers_put_waiver(object, find_waiver(result, waivers), privileged) < 0 ||
            put_fingerprint(object, result, privileged) < 0 ||
            pf_json_put_string(object, "documentation", entry->documentation) < 0 ||
            pf_json_put_uint(object, "probedUSec", result->probed_usec) < 0 ||
            pf_json_put_uint(object, "durationUSec", result->duration_usec) < 0)
                return -ENOMEM;
        *ret = PF_STEAL(object);
        return 0;
}

static int put_host(PfJson *object, const PfHost *host) {
        PF_CLEANUP(pf_json_freep) PfJson *json = pf_json_new_object();

        if (!json || put_text_or_null(json, "hostname", host->hostname) < 0 ||
            put_text_or_null(json, "machineId", host->machine_id) < 0 ||
            put_text_or_null(json, "bootId", host->boot_id) < 0 ||
            put_text_or_null(json, "os", host->os) < 0 ||
            put_text_or_null(json, "kernel", host->kernel) < 0)
                return -ENOMEM;
        return pf_json_put_take(object, "host", PF_STEAL(json));
}

static int put_counts(PfJson *object, const PfReadiness *readiness) {
        PF_CLEANUP(pf_json_freep) PfJson *json = pf_json_new_object();
        size_t counts[PF_N_VERDICTS];

        if (!json)
                return -ENOMEM;
        pf_readiness_count(readiness, counts);
        for (size_t i = 0; i < PF_N_VERDICTS; i++)
                if (pf_json_put_uint(json, pf_verdict_to_string((PfVerdict) i), counts[i]) < 0)
                        return -ENOMEM;
        return pf_json_put_take(object, "counts", PF_STEAL(json));
}

static int put_checks(PfJson *object, const PfReadiness *readiness, bool privileged) {
        PF_CLEANUP(pf_json_freep) PfJson *array = pf_json_new_array();
        const PfProfile *profile = pf_question_demand(readiness->question)->profile;

        if (!array)
                return -ENOMEM;
        for (size_t i = 0; i < readiness->report.n; i++) {
                PfJson *item = NULL;

                if (pf_result_to_json(&readiness->report.results[i], readiness->platform, profile,
                                      &readiness->waivers, privileged, &item) < 0 ||
                    pf_json_append_take(array, item) < 0)
                        return -ENOMEM;
        }
        return pf_json_put_take(object, "checks", PF_STEAL(array));
}

/* The checks of its system that the verdict says nothing about. */
static int put_not_covered(PfJson *object, unsigned platform) {
        PF_CLEANUP(pf_json_freep) PfJson *array = pf_json_new_array();

        if (!array)
                return -ENOMEM;
        for (size_t i = 0; i < pf_catalogue_count(); i++) {
                const PfCatalogueEntry *entry = pf_catalogue_at(i);

                if (entry->kind != PF_CATALOGUE_CHECK || !(entry->platforms & platform) ||
                    pf_probe_find(entry->id, platform))
                        continue;
                if (pf_json_append_string(array, entry->id) < 0)
                        return -ENOMEM;
        }
        return pf_json_put_take(object, "notCovered", PF_STEAL(array));
}

int pf_readiness_to_json(const PfReadiness *readiness, bool privileged, PfJson **ret) {
        PF_CLEANUP(pf_json_freep) PfJson *object = pf_json_new_object();
        const PfDemand *demand = pf_question_demand(readiness->question);
        const char *overall = pf_overall_to_string(pf_readiness_overall(readiness));

        if (!object || pf_json_put_uint(object, "schema", SCHEMA) < 0 ||
            pf_json_put_string(object, "verdict", overall) < 0 ||
            put_host(object, &readiness->host) < 0 ||
            pf_json_put_string(object, "profile", demand->profile->name) < 0 ||
            put_text_or_null(object, "agentVersion", demand->agent_version) < 0 ||
            pf_json_put_string(object, "account", demand->account) < 0 ||
            put_text_or_null(object, "source", demand->source) < 0 ||
            pf_json_put_bool(object, "partial", pf_question_is_partial(readiness->question)) < 0 ||
            put_counts(object, readiness) < 0 ||
            pf_json_put_uint(object, "startedUSec", readiness->started_usec) < 0 ||
            pf_json_put_uint(object, "durationUSec", readiness->duration_usec) < 0 ||
            put_checks(object, readiness, privileged) < 0 ||
            put_not_covered(object, readiness->platform) < 0 ||
            pf_waivers_put_all(object, &readiness->waivers, privileged) < 0)
                return -ENOMEM;
        *ret = PF_STEAL(object);
        return 0;
}
