/* SPDX-License-Identifier: MIT */
#pragma once

#include "daemon/remedy/changes.h"
#include "daemon/remedy/judge.h"
#include "daemon/remedy/planner.h"
#include "daemon/remedy/scope.h"
#include "daemon/report/readiness.h"

/* A plan while it is made; for the files planner*.c alone. */
typedef struct PfPlanning {
        const PfPlanner *planner;
        PfStrv skipped;       /* wildcards of what is not asked of candidates */
        PfQuestion *question; /* what is asked of them */
        PfReadiness *base;    /* the machine as it is */
        PfChanges changes;
        PfTarget *target;  /* as the changes make it */
        PfReadiness *now;  /* and what is said of that */
        PfScope *scope;    /* NULL without a lease */
        PfErr no_lease;    /* why there can be none like that; "": there can */
        PfPlanStep *steps; /* by place in the base report; those without a check are not wanted */
        PfPlan *plan;
} PfPlanning;

/* --- planner-ask.c: what the probes say --- */

/* Everything about the machine as it is, and once more as it would be: the same, yet.
 * A probe that hangs there is not asked again. */
int pf_planning_look_at_machine(PfPlanning *planning, PfErr *err) PF_MUST_CHECK;

/* About a machine as it would be. Return: 0, -ETIMEDOUT with a text, -ENOMEM. */
int pf_planning_judge(const PfPlanning *planning, PfTarget *overlay, PfReadiness **ret,
                      PfErr *err) PF_MUST_CHECK;

/* Takes the machine as the changes make it now. */
int pf_planning_look_again(PfPlanning *planning, PfErr *err) PF_MUST_CHECK;

/* The answer now; of what is not asked any more, that about the machine as it is. */
const PfResult *pf_planning_answer(const PfPlanning *planning, const char *check);

/* --- planner-check.c: one check --- */

/* From now on the check at a place of the base report is one of the plan. */
int pf_planning_want(PfPlanning *planning, size_t i) PF_MUST_CHECK;

/* Says what becomes of it. Return: 0 or -ENOMEM. */
int pf_planning_settle(PfPlanStep *step, PfPlanOutcome outcome, const char *fmt, ...)
        PF_PRINTF(3, 4) PF_MUST_CHECK;

/* Tries its remedy, and keeps what helps. */
int pf_planning_plan_check(PfPlanning *planning, PfPlanStep *step, PfErr *err) PF_MUST_CHECK;

/* --- planner-access.c: the whole login --- */

/* Where ssh.access is wanted, plans what stops it. */
int pf_planning_plan_access(PfPlanning *planning, PfErr *err) PF_MUST_CHECK;

/* Says what becomes of it; takes back a lease that leads nowhere. */
int pf_planning_settle_access(PfPlanning *planning, PfErr *err) PF_MUST_CHECK;
