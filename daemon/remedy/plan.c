/* SPDX-License-Identifier: MIT */
/* Plans as values: what belongs to one, and by which digest it is known. */
#include "daemon/remedy/plan.h"

#include "daemon/base/sha256.h"

static const char *const outcome_names[] = {
        [PF_PLAN_REMEDIED] = "remedied",
        [PF_PLAN_PASSES] = "passes",
        [PF_PLAN_NOT_REMEDIABLE] = "notremediable",
        [PF_PLAN_CONSENT] = "consent",
        [PF_PLAN_NO_EFFECT] = "noeffect",
};

const char *pf_plan_outcome_to_string(PfPlanOutcome outcome) {
        return outcome_names[outcome];
}

PfPlan *pf_plan_free(PfPlan *plan) {
        if (!plan)
                return NULL;
        for (size_t i = 0; i < plan->n_files; i++) {
                pf_edit_deinit(&plan->files[i].edit);
                free(plan->files[i].before_bytes);
        }
        for (size_t i = 0; i < plan->n_actions; i++)
                free(plan->actions[i].subject);
        for (size_t i = 0; i < plan->n_steps; i++) {
                free(plan->steps[i].summary);
                free(plan->steps[i].fingerprint);
        }
        if (plan->lease) {
                free(plan->lease->account);
                free(plan->lease->source);
        }
        free(plan->files);
        free(plan->actions);
        free(plan->steps);
        free(plan->lease);
        pf_report_deinit(&plan->remaining);
        free(plan);
        return NULL;
}

bool pf_plan_is_empty(const PfPlan *plan) {
        return plan->n_files == 0 && plan->n_actions == 0;
}

/* One text a line, each ended so that no two plans have the same lines. */
static int write_lines(const PfPlan *plan, PfBuf *buf) {
        int r = 0;

        for (size_t i = 0; i < plan->n_files && r == 0; i++)
                r = pf_buf_printf(buf, "file %s %s %s%c", plan->files[i].before_sha256,
                                  plan->files[i].after_sha256, plan->files[i].edit.path, '\0');
        for (size_t i = 0; i < plan->n_actions && r == 0; i++)
                r = pf_buf_printf(buf, "%s %s%c", pf_action_to_string(plan->actions[i].kind),
                                  plan->actions[i].subject, '\0');
        for (size_t i = 0; i < plan->n_steps && r == 0; i++)
                r = pf_buf_printf(buf, "check %s %s%c", plan->steps[i].check,
                                  outcome_names[plan->steps[i].outcome], '\0');
        if (plan->lease && r == 0)
                r = pf_buf_printf(buf, "lease %s%c%s%c%llu", plan->lease->account, '\0',
                                  plan->lease->source, '\0',
                                  (unsigned long long) plan->lease->duration_usec);
        return r;
}

#define LINES_MAX (1 << 20)

int pf_plan_seal(PfPlan *plan) {
        PF_AUTO_BUF PfBuf buf = PF_BUF_INIT(LINES_MAX);
        char hex[PF_SHA256_HEX_SIZE];
        int r;

        r = write_lines(plan, &buf);
        if (r < 0)
                return r;
        pf_sha256_hex(buf.data ? buf.data : "", buf.n, hex);
        (void) snprintf(plan->digest, sizeof(plan->digest), "sha256:%s", hex);
        return 0;
}
