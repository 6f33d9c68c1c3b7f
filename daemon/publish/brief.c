/* SPDX-License-Identifier: MIT */
#include "daemon/publish/brief.h"

#include <inttypes.h>
#include <string.h>

#include "daemon/base/clock.h"
#include "daemon/ctl/view.h"

#define SCHEMA 1
#define NAME_MAX_BYTES 64
#define ERRORS_MAX 8
#define NAMED_MAX 3 /* in a line for people */

const char *pf_brief_verdict(const PfJson *report) {
        return pf_view_verdict(report);
}

PfJson *pf_brief_no_report(const char *reason) {
        PF_CLEANUP(pf_json_freep) PfJson *report = pf_json_new_object();

        if (!report || pf_json_put_uint(report, "schema", SCHEMA) < 0 ||
            pf_json_put_string(report, "verdict", "unknown") < 0 ||
            pf_json_put_string(report, "reason", reason) < 0 ||
            pf_json_put_uint(report, "startedUSec", pf_clock_realtime_usec()) < 0)
                return NULL;
        return PF_STEAL(report);
}

/* Of the catalogue are letters, digits and these alone; who answers may be anybody. */
static const char *name_of(const PfJson *value) {
        static const char allowed[] = "abcdefghijklmnopqrstuvwxyz"
                                      "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-_";
        const char *text = pf_json_string(value);
        size_t n = text ? strlen(text) : 0;

        return n > 0 && n <= NAME_MAX_BYTES && strspn(text, allowed) == n ? text : NULL;
}

static const char *member_name(const PfJson *object, const char *key) {
        return name_of(pf_json_get(object, key));
}

/* --- which checks --- */

typedef struct Troubles {
        const PfJson **items; /* borrowed from the report */
        size_t n;
} Troubles;

static void troubles_deinit(Troubles *troubles) {
        free(troubles->items);
}

static bool is(const PfJson *object, const char *key, const char *text) {
        const char *value = pf_json_get_string(object, key);

        return value && strcmp(value, text) == 0;
}

/* In this order they are told: what decides the verdict is not what is omitted. */
static const struct {
        const char *verdict;
        bool is_blocker;
} ranks[] = { { "fail", true }, { "unknown", true }, { "fail", false }, { "unknown", false } };

static int find_troubles(const PfJson *report, Troubles *ret) {
        const PfJson *checks = pf_json_get(report, "checks");
        const size_t n = pf_json_length(checks);

        ret->items = calloc(n + 1, sizeof(ret->items[0]));
        if (!ret->items)
                return -ENOMEM;
        for (size_t rank = 0; rank < PF_ELEMENTS(ranks); rank++)
                for (size_t i = 0; i < n; i++) {
                        const PfJson *check = pf_json_at(checks, i);

                        if (is(check, "verdict", ranks[rank].verdict) &&
                            is(check, "severity", "blocker") == ranks[rank].is_blocker &&
                            member_name(check, "check"))
                                ret->items[ret->n++] = check;
                }
        return 0;
}

/* --- for programs --- */

static int put_errors(PfJson *object, const PfJson *check) {
        const PfJson *errors = pf_json_get(check, "errorIds");
        PF_CLEANUP(pf_json_freep) PfJson *array = pf_json_new_array();

        if (!array)
                return -ENOMEM;
        for (size_t i = 0; i < pf_json_length(errors) && pf_json_length(array) < ERRORS_MAX; i++) {
                const char *id = name_of(pf_json_at(errors, i));

                if (id && pf_json_append_string(array, id) < 0)
                        return -ENOMEM;
        }
        return pf_json_put_take(object, "errorIds", PF_STEAL(array));
}

static int append_check(PfJson *array, const PfJson *check) {
        PF_CLEANUP(pf_json_freep) PfJson *object = pf_json_new_object();

        if (!object || pf_json_put_string(object, "check", member_name(check, "check")) < 0 ||
            pf_json_put_string(object, "verdict", member_name(check, "verdict")) < 0 ||
            put_errors(object, check) < 0)
                return -ENOMEM;
        return pf_json_append_take(array, PF_STEAL(object));
}

static int put_checks(PfJson *object, const Troubles *troubles, size_t n) {
        PF_CLEANUP(pf_json_freep) PfJson *array = pf_json_new_array();

        if (!array)
                return -ENOMEM;
        for (size_t i = 0; i < n; i++)
                if (append_check(array, troubles->items[i]) < 0)
                        return -ENOMEM;
        if (pf_json_put_take(object, "checks", PF_STEAL(array)) < 0)
                return -ENOMEM;
        return pf_json_put_uint(object, "omitted", troubles->n - n);
}

static uint64_t count_of(const PfJson *report, const char *verdict) {
        int64_t count = pf_view_count(report, verdict);

        return count > 0 ? (uint64_t) count : 0;
}

static int put_counts(PfJson *object, const PfJson *report) {
        PF_CLEANUP(pf_json_freep) PfJson *counts = pf_json_new_object();

        for (size_t i = 0; i < pf_n_looks; i++)
                if (!counts || pf_json_put_uint(counts, pf_looks[i].verdict,
                                                count_of(report, pf_looks[i].verdict)) < 0)
                        return -ENOMEM;
        return pf_json_put_take(object, "counts", PF_STEAL(counts));
}

/* With the first @n of the checks that are named. */
static int write_json(const PfJson *report, const Troubles *troubles, size_t n, PfBuf *buf) {
        PF_CLEANUP(pf_json_freep) PfJson *object = pf_json_new_object();
        const char *reason = member_name(report, "reason");
        const int64_t started_usec = pf_json_integer(pf_json_get(report, "startedUSec"));

        if (!object || pf_json_put_uint(object, "schema", SCHEMA) < 0 ||
            pf_json_put_string(object, "verdict", pf_brief_verdict(report)) < 0 ||
            (reason && pf_json_put_string(object, "reason", reason) < 0) ||
            (!reason && (put_counts(object, report) < 0 || put_checks(object, troubles, n) < 0)) ||
            pf_json_put_uint(object, "startedUSec",
                             started_usec > 0 ? (uint64_t) started_usec : 0) < 0)
                return -ENOMEM;
        return pf_json_write(object, buf);
}

int pf_brief_json(const PfJson *report, size_t max, PfBuf *buf) {
        PF_CLEANUP(troubles_deinit) Troubles troubles = { 0 };
        size_t n;
        int r;

        r = find_troubles(report, &troubles);
        n = troubles.n;
        while (r == 0) {
                PF_AUTO_BUF PfBuf text = PF_BUF_INIT(max);

                r = write_json(report, &troubles, n, &text);
                if (r == 0)
                        return pf_buf_add(buf, text.data, text.n);
                if (r == -ENOBUFS && n > 0) {
                        /* Of thousands, which nobody but a stranger sends, not one by one. */
                        n = n > ERRORS_MAX * 8 ? n / 2 : n - 1;
                        r = 0;
                }
        }
        return r;
}

/* --- for people --- */

static int add_named(const Troubles *troubles, PfBuf *buf) {
        int r = 0;

        for (size_t i = 0; i < troubles->n && i < NAMED_MAX && r == 0; i++) {
                const PfJson *check = troubles->items[i];
                const char *id = name_of(pf_json_at(pf_json_get(check, "errorIds"), 0));

                r = pf_buf_printf(buf, "%s%s", i == 0 ? ": " : ", ", member_name(check, "check"));
                if (r == 0 && id)
                        r = pf_buf_printf(buf, " (%s)", id);
        }
        if (r == 0 && troubles->n > NAMED_MAX)
                r = pf_buf_printf(buf, " and %zu more", troubles->n - NAMED_MAX);
        return r;
}

int pf_brief_line(const PfJson *report, PfBuf *buf) {
        static const char *const verdicts[] = { "pass", "fail", "unknown" };
        PF_CLEANUP(troubles_deinit) Troubles troubles = { 0 };
        const char *before = "; ";
        int r;

        r = find_troubles(report, &troubles);
        if (r == 0)
                r = pf_buf_printf(buf, "preflightd: %s", pf_brief_verdict(report));
        if (r == 0)
                r = add_named(&troubles, buf);
        for (size_t i = 0; i < PF_ELEMENTS(verdicts) && r == 0; i++) {
                const PfLook *look = pf_look_find(verdicts[i]);
                const uint64_t n = count_of(report, verdicts[i]);

                if (n == 0)
                        continue;
                r = pf_buf_printf(buf, "%s%" PRIu64 " %s", before, n,
                                  n == 1 ? look->one : look->many);
                before = ", ";
        }
        return r;
}
