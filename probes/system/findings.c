/* SPDX-License-Identifier: MIT */
/*
 * Findings, and the answer that is made of them.
 */
#include "probes/system/findings.h"

#include <stdarg.h>
#include <string.h>

#define NAMES_MAX 512

static const PfCheck evidence_only = { "" };

void pf_system_findings_deinit(PfFindings *findings) {
        for (size_t i = 0; i < findings->n; i++)
                pf_report_deinit(&findings->items[i].evidence);
        free(findings->items);
        *findings = (PfFindings){ 0 };
}

static void put(char text[static PF_FINDING_TEXT_MAX], const char *fmt, va_list args)
        PF_PRINTF(2, 0);

static void put(char text[static PF_FINDING_TEXT_MAX], const char *fmt, va_list args) {
        (void) vsnprintf(text, PF_FINDING_TEXT_MAX, fmt, args);
}

void pf_finding_add(PfFindings *findings, PfFindingState state, const char *name, const char *fmt,
                    ...) {
        PfFinding *items;
        va_list args;

        if (findings->error < 0)
                return;
        if (findings->n == PF_FINDINGS_MAX) {
                findings->error = -E2BIG;
                return;
        }
        items = realloc(findings->items, (findings->n + 1) * sizeof(*items));
        if (!items) {
                findings->error = -ENOMEM;
                return;
        }
        findings->items = items;
        items[findings->n] = (PfFinding){ .state = state, .name = name };
        va_start(args, fmt);
        put(items[findings->n++].text, fmt, args);
        va_end(args);
}

static PfFinding *last(PfFindings *findings) {
        return findings->error < 0 || findings->n == 0 ? NULL : &findings->items[findings->n - 1];
}

void pf_finding_remedy(PfFindings *findings, const char *fmt, ...) {
        PfFinding *finding = last(findings);
        va_list args;

        va_start(args, fmt);
        if (finding)
                put(finding->remedy, fmt, args);
        va_end(args);
}

void pf_finding_vendor(PfFindings *findings, const char *fmt, ...) {
        PfFinding *finding = last(findings);
        va_list args;

        va_start(args, fmt);
        if (finding)
                put(finding->vendor, fmt, args);
        va_end(args);
}

void pf_finding_reason(PfFindings *findings, const char *word) {
        PfFinding *finding = last(findings);

        if (finding)
                finding->reason = word;
}

static void add_evidence(PfFindings *findings, const PfTarget *target, const char *path,
                         unsigned line, const char *found, const char *expected) {
        PfFinding *finding = last(findings);
        int r;

        if (!finding)
                return;
        r = finding->evidence.n > 0 ? 0 : pf_report_pass(&finding->evidence, &evidence_only, "-");
        if (r == 0)
                r = pf_report_evidence(&finding->evidence, target, path, line, found, expected);
        if (r < 0)
                findings->error = r;
}

void pf_finding_evidence(PfFindings *findings, const char *path, unsigned line, const char *found,
                         const char *expected) {
        add_evidence(findings, findings->target, path, line, found, expected);
}

void pf_finding_evidence_said(PfFindings *findings, const char *path, const char *found,
                              const char *expected) {
        add_evidence(findings, NULL, path, 0, found, expected);
}

/* The one that decides: the first of the worst; NULL where there is none. */
static const PfFinding *find_worst(const PfFindings *findings) {
        const PfFinding *worst = NULL;

        for (size_t i = 0; i < findings->n; i++)
                if (!worst || findings->items[i].state > worst->state)
                        worst = &findings->items[i];
        return worst;
}

/* ", also: host name, memory" of those beside @worst that weigh at least @state. */
static const char *name_others(const PfFindings *findings, const PfFinding *worst,
                               PfFindingState state, const char *joint,
                               char names[static NAMES_MAX]) {
        const char *before = NULL;
        size_t n = 0;

        names[0] = '\0';
        for (size_t i = 0; i < findings->n && n < NAMES_MAX - 1; i++) {
                const PfFinding *finding = &findings->items[i];

                if (finding == worst || finding->state < state ||
                    (before && strcmp(before, finding->name) == 0) ||
                    (worst && strcmp(worst->name, finding->name) == 0))
                        continue;
                n += (size_t) snprintf(names + n, NAMES_MAX - n, "%s%s", n == 0 ? joint : ", ",
                                       finding->name);
                before = finding->name;
        }
        return names;
}

static int copy_evidence(const PfFinding *finding, PfReport *report) {
        const PfResult *result = finding->evidence.n > 0 ? finding->evidence.results : NULL;

        return result ? pf_report_evidence_copy(report, result->evidence, result->n_evidence) : 0;
}

/* Of an answer that passes all that was found; of another what is wrong, worst first. */
static int add_all_evidence(const PfFindings *findings, PfReport *report, PfFindingState worst) {
        PfFindingState least = worst > PF_FINDING_GOOD ? PF_FINDING_DOUBTFUL : PF_FINDING_GOOD;

        for (int state = PF_FINDING_BAD; state >= (int) least; state--)
                for (size_t i = 0; i < findings->n; i++)
                        if (findings->items[i].state == (PfFindingState) state &&
                            copy_evidence(&findings->items[i], report) < 0)
                                return report->error;
        return report->error;
}

/* What the vendor's check says, and the word for the cause: of the first that has one. */
static void add_words(const PfFindings *findings, PfReport *report, const PfFinding *worst) {
        const PfFinding *with_vendor = *worst->vendor ? worst : NULL;

        for (size_t i = 0; i < findings->n && !with_vendor; i++)
                if (*findings->items[i].vendor)
                        with_vendor = &findings->items[i];
        if (with_vendor)
                (void) pf_report_vendor_verdict(report, "%s", with_vendor->vendor);
        if (*worst->remedy)
                (void) pf_report_remedy(report, "%s", worst->remedy);
        if (worst->reason)
                pf_report_reason(report, worst->reason);
}

int pf_findings_answer(const PfFindings *findings, PfReport *report, const PfCheck *check,
                       const char *good, const char *idle) {
        static int (*const answers[])(PfReport *, const PfCheck *, const char *, ...) = {
                [PF_FINDING_DOUBTFUL] = pf_report_warn,
                [PF_FINDING_UNKNOWN] = pf_report_unknown,
                [PF_FINDING_BAD] = pf_report_fail,
        };
        const PfFinding *worst = find_worst(findings);
        char names[NAMES_MAX];

        if (findings->error < 0)
                return findings->error;
        if (!worst || worst->state == PF_FINDING_IDLE)
                return pf_report_skip(report, check, "%s", idle);
        if (worst->state == PF_FINDING_GOOD)
                (void) pf_report_pass(report, check, "%s%s", good,
                                      name_others(findings, NULL, PF_FINDING_GOOD, ": ", names));
        else
                (void) answers[worst->state](
                        report, check, "%s%s", worst->text,
                        name_others(findings, worst, PF_FINDING_DOUBTFUL, "; also: ", names));
        (void) add_all_evidence(findings, report, worst->state);
        add_words(findings, report, worst);
        return report->error;
}
