/* SPDX-License-Identifier: MIT */
#pragma once

#include "daemon/watch/linux/files.h"

/*
 * What the sources of a watch share: each is a descriptor in the loop.
 */
typedef struct PfWatchSource PfWatchSource;

struct PfWatchSource {
        uv_poll_t poll; /* outlives the watch by its close callback */
        PfWatch *watch;
        int fd; /* owned */
        int events;
        /* What there is to read, without waiting. Return: of PfWatchReason. */
        unsigned (*take)(PfWatchSource *source);
};

typedef struct PfWatchUnits PfWatchUnits;

struct PfWatch {
        PfWatchConfig config;
        PfWatchFiles *files;
        bool is_host; /* the machine that we run on */
        PfWatchSource *sources[8];
        size_t n_sources;
        PfWatchSource *clock; /* one of them, as the next; or NULL */
        PfWatchSource *network;
        PfWatchUnits *units; /* NULL: nobody was asked for one, or there is no bus */
};

/* Takes over @fd; -1 is no source, and no error. @events: of uv_poll_event. */
int pf_watch_add_source(PfWatch *watch, int fd_take, int events,
                        unsigned (*take)(PfWatchSource *source), PfWatchSource **ret) PF_MUST_CHECK;

/* Opens what the kernel tells of besides files. What there is none of is left out. */
int pf_watch_add_kernel(PfWatch *watch) PF_MUST_CHECK;

/* Tells who watches; nothing where @reasons is 0. */
void pf_watch_tell(PfWatch *watch, unsigned reasons);

/* Asks the service manager to tell of the units that were asked for. */
void pf_watch_units_settle(PfWatch *watch);
/* What it has told by now. Return: of PfWatchReason. */
unsigned pf_watch_units_take(PfWatchUnits *units);
bool pf_watch_units_is_telling(const PfWatchUnits *units);
PfWatchUnits *pf_watch_units_free(PfWatchUnits *units);
