/* SPDX-License-Identifier: MIT */
#pragma once

#include <stdbool.h>

#include "daemon/base/err.h"
#include "daemon/platform/fsops.h"

/*
 * What a boot loader sees of a file system: it replays no journal. GRUB and firmware read
 * directories and inodes where they have their place, so a change that is on the disk for
 * us, in the journal of ext4 or xfs, is not there for them.
 *
 * A directory of ext4 whose block has no room for one more name is split in two; a loss of power
 * just while that is written back leaves names where a loader does not find them, until Linux
 * has replayed the journal. So no name is added to one that a loader reads: replace-loader.c.
 * One case is not covered: where there is no lost+found, or a file is made that was not there.
 */

/* What brings everything to its place, by file system. */
typedef enum PfDurableHow {
        PF_DURABLE_SYNC,       /* syncfs(2): those without a journal, and btrfs, whose
                                * commit is one write of the superblock */
        PF_DURABLE_CHECKPOINT, /* ext4: the journal is written back; else frozen */
        PF_DURABLE_FREEZE,     /* xfs: frozen and thawed, which empties the log */
} PfDurableHow;

PfDurableHow pf_durable_how(int fd);

/**
 * pf_durable_is_needed() - may a boot loader read the file?
 * @path: resolved, as the machine names it
 * @fd:   its directory
 * What lies in /boot or /efi, and all on FAT, whose writes have no order by themselves.
 */
bool pf_durable_is_needed(const char *path, int fd);

/**
 * pf_durable_settle() - all that was written to the file system is in its place
 * @fd: in it, not O_PATH
 *
 * A file system that is frozen and never thawed hangs the machine. So before it is frozen
 * there is a second process that thaws it when this one ends, however it does, or is not
 * heard of for ten seconds; it is locked into memory and in a session of its own. Between
 * freeze and thaw nothing else is done.
 *
 * Where that is not allowed or not possible (-EPERM in a container, -EBUSY where somebody
 * else has frozen it) the file system is synced: the next mount replays the journal.
 * Return: 0, or what the calls fail with, with a text.
 */
int pf_durable_settle(const PfFsOps *ops, int fd, PfErr *err) PF_MUST_CHECK;
