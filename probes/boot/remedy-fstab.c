/* SPDX-License-Identifier: MIT */
/*
 * Remedy of boot.fstab-identity: the first field of a line becomes the UUID of the
 * device that has the name. Blanks, comments and all other fields stay.
 */
#include "probes/boot/edit.h"
#include "probes/boot/remedy-proof.h"
#include "probes/remedy.h"

#include <string.h>

#define TABLE_PATH "/etc/fstab"
#define TABLE_MAX (1u << 20)

typedef struct Work {
        const PfRemedyRoom *room;
        const PfBootFacts *facts;
        const PfBootWitness *witness;
        PfBootSwap *swaps;
        size_t n_swaps;
        PfStrv texts; /* of the swaps */
        PfProposal *proposal;
} Work;

static void work_deinit(Work *work) {
        free(work->swaps);
        pf_strv_deinit(&work->texts);
}

/* Positive outcome: there will be no candidate, and the proposal says why. */
enum { REFUSED = 1 };

static int refuse(Work *work, const char *path, unsigned line, const char *found, const char *why) {
        int r = pf_proposal_refuse(work->proposal, "%s:%u: %s stays as it is: %s", path, line,
                                   found, why);

        return r < 0 ? r : REFUSED;
}

static bool is_bad(const char *spec) {
        return pf_boot_class_is_bad(pf_boot_classify_text(pf_identity_kind(spec), spec));
}

/* A start goes on without it. */
static bool is_forgiving(const PfFstabEntry *entry) {
        return pf_fstab_option(entry->options, "nofail") || strcmp(entry->type, "swap") == 0;
}

static int take_entry(Work *work, const PfFstabEntry *entry) {
        const PfBootClaim claim = { .identity = entry->spec,
                                    .directory = entry->file,
                                    .is_root = strcmp(entry->file, "/") == 0,
                                    .is_swap = strcmp(entry->type, "swap") == 0 };
        char reason[PF_BLOCK_REASON_MAX] = "";
        PF_AUTO_FREE char *to = NULL;
        int r = pf_boot_prove(work->witness, &claim, &to, reason);

        if (r == PF_BOOT_UNPROVEN)
                return is_forgiving(entry)
                               ? 0
                               : refuse(work, entry->path, entry->line, entry->spec, reason);
        if (r == 0)
                r = pf_strv_add(&work->texts, to);
        if (r == 0)
                r = pf_boot_grow((void **) &work->swaps, work->n_swaps, sizeof(*work->swaps),
                                 PF_FSTAB_ENTRIES_MAX);
        if (r == 0)
                work->swaps[work->n_swaps++] =
                        (PfBootSwap){ .kind = PF_BOOT_SWAP_FIELD,
                                      .from = entry->spec,
                                      .to = work->texts.items[work->texts.n - 1],
                                      .line = entry->line };
        return r;
}

/* What is encrypted is opened before it is mounted: a wrong line there costs more than a
 * device's name. It is only named. */
static int take_crypttab(Work *work) {
        const PfCrypttab *table = &work->facts->inventory.crypttab;

        for (size_t i = 0; i < table->n; i++) {
                const PfCrypttabEntry *entry = &table->entries[i];

                if (is_bad(entry->source) && !pf_fstab_option(entry->options, "noauto") &&
                    !pf_fstab_option(entry->options, "nofail"))
                        return refuse(work, entry->path, entry->line, entry->source,
                                      "what is encrypted is corrected by a person");
        }
        return 0;
}

static int take_entries(Work *work) {
        const PfFstab *table = &work->facts->inventory.fstab;
        int r = 0;

        for (size_t i = 0; i < table->n && r == 0; i++)
                if (is_bad(table->entries[i].spec) &&
                    !pf_fstab_option(table->entries[i].options, "noauto"))
                        r = take_entry(work, &table->entries[i]);
        if (r == 0)
                r = take_crypttab(work);
        if (r == 0 && work->n_swaps == 0)
                r = pf_proposal_refuse(work->proposal, "no line of " TABLE_PATH
                                                       " has the name of a device that could be "
                                                       "told from others") < 0
                            ? -ENOMEM
                            : REFUSED;
        return r;
}

static int edit_table(Work *work, PfBuf *ret, PfErr *err) {
        PF_AUTO_BUF PfBuf before = PF_BUF_INIT(TABLE_MAX);
        int r = pf_target_read(work->room->target, TABLE_PATH, TABLE_MAX, &before, err);

        if (r == PF_TARGET_ABSENT)
                return pf_err_set(err, -ENOENT, TABLE_PATH ": went away while it was read");
        if (r == 0)
                r = pf_boot_edit(PF_BOOT_SYNTAX_TABLE, before.data ? before.data : "", before.n,
                                 work->swaps, work->n_swaps, ret);
        for (size_t i = 0; i < work->n_swaps && r == 0; i++)
                if (work->swaps[i].n != 1)
                        r = refuse(work, TABLE_PATH, work->swaps[i].line, work->swaps[i].from,
                                   "the line is not written as others are");
        return r;
}

static int run(Work *work, PfErr *err) {
        PF_AUTO_BUF PfBuf after = PF_BUF_INIT(2 * TABLE_MAX);
        PfCandidate *candidate;
        int r = take_entries(work);

        if (r == 0)
                r = edit_table(work, &after, err);
        if (r != 0)
                return r == REFUSED ? 0 : r;
        r = pf_proposal_add(work->proposal, &candidate, "%s in place of %s in " TABLE_PATH "%s",
                            work->swaps[0].to, work->swaps[0].from,
                            work->n_swaps > 1 ? ", and so on" : "");
        return r < 0 ? r : pf_candidate_put(candidate, TABLE_PATH, after.data, after.n, NULL);
}

static int propose(const PfRemedyRoom *room, PfProposal *proposal, PfErr *err) {
        PF_AUTO_BOOT_FACTS PfBootFacts facts = { 0 };
        PF_AUTO_BOOT_WITNESS PfBootWitness witness = { 0 };
        PF_CLEANUP(work_deinit)
        Work work = { .room = room, .facts = &facts, .witness = &witness, .proposal = proposal };
        int r = pf_boot_facts_load(room->target, &facts, err);

        if (r == 0)
                r = pf_boot_witness_load(&facts, NULL, &witness, err);
        return r < 0 ? r : run(&work, err);
}

const PfRemedy pf_remedy_fstab_identity = {
        .check = "boot.fstab-identity",
        .wont = "It changes no name whose device it cannot prove, no volume of LVM, no share of "
                "the network, and nothing in /etc/crypttab",
        .propose = propose,
};
