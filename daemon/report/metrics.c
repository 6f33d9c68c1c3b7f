/* SPDX-License-Identifier: MIT */
/*
 * io.systemd.Metrics. The families are a table; a metric is an answer of its own, and the
 * last one ends the call. Verdicts and numbers alone are told, never what was found.
 */
#include "daemon/report/metrics.h"

#include "daemon/base/clock.h"
#include "daemon/report/service-internal.h"
#include "daemon/varlink/descriptions.h"

typedef struct Family Family;

/* A call that is being answered. */
typedef struct Listing {
        PfVarlinkCall *call;
        const PfCached *cached;
        const Family *family;
        PfJson *held; /* the answer that goes next; or ends the call, if none follows */
        bool failed;  /* memory ran out */
} Listing;

struct Family {
        const char *name;
        const char *type;
        const char *description;
        void (*list)(Listing *listing);
};

/* --- answers --- */

static void answer(Listing *listing, PfJson *message_take) {
        if (!message_take)
                listing->failed = true;
        if (!message_take || listing->failed) {
                (void) pf_json_free(message_take);
                return;
        }
        if (listing->held)
                pf_varlink_reply_continues(listing->call, listing->held);
        listing->held = message_take;
}

static void end(Listing *listing) {
        if (listing->failed) {
                (void) pf_json_free(listing->held);
                pf_varlink_drop(listing->call);
        } else if (!listing->held) {
                pf_varlink_error(listing->call, "io.systemd.Metrics.NoSuchMetric", NULL);
        } else {
                pf_varlink_reply(listing->call, listing->held);
        }
}

/* What tells a metric from others of its family: each NULL where there is none. */
typedef struct Label {
        const char *object;
        const char *field;
        const char *value; /* of the field */
} Label;

static int put_fields(PfJson *metric, const Label *label) {
        PF_CLEANUP(pf_json_freep) PfJson *fields = NULL;

        if (!label->field)
                return 0;
        fields = pf_json_new_object();
        if (!fields || pf_json_put_string(fields, label->field, label->value) < 0)
                return -ENOMEM;
        return pf_json_put_take(metric, "fields", PF_STEAL(fields));
}

static PfJson *new_metric(const Listing *listing, const Label *label) {
        PF_CLEANUP(pf_json_freep) PfJson *metric = pf_json_new_object();

        if (!metric || pf_json_put_string(metric, "name", listing->family->name) < 0 ||
            (label->object && pf_json_put_string(metric, "object", label->object) < 0) ||
            put_fields(metric, label) < 0)
                return NULL;
        return PF_STEAL(metric);
}

static void answer_number(Listing *listing, Label label, uint64_t value) {
        PF_CLEANUP(pf_json_freep) PfJson *metric = new_metric(listing, &label);

        if (metric && pf_json_put_uint(metric, "value", value) < 0)
                metric = pf_json_free(metric);
        answer(listing, PF_STEAL(metric));
}

static void answer_word(Listing *listing, Label label, const char *value) {
        PF_CLEANUP(pf_json_freep) PfJson *metric = new_metric(listing, &label);

        if (metric && pf_json_put_string(metric, "value", value) < 0)
                metric = pf_json_free(metric);
        answer(listing, PF_STEAL(metric));
}

/* --- families --- */

static void list_verdict(Listing *listing) {
        PfOverall overall = pf_readiness_overall(listing->cached->readiness);

        answer_word(listing, (Label){ 0 }, pf_overall_to_string(overall));
}

static void list_check_verdicts(Listing *listing) {
        const PfReadiness *readiness = listing->cached->readiness;
        const PfProfile *profile = pf_question_demand(readiness->question)->profile;

        for (size_t i = 0; i < readiness->report.n; i++) {
                const PfResult *result = &readiness->report.results[i];
                const char *id = result->check->id;
                PfSeverity severity = pf_profile_severity(profile, id);

                answer_word(listing, (Label){ id, "severity", pf_severity_to_string(severity) },
                            pf_verdict_to_string(result->verdict));
        }
}

static void list_counts(Listing *listing) {
        size_t counts[PF_N_VERDICTS];

        pf_readiness_count(listing->cached->readiness, counts);
        for (size_t i = 0; i < PF_N_VERDICTS; i++)
                answer_number(
                        listing,
                        (Label){ .field = "verdict", .value = pf_verdict_to_string((PfVerdict) i) },
                        counts[i]);
}

static void list_duration(Listing *listing) {
        answer_number(listing, (Label){ 0 }, listing->cached->readiness->duration_usec);
}

static void list_age(Listing *listing) {
        answer_number(listing, (Label){ 0 },
                      pf_clock_monotonic_usec() - listing->cached->look.fresh_usec);
}

static const Family families[] = {
        { PF_SERVICE_INTERFACE ".verdict", "string",
          "Whether this machine is ready for the agent: ready, blocked or unknown", list_verdict },
        { PF_SERVICE_INTERFACE ".check_verdict", "string",
          "The answer to a check: pass, warn, fail, waived, skip or unknown", list_check_verdicts },
        { PF_SERVICE_INTERFACE ".checks_by_verdict_total", "gauge",
          "How many checks have a verdict", list_counts },
        { PF_SERVICE_INTERFACE ".run_duration_usec", "gauge",
          "How long it took to look at the machine, in microseconds", list_duration },
        { PF_SERVICE_INTERFACE ".report_age_usec", "gauge",
          "How long ago the machine was looked at, in microseconds", list_age },
};

/* --- methods --- */

static void list_all(PfVarlinkCall *call, const PfCached *cached) {
        Listing listing = { .call = call, .cached = cached };

        for (size_t i = 0; i < PF_ELEMENTS(families); i++) {
                listing.family = &families[i];
                families[i].list(&listing);
        }
        end(&listing);
}

/* As GetReport() for the question of the settings. */
static void method_list(PfVarlinkCall *call, void *data) {
        PfService *service = data;
        uint64_t maximum_age_usec = service->config.settings->maximum_age_usec;
        const PfCached *cached;
        int r;

        pf_service_look_at_files(service, maximum_age_usec);
        cached = pf_cache_find(service->cache, service->question);
        if (pf_service_is_young(service, cached, maximum_age_usec))
                return list_all(call, cached);
        r = pf_service_wait_for_report(service, call, service->question, maximum_age_usec,
                                       list_all);
        if (r == -EBUSY)
                pf_varlink_error(call, "io.systemd.Metrics.NoSuchMetric", NULL);
        else if (r < 0)
                pf_varlink_drop(call);
}

static PfJson *describe(const Family *family) {
        PF_CLEANUP(pf_json_freep) PfJson *message = pf_json_new_object();

        if (!message || pf_json_put_string(message, "name", family->name) < 0 ||
            pf_json_put_string(message, "description", family->description) < 0 ||
            pf_json_put_string(message, "type", family->type) < 0)
                return NULL;
        return PF_STEAL(message);
}

static void method_describe(PfVarlinkCall *call, void *data) {
        Listing listing = { .call = call };

        (void) data;
        for (size_t i = 0; i < PF_ELEMENTS(families); i++)
                answer(&listing, describe(&families[i]));
        end(&listing);
}

static const PfVarlinkMethod methods[] = {
        { .name = "List", .handler = method_list, .requires_more = true },
        { .name = "Describe", .handler = method_describe, .requires_more = true },
};

const PfVarlinkInterface pf_metrics_interface = {
        .name = "io.systemd.Metrics",
        .description = pf_idl_io_systemd_Metrics,
        .methods = methods,
        .n_methods = PF_ELEMENTS(methods),
};
