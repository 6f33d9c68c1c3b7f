/* SPDX-License-Identifier: MIT */
/* What is done with the transactions, on the thread that has them. */
#include <stdio.h>
#include <string.h>

#include "daemon/remedy/change.h"
#include "daemon/remedy/lease-publish.h"
#include "daemon/remedy/policy.h"

#define COMPLAINTS_MAX 16

/* By the settings as they are now; where they cannot be read, nothing goes. */
static int prune(const PfRemediation *remediation, PfErr *err) {
        PF_CLEANUP(pf_settings_freep) PfSettings *settings = NULL;
        int r = pf_settings_load(remediation->config.host, &settings, NULL, err);

        return r < 0 ? r
                     : pf_transactions_prune(remediation->transactions, settings->history_age_usec,
                                             settings->history_max, err);
}

static int need_transactions(PfChange *change, PfErr *err) {
        PfRemediation *remediation = change->remediation;
        const PfStrv *complaints;
        PfErr ignored = { 0 };
        int r;

        if (remediation->transactions)
                return 0;
        r = pf_transactions_open(remediation->config.root, &remediation->config.effects->table,
                                 &remediation->transactions, err);
        if (r < 0)
                return r;
        complaints = pf_transactions_complaints(remediation->transactions);
        for (size_t i = 0; i < complaints->n && i < COMPLAINTS_MAX && r == 0; i++)
                r = pf_strv_add(&change->complaints, complaints->items[i]);
        r = prune(remediation, &ignored);
        if (r < 0) /* a long history hinders no change, and keeps no lease open */
                r = pf_strv_add(&change->complaints, pf_err_text(&ignored, r));
        (void) !r; /* a sentence less in the log */
        return 0;
}

static int read_list(PfChange *change, PfErr *err) {
        int r;

        for (size_t i = 0; i < change->n; i++)
                (void) pf_transaction_free(change->list[i]);
        free(change->list);
        change->list = NULL;
        change->n = 0;
        r = pf_transactions_list(change->remediation->transactions, &change->list, &change->n, err);
        change->is_listed = r == 0;
        return r;
}

const PfTransaction *pf_change_find(const PfChange *change, const char *id) {
        for (size_t i = 0; i < change->n; i++)
                if (strcmp(change->list[i]->id, id) == 0)
                        return change->list[i];
        return NULL;
}

/* What policy says of each check that the plan remedies, now and by what was done before. */
static int ask_policy(PfChange *change, PfErr *err) {
        const PfPlan *plan = change->kept.plan;
        PF_CLEANUP(pf_settings_freep) PfSettings *settings = NULL;
        PF_CLEANUP(pf_target_unrefp) PfTarget *target = NULL;
        int r;

        r = pf_settings_load(change->remediation->config.host, &settings, NULL, err);
        if (r == 0)
                r = pf_target_new(change->remediation->config.root, PF_TARGET_DEFAULT, &target,
                                  err);
        if (r == 0)
                r = read_list(change, err);
        if (r < 0)
                return r;
        for (size_t i = 0; i < plan->n_steps; i++) {
                const PfPlanStep *step = &plan->steps[i];
                PF_AUTO_FREE char *why = NULL;
                PfAutoAnswer answer;

                if (step->outcome != PF_PLAN_REMEDIED)
                        continue;
                answer = pf_policy_may(settings, target, step->check, step->fingerprint,
                                       change->list, change->n, &why);
                if (answer == PF_AUTO_YES)
                        continue;
                change->is_refused = answer != PF_AUTO_EARLY;
                change->is_early = answer == PF_AUTO_EARLY;
                return pf_err_set(err, -EPERM, "%s", why ? why : step->check);
        }
        return 0;
}

/* "ssh.sftp-subsystem, boot.root-identity" */
static char *why_of(const PfPlan *plan) {
        PF_AUTO_BUF PfBuf buf = PF_BUF_INIT(4096);

        for (size_t i = 0; i < plan->n_steps; i++)
                if (plan->steps[i].outcome == PF_PLAN_REMEDIED &&
                    pf_buf_printf(&buf, "%s%s", buf.n > 0 ? ", " : "", plan->steps[i].check) ==
                            -ENOMEM)
                        return NULL;
        return pf_buf_steal(&buf);
}

static int apply(PfChange *change) {
        int r;

        change->why = why_of(change->kept.plan);
        r = change->why ? 0 : -ENOMEM;
        if (r == 0 && change->kept.is_automatic)
                r = ask_policy(change, &change->err);
        if (r < 0)
                return r;
        pf_effects_ask(change->remediation->config.effects, change->kept.question);
        return pf_transactions_apply(change->remediation->transactions, change->kept.plan,
                                     change->who, change->why, &change->transaction, &change->err);
}

/* A lease that is ended early ends as it would at its time: an edit made since keeps
 * nothing open. */
static int undo(PfChange *change) {
        PfTransactions *transactions = change->remediation->transactions;
        const PfTransaction *transaction;
        int r;

        r = read_list(change, &change->err);
        if (r < 0)
                return r;
        transaction = pf_change_find(change, change->id);
        if (transaction && pf_lease_is_open(transaction)) {
                r = pf_transactions_end_lease(transactions, change->id, change->who, pf_lease_cut,
                                              &change->err);
                return r == PF_TRANSACTION_COVERED ? 0 : r; /* its text says how it has ended */
        }
        return pf_transactions_undo(transactions, change->id, change->who, &change->err);
}

/* Ends what is over, tells of what is open, and finds out when that ends. */
static int settle(PfChange *change) {
        PfErr *err = &change->lease_err;
        uint64_t next_usec = 0;
        PfErr ignored = { 0 };
        int first, r;

        r = pf_lease_clock_read(&change->now, err);
        if (r < 0)
                return r;
        first = pf_leases_expire(change->remediation->transactions, &change->now,
                                 change->kind == PF_CHANGE_ALL_LEASES, &next_usec, err);
        r = read_list(change, err);
        if (r < 0)
                return first < 0 ? first : r;
        change->next_boot_usec =
                next_usec == UINT64_MAX ? UINT64_MAX : change->now.boot_usec + next_usec;
        r = pf_leases_publish(change->remediation->config.root, change->list, change->n,
                              &change->now, &ignored);
        if (r < 0 && pf_strv_add(&change->complaints, pf_err_text(&ignored, r)) < 0)
                return first;         /* a sentence less in the log */
        return first < 0 ? first : 0; /* of those with covers the list tells */
}

void pf_change_work(PfChange *change) {
        PfErr *err = change->kind >= PF_CHANGE_LEASES ? &change->lease_err : &change->err;

        change->r = need_transactions(change, err);
        if (change->r < 0) {
                change->lease_r = change->r;
                return;
        }
        if (change->kind == PF_CHANGE_APPLY)
                change->r = apply(change);
        else if (change->kind == PF_CHANGE_UNDO)
                change->r = undo(change);
        change->lease_r = settle(change);
}
