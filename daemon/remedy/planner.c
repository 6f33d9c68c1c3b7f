/* SPDX-License-Identifier: MIT */
/*
 * From what is asked for to a plan. What the probes say is planner-ask.c, what becomes of
 * one check planner-check.c, of the login planner-access.c; what the changes do to the machine
 * changes.c, and what that does to verdicts judge.c and scope.c.
 */
#include "daemon/remedy/planner-internal.h"

#include <string.h>

#include "daemon/base/wildcard.h"

static void planning_deinit(PfPlanning *planning) {
        for (size_t i = 0; planning->steps && i < planning->base->report.n; i++) {
                free(planning->steps[i].summary);
                free(planning->steps[i].fingerprint);
        }
        free(planning->steps);
        pf_strv_deinit(&planning->skipped);
        (void) pf_question_unref(planning->question);
        (void) pf_readiness_free(planning->base);
        (void) pf_readiness_free(planning->now);
        (void) pf_target_unref(planning->target);
        (void) pf_scope_free(planning->scope);
        pf_changes_deinit(&planning->changes);
        (void) pf_plan_free(planning->plan);
}

/* --- what is asked for --- */

static bool is_wanted(const PfPlanner *planner, const PfResult *result) {
        if (!planner->checks)
                return result->verdict == PF_FAIL || result->verdict == PF_WARN;
        for (size_t i = 0; i < planner->checks->n; i++)
                if (pf_wildcard_match(planner->checks->items[i], result->check->id))
                        return true;
        return false;
}

static int want_those_asked_for(PfPlanning *planning) {
        int r = 0;

        planning->steps = calloc(planning->base->report.n + 1, sizeof(*planning->steps));
        if (!planning->steps)
                return -ENOMEM;
        for (size_t i = 0; i < planning->base->report.n && r == 0; i++)
                if (is_wanted(planning->planner, &planning->base->report.results[i]))
                        r = pf_planning_want(planning, i);
        return r;
}

static int plan_checks(PfPlanning *planning, PfErr *err) {
        int r = 0;

        for (size_t i = 0; i < planning->base->report.n && r == 0; i++)
                if (planning->steps[i].check)
                        r = pf_planning_plan_check(planning, &planning->steps[i], err);
        return r;
}

/* --- the smallest --- */

/* Is everything still remedied, and nothing worse, without it? */
static int is_needless(const PfPlanning *planning, size_t i, bool *ret, PfErr *err) {
        PF_CLEANUP(pf_target_unrefp) PfTarget *overlay = NULL;
        PF_CLEANUP(pf_readiness_freep) PfReadiness *after = NULL;
        int r = pf_changes_overlay(&planning->changes, i, NULL, &overlay, err);

        if (r == 0)
                r = pf_planning_judge(planning, overlay, &after, err);
        if (r == 0)
                *ret = !pf_judge_worse(&planning->now->report, &after->report);
        return r;
}

/* A later change may have made an earlier one needless. One that a later one rests on stays. */
static int minimise(PfPlanning *planning, PfErr *err) {
        size_t n = planning->changes.n;
        int r = 0;

        for (size_t i = 0; n > 1 && i < planning->changes.n && r == 0;) {
                bool is_less = false;

                if (!pf_changes_is_rested_on(&planning->changes, i))
                        r = is_needless(planning, i, &is_less, err);
                if (is_less)
                        pf_changes_drop(&planning->changes, i);
                else
                        i++;
        }
        return r == 0 && planning->changes.n < n ? pf_planning_look_again(planning, err) : r;
}

/* --- the plan --- */

/* What came true without a change of its own. */
static int settle_rest(PfPlanning *planning) {
        int r = 0;

        for (size_t i = 0; i < planning->base->report.n && r == 0; i++) {
                PfPlanStep *step = &planning->steps[i];

                if (!step->check)
                        continue;
                step->after = pf_planning_answer(planning, step->check)->verdict;
                if (step->outcome != PF_PLAN_REMEDIED && step->outcome != PF_PLAN_CONSENT &&
                    (pf_judge_is_wrong(step->before) || step->before == PF_WAIVED) &&
                    pf_judge_is_turned(step->before, step->after))
                        r = pf_planning_settle(step, PF_PLAN_REMEDIED,
                                               "follows from what is changed for the others");
        }
        return r;
}

static int move_steps(PfPlanning *planning) {
        PfPlan *plan = planning->plan;

        plan->steps = calloc(planning->base->report.n + 1, sizeof(*plan->steps));
        if (!plan->steps)
                return -ENOMEM;
        for (size_t i = 0; i < planning->base->report.n; i++)
                if (planning->steps[i].check) {
                        plan->steps[plan->n_steps++] = planning->steps[i];
                        planning->steps[i] = (PfPlanStep){ 0 };
                }
        return 0;
}

static int list_remaining(const PfPlanning *planning, PfReport *ret) {
        for (size_t i = 0; i < planning->base->report.n; i++) {
                const char *check = planning->base->report.results[i].check->id;
                const PfResult *result = pf_planning_answer(planning, check);

                if (result->verdict == PF_PASS || result->verdict == PF_SKIP)
                        continue;
                (void) pf_report_copy(ret, result->check, result);
                pf_report_where(ret, result->where);
        }
        return ret->error;
}

/* Return: 0 or -ENOMEM. */
static int copy_text(const char *text, char **ret) {
        *ret = text ? strdup(text) : NULL;
        return text && !*ret ? -ENOMEM : 0;
}

static int describe_lease(const PfLeaseScope *lease, PfPlan *plan) {
        plan->lease = calloc(1, sizeof(*plan->lease));
        if (!plan->lease || copy_text(lease->account, &plan->lease->account) < 0 ||
            copy_text(lease->source, &plan->lease->source) < 0)
                return -ENOMEM;
        plan->lease->duration_usec = lease->duration_usec;
        return 0;
}

static int write_plan(PfPlanning *planning, PfErr *err) {
        const PfDemand *demand = pf_question_demand(planning->question);
        PfPlan *plan = planning->plan;
        int r = settle_rest(planning);

        if (r == 0)
                r = list_remaining(planning, &plan->remaining);
        if (r == 0)
                r = pf_changes_move(&planning->changes, plan, err);
        if (r == 0)
                r = move_steps(planning);
        if (r == 0 && planning->planner->lease)
                r = describe_lease(planning->planner->lease, plan);
        if (r == 0)
                r = copy_text(demand->account, &plan->account);
        if (r == 0)
                r = copy_text(demand->source, &plan->source);
        plan->not_validated = !pf_target_is_host(planning->planner->target);
        return r == 0 ? pf_plan_seal(plan) : r;
}

static const char *find_unmatched(const PfPlanner *planner) {
        for (size_t i = 0; planner->checks && i < planner->checks->n; i++)
                if (!pf_question_names_check(planner->checks->items[i],
                                             pf_target_platform(planner->target)))
                        return planner->checks->items[i];
        return NULL;
}

/* A lease that nothing is opened by is answered check by check. */
static int check_lease(PfPlanning *planning, PfErr *err) {
        PfErr why = { 0 };
        int r = pf_scope_check_source(planning->planner->lease->source, &why);

        if (r == PF_SCOPE_NETWORK)
                planning->no_lease = why;
        return r < 0 ? pf_err_set(err, r, "%s", pf_err_text(&why, r)) : 0;
}

static int prepare(PfPlanning *planning, PfErr *err) {
        const PfPlanner *planner = planning->planner;
        int r;

        planning->plan = calloc(1, sizeof(*planning->plan));
        if (!planning->plan)
                return -ENOMEM;
        planning->changes.target = planner->target;
        r = pf_planning_look_at_machine(planning, err);
        if (r == 0 && planner->lease)
                r = check_lease(planning, err);
        if (r == 0 && planner->lease)
                r = pf_scope_new(planner->loop, planner->target, planner->deadline_ms,
                                 planner->question, planner->lease, &planning->scope, err);
        return r == 0 ? want_those_asked_for(planning) : r;
}

int pf_planner_run(const PfPlanner *planner, PfPlan **ret, const char **ret_unmatched, PfErr *err) {
        PF_CLEANUP(planning_deinit) PfPlanning planning = { .planner = planner };
        const char *unmatched = find_unmatched(planner);
        int r;

        if (unmatched) {
                if (ret_unmatched)
                        *ret_unmatched = unmatched;
                return PF_PLANNER_NO_SUCH_CHECK;
        }
        r = prepare(&planning, err);
        if (r == 0)
                r = plan_checks(&planning, err);
        if (r == 0)
                r = pf_planning_plan_access(&planning, err);
        if (r == 0)
                r = pf_planning_settle_access(&planning, err);
        if (r == 0)
                r = minimise(&planning, err);
        if (r == 0)
                r = write_plan(&planning, err);
        if (r == 0)
                *ret = PF_STEAL(planning.plan);
        return r;
}
