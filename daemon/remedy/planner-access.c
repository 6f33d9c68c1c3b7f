/* SPDX-License-Identifier: MIT */
/* ssh.access, which has no remedy of its own: what stops the login is planned. */
#include "daemon/remedy/planner-internal.h"

#include <string.h>

static PfPlanStep *find_step(const PfPlanning *planning, const char *check) {
        for (size_t i = 0; i < planning->base->report.n; i++)
                if (planning->steps[i].check && strcmp(planning->steps[i].check, check) == 0)
                        return &planning->steps[i];
        return NULL;
}

/* Logins of this kind are a matter of Linux. */
static const PfProbe *find_probe(const char *check_id) {
        return pf_probe_find(check_id, PF_PLATFORM_LINUX);
}

/*
 * Does this answer stop the login? Those of its own probe are rungs of its ladder, and each
 * that fails stops it; another does for the reason of which the ladder speaks now.
 */
static bool stops_login(const PfResult *access, const PfResult *result) {
        if (access == result || (result->verdict != PF_FAIL && result->verdict != PF_WARN))
                return false;
        if (find_probe(result->check->id) == find_probe(access->check->id))
                return true;
        return access->reason && result->reason && strcmp(access->reason, result->reason) == 0 &&
               pf_remedy_find(result->check->id);
}

/* Plans what stops it, one after the other: what stopped it behind that shows only then. */
int pf_planning_plan_access(PfPlanning *planning, PfErr *err) {
        bool found = find_step(planning, PF_JUDGE_ACCESS) != NULL;
        int r = 0;

        while (found && r == 0) {
                const PfResult *access = pf_planning_answer(planning, PF_JUDGE_ACCESS);

                found = false;
                for (size_t i = 0; i < planning->base->report.n && !found; i++) {
                        const char *check = planning->base->report.results[i].check->id;

                        found = !planning->steps[i].check && pf_judge_is_wrong(access->verdict) &&
                                stops_login(access, pf_planning_answer(planning, check));
                        if (found)
                                r = pf_planning_want(planning, i);
                        if (found && r == 0)
                                r = pf_planning_plan_check(planning, &planning->steps[i], err);
                }
        }
        return r;
}

static bool awaits_consent(const PfPlanning *planning) {
        for (size_t i = 0; i < planning->base->report.n; i++)
                if (planning->steps[i].check && planning->steps[i].outcome == PF_PLAN_CONSENT)
                        return true;
        return false;
}

/* A door that leads nowhere is not opened: the reason is where it would still end. */
static int take_back_lease(PfPlanning *planning, const PfResult *access, PfErr *err) {
        int r = 0;

        while (planning->changes.n > 0)
                pf_changes_drop(&planning->changes, planning->changes.n - 1);
        for (size_t i = 0; i < planning->base->report.n && r == 0; i++) {
                PfPlanStep *step = &planning->steps[i];

                if (step->check && step->outcome == PF_PLAN_REMEDIED)
                        r = pf_planning_settle(step, PF_PLAN_NO_EFFECT,
                                               "the login would still not work: %s",
                                               access->summary);
        }
        return r == 0 ? pf_planning_look_again(planning, err) : r;
}

/* Was something changed for it? */
static bool is_helped(const PfPlanning *planning, const PfResult *access) {
        for (size_t i = 0; i < planning->base->report.n; i++) {
                const PfPlanStep *step = &planning->steps[i];

                if (step->check && step->outcome == PF_PLAN_REMEDIED &&
                    find_probe(step->check) == find_probe(access->check->id))
                        return true;
        }
        return false;
}

int pf_planning_settle_access(PfPlanning *planning, PfErr *err) {
        PfPlanStep *step = find_step(planning, PF_JUDGE_ACCESS);
        const PfResult *access = pf_planning_answer(planning, PF_JUDGE_ACCESS);
        int r;

        if (!step || !pf_judge_is_wrong(step->before))
                return 0;
        if (pf_judge_is_turned(step->before, access->verdict))
                return pf_planning_settle(step, PF_PLAN_REMEDIED, "%s", access->summary);
        if (awaits_consent(planning))
                return pf_planning_settle(step, PF_PLAN_CONSENT,
                                          "the login works only with changes that need "
                                          "consent");
        r = pf_planning_settle(
                step, is_helped(planning, access) ? PF_PLAN_NO_EFFECT : PF_PLAN_NOT_REMEDIABLE,
                "the login would still not work: %s", access->summary);
        if (r == 0 && planning->scope && planning->changes.n > 0)
                r = take_back_lease(planning, access, err);
        return r;
}
