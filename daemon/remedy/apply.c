/* SPDX-License-Identifier: MIT */
/*
 * A plan becomes a transaction.
 *
 * All that can be refused is refused before anything is touched. Then the files as they were
 * and as they are to be are written down, and synced; only then comes the first change. What
 * fails from there on is taken back in the way of a kill: recover.c.
 */
#include "daemon/remedy/transaction-internal.h"

#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

#include "daemon/base/clock.h"
#include "daemon/base/sha256.h"

typedef struct Places {
        PfPlace **items;
        size_t n;
} Places;

static void places_deinit(Places *places) {
        for (size_t i = 0; i < places->n; i++)
                (void) pf_place_free(places->items[i]);
        free(places->items);
}

static bool is_removal(const PfPlanFile *file) {
        return !file->after_sha256[0];
}

/* ---- before anything is touched ---- */

static int check_fresh(const PfPlanFile *file, const PfPlace *place, PfErr *err) {
        char digest[65];
        int r = pf_place_digest(place, digest, err);

        if (r < 0)
                return r;
        if (strcmp(digest, file->before_sha256) != 0)
                return pf_err_set(err, -ENODATA,
                                  "%s: is not any more what the plan was made for; "
                                  "plan again",
                                  file->edit.path);
        return 0;
}

static int check_links(const PfPlanFile *file, const PfPlace *place, PfErr *err) {
        unsigned links = pf_place_links(place);

        if (links <= 1)
                return 0;
        return pf_err_set(err, -EMLINK,
                          "%s: has %u names (hard links), and the others would keep what it holds; "
                          "find them with find -xdev -samefile %s, and make copies of them",
                          file->edit.path, links, pf_place_path(place));
}

/* A plan that contradicts itself could not be told from a file that somebody edited. */
static int check_contents(const PfPlanFile *file, PfErr *err) {
        char digest[PF_SHA256_HEX_SIZE];
        int r = pf_edit_digest(&file->edit, digest, err);

        if (r == 0 && strcmp(digest, file->after_sha256) != 0)
                return pf_err_set(err, -EINVAL, "%s: the plan's digest is not of its contents",
                                  file->edit.path);
        return r;
}

static int count_bytes(const PfPlanFile *file, size_t *ret, PfErr *err) {
        struct stat st;

        *ret = file->edit.n;
        if (!file->edit.spool)
                return 0;
        if (stat(file->edit.spool, &st) < 0)
                return pf_err_errno(err, -errno, "%s", file->edit.spool);
        *ret = (size_t) st.st_size;
        return 0;
}

static int check_file(const PfPlanFile *file, const PfPlace *place, PfErr *err) {
        size_t n = 0;
        int r = check_contents(file, err);

        if (r == 0)
                r = check_fresh(file, place, err);
        if (r == 0)
                r = check_links(file, place, err);
        if (r == 0)
                r = count_bytes(file, &n, err);
        return r < 0 ? r : pf_place_check(place, n, err);
}

/* Two paths that lead to one file: what the second does is not what its diff says. */
static int check_alone(const Places *places, const PfPlanFile *file, PfErr *err) {
        const char *path = pf_place_path(places->items[places->n - 1]);

        for (size_t i = 0; i + 1 < places->n; i++)
                if (strcmp(pf_place_path(places->items[i]), path) == 0)
                        return pf_err_set(err, -EINVAL,
                                          "%s: is the same file as another one of "
                                          "the plan, %s",
                                          file->edit.path, path);
        return 0;
}

static int find_places(PfTransactions *transactions, const PfPlan *plan, Places *places,
                       PfErr *err) {
        int r = 0;

        places->items = calloc(plan->n_files + 1, sizeof(PfPlace *));
        if (!places->items)
                return -ENOMEM;
        for (size_t i = 0; i < plan->n_files && r == 0; i++) {
                r = pf_place_find(transactions->root, plan->files[i].edit.path, &places->items[i],
                                  err);
                if (r < 0)
                        return r;
                places->n++;
                r = check_alone(places, &plan->files[i], err);
                if (r == 0)
                        r = check_file(&plan->files[i], places->items[i], err);
        }
        return r;
}

static int validate(const PfTransactions *transactions, const PfPlan *plan, bool *ret_skipped,
                    PfErr *err) {
        PfErr why = { 0 };
        int r = transactions->effects->validate(plan, transactions->effects->data, &why);

        *ret_skipped = plan->not_validated || r == -ENOTSUP;
        if (r < 0 && r != -ENOTSUP)
                return pf_err_set(err, r, "%s", pf_err_text(&why, r));
        return 0;
}

/* ---- written down ---- */

static int begin(PfTransactions *transactions, const PfPlan *plan, const Places *places,
                 const char *who, const char *why, PfEntry *entry, PfErr *err) {
        PF_AUTO_STRV PfStrv ids = { 0 };
        PF_AUTO_STRV PfStrv complaints = { 0 };
        char id[PF_JOURNAL_ID_SIZE];
        int r;

        r = pf_journal_list(&transactions->journal, &ids, &complaints, err);
        if (r == 0)
                r = pf_journal_new_id(&ids, pf_clock_realtime_usec(), id, err);
        if (r == 0)
                r = pf_manifest_new(plan, id, who, why, &entry->manifest, err);
        for (size_t i = 0; i < places->n && r == 0; i++) {
                entry->manifest->files[i].place = strdup(pf_place_path(places->items[i]));
                r = entry->manifest->files[i].place ? 0 : -ENOMEM;
        }
        if (r < 0)
                return r;
        entry->transactions = transactions;
        return pf_journal_make(&transactions->journal, id, &entry->directory, err);
}

/* What a spool holds is not copied: nobody reads which lines of it differ. */
static int keep(const PfEntry *entry, const PfPlanFile *file, const PfPlace *place, size_t i,
                PfErr *err) {
        char name[PF_COPY_NAME_SIZE];
        int r;

        pf_copy_name(PF_COPY_BEFORE, i, name);
        r = pf_place_keep(place, entry->directory, name, err);
        if (r < 0 || !file->edit.bytes)
                return r;
        pf_copy_name(PF_COPY_AFTER, i, name);
        return pf_journal_put(&entry->transactions->journal, entry->directory, name,
                              file->edit.bytes, file->edit.n, err);
}

static int write_down(PfEntry *entry, const PfPlan *plan, const Places *places, PfErr *err) {
        int r = 0;

        for (size_t i = 0; i < places->n && r == 0; i++)
                r = keep(entry, &plan->files[i], places->items[i], i, err);
        return r < 0 ? r : pf_entry_save(entry, err);
}

/* ---- done ---- */

static int stage_new(const PfEntry *entry, const PfPlanFile *file, const PfPlace *place, size_t i,
                     PfErr *err) {
        PF_AUTO_CLOSE int spool = -1;
        char name[PF_STAGED_NAME_SIZE];
        size_t n = 0;
        int r;

        if (is_removal(file))
                return 0;
        r = count_bytes(file, &n, err);
        if (r == 0 && file->edit.spool) {
                spool = open(file->edit.spool, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
                if (spool < 0)
                        return pf_err_errno(err, -errno, "%s", file->edit.spool);
        }
        if (r < 0)
                return r;
        pf_staged_name(entry, PF_STAGED_NEW, i, name);
        return pf_place_stage(place, name, file->edit.bytes, n, spool, err);
}

/* So that a lease ends by a rename, also with a full disk. */
static int lay(const PfEntry *entry, const PfPlanFile *file, const PfPlace *place, size_t i,
               PfErr *err) {
        char name[PF_STAGED_NAME_SIZE], copy[PF_COPY_NAME_SIZE];

        if (!entry->manifest->transaction->lease || file->was_absent)
                return 0;
        pf_staged_name(entry, PF_STAGED_LAID, i, name);
        pf_copy_name(PF_COPY_BEFORE, i, copy);
        return pf_place_stage_kept(place, name, entry->directory, copy, err);
}

static int replace_files(const PfEntry *entry, const PfPlan *plan, const Places *places,
                         PfErr *err) {
        char name[PF_STAGED_NAME_SIZE];
        int r = 0;

        for (size_t i = 0; i < places->n && r == 0; i++) {
                r = stage_new(entry, &plan->files[i], places->items[i], i, err);
                if (r == 0)
                        r = lay(entry, &plan->files[i], places->items[i], i, err);
        }
        for (size_t i = 0; i < places->n && r == 0; i++) {
                pf_staged_name(entry, PF_STAGED_NEW, i, name);
                r = is_removal(&plan->files[i]) ? pf_place_remove(places->items[i], err)
                                                : pf_place_commit(places->items[i], name, err);
        }
        return r;
}

/* What is there now is what was planned: also of what was spooled, or a disk made of it. */
static int check_replaced(const PfEntry *entry, PfErr *err) {
        PF_AUTO_SPOTS PfSpots spots = { 0 };
        int r = pf_spots_look(entry, &spots, err);

        for (size_t i = 0; i < spots.n && r == 0; i++) {
                const PfManifestFile *file = &entry->manifest->files[i];

                if (spots.items[i].fate != PF_FATE_NEW &&
                    strcmp(file->before_sha256, file->after_sha256) != 0)
                        r = pf_err_set(err, -EIO, "%s: does not hold what was written",
                                       file->place);
        }
        return r;
}

static int act(PfEntry *entry, PfErr *err) {
        const PfEffects *effects = entry->transactions->effects;
        PfManifest *manifest = entry->manifest;

        for (size_t i = 0; i < manifest->n_actions; i++) {
                const PfAction *action = &manifest->actions[i];
                PfErr why = { 0 };
                int r;

                manifest->n_begun = i + 1;
                r = pf_entry_save(entry, err);
                if (r < 0)
                        return r;
                r = effects->act(action, false, effects->data, &why);
                if (r < 0)
                        return pf_err_set(err, -EBADMSG, "%s of %s failed: %s",
                                          pf_action_to_string(action->kind), action->subject,
                                          pf_err_text(&why, r));
        }
        return 0;
}

static int carry_out(PfEntry *entry, const PfPlan *plan, const Places *places, PfErr *err) {
        const PfEffects *effects = entry->transactions->effects;
        PfErr why = { 0 };
        int r = replace_files(entry, plan, places, err);

        if (r == 0)
                r = check_replaced(entry, err);
        if (r == 0)
                r = pf_entry_make_settings(entry, err);
        if (r == 0)
                r = act(entry, err);
        if (r < 0)
                return r;
        r = effects->verify(plan, effects->data, &why);
        if (r < 0)
                return pf_err_set(err, -EBADMSG, "%s", pf_err_text(&why, r));
        entry->manifest->transaction->ended_usec = pf_clock_realtime_usec();
        r = pf_entry_set_state(entry, PF_TRANSACTION_APPLIED, err);
        if (r < 0)
                entry->manifest->transaction->ended_usec = 0;
        return r;
}

static int take_back(PfEntry *entry, int error, const PfErr *why, PfErr *err) {
        const char *text = pf_err_text(why, error);
        PfErr next = { 0 };
        int r;

        (void) pf_manifest_note(entry->manifest, "%s", text);
        r = pf_entry_recover(entry, &next);
        if (r < 0)
                return pf_err_set(
                        err, error,
                        "%s; and it cannot be taken back: %s; the next start goes on with "
                        "that",
                        text, pf_err_text(&next, r));
        return pf_err_set(err, error, "%s", entry->manifest->transaction->text);
}

static int run(PfEntry *entry, const PfPlan *plan, const Places *places, PfErr *err) {
        PfErr why = { 0 };
        int r = carry_out(entry, plan, places, &why);

        return r < 0 ? take_back(entry, r, &why, err) : 0;
}

int pf_transactions_apply(PfTransactions *transactions, const PfPlan *plan, const char *who,
                          const char *why, PfTransaction **ret, PfErr *err) {
        PF_CLEANUP(places_deinit) Places places = { 0 };
        PF_AUTO_ENTRY PfEntry entry = PF_ENTRY_INIT;
        PfErr ignored = { 0 };
        bool not_validated;
        int r;

        r = pf_transactions_recover(transactions, err);
        if (r == 0)
                r = find_places(transactions, plan, &places, err);
        if (r == 0)
                r = pf_settings_check(transactions, plan, err);
        if (r == 0)
                r = validate(transactions, plan, &not_validated, err);
        if (r == 0)
                r = begin(transactions, plan, &places, who, why, &entry, err);
        if (r == 0) {
                entry.manifest->transaction->not_validated = not_validated;
                r = write_down(&entry, plan, &places, err);
        }
        if (r == 0)
                r = pf_entry_set_state(&entry, PF_TRANSACTION_APPLYING, err);
        if (r < 0) { /* or the next opening forgets it */
                if (entry.manifest)
                        (void) pf_journal_forget(&transactions->journal,
                                                 entry.manifest->transaction->id, &ignored);
                return r;
        }
        r = run(&entry, plan, &places, err);
        *ret = PF_STEAL(entry.manifest->transaction);
        return r;
}
