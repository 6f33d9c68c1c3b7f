/* SPDX-License-Identifier: MIT */
#pragma once

#include "daemon/remedy/effects.h"

typedef struct PfFsOps PfFsOps; /* daemon/platform/fsops.h; Windows has other calls */

/*
 * Applies plans so that a kill at any instruction leaves each file old or new and
 * the next start finishes or undoes; keeps what was, and takes it back.
 *
 * A transaction is a directory TOP/ID below the root of the machine it changes:
 * manifest.json (what is to be done, by whom, why, and how far it has come) and the
 * files before and after. Nothing is touched before that is on the disk.
 */
#ifdef _WIN32
#define PF_TRANSACTIONS_PATH "/ProgramData/preflightd/changes"
#else
#define PF_TRANSACTIONS_PATH "/var/lib/preflightd/transactions"
#endif

typedef enum PfTransactionState {
        PF_TRANSACTION_PREPARED,    /* written down; no file was touched yet */
        PF_TRANSACTION_APPLYING,    /* files or services may be new */
        PF_TRANSACTION_APPLIED,     /* done, and proven */
        PF_TRANSACTION_REVERTING,   /* files or services may be old again */
        PF_TRANSACTION_UNDONE,      /* on request, or because a lease is over */
        PF_TRANSACTION_ROLLED_BACK, /* it did not help, failed, or was interrupted */
        PF_TRANSACTION_CONFLICT,    /* somebody edited since: what is left is in the text */
} PfTransactionState;

const char *pf_transaction_state_to_string(PfTransactionState state); /* "rolled-back" */

/* When a lease ends. */
typedef struct PfTransactionLease {
        PfPlanLease scope;
        char boot_id[40];            /* of the boot it was given in */
        uint64_t deadline_boot_usec; /* CLOCK_BOOTTIME of that boot */
        uint64_t deadline_real_usec; /* since 1970: for people, and for images */
} PfTransactionLease;

typedef struct PfTransaction {
        char *id; /* "20261123T101500Z-1f3a": sorts by time */
        PfTransactionState state;
        uint64_t started_usec; /* since 1970 */
        uint64_t ended_usec;   /* 0: it has not */
        char *who;             /* "root (uid 0, pid 812)", "preflightd: automatic" */
        char *why;             /* the checks, for people: "ssh.sftp-subsystem" */
        char *digest;          /* of the plan */
        char *undone_by;       /* who asked for the undo, or NULL */
        char *text;            /* what went wrong, or NULL */
        bool is_covered;       /* a lease that has ended: other files lie over its own */
        bool not_validated;    /* the owner's tools were not asked: there is none, or an image */
        PfTransactionLease *lease; /* NULL: for good */
        PfPlanStep *steps;
        size_t n_steps;
        PfStrv paths; /* the files it changes, then the settings, for people */
} PfTransaction;

PfTransaction *pf_transaction_free(PfTransaction *transaction);
PF_DEFINE_CLEANUP(PfTransaction, pf_transaction_free);

/* The transactions of one machine, locked against another process. */
typedef struct PfTransactions PfTransactions;

/**
 * pf_transactions_open() - lock them, and finish what was interrupted
 * @root:    of the machine; "/" or an image
 * @effects: borrowed
 * Recovery: what was prepared is forgotten; what was being applied is rolled back; what was
 *           being reverted is reverted. Never makes a file that was neither before nor after.
 *           What cannot be finished now (EROFS …) is a complaint: it keeps no lease open. Each
 *           apply and undo goes on with it first, and is refused with the reason where that fails.
 * Return:   0; -EBUSY where another process has them, -EROFS, -ENOSPC … with a text.
 */
int pf_transactions_open(const char *root, const PfEffects *effects, PfTransactions **ret,
                         PfErr *err) PF_MUST_CHECK;
/* The same, with the calls of a test in place of the system's (daemon/platform/fsops.h). */
int pf_transactions_open_with(const char *root, const PfFsOps *ops, const PfEffects *effects,
                              PfTransactions **ret, PfErr *err) PF_MUST_CHECK;

/*
 * What was met in the journal that is not ours or is damaged, and what the last opening
 * finished: a sentence each, for the log. Borrowed; such entries are left as they are, and hide
 * no other.
 */
const PfStrv *pf_transactions_complaints(const PfTransactions *transactions);

PfTransactions *pf_transactions_free(PfTransactions *transactions);
PF_DEFINE_CLEANUP(PfTransactions, pf_transactions_free);

/**
 * pf_transactions_apply() - do what a plan says
 * @who, @why: for the history
 * @ret:       receives what became of it, also where it was rolled back; untouched where it
 *             was refused before anything was
 * Return:     0: applied and proven. -EBADMSG: refused by validation or rolled back, with why;
 *             -ENODATA: a file is not any more what the plan saw: plan again; -EROFS, -ENOSPC,
 *             -EPERM (immutable), -EMLINK (hard links) …: told before anything was touched,
 *             or, where they came up only then, after it was taken back.
 */
int pf_transactions_apply(PfTransactions *transactions, const PfPlan *plan, const char *who,
                          const char *why, PfTransaction **ret, PfErr *err) PF_MUST_CHECK;

/* Positive outcomes of the next. */
enum {
        PF_TRANSACTION_ABSENT = 1,  /* there is none of this ID */
        PF_TRANSACTION_NOT_APPLIED, /* it was undone already, or rolled back */
        PF_TRANSACTION_EDITED,      /* somebody edited a file since; err says which lines */
        PF_TRANSACTION_COVERED,     /* of pf_transactions_end_lease() alone: see there */
};

/**
 * pf_transactions_undo() - make it as it was
 * Files that nobody touched since get back what they held, byte for byte and attribute
 * for attribute, then the actions are taken back. Where somebody edited a file since, or a
 * newer transaction changed it that was not undone, nothing at all is changed.
 * Return: 0; one of the above; -EBADMSG: the files are as they were, and its state says so,
 *         but a service is not: the text says which. -ENOSPC, -EROFS … with a text: nothing was
 *         changed, or what is left is done by the next opening.
 */
int pf_transactions_undo(PfTransactions *transactions, const char *id, const char *who,
                         PfErr *err) PF_MUST_CHECK;

/* All of them, the oldest first; the caller frees each and the array. */
int pf_transactions_list(PfTransactions *transactions, PfTransaction ***ret, size_t *ret_n,
                         PfErr *err) PF_MUST_CHECK;

/* Forgets those that ended longer ago than @age_usec, unless that is 0, and all but the newest
 * @keep; never an applied one that can be undone and is younger than that, never one with an open
 * lease. What they should be is in the settings: HistoryAgeSec=, HistoryMax=. */
int pf_transactions_prune(PfTransactions *transactions, uint64_t age_usec, size_t keep,
                          PfErr *err) PF_MUST_CHECK;

/* What becomes of a file that somebody edited since a lease put its lines into it. */
typedef enum PfTransactionCut {
        PF_TRANSACTION_CUT_REPLACE, /* it is to hold what was added to the buffer */
        PF_TRANSACTION_CUT_REMOVE,  /* nothing else is left in it: it is to be gone */
        PF_TRANSACTION_CUT_LEAVE,   /* nothing of the lease is in it any more */
} PfTransactionCut;

/**
 * PfTransactionCutter - takes the lease's lines out of a file that was edited since
 * @now:    @n bytes, what it holds
 * @after:  @n_after bytes, what the transaction made of it
 * @rest:   for PF_TRANSACTION_CUT_REPLACE
 * Return:  a PfTransactionCut, or -ENOMEM, -ENOBUFS.
 */
typedef int (*PfTransactionCutter)(const char *now, size_t n, const char *after, size_t n_after,
                                   PfBuf *rest);

/**
 * pf_transactions_end_lease() - undo a transaction that has a lease, come what may
 *
 * As pf_transactions_undo(), but what was opened for a while does not stay open:
 * - A file that somebody edited since keeps what they wrote, without what @cut takes out.
 *   So does one that was removed: it stays so.
 * - It needs no space: when such a transaction is applied the files as they were are laid
 *   beside the new ones already, under names that their owner does not read, and ending is a
 *   rename. Where only an edited file needs some, and there is none, the others end first.
 * - A manifest that cannot be written (ENOSPC, EROFS of /var) holds up no file: it says
 *   "applied" still, and the next call finds the files done and says so then.
 * - That a service cannot be reloaded is told (-EIO …), and its state stays
 *   PF_TRANSACTION_REVERTING: the next call asks for the reload again.
 * - A file of the running machine that cannot be changed at all (its file system has become
 *   read-only) is covered by what it is to hold: daemon/remedy/cover.h. Then the lease has ended,
 *   its state stays PF_TRANSACTION_REVERTING with is_covered, and each further call looks whether
 *   the file can be changed by now. A boot takes covers away, so that it is called before sshd
 *   starts.
 * It takes what is applied, reverting, or a conflict; opening leaves a lease reverting where
 * a file was edited, since it has nobody who cuts.
 *
 * Return: 0; PF_TRANSACTION_ABSENT, PF_TRANSACTION_NOT_APPLIED: it has ended before;
 *         PF_TRANSACTION_COVERED: it has ended, and is to be called again; a negative
 *         errno with a text: what could be done was, and it is to be called again.
 */
int pf_transactions_end_lease(PfTransactions *transactions, const char *id, const char *who,
                              PfTransactionCutter cut, PfErr *err) PF_MUST_CHECK;
