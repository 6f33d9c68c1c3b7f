/* SPDX-License-Identifier: MIT */
/* Changes that wait, the one that is made, and what follows it. */
#include "daemon/remedy/change.h"

#include <stdio.h>

#define WAITING_MAX 16

PfChange *pf_change_free(PfChange *change) {
        if (!change)
                return NULL;
        for (size_t i = 0; i < change->n; i++)
                (void) pf_transaction_free(change->list[i]);
        free(change->list);
        (void) pf_transaction_free(change->transaction);
        pf_kept_plan_deinit(&change->kept);
        pf_strv_deinit(&change->complaints);
        free(change->who);
        free(change->why);
        free(change);
        return NULL;
}

/* Is it asked for by somebody, and is there one at a time? */
static bool is_exclusive(PfChangeKind kind) {
        return kind == PF_CHANGE_APPLY || kind == PF_CHANGE_UNDO;
}

/* A plan whose change was refused before anything was touched can be applied later,
 * unless the machine is not any more what it was made for. */
static void keep_again(PfChange *change) {
        if (change->kept.plan && change->r < 0 && change->r != -ENODATA && !change->transaction) {
                pf_kept_plans_put_take(&change->remediation->kept, change->kept);
                change->kept = (PfKeptPlan){ 0 };
        }
}

static void done(PfWorkerJob *job, bool begun) {
        PfChange *change = (PfChange *) job;
        PfRemediation *remediation = change->remediation;

        if (is_exclusive(change->kind))
                remediation->changing_by = NULL;
        if (begun) {
                pf_change_tell(change);
                keep_again(change);
        }
        if (change->call) {
                pf_varlink_call_on_cancel(change->call, NULL, NULL);
                if (begun)
                        pf_change_answer(change);
                else
                        pf_varlink_drop(change->call);
        }
        if (change->ended)
                change->ended(remediation->config.data);
        (void) pf_change_free(change);
        if (remediation->config.changed)
                remediation->config.changed(remediation->config.data);
}

/* Who has gone need not be answered. What has begun goes on, and so does what was sent
 * without waiting for an answer. */
static void on_gone(PfVarlinkCall *call, void *data) {
        PfChange *change = data;

        if (pf_varlink_call_is_oneway(call) ||
            !pf_worker_remove(change->remediation->changing, &change->job))
                return;
        if (is_exclusive(change->kind))
                change->remediation->changing_by = NULL;
        change->call = NULL;
        (void) pf_change_free(change);
        pf_varlink_drop(call);
}

static void work(PfWorkerJob *job) {
        pf_change_work((PfChange *) job);
}

PfChange *pf_change_new(PfRemediation *remediation, PfChangeKind kind, PfVarlinkCall *call) {
        PfChange *change = calloc(1, sizeof(*change));

        if (!change)
                return NULL;
        *change = (PfChange){ .job = { .work = work, .done = done },
                              .remediation = remediation,
                              .kind = kind,
                              .call = call,
                              .next_boot_usec = UINT64_MAX };
        return change;
}

void pf_change_submit(PfChange *change) {
        PfRemediation *remediation = change->remediation;

        if (change->call)
                pf_varlink_call_on_cancel(change->call, on_gone, change);
        if (is_exclusive(change->kind))
                remediation->changing_by = change->who;
        if (change->kind == PF_CHANGE_LEASES)
                pf_worker_add_first(remediation->changing, &change->job);
        else
                pf_worker_add(remediation->changing, &change->job);
        if (remediation->config.changed)
                remediation->config.changed(remediation->config.data);
}

bool pf_change_is_free(PfRemediation *remediation, PfVarlinkCall *call, PfChangeKind kind) {
        const char *reason = NULL;
        PF_AUTO_FREE char *text = NULL;

        if (remediation->is_ending) {
                reason = "the service is about to end; try again in a moment";
        } else if (is_exclusive(kind) && remediation->changing_by) {
                if (asprintf(&text, "a change is being made by %s; try again when it is done",
                             remediation->changing_by) < 0)
                        text = NULL;
                reason = text ? text : "a change is being made; try again when it is done";
        } else if (pf_worker_n_jobs(remediation->changing) >= WAITING_MAX) {
                reason = "too many callers wait already; try again later";
        }
        if (reason)
                pf_remediation_reply_error(call, "Busy", "reason", reason);
        return !reason;
}

void pf_remediation_look_after_leases(PfRemediation *remediation, bool all,
                                      void (*ended)(void *data)) {
        PfChange *change =
                pf_change_new(remediation, all ? PF_CHANGE_ALL_LEASES : PF_CHANGE_LEASES, NULL);

        if (change) {
                change->ended = ended;
                pf_change_submit(change);
                return;
        }
        remediation->is_unsure = true;
        if (ended)
                ended(remediation->config.data);
}
