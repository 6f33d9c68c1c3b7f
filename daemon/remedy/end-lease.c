/* SPDX-License-Identifier: MIT */
/*
 * What was opened for a while is closed, come what may: what cannot be done holds up nothing else
 * that can. In the place of a promise that all files change or none stands one that each of
 * them is tried, each time again, until none has a line of the lease.
 */
#include "daemon/remedy/transaction-internal.h"

#include <string.h>

#include "daemon/base/sha256.h"

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

/* What an edited file is to hold. Return: a PfTransactionCut; a negative errno with a text. */
static int cut_rest(const PfEntry *entry, size_t i, const PfSpot *spot, PfTransactionCutter cut,
                    PfBuf *rest, PfErr *err) {
        PF_AUTO_BUF PfBuf now = PF_BUF_INIT(TEXT_MAX);
        PF_AUTO_BUF PfBuf after = PF_BUF_INIT(TEXT_MAX);
        int r = read_both(entry, i, spot, &now, &after, err);

        return r < 0 ? r
                     : cut(now.data ? now.data : "", now.n, after.data ? after.data : "", after.n,
                           rest);
}

static int cut_edited(const PfEntry *entry, size_t i, PfSpot *spot, PfTransactionCutter cut,
                      PfErr *err) {
        PF_AUTO_BUF PfBuf rest = PF_BUF_INIT(TEXT_MAX);
        int r = find_edited(entry, i, spot, err);

        if (r < 0 || !spot->place || pf_place_is_absent(spot->place))
                return r;
        r = cut_rest(entry, i, spot, cut, &rest, err);
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

/* --- what cannot be closed --- */

/* What the file was; nothing where it was not there, which is what its reader makes of nothing.
 * Return: 0; -EBADMSG: that is not to be had. */
static int read_before(const PfEntry *entry, size_t i, PfBuf *ret, PfErr *err) {
        const PfManifestFile *file = &entry->manifest->files[i];
        char copy[PF_COPY_NAME_SIZE], digest[PF_SHA256_HEX_SIZE];
        int r;

        if (!file->before_sha256[0])
                return 0;
        pf_copy_name(PF_COPY_BEFORE, i, copy);
        r = pf_journal_get(entry->directory, copy, ret, err);
        if (r == PF_JOURNAL_ABSENT || r == -EFBIG)
                return -EBADMSG;
        if (r < 0)
                return r;
        pf_sha256_hex(ret->data ? ret->data : "", ret->n, digest);
        return strcmp(digest, file->before_sha256) == 0 ? 0 : -EBADMSG;
}

/* What is to be read in the place of a file that stays as it is. */
static int tell_wanted(const PfEntry *entry, size_t i, const PfSpot *spot, PfTransactionCutter cut,
                       PfBuf *ret) {
        PfErr ignored = { 0 };
        int r = spot->fate == PF_FATE_NEW ? read_before(entry, i, ret, &ignored) : -EBADMSG;

        if (r != -EBADMSG)
                return r;
        pf_buf_consume(ret, ret->n);
        r = cut_rest(entry, i, spot, cut, ret, &ignored);
        return r < 0 ? r : 0;
}

static void forget_wanted(PfEnding *ending) {
        for (size_t i = 0; i < ending->n_wanted; i++)
                pf_buf_deinit(&ending->wanted[i].text);
        free(ending->wanted);
        ending->wanted = NULL;
        ending->n_wanted = 0;
}

/* Of those that are open; nothing lies over what was left as it is on purpose. */
static int note_wanted(PfEnding *ending, const PfEntry *entry, const PfSpots *spots) {
        forget_wanted(ending);
        ending->is_open = false;
        ending->are_all_known = true;
        ending->wanted = calloc(spots->n + 1, sizeof(*ending->wanted));
        if (!ending->wanted)
                return -ENOMEM;
        ending->n_wanted = spots->n;
        for (size_t i = 0; i < spots->n; i++) {
                const PfSpot *spot = &spots->items[i];
                PfWanted *wanted = &ending->wanted[i];

                wanted->text = (PfBuf) PF_BUF_INIT(TEXT_MAX);
                if (spot->error == 0 && spot->fate == PF_FATE_OLD)
                        continue;
                ending->is_open = true;
                wanted->is_known = spot->error == 0 && spot->place &&
                                   tell_wanted(entry, i, spot, ending->cut, &wanted->text) == 0;
                ending->are_all_known = ending->are_all_known && wanted->is_known;
        }
        return 0;
}

/* --- */

/* Keeps the first error of several steps, each of which is taken. */
static int first_of(int first, int next) {
        return first < 0 ? first : next;
}

/* A file of the machine that is still open is covered before anybody is told to read it. */
static int close_all(PfEnding *ending, PfEntry *entry, PfSpots *spots, PfErr *err) {
        int r = pf_spots_look(entry, spots, err);

        if (r == -ENOMEM)
                return r;
        r = first_of(r, pf_spots_discard(entry, spots, true, err));
        /* Those that need no space first. */
        r = first_of(r, close_files(entry, spots, PF_FATE_NEW, ending->cut, err));
        r = first_of(r, close_files(entry, spots, PF_FATE_EDITED, ending->cut, err));
        if (r < 0 && pf_root_is_running(entry->transactions->root) &&
            note_wanted(ending, entry, spots) < 0)
                return -ENOMEM;
        return ending->is_open ? r : first_of(r, pf_entry_uncover(entry, err));
}

static int end(PfEnding *ending, PfEntry *entry, PfErr *err) {
        PF_AUTO_SPOTS PfSpots spots = { 0 };
        PfErr ignored = { 0 };
        int r;

        ending->is_open = false;
        r = close_all(ending, entry, &spots, err);
        if (r == -ENOMEM)
                return r;
        r = first_of(r, pf_entry_put_back_settings(entry, err));
        entry->has_edited_setting = false; /* what somebody set is not what the lease opened */
        if (!ending->is_open)
                r = first_of(r, pf_entry_undo_actions(entry, err));
        if (r < 0) { /* its text is that of the last time it was written, lest it grow */
                if (!ending->is_written)
                        (void) pf_entry_save(entry, &ignored);
                return r;
        }
        return pf_entry_end(entry, &spots, err);
}

static bool is_same_text(const char *a, const char *b) {
        return a && strcmp(a, b) == 0;
}

/* What says "applied" still is found done by the next call. What says so already is not written
 * again each time. */
static int write_goal(PfEnding *ending, PfEntry *entry) {
        PfTransaction *transaction = entry->manifest->transaction;
        PfErr ignored = { 0 };

        ending->is_written = transaction->state == PF_TRANSACTION_REVERTING &&
                             entry->manifest->goal == PF_TRANSACTION_UNDONE &&
                             is_same_text(transaction->undone_by, ending->who);
        if (ending->is_written)
                return 0;
        entry->manifest->goal = PF_TRANSACTION_UNDONE;
        free(transaction->undone_by);
        transaction->undone_by = strdup(ending->who);
        if (!transaction->undone_by)
                return -ENOMEM;
        ending->is_written = pf_entry_set_state(entry, PF_TRANSACTION_REVERTING, &ignored) == 0;
        transaction->state = PF_TRANSACTION_REVERTING;
        return 0;
}

static int open_ending(const PfEnding *ending, PfEntry *entry, PfErr *err) {
        const PfTransaction *transaction;
        int r = pf_journal_is_id(ending->id)
                        ? pf_entry_open(ending->transactions, ending->id, entry, err)
                        : PF_ENTRY_ABSENT;

        if (r != 0)
                return r == PF_ENTRY_ABSENT ? PF_TRANSACTION_ABSENT : r;
        transaction = entry->manifest->transaction;
        if (!transaction->lease)
                return pf_err_set(err, -EINVAL, "transaction %s is no lease", ending->id);
        return is_open(transaction) ? 0 : PF_TRANSACTION_NOT_APPLIED;
}

int pf_ending_run(PfEnding *ending, PfErr *err) {
        PF_AUTO_ENTRY PfEntry entry = PF_ENTRY_INIT;
        int r = open_ending(ending, &entry, err);

        if (r == 0)
                r = write_goal(ending, &entry);
        return r == 0 ? end(ending, &entry, err) : r;
}

/* Where something lies over a file already, what is there is not what is seen from here. */
static int run_uncovered(PfEnding *ending, bool *ret_is_covered, PfErr *err) {
        PF_AUTO_ENTRY PfEntry entry = PF_ENTRY_INIT;
        int r = open_ending(ending, &entry, err);

        if (r == 0)
                r = pf_entry_is_covered(&entry, ret_is_covered, err);
        if (r != 0 || *ret_is_covered)
                return r;
        r = write_goal(ending, &entry);
        return r == 0 ? end(ending, &entry, err) : r;
}

int pf_transactions_end_lease(PfTransactions *transactions, const char *id, const char *who,
                              PfTransactionCutter cut, PfErr *err) {
        PF_CLEANUP(forget_wanted)
        PfEnding ending = { .transactions = transactions, .id = id, .who = who, .cut = cut };
        bool is_covered = false;
        PfErr why = { 0 };
        int r = run_uncovered(&ending, &is_covered, &why);

        if (r != -ENOMEM && (is_covered || (r < 0 && ending.is_open)))
                return pf_ending_run_covered(&ending, &why, r, err);
        return r < 0 ? pf_err_set(err, r, "%s", pf_err_text(&why, r)) : r;
}
