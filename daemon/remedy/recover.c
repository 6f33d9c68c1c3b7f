/* SPDX-License-Identifier: MIT */
/*
 * What a kill interrupted is finished, and what failed is taken back: one and the same.
 *
 * Each step is found done or not done by looking at the files, so it may be interrupted itself,
 * at any instruction, and is gone on with by the next opening.
 */
#include "daemon/remedy/transaction-internal.h"

/*
 * Does the machine run by something that is not there any more? While it is applied files
 * only become new: where all of them are old and no action was begun, nothing has happened.
 */
static bool needs_actions(const PfEntry *entry, bool was_applying, const PfSpots *before) {
        return !was_applying || entry->manifest->n_begun > 0 || !before->n ||
               pf_spots_have(before, PF_FATE_NEW) || pf_spots_have(before, PF_FATE_EDITED);
}

/* A lease is not given up: who ends it may cut, and asks for the reload again. */
static bool stays_open(const PfEntry *entry, const PfSpots *spots, int actions) {
        return entry->manifest->transaction->lease &&
               entry->manifest->goal == PF_TRANSACTION_UNDONE &&
               (actions < 0 || entry->has_edited_setting || pf_spots_have(spots, PF_FATE_EDITED));
}

int pf_entry_recover(PfEntry *entry, PfErr *err) {
        PF_AUTO_SPOTS PfSpots spots = { 0 };
        PfManifest *manifest = entry->manifest;
        bool was_applying = manifest->transaction->state == PF_TRANSACTION_APPLYING;
        bool is_lease = manifest->transaction->lease;
        bool may_be_laid = is_lease && !was_applying;
        bool has_to_act;
        PfErr ignored = { 0 };
        int r;

        if (was_applying) /* what cannot be written down is found again by looking */
                (void) pf_entry_set_state(entry, PF_TRANSACTION_REVERTING, &ignored);
        r = pf_spots_look(entry, &spots, err);
        if (r < 0)
                return r;
        has_to_act = needs_actions(entry, was_applying, &spots);
        r = pf_spots_discard(entry, &spots, is_lease, err);
        if (r == 0)
                r = pf_spots_stage(entry, &spots, may_be_laid, err);
        if (r == 0)
                r = pf_spots_commit(entry, &spots, err);
        if (r == 0)
                r = pf_entry_put_back_settings(entry, err);
        if (r < 0)
                return r;
        if (has_to_act)
                r = pf_entry_undo_actions(entry, &ignored);
        return stays_open(entry, &spots, r) ? 0 : pf_entry_end(entry, &spots, err);
}

static int go_on(PfTransactions *transactions, PfEntry *entry, const char *id, PfErr *err) {
        const PfTransaction *now = entry->manifest->transaction;
        bool is_covered = false;
        PfErr why = { 0 };
        int r = 0;

        if (now->lease && now->state == PF_TRANSACTION_REVERTING)
                r = pf_entry_is_covered(entry, &is_covered, err);
        if (r < 0 || is_covered) /* who ends it looks beneath */
                return r;
        if (now->state == PF_TRANSACTION_APPLYING)
                (void) pf_manifest_note(entry->manifest, "it was interrupted");
        r = pf_entry_recover(entry, &why);
        if (r < 0)
                return pf_err_set(err, r,
                                  "transaction %s was interrupted, and cannot be taken back: %s",
                                  id, pf_err_text(&why, r));
        return pf_transactions_complain(transactions, "%s: was interrupted, and is %s%s%s", id,
                                        pf_transaction_state_to_string(now->state),
                                        now->text ? ": " : "", now->text ? now->text : "");
}

/* What a kill left in the journal alone; what somebody else put there stays. */
static int clean(PfTransactions *transactions, const PfEntry *entry, const char *id, bool is_begun,
                 PfErr *err) {
        const PfJournal *journal = &transactions->journal;
        PfErr why = { 0 };
        int r = is_begun ? pf_journal_tidy(journal, entry->directory, PF_JOURNAL_MANIFEST, &why)
                         : pf_journal_forget(journal, id, &why);

        if (r == -EISDIR || r == -ENOTEMPTY || r == -EPERM)
                return pf_transactions_complain(transactions, "%s: %s", id, why.text);
        return r < 0 ? pf_err_set(err, r, "%s", pf_err_text(&why, r)) : 0;
}

static int recover_id(PfTransactions *transactions, const char *id, PfErr *err) {
        PF_AUTO_ENTRY PfEntry entry = PF_ENTRY_INIT;
        PfTransactionState state = PF_TRANSACTION_PREPARED;
        PfErr why = { 0 };
        int r = pf_entry_open(transactions, id, &entry, &why);

        if (r == -ENOMEM)
                return r;
        if (r < 0)
                return pf_transactions_complain(transactions, "%s: %s", id, pf_err_text(&why, r));
        if (r == 0)
                state = entry.manifest->transaction->state;
        if (state == PF_TRANSACTION_APPLYING || state == PF_TRANSACTION_REVERTING)
                return go_on(transactions, &entry, id, err);
        return clean(transactions, &entry, id, state != PF_TRANSACTION_PREPARED, err);
}

int pf_transactions_recover(PfTransactions *transactions, PfErr *err) {
        PF_AUTO_STRV PfStrv ids = { 0 };
        int first;

        if (!transactions->is_unfinished)
                return 0;
        first = pf_journal_list(&transactions->journal, &ids, &transactions->complaints, err);
        /* The newest first: an older one may have changed the same file before. */
        for (size_t i = ids.n; i-- > 0;) {
                int r = recover_id(transactions, ids.items[i], err);

                first = first < 0 ? first : r;
        }
        transactions->is_unfinished = first < 0;
        return first;
}
