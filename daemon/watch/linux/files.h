/* SPDX-License-Identifier: MIT */
#pragma once

#include <stdatomic.h>
#include <stdbool.h>
#include <uv.h>

#include "daemon/base/strv.h"
#include "daemon/watch/linux/tree.h"
#include "daemon/watch/watch.h"

/*
 * The part of a watch that a target keeps and several threads use: what is watched of
 * files, and a note of what else was asked.
 */
typedef struct PfWatchFiles {
        atomic_uint references;
        int inotify;     /* never waits */
        int root;        /* O_PATH */
        uv_mutex_t lock; /* what follows */
        PfTree tree;
        int root_wd;
        uint64_t look; /* number of the one that is being made */
        uint64_t n_lost;
        struct {
                uint64_t device;
                PfNameKind kind;
        } devices[32]; /* what kind of file system each is; the oldest makes room */
        unsigned n_devices;
        bool is_sampled;     /* something was looked at that is not watched */
        const char *trouble; /* why something is not that should be; or NULL */
        uint64_t await_usec; /* the first moment that somebody waits for; UINT64_MAX: none */
        bool asks_network;
        bool tells_devices; /* somebody hears of block devices */
        PfStrv units;       /* that were asked for */
} PfWatchFiles;

#define PF_WATCH_UNITS_MAX 64

int pf_watch_files_new(const char *root, PfWatchFiles **ret, PfErr *err) PF_MUST_CHECK;
PfWatchFiles *pf_watch_files_ref(PfWatchFiles *files);
PfWatchFiles *pf_watch_files_unref(PfWatchFiles *files);
PF_DEFINE_CLEANUP(PfWatchFiles, pf_watch_files_unref);

/* Watches the way to a path, and what is at its end. On any thread. */
void pf_watch_files_look(PfWatchFiles *files, const char *path, PfTargetLook how,
                         const char *pattern);

/* Reads what inotify(7) has to tell. Return: of PfWatchReason; 0: nothing that matters. */
unsigned pf_watch_files_read(PfWatchFiles *files);

/* Other file systems may stand where some stood. */
void pf_watch_files_doubt(PfWatchFiles *files);

void pf_watch_files_sweep(PfWatchFiles *files, uint64_t oldest);
