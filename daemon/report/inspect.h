/* SPDX-License-Identifier: MIT */
#pragma once

#include <uv.h>

#include "daemon/report/question.h"

/*
 * The facts behind the verdicts, gathered on a thread of its own under the probe's
 * deadline.
 */

/* Positive outcome: no probe of this system has facts about that subject. */
enum { PF_INSPECT_NONE = 1 };

typedef struct PfInspection {
        uv_loop_t *loop;
        PfTarget *target;
        PfQuestion *question;
        const char *subject;
        uint64_t deadline_ms; /* 0: as the probe says */
        bool privileged;      /* as PfProbe.inspect() */
} PfInspection;

/**
 * PfInspected - the outcome
 * @facts_take: an object for the callee to free; NULL on error
 * @r:          0 or a negative errno, with @text for people
 */
typedef void (*PfInspected)(PfJson *facts_take, int r, const char *text, void *data);

/**
 * pf_inspect() - start gathering facts
 * @inspection: copied; references are taken. @subject is not needed afterwards.
 * @inspected:  called once from the loop, also when the probe hangs
 * Return:      0, PF_INSPECT_NONE, -EBUSY while PF_INSPECT_MAX of them hang or
 *              run, -ENOMEM, -EAGAIN where no thread could be started.
 */
#define PF_INSPECT_MAX 2
int pf_inspect(const PfInspection *inspection, PfInspected inspected, void *data) PF_MUST_CHECK;

/* How many run or hang; see pf_schedule_n_stuck(). */
unsigned pf_inspect_n_running(void);
