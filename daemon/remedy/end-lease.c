/* SPDX-License-Identifier: MIT */
/*
 * What was opened for a while is closed, come what may: what cannot be done holds up nothing else
 * that can. In the place of a promise that all files change or none stands one that each of
 * them is tried, each time again, until none has a line of the lease.
 */
#include "daemon/remedy/transaction-internal.h"

#include <string.h>

#define TEXT_MAX (4u << 20) /* of a file that is cut */

static bool is_open(const PfTransaction *transaction) {
        return transaction->state == PF_TRANSACTION_APPLIED ||
               transaction->state == PF_TRANSACTION_REVERTING ||
               transaction->state == PF_TRANSACTION_CONFLICT;
}

/* Whoever took away the file, or led its path elsewhere, decided what is read there. */
static int find_edited(const PfEntry *entry, size_t i, PfSpot *spot, PfErr *err) {
        PfErr ignored = { 0 };
        int r;

        if (spot->place)
                return 0;
        r = pf_place_find(entry->transactions->root, entry->manifest->files[i].path, &spot->place,
                          &ignored);
        if (r == -ENOENT || r == -ENOTDIR)
                return 0;
        return r < 0 ? pf_err_set(err, r, "%s", pf_err_text(&ignored, r)) : 0;
}

static int read_both(const PfEntry *entry, size_t i, const PfSpot *spot, PfBuf *now, PfBuf *after,
                     PfErr *err) {
        char copy[PF_COPY_NAME_SIZE];
        int r;

        pf_copy_name(PF_COPY_AFTER, i, copy);
        r = pf_journal_get(entry->directory, copy, after, err);
        if (r == 0 || r == PF_JOURNAL_ABSENT)
                r = pf_place_read(spot->place, now, err);
        if (r == 0)
                r = pf_buf_add(now, "", 0);
        return r == 0 ? pf_buf_add(after, "", 0) : r;
}

static int write_rest(const PfEntry *entry, size_t i, const PfSpot *spot, const PfBuf *rest,
                      PfErr *err) {
        char name[PF_STAGED_NAME_SIZE];
        int r;

        pf_staged_name(entry, PF_STAGED_RESTORED, i, name);
        r = pf_place_stage(spot->place, name, rest->data ? rest->data : "", rest->n, -1, err);
        return r < 0 ? r : pf_place_commit(spot->place, name, err);
}

static int cut_edited(const PfEntry *entry, size_t i, PfSpot *spot, PfTransactionCutter cut,
                      PfErr *err) {
        PF_AUTO_BUF PfBuf now = PF_BUF_INIT(TEXT_MAX);
        PF_AUTO_BUF PfBuf after = PF_BUF_INIT(TEXT_MAX);
        PF_AUTO_BUF PfBuf rest = PF_BUF_INIT(TEXT_MAX);
        int r = find_edited(entry, i, spot, err);

        if (r < 0 || !spot->place || pf_place_is_absent(spot->place))
                return r;
        r = read_both(entry, i, spot, &now, &after, err);
        if (r < 0)
                return r;
        r = cut(now.data ? now.data : "", now.n, after.data ? after.data : "", after.n, &rest);
        if (r == PF_TRANSACTION_CUT_REPLACE)
                return write_rest(entry, i, spot, &rest, err);
        if (r == PF_TRANSACTION_CUT_REMOVE)
                return pf_place_remove(spot->place, err);
        return r == PF_TRANSACTION_CUT_LEAVE ? 0 : r;
}

static int put_back(PfEntry *entry, size_t i, PfSpot *spot, PfErr *err) {
        char name[PF_STAGED_NAME_SIZE];
        int r;

        r = pf_spot_stage(entry, i, spot, true, err);
        if (r < 0)
                return r;
        pf_staged_name(entry, spot->staged, i, name);
        return spot->is_staged ? pf_place_commit(spot->place, name, err)
                               : pf_place_remove(spot->place, err);
}

/* Files of one fate; the first error, after all of them were tried. */
static int close_files(PfEntry *entry, PfSpots *spots, PfFate fate, PfTransactionCutter cut,
                       PfErr *err) {
        int first = 0;

        for (size_t i = 0; i < spots->n; i++) {
                PfSpot *spot = &spots->items[i];
                PfErr why = { 0 };
                int r;

                if (spot->error < 0 || spot->fate != fate)
                        continue;
                r = fate == PF_FATE_NEW ? put_back(entry, i, spot, &why) : -EBADMSG;
                if (r == -EBADMSG) /* what it held before is not to be had */
                        r = cut_edited(entry, i, spot, cut, &why);
                if (r == 0)
                        spot->fate = PF_FATE_OLD;
                else if (first == 0)
                        first = pf_err_set(err, r, "%s: the lease in it could not be ended: %s",
                                           entry->manifest->files[i].place, pf_err_text(&why, r));
        }
        return first;
}

/* Keeps the first error of several steps, each of which is taken. */
static int first_of(int first, int next) {
        return first < 0 ? first : next;
}

static int end(PfEntry *entry, PfTransactionCutter cut, PfErr *err) {
        PF_AUTO_SPOTS PfSpots spots = { 0 };
        PfErr ignored = { 0 };
        int r = pf_spots_look(entry, &spots, err);

        if (r == -ENOMEM)
                return r;
        r = first_of(r, pf_spots_discard(entry, &spots, true, err));
        /* Those that need no space first. */
        r = first_of(r, close_files(entry, &spots, PF_FATE_NEW, cut, err));
        r = first_of(r, close_files(entry, &spots, PF_FATE_EDITED, cut, err));
        r = first_of(r, pf_entry_undo_actions(entry, err));
        if (r < 0) { /* its text is that of the last time it was written, lest it grow */
                (void) pf_entry_save(entry, &ignored);
                return r;
        }
        return pf_entry_end(entry, &spots, err);
}

int pf_transactions_end_lease(PfTransactions *transactions, const char *id, const char *who,
                              PfTransactionCutter cut, PfErr *err) {
        PF_AUTO_ENTRY PfEntry entry = PF_ENTRY_INIT;
        PfTransaction *transaction;
        PfErr ignored = { 0 };
        int r = pf_journal_is_id(id) ? pf_entry_open(transactions, id, &entry, err)
                                     : PF_ENTRY_ABSENT;

        if (r != 0)
                return r == PF_ENTRY_ABSENT ? PF_TRANSACTION_ABSENT : r;
        transaction = entry.manifest->transaction;
        if (!transaction->lease)
                return pf_err_set(err, -EINVAL, "transaction %s is no lease", id);
        if (!is_open(transaction))
                return PF_TRANSACTION_NOT_APPLIED;
        entry.manifest->goal = PF_TRANSACTION_UNDONE;
        free(transaction->undone_by);
        transaction->undone_by = strdup(who);
        if (!transaction->undone_by)
                return -ENOMEM;
        /* What says "applied" still is found done by the next call. */
        (void) pf_entry_set_state(&entry, PF_TRANSACTION_REVERTING, &ignored);
        transaction->state = PF_TRANSACTION_REVERTING;
        return end(&entry, cut, err);
}
