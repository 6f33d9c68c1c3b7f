/* SPDX-License-Identifier: MIT */
#pragma once

#include <stdint.h>

#include "daemon/base/buf.h"
#include "daemon/base/err.h"
#include "daemon/base/strv.h"

typedef struct PfFsOps PfFsOps; /* daemon/platform/fsops.h; Windows has other calls */
extern const PfFsOps pf_fs_ops; /* the system's own */

/*
 * The directory of the transactions on the disk: its lock, its entries, and files in them that
 * are whole or not there, synced. It knows nothing of what the files say.
 *
 * Used by the engine alone. What lies there may have been made by somebody else, in an
 * image: names are ours or are left alone, and no link is followed.
 */
#define PF_JOURNAL_MANIFEST "manifest.json"
#define PF_JOURNAL_ID_SIZE 22 /* "20261123T101500Z-1f3a" and a NUL */
#define PF_JOURNAL_ENTRIES_MAX 65536

typedef struct PfJournal {
        const PfFsOps *ops;
        int top;
        int lock;
} PfJournal;

#define PF_JOURNAL_INIT                                                                            \
        { .top = -1, .lock = -1 }

/**
 * pf_journal_open() - make the directory where there is none, and lock it
 * @root: of the machine
 * Rule:  every directory on the way is a real one that nobody but root (or who runs this)
 *        may write to; the last is nobody else's to look into either.
 * Return: 0; -EBUSY with who has it; -EPERM, -ELOOP, -EROFS, -ENOSPC … with a text.
 */
int pf_journal_open(PfJournal *journal, const char *root, const PfFsOps *ops,
                    PfErr *err) PF_MUST_CHECK;
void pf_journal_close(PfJournal *journal);

bool pf_journal_is_id(const char *name);

/* The IDs that there are, the oldest first; a complaint for what is no entry of ours. */
int pf_journal_list(const PfJournal *journal, PfStrv *ret, PfStrv *complaints,
                    PfErr *err) PF_MUST_CHECK;

/**
 * pf_journal_new_id() - one that sorts behind all that there are, also where the clock went back
 * Return: 0; -EOVERFLOW with a text where one is there from the end of the year 9999.
 */
int pf_journal_new_id(const PfStrv *ids, uint64_t now_usec, char ret[static PF_JOURNAL_ID_SIZE],
                      PfErr *err) PF_MUST_CHECK;

/* A new entry, which is on the disk; its directory, which the caller closes. */
int pf_journal_make(const PfJournal *journal, const char *id, int *ret, PfErr *err) PF_MUST_CHECK;

/* Positive outcome of the next two: there is none. */
enum { PF_JOURNAL_ABSENT = 1 };

int pf_journal_enter(const PfJournal *journal, const char *id, int *ret, PfErr *err) PF_MUST_CHECK;

/* The bytes of a regular file of at most buf's maximum; -EFBIG beyond. */
int pf_journal_get(int directory, const char *name, PfBuf *buf, PfErr *err) PF_MUST_CHECK;

/* How many bytes it has. Return: 0; a negative errno with a text. */
int pf_journal_size(int directory, const char *name, uint64_t *ret, PfErr *err) PF_MUST_CHECK;

/* A new file, written and synced; the caller syncs the directory once. */
int pf_journal_put(const PfJournal *journal, int directory, const char *name, const void *bytes,
                   size_t n, PfErr *err) PF_MUST_CHECK;
int pf_journal_sync(const PfJournal *journal, int directory, PfErr *err) PF_MUST_CHECK;

/* A file that is there or not, whose contents are the old or the new ones at every moment; on the
 * disk with all that was put before. */
int pf_journal_replace(const PfJournal *journal, int directory, const char *name, const void *bytes,
                       size_t n, PfErr *err) PF_MUST_CHECK;

/* Removes what pf_journal_replace() leaves when it is killed. */
int pf_journal_tidy(const PfJournal *journal, int directory, const char *name,
                    PfErr *err) PF_MUST_CHECK;

/* Removes an entry, its manifest first: what is left of it after a kill is no transaction. */
int pf_journal_forget(const PfJournal *journal, const char *id, PfErr *err);
