/* SPDX-License-Identifier: MIT */
/*
 * Files and actions as they were: what undo, recovery and the end of a lease share.
 *
 * A file is put back only where it is just what the transaction made of it. Whatever else is
 * there somebody put there, and keeps.
 */
#include "daemon/remedy/transaction-internal.h"

#include <string.h>

#include "daemon/base/clock.h"

void pf_spots_deinit(PfSpots *spots) {
        for (size_t i = 0; i < spots->n; i++)
                (void) pf_place_free(spots->items[i].place);
        free(spots->items);
        *spots = (PfSpots){ 0 };
}

/* Errors that say that the way to a file is another now, and not that it cannot be looked at. */
static bool is_about_the_way(int error) {
        return error == -ENOENT || error == -ENOTDIR || error == -ELOOP || error == -EISDIR ||
               error == -EINVAL || error == -EPERM;
}

static int compare(const PfManifestFile *file, const PfPlace *place, PfFate *ret, PfErr *err) {
        char digest[65];
        PfErr why = { 0 };
        int r = pf_place_digest(place, digest, &why);

        *ret = PF_FATE_EDITED;
        if (r == -EFBIG) /* nobody wrote that here */
                return 0;
        if (r < 0)
                return pf_err_set(err, r, "%s", pf_err_text(&why, r));
        *ret = strcmp(digest, file->before_sha256) == 0  ? PF_FATE_OLD
               : strcmp(digest, file->after_sha256) == 0 ? PF_FATE_NEW
                                                         : PF_FATE_EDITED;
        return 0;
}

static int look(const PfEntry *entry, const PfManifestFile *file, PfSpot *ret, PfErr *err) {
        PF_CLEANUP(pf_place_freep) PfPlace *place = NULL;
        PfErr why = { 0 };
        int r = pf_place_find(entry->transactions->root, file->place, &place, &why);

        ret->fate = PF_FATE_EDITED;
        if (r == -ENOENT && !file->before_sha256[0])
                ret->fate = PF_FATE_OLD; /* not even its directory is there */
        if (is_about_the_way(r))
                return 0;
        if (r < 0)
                return pf_err_set(err, r, "%s", pf_err_text(&why, r));
        if (strcmp(pf_place_path(place), file->place) != 0)
                return 0; /* a link was put into its way */
        r = compare(file, place, &ret->fate, err);
        if (r == 0)
                ret->place = PF_STEAL(place);
        return r;
}

int pf_spots_look(const PfEntry *entry, PfSpots *ret, PfErr *err) {
        int r = 0;

        ret->items = calloc(entry->manifest->n_files + 1, sizeof(*ret->items));
        if (!ret->items)
                return -ENOMEM;
        ret->n = entry->manifest->n_files;
        for (size_t i = 0; i < ret->n; i++) {
                PfSpot *spot = &ret->items[i];

                spot->error = look(entry, &entry->manifest->files[i], spot, err);
                r = r < 0 ? r : spot->error;
        }
        return r;
}

int pf_spots_discard(const PfEntry *entry, const PfSpots *spots, bool but_laid, PfErr *err) {
        char name[PF_STAGED_NAME_SIZE];
        int first = 0;

        for (size_t i = 0; i < spots->n; i++)
                for (PfStaged staged = 0; spots->items[i].place && staged < PF_N_STAGED; staged++) {
                        int r;

                        if (but_laid && staged == PF_STAGED_LAID)
                                continue;
                        pf_staged_name(entry, staged, i, name);
                        r = pf_place_discard(spots->items[i].place, name, err);
                        first = first < 0 ? first : r;
                }
        return first;
}

bool pf_spots_have(const PfSpots *spots, PfFate fate) {
        for (size_t i = 0; i < spots->n; i++)
                if (spots->items[i].fate == fate)
                        return true;
        return false;
}

/* Is what was staged for it there, and just what it held? */
static bool is_whole(const PfEntry *entry, size_t i, const PfPlace *place, PfStaged staged) {
        char name[PF_STAGED_NAME_SIZE], digest[65];
        PfErr err = { 0 };

        pf_staged_name(entry, staged, i, name);
        return pf_place_staged_digest(place, name, digest, &err) == 0 &&
               strcmp(digest, entry->manifest->files[i].before_sha256) == 0;
}

/* A copy that a disk, or somebody, made another one of is not put in the file's place. */
static int stage_kept(const PfEntry *entry, size_t i, const PfSpot *spot, const char *name,
                      PfErr *err) {
        const PfManifestFile *file = &entry->manifest->files[i];
        char copy[PF_COPY_NAME_SIZE];
        PfErr why = { 0 }, ignored = { 0 };
        int r;

        pf_copy_name(PF_COPY_BEFORE, i, copy);
        r = pf_place_stage_kept(spot->place, name, entry->directory, copy, &why);
        if (r == 0 && is_whole(entry, i, spot->place, spot->staged))
                return 0;
        if (r < 0 && r != -EFBIG)
                return pf_err_set(err, r, "%s", pf_err_text(&why, r));
        r = pf_place_discard(spot->place, name, &ignored);
        (void) !r; /* who ends it discards again */
        return pf_err_set(err, -EBADMSG,
                          "%s: what was kept of it in %s/%s/%s is not what it held; make the "
                          "change by hand",
                          file->place, PF_TRANSACTIONS_PATH, entry->manifest->transaction->id,
                          copy);
}

int pf_spot_stage(PfEntry *entry, size_t i, PfSpot *spot, bool may_be_laid, PfErr *err) {
        char name[PF_STAGED_NAME_SIZE];
        int r = 0;

        if (!entry->manifest->files[i].before_sha256[0])
                return 0; /* it was not there: nothing takes its place */
        spot->staged = may_be_laid && is_whole(entry, i, spot->place, PF_STAGED_LAID)
                               ? PF_STAGED_LAID
                               : PF_STAGED_RESTORED;
        pf_staged_name(entry, spot->staged, i, name);
        if (spot->staged == PF_STAGED_RESTORED)
                r = stage_kept(entry, i, spot, name, err);
        spot->is_staged = r == 0;
        return r;
}

/* Somebody's file stays; what was there before can be had all the same. */
static void leave(PfEntry *entry, size_t i, PfSpot *spot) {
        const PfManifestFile *file = &entry->manifest->files[i];
        char copy[PF_COPY_NAME_SIZE];

        spot->fate = PF_FATE_EDITED;
        pf_copy_name(PF_COPY_BEFORE, i, copy);
        if (file->before_sha256[0])
                (void) pf_manifest_note(
                        entry->manifest,
                        "%s was edited meanwhile and is left as it is; what it held "
                        "before is in %s/%s/%s",
                        file->place, PF_TRANSACTIONS_PATH, entry->manifest->transaction->id, copy);
        else
                (void) pf_manifest_note(entry->manifest,
                                        "%s was edited meanwhile and is left as it is; it was not "
                                        "there before",
                                        file->place);
}

static int stage(PfEntry *entry, size_t i, PfSpot *spot, bool may_be_laid, PfErr *err) {
        PfErr why = { 0 };
        int r = pf_spot_stage(entry, i, spot, may_be_laid, &why);

        if (r == -EBADMSG) {
                spot->fate = PF_FATE_EDITED;
                (void) pf_manifest_note(entry->manifest, "%s", why.text);
                return 0;
        }
        return r < 0 ? pf_err_set(err, r, "%s", pf_err_text(&why, r)) : 0;
}

int pf_spots_stage(PfEntry *entry, PfSpots *spots, bool may_be_laid, PfErr *err) {
        int r = 0;

        for (size_t i = 0; i < spots->n && r == 0; i++)
                if (spots->items[i].fate == PF_FATE_NEW)
                        r = stage(entry, i, &spots->items[i], may_be_laid, err);
                else if (spots->items[i].fate == PF_FATE_EDITED)
                        leave(entry, i, &spots->items[i]);
        return r;
}

static int commit(PfEntry *entry, size_t i, PfSpot *spot, PfErr *err) {
        char name[PF_STAGED_NAME_SIZE];
        PfErr why = { 0 };
        int r;

        pf_staged_name(entry, spot->staged, i, name);
        r = spot->is_staged ? pf_place_commit(spot->place, name, &why)
                            : pf_place_remove(spot->place, &why);
        if (r == -ENODATA) {
                leave(entry, i, spot);
                return 0;
        }
        if (r < 0)
                return pf_err_set(err, r, "%s", pf_err_text(&why, r));
        spot->fate = PF_FATE_OLD;
        return 0;
}

int pf_spots_commit(PfEntry *entry, PfSpots *spots, PfErr *err) {
        int r = 0;

        for (size_t i = spots->n; i-- > 0 && r == 0;)
                if (spots->items[i].fate == PF_FATE_NEW)
                        r = commit(entry, i, &spots->items[i], err);
        return r;
}

int pf_entry_undo_actions(PfEntry *entry, PfErr *err) {
        const PfEffects *effects = entry->transactions->effects;
        const PfManifest *manifest = entry->manifest;
        int first = 0;

        for (size_t i = manifest->n_actions; i-- > 0;) {
                const PfAction *action = &manifest->actions[i];
                PfErr why = { 0 };
                int r;

                if (i >= manifest->n_begun && action->kind != PF_ACTION_RELOAD)
                        continue;
                r = effects->act(action, true, effects->data, &why);
                if (r == 0)
                        continue;
                (void) pf_manifest_note(entry->manifest, "%s of %s could not be taken back: %s",
                                        pf_action_to_string(action->kind), action->subject,
                                        pf_err_text(&why, r));
                if (first == 0)
                        first = pf_err_set(err, r, "%s of %s could not be taken back: %s",
                                           pf_action_to_string(action->kind), action->subject,
                                           pf_err_text(&why, r));
        }
        return first;
}

int pf_entry_end(PfEntry *entry, const PfSpots *spots, PfErr *err) {
        int r = pf_spots_discard(entry, spots, false, err);

        if (r == 0)
                r = pf_entry_forget_covers(entry, err);
        if (r < 0)
                return r;
        entry->manifest->transaction->ended_usec = pf_clock_realtime_usec();
        return pf_entry_set_state(entry,
                                  pf_spots_have(spots, PF_FATE_EDITED) || entry->has_edited_setting
                                          ? PF_TRANSACTION_CONFLICT
                                          : entry->manifest->goal,
                                  err);
}
