/* SPDX-License-Identifier: MIT */
/*
 * Findings, and the answer that is made of them.
 */
#include "probes/system/findings.h"

#include <stdarg.h>
#include <string.h>

#define NAMES_MAX 512
#define TEXT_MAX 1024

static const PfCheck no_check = { "" };

static const PfVerdict verdicts[] = {
        [PF_FINDING_IDLE] = PF_SKIP,     [PF_FINDING_GOOD] = PF_PASS,
        [PF_FINDING_DOUBTFUL] = PF_WARN, [PF_FINDING_UNKNOWN] = PF_UNKNOWN,
        [PF_FINDING_BAD] = PF_FAIL,
};

void pf_system_findings_deinit(PfFindings *findings) {
        for (size_t i = 0; i < findings->n; i++)
                pf_report_deinit(&findings->items[i].answer);
        free(findings->items);
        *findings = (PfFindings){ 0 };
}

/* What a finding says; NULL where it could not be kept. */
static PfResult *result_of(const PfFinding *finding) {
        return finding->answer.n > 0 ? finding->answer.results : NULL;
}

static PfFinding *last(PfFindings *findings) {
        return findings->error < 0 || findings->n == 0 ? NULL : &findings->items[findings->n - 1];
}

static void note(PfFindings *findings, int r) {
        if (r < 0 && findings->error == 0)
                findings->error = r;
}

/* A sentence whole, and taken apart for other languages; in the place of what was there. */
static int put(char **text, PfMessage *message, const char *fmt, va_list args) PF_PRINTF(3, 0);

static int put(char **text, PfMessage *message, const char *fmt, va_list args) {
        char whole[TEXT_MAX];

        pf_message_deinit(message);
        free(*text);
        *text = NULL;
        if (pf_message_take(message, fmt, args) < 0 ||
            vsnprintf(whole, sizeof(whole), fmt, args) < 0)
                return -ENOMEM;
        *text = strdup(whole);
        return *text ? 0 : -ENOMEM;
}

static PfFinding *add(PfFindings *findings, PfFindingState state, const char *name) {
        PfFinding *items;

        if (findings->error < 0)
                return NULL;
        items = findings->n < PF_FINDINGS_MAX
                        ? realloc(findings->items, (findings->n + 1) * sizeof(*items))
                        : NULL;
        if (!items) {
                note(findings, findings->n < PF_FINDINGS_MAX ? -ENOMEM : -E2BIG);
                return NULL;
        }
        findings->items = items;
        items[findings->n] = (PfFinding){ .state = state, .name = name };
        return &items[findings->n++];
}

void pf_finding_add(PfFindings *findings, PfFindingState state, const char *name, const char *fmt,
                    ...) {
        PfFinding *finding = add(findings, state, name);
        PfResult *result;
        va_list args;

        if (!finding)
                return;
        note(findings, pf_report_pass(&finding->answer, &no_check, "-"));
        result = result_of(finding);
        if (!result)
                return;
        result->verdict = verdicts[state];
        va_start(args, fmt);
        note(findings, put(&result->summary, &result->summary_message, fmt, args));
        va_end(args);
}

void pf_finding_remedy(PfFindings *findings, const char *fmt, ...) {
        PfFinding *finding = last(findings);
        PfResult *result = finding ? result_of(finding) : NULL;
        va_list args;

        va_start(args, fmt);
        if (result)
                note(findings, put(&result->remedy, &result->remedy_message, fmt, args));
        va_end(args);
}

void pf_finding_vendor(PfFindings *findings, const char *fmt, ...) {
        PfFinding *finding = last(findings);
        PfResult *result = finding ? result_of(finding) : NULL;
        va_list args;

        va_start(args, fmt);
        if (result)
                note(findings, put(&result->vendor_verdict, &result->vendor_message, fmt, args));
        va_end(args);
}

void pf_finding_reason(PfFindings *findings, const char *word) {
        PfFinding *finding = last(findings);

        if (finding)
                pf_report_reason(&finding->answer, word);
}

static void add_evidence(PfFindings *findings, const PfTarget *target, const char *path,
                         unsigned line, const char *found, const char *expected) {
        PfFinding *finding = last(findings);

        if (finding)
                note(findings,
                     pf_report_evidence(&finding->answer, target, path, line, found, expected));
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

/* "host name, memory": each name once, of those that weigh at least @state, without
 * that of @worst. */
static const char *name_others(const PfFindings *findings, const PfFinding *worst,
                               PfFindingState state, char names[static NAMES_MAX]) {
        const char *before = worst ? worst->name : NULL;
        size_t n = 0;

        names[0] = '\0';
        for (size_t i = 0; i < findings->n && n < NAMES_MAX - 1; i++) {
                const PfFinding *finding = &findings->items[i];

                if (finding->state < state || (worst && strcmp(worst->name, finding->name) == 0) ||
                    (before && strcmp(before, finding->name) == 0))
                        continue;
                before = finding->name;
                n += (size_t) snprintf(names + n, NAMES_MAX - n, "%s%s", n > 0 ? ", " : "", before);
        }
        return names;
}

/* What goes with the others: of an answer that passes all, of another what is not well,
 * the worst first; and what the vendor's check says of the first of them. */
static int add_others(const PfFindings *findings, PfReport *report, const PfFinding *worst) {
        const PfFindingState least =
                worst->state > PF_FINDING_GOOD ? PF_FINDING_DOUBTFUL : PF_FINDING_GOOD;
        bool has_vendor = result_of(worst)->vendor_verdict != NULL;

        for (int state = PF_FINDING_BAD; state >= (int) least; state--)
                for (size_t i = 0; i < findings->n; i++) {
                        const PfResult *result = result_of(&findings->items[i]);

                        if (findings->items[i].state != (PfFindingState) state ||
                            (&findings->items[i] == worst && least == PF_FINDING_DOUBTFUL))
                                continue;
                        (void) pf_report_evidence_copy(report, result->evidence,
                                                       result->n_evidence);
                        if (!has_vendor && result->vendor_verdict)
                                (void) pf_report_vendor_verdict(report, "%s",
                                                                result->vendor_verdict);
                        has_vendor |= result->vendor_verdict != NULL;
                }
        return report->error;
}

static int answer_worst(const PfFindings *findings, PfReport *report, const PfCheck *check,
                        const PfFinding *worst) {
        static int (*const answers[])(PfReport *, const PfCheck *, const char *, ...) = {
                [PF_FINDING_DOUBTFUL] = pf_report_warn,
                [PF_FINDING_UNKNOWN] = pf_report_unknown,
                [PF_FINDING_BAD] = pf_report_fail,
        };
        const PfResult *result = result_of(worst);
        char names[NAMES_MAX];

        if (!*name_others(findings, worst, PF_FINDING_DOUBTFUL, names))
                return pf_report_copy(report, check, result);
        (void) answers[worst->state](report, check, "%s; also: %s", result->summary, names);
        return pf_report_grounds(report, result);
}

int pf_findings_answer(const PfFindings *findings, PfReport *report, const PfCheck *check,
                       const char *good, const char *idle) {
        const PfFinding *worst = find_worst(findings);
        char names[NAMES_MAX];

        if (findings->error < 0)
                return findings->error;
        if (!worst || worst->state == PF_FINDING_IDLE)
                return pf_report_skip(report, check, "%s", idle);
        if (worst->state == PF_FINDING_GOOD)
                (void) pf_report_pass(report, check, "%s: %s", good,
                                      name_others(findings, NULL, PF_FINDING_GOOD, names));
        else
                (void) answer_worst(findings, report, check, worst);
        return add_others(findings, report, worst);
}
