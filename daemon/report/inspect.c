/* SPDX-License-Identifier: MIT */
#include "daemon/report/inspect.h"

#include <string.h>

#include "daemon/report/offload.h"

typedef struct Work {
        uv_timer_t timer;
        PfInspection inspection;
        const PfProbe *probe;
        PfInspected inspected; /* NULL once it was called */
        void *data;
        bool is_back;   /* the worker is done with this */
        bool is_closed; /* the timer is gone */

        PfJson *facts;
        PfErr err;
        int r;
} Work;

/* Each holds a thread, and one that hangs does so for long. Only
 * the thread of the loop counts. */
static unsigned n_running;

unsigned pf_inspect_n_running(void) {
        return n_running;
}

static void work_free(Work *work) {
        (void) pf_json_free(work->facts);
        (void) pf_target_unref(work->inspection.target);
        (void) pf_question_unref(work->inspection.question);
        free(work);
}

static void on_timer_closed(uv_handle_t *handle) {
        Work *work = handle->data;

        work->is_closed = true;
        if (work->is_back)
                work_free(work);
}

static void answer(Work *work, PfJson *facts, int r, const char *text) {
        PfInspected inspected = work->inspected;

        work->inspected = NULL;
        uv_close((uv_handle_t *) &work->timer, on_timer_closed);
        inspected(facts, r, text, work->data);
}

static void on_deadline(uv_timer_t *timer) {
        Work *work = timer->data;

        answer(work, NULL, -ETIMEDOUT, "the probe did not answer in time");
}

static void run(void *data) {
        Work *work = data;
        const PfDemand *demand = pf_question_demand(work->inspection.question);

        work->r = work->probe->inspect(work->inspection.target, demand, work->inspection.privileged,
                                       &work->facts, &work->err);
}

static void after_run(void *data) {
        Work *work = data;

        n_running--;
        work->is_back = true;
        if (!work->inspected) { /* too late */
                if (work->is_closed)
                        work_free(work);
                return;
        }
        if (work->r < 0)
                answer(work, NULL, work->r, pf_err_text(&work->err, work->r));
        else
                answer(work, PF_STEAL(work->facts), 0, NULL);
}

static const PfProbe *find_probe(const char *subject, unsigned platform) {
        for (size_t i = 0; i < pf_n_probes; i++)
                if (pf_probes[i]->inspect && pf_probe_is_for(pf_probes[i], platform) &&
                    strcmp(pf_probes[i]->subject, subject) == 0)
                        return pf_probes[i];
        return NULL;
}

int pf_inspect(const PfInspection *inspection, PfInspected inspected, void *data) {
        const PfProbe *probe =
                find_probe(inspection->subject, pf_target_platform(inspection->target));
        Work *work;
        int r;

        if (!probe)
                return PF_INSPECT_NONE;
        if (n_running >= PF_INSPECT_MAX)
                return -EBUSY;
        work = calloc(1, sizeof(*work));
        if (!work)
                return -ENOMEM;

        *work = (Work){
                .inspection = *inspection, .probe = probe, .inspected = inspected, .data = data
        };
        (void) pf_target_ref(work->inspection.target);
        (void) pf_question_ref(work->inspection.question);
        work->inspection.subject = NULL;
        work->timer.data = work;
        r = pf_offload(inspection->loop, run, after_run, work);
        if (r < 0) {
                work_free(work);
                return r;
        }
        n_running++;
        (void) uv_timer_init(inspection->loop, &work->timer);
        (void) uv_timer_start(
                &work->timer, on_deadline,
                inspection->deadline_ms ? inspection->deadline_ms : probe->deadline_ms, 0);
        return 0;
}
