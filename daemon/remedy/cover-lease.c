/* SPDX-License-Identifier: MIT */
/*
 * A lease whose files cannot be written ends all the same: what they are to hold lies over them.
 *
 * First it is tried among a copy of the machine's mounts, without our covers: there the files are
 * what they are, and what can be written is mended. A cover goes with that very step, or right
 * after it, never before. What still cannot be written is covered for the machine, its readers are
 * told, and only then is it noted that the lease has ended. Each step is found done or not by
 * looking, so it may be interrupted anywhere and is begun again from the top.
 */
#include "daemon/remedy/transaction-internal.h"

#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

#include "daemon/platform/mount-namespace.h"
#include "daemon/remedy/cover.h"

/* --- looking --- */

static bool is_of_machine(const PfEntry *entry) {
        return pf_root_is_running(entry->transactions->root);
}

/* One of which the file is there still may lie over a path that this thread sees without it. That
 * mounts cannot be looked at keeps no lease open. */
int pf_entry_is_covered(const PfEntry *entry, bool *ret, PfErr *err) {
        const char *id = entry->manifest->transaction->id;
        PfErr ignored = { 0 };
        int r = 0;

        *ret = is_of_machine(entry) && pf_covers_are_known(id);
        for (size_t i = 0; i < entry->manifest->n_files && is_of_machine(entry) && !*ret && r == 0;
             i++)
                r = pf_cover_is_over(entry->manifest->files[i].place, id, ret, &ignored);
        return r == -ENOMEM ? pf_err_errno(err, r, "transaction %s", id) : 0;
}

bool pf_entry_has_ended_covered(const PfEntry *entry) {
        return is_of_machine(entry) && pf_covers_are_marked(entry->manifest->transaction->id);
}

/* --- taking away --- */

static int take_away(void *data, PfErr *err) {
        const PfEntry *entry = data;

        return pf_cover_take_away(entry->transactions->journal.ops,
                                  entry->manifest->transaction->id, err);
}

int pf_entry_uncover(PfEntry *entry, PfErr *err) {
        if (!is_of_machine(entry) || !pf_covers_are_known(entry->manifest->transaction->id))
                return 0;
        return pf_namespace_run(PF_NAMESPACE_MACHINE, take_away, entry, err);
}

int pf_entry_forget_covers(PfEntry *entry, PfErr *err) {
        if (!entry->manifest->transaction->lease)
                return 0;
        return is_of_machine(entry) ? pf_covers_forget(entry->transactions->journal.ops,
                                                       entry->manifest->transaction->id, err)
                                    : 0;
}

/* --- among a copy of the machine's mounts --- */

/* What a service was started with may be read-only for it alone: the same directory, anew. */
static int open_top(const PfJournal *journal, int *ret, PfErr *err) {
        PF_AUTO_CLOSE int fd =
                open(PF_TRANSACTIONS_PATH, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
        struct stat now, before;

        if (fd < 0 || fstat(fd, &now) < 0 || fstat(journal->top, &before) < 0)
                return pf_err_errno(err, -errno, "%s", PF_TRANSACTIONS_PATH);
        if (now.st_dev != before.st_dev || now.st_ino != before.st_ino)
                return pf_err_set(err, -ENODATA, "%s: another one lies over it",
                                  PF_TRANSACTIONS_PATH);
        *ret = pf_steal_fd(&fd);
        return 0;
}

static int end_in_copy(void *data, PfErr *err) {
        PfEnding *ending = data;
        PfTransactions *outside = ending->transactions;
        PF_CLEANUP(pf_root_freep) PfRoot *root = NULL;
        PF_AUTO_CLOSE int top = -1;
        PfTransactions inside = *outside;
        int r;

        r = open_top(&outside->journal, &top, err);
        if (r == 0)
                r = pf_root_open("/", outside->journal.ops, &root, err);
        if (r < 0)
                return r;
        inside.journal.top = top;
        inside.root = root;
        r = pf_cover_take_away(inside.journal.ops, ending->id, err);
        if (r < 0)
                return r;
        ending->transactions = &inside;
        r = pf_ending_run(ending, err);
        ending->transactions = outside;
        return r;
}

/* --- covering --- */

typedef struct Covering {
        const PfEntry *entry;
        const PfEnding *ending;
} Covering;

static int put(const Covering *covering, const PfRoot *root, size_t i, PfErr *err) {
        const PfEntry *entry = covering->entry;
        const char *path = entry->manifest->files[i].place;
        PF_CLEANUP(pf_place_freep) PfPlace *place = NULL;
        int r = pf_place_find(root, path, &place, err);

        if (r < 0)
                return r;
        if (pf_place_is_absent(place) || strcmp(pf_place_path(place), path) != 0)
                return pf_err_set(err, -ENOENT, "%s: is not there to be covered", path);
        return pf_cover_put(entry->transactions->journal.ops, place,
                            entry->manifest->transaction->id, i, &covering->ending->wanted[i].text,
                            err);
}

static int put_all(void *data, PfErr *err) {
        const Covering *covering = data;
        PF_CLEANUP(pf_root_freep) PfRoot *root = NULL;
        int r = pf_root_open("/", covering->entry->transactions->journal.ops, &root, err);

        for (size_t i = 0; i < covering->ending->n_wanted && r == 0; i++)
                if (covering->ending->wanted[i].is_known)
                        r = put(covering, root, i, err);
        return r;
}

/* Who reads the files is told once. */
static int tell(PfEntry *entry, PfErr *err) {
        const char *id = entry->manifest->transaction->id;
        int r;

        if (pf_covers_are_marked(id))
                return 0;
        r = pf_entry_undo_actions(entry, err);
        return r < 0 ? r : pf_covers_mark(entry->transactions->journal.ops, id, err);
}

static int cover(const PfEnding *ending, PfEntry *entry, PfErr *err) {
        Covering covering = { entry, ending };
        int r;

        if (!ending->are_all_known)
                return pf_err_set(err, -EIO, "what is to be in its place is not known");
        r = pf_namespace_run(PF_NAMESPACE_MACHINE, put_all, &covering, err);
        return r == 0 ? tell(entry, err) : r;
}

/* What was closed is read, whatever else could not be done. */
static int give_up(PfEntry *entry, int error, const PfErr *first, const PfErr *then, PfErr *err) {
        PfErr ignored = { 0 };

        if (!pf_covers_are_marked(entry->manifest->transaction->id))
                (void) !pf_entry_undo_actions(entry, &ignored);
        return pf_err_set(err, error, "%s; and no other file can be shown in its place: %s",
                          pf_err_text(first, error), pf_err_text(then, error));
}

int pf_ending_run_covered(PfEnding *ending, const PfErr *first, int error, PfErr *err) {
        PF_AUTO_ENTRY PfEntry entry = PF_ENTRY_INIT;
        PfErr why = { 0 }, then = { 0 };
        int r = pf_namespace_run(PF_NAMESPACE_COPY, end_in_copy, ending, &why);

        if (r >= 0 || r == -ENOMEM)
                return r;
        if (!ending->is_open) /* what is left is no file's matter, or there was no way in */
                return pf_err_set(err, r, "%s", pf_err_text(&why, r));
        error = error < 0 ? error : r;
        r = pf_entry_open(ending->transactions, ending->id, &entry, err);
        if (r != 0)
                return r < 0 ? r : PF_TRANSACTION_ABSENT;
        r = cover(ending, &entry, &then);
        if (r == 0)
                return PF_TRANSACTION_COVERED;
        return r == -ENOMEM ? r : give_up(&entry, error, first->code ? first : &why, &then, err);
}
