/* SPDX-License-Identifier: MIT */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "daemon/base/err.h"
#include "daemon/base/target.h"
#include "probes/parse/mountinfo.h"

/*
 * Where something will be written, and what the file system there has left: the
 * facts of the probe space, for its files alone.
 */

/* How a machine's file systems are known. All zero is empty. */
typedef struct PfSpaceMounts {
        PfMounts *table; /* what is mounted, or in an image what would be; NULL: not known */
        bool planned;    /* the table is an fstab */
        int error;       /* it is there, and could not be read */
        PfErr err;
        uint64_t root_device; /* of an image: what PfSpace.device of "/" is */
} PfSpaceMounts;

/* Never fails for want of a table: then *ret says why. Return: 0 or -ENOMEM. */
int pf_space_mounts_load(const PfTarget *target, PfSpaceMounts *ret) PF_MUST_CHECK;
void pf_space_mounts_deinit(PfSpaceMounts *mounts);
#define PF_AUTO_SPACE_MOUNTS PF_CLEANUP(pf_space_mounts_deinit)

#define PF_SPACE_REASON_MAX 320

typedef struct PfSpacePlace {
        const char *path;     /* as asked for; borrowed */
        char *existing;       /* the part of it that exists, without links; owned */
        const PfMount *mount; /* that holds it, borrowed from the table; NULL: not known */
        bool read_only;
        bool no_exec;
        bool measured; /* whether what follows is known; else @reason */
        PfSpace space;
        uint64_t device; /* equal for places whose room is the same */
        char reason[PF_SPACE_REASON_MAX];
} PfSpacePlace;

/**
 * pf_space_locate() - the file system that will hold a path
 * @path: absolute; need not exist yet: then the nearest directory above counts
 *
 * Touches no file system but that one. Of an image, what fstab(5) puts on a file
 * system of its own is not measured unless that is mounted too.
 * Ownership: the caller frees what is in *@ret with pf_space_place_deinit().
 * Return:    0, also where the place could not be measured; -ENOMEM.
 */
int pf_space_locate(const PfTarget *target, const PfSpaceMounts *mounts, const char *path,
                    PfSpacePlace *ret) PF_MUST_CHECK;
void pf_space_place_deinit(PfSpacePlace *place);
