/* SPDX-License-Identifier: MIT */
/*
 * The verdict over a whole machine. A blocker that could not be determined is
 * never ready: promise two of the project.
 */
#include "daemon/report/readiness.h"

#include <string.h>

#include "config/catalogue.h"

const char *pf_overall_to_string(PfOverall overall) {
        static const char *const names[] = {
                [PF_OVERALL_READY] = "ready",
                [PF_OVERALL_BLOCKED] = "blocked",
                [PF_OVERALL_UNKNOWN] = "unknown",
        };

        return names[overall];
}

PfReadiness *pf_readiness_free(PfReadiness *readiness) {
        if (!readiness)
                return NULL;
        (void) pf_question_unref(readiness->question);
        pf_host_deinit(&readiness->host);
        pf_report_deinit(&readiness->report);
        pf_waivers_deinit(&readiness->waivers);
        free(readiness);
        return NULL;
}

static bool is_blocker(const PfReadiness *readiness, const PfResult *result) {
        const PfProfile *profile = pf_question_demand(readiness->question)->profile;

        return pf_profile_severity(profile, result->check->id) == PF_SEVERITY_BLOCKER;
}

/* Must this result be known before the machine can be called ready? */
static bool is_decisive(const PfReadiness *readiness, const PfResult *result) {
        const PfProfile *profile = pf_question_demand(readiness->question)->profile;

        return is_blocker(readiness, result) || pf_profile_is_required(profile, result->check->id);
}

PfOverall pf_readiness_overall(const PfReadiness *readiness) {
        /* Nothing looked at is nothing known. */
        PfOverall overall = readiness->report.n == 0 ? PF_OVERALL_UNKNOWN : PF_OVERALL_READY;

        for (size_t i = 0; i < readiness->report.n; i++) {
                const PfResult *result = &readiness->report.results[i];

                if (result->verdict == PF_FAIL && is_blocker(readiness, result))
                        return PF_OVERALL_BLOCKED;
                if (result->verdict == PF_UNKNOWN && is_decisive(readiness, result))
                        overall = PF_OVERALL_UNKNOWN;
        }
        return overall;
}

bool pf_readiness_holds(const PfReadiness *readiness, uint64_t now_usec) {
        return now_usec < readiness->expires_usec;
}

void pf_readiness_count(const PfReadiness *readiness, size_t counts[static PF_N_VERDICTS]) {
        memset(counts, 0, PF_N_VERDICTS * sizeof(*counts));
        for (size_t i = 0; i < readiness->report.n; i++)
                counts[readiness->report.results[i].verdict]++;
}

/* The result that the status line names: the first that decides. */
static const PfResult *deciding_result(const PfReadiness *readiness) {
        PfOverall overall = pf_readiness_overall(readiness);
        PfVerdict wanted = overall == PF_OVERALL_BLOCKED ? PF_FAIL : PF_UNKNOWN;

        if (overall == PF_OVERALL_READY)
                return NULL;
        for (size_t i = 0; i < readiness->report.n; i++) {
                const PfResult *result = &readiness->report.results[i];

                if (result->verdict == wanted && is_decisive(readiness, result))
                        return result;
        }
        return NULL;
}

char *pf_readiness_status(const PfReadiness *readiness) {
        PF_AUTO_BUF PfBuf buf = PF_BUF_INIT(4096);
        const PfResult *result = deciding_result(readiness);
        size_t n[PF_N_VERDICTS];
        int r;

        pf_readiness_count(readiness, n);
        r = pf_buf_add_string(&buf, pf_overall_to_string(pf_readiness_overall(readiness)));
        if (r == 0 && result) {
                const PfCatalogueEntry *entry = pf_catalogue_find(result->check->id);

                r = pf_buf_printf(&buf, ": %s", result->summary);
                if (r == 0 && entry && entry->links[0])
                        r = pf_buf_printf(&buf, " (%s)", entry->links[0]);
        }
        if (r == 0)
                r = pf_buf_printf(&buf, "%s %zu passed", result ? "," : ":", n[PF_PASS]);
        if (r == 0 && n[PF_FAIL] > 1)
                r = pf_buf_printf(&buf, ", %zu failed", n[PF_FAIL]);
        if (r == 0 && n[PF_WAIVED] > 0)
                r = pf_buf_printf(&buf, ", %zu waived", n[PF_WAIVED]);
        return r == 0 ? pf_buf_steal(&buf) : NULL;
}
