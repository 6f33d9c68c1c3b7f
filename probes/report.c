/* SPDX-License-Identifier: MIT */
/*
 * What a probe says: results and their evidence. Nothing here judges; the
 * verdict of a whole machine is daemon/report/.
 */
#include "probes/probe.h"

#include <stdarg.h>
#include <string.h>

#define TEXT_MAX 4096

const char *pf_verdict_to_string(PfVerdict verdict) {
        static const char *const names[] = {
                [PF_PASS] = "pass",     [PF_WARN] = "warn", [PF_FAIL] = "fail",
                [PF_WAIVED] = "waived", [PF_SKIP] = "skip", [PF_UNKNOWN] = "unknown",
        };

        return names[verdict];
}

static void evidence_deinit(PfEvidence *evidence) {
        free(evidence->path);
        free(evidence->found);
        free(evidence->expected);
}

void pf_result_deinit(PfResult *result) {
        for (size_t i = 0; i < result->n_evidence; i++)
                evidence_deinit(&result->evidence[i]);
        free(result->evidence);
        free(result->summary);
        free(result->remedy);
        free(result->vendor_verdict);
        *result = (PfResult){ 0 };
}

static bool same_text(const char *a, const char *b) {
        return a == b || (a && b && strcmp(a, b) == 0);
}

static bool same_evidence(const PfEvidence *a, const PfEvidence *b) {
        return same_text(a->path, b->path) && a->line == b->line && same_text(a->found, b->found) &&
               same_text(a->expected, b->expected) && a->restricted == b->restricted;
}

bool pf_result_equal(const PfResult *a, const PfResult *b) {
        if (a->check != b->check || a->verdict != b->verdict || a->n_evidence != b->n_evidence ||
            !same_text(a->summary, b->summary) || !same_text(a->remedy, b->remedy) ||
            !same_text(a->vendor_verdict, b->vendor_verdict))
                return false;
        for (size_t i = 0; i < a->n_evidence; i++)
                if (!same_evidence(&a->evidence[i], &b->evidence[i]))
                        return false;
        return true;
}

void pf_report_deinit(PfReport *report) {
        for (size_t i = 0; i < report->n; i++)
                pf_result_deinit(&report->results[i]);
        free(report->results);
        *report = (PfReport){ 0 };
}

static int out_of_memory(PfReport *report) {
        report->error = -ENOMEM;
        return -ENOMEM;
}

static char *format_text(const char *fmt, va_list args) __attribute__((format(printf, 1, 0)));

static char *format_text(const char *fmt, va_list args) {
        char text[TEXT_MAX];

        if (vsnprintf(text, sizeof(text), fmt, args) < 0)
                return NULL;
        for (unsigned char *p = (unsigned char *) text; *p; p++)
                if (*p < 0x20 || *p == 0x7f)
                        *p = '?';
        return strdup(text);
}

static int add(PfReport *report, const PfCheck *check, PfVerdict verdict, const char *fmt,
               va_list args) __attribute__((format(printf, 4, 0)));

static int add(PfReport *report, const PfCheck *check, PfVerdict verdict, const char *fmt,
               va_list args) {
        PfResult *results;
        char *summary;

        results = realloc(report->results, (report->n + 1) * sizeof(*results));
        if (!results)
                return out_of_memory(report);
        report->results = results;
        summary = format_text(fmt, args);
        if (!summary)
                return out_of_memory(report);
        results[report->n++] = (PfResult){ .check = check, .verdict = verdict, .summary = summary };
        return 0;
}

#define DEFINE_ANSWER(name, verdict)                                                               \
        int pf_report_##name(PfReport *report, const PfCheck *check, const char *fmt, ...) {       \
                va_list args;                                                                      \
                int r;                                                                             \
                                                                                                   \
                va_start(args, fmt);                                                               \
                r = add(report, check, verdict, fmt, args);                                        \
                va_end(args);                                                                      \
                return r;                                                                          \
        }

DEFINE_ANSWER(pass, PF_PASS)
DEFINE_ANSWER(warn, PF_WARN)
DEFINE_ANSWER(fail, PF_FAIL)
DEFINE_ANSWER(skip, PF_SKIP)
DEFINE_ANSWER(unknown, PF_UNKNOWN)

static PfResult *last_result(PfReport *report) {
        return report->error || report->n == 0 ? NULL : &report->results[report->n - 1];
}

static char *copy_or_null(const char *text, bool *failed) {
        char *copy = text ? strdup(text) : NULL;

        *failed = *failed || (text && !copy);
        return copy;
}

int pf_report_evidence(PfReport *report, const PfTarget *target, const char *path, unsigned line,
                       const char *found, const char *expected) {
        PfResult *result = last_result(report);
        PfEvidence *list, evidence = { .line = line };
        bool failed = false;

        if (!result)
                return report->error;

        list = realloc(result->evidence, (result->n_evidence + 1) * sizeof(*list));
        if (!list)
                return out_of_memory(report);
        result->evidence = list;

        evidence.path = copy_or_null(path, &failed);
        evidence.found = copy_or_null(found, &failed);
        evidence.expected = copy_or_null(expected, &failed);
        evidence.restricted = target && path && found && !pf_target_is_public(target, path);
        if (failed) {
                evidence_deinit(&evidence);
                return out_of_memory(report);
        }
        list[result->n_evidence++] = evidence;
        return 0;
}

static int set_text(PfReport *report, char **text, const char *fmt, va_list args)
        __attribute__((format(printf, 3, 0)));

static int set_text(PfReport *report, char **text, const char *fmt, va_list args) {
        char *formatted = format_text(fmt, args);

        if (!formatted)
                return out_of_memory(report);
        free(*text);
        *text = formatted;
        return 0;
}

#define DEFINE_TEXT(name, field)                                                                   \
        int pf_report_##name(PfReport *report, const char *fmt, ...) {                             \
                PfResult *result = last_result(report);                                            \
                va_list args;                                                                      \
                int r;                                                                             \
                                                                                                   \
                if (!result)                                                                       \
                        return report->error;                                                      \
                va_start(args, fmt);                                                               \
                r = set_text(report, &result->field, fmt, args);                                   \
                va_end(args);                                                                      \
                return r;                                                                          \
        }

DEFINE_TEXT(remedy, remedy)
DEFINE_TEXT(vendor_verdict, vendor_verdict)
