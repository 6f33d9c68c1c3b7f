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
        pf_message_deinit(&result->summary_message);
        pf_message_deinit(&result->remedy_message);
        pf_message_deinit(&result->vendor_message);
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
            !same_text(a->vendor_verdict, b->vendor_verdict) || !same_text(a->reason, b->reason) ||
            !same_text(a->where, b->where))
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

static int add_take(PfReport *report, const PfCheck *check, PfVerdict verdict, char *summary_take) {
        PfResult *results;

        results =
                summary_take ? realloc(report->results, (report->n + 1) * sizeof(*results)) : NULL;
        if (!results) {
                free(summary_take);
                return out_of_memory(report);
        }
        report->results = results;
        results[report->n++] =
                (PfResult){ .check = check, .verdict = verdict, .summary = summary_take };
        return 0;
}

#define DEFINE_ANSWER(name, verdict)                                                               \
        int pf_report_##name(PfReport *report, const PfCheck *check, const char *fmt, ...) {       \
                va_list args;                                                                      \
                int r;                                                                             \
                                                                                                   \
                va_start(args, fmt);                                                               \
                r = add_take(report, check, verdict, format_text(fmt, args));                      \
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

static int copy_evidence(PfReport *report, PfResult *result, const PfEvidence *evidence) {
        PfEvidence *list, copy = *evidence;
        bool failed = false;

        list = realloc(result->evidence, (result->n_evidence + 1) * sizeof(*list));
        if (!list)
                return out_of_memory(report);
        result->evidence = list;

        copy.path = copy_or_null(evidence->path, &failed);
        copy.found = copy_or_null(evidence->found, &failed);
        copy.expected = copy_or_null(evidence->expected, &failed);
        if (failed) {
                evidence_deinit(&copy);
                return out_of_memory(report);
        }
        list[result->n_evidence++] = copy;
        return 0;
}

int pf_report_evidence_copy(PfReport *report, const PfEvidence *evidence, size_t n) {
        PfResult *result = last_result(report);
        int r = report->error;

        for (size_t i = 0; result && i < n && r == 0; i++)
                r = copy_evidence(report, result, &evidence[i]);
        return r;
}

int pf_report_evidence(PfReport *report, const PfTarget *target, const char *path, unsigned line,
                       const char *found, const char *expected) {
        const PfEvidence evidence = {
                .path = (char *) path,
                .line = line,
                .found = (char *) found,
                .expected = (char *) expected,
                .restricted = target && path && found && !pf_target_is_public(target, path),
        };

        return pf_report_evidence_copy(report, &evidence, 1);
}

void pf_report_reason(PfReport *report, const char *word) {
        PfResult *result = last_result(report);

        if (result)
                result->reason = word;
}

void pf_report_where(PfReport *report, const char *word) {
        PfResult *result = last_result(report);

        if (result)
                result->where = word;
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

/* --- of another answer --- */

int pf_report_grounds(PfReport *report, const PfResult *from) {
        int r = pf_report_evidence_copy(report, from->evidence, from->n_evidence);

        pf_report_reason(report, from->reason);
        if (r == 0 && from->remedy)
                r = pf_report_remedy(report, "%s", from->remedy);
        if (r == 0 && from->vendor_verdict)
                r = pf_report_vendor_verdict(report, "%s", from->vendor_verdict);
        return r;
}

int pf_report_copy(PfReport *report, const PfCheck *check, const PfResult *from) {
        int r = add_take(report, check, from->verdict, strdup(from->summary));

        return r == 0 ? pf_report_grounds(report, from) : r;
}

/* --- as JSON --- */

static int put_text_or_null(PfJson *object, const char *key, const char *text) {
        return text ? pf_json_put_string(object, key, text) : pf_json_put_null(object, key);
}

static int evidence_to_json(const PfEvidence *evidence, bool privileged, PfJson **ret) {
        PF_CLEANUP(pf_json_freep) PfJson *object = pf_json_new_object();
        bool withheld = evidence->restricted && !privileged;

        if (!object || put_text_or_null(object, "path", evidence->path) < 0)
                return -ENOMEM;
        if (evidence->line > 0 && pf_json_put_uint(object, "line", evidence->line) < 0)
                return -ENOMEM;
        if (put_text_or_null(object, "found", withheld ? NULL : evidence->found) < 0 ||
            put_text_or_null(object, "expected", evidence->expected) < 0)
                return -ENOMEM;
        if (withheld && pf_json_put_bool(object, "withheld", true) < 0)
                return -ENOMEM;
        *ret = PF_STEAL(object);
        return 0;
}

int pf_result_put_evidence(const PfResult *result, bool privileged, PfJson *object) {
        PF_CLEANUP(pf_json_freep) PfJson *array = pf_json_new_array();

        if (!array)
                return -ENOMEM;
        for (size_t i = 0; i < result->n_evidence; i++) {
                PfJson *item = NULL;

                if (evidence_to_json(&result->evidence[i], privileged, &item) < 0 ||
                    pf_json_append_take(array, item) < 0)
                        return -ENOMEM;
        }
        return pf_json_put_take(object, "evidence", PF_STEAL(array));
}
