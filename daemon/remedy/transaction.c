/* SPDX-License-Identifier: MIT */
/*
 * The transactions of a machine: opened, looked at, listed. What they do is in the files
 * that transaction-internal.h names.
 */
#include "daemon/remedy/transaction-internal.h"

#include <stdarg.h>
#include <string.h>

static const char *const state_names[] = {
        [PF_TRANSACTION_PREPARED] = "prepared", [PF_TRANSACTION_APPLYING] = "applying",
        [PF_TRANSACTION_APPLIED] = "applied",   [PF_TRANSACTION_REVERTING] = "reverting",
        [PF_TRANSACTION_UNDONE] = "undone",     [PF_TRANSACTION_ROLLED_BACK] = "rolled-back",
        [PF_TRANSACTION_CONFLICT] = "conflict",
};

const char *pf_transaction_state_to_string(PfTransactionState state) {
        return state_names[state];
}

PfTransactions *pf_transactions_free(PfTransactions *transactions) {
        if (!transactions)
                return NULL;
        pf_journal_close(&transactions->journal);
        (void) pf_root_free(transactions->root);
        pf_strv_deinit(&transactions->complaints);
        free(transactions);
        return NULL;
}

int pf_transactions_open_with(const char *root, const PfFsOps *ops, const PfEffects *effects,
                              PfTransactions **ret, PfErr *err) {
        PF_CLEANUP(pf_transactions_freep) PfTransactions *transactions = NULL;
        PfErr why = { 0 };
        int r;

        transactions = calloc(1, sizeof(*transactions));
        if (!transactions)
                return -ENOMEM;
        transactions->journal = (PfJournal) PF_JOURNAL_INIT;
        transactions->effects = effects;
        transactions->is_unfinished = true; /* until it is known better */
        r = pf_journal_open(&transactions->journal, root, ops, err);
        if (r == 0)
                r = pf_root_open(root, ops, &transactions->root, err);
        if (r < 0)
                return r;
        r = pf_transactions_recover(transactions, &why);
        if (r < 0)
                r = pf_transactions_complain(transactions, "%s", pf_err_text(&why, r));
        if (r < 0)
                return r;
        *ret = PF_STEAL(transactions);
        return 0;
}

int pf_transactions_open(const char *root, const PfEffects *effects, PfTransactions **ret,
                         PfErr *err) {
        return pf_transactions_open_with(root, &pf_fs_ops, effects, ret, err);
}

const PfStrv *pf_transactions_complaints(const PfTransactions *transactions) {
        return &transactions->complaints;
}

int pf_transactions_complain(PfTransactions *transactions, const char *fmt, ...) {
        PfErr line = { 0 };
        va_list ap;

        va_start(ap, fmt);
        (void) vsnprintf(line.text, sizeof(line.text), fmt, ap);
        va_end(ap);
        return pf_strv_add(&transactions->complaints, line.text);
}

void pf_entry_deinit(PfEntry *entry) {
        entry->directory = pf_close(entry->directory);
        entry->manifest = pf_manifest_free(entry->manifest);
}

int pf_entry_open(PfTransactions *transactions, const char *id, PfEntry *entry, PfErr *err) {
        PF_AUTO_BUF PfBuf text = PF_BUF_INIT(PF_MANIFEST_MAX);
        int r;

        entry->transactions = transactions;
        r = pf_journal_enter(&transactions->journal, id, &entry->directory, err);
        if (r == 0)
                r = pf_journal_get(entry->directory, PF_JOURNAL_MANIFEST, &text, err);
        if (r == PF_JOURNAL_ABSENT)
                return PF_ENTRY_ABSENT;
        if (r < 0)
                return r;
        return pf_manifest_parse(id, text.n ? text.data : "", text.n, &entry->manifest, err);
}

int pf_entry_save(PfEntry *entry, PfErr *err) {
        PF_AUTO_BUF PfBuf text = PF_BUF_INIT(PF_MANIFEST_MAX);
        int r = pf_manifest_write(entry->manifest, &text);

        if (r < 0)
                return pf_err_errno(err, r, "transaction %s", entry->manifest->transaction->id);
        return pf_journal_replace(&entry->transactions->journal, entry->directory,
                                  PF_JOURNAL_MANIFEST, text.data, text.n, err);
}

int pf_entry_set_state(PfEntry *entry, PfTransactionState state, PfErr *err) {
        PfTransactionState was = entry->manifest->transaction->state;
        int r;

        entry->manifest->transaction->state = state;
        r = pf_entry_save(entry, err);
        if (r < 0)
                entry->manifest->transaction->state = was;
        return r;
}

void pf_copy_name(PfCopy copy, size_t file, char ret[static PF_COPY_NAME_SIZE]) {
        (void) snprintf(ret, PF_COPY_NAME_SIZE, "%s-%04zu",
                        copy == PF_COPY_BEFORE ? "before" : "after", file);
}

void pf_staged_name(const PfEntry *entry, PfStaged staged, size_t file,
                    char ret[static PF_STAGED_NAME_SIZE]) {
        static const char *const suffixes[] = { "new", "before", "again" };

        (void) snprintf(ret, PF_STAGED_NAME_SIZE, PF_STAGED_PREFIX "%s-%04zu-%s",
                        entry->manifest->transaction->id, file, suffixes[staged]);
}

static bool is_over_by_covers(const PfEntry *entry) {
        PfTransactionState state = entry->manifest->transaction->state;

        return entry->manifest->transaction->lease &&
               (state == PF_TRANSACTION_APPLIED || state == PF_TRANSACTION_REVERTING ||
                state == PF_TRANSACTION_CONFLICT) &&
               pf_entry_has_ended_covered(entry);
}

/* Also where the manifest cannot be written. */
static int tell_cover(PfEntry *entry) {
        PfTransaction *transaction = entry->manifest->transaction;

        transaction->state = PF_TRANSACTION_REVERTING;
        transaction->is_covered = true;
        return pf_manifest_note(entry->manifest,
                                "the lease has ended: %s cannot be written, so that what it is to "
                                "hold is mounted over it; once it can be, its own lines are put "
                                "right and nothing covers it any more",
                                transaction->paths.n == 1 ? transaction->paths.items[0]
                                                          : "a file of it");
}

/* One more of the list; a damaged entry is a complaint instead. */
static int add_entry(PfTransactions *transactions, const char *id, PfTransaction **list,
                     size_t *n) {
        PF_AUTO_ENTRY PfEntry entry = PF_ENTRY_INIT;
        PfErr why = { 0 };
        int r = pf_entry_open(transactions, id, &entry, &why);

        if (r == -ENOMEM)
                return r;
        if (r < 0)
                return pf_transactions_complain(transactions, "%s: %s", id, pf_err_text(&why, r));
        if (r == 0 && is_over_by_covers(&entry))
                r = tell_cover(&entry);
        if (r == 0)
                list[(*n)++] = PF_STEAL(entry.manifest->transaction);
        return r < 0 ? r : 0;
}

int pf_transactions_list(PfTransactions *transactions, PfTransaction ***ret, size_t *ret_n,
                         PfErr *err) {
        PF_AUTO_STRV PfStrv ids = { 0 };
        PfTransaction **list;
        size_t n = 0;
        int r;

        pf_strv_deinit(&transactions->complaints);
        r = pf_journal_list(&transactions->journal, &ids, &transactions->complaints, err);
        if (r < 0)
                return r;
        list = calloc(ids.n + 1, sizeof(PfTransaction *));
        if (!list)
                return -ENOMEM;
        for (size_t i = 0; i < ids.n && r == 0; i++)
                r = add_entry(transactions, ids.items[i], list, &n);
        if (r < 0) {
                while (n > 0)
                        (void) pf_transaction_free(list[--n]);
                free(list);
                return r;
        }
        *ret = list;
        *ret_n = n;
        return 0;
}
