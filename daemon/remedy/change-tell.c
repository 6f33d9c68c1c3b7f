/* SPDX-License-Identifier: MIT */
/* What the log says of changes and leases. */
#include <stdio.h>

#include "config/journal-messages.h"
#include "daemon/base/log.h"
#include "daemon/remedy/change.h"

/* While a lease cannot be ended. */
#define RETRY_USEC (1ull * 1000000)
#define WARN_EVERY 60

static void log_transaction(PfLogLevel level, const char *message_id,
                            const PfTransaction *transaction, const char *text) {
        const PfTransactionLease *lease = transaction->lease;
        const PfLogField fields[] = {
                { "PREFLIGHTD_TRANSACTION", transaction->id },
                { "PREFLIGHTD_CHECK", transaction->why ? transaction->why : "" },
                { "PREFLIGHTD_WHO", transaction->who ? transaction->who : "" },
                { lease ? "PREFLIGHTD_ACCOUNT" : NULL, lease ? lease->scope.account : NULL },
                { lease ? "PREFLIGHTD_SOURCE" : NULL, lease ? lease->scope.source : NULL },
                { NULL, NULL },
        };

        pf_log_event(level, message_id, fields, "%s", text);
}

static void log_opened(const PfTransaction *transaction) {
        const PfTransactionLease *lease = transaction->lease;
        char text[600];

        (void) snprintf(text, sizeof(text),
                        "Lease %s is open: %s may log in from %s for %llu s, by order of %s",
                        transaction->id, lease->scope.account, lease->scope.source,
                        (unsigned long long) (lease->scope.duration_usec / 1000000),
                        transaction->who);
        log_transaction(PF_LOG_NOTICE, pf_message_lease_opened, transaction, text);
}

static void log_ended(const PfTransaction *transaction) {
        char text[600];

        (void) snprintf(text, sizeof(text), "Lease %s has ended: %s from %s, by %s",
                        transaction->id, transaction->lease->scope.account,
                        transaction->lease->scope.source,
                        transaction->undone_by ? transaction->undone_by : "recovery");
        log_transaction(PF_LOG_NOTICE, pf_message_lease_ended, transaction, text);
}

static void log_covered(const PfTransaction *transaction) {
        char text[1000];

        (void) snprintf(text, sizeof(text), "Lease %s: %s", transaction->id,
                        transaction->text ? transaction->text : "it has ended by a cover");
        log_transaction(PF_LOG_WARNING, pf_message_lease_covered, transaction, text);
}

static void log_made(const PfChange *change, const PfTransaction *transaction) {
        const bool is_undo = change->kind == PF_CHANGE_UNDO;
        char text[700];

        (void) snprintf(text, sizeof(text), "%s %s (%s), by order of %s",
                        is_undo ? "Undone" : "Applied", transaction->id, transaction->why,
                        change->who);
        log_transaction(PF_LOG_NOTICE, is_undo ? pf_message_undone : pf_message_applied,
                        transaction, text);
}

/* Refused, or taken back: where it was begun there is a transaction of it. */
static void log_not_made(const PfChange *change, const PfTransaction *transaction) {
        const char *why = transaction ? transaction->why : change->why;
        const PfLogField fields[] = {
                { "PREFLIGHTD_CHECK", why ? why : "" },
                { "PREFLIGHTD_WHO", change->who },
                { transaction ? "PREFLIGHTD_TRANSACTION" : NULL,
                  transaction ? transaction->id : NULL },
                { NULL, NULL },
        };

        pf_log_event(PF_LOG_WARNING, pf_message_not_made, fields,
                     "%s asked for a change, which was not made: %s", change->who,
                     change->r > 0 && !change->err.text[0]
                             ? "there is nothing of this name in force"
                             : pf_err_text(&change->err, change->r));
}

static void log_change(const PfChange *change) {
        const PfTransaction *transaction = change->transaction;

        if (change->kind != PF_CHANGE_APPLY && change->kind != PF_CHANGE_UNDO)
                return;
        if (change->kind == PF_CHANGE_UNDO && change->is_listed)
                transaction = pf_change_find(change, change->id);
        if (change->r != 0)
                log_not_made(change, transaction);
        else if (transaction)
                log_made(change, transaction);
}

/* Which leases are open now that were not, and the other way round. */
static void tell_leases(PfChange *change) {
        PfRemediation *remediation = change->remediation;
        PF_AUTO_STRV PfStrv open = { 0 };
        PF_AUTO_STRV PfStrv covered = { 0 };

        for (size_t i = 0; i < change->n; i++) {
                const PfTransaction *transaction = change->list[i];
                bool was_open = pf_strv_contains(&remediation->open, transaction->id);

                if (transaction->is_covered) {
                        if (!pf_strv_contains(&remediation->covered, transaction->id))
                                log_covered(transaction);
                        (void) !pf_strv_add(&covered, transaction->id); /* it is said again */
                }

                if (pf_lease_is_open(transaction)) {
                        if (pf_strv_add(&open, transaction->id) < 0)
                                remediation->is_unsure = true; /* and it stays */
                        if (!was_open && !transaction->is_covered)
                                log_opened(transaction);
                } else if (was_open || (transaction->lease && change->kind >= PF_CHANGE_LEASES &&
                                        transaction->ended_usec >= change->now.real_usec)) {
                        log_ended(transaction);
                }
        }
        pf_strv_deinit(&remediation->open);
        remediation->open = open;
        open = (PfStrv){ 0 };
        pf_strv_deinit(&remediation->covered);
        remediation->covered = covered;
        covered = (PfStrv){ 0 };
}

/* A lease that cannot be ended is tried again soon: that is told at once, and once a minute. */
static void plan_next(PfChange *change) {
        PfRemediation *remediation = change->remediation;
        PfLeaseClock now;
        PfErr ignored = { 0 };

        remediation->is_unsure = change->lease_r < 0;
        if (change->lease_r == 0) {
                remediation->n_failures = 0;
                pf_lease_timer_set(remediation->timer, change->next_boot_usec);
                return;
        }
        if (remediation->n_failures++ % WARN_EVERY == 0)
                pf_log_event(PF_LOG_ERROR, pf_message_lease_stuck, NULL,
                             "Leases may be open that are over; trying again: %s",
                             pf_err_text(&change->lease_err, change->lease_r));
        if (pf_lease_clock_read(&now, &ignored) == 0)
                pf_lease_timer_set(remediation->timer, now.boot_usec + RETRY_USEC);
}

void pf_change_tell(PfChange *change) {
        for (size_t i = 0; i < change->complaints.n; i++)
                pf_log(PF_LOG_WARNING, "%s", change->complaints.items[i]);
        log_change(change);
        if (change->is_listed)
                tell_leases(change);
        plan_next(change);
}
