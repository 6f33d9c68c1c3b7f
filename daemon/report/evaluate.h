/* SPDX-License-Identifier: MIT */
#pragma once

#include "daemon/report/schedule.h"

/*
 * One run of the probes over one machine, waited for: for who has nothing else to do
 * until the report is there.
 */
typedef struct PfEvaluation {
        uv_loop_t *loop; /* turned until then, so nobody else may be turning it */
        PfTarget *target;
        PfQuestion *question; /* which checks are wanted: probes of others are not run */
        uint64_t deadline_ms; /* of each probe; 0: as it says */
        /* As in PfRunEvents; or NULL. */
        void (*finished)(const PfResult *results, size_t n, const PfWaivers *waivers, void *data);
        void *data;
} PfEvaluation;

/**
 * pf_evaluate() - run the probes that the question wants, each under its deadline
 * @ret_hanging: receives, also on error, the name of the first probe that did not come back
 *               (or "host" or "waivers"), or NULL; never freed. The loop is in use until it
 *               does: it must not be closed, and exit(3) would wait (pf_schedule_n_stuck()).
 * Ownership:    the caller frees *@ret.
 * Return:       0, also where a probe hangs: its checks are unknown; -ENOMEM.
 */
int pf_evaluate(const PfEvaluation *evaluation, PfReadiness **ret,
                const char **ret_hanging) PF_MUST_CHECK;
