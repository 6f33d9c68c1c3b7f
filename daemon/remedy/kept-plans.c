/* SPDX-License-Identifier: MIT */
#include "daemon/remedy/kept-plans.h"

#include <string.h>

void pf_kept_plan_deinit(PfKeptPlan *plan) {
        (void) pf_plan_free(plan->plan);
        (void) pf_question_unref(plan->question);
        *plan = (PfKeptPlan){ 0 };
}

void pf_kept_plans_deinit(PfKeptPlans *kept) {
        for (size_t i = 0; i < kept->n; i++)
                pf_kept_plan_deinit(&kept->items[i]);
        *kept = (PfKeptPlans){ 0 };
}

static PfKeptPlan steal_at(PfKeptPlans *kept, size_t i) {
        PfKeptPlan plan = kept->items[i];

        kept->n--;
        memmove(&kept->items[i], &kept->items[i + 1], (kept->n - i) * sizeof(plan));
        return plan;
}

static void drop_at(PfKeptPlans *kept, size_t i) {
        PfKeptPlan plan = steal_at(kept, i);

        pf_kept_plan_deinit(&plan);
}

static size_t find(const PfKeptPlans *kept, const char *digest) {
        size_t i = 0;

        while (i < kept->n && strcmp(kept->items[i].plan->digest, digest) != 0)
                i++;
        return i;
}

void pf_kept_plans_put_take(PfKeptPlans *kept, PfKeptPlan plan_take) {
        size_t same = find(kept, plan_take.plan->digest);

        if (same < kept->n)
                drop_at(kept, same);
        else if (kept->n == PF_KEPT_PLANS_MAX)
                drop_at(kept, 0);
        kept->items[kept->n++] = plan_take;
}

PfKeptPlan pf_kept_plans_steal(PfKeptPlans *kept, const char *digest, uint64_t now_usec) {
        size_t i;

        for (i = kept->n; i > 0; i--)
                if (now_usec - kept->items[i - 1].made_usec > PF_KEPT_PLANS_USEC)
                        drop_at(kept, i - 1);
        i = find(kept, digest);
        return i < kept->n ? steal_at(kept, i) : (PfKeptPlan){ 0 };
}
