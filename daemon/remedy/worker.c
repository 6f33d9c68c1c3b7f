/* SPDX-License-Identifier: MIT */
#include "daemon/remedy/worker.h"

#include <stdlib.h>

struct PfWorker {
        uv_async_t over;      /* sent by the thread, as the last thing it does */
        PfWorkerJob *running; /* NULL: there is no thread */
        PfWorkerJob *waiting;
        uv_thread_t thread;
};

static void run(void *data) {
        PfWorker *worker = data;

        worker->running->work(worker->running);
        (void) uv_async_send(&worker->over);
}

/* Without memory for a thread the loop has to wait: a job that was taken on is done. */
static void start_next(PfWorker *worker) {
        while (!worker->running && worker->waiting) {
                PfWorkerJob *job = worker->waiting;

                worker->waiting = job->next;
                job->next = NULL;
                worker->running = job;
                if (uv_thread_create(&worker->thread, run, worker) == 0)
                        return;
                job->work(job);
                worker->running = NULL;
                job->done(job, true);
        }
}

static PfWorkerJob *end_running(PfWorker *worker) {
        (void) uv_thread_join(&worker->thread);
        return PF_STEAL(worker->running);
}

static void on_over(uv_async_t *handle) {
        PfWorker *worker = handle->data;
        PfWorkerJob *job;

        if (!worker->running)
                return;
        job = end_running(worker);
        start_next(worker);
        job->done(job, true);
}

int pf_worker_new(uv_loop_t *loop, PfWorker **ret) {
        PfWorker *worker = calloc(1, sizeof(*worker));

        if (!worker)
                return -ENOMEM;
        if (uv_async_init(loop, &worker->over, on_over) < 0) {
                free(worker);
                return -ENOMEM;
        }
        worker->over.data = worker;
        *ret = worker;
        return 0;
}

static void on_closed(uv_handle_t *handle) {
        free(handle->data);
}

PfWorker *pf_worker_free(PfWorker *worker) {
        if (!worker)
                return NULL;
        if (worker->running) {
                PfWorkerJob *job = end_running(worker);

                job->done(job, true);
        }
        while (worker->waiting) {
                PfWorkerJob *job = worker->waiting;

                worker->waiting = job->next;
                job->done(job, false);
        }
        uv_close((uv_handle_t *) &worker->over, on_closed);
        return NULL;
}

void pf_worker_add(PfWorker *worker, PfWorkerJob *job) {
        PfWorkerJob **link = &worker->waiting;

        while (*link)
                link = &(*link)->next;
        job->next = NULL;
        *link = job;
        start_next(worker);
}

void pf_worker_add_first(PfWorker *worker, PfWorkerJob *job) {
        job->next = worker->waiting;
        worker->waiting = job;
        start_next(worker);
}

bool pf_worker_remove(PfWorker *worker, PfWorkerJob *job) {
        PfWorkerJob **link = &worker->waiting;

        while (*link && *link != job)
                link = &(*link)->next;
        if (!*link)
                return false;
        *link = job->next;
        return true;
}

size_t pf_worker_n_jobs(const PfWorker *worker) {
        size_t n = worker->running ? 1 : 0;

        for (const PfWorkerJob *job = worker->waiting; job; job = job->next)
                n++;
        return n;
}
