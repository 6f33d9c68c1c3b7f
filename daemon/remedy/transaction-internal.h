/* SPDX-License-Identifier: MIT */
#pragma once

#include "daemon/remedy/journal.h"
#include "daemon/remedy/manifest.h"
#include "daemon/remedy/replace.h"

/*
 * What the files of the engine share:
 *      transaction.c   the handle, entries, what callers see of them
 *      apply.c         a plan becomes a transaction
 *      change-settings.c  what is no file: made, looked at, put back
 *      revert.c        files and actions as they were: for all of the next
 *      recover.c       what a kill interrupted, and what failed
 *      undo.c          on request
 *      end-lease.c     what was opened for a while, come what may
 *      cover-lease.c   where its files cannot be written
 */
struct PfTransactions {
        PfJournal journal;
        const PfEffects *effects; /* borrowed */
        PfRoot *root;
        PfStrv complaints;
        bool is_unfinished; /* something that was interrupted is neither done nor taken back */
};

int pf_transactions_complain(PfTransactions *transactions, const char *fmt, ...) PF_PRINTF(2, 3);

/* A transaction that is worked on. */
typedef struct PfEntry {
        PfTransactions *transactions;
        int directory;
        PfManifest *manifest;
        bool has_edited_setting;  /* found while they were put back, … */
        bool has_lasting_setting; /* … and a service that could not be stopped again */
} PfEntry;

#define PF_ENTRY_INIT                                                                              \
        { .directory = -1 }
#define PF_AUTO_ENTRY PF_CLEANUP(pf_entry_deinit)
void pf_entry_deinit(PfEntry *entry);

/* Positive outcome of the next: no manifest is there, so it is no transaction (yet). */
enum { PF_ENTRY_ABSENT = 1 };

/* Reads an entry. Return: 0, PF_ENTRY_ABSENT, -EINVAL with a text where it is damaged, … */
int pf_entry_open(PfTransactions *transactions, const char *id, PfEntry *entry,
                  PfErr *err) PF_MUST_CHECK;

/* Puts the manifest on the disk as it is in memory. */
int pf_entry_save(PfEntry *entry, PfErr *err);
/* The same with another state, which is taken back in memory where that fails. */
int pf_entry_set_state(PfEntry *entry, PfTransactionState state, PfErr *err);

/* The names of copies in the directory of an entry. */
typedef enum PfCopy { PF_COPY_BEFORE, PF_COPY_AFTER } PfCopy;
#define PF_COPY_NAME_SIZE 32
void pf_copy_name(PfCopy copy, size_t file, char ret[static PF_COPY_NAME_SIZE]);

/*
 * Files that stand beside those that are changed, until they take their place. Their names
 * follow from the ID and the number of the file, and begin with a dot: no Include and no
 * run-parts(8) reads them.
 */
typedef enum PfStaged {
        PF_STAGED_NEW,      /* what the file is to hold */
        PF_STAGED_LAID,     /* what it held, of a lease: there while it is open */
        PF_STAGED_RESTORED, /* what it is to hold again */
} PfStaged;
#define PF_N_STAGED (PF_STAGED_RESTORED + 1)
#define PF_STAGED_NAME_SIZE 64
void pf_staged_name(const PfEntry *entry, PfStaged staged, size_t file,
                    char ret[static PF_STAGED_NAME_SIZE]);

/* What there is of a file, beside what the transaction knows of it. */
typedef enum PfFate {
        PF_FATE_OLD,    /* what it was before */
        PF_FATE_NEW,    /* what the transaction made of it */
        PF_FATE_EDITED, /* neither, or the way to it is another */
} PfFate;

typedef struct PfSpot {
        PfPlace *place; /* NULL: the way to it is gone, or another */
        PfFate fate;
        int error;       /* that kept it from being looked at; the fate says nothing then */
        PfStaged staged; /* which name takes its place */
        bool is_staged;
} PfSpot;

/* One for each file of the entry. */
typedef struct PfSpots {
        PfSpot *items;
        size_t n;
} PfSpots;

#define PF_AUTO_SPOTS PF_CLEANUP(pf_spots_deinit)
void pf_spots_deinit(PfSpots *spots);

/* Looks at every file. Return: 0; negative with a text where one cannot be looked at (EIO …): the
 * others were all the same. */
int pf_spots_look(const PfEntry *entry, PfSpots *ret, PfErr *err) PF_MUST_CHECK;

bool pf_spots_have(const PfSpots *spots, PfFate fate);

/* Removes whatever stands beside the files; with @but_laid not what a lease laid there. */
int pf_spots_discard(const PfEntry *entry, const PfSpots *spots, bool but_laid, PfErr *err);

/**
 * pf_spots_stage() - what new files were before is put beside them
 * @may_be_laid: use what a lease has laid there, if it is still the same
 * Files that are edited are left out, with a note in the transaction's text; one of which the
 * copy is not what it was before is, too, and becomes PF_FATE_EDITED.
 */
int pf_spots_stage(PfEntry *entry, PfSpots *spots, bool may_be_laid, PfErr *err) PF_MUST_CHECK;
/* The same of one, which is new. Return: 0; -EBADMSG with a text: what was kept is damaged; … */
int pf_spot_stage(PfEntry *entry, size_t i, PfSpot *spot, bool may_be_laid,
                  PfErr *err) PF_MUST_CHECK;

/* New files become the old ones, in reverse order. One that was edited at the last moment
 * becomes PF_FATE_EDITED, with a note. */
int pf_spots_commit(PfEntry *entry, PfSpots *spots, PfErr *err) PF_MUST_CHECK;

/* --- settings --- */

/* Is each what the plan saw? Return: 0; -ENODATA with a text; what kept us from looking. */
int pf_settings_check(const PfTransactions *transactions, const PfPlan *plan,
                      PfErr *err) PF_MUST_CHECK;

/* Makes them, one after the other. Return: 0; what the first failed with: others are made. */
int pf_entry_make_settings(PfEntry *entry, PfErr *err) PF_MUST_CHECK;

/* Did nobody change one since? Return: 0; PF_TRANSACTION_EDITED with a text; an error. */
int pf_entry_check_settings(const PfEntry *entry, PfErr *err) PF_MUST_CHECK;

/* Puts back, in reverse order, what was begun; one that somebody changed since stays, with a note
 * in the transaction's text. Goes on where one fails. Return: 0, or what the first failed with. */
int pf_entry_put_back_settings(PfEntry *entry, PfErr *err) PF_MUST_CHECK;

/* One that both change, or NULL. */
const PfSetting *pf_manifest_common_setting(const PfManifest *a, const PfManifest *b);

/* --- actions --- */

/* Takes the actions back, in reverse order: those that were begun, and each reload. Goes on where
 * one fails, with a note. Return: 0, or what the first failed with. */
int pf_entry_undo_actions(PfEntry *entry, PfErr *err) PF_MUST_CHECK;

/* It has ended: as its goal says, or in conflict. Nothing is left beside the files, nor of covers,
 * which lie over none any more. */
int pf_entry_end(PfEntry *entry, const PfSpots *spots, PfErr *err) PF_MUST_CHECK;

/**
 * pf_entry_recover() - goes on with what is being applied or reverted, until it has ended
 * Return: 0; negative with a text: the next opening goes on with it.
 */
int pf_entry_recover(PfEntry *entry, PfErr *err) PF_MUST_CHECK;

/* All that were interrupted; complaints say what was found. Nothing where all is finished. */
int pf_transactions_recover(PfTransactions *transactions, PfErr *err) PF_MUST_CHECK;

/**
 * pf_edited_describe() - which lines of a text differ, for people
 * @ret: receives "line 4", "lines 4-6 and 9"; of a text that shares too little, "most lines"
 */
int pf_edited_describe(const char *from, size_t n_from, const char *to, size_t n_to,
                       PfBuf *ret) PF_MUST_CHECK;

/* --- the end of a lease --- */

/* What is to be read in the place of a file. */
typedef struct PfWanted {
        PfBuf text;
        bool is_known;
} PfWanted;

typedef struct PfEnding {
        PfTransactions *transactions;
        const char *id;
        const char *who;
        PfTransactionCutter cut;
        bool is_written;    /* the manifest says already that it is being ended, and by whom */
        bool is_open;       /* of the machine that runs: a file could not be closed, … */
        PfWanted *wanted;   /* … and this is what each of them is to hold */
        size_t n_wanted;    /* one for each file of the entry */
        bool are_all_known; /* of those that are open */
} PfEnding;

/* Closes what can be closed, as pf_transactions_end_lease(); where that leaves a file of the
 * machine open, nobody was told yet. */
int pf_ending_run(PfEnding *ending, PfErr *err) PF_MUST_CHECK;

/**
 * pf_ending_run_covered() - the same without covers, and covers for what is open then
 * @first, @error: what was in the way so far, or 0
 * Return: as pf_transactions_end_lease()
 */
int pf_ending_run_covered(PfEnding *ending, const PfErr *first, int error,
                          PfErr *err) PF_MUST_CHECK;

/* Does a cover lie over one of its files, as this thread sees them, or may one for the machine? */
int pf_entry_is_covered(const PfEntry *entry, bool *ret, PfErr *err) PF_MUST_CHECK;
/* Has its lease ended by covers? */
bool pf_entry_has_ended_covered(const PfEntry *entry);

/* Takes the machine's covers away; what was kept for them is forgotten by the second. */
int pf_entry_uncover(PfEntry *entry, PfErr *err) PF_MUST_CHECK;
int pf_entry_forget_covers(PfEntry *entry, PfErr *err) PF_MUST_CHECK;
