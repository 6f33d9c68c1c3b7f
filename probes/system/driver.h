/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * The agent's filter driver: what of it is loaded, and what lies on disk for the
 * kernel that runs.
 */

#include "probes/system/room.h"

#define PF_DRIVER_MODULE "involflt"

typedef struct PfDriverBuild {
        char version[PF_SYSTEM_WORD_MAX]; /* "": not told */
        char source[PF_SYSTEM_WORD_MAX];  /* srcversion: a digest of the sources; "": not told */
} PfDriverBuild;

struct PfFilterDriver {
        PfMaybe is_loaded;
        PfDriverBuild loaded;
        char path[PF_SYSTEM_PATH_MAX]; /* of the module on disk; "": there is none */
        PfDriverBuild on_disk;
        char reason[PF_SYSTEM_REASON_MAX]; /* why something of it is not known; "": all is */
};

/**
 * pf_filter_driver_look() - find both
 * Rule:   /sys/module/NAME with "version" and "srcversion"; the module's section
 *         .modinfo, compressed or not. The agent copies it to kernel/drivers/char.
 * Return: 0, also where something is not known; -ENOMEM.
 */
int pf_filter_driver_look(const PfSystemRoom *room, PfFilterDriver *ret) PF_MUST_CHECK;

/* Is what is loaded what lies on disk? PF_MAYBE where neither has anything to compare. */
PfMaybe pf_filter_driver_is_current(const PfFilterDriver *driver);

/**
 * pf_driver_build_read() - what a module says of itself
 * @bytes: the whole file, @n bytes, as it is on disk; compressed by xz, zstd or gzip
 * Return: 0; -EINVAL with a text where it is no module; -ENOTSUP, -EFBIG, -ENOMEM.
 */
int pf_driver_build_read(const char *bytes, size_t n, PfDriverBuild *ret, PfErr *err) PF_MUST_CHECK;
