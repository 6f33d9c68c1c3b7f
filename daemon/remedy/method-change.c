/* SPDX-License-Identifier: MIT */
/* Apply(), Undo() and ListTransactions(): what is asked, and what is answered. */
#include <stdio.h>

#include "daemon/base/clock.h"
#include "daemon/remedy/change.h"

static void reply_transaction(PfChange *change, const PfTransaction *transaction) {
        PfJson *json = NULL;

        if (!transaction || pf_transaction_to_json(transaction, &change->now, &json) < 0)
                pf_varlink_drop(change->call);
        else
                pf_remediation_reply(change->call, "transaction", json);
}

static void reply_list(PfChange *change) {
        PF_CLEANUP(pf_json_freep) PfJson *array = pf_json_new_array();
        int r = array ? 0 : -ENOMEM;

        for (size_t i = 0; i < change->n && r == 0; i++) {
                PfJson *json = NULL;

                r = pf_transaction_to_json(change->list[i], &change->now, &json);
                if (r == 0)
                        r = pf_json_append_take(array, json);
        }
        if (r < 0)
                pf_varlink_drop(change->call);
        else
                pf_remediation_reply(change->call, "transactions", PF_STEAL(array));
}

static void answer_apply(PfChange *change) {
        if (change->is_refused)
                pf_remediation_reply_error(change->call, "NotPermitted", "reason",
                                           change->err.text);
        else if (change->is_early)
                pf_remediation_reply_error(change->call, "Busy", "reason", change->err.text);
        else if (change->r < 0)
                pf_remediation_reply_failed(change->call, change->r, &change->err);
        else
                reply_transaction(change, change->transaction);
}

static void answer_undo(PfChange *change) {
        if (change->r == PF_TRANSACTION_ABSENT)
                pf_remediation_reply_error(change->call, "NoSuchTransaction", "transaction",
                                           change->id);
        else if (change->r == PF_TRANSACTION_NOT_APPLIED)
                pf_remediation_reply_error(change->call, "Failed", "reason",
                                           "it is not in force: see preflightctl history");
        else if (change->r == PF_TRANSACTION_EDITED)
                pf_remediation_reply_error(change->call, "EditedSince", "reason", change->err.text);
        else if (change->r < 0)
                pf_remediation_reply_failed(change->call, change->r, &change->err);
        else
                reply_transaction(change, pf_change_find(change, change->id));
}

void pf_change_answer(PfChange *change) {
        if (change->kind == PF_CHANGE_APPLY)
                answer_apply(change);
        else if (change->kind == PF_CHANGE_UNDO)
                answer_undo(change);
        else if (change->r < 0)
                pf_remediation_reply_failed(change->call, change->r, &change->err);
        else if (!change->is_listed)
                pf_remediation_reply_failed(change->call, change->lease_r, &change->lease_err);
        else
                reply_list(change);
}

/* An empty plan: the reason why stands in its steps. */
static bool explain_empty(PfVarlinkCall *call, const PfPlan *plan) {
        const PfPlanStep *consent = NULL, *other = NULL;

        if (!pf_plan_is_empty(plan))
                return false;
        for (size_t i = 0; i < plan->n_steps; i++) {
                const PfPlanStep *step = &plan->steps[i];

                if (step->outcome == PF_PLAN_CONSENT && !consent)
                        consent = step;
                else if (step->outcome != PF_PLAN_PASSES && !other)
                        other = step;
        }
        if (consent)
                pf_remediation_reply_check(call, "ConsentRequired", consent->check,
                                           consent->summary);
        else if (other)
                pf_remediation_reply_check(call, "NotRemediable", other->check, other->summary);
        else
                pf_remediation_reply_error(
                        call, "Failed", "reason",
                        "this plan changes nothing: all that it is about passes");
        return true;
}

void pf_method_apply(PfVarlinkCall *call, void *data) {
        PfRemediation *remediation = data;
        PfCaller caller = pf_remediation_admit(remediation, call, PF_CALLER_AUTOMATIC);
        PfKeptPlan kept;
        PfChange *change;

        if (caller == PF_CALLER_STRANGER || !pf_change_is_free(remediation, call, PF_CHANGE_APPLY))
                return;
        kept = pf_kept_plans_steal(&remediation->kept,
                                   pf_json_get_string(pf_varlink_call_parameters(call), "digest"),
                                   pf_clock_monotonic_usec());
        if (!kept.plan) {
                pf_remediation_reply_error(call, "PlanStale", "reason",
                                           "no plan with this digest is kept: plan again");
                return;
        }
        if (caller == PF_CALLER_AUTOMATIC && !kept.is_automatic) {
                pf_kept_plans_put_take(&remediation->kept, kept);
                (void) pf_remediation_admit(remediation, call, PF_CALLER_ROOT);
                return;
        }
        if (explain_empty(call, kept.plan)) {
                pf_kept_plan_deinit(&kept);
                return;
        }
        /* Of whoever may do more, policy is not asked. */
        kept.is_automatic = caller == PF_CALLER_AUTOMATIC;
        change = pf_change_new(remediation, PF_CHANGE_APPLY, call);
        if (!change || !(change->who = pf_remediation_who(caller, call))) {
                (void) pf_change_free(change);
                pf_kept_plan_deinit(&kept);
                pf_varlink_drop(call);
                return;
        }
        change->kept = kept;
        pf_change_submit(change);
}

void pf_method_undo(PfVarlinkCall *call, void *data) {
        PfRemediation *remediation = data;
        PfCaller caller = pf_remediation_admit(remediation, call, PF_CALLER_ROOT);
        PfChange *change;

        if (caller == PF_CALLER_STRANGER || !pf_change_is_free(remediation, call, PF_CHANGE_UNDO))
                return;
        change = pf_change_new(remediation, PF_CHANGE_UNDO, call);
        if (!change || !(change->who = pf_remediation_who(caller, call))) {
                (void) pf_change_free(change);
                pf_varlink_drop(call);
                return;
        }
        change->id = pf_json_get_string(pf_varlink_call_parameters(call), "transaction");
        pf_change_submit(change);
}

void pf_method_list_transactions(PfVarlinkCall *call, void *data) {
        PfRemediation *remediation = data;
        PfChange *change;

        if (pf_remediation_admit(remediation, call, PF_CALLER_ROOT) == PF_CALLER_STRANGER ||
            !pf_change_is_free(remediation, call, PF_CHANGE_LIST))
                return;
        change = pf_change_new(remediation, PF_CHANGE_LIST, call);
        if (change)
                pf_change_submit(change);
        else
                pf_varlink_drop(call);
}
