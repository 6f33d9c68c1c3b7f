/* SPDX-License-Identifier: MIT */
#pragma once

#include <uv.h>

#include "daemon/report/readiness.h"

/*
 * Runs probes on threads of their own, each under its deadline.
 *
 * Runs are taken one after the other; the probes of one run side by side. A
 * probe that does not come back in time yields "unknown" for the checks that it
 * did not answer until then, and the run goes on without it. Until it does come back it is not
 * started again, so it holds one thread and no more.
 */
typedef struct PfSchedule PfSchedule;
typedef struct PfRun PfRun;

/**
 * pf_schedule_new() - a scheduler for one machine
 * @deadline_ms: of every probe; 0: as each probe says
 */
int pf_schedule_new(uv_loop_t *loop, PfTarget *target, uint64_t deadline_ms,
                    PfSchedule **ret) PF_MUST_CHECK;

/* Gives up what runs, without calling back. Handles are closed in the loop's
 * next turns; memory that a hanging probe uses is never freed. */
PfSchedule *pf_schedule_free(PfSchedule *schedule);
PF_DEFINE_CLEANUP(PfSchedule, pf_schedule_free);

void pf_schedule_set_deadline(PfSchedule *schedule, uint64_t deadline_ms);

/* How many probes hang. While there are any, leave with _exit(2): the C
 * library's exit(3) would wait for their threads. */
size_t pf_schedule_n_stuck(const PfSchedule *schedule);

/* The name of the first of them: of a probe, "host" or "waivers"; or NULL. Never freed. */
const char *pf_schedule_stuck_name(const PfSchedule *schedule);

/* A probe that hung has come back: what it says is known with the next run. */
void pf_schedule_on_come_back(PfSchedule *schedule, void (*came_back)(void *data), void *data);

typedef struct PfRunEvents {
        /* Its probes are about to be started; NULL where the caller does not care. */
        void (*started)(void *data);
        /* Results of one probe, and what they may be waived by, borrowed; NULL
         * where the caller does not care. */
        void (*finished)(const PfResult *results, size_t n, const PfWaivers *waivers, void *data);
        /* The whole, taken over by the callee. -ENOMEM instead of a report. */
        void (*done)(PfReadiness *readiness_take, int r, void *data);
        bool passes_limit; /* asked for by this program itself: however many others wait */
} PfRunEvents;

/**
 * pf_schedule_run() - start a run, or queue it behind those that were asked for before
 * @question: a reference is taken
 * Ownership: *@ret is borrowed, and valid until done() was called. The callbacks
 *            come from the loop, never from this call; they must not free the
 *            schedule.
 * Return:    0, -ENOMEM, or -EBUSY where PF_SCHEDULE_QUEUE_MAX runs wait.
 */
#define PF_SCHEDULE_QUEUE_MAX 256
int pf_schedule_run(PfSchedule *schedule, PfQuestion *question, const PfRunEvents *events,
                    void *data, PfRun **ret) PF_MUST_CHECK;

/* Nobody waits for this run any more: its callbacks are not called. Where its probes were not
 * started it is not made at all, and the run is gone. */
void pf_run_forget(PfRun *run);

/* Were its probes started? Until then nothing in its report is older than now. */
bool pf_run_has_started(const PfRun *run);
