/* SPDX-License-Identifier: MIT */
/*
 * SARIF 2.1.0. A check is a rule, with the texts of the catalogue, and its answer a
 * result; where evidence is in a file the result has that location. A waiver is a
 * suppression. What could not be determined is a result of kind "open", which many
 * viewers leave out: therefore it is a notification of the run as well, which then
 * was not successful.
 */
#include "daemon/ctl/format.h"

#include <inttypes.h>
#include <string.h>

#include "config/catalogue.h"
#include "daemon/ctl/escape.h"
#include "daemon/ctl/here.h"
#include "daemon/ctl/outcomes.h"
#include "daemon/ctl/format-table.h"
#include "daemon/ctl/text.h"
#include "daemon/ctl/view.h"

#define SCHEMA "https://json.schemastore.org/sarif-2.1.0.json"
#define BASE "ROOT" /* that paths are relative to */
#define URI_MAX (3u * PF_PAGE_MAX)

/* --- parts --- */

/* A message object. Rule: 3.11.6, "[text](target)" would be a link: a bracket of
 * others' texts gets a backslash where one could begin. */
static PfJson *new_message(const char *text) {
        PF_CLEANUP(pf_json_freep) PfJson *message = pf_json_new_object();
        PF_AUTO_BUF PfBuf buf = PF_BUF_INIT(PF_PAGE_MAX);
        int r = pf_buf_add_string(&buf, "");

        if (!strstr(text, "](")) {
                r = pf_buf_add_string(&buf, text);
                text = "";
        }
        for (; *text && r == 0; text++)
                r = pf_buf_printf(&buf, *text == '[' || *text == ']' ? "\\%c" : "%c", *text);
        if (r < 0 || !message || pf_json_put_string(message, "text", buf.data) < 0)
                return NULL;
        return PF_STEAL(message);
}

static PfJson *new_location_of(const char *uri, const char *base) {
        PF_CLEANUP(pf_json_freep) PfJson *location = pf_json_new_object();

        if (!location || pf_json_put_string(location, "uri", uri) < 0 ||
            (base && pf_json_put_string(location, "uriBaseId", base) < 0))
                return NULL;
        return PF_STEAL(location);
}

/* The file of an absolute path, relative to the root of the machine. */
static PfJson *new_file(const char *path) {
        PF_AUTO_BUF PfBuf uri = PF_BUF_INIT(URI_MAX);

        path += strspn(path, "/");
        if (pf_escape_uri_path(&uri, *path ? path : ".") < 0)
                return NULL;
        return new_location_of(uri.data, BASE);
}

/* Lines count from 1; without one there is no region. */
static int put_region(PfJson *physical, const PfJson *evidence) {
        PF_CLEANUP(pf_json_freep) PfJson *region = pf_json_new_object();
        PF_CLEANUP(pf_json_freep) PfJson *snippet = pf_json_new_object();
        const char *found = pf_json_get_string(evidence, "found");
        int64_t line = pf_json_integer(pf_json_get(evidence, "line"));

        if (line < 1 || line > INT32_MAX)
                return 0;
        if (!region || !snippet || pf_json_put_uint(region, "startLine", (uint64_t) line) < 0 ||
            (found && (pf_json_put_string(snippet, "text", found) < 0 ||
                       pf_json_put_take(region, "snippet", PF_STEAL(snippet)) < 0)))
                return -ENOMEM;
        return pf_json_put_take(physical, "region", PF_STEAL(region));
}

/* The line that the table shows for the evidence. */
static PfJson *new_evidence_message(const PfJson *evidence) {
        static const PfTerminal plain = { .utf8 = true };
        PF_AUTO_PAGE PfPage page;

        pf_page_init(&page, &plain);
        pf_table_evidence(&page, 0, evidence);
        if (page.error < 0)
                return NULL;
        page.out.data[page.out.n - 1] = '\0'; /* the newline */
        return new_message(page.out.data);
}

/* --- results --- */

/* A location; NULL also where memory ran out: the caller knows which paths are there. */
static PfJson *new_location(const PfJson *evidence, uint64_t id) {
        PF_CLEANUP(pf_json_freep) PfJson *location = pf_json_new_object();
        PF_CLEANUP(pf_json_freep) PfJson *physical = pf_json_new_object();

        if (!location || !physical ||
            pf_json_put_take(physical, "artifactLocation",
                             new_file(pf_json_get_string(evidence, "path"))) < 0 ||
            put_region(physical, evidence) < 0 || pf_json_put_uint(location, "id", id) < 0 ||
            pf_json_put_take(location, "physicalLocation", PF_STEAL(physical)) < 0 ||
            pf_json_put_take(location, "message", new_evidence_message(evidence)) < 0)
                return NULL;
        return PF_STEAL(location);
}

/* The first is where the fault is; the others have to do with it. */
static int put_locations(PfJson *result, const PfJson *check) {
        PF_CLEANUP(pf_json_freep) PfJson *first = pf_json_new_array();
        PF_CLEANUP(pf_json_freep) PfJson *others = pf_json_new_array();
        const PfJson *evidence = pf_json_get(check, "evidence");

        if (!first || !others)
                return -ENOMEM;
        for (size_t i = 0; i < pf_json_length(evidence); i++) {
                const PfJson *item = pf_json_at(evidence, i);

                if (!pf_json_get_string(item, "path"))
                        continue;
                if (pf_json_append_take(pf_json_length(first) == 0 ? first : others,
                                        new_location(item, i)) < 0)
                        return -ENOMEM;
        }
        if (pf_json_put_take(result, "locations", PF_STEAL(first)) < 0)
                return -ENOMEM;
        return pf_json_put_take(result, "relatedLocations", PF_STEAL(others));
}

/* Rule: 3.27.23, of all results or of none; empty where it is not suppressed. */
static int put_suppressions(PfJson *result, const PfFinding *finding) {
        PF_CLEANUP(pf_json_freep) PfJson *array = pf_json_new_array();
        PF_CLEANUP(pf_json_freep) PfJson *suppression = pf_json_new_object();
        PF_AUTO_FREE char *text = pf_outcomes_waiver(pf_json_get(finding->check, "waiver"));

        if (!array || !suppression || !text)
                return -ENOMEM;
        if (strcmp(finding->verdict, "waived") == 0 &&
            (pf_json_put_string(suppression, "kind", "external") < 0 ||
             pf_json_put_string(suppression, "status", "accepted") < 0 ||
             pf_json_put_string(suppression, "justification", text) < 0 ||
             pf_json_append_take(array, PF_STEAL(suppression)) < 0))
                return -ENOMEM;
        return pf_json_put_take(result, "suppressions", PF_STEAL(array));
}

static int put_fingerprint(PfJson *result, const PfJson *check) {
        PF_CLEANUP(pf_json_freep) PfJson *prints = pf_json_new_object();
        const char *print = pf_json_get_string(check, "fingerprint");

        if (!print)
                return 0;
        if (!prints || pf_json_put_string(prints, "preflightEvidence/v1", print) < 0)
                return -ENOMEM;
        return pf_json_put_take(result, "partialFingerprints", PF_STEAL(prints));
}

static const char *level_of(const char *severity) {
        if (strcmp(severity, "blocker") == 0)
                return "error";
        return strcmp(severity, "warning") == 0 ? "warning" : "note";
}

/* Rule: 3.27.9 and 3.27.10, the level is "none" for any kind but "fail". */
static int put_kind(PfJson *result, const PfFinding *finding) {
        static const struct {
                const char *verdict;
                const char *kind;
        } kinds[] = { { "pass", "pass" },
                      { "skip", "notApplicable" },
                      { "warn", "fail" },
                      { "fail", "fail" },
                      { "waived", "fail" } };
        const char *kind = "open", *level = "none";

        for (size_t i = 0; i < PF_ELEMENTS(kinds); i++)
                if (strcmp(finding->verdict, kinds[i].verdict) == 0)
                        kind = kinds[i].kind;
        if (strcmp(kind, "fail") == 0)
                level = level_of(finding->severity);
        /* It will work all the same. */
        if (strcmp(finding->verdict, "warn") == 0 && strcmp(level, "error") == 0)
                level = "warning";
        if (pf_json_put_string(result, "kind", kind) < 0)
                return -ENOMEM;
        return pf_json_put_string(result, "level", level);
}

/* What has no place of its own in SARIF. */
static int put_result_properties(PfJson *result, const PfFinding *finding) {
        static const char *const members[] = { "verdict",     "severity",      "errorIds",
                                               "reason",      "where",         "remedy",
                                               "waiver",      "vendorVerdict", "probedUSec",
                                               "durationUSec" };
        PF_CLEANUP(pf_json_freep) PfJson *properties = pf_json_new_object();

        if (!properties)
                return -ENOMEM;
        for (size_t i = 0; i < PF_ELEMENTS(members); i++) {
                PfJson *value = pf_json_get(finding->check, members[i]);

                if (value && pf_json_put_take(properties, members[i], pf_json_ref(value)) < 0)
                        return -ENOMEM;
        }
        return pf_json_put_take(result, "properties", PF_STEAL(properties));
}

static PfJson *new_result(const PfFinding *finding, size_t rule) {
        PF_CLEANUP(pf_json_freep) PfJson *result = pf_json_new_object();

        if (!result || pf_json_put_string(result, "ruleId", finding->id) < 0 ||
            pf_json_put_uint(result, "ruleIndex", rule) < 0 || put_kind(result, finding) < 0 ||
            pf_json_put_take(result, "message", new_message(finding->summary)) < 0 ||
            put_locations(result, finding->check) < 0 || put_suppressions(result, finding) < 0 ||
            put_fingerprint(result, finding->check) < 0 ||
            put_result_properties(result, finding) < 0)
                return NULL;
        return PF_STEAL(result);
}

/* --- rules --- */

/* Puts a message under @key; nothing where there is no text. */
static int put_text(PfJson *object, const char *key, const char *text) {
        return text && *text ? pf_json_put_take(object, key, new_message(text)) : 0;
}

static int put_catalogue(PfJson *rule, const PfCatalogueEntry *entry) {
        PF_CLEANUP(pf_json_freep) PfJson *configuration = pf_json_new_object();
        const char *level = level_of(pf_severity_to_string(entry->severity));

        if (put_text(rule, "shortDescription", entry->title) < 0 ||
            put_text(rule, "fullDescription", entry->why) < 0 ||
            put_text(rule, "help", entry->fix) < 0 ||
            pf_json_put_string(rule, "helpUri", entry->documentation) < 0 || !configuration ||
            pf_json_put_string(configuration, "level", level) < 0)
                return -ENOMEM;
        return pf_json_put_take(rule, "defaultConfiguration", PF_STEAL(configuration));
}

/* A check that is not in this program's catalogue comes from a newer daemon. */
static PfJson *new_rule(const PfFinding *finding) {
        PF_CLEANUP(pf_json_freep) PfJson *rule = pf_json_new_object();
        const PfCatalogueEntry *entry = pf_catalogue_find(finding->id);

        if (!rule || pf_json_put_string(rule, "id", finding->id) < 0 ||
            (entry && put_catalogue(rule, entry) < 0))
                return NULL;
        return PF_STEAL(rule);
}

/* Adds the rule unless it is there. @indices remembers by name where. */
static int add_rule(PfJson *rules, PfJson *indices, const PfFinding *finding, size_t *ret) {
        const PfJson *known = pf_json_get(indices, finding->id);

        *ret = known ? (size_t) pf_json_integer(known) : pf_json_length(rules);
        if (known)
                return 0;
        if (pf_json_put_uint(indices, finding->id, *ret) < 0)
                return -ENOMEM;
        return pf_json_append_take(rules, new_rule(finding));
}

/* --- the run --- */

static int add_notification(PfJson *array, const char *level, const char *text,
                            const char *rule_id) {
        PF_CLEANUP(pf_json_freep) PfJson *notification = pf_json_new_object();
        PF_CLEANUP(pf_json_freep) PfJson *rule = pf_json_new_object();

        if (!notification || !rule || pf_json_put_string(notification, "level", level) < 0 ||
            pf_json_put_take(notification, "message", new_message(text)) < 0 ||
            (rule_id && (pf_json_put_string(rule, "id", rule_id) < 0 ||
                         pf_json_put_take(notification, "associatedRule", PF_STEAL(rule)) < 0)))
                return -ENOMEM;
        return pf_json_append_take(array, PF_STEAL(notification));
}

static int put_unknown(PfJson *invocation, const PfOutcomes *findings) {
        PF_CLEANUP(pf_json_freep) PfJson *array = pf_json_new_array();

        for (size_t i = 0; i < findings->n; i++) {
                const PfFinding *finding = &findings->items[i];

                if (finding->outcome == PF_OUTCOME_ERROR &&
                    (!array || add_notification(array, level_of(finding->severity),
                                                finding->summary, finding->id) < 0))
                        return -ENOMEM;
        }
        return pf_json_put_take(invocation, "toolExecutionNotifications", PF_STEAL(array));
}

static int put_vain_waivers(PfJson *invocation, const PfJson *report) {
        PF_CLEANUP(pf_json_freep) PfJson *array = pf_json_new_array();
        const PfJson *waivers = pf_json_get(report, "waivers");

        for (size_t i = 0; i < pf_json_length(waivers); i++) {
                const PfJson *waiver = pf_json_at(waivers, i);
                PF_AUTO_BUF PfBuf text = PF_BUF_INIT(PF_PAGE_MAX);

                if (!pf_outcomes_waiver_is_trouble(waiver))
                        continue;
                if (pf_buf_printf(&text, "%s: %s", pf_table_string(waiver, "file", "waiver"),
                                  pf_table_string(waiver, "summary", "")) < 0 ||
                    !array || add_notification(array, "warning", text.data, NULL) < 0)
                        return -ENOMEM;
        }
        return pf_json_put_take(invocation, "toolConfigurationNotifications", PF_STEAL(array));
}

static int put_time(PfJson *object, const char *key, int64_t usec) {
        char text[PF_TIME_MAX];

        (void) pf_outcomes_time(usec, text);
        return *text ? pf_json_put_string(object, key, text) : 0;
}

static int put_invocation(PfJson *run, const PfOutcomes *findings, bool strict) {
        PF_CLEANUP(pf_json_freep) PfJson *array = pf_json_new_array();
        PF_CLEANUP(pf_json_freep) PfJson *invocation = pf_json_new_object();
        const PfJson *report = findings->report;
        const char *hostname = pf_json_get_string(pf_json_get(report, "host"), "hostname");
        PfExit status = pf_view_exit(report, strict);
        int64_t started = pf_json_integer(pf_json_get(report, "startedUSec"));
        int64_t duration = pf_json_integer(pf_json_get(report, "durationUSec"));

        /* Beyond that the end is as unknown as the sum. */
        if (duration < 0 || duration > INT64_MAX - INT64_C(1000000) || started < 0 ||
            started > INT64_MAX - duration)
                started = 0, duration = 0;
        if (!array || !invocation ||
            pf_json_put_bool(invocation, "executionSuccessful", status != PF_EXIT_UNKNOWN) < 0 ||
            pf_json_put_uint(invocation, "exitCode", (uint64_t) status) < 0 ||
            (hostname && pf_json_put_string(invocation, "machine", hostname) < 0) ||
            put_time(invocation, "startTimeUtc", started) < 0 ||
            put_time(invocation, "endTimeUtc", started + duration) < 0 ||
            put_unknown(invocation, findings) < 0 || put_vain_waivers(invocation, report) < 0 ||
            pf_json_append_take(array, PF_STEAL(invocation)) < 0)
                return -ENOMEM;
        return pf_json_put_take(run, "invocations", PF_STEAL(array));
}

/* Paths are relative to the root of the machine, or of the image. */
static int put_base(PfJson *run, const char *root) {
        PF_CLEANUP(pf_json_freep) PfJson *bases = pf_json_new_object();
        PF_AUTO_FREE char *absolute = root ? pf_here_absolute(root) : NULL;
        PF_AUTO_BUF PfBuf uri = PF_BUF_INIT(URI_MAX);
        size_t n;

        if (!bases || pf_buf_add_string(&uri, "file://") < 0 ||
            pf_escape_uri_path(&uri, absolute ? absolute : "/") < 0)
                return -ENOMEM;
        n = uri.n;
        if ((uri.data[n - 1] != '/' && pf_buf_add_string(&uri, "/") < 0) ||
            pf_json_put_take(bases, BASE, new_location_of(uri.data, NULL)) < 0)
                return -ENOMEM;
        return pf_json_put_take(run, "originalUriBaseIds", PF_STEAL(bases));
}

static int put_tool(PfJson *run, PfJson *rules_take) {
        PF_CLEANUP(pf_json_freep) PfJson *rules = rules_take;
        PF_CLEANUP(pf_json_freep) PfJson *tool = pf_json_new_object();
        PF_CLEANUP(pf_json_freep) PfJson *driver = pf_json_new_object();

        if (!tool || !driver || pf_json_put_string(driver, "name", "preflightd") < 0 ||
            pf_json_put_string(driver, "semanticVersion", PF_VERSION) < 0 ||
            pf_json_put_take(driver, "rules", PF_STEAL(rules)) < 0 ||
            pf_json_put_take(tool, "driver", PF_STEAL(driver)) < 0)
                return -ENOMEM;
        return pf_json_put_take(run, "tool", PF_STEAL(tool));
}

static int put_run_properties(PfJson *run, const PfJson *report) {
        static const char *const members[] = { "verdict", "host",      "profile", "agentVersion",
                                               "account", "source",    "partial", "counts",
                                               "waivers", "notCovered" };
        PF_CLEANUP(pf_json_freep) PfJson *properties = pf_json_new_object();

        if (!properties)
                return -ENOMEM;
        for (size_t i = 0; i < PF_ELEMENTS(members); i++) {
                PfJson *value = pf_json_get(report, members[i]);

                if (value && pf_json_put_take(properties, members[i], pf_json_ref(value)) < 0)
                        return -ENOMEM;
        }
        return pf_json_put_take(run, "properties", PF_STEAL(properties));
}

static PfJson *new_run(const PfOutcomes *findings, const PfShow *show) {
        PF_CLEANUP(pf_json_freep) PfJson *run = pf_json_new_object();
        PF_CLEANUP(pf_json_freep) PfJson *results = pf_json_new_array();
        PF_CLEANUP(pf_json_freep) PfJson *rules = pf_json_new_array();
        PF_CLEANUP(pf_json_freep) PfJson *indices = pf_json_new_object();

        if (!run || !results || !rules || !indices)
                return NULL;
        for (size_t i = 0; i < findings->n; i++) {
                size_t rule;

                if (add_rule(rules, indices, &findings->items[i], &rule) < 0 ||
                    pf_json_append_take(results, new_result(&findings->items[i], rule)) < 0)
                        return NULL;
        }
        if (put_tool(run, PF_STEAL(rules)) < 0 || put_invocation(run, findings, show->strict) < 0 ||
            put_base(run, show->root) < 0 ||
            pf_json_put_take(run, "results", PF_STEAL(results)) < 0 ||
            put_run_properties(run, findings->report) < 0)
                return NULL;
        return PF_STEAL(run);
}

static void show_report(PfPage *page, const PfJson *report, const PfShow *show) {
        PF_AUTO_OUTCOMES PfOutcomes findings = { 0 };
        PF_CLEANUP(pf_json_freep) PfJson *log = pf_json_new_object();
        PF_CLEANUP(pf_json_freep) PfJson *runs = pf_json_new_array();

        if (!log || !runs || pf_outcomes_load(report, show->strict, &findings) < 0 ||
            pf_json_append_take(runs, new_run(&findings, show)) < 0 ||
            pf_json_put_string(log, "$schema", SCHEMA) < 0 ||
            pf_json_put_string(log, "version", "2.1.0") < 0 ||
            pf_json_put_take(log, "runs", PF_STEAL(runs)) < 0) {
                page->error = page->error ? page->error : -ENOMEM;
                return;
        }
        if (page->error == 0)
                page->error = pf_text_add_json(&page->out, log, true);
        pf_page_empty_line(page);
}

const PfFormat pf_format_sarif = {
        .name = "sarif",
        .report = show_report,
};
