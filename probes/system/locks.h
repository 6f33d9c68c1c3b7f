/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * Who holds a lock on a file, by the kernel's table of locks.
 */

#include "probes/system/room.h"

typedef struct PfFileLocks {
        PfBuf table;                       /* /proc/locks; empty where nothing runs */
        char reason[PF_SYSTEM_REASON_MAX]; /* why it is not known; "": it is */
} PfFileLocks;

void pf_file_locks_deinit(PfFileLocks *locks);
#define PF_AUTO_FILE_LOCKS PF_CLEANUP(pf_file_locks_deinit)

/* Return: 0, also where the table cannot be read; -ENOMEM. */
int pf_file_locks_load(const PfSystemRoom *room, PfFileLocks *ret) PF_MUST_CHECK;

/**
 * pf_file_locks_holder() - the process that has a lock on a file
 * @ret_pid: its number; 0: of another namespace
 * Rule:   proc_locks(5): "1: POSIX  ADVISORY  WRITE 512 08:01:131090 0 EOF"; a line
 *         with "->" is of one that waits. The device is the file system's, which on
 *         btrfs is not what stat(2) says: there no lock is seen.
 */
bool pf_file_locks_holder(const PfFileLocks *locks, const PfFileInfo *info, int *ret_pid);
