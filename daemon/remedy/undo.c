/* SPDX-License-Identifier: MIT */
/*
 * Undo on request: all files or none. Where somebody edited one since, or a newer transaction
 * rests on what this one made of it, nothing is changed, and who asks is told what is in the way.
 */
#include "daemon/remedy/transaction-internal.h"

#include <string.h>

#define TEXT_MAX (1u << 20) /* of a file whose lines are compared */

/* May its files be what it made of them? */
static bool is_undoable(PfTransactionState state) {
        return state == PF_TRANSACTION_APPLIED || state == PF_TRANSACTION_CONFLICT;
}

/* A file that both change; NULL: there is none. */
static const char *find_common(const PfManifest *a, const PfManifest *b) {
        for (size_t i = 0; i < a->n_files; i++)
                for (size_t j = 0; j < b->n_files; j++)
                        if (strcmp(a->files[i].place, b->files[j].place) == 0)
                                return a->files[i].place;
        return NULL;
}

static int check_one_newer(const PfEntry *entry, const char *id, PfErr *err) {
        PF_AUTO_ENTRY PfEntry newer = PF_ENTRY_INIT;
        PfErr ignored = { 0 };
        const PfSetting *setting;
        char shown[PF_SETTING_SHOWN_MAX];
        const char *path;
        int r = pf_entry_open(entry->transactions, id, &newer, &ignored);

        if (r != 0) /* what is damaged cannot be undone first; the file itself is looked at, too */
                return r == -ENOMEM ? r : 0;
        if (!is_undoable(newer.manifest->transaction->state))
                return 0;
        path = find_common(entry->manifest, newer.manifest);
        setting = pf_manifest_common_setting(entry->manifest, newer.manifest);
        if (!path && setting)
                path = pf_setting_show(setting, shown);
        if (!path)
                return 0;
        (void) pf_err_set(err, -EBUSY, "%s: was changed again by transaction %s; undo that first",
                          path, id);
        return PF_TRANSACTION_EDITED;
}

static int check_newer(const PfEntry *entry, PfErr *err) {
        PF_AUTO_STRV PfStrv ids = { 0 };
        PF_AUTO_STRV PfStrv complaints = { 0 };
        int r = pf_journal_list(&entry->transactions->journal, &ids, &complaints, err);

        for (size_t i = ids.n; i-- > 0 && r == 0;) {
                if (strcmp(ids.items[i], entry->manifest->transaction->id) <= 0)
                        break;
                r = check_one_newer(entry, ids.items[i], err);
        }
        return r;
}

/* What was edited, as far as that can be told; an empty text where it cannot. */
static int describe(const PfEntry *entry, size_t i, const PfSpot *spot, PfBuf *ret) {
        PF_AUTO_BUF PfBuf after = PF_BUF_INIT(TEXT_MAX);
        PF_AUTO_BUF PfBuf now = PF_BUF_INIT(TEXT_MAX);
        char copy[PF_COPY_NAME_SIZE];
        PfErr ignored = { 0 };
        int r;

        if (!spot->place)
                return pf_buf_add_string(ret, ": the way to it is another now");
        if (pf_place_is_absent(spot->place))
                return pf_buf_add_string(ret, ": it was removed");
        if (!entry->manifest->files[i].after_sha256[0])
                return pf_buf_add_string(ret, ": it was made anew");
        pf_copy_name(PF_COPY_AFTER, i, copy);
        if (pf_journal_get(entry->directory, copy, &after, &ignored) != 0 ||
            pf_place_read(spot->place, &now, &ignored) < 0)
                return 0;
        r = pf_buf_add_string(ret, ", ");
        return r < 0 ? r
                     : pf_edited_describe(after.data ? after.data : "", after.n,
                                          now.data ? now.data : "", now.n, ret);
}

static int check_edited(const PfEntry *entry, const PfSpots *spots, PfErr *err) {
        PF_AUTO_BUF PfBuf text = PF_BUF_INIT(PF_ERR_TEXT_MAX);

        for (size_t i = 0; i < spots->n; i++) {
                int r;

                if (spots->items[i].fate != PF_FATE_EDITED)
                        continue;
                r = describe(entry, i, &spots->items[i], &text);
                if (r == -ENOMEM)
                        return r;
                (void) pf_err_set(err, -EBUSY,
                                  "%s: was edited since%s; undo would take that back, too, so make "
                                  "the change by hand",
                                  entry->manifest->files[i].place, text.data ? text.data : "");
                return PF_TRANSACTION_EDITED;
        }
        return 0;
}

/* Told before anything is touched. */
static int check_room(const PfEntry *entry, const PfSpots *spots, PfErr *err) {
        char copy[PF_COPY_NAME_SIZE];
        int r = 0;

        for (size_t i = 0; i < spots->n && r == 0; i++) {
                uint64_t n = 0;
                PfErr why = { 0 };

                if (spots->items[i].fate != PF_FATE_NEW)
                        continue;
                pf_copy_name(PF_COPY_BEFORE, i, copy);
                if (entry->manifest->files[i].before_sha256[0])
                        r = pf_journal_size(entry->directory, copy, &n, &why);
                if (r < 0)
                        return pf_err_set(err, r, "what %s held before: %s",
                                          entry->manifest->files[i].place, pf_err_text(&why, r));
                r = pf_place_check(spots->items[i].place, (size_t) n, err);
        }
        return r;
}

static int ask(PfTransactions *transactions, const char *id, PfEntry *entry, PfSpots *spots,
               PfErr *err) {
        int r = pf_journal_is_id(id) ? pf_entry_open(transactions, id, entry, err)
                                     : PF_ENTRY_ABSENT;

        if (r != 0)
                return r == PF_ENTRY_ABSENT ? PF_TRANSACTION_ABSENT : r;
        if (!is_undoable(entry->manifest->transaction->state))
                return PF_TRANSACTION_NOT_APPLIED;
        r = check_newer(entry, err);
        if (r == 0)
                r = pf_spots_look(entry, spots, err);
        if (r == 0)
                r = check_edited(entry, spots, err);
        if (r == 0)
                r = pf_entry_check_settings(entry, err);
        return r != 0 ? r : check_room(entry, spots, err);
}

/* Nothing was changed yet, and nothing is to be left. */
static int call_off(PfEntry *entry, PfSpots *spots, PfTransactionState was, int error) {
        PfErr ignored = { 0 };

        (void) pf_spots_discard(entry, spots, true, &ignored);
        (void) pf_entry_set_state(entry, was, &ignored);
        return error;
}

static int carry_out(PfEntry *entry, PfSpots *spots, PfErr *err) {
        bool may_be_laid = entry->manifest->transaction->lease;
        PfTransactionState was = entry->manifest->transaction->state;
        PfErr why = { 0 };
        int r, actions;

        r = pf_entry_set_state(entry, PF_TRANSACTION_REVERTING, err);
        if (r < 0)
                return r;
        r = pf_spots_discard(entry, spots, may_be_laid, err);
        if (r == 0)
                r = pf_spots_stage(entry, spots, may_be_laid, err);
        if (r == 0 &&
            pf_spots_have(spots, PF_FATE_EDITED)) /* none was, until what was kept was read */
                r = pf_err_set(err, -EIO, "%s", entry->manifest->transaction->text);
        if (r < 0)
                return call_off(entry, spots, was, r);
        r = pf_spots_commit(entry, spots, &why);
        if (r == 0)
                r = pf_entry_put_back_settings(entry, &why);
        if (r < 0)
                return pf_err_set(err, r, "%s; the next start goes on with it", why.text);
        actions = pf_entry_undo_actions(entry, &why);
        if (actions < 0 && entry->manifest->transaction->lease)
                return pf_err_set(err, -EBADMSG, "%s; it is tried again", why.text);
        r = pf_entry_end(entry, spots, err);
        if (r < 0)
                return r;
        if (entry->manifest->transaction->state == PF_TRANSACTION_CONFLICT || actions < 0 ||
            entry->has_lasting_setting)
                return pf_err_set(err, -EBADMSG, "%s", entry->manifest->transaction->text);
        return 0;
}

int pf_transactions_undo(PfTransactions *transactions, const char *id, const char *who,
                         PfErr *err) {
        PF_AUTO_ENTRY PfEntry entry = PF_ENTRY_INIT;
        PF_AUTO_SPOTS PfSpots spots = { 0 };
        int r;

        r = pf_transactions_recover(transactions, err);
        if (r == 0)
                r = ask(transactions, id, &entry, &spots, err);
        if (r != 0)
                return r;
        entry.manifest->goal = PF_TRANSACTION_UNDONE;
        free(entry.manifest->transaction->undone_by);
        entry.manifest->transaction->undone_by = strdup(who);
        if (!entry.manifest->transaction->undone_by)
                return -ENOMEM;
        return carry_out(&entry, &spots, err);
}
