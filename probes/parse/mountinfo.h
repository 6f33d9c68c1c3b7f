/* SPDX-License-Identifier: MIT */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "daemon/base/err.h"
#include "daemon/base/target.h"

/*
 * A table of mounts: proc_pid_mountinfo(5) of a running machine, or fstab(5) of
 * an image. Read by libmount out of memory; nothing that is mounted is touched.
 */
typedef struct PfMounts PfMounts;

typedef struct PfMount {
        const char *directory; /* where it is mounted, unescaped; all borrowed from the table */
        const char *source;    /* "" where there is none */
        const char *root;      /* what of it is mounted: "/", "/@home"; "" in an fstab */
        const char *type;
        const char *options; /* of the mount and of the file system */
        uint64_t device;     /* makedev(3) numbers; 0 in an fstab */
        unsigned line;       /* in the file, from 1; 0 where it cannot be told */
        bool read_only;
        bool private_read_only; /* and made so in this namespace, which follows another one's
                                   mounts: what ProtectSystem= of systemd.exec(5) does */
        bool no_exec;
        bool automatic; /* false: noauto in an fstab */
} PfMount;

/* Positive outcome: no such file. */
enum { PF_MOUNTS_ABSENT = 1 };

/**
 * pf_mounts_parse() - a table out of a text
 * @path: for texts of errors, and for pf_mounts_path()
 * Return: 0, -EINVAL where a line is none, -ENOMEM.
 */
int pf_mounts_parse(const char *path, const char *text, size_t n, PfMounts **ret,
                    PfErr *err) PF_MUST_CHECK;

/**
 * pf_mounts_load() - what is mounted on a machine that runs, or ran when it was captured
 *
 * Rule:   /proc/1/mountinfo, because a service has mounts of its own (PrivateTmp=,
 *         ProtectSystem=) that are not the machine's; /proc/self/mountinfo where
 *         that may not be read.
 * Return: 0, PF_MOUNTS_ABSENT (an image), or as pf_target_read().
 */
int pf_mounts_load(const PfTarget *target, PfMounts **ret, PfErr *err) PF_MUST_CHECK;

/* What would be mounted: /etc/fstab. Return: as pf_mounts_load(). */
int pf_mounts_load_fstab(const PfTarget *target, PfMounts **ret, PfErr *err) PF_MUST_CHECK;

PfMounts *pf_mounts_free(PfMounts *mounts);
PF_DEFINE_CLEANUP(PfMounts, pf_mounts_free);

const char *pf_mounts_path(const PfMounts *mounts); /* of the file */
size_t pf_mounts_count(const PfMounts *mounts);
const PfMount *pf_mounts_at(const PfMounts *mounts, size_t i);

/**
 * pf_mounts_find() - the mount that holds a path
 * @path: real: absolute, without links
 *
 * Rule:   the longest directory that @path is or lies below; of several mounts
 *         on one directory the last, which lies over the others.
 * Return: borrowed; NULL where none holds it. Mounts of an fstab that are not
 *         automatic are passed over.
 */
const PfMount *pf_mounts_find(const PfMounts *mounts, const char *path);
