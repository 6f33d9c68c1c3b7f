/* SPDX-License-Identifier: MIT */
/* A run that is waited for. The schedule lives no longer than its run. */
#include "daemon/report/evaluate.h"

typedef struct Wait {
        const PfEvaluation *evaluation;
        PfReadiness *readiness;
        int r;
        bool is_over;
} Wait;

static void on_finished(const PfResult *results, size_t n, const PfWaivers *waivers, void *data) {
        const PfEvaluation *evaluation = ((Wait *) data)->evaluation;

        if (evaluation->finished)
                evaluation->finished(results, n, waivers, evaluation->data);
}

static void on_done(PfReadiness *readiness_take, int r, void *data) {
        Wait *wait = data;

        wait->readiness = readiness_take;
        wait->r = r;
        wait->is_over = true;
}

static const PfRunEvents wait_events = { .finished = on_finished, .done = on_done };

int pf_evaluate(const PfEvaluation *evaluation, PfReadiness **ret, const char **ret_hanging) {
        Wait wait = { .evaluation = evaluation };
        PfSchedule *schedule = NULL;
        PfRun *run;
        int r;

        *ret_hanging = NULL;
        r = pf_schedule_new(evaluation->loop, evaluation->target, evaluation->deadline_ms,
                            &schedule);
        if (r < 0)
                return r;
        r = pf_schedule_run(schedule, evaluation->question, &wait_events, &wait, &run);
        while (r == 0 && !wait.is_over)
                (void) uv_run(evaluation->loop, UV_RUN_ONCE);
        *ret_hanging = pf_schedule_stuck_name(schedule);
        (void) pf_schedule_free(schedule);
        (void) uv_run(evaluation->loop, UV_RUN_NOWAIT); /* its handles are closed by a turn */
        if (r == 0)
                r = wait.r;
        if (r == 0)
                *ret = wait.readiness;
        return r;
}
