/* SPDX-License-Identifier: MIT */
#include "daemon/ctl/changer-local.h"

#include <string.h>

#include "daemon/ctl/selection.h"
#include "daemon/remedy/planner.h"
#include "daemon/remedy/transaction-json.h"

void pf_changer_local_deinit(PfChangerLocal *local) {
        (void) pf_plan_free(local->plan);
        (void) pf_transactions_free(local->transactions);
        pf_subject_deinit(&local->subject);
}

/* --- errors --- */

static PfExit refuse(int r, const PfErr *reason, PfErr *err) {
        static const struct {
                int code;
                PfRefusal refusal;
        } refusals[] = {
                { -EBUSY, PF_REFUSAL_BUSY },       { -EROFS, PF_REFUSAL_READ_ONLY },
                { -EACCES, PF_REFUSAL_READ_ONLY }, { -EPERM, PF_REFUSAL_READ_ONLY },
                { -ENODATA, PF_REFUSAL_STALE },    { -EBADMSG, PF_REFUSAL_INVALID },
        };
        PfRefusal refusal = PF_REFUSAL_FAILED;

        for (size_t i = 0; i < PF_ELEMENTS(refusals); i++)
                if (refusals[i].code == r)
                        refusal = refusals[i].refusal;
        return pf_changer_refuse(refusal, pf_err_text(reason, r), err);
}

/* --- opening --- */

PfExit pf_changer_local_open(PfChangerLocal *local, PfErr *err) {
        const PfSettings *settings = local->subject.settings;
        const char *root = local->ctl->options.root;
        PfErr reason = { 0 }, ignored = { 0 };
        const PfStrv *complaints;
        int r;

        r = pf_transactions_open(root ? root : "/", local->effects, &local->transactions, &reason);
        if (r < 0)
                return refuse(r, &reason, err);
        complaints = pf_transactions_complaints(local->transactions);
        for (size_t i = 0; i < complaints->n; i++)
                pf_ctl_note(local->ctl, "%s", complaints->items[i]);
        r = pf_transactions_prune(local->transactions, settings->history_age_usec,
                                  settings->history_max, &ignored);
        if (r < 0) /* a long history hinders no change */
                pf_ctl_note(local->ctl, "%s", pf_err_text(&ignored, r));
        return PF_EXIT_OK;
}

/* --- planning --- */

static PfExit tell_no_plan(int r, const PfErr *reason, PfErr *err) {
        if (r == -ETIMEDOUT)
                return pf_exit_set(err, PF_EXIT_UNKNOWN, "no plan can be made: %s",
                                   pf_err_text(reason, r));
        return refuse(r, reason, err);
}

PfExit pf_changer_local_plan(void *data, bool consent, PfJson **ret, PfErr *err) {
        PfChangerLocal *local = data;
        const PfCtl *ctl = local->ctl;
        const PfDemand *demand = pf_question_demand(local->subject.question);
        const PfStrv checks = { .items = ctl->arguments, .n = ctl->n_arguments };
        const PfLeaseScope lease = { .account = demand->account,
                                     .source = demand->source,
                                     .duration_usec = ctl->options.lease_usec };
        const PfPlanner planner = {
                .loop = local->subject.loop,
                .target = local->subject.target,
                .question = local->subject.question,
                .deadline_ms = local->subject.settings->deadline_usec / 1000,
                .checks = checks.n > 0 ? &checks : NULL,
                .lease = lease.duration_usec > 0 ? &lease : NULL,
                .may_consent = consent,
        };
        const char *unmatched = "";
        PfErr reason = { 0 };
        int r;

        local->plan = pf_plan_free(local->plan);
        r = pf_planner_run(&planner, &local->plan, &unmatched, &reason);
        if (r == PF_PLANNER_NO_SUCH_CHECK)
                return pf_selection_refuse_word(unmatched, err);
        if (r == 0)
                r = pf_plan_to_json(local->plan, ret);
        return r < 0 ? tell_no_plan(r, &reason, err) : PF_EXIT_OK;
}

/* --- changing --- */

/* What it is done for: "ssh.sftp-subsystem, ssh.access". */
static char *why_it_is_done(const PfPlan *plan) {
        PF_AUTO_BUF PfBuf buf = PF_BUF_INIT(64u << 10);

        for (size_t i = 0; i < plan->n_steps; i++)
                if (plan->steps[i].outcome == PF_PLAN_REMEDIED &&
                    pf_buf_printf(&buf, "%s%s", buf.n > 0 ? ", " : "", plan->steps[i].check) < 0)
                        return NULL;
        return buf.n > 0 ? pf_buf_steal(&buf) : strdup("");
}

static PfExit show(const PfTransaction *transaction, PfJson **ret, PfErr *err) {
        PfErr reason = { 0 };
        PfLeaseClock now;
        int r = pf_lease_clock_read(&now, &reason);

        if (r == 0)
                r = pf_transaction_to_json(transaction, &now, ret);
        return r < 0 ? refuse(r, &reason, err) : PF_EXIT_OK;
}

/* A transaction that was taken back is an answer: it says so, and why. */
PfExit pf_changer_local_apply(void *data, const char *digest, PfJson **ret, PfErr *err) {
        PF_CLEANUP(pf_transaction_freep) PfTransaction *transaction = NULL;
        PF_AUTO_FREE char *why = NULL;
        PfChangerLocal *local = data;
        PfErr reason = { 0 };
        int r;

        if (!local->plan || strcmp(local->plan->digest, digest) != 0)
                return pf_exit_set(err, PF_EXIT_UNKNOWN, "there is no such plan");
        why = why_it_is_done(local->plan);
        if (!why)
                return pf_exit_set(err, PF_EXIT_UNKNOWN, "out of memory");
        r = pf_transactions_apply(local->transactions, local->plan, local->who, why, &transaction,
                                  &reason);
        if (transaction)
                return show(transaction, ret, err);
        return refuse(r, &reason, err);
}

static void free_all(PfTransaction **all, size_t n) {
        for (size_t i = 0; i < n; i++)
                (void) pf_transaction_free(all[i]);
        free(all);
}

static int all_to_json(PfTransaction *const *all, size_t n, PfJson **ret, PfErr *err) {
        PF_CLEANUP(pf_json_freep) PfJson *array = pf_json_new_array();
        PfLeaseClock now;
        int r = pf_lease_clock_read(&now, err);

        for (size_t i = 0; array && i < n && r == 0; i++) {
                PfJson *one = NULL;

                r = pf_transaction_to_json(all[i], &now, &one);
                if (r == 0)
                        r = pf_json_append_take(array, one);
        }
        if (r < 0 || !array)
                return r < 0 ? r : -ENOMEM;
        *ret = PF_STEAL(array);
        return 0;
}

/* Where nothing was ever changed nothing is made either. */
static bool has_transactions(const PfChangerLocal *local) {
        PfFileInfo info;

        return pf_target_stat(local->subject.target, PF_TRANSACTIONS_PATH, &info, NULL) == 0;
}

PfExit pf_changer_local_list(void *data, PfJson **ret, PfErr *err) {
        PfChangerLocal *local = data;
        PfTransaction **all = NULL;
        PfErr reason = { 0 };
        size_t n = 0;
        int r = 0;

        if (!local->transactions && has_transactions(local)) {
                PfExit status = pf_changer_local_open(local, err);

                if (status != PF_EXIT_OK)
                        return status;
        }
        if (local->transactions)
                r = pf_transactions_list(local->transactions, &all, &n, &reason);
        if (r == 0)
                r = all_to_json(all, n, ret, &reason);
        free_all(all, n);
        return r < 0 ? refuse(r, &reason, err) : PF_EXIT_OK;
}

/* Type Transaction of the one that is named so. */
static PfExit find(PfChangerLocal *local, const char *id, PfJson **ret, PfErr *err) {
        PF_CLEANUP(pf_json_freep) PfJson *all = NULL;
        PfExit status = pf_changer_local_list(local, &all, err);

        for (size_t i = 0; status == PF_EXIT_OK && i < pf_json_length(all); i++) {
                const char *name = pf_json_get_string(pf_json_at(all, i), "id");

                if (name && strcmp(name, id) == 0) {
                        *ret = pf_json_ref(pf_json_at(all, i));
                        return PF_EXIT_OK;
                }
        }
        return status == PF_EXIT_OK ? pf_changer_refuse_id(id, err) : status;
}

PfExit pf_changer_local_undo(void *data, const char *id, PfJson **ret, PfErr *err) {
        PfChangerLocal *local = data;
        PfErr reason = { 0 };
        int r = pf_transactions_undo(local->transactions, id, local->who, &reason);

        switch (r) {
        case 0:
                return find(local, id, ret, err);
        case PF_TRANSACTION_ABSENT:
                return pf_changer_refuse_id(id, err);
        case PF_TRANSACTION_NOT_APPLIED:
                return pf_exit_set(err, PF_EXIT_USAGE,
                                   "%s is not in place: it was undone already, or taken back", id);
        case PF_TRANSACTION_EDITED:
                return pf_changer_refuse(PF_REFUSAL_EDITED, reason.text, err);
        default:
                return refuse(r, &reason, err);
        }
}
