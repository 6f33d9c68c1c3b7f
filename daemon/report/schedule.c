/* SPDX-License-Identifier: MIT */
#include "daemon/report/schedule.h"

#include <string.h>

#include "daemon/base/clock.h"
#include "daemon/report/offload.h"

#define HOST_DEADLINE_MS 5000 /* the hives of an image are read by another process */
#define WAIVERS_DEADLINE_MS 2000

/* One slot a probe, one for reading who the machine is, and one for its waivers. */
#define HOST_SLOT pf_n_probes
#define WAIVERS_SLOT (pf_n_probes + 1)
#define N_SLOTS (pf_n_probes + 2)

/* One piece of work on a thread. It belongs to that until the loop hears of its end,
 * even if its run gave it up. */
typedef struct Job {
        PfSchedule *schedule; /* NULL once the schedule is gone */
        PfRun *run;           /* NULL once the run has given it up */
        size_t slot;
        PfTarget *target;
        PfQuestion *question;
        uint64_t deadline_msec; /* in the loop's time */

        int r;
        PfErr err;
        PfReport report;
        PfHost host;
        PfWaivers waivers;
        uint64_t probed_usec;
        uint64_t duration_usec;
} Job;

struct PfRun {
        PfSchedule *schedule;
        PfQuestion *question;
        PfRunEvents events;
        void *data;
        bool forgotten;
        bool has_started;

        Job **jobs;        /* by slot; NULL where it is over or was not wanted */
        PfReport *reports; /* by slot */
        bool *is_over;     /* by slot */
        bool knows_waivers;
        uint64_t waivers_usec; /* since 1970: the moment that waivers are judged for */
        PfReadiness *readiness;
        uint64_t started_usec_monotonic;
        size_t n_pending;
        PfRun *next;
};

struct PfSchedule {
        uv_loop_t *loop;
        uv_timer_t *timer;  /* outlives the schedule by its close callback */
        uv_idle_t *starter; /* so that done() is never called from within pf_schedule_run() */
        PfTarget *target;
        uint64_t deadline_ms; /* 0: as each probe says */
        PfRun *queue;         /* the first is the active one */
        size_t n_queued;
        Job **stuck; /* by slot: the job that hangs, or NULL */
        void (*came_back)(void *data);
        void *data;
};

static Job *job_free(Job *job) {
        if (!job)
                return NULL;
        pf_report_deinit(&job->report);
        pf_host_deinit(&job->host);
        pf_waivers_deinit(&job->waivers);
        (void) pf_target_unref(job->target);
        (void) pf_question_unref(job->question);
        free(job);
        return NULL;
}

static PfRun *run_free(PfRun *run) {
        if (!run)
                return NULL;
        for (size_t i = 0; run->reports && i < N_SLOTS; i++)
                pf_report_deinit(&run->reports[i]);
        free(run->reports);
        free(run->is_over);
        free(run->jobs);
        (void) pf_readiness_free(run->readiness);
        (void) pf_question_unref(run->question);
        free(run);
        return NULL;
}
PF_DEFINE_CLEANUP(PfRun, run_free);

/* --- on a worker's thread --- */

static void work(void *data) {
        Job *job = data;
        uint64_t start = pf_clock_monotonic_usec();

        job->probed_usec = pf_clock_realtime_usec();
        if (job->slot == HOST_SLOT)
                pf_host_read(job->target, &job->host);
        else if (job->slot == WAIVERS_SLOT)
                job->r = pf_waivers_load(job->target, &job->waivers);
        else
                job->r = pf_probes[job->slot]->run(job->target, pf_question_demand(job->question),
                                                   &job->report, &job->err);
        job->duration_usec = pf_clock_monotonic_usec() - start;
}

/* --- on the loop's thread --- */

static bool is_answered(const PfReport *report, const PfCheck *check) {
        for (size_t i = 0; i < report->n; i++)
                if (report->results[i].check == check)
                        return true;
        return false;
}

/* Whatever a probe left open is unknown, with the reason. */
static void answer_the_rest(const PfProbe *probe, const char *reason, PfReport *report) {
        for (size_t i = 0; i < probe->n_checks; i++)
                if (!is_answered(report, &probe->checks[i]))
                        (void) pf_report_unknown(report, &probe->checks[i], "%s", reason);
}

static void drop_unwanted(const PfQuestion *question, PfReport *report) {
        size_t kept = 0;

        for (size_t i = 0; i < report->n; i++) {
                if (pf_question_wants(question, report->results[i].check->id))
                        report->results[kept++] = report->results[i];
                else
                        pf_result_deinit(&report->results[i]);
        }
        report->n = kept;
}

static void start_next(PfSchedule *schedule);

/* Moves the results of all probes into one list, in the order of the registry. */
static int collect(PfRun *run, PfReport *all) {
        size_t n = 0;

        for (size_t i = 0; i < pf_n_probes; i++) {
                if (run->reports[i].error < 0)
                        return run->reports[i].error;
                n += run->reports[i].n;
        }
        all->results = calloc(n ? n : 1, sizeof(*all->results));
        if (!all->results)
                return -ENOMEM;
        for (size_t i = 0; i < pf_n_probes; i++) {
                PfReport *part = &run->reports[i];

                if (part->n > 0)
                        memcpy(&all->results[all->n], part->results,
                               part->n * sizeof(*part->results));
                all->n += part->n;
                part->n = 0; /* the list itself is freed with the run */
        }
        return 0;
}

/* What the whole report says of the waivers, and until when. */
static int conclude(PfRun *run) {
        PfReadiness *readiness = run->readiness;

        readiness->expires_usec = pf_waivers_next_expiry(&readiness->waivers, run->waivers_usec);
        return pf_waivers_conclude(&readiness->waivers, run->question, &readiness->report,
                                   run->waivers_usec);
}

static void finish_run(PfRun *run) {
        PfSchedule *schedule = run->schedule;
        PfReadiness *readiness = run->readiness;
        int r;

        uv_timer_stop(schedule->timer);
        readiness->duration_usec = pf_clock_monotonic_usec() - run->started_usec_monotonic;
        r = collect(run, &readiness->report);
        if (r == 0)
                r = conclude(run);

        schedule->queue = run->next;
        schedule->n_queued--;
        if (!run->forgotten) {
                run->readiness = NULL;
                if (r < 0)
                        readiness = pf_readiness_free(readiness);
                run->events.done(readiness, r, run->data);
        }
        (void) run_free(run);
        start_next(schedule);
}

/* A probe's results, once it is known what they may be waived by. */
static void tell_slot(PfRun *run, size_t slot) {
        PfReport *report = &run->reports[slot];

        if (report->error == 0)
                report->error = pf_waivers_apply(&run->readiness->waivers, report->results,
                                                 report->n, run->waivers_usec);
        if (run->events.finished && !run->forgotten)
                run->events.finished(report->results, report->n, &run->readiness->waivers,
                                     run->data);
}

/* From now on nothing is added to the waivers. @waivers: taken over. */
static void set_waivers(PfRun *run, PfWaivers *waivers, const char *fault) {
        run->readiness->waivers = *waivers;
        *waivers = (PfWaivers){ 0 };
        /* What cannot be said here only leaves a failure what it is. */
        if (fault)
                (void) !pf_waivers_add_fault(&run->readiness->waivers, run->schedule->target,
                                             fault);
        run->waivers_usec = pf_target_now_usec(run->schedule->target);
        run->knows_waivers = true;
        for (size_t i = 0; i < pf_n_probes; i++)
                if (run->is_over[i])
                        tell_slot(run, i);
}

/* A probe's part of the run is over, one way or the other. */
static void finish_slot(PfRun *run, size_t slot, PfReport *report, const char *reason,
                        uint64_t probed_usec, uint64_t duration_usec) {
        if (slot < pf_n_probes) {
                answer_the_rest(pf_probes[slot], reason, report);
                drop_unwanted(run->question, report);
                for (size_t i = 0; i < report->n; i++) {
                        report->results[i].probed_usec = probed_usec;
                        report->results[i].duration_usec = duration_usec;
                }
                run->reports[slot] = *report;
                *report = (PfReport){ 0 };
                run->is_over[slot] = true;
                if (run->knows_waivers)
                        tell_slot(run, slot);
        } else if (slot == WAIVERS_SLOT && !run->knows_waivers) {
                set_waivers(run, &(PfWaivers){ 0 }, reason);
        }
        run->jobs[slot] = NULL;
        run->n_pending--;
}

static void unlink_stuck(Job *job) {
        if (job->schedule && job->schedule->stuck[job->slot] == job)
                job->schedule->stuck[job->slot] = NULL;
}

static void after_work(void *data) {
        Job *job = data;
        PfRun *run = job->run;
        const char *reason = "the probe gave no answer";

        if (!run) {
                PfSchedule *schedule = job->schedule;

                unlink_stuck(job);
                if (schedule && schedule->came_back)
                        schedule->came_back(schedule->data);
                (void) job_free(job);
                return;
        }

        if (job->report.error < 0)
                reason = "out of memory";
        else if (job->r < 0)
                reason = pf_err_text(&job->err, job->r);
        if (job->slot == HOST_SLOT) {
                run->readiness->host = job->host;
                job->host = (PfHost){ 0 };
        }
        if (job->slot == WAIVERS_SLOT)
                set_waivers(run, &job->waivers, job->r < 0 ? reason : NULL);
        finish_slot(run, job->slot, &job->report, reason, job->probed_usec, job->duration_usec);
        (void) job_free(job);
        if (run->n_pending == 0)
                finish_run(run);
}

/* The job hangs: what it did not answer is unknown, and it is the schedule's from now on.
 * It goes on with a report of its own, whenever it comes back. */
static void give_up(PfRun *run, Job *job, uint64_t deadline_msec) {
        PfReport report = { 0 };
        char reason[128];

        (void) snprintf(reason, sizeof(reason), "the probe did not answer within %llu ms",
                        (unsigned long long) deadline_msec);
        job->run = NULL;
        (void) pf_report_copy_all(&job->report, &report);
        run->schedule->stuck[job->slot] = job;
        finish_slot(run, job->slot, &report, reason, pf_clock_realtime_usec(),
                    deadline_msec * 1000);
}

static uint64_t deadline_of(const PfSchedule *schedule, size_t slot) {
        if (schedule->deadline_ms > 0)
                return schedule->deadline_ms;
        return slot == HOST_SLOT      ? HOST_DEADLINE_MS
               : slot == WAIVERS_SLOT ? WAIVERS_DEADLINE_MS
                                      : pf_probes[slot]->deadline_ms;
}

static void arm_timer(PfRun *run);

static void on_timer(uv_timer_t *timer) {
        PfSchedule *schedule = timer->data;
        PfRun *run = schedule->queue;
        uint64_t now = uv_now(schedule->loop);

        for (size_t i = 0; i < N_SLOTS; i++)
                if (run->jobs[i] && run->jobs[i]->deadline_msec <= now)
                        give_up(run, run->jobs[i], deadline_of(schedule, i));
        if (run->n_pending == 0)
                finish_run(run);
        else
                arm_timer(run);
}

static void arm_timer(PfRun *run) {
        uint64_t now = uv_now(run->schedule->loop);
        uint64_t first = UINT64_MAX;

        for (size_t i = 0; i < N_SLOTS; i++)
                if (run->jobs[i] && run->jobs[i]->deadline_msec < first)
                        first = run->jobs[i]->deadline_msec;
        (void) uv_timer_start(run->schedule->timer, on_timer, first > now ? first - now : 0, 0);
}

static int start_job(PfRun *run, size_t slot) {
        PfSchedule *schedule = run->schedule;
        Job *job;
        int r;

        job = calloc(1, sizeof(*job));
        if (!job)
                return -ENOMEM;
        job->schedule = schedule;
        job->run = run;
        job->slot = slot;
        job->target = pf_target_ref(schedule->target);
        job->question = pf_question_ref(run->question);
        job->deadline_msec = uv_now(schedule->loop) + deadline_of(schedule, slot);

        r = pf_report_share(&job->report);
        if (r == 0)
                r = pf_offload(schedule->loop, work, after_work, job);
        if (r < 0) {
                (void) job_free(job);
                return r;
        }
        run->jobs[slot] = job;
        return 0;
}

static bool is_wanted(const PfRun *run, size_t slot) {
        if (slot >= pf_n_probes)
                return true;
        if (!pf_probe_is_for(pf_probes[slot], run->readiness->platform))
                return false;
        for (size_t i = 0; i < pf_probes[slot]->n_checks; i++)
                if (pf_question_wants(run->question, pf_probes[slot]->checks[i].id))
                        return true;
        return false;
}

static void start_slot(PfRun *run, size_t slot) {
        const char *reason = NULL;
        PfReport report = { 0 };
        int r = 0;

        if (!is_wanted(run, slot))
                return;
        run->n_pending++;
        if (run->schedule->stuck[slot])
                reason = "an earlier run of the probe still hangs";
        else
                r = start_job(run, slot);
        if (r < 0)
                reason =
                        r == -EAGAIN ? "no thread could be started for the probe" : "out of memory";
        if (reason)
                finish_slot(run, slot, &report, reason, pf_clock_realtime_usec(), 0);
}

static void on_start(uv_idle_t *starter) {
        PfSchedule *schedule = starter->data;
        PfRun *run = schedule->queue;

        (void) uv_idle_stop(starter);
        uv_update_time(schedule->loop);
        run->has_started = true;
        if (run->events.started && !run->forgotten)
                run->events.started(run->data);
        run->started_usec_monotonic = pf_clock_monotonic_usec();
        run->readiness->started_usec = pf_clock_realtime_usec();
        for (size_t i = 0; i < N_SLOTS; i++)
                start_slot(run, i);
        if (run->n_pending == 0)
                finish_run(run);
        else
                arm_timer(run);
}

static void start_next(PfSchedule *schedule) {
        if (schedule->queue)
                (void) uv_idle_start(schedule->starter, on_start);
}

static int run_new(PfSchedule *schedule, PfQuestion *question, const PfRunEvents *events,
                   void *data, PfRun **ret) {
        PF_CLEANUP(run_freep) PfRun *run = NULL;

        run = calloc(1, sizeof(*run));
        if (!run)
                return -ENOMEM;
        run->schedule = schedule;
        run->question = pf_question_ref(question);
        run->events = *events;
        run->data = data;
        run->jobs = calloc(N_SLOTS, sizeof(*run->jobs));
        run->reports = calloc(N_SLOTS, sizeof(*run->reports));
        run->is_over = calloc(N_SLOTS, sizeof(*run->is_over));
        run->readiness = calloc(1, sizeof(*run->readiness));
        if (!run->jobs || !run->reports || !run->is_over || !run->readiness)
                return -ENOMEM;
        run->readiness->question = pf_question_ref(question);
        run->readiness->platform = pf_target_platform(schedule->target);
        *ret = PF_STEAL(run);
        return 0;
}

int pf_schedule_run(PfSchedule *schedule, PfQuestion *question, const PfRunEvents *events,
                    void *data, PfRun **ret) {
        PfRun **last = &schedule->queue;
        int r;

        if (schedule->n_queued >= PF_SCHEDULE_QUEUE_MAX && !events->passes_limit)
                return -EBUSY;
        r = run_new(schedule, question, events, data, ret);
        if (r < 0)
                return r;

        while (*last)
                last = &(*last)->next;
        *last = *ret;
        if (schedule->n_queued++ == 0)
                start_next(schedule);
        return 0;
}

static void drop_run(PfRun *run) {
        PfSchedule *schedule = run->schedule;
        PfRun **link = &schedule->queue;

        while (*link != run)
                link = &(*link)->next;
        *link = run->next;
        schedule->n_queued--;
        if (!schedule->queue)
                (void) uv_idle_stop(schedule->starter);
        (void) run_free(run);
}

void pf_run_forget(PfRun *run) {
        run->forgotten = true;
        if (!run->has_started)
                drop_run(run);
}

void pf_schedule_on_come_back(PfSchedule *schedule, void (*came_back)(void *data), void *data) {
        schedule->came_back = came_back;
        schedule->data = data;
}

bool pf_run_has_started(const PfRun *run) {
        return run->has_started;
}

void pf_schedule_set_deadline(PfSchedule *schedule, uint64_t deadline_ms) {
        schedule->deadline_ms = deadline_ms;
}

size_t pf_schedule_n_stuck(const PfSchedule *schedule) {
        size_t n = 0;

        for (size_t i = 0; i < N_SLOTS; i++)
                n += schedule->stuck[i] != NULL;
        return n;
}

const char *pf_schedule_stuck_name(const PfSchedule *schedule) {
        for (size_t i = 0; i < N_SLOTS; i++)
                if (schedule->stuck[i])
                        return i == HOST_SLOT      ? "host"
                               : i == WAIVERS_SLOT ? "waivers"
                                                   : pf_probes[i]->name;
        return NULL;
}

int pf_schedule_new(uv_loop_t *loop, PfTarget *target, uint64_t deadline_ms, PfSchedule **ret) {
        PF_CLEANUP(pf_schedule_freep) PfSchedule *schedule = NULL;

        schedule = calloc(1, sizeof(*schedule));
        if (!schedule)
                return -ENOMEM;
        schedule->loop = loop;
        schedule->target = pf_target_ref(target);
        schedule->deadline_ms = deadline_ms;
        schedule->stuck = calloc(N_SLOTS, sizeof(*schedule->stuck));
        schedule->timer = calloc(1, sizeof(*schedule->timer));
        if (!schedule->stuck || !schedule->timer)
                return -ENOMEM;
        (void) uv_timer_init(loop, schedule->timer);
        schedule->timer->data = schedule;
        schedule->starter = calloc(1, sizeof(*schedule->starter));
        if (!schedule->starter)
                return -ENOMEM;
        (void) uv_idle_init(loop, schedule->starter);
        schedule->starter->data = schedule;
        *ret = PF_STEAL(schedule);
        return 0;
}

static void free_handle(uv_handle_t *handle) {
        free(handle);
}

static void abandon(PfRun *run) {
        for (size_t i = 0; i < N_SLOTS; i++) {
                Job *job = run->jobs[i];

                if (!job)
                        continue;
                job->run = NULL;
                job->schedule = NULL;
        }
        (void) run_free(run);
}

PfSchedule *pf_schedule_free(PfSchedule *schedule) {
        if (!schedule)
                return NULL;
        while (schedule->queue) {
                PfRun *run = schedule->queue;

                schedule->queue = run->next;
                abandon(run);
        }
        for (size_t i = 0; schedule->stuck && i < N_SLOTS; i++)
                if (schedule->stuck[i])
                        schedule->stuck[i]->schedule = NULL;
        if (schedule->timer && schedule->timer->data)
                uv_close((uv_handle_t *) schedule->timer, free_handle);
        else
                free(schedule->timer);
        if (schedule->starter)
                uv_close((uv_handle_t *) schedule->starter, free_handle);
        (void) pf_target_unref(schedule->target);
        free(schedule->stuck);
        free(schedule);
        return NULL;
}
