/* SPDX-License-Identifier: MIT */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <uv.h>

#include "daemon/base/err.h"
#include "daemon/base/target.h"

/*
 * Tells when what was looked at of a machine may have changed, so that nobody has to
 * look again and again.
 *
 * Watched are
 *  - every directory and symbolic link on the way to what a target was asked for, what
 *    stands at the end, and the place of what is not there, also where two directories
 *    above it are missing. Each watch is there before the look is made, so that no change
 *    falls between the two. inotify(7);
 *  - what is mounted, and swapped to: proc(5), poll(2) on mountinfo and swaps;
 *  - and of the machine that we run on: block devices (uevents of the kernel and of udev),
 *    links, addresses and routes (rtnetlink(7)), the units that were asked for
 *    (org.freedesktop.systemd1(5), also reloads and changed unit files), and the clock,
 *    when it is set or reaches a time that somebody waits for.
 *
 * What gives no notice is sampled: whoever needs it young must have it looked at again.
 * That is free space, listening sockets, the clock's synchronisation, the servers that are
 * contacted, other files of /proc, and file systems that live on another machine.
 *
 * Where there is no D-Bus, no udev, no systemd, or a sandbox forbids a socket, that source
 * is left out, and what it would tell is sampled. For the thread of the loop, but for what
 * a target that is observed does on its own.
 */
typedef struct PfWatch PfWatch;

/* Why, in any combination. */
typedef enum PfWatchReason {
        PF_WATCH_FILES = 1 << 0,
        PF_WATCH_MOUNTS = 1 << 1,
        PF_WATCH_DEVICES = 1 << 2,
        PF_WATCH_NETWORK = 1 << 3,
        PF_WATCH_UNITS = 1 << 4,
        PF_WATCH_CLOCK = 1 << 5,
        PF_WATCH_LOST = 1 << 6, /* more happened than the kernel keeps: anything may have changed */
} PfWatchReason;

typedef struct PfWatchConfig {
        uv_loop_t *loop;
        const char *root; /* of the machine */
        bool files_only;  /* what else its kernel would tell is not asked for */
        /* Something that was looked at may have changed. From the loop, or from within
         * pf_watch_drain(). @reasons: of PfWatchReason. */
        void (*changed)(unsigned reasons, void *data);
        void *data;
} PfWatchConfig;

/**
 * pf_watch_new() - begin to watch a machine of which nothing was looked at yet
 * Return: 0; -ENOTSUP where this system has nothing to watch with, or negative errno with
 *         a text: then all that is known has to be sampled.
 */
int pf_watch_new(const PfWatchConfig *config, PfWatch **ret, PfErr *err) PF_MUST_CHECK;

/* Handles are closed in the loop's next turns. A target goes on to be observed without
 * anybody being told. */
PfWatch *pf_watch_free(PfWatch *watch);
PF_DEFINE_CLEANUP(PfWatch, pf_watch_free);

/* From now on all that @target looks at is watched. Of a target on the root of this watch
 * that nobody uses yet. It keeps what it needs of the watch. */
void pf_watch_observe(PfWatch *watch, PfTarget *target);

/**
 * pf_watch_begin() - a look at the machine begins
 * Return: its number, which rises: what is looked at from now on bears it, or a later one.
 */
uint64_t pf_watch_begin(PfWatch *watch);

/**
 * pf_watch_settle() - a look is over
 * @oldest: the number of the oldest look of which anything is still believed: what none
 *          since then has looked at is watched no more
 */
void pf_watch_settle(PfWatch *watch, uint64_t oldest);

/* What has happened by now is told before this returns, where it is to be told. */
void pf_watch_drain(PfWatch *watch);

/* Has anything been looked at, since pf_watch_begin(), of which no change would be told? */
bool pf_watch_is_sampled(const PfWatch *watch);

/* Why not everything can be watched that should be, for people; or NULL: it can. Borrowed. */
const char *pf_watch_trouble(const PfWatch *watch);

/* For tests, and for people. */
typedef struct PfWatchCounts {
        size_t n_watched; /* inodes */
        size_t n_names;   /* that were looked for in them */
        uint64_t n_lost;  /* times that the kernel kept less than happened */
} PfWatchCounts;

PfWatchCounts pf_watch_count(const PfWatch *watch);
