/* SPDX-License-Identifier: MIT */
/*
 * OpenMetrics 1.0, and Prometheus' older text format 0.0.4, which is all that
 * node_exporter's textfile collector reads: there are no states, infos and units in
 * it, and a family has the name of its samples. Labels hold what seldom changes: no
 * summaries, no evidence. Each label set stands there once, whatever the report repeats.
 */
#include "daemon/ctl/metrics.h"

#include <inttypes.h>
#include <string.h>

#include "daemon/ctl/escape.h"
#include "daemon/ctl/format.h"
#include "daemon/ctl/outcomes.h"
#include "daemon/ctl/view.h"

static void begin_family(PfPage *page, PfMetricsForm form, const char *name, const char *type,
                         const char *unit, const char *help) {
        const char *suffix = "";

        if (form == PF_METRICS_PROMETHEUS) {
                suffix = strcmp(type, "info") == 0 ? "_info" : "";
                type = "gauge";
                unit = NULL;
        }
        pf_page_rawf(page, "# TYPE %s%s %s\n", name, suffix, type);
        if (unit)
                pf_page_rawf(page, "# UNIT %s %s\n", name, unit);
        pf_page_rawf(page, "# HELP %s%s ", name, suffix);
        pf_page_escaped(page, pf_escape_metric, help);
        pf_page_raw(page, "\n");
}

static void add_label(PfPage *page, const char *before, const char *name, const char *value) {
        pf_page_rawf(page, "%s%s=\"", before, name);
        pf_page_escaped(page, pf_escape_metric, value);
        pf_page_raw(page, "\"");
}

static void add_usec(PfPage *page, const PfJson *object, const char *key) {
        char seconds[PF_SECONDS_MAX];

        pf_page_rawf(page, " %s\n",
                     pf_outcomes_seconds(pf_json_integer(pf_json_get(object, key)), seconds));
}

/* --- the whole --- */

static void add_target(PfPage *page, PfMetricsForm form, const PfJson *report) {
        static const struct {
                const char *label;
                const char *key;
                bool is_of_host;
        } labels[] = {
                { "hostname", "hostname", true },
                { "machine_id", "machineId", true },
                { "os", "os", true },
                { "kernel", "kernel", true },
                { "profile", "profile", false },
                { "agent_version", "agentVersion", false },
                { "account", "account", false },
                { "source", "source", false },
        };
        const PfJson *host = pf_json_get(report, "host");

        begin_family(page, form, "preflight_target", "info", NULL,
                     "The machine that was looked at, and what was asked of it.");
        pf_page_raw(page, "preflight_target_info");
        for (size_t i = 0; i < PF_ELEMENTS(labels); i++)
                add_label(page, i == 0 ? "{" : ",", labels[i].label,
                          pf_table_string(labels[i].is_of_host ? host : report, labels[i].key, ""));
        pf_page_raw(page, "} 1\n");
}

static void add_overall(PfPage *page, PfMetricsForm form, const PfJson *report) {
        static const char *const verdicts[] = { "ready", "blocked", "unknown" };

        begin_family(page, form, "preflight_verdict", "stateset", NULL,
                     "Is the machine ready for the agent?");
        for (size_t i = 0; i < PF_ELEMENTS(verdicts); i++)
                pf_page_rawf(page, "preflight_verdict{preflight_verdict=\"%s\"} %d\n", verdicts[i],
                             strcmp(verdicts[i], pf_view_verdict(report)) == 0);
}

/* Whether a machine is ready, the checks that were picked do not tell alone. */
static void add_partial(PfPage *page, PfMetricsForm form, const PfJson *report) {
        if (!pf_view_is_partial(report))
                return;
        begin_family(page, form, "preflight_partial", "gauge", NULL,
                     "1: only some checks were asked for, and the verdict is theirs.");
        pf_page_raw(page, "preflight_partial 1\n");
}

static void add_counts(PfPage *page, PfMetricsForm form, const PfJson *report) {
        begin_family(page, form, "preflight_checks", "gauge", NULL,
                     "How many checks have a verdict.");
        for (size_t i = 0; i < pf_n_looks; i++)
                pf_page_rawf(page, "preflight_checks{verdict=\"%s\"} %" PRId64 "\n",
                             pf_looks[i].verdict, pf_view_count(report, pf_looks[i].verdict));
}

static void add_times(PfPage *page, PfMetricsForm form, const PfJson *report) {
        begin_family(page, form, "preflight_started_timestamp_seconds", "gauge", "seconds",
                     "When the first probe was started.");
        pf_page_raw(page, "preflight_started_timestamp_seconds");
        add_usec(page, report, "startedUSec");
        begin_family(page, form, "preflight_duration_seconds", "gauge", "seconds",
                     "How long all probes took.");
        pf_page_raw(page, "preflight_duration_seconds");
        add_usec(page, report, "durationUSec");
}

/* --- a check --- */

static void add_verdict(PfPage *page, const PfFinding *finding) {
        const PfLook *look = pf_look_find(finding->verdict);

        for (size_t i = 0; i < pf_n_looks; i++) {
                add_label(page, "preflight_check_verdict{", "check", finding->id);
                pf_page_rawf(page, ",preflight_check_verdict=\"%s\"} %d\n", pf_looks[i].verdict,
                             look == &pf_looks[i]);
        }
}

/* The errors that it stands for, "95108,x-sshd-dropin-order". */
static void add_info(PfPage *page, const PfFinding *finding) {
        const PfJson *errors = pf_json_get(finding->check, "errorIds");

        add_label(page, "preflight_check_info{", "check", finding->id);
        add_label(page, ",", "severity", finding->severity);
        pf_page_raw(page, ",error_ids=\"");
        for (size_t i = 0; i < pf_json_length(errors); i++) {
                const char *id = pf_json_string(pf_json_at(errors, i));

                pf_page_raw(page, i > 0 ? "," : "");
                pf_page_escaped(page, pf_escape_metric, id ? id : "");
        }
        pf_page_raw(page, "\"} 1\n");
}

static void add_probed(PfPage *page, const PfFinding *finding) {
        add_label(page, "preflight_check_probed_timestamp_seconds{", "check", finding->id);
        pf_page_raw(page, "}");
        add_usec(page, finding->check, "probedUSec");
}

static void add_duration(PfPage *page, const PfFinding *finding) {
        add_label(page, "preflight_check_duration_seconds{", "check", finding->id);
        pf_page_raw(page, "}");
        add_usec(page, finding->check, "durationUSec");
}

static void add_waiver(PfPage *page, const PfFinding *finding) {
        const PfJson *waiver = pf_json_get(finding->check, "waiver");

        if (!waiver)
                return;
        add_label(page, "preflight_check_waiver_expiry_timestamp_seconds{", "check", finding->id);
        pf_page_raw(page, "}");
        add_usec(page, waiver, "expiresUSec");
}

static const struct {
        const char *name;
        const char *type;
        const char *unit;
        const char *help;
        void (*add)(PfPage *page, const PfFinding *finding);
} families[] = {
        { "preflight_check_verdict", "stateset", NULL, "The answer to a check.", add_verdict },
        { "preflight_check", "info", NULL,
          "What it means if a check fails, and the installer's errors that it stands for.",
          add_info },
        { "preflight_check_probed_timestamp_seconds", "gauge", "seconds",
          "When the probe that answers a check was started.", add_probed },
        { "preflight_check_duration_seconds", "gauge", "seconds",
          "How long the probe that answers a check took.", add_duration },
        { "preflight_check_waiver_expiry_timestamp_seconds", "gauge", "seconds",
          "Until when a failing check is waived.", add_waiver },
};

/* The findings without those whose ID was there before: the first one counts. */
static int drop_repeated(PfOutcomes *findings) {
        PF_CLEANUP(pf_json_freep) PfJson *seen = pf_json_new_object();
        size_t n = 0;

        if (!seen)
                return -ENOMEM;
        for (size_t i = 0; i < findings->n; i++) {
                const PfFinding *finding = &findings->items[i];

                if (pf_json_get(seen, finding->id))
                        continue;
                if (pf_json_put_bool(seen, finding->id, true) < 0)
                        return -ENOMEM;
                findings->items[n++] = *finding;
        }
        findings->n = n;
        return 0;
}

/* --- waivers --- */

static int count_state(PfJson *counts, const char *state) {
        uint64_t before = (uint64_t) pf_json_integer(pf_json_get(counts, state));

        return pf_json_put_uint(counts, state, before + 1);
}

static int add_state(const char *state, PfJson *count, void *data) {
        PfPage *page = data;

        add_label(page, "preflight_waivers{", "state", state);
        pf_page_rawf(page, "} %" PRId64 "\n", pf_json_integer(count));
        return 0;
}

static int add_waivers(PfPage *page, PfMetricsForm form, const PfJson *report) {
        PF_CLEANUP(pf_json_freep) PfJson *counts = pf_json_new_object();
        const PfJson *waivers = pf_json_get(report, "waivers");

        for (size_t i = 0; i < pf_json_length(waivers); i++)
                if (!counts || count_state(counts, pf_table_string(pf_json_at(waivers, i), "state",
                                                                   "unknown")) < 0)
                        return -ENOMEM;
        begin_family(page, form, "preflight_waivers", "gauge", NULL,
                     "How many waivers of the machine are in a state; only active ones count.");
        return pf_json_each(counts, add_state, page);
}

void pf_metrics_add(PfPage *page, PfMetricsForm form, const PfJson *report, bool strict) {
        PF_AUTO_OUTCOMES PfOutcomes findings = { 0 };

        if (pf_outcomes_load(report, strict, &findings) < 0 || drop_repeated(&findings) < 0) {
                page->error = page->error ? page->error : -ENOMEM;
                return;
        }
        add_target(page, form, report);
        add_overall(page, form, report);
        add_partial(page, form, report);
        add_counts(page, form, report);
        add_times(page, form, report);
        for (size_t i = 0; i < PF_ELEMENTS(families); i++) {
                begin_family(page, form, families[i].name, families[i].type, families[i].unit,
                             families[i].help);
                for (size_t j = 0; j < findings.n; j++)
                        families[i].add(page, &findings.items[j]);
        }
        if (add_waivers(page, form, report) < 0)
                page->error = page->error ? page->error : -ENOMEM;
        if (form == PF_METRICS_OPENMETRICS)
                pf_page_raw(page, "# EOF\n");
}

static void show_openmetrics(PfPage *page, const PfJson *report, const PfShow *show) {
        pf_metrics_add(page, PF_METRICS_OPENMETRICS, report, show->strict);
}

static void show_prometheus(PfPage *page, const PfJson *report, const PfShow *show) {
        pf_metrics_add(page, PF_METRICS_PROMETHEUS, report, show->strict);
}

const PfFormat pf_format_openmetrics = {
        .name = "openmetrics",
        .report = show_openmetrics,
};

const PfFormat pf_format_prometheus = {
        .name = "prometheus",
        .report = show_prometheus,
};
