/* SPDX-License-Identifier: MIT */
#pragma once

#include <uv.h>

#include "daemon/remedy/plan.h"

/*
 * Finds the smallest change that makes checks pass: asks each check's remedy for
 * candidates, tries them on an overlay of the machine with every probe, and takes
 * the first that turns the check and worsens no other verdict.
 *
 * A verdict is worse where it was pass, skip, warn or waived and becomes fail or
 * unknown, or was pass or skip and becomes warn; or where ssh.access would still fail,
 * but a login comes less far than before.
 */
typedef struct PfPlanner {
        uv_loop_t *loop; /* turned until the plan is there; nobody else's */
        PfTarget *target;
        PfQuestion *question;      /* whom the installer logs in as, and from where */
        uint64_t deadline_ms;      /* of each probe; 0: as it says */
        const PfStrv *checks;      /* wildcards of what is to pass; NULL: all that fail or warn */
        const PfLeaseScope *lease; /* NULL: for good */
        bool may_consent;          /* else remedies that need consent are only named */
        const char *scratch;       /* as in PfRemedyRoom */
} PfPlanner;

/* Positive outcome: a wildcard that no check of any probe matches. */
enum { PF_PLANNER_NO_SUCH_CHECK = 1 };

/**
 * pf_planner_run() - makes a plan, which may be empty
 * @ret_unmatched: receives the wildcard for PF_PLANNER_NO_SUCH_CHECK, borrowed; or NULL
 * Ownership: the caller frees *@ret.
 * The question's own choice of checks does not count, but for those to be skipped: every
 * probe judges. None is run on the candidates that hangs on the machine as it is; its name is in
 * the plan. No server of the question is contacted for a candidate.
 * Return:    0, PF_PLANNER_NO_SUCH_CHECK, -EINVAL with a text where a lease is not for whom
 *            the question is about, -EAGAIN with a text where somebody else edits the same
 *            files meanwhile, -ETIMEDOUT with a text where a probe hangs that
 *            a candidate was to be judged by, -ENOMEM, and what a target can fail with.
 */
int pf_planner_run(const PfPlanner *planner, PfPlan **ret, const char **ret_unmatched,
                   PfErr *err) PF_MUST_CHECK;
