/* SPDX-License-Identifier: MIT */
#pragma once

#include <stdbool.h>

#include "daemon/platform/fsops.h"

/*
 * A file system that fails: the table of calls that change one (daemon/platform/fsops.h), of
 * which one call goes wrong. The system's own does the others.
 */
extern const PfFsOps pf_fault_fs_ops;

/*
 * The call number @nth from now on, counted from 1 over all kinds of calls, fails with @error,
 * positive, and does nothing; 0: none does. So do all after it where @lasts: a disk that
 * is full stays full; but names can still be removed, and what is frozen be thawed.
 */
void pf_fault_fs_begin(unsigned nth, int error, bool lasts);

/* The call number @nth from the next beginning on kills the process instead; 0: none does. */
void pf_fault_fs_kill_at(unsigned nth);

/* Ends it. Return: did a call fail? */
bool pf_fault_fs_end(void);

/* How many calls there were since it began, and which kind failed first ("renameat"), or NULL. */
unsigned pf_fault_fs_calls(void);
const char *pf_fault_fs_failed(void);

/* From now on write() takes no more than @n bytes at once; 0: as many as the system does. */
void pf_fault_fs_set_short_writes(unsigned n);
