/* SPDX-License-Identifier: MIT */
/*
 * JUnit XML, as Ant's <junit> task began to write it and Jenkins, GitLab and
 * others read it. A check is a test case: one that fails is a failure, one that is
 * not known an error, one that does not apply or is waived is skipped. Only
 * elements and attributes are used that both the schema of Ant and that of Jenkins
 * allow; so what is good but worth a word stands in system-out of the whole.
 */
#include "daemon/ctl/format.h"

#include <string.h>

#include "daemon/ctl/escape.h"
#include "daemon/ctl/outcomes.h"
#include "daemon/ctl/format-table.h"
#include "daemon/ctl/view.h"

static void add_attribute(PfPage *page, const char *name, const char *value) {
        pf_page_rawf(page, " %s=\"", name);
        pf_page_escaped(page, pf_escape_xml_attribute, value);
        pf_page_raw(page, "\"");
}

static void add_seconds(PfPage *page, const PfJson *object) {
        char seconds[PF_SECONDS_MAX];

        add_attribute(
                page, "time",
                pf_outcomes_seconds(pf_json_integer(pf_json_get(object, "durationUSec")), seconds));
}

/* --- what was asked, of which machine --- */

static void add_property(PfPage *page, const char *name, const char *value) {
        if (!value)
                return;
        pf_page_raw(page, "      <property");
        add_attribute(page, "name", name);
        add_attribute(page, "value", value);
        pf_page_raw(page, "/>\n");
}

static void add_properties(PfPage *page, const PfJson *report, const PfShow *show) {
        static const char *const of_report[] = { "verdict", "profile", "agentVersion", "account",
                                                 "source" };
        static const char *const of_host[] = { "hostname", "machineId", "bootId", "os", "kernel" };
        const PfJson *host = pf_json_get(report, "host");

        pf_page_raw(page, "    <properties>\n");
        add_property(page, "program", PF_CTL_NAME " " PF_VERSION);
        for (size_t i = 0; i < PF_ELEMENTS(of_report); i++)
                add_property(page, of_report[i], pf_json_get_string(report, of_report[i]));
        if (pf_view_is_partial(report))
                add_property(page, "partial", "true");
        for (size_t i = 0; i < PF_ELEMENTS(of_host); i++)
                add_property(page, of_host[i], pf_json_get_string(host, of_host[i]));
        add_property(page, "root", show->root);
        pf_page_raw(page, "    </properties>\n");
}

/* --- a check --- */

static void add_details(PfPage *page, const PfFinding *finding) {
        PF_AUTO_FREE char *details = pf_outcomes_details(finding);

        if (!details) {
                page->error = page->error ? page->error : -ENOMEM;
                return;
        }
        pf_page_escaped(page, pf_escape_xml_text, details);
}

/* A waiver is said with the reason that was given for it. */
static void add_skipped(PfPage *page, const PfFinding *finding) {
        const PfJson *waiver = pf_json_get(finding->check, "waiver");
        PF_AUTO_FREE char *text = waiver ? pf_outcomes_waiver(waiver) : NULL;
        PF_AUTO_BUF PfBuf message = PF_BUF_INIT(PF_PAGE_MAX);

        if (pf_buf_printf(&message, "%s%s%s", finding->summary, text ? "; " : "",
                          text ? text : "") < 0)
                page->error = page->error ? page->error : -ENOMEM;
        pf_page_raw(page, "      <skipped");
        add_attribute(page, "message", message.data ? message.data : "");
        pf_page_raw(page, "/>\n");
}

static void add_trouble(PfPage *page, const PfFinding *finding) {
        const char *name = finding->outcome == PF_OUTCOME_FAILURE ? "failure" : "error";

        pf_page_rawf(page, "      <%s", name);
        add_attribute(page, "message", finding->summary);
        add_attribute(page, "type", finding->severity);
        pf_page_raw(page, ">");
        add_details(page, finding);
        pf_page_rawf(page, "</%s>\n", name);
}

static void add_case(PfPage *page, const PfFinding *finding) {
        pf_page_raw(page, "    <testcase");
        add_attribute(page, "name", finding->id);
        pf_page_raw(page, " classname=\"preflight.");
        if (page->error == 0) {
                PF_AUTO_FREE char *subject = strndup(finding->subject, finding->n_subject);

                pf_page_escaped(page, pf_escape_xml_attribute, subject ? subject : "");
        }
        pf_page_raw(page, "\"");
        add_seconds(page, finding->check);
        if (finding->outcome == PF_OUTCOME_OK || finding->outcome == PF_OUTCOME_WARNING) {
                pf_page_raw(page, "/>\n");
                return;
        }
        pf_page_raw(page, ">\n");
        if (finding->outcome == PF_OUTCOME_SKIPPED)
                add_skipped(page, finding);
        else
                add_trouble(page, finding);
        pf_page_raw(page, "    </testcase>\n");
}

/* --- the whole --- */

static void add_warnings(PfPage *page, const PfOutcomes *findings) {
        pf_page_raw(page, "    <system-out>");
        for (size_t i = 0; i < findings->n; i++) {
                const PfFinding *finding = &findings->items[i];

                if (finding->outcome != PF_OUTCOME_WARNING)
                        continue;
                pf_page_escaped(page, pf_escape_xml_text, finding->id);
                pf_page_raw(page, ": ");
                pf_page_escaped(page, pf_escape_xml_text, finding->summary);
                pf_page_raw(page, "\n");
                add_details(page, finding);
        }
        pf_page_raw(page, "</system-out>\n");
}

static void add_waivers(PfPage *page, const PfJson *report) {
        const PfJson *waivers = pf_json_get(report, "waivers");

        pf_page_raw(page, "    <system-err>");
        for (size_t i = 0; i < pf_json_length(waivers); i++) {
                const PfJson *waiver = pf_json_at(waivers, i);

                if (!pf_outcomes_waiver_is_trouble(waiver))
                        continue;
                pf_page_raw(page, "waiver ");
                pf_page_escaped(page, pf_escape_xml_text, pf_table_string(waiver, "file", ""));
                pf_page_raw(page, ": ");
                pf_page_escaped(page, pf_escape_xml_text, pf_table_string(waiver, "summary", ""));
                pf_page_raw(page, "\n");
        }
        pf_page_raw(page, "</system-err>\n");
}

static void add_suite_tag(PfPage *page, const PfOutcomes *findings) {
        const PfJson *report = findings->report;
        const char *hostname = pf_table_string(pf_json_get(report, "host"), "hostname", "");
        int64_t started = pf_json_integer(pf_json_get(report, "startedUSec"));
        char time[PF_TIME_MAX];

        pf_page_raw(page, "  <testsuite package=\"preflight\" id=\"0\"");
        add_attribute(page, "name", pf_table_string(report, "profile", "preflight"));
        /* White space alone counts as nothing, which it may not be. */
        add_attribute(page, "hostname",
                      hostname[strspn(hostname, " \t\r\n")] ? hostname : "unknown");
        /* Without a zone: so do both schemas, and the readers take it for UTC. */
        (void) pf_outcomes_time(started, time);
        time[strcspn(time, "Z")] = '\0';
        add_attribute(page, "timestamp", *time ? time : "1970-01-01T00:00:00");
        pf_page_rawf(page, " tests=\"%zu\" failures=\"%zu\" errors=\"%zu\" skipped=\"%zu\"",
                     findings->n, findings->counts[PF_OUTCOME_FAILURE],
                     findings->counts[PF_OUTCOME_ERROR], findings->counts[PF_OUTCOME_SKIPPED]);
        add_seconds(page, report);
        pf_page_raw(page, ">\n");
}

static void show_report(PfPage *page, const PfJson *report, const PfShow *show) {
        PF_AUTO_OUTCOMES PfOutcomes findings = { 0 };

        if (pf_outcomes_load(report, show->strict, &findings) < 0) {
                page->error = page->error ? page->error : -ENOMEM;
                return;
        }
        pf_page_raw(page, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites>\n");
        add_suite_tag(page, &findings);
        add_properties(page, report, show);
        for (size_t i = 0; i < findings.n; i++)
                add_case(page, &findings.items[i]);
        add_warnings(page, &findings);
        add_waivers(page, report);
        pf_page_raw(page, "  </testsuite>\n</testsuites>\n");
}

const PfFormat pf_format_junit = {
        .name = "junit",
        .report = show_report,
};
