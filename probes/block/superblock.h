/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * What is written at the beginning of a block device: libblkid's answers, asked
 * of the device itself on the machine that we run on, and kept in the book
 * "blkid" of a captured one (daemon/base/target.h). Its questions are devices by
 * their numbers, its answers libblkid's low-level tags as they stand; no tags
 * where nothing was found; "error" where the device could not be read:
 *
 *   { "8:0": { "PTTYPE": "gpt", "PTUUID": "…" },
 *     "8:1": { "TYPE": "ext4", "UUID": "…", "LABEL": "root", "PART_ENTRY_UUID": "…" },
 *     "8:2": {},
 *     "8:16": { "error": "Permission denied" } }
 */

#include "daemon/base/err.h"
#include "daemon/base/json.h"
#include "daemon/base/target.h"

#define PF_SUPERBLOCK_BOOK "blkid"

/* Positive outcome: this is another machine, and nobody asked when it was captured. */
enum { PF_SUPERBLOCK_ABSENT = 1 };

/**
 * pf_superblock_read() - what is written on one device
 * @name: below /dev
 * @ret:  an object of tags, which the caller frees
 *
 * Rule:   the device is opened for reading only, and must be the one that has
 *         these numbers. Where signatures contradict each other, it is an error,
 *         as in blkid(8).
 * Return: 0, PF_SUPERBLOCK_ABSENT, or -EACCES, -EIO, -ENXIO … with a text.
 */
int pf_superblock_read(const PfTarget *target, const char *name, unsigned major, unsigned minor,
                       PfJson **ret, PfErr *err) PF_MUST_CHECK;
