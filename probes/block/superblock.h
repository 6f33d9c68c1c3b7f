/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * What is written at the beginning of a block device: libblkid's answers, asked
 * of the device itself on a running machine, and taken from the copy of a
 * captured one.
 *
 * PF_SUPERBLOCKS_PATH is one object. Each member is a device by its numbers,
 * and libblkid's low-level tags as they stand; no tags where nothing was found;
 * "error" where the device could not be read:
 *
 *   { "8:0": { "PTTYPE": "gpt", "PTUUID": "…" },
 *     "8:1": { "TYPE": "ext4", "UUID": "…", "LABEL": "root", "PART_ENTRY_UUID": "…" },
 *     "8:2": {},
 *     "8:16": { "error": "Permission denied" } }
 */

#include "daemon/base/capture.h"
#include "daemon/base/err.h"
#include "daemon/base/json.h"
#include "daemon/base/target.h"

#define PF_SUPERBLOCKS_PATH PF_CAPTURE_DIRECTORY "/blkid.json"
#define PF_SUPERBLOCKS_MAX (4u << 20) /* bytes of the file */

/* Answers of one machine. */
typedef struct PfSuperblocks {
        const PfTarget *target;
        PfJson *answers; /* that were captured, or have been given; an object */
        bool live;
} PfSuperblocks;

/* Return: 0, also where nothing was captured; -EINVAL for a file that is wrong; -ENOMEM. */
int pf_superblocks_init(PfSuperblocks *superblocks, const PfTarget *target,
                        PfErr *err) PF_MUST_CHECK;
void pf_superblocks_deinit(PfSuperblocks *superblocks);
#define PF_AUTO_SUPERBLOCKS PF_CLEANUP(pf_superblocks_deinit)

/* Positive outcome: nobody asked this device when the machine was captured. */
enum { PF_SUPERBLOCK_ABSENT = 1 };

/**
 * pf_superblocks_find() - what is written on one device
 * @name: below /dev
 * @ret:  an object of tags, borrowed
 *
 * Rule:   the device is opened for reading only, and must be the one that has
 *         these numbers. Where tables or signatures contradict each other, it is
 *         an error, as in blkid(8).
 * Return: 0, PF_SUPERBLOCK_ABSENT, or -EACCES, -EIO, -ENXIO … with a text.
 */
int pf_superblocks_find(PfSuperblocks *superblocks, const char *name, unsigned major,
                        unsigned minor, const PfJson **ret, PfErr *err) PF_MUST_CHECK;
