/* SPDX-License-Identifier: MIT */
/*
 * What a probe says: results and their evidence. Nothing here judges; the
 * verdict of a whole machine is daemon/report/.
 */
#include "probes/probe.h"

#include <stdarg.h>
#include <string.h>
#include <uv.h>

#define TEXT_MAX 4096

const char *pf_verdict_to_string(PfVerdict verdict) {
        static const char *const names[] = {
                [PF_PASS] = "pass",     [PF_WARN] = "warn", [PF_FAIL] = "fail",
                [PF_WAIVED] = "waived", [PF_SKIP] = "skip", [PF_UNKNOWN] = "unknown",
        };

        return names[verdict];
}

/* Of a report that one thread fills while another may take a copy. Recursive: what adds
 * to a report is made of what does. Nothing is read or waited for while it is held. */
struct PfReportLock {
        uv_mutex_t mutex;
};

static void lock(const PfReport *report) {
        if (report->lock)
                uv_mutex_lock(&report->lock->mutex);
}

static void unlock(const PfReport *report) {
        if (report->lock)
                uv_mutex_unlock(&report->lock->mutex);
}

int pf_report_share(PfReport *report) {
        PfReportLock *new = calloc(1, sizeof(*new));

        if (!new || uv_mutex_init_recursive(&new->mutex) < 0) {
                free(new);
                return -ENOMEM;
        }
        report->lock = new;
        return 0;
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
        if (report->lock)
                uv_mutex_destroy(&report->lock->mutex);
        free(report->lock);
        *report = (PfReport){ 0 };
}

static int out_of_memory(PfReport *report) {
        report->error = -ENOMEM;
        return -ENOMEM;
}

static void hide_controls(char *text) {
        for (unsigned char *p = (unsigned char *) text; *p; p++)
                if (*p < 0x20 || *p == 0x7f)
                        *p = '?';
}

/* The same text whole and, in @message, taken apart. Return: NULL: out of memory. */
static char *format_text(PfMessage *message, const char *fmt, va_list args) PF_PRINTF(2, 0);

static char *format_text(PfMessage *message, const char *fmt, va_list args) {
        char text[TEXT_MAX];

        if (pf_message_take(message, fmt, args) < 0 || vsnprintf(text, sizeof(text), fmt, args) < 0)
                return NULL;
        hide_controls(text);
        for (size_t i = 0; i < message->arguments.n; i++)
                hide_controls(message->arguments.items[i]);
        return strdup(text);
}

/* Takes over what the result holds; one without a summary is for want of memory. */
static int add_take(PfReport *report, PfResult result) {
        PfResult *results = NULL;
        int r = 0;

        lock(report);
        if (result.summary)
                results = realloc(report->results, (report->n + 1) * sizeof(*results));
        if (results) {
                report->results = results;
                results[report->n++] = result;
        } else {
                pf_result_deinit(&result);
                r = out_of_memory(report);
        }
        unlock(report);
        return r;
}

#define DEFINE_ANSWER(name, answer)                                                                \
        int pf_report_##name(PfReport *report, const PfCheck *check, const char *fmt, ...) {       \
                PfResult result = { .check = check, .verdict = answer };                           \
                va_list args;                                                                      \
                                                                                                   \
                va_start(args, fmt);                                                               \
                result.summary = format_text(&result.summary_message, fmt, args);                  \
                va_end(args);                                                                      \
                return add_take(report, result);                                                   \
        }

DEFINE_ANSWER(pass, PF_PASS)
DEFINE_ANSWER(warn, PF_WARN)
DEFINE_ANSWER(fail, PF_FAIL)
DEFINE_ANSWER(skip, PF_SKIP)
DEFINE_ANSWER(unknown, PF_UNKNOWN)

int pf_report_settle(PfReport *report, const PfCheck *check, size_t before, int r,
                     const PfErr *err) {
        if (r == -ENOMEM)
                return out_of_memory(report);
        if (r < 0 && report->n == before)
                return pf_report_unknown(report, check, "%s", pf_err_text(err, r));
        return report->error;
}

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
        PfResult *result;
        int r;

        lock(report);
        result = last_result(report);
        r = report->error;
        for (size_t i = 0; result && i < n && r == 0; i++)
                r = copy_evidence(report, result, &evidence[i]);
        unlock(report);
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
        PfResult *result;

        lock(report);
        result = last_result(report);
        if (result)
                result->reason = word;
        unlock(report);
}

void pf_report_where(PfReport *report, const char *word) {
        PfResult *result;

        lock(report);
        result = last_result(report);
        if (result)
                result->where = word;
        unlock(report);
}

/* Puts @text_take, or want of memory, in the place of *@text. */
static int set_take(PfReport *report, char **text, char *text_take) {
        if (!text_take)
                return out_of_memory(report);
        free(*text);
        *text = text_take;
        return 0;
}

#define DEFINE_TEXT(name, field, message)                                                          \
        int pf_report_##name(PfReport *report, const char *fmt, ...) {                             \
                PfResult *result;                                                                  \
                va_list args;                                                                      \
                int r;                                                                             \
                                                                                                   \
                lock(report);                                                                      \
                result = last_result(report);                                                      \
                r = report->error;                                                                 \
                va_start(args, fmt);                                                               \
                if (result)                                                                        \
                        r = set_take(report, &result->field,                                       \
                                     format_text(&result->message, fmt, args));                    \
                va_end(args);                                                                      \
                unlock(report);                                                                    \
                return r;                                                                          \
        }

DEFINE_TEXT(remedy, remedy, remedy_message)
DEFINE_TEXT(vendor_verdict, vendor_verdict, vendor_message)

/* --- of another answer --- */

/* Return: NULL: out of memory. */
static char *copy_text(const char *text, const PfMessage *from, PfMessage *to) {
        return pf_message_copy(from, to) == 0 ? strdup(text) : NULL;
}

int pf_report_grounds(PfReport *report, const PfResult *from) {
        PfResult *to;
        int r;

        lock(report);
        r = pf_report_evidence_copy(report, from->evidence, from->n_evidence);
        to = last_result(report);
        pf_report_reason(report, from->reason);
        if (r == 0 && to && from->remedy)
                r = set_take(report, &to->remedy,
                             copy_text(from->remedy, &from->remedy_message, &to->remedy_message));
        if (r == 0 && to && from->vendor_verdict)
                r = set_take(report, &to->vendor_verdict,
                             copy_text(from->vendor_verdict, &from->vendor_message,
                                       &to->vendor_message));
        unlock(report);
        return r;
}

int pf_report_copy(PfReport *report, const PfCheck *check, const PfResult *from) {
        PfResult result = { .check = check, .verdict = from->verdict };
        int r;

        result.summary = copy_text(from->summary, &from->summary_message, &result.summary_message);
        r = add_take(report, result);
        return r == 0 ? pf_report_grounds(report, from) : r;
}

int pf_report_copy_all(const PfReport *from, PfReport *ret) {
        int r = 0;

        lock(from);
        for (size_t i = 0; i < from->n && r == 0; i++) {
                r = pf_report_copy(ret, from->results[i].check, &from->results[i]);
                pf_report_where(ret, from->results[i].where);
        }
        unlock(from);
        return r;
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
