/* SPDX-License-Identifier: MIT */
#pragma once

#include "daemon/remedy/journal.h"

/*
 * What the journals of every system have in common (journal-common.c), and what each does its
 * own way for it.
 */

/* Calls @visit for every name in @directory but "." and ".." until one is not 0.
 * Return: what the last returned; a negative errno where it cannot be listed. Of the system. */
int pf_journal_each_name(int directory, int (*visit)(const char *name, void *data),
                         void *data) PF_MUST_CHECK;

/* Goes from @journal->top to the directory @name in it, and makes it where there is none; @path
 * is for people. Return: 0; a negative errno with a text. Of the system. */
int pf_journal_step_down(PfJournal *journal, const char *name, const char *path, bool is_last,
                         PfErr *err) PF_MUST_CHECK;

/* From the root of the machine, which is @journal->top, to the transactions.
 * Return: as pf_journal_step_down(). */
int pf_journal_walk(PfJournal *journal, PfErr *err) PF_MUST_CHECK;

/* Reads up to @size bytes of an open file. Return: 0; a negative errno. */
typedef int (*PfJournalRead)(void *file, void *bytes, size_t size, size_t *ret_n);

/* Adds the rest of a file to @buf, behind which is a NUL then.
 * Return: 0; -EFBIG where it is more than there is room for; as @read, as pf_buf_reserve(). */
int pf_journal_read_all(PfJournalRead read, void *file, PfBuf *buf) PF_MUST_CHECK;
