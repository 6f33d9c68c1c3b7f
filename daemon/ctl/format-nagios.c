/* SPDX-License-Identifier: MIT */
/*
 * What a monitoring plugin prints, by the Monitoring Plugins Development
 * Guidelines: a line with the state, a text and performance data; below it what is
 * wrong. Ends with 0 OK, 1 WARNING, 2 CRITICAL or 3 UNKNOWN, also where there was no
 * answer at all.
 */
#include "daemon/ctl/format.h"

#include <inttypes.h>
#include <string.h>

#include "daemon/ctl/escape.h"
#include "daemon/ctl/outcomes.h"
#include "daemon/ctl/format-table.h"
#include "daemon/ctl/text.h"
#include "daemon/ctl/view.h"

#define SERVICE "PREFLIGHT"
#define FIRST_MAX 512 /* bytes of the text in the first line */
/* Readers cut at 8 KiB, and need not do it between characters. */
#define OUTPUT_MAX 7168

enum { STATE_OK, STATE_WARNING, STATE_CRITICAL, STATE_UNKNOWN };

static const char *const state_names[] = {
        [STATE_OK] = "OK",
        [STATE_WARNING] = "WARNING",
        [STATE_CRITICAL] = "CRITICAL",
        [STATE_UNKNOWN] = "UNKNOWN",
};

/* Of a machine that is ready. What somebody waived, somebody knows. */
static int state_of_ready(const PfJson *report) {
        PF_AUTO_OUTCOMES PfOutcomes findings = { 0 };

        if (pf_outcomes_load(report, false, &findings) < 0)
                return STATE_UNKNOWN;
        for (size_t i = 0; i < findings.n; i++) {
                const PfFinding *finding = &findings.items[i];

                if ((finding->outcome == PF_OUTCOME_WARNING ||
                     finding->outcome == PF_OUTCOME_FAILURE) &&
                    strcmp(finding->severity, "info") != 0)
                        return STATE_WARNING;
        }
        return STATE_OK;
}

static int state_of(const PfJson *report, bool strict) {
        switch (pf_view_exit(report, strict)) {
        case PF_EXIT_OK:
                return state_of_ready(report);
        case PF_EXIT_BLOCKED:
                return STATE_CRITICAL;
        default:
                return STATE_UNKNOWN;
        }
}

/* As much of a text as fits, made fit for a plugin. */
static void add_cut(PfPage *page, const char *text, size_t max) {
        size_t n = pf_text_cut(text, max);
        PF_AUTO_FREE char *cut = strndup(text, n);

        if (!cut) {
                page->error = page->error ? page->error : -ENOMEM;
                return;
        }
        pf_page_escaped(page, pf_escape_plugin, cut);
        if (text[n] != '\0')
                pf_page_raw(page, "...");
}

/* 'label'=value[unit];warn;crit;min;max. One failure is critical, and one that is
 * not known, too, by their ranges. */
static void add_performance(PfPage *page, const PfJson *report) {
        int64_t total = (int64_t) pf_json_length(pf_json_get(report, "checks"));
        char seconds[PF_SECONDS_MAX];

        pf_page_raw(page, " |");
        for (size_t i = 0; i < pf_n_looks; i++) {
                int64_t count = pf_view_count(report, pf_looks[i].verdict);

                pf_page_rawf(page, " '%s'=%" PRId64 ";;;0;%" PRId64, pf_looks[i].verdict,
                             count < 0 ? 0 : count, total);
        }
        pf_page_rawf(
                page, " 'duration'=%ss;;;0;",
                pf_outcomes_seconds(pf_json_integer(pf_json_get(report, "durationUSec")), seconds));
}

static void add_finding(PfPage *page, const PfFinding *finding) {
        PF_AUTO_FREE char *details = pf_outcomes_details(finding);

        pf_page_rawf(page, "[%s] ", pf_look_find(finding->verdict)->word);
        add_cut(page, finding->id, FIRST_MAX);
        pf_page_raw(page, ": ");
        add_cut(page, finding->summary, FIRST_MAX);
        pf_page_raw(page, "\n");
        if (!details) {
                page->error = page->error ? page->error : -ENOMEM;
                return;
        }
        for (const char *line = details; *line;) {
                size_t n = strcspn(line, "\n");
                PF_AUTO_FREE char *text = strndup(line, n);

                pf_page_raw(page, "  ");
                add_cut(page, text ? text : "", FIRST_MAX);
                pf_page_raw(page, "\n");
                line += n + (line[n] == '\n');
        }
}

/* What is wrong, as far as there is room for it. */
static void add_findings(PfPage *page, const PfOutcomes *findings) {
        size_t left_out = 0;

        for (size_t i = 0; i < findings->n && page->error == 0; i++) {
                size_t before = page->out.n;

                if (!pf_look_find(findings->items[i].verdict)->is_trouble)
                        continue;
                if (left_out == 0)
                        add_finding(page, &findings->items[i]);
                if (left_out > 0 || page->out.n > OUTPUT_MAX) {
                        page->out.n = before;
                        left_out++;
                }
        }
        if (left_out > 0)
                pf_page_rawf(page, "and %zu more: " PF_CTL_NAME " check\n", left_out);
}

static void add_waivers(PfPage *page, const PfJson *report) {
        const PfJson *waivers = pf_json_get(report, "waivers");

        for (size_t i = 0; i < pf_json_length(waivers) && page->out.n < OUTPUT_MAX; i++) {
                const PfJson *waiver = pf_json_at(waivers, i);

                if (!pf_outcomes_waiver_is_trouble(waiver))
                        continue;
                pf_page_raw(page, "waiver ");
                add_cut(page, pf_table_string(waiver, "file", ""), FIRST_MAX);
                pf_page_raw(page, ": ");
                add_cut(page, pf_table_string(waiver, "summary", ""), FIRST_MAX);
                pf_page_raw(page, "\n");
        }
}

static void show_report(PfPage *page, const PfJson *report, const PfShow *show) {
        PF_AUTO_OUTCOMES PfOutcomes findings = { 0 };
        PF_AUTO_FREE char *status = pf_view_status(report, PF_LANGUAGE_ENGLISH);

        if (!status || pf_outcomes_load(report, show->strict, &findings) < 0) {
                page->error = page->error ? page->error : -ENOMEM;
                return;
        }
        pf_page_rawf(page, SERVICE " %s: ", state_names[state_of(report, show->strict)]);
        add_cut(page, status, FIRST_MAX);
        add_performance(page, report);
        pf_page_raw(page, "\n");
        if (show->quiet)
                return;
        add_findings(page, &findings);
        add_waivers(page, report);
}

static int show_failure(PfPage *page, const char *text) {
        pf_page_rawf(page, SERVICE " %s: ", state_names[STATE_UNKNOWN]);
        add_cut(page, text, FIRST_MAX);
        pf_page_raw(page, "\n");
        return STATE_UNKNOWN;
}

const PfFormat pf_format_nagios = {
        .name = "nagios",
        .report = show_report,
        .exit = state_of,
        .failure = show_failure,
};
