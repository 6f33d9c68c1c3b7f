/* SPDX-License-Identifier: MIT */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <uv.h>

#include "daemon/base/cleanup.h"

/*
 * Jobs that block, one after the other on a thread of their own, for a loop that must not.
 *
 * Not libuv's pool: a job may itself run probes, which wait for that pool and which may
 * hang in it.
 */
typedef struct PfWorker PfWorker;

typedef struct PfWorkerJob {
        void (*work)(struct PfWorkerJob *job); /* on the thread */
        /* From the loop, once work() is over; or where it never will be begun, since the worker
         * is freed. The job is the callee's from then on. */
        void (*done)(struct PfWorkerJob *job, bool begun);
        struct PfWorkerJob *next; /* the worker's */
} PfWorkerJob;

int pf_worker_new(uv_loop_t *loop, PfWorker **ret) PF_MUST_CHECK;

/* Waits for the job that runs; those that wait are done without having begun. Memory is
 * released as the loop goes on to run. */
PfWorker *pf_worker_free(PfWorker *worker);
PF_DEFINE_CLEANUP(PfWorker, pf_worker_free);

/* Add a job behind all others, or before those that have not begun. */
void pf_worker_add(PfWorker *worker, PfWorkerJob *job);
void pf_worker_add_first(PfWorker *worker, PfWorkerJob *job);

/**
 * pf_worker_remove() - take out a job that has not begun
 * Return: was it taken out? Then it is the caller's, and its done() is not called.
 */
bool pf_worker_remove(PfWorker *worker, PfWorkerJob *job);

size_t pf_worker_n_jobs(const PfWorker *worker); /* the one that runs, and those that wait */
