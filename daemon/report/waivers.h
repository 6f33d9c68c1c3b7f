/* SPDX-License-Identifier: MIT */
#pragma once

#include "config/waiver.h"
#include "daemon/base/json.h"
#include "daemon/report/question.h"
#include "probes/probe.h"

/*
 * The waivers of a machine, and what becomes of them in one report. They are
 * read of the machine under test, as everything that is said about it, so that
 * an image carries its own.
 *
 * A waiver turns one verdict, fail, into waived. Nothing waives unknown: that
 * could be anything. Each file is accounted for, also one that counts for nothing.
 */
#define PF_WAIVERS_DIRECTORY "/etc/preflightd/waivers.d"
#define PF_WAIVERS_DIRECTORY_WINDOWS "/ProgramData/preflightd/waivers.d"
#define PF_WAIVERS_MAX 256 /* files; those behind waive nothing */

/* As type WaiverState of org.preflightd.Preflight. */
typedef enum PfWaiverState {
        PF_WAIVER_PENDING, /* not judged yet; in no report */
        PF_WAIVER_ACTIVE,
        PF_WAIVER_EXPIRED,
        PF_WAIVER_NOT_NEEDED,
        PF_WAIVER_MISMATCH,
        PF_WAIVER_UNDETERMINED,
        PF_WAIVER_NOT_ASKED,
        PF_WAIVER_NO_SUCH_CHECK,
        PF_WAIVER_DUPLICATE,
        PF_WAIVER_INVALID,
        PF_WAIVER_REFUSED,
        PF_WAIVER_UNREADABLE,
} PfWaiverState;

/* One file. */
typedef struct PfWaiverEntry {
        char *file;
        unsigned line; /* that is at fault; 0: none */
        PfWaiverState state;
        char *summary; /* one sentence, perhaps with text of the file; NULL while pending */
        PfWaiver waiver;
        bool is_public; /* may every local user read the file? */
} PfWaiverEntry;

typedef struct PfWaivers {
        PfWaiverEntry *items; /* in the order of their names */
        size_t n;
} PfWaivers;

void pf_waivers_deinit(PfWaivers *waivers);
#define PF_AUTO_WAIVERS PF_CLEANUP(pf_waivers_deinit)

/**
 * pf_waivers_load() - read all files NAME.conf of PF_WAIVERS_DIRECTORY, or on a machine with
 *                     Windows of the other
 * @ret:   all zero. What cannot be read, or must not be trusted, is an entry too.
 * Rule:   the file and every directory on the way belong to root, or to who owns
 *         the root directory of the machine, and nobody else may write there;
 *         none of them is a symbolic link. May block.
 * Return: 0 or -ENOMEM.
 */
int pf_waivers_load(const PfTarget *target, PfWaivers *ret) PF_MUST_CHECK;

/* An entry for the directory as a whole, which could not be looked at.
 * Return: 0 or -ENOMEM. */
int pf_waivers_add_fault(PfWaivers *waivers, const PfTarget *target,
                         const char *reason) PF_MUST_CHECK;

/**
 * pf_waivers_apply() - waive what fails, and note by which
 * @now_usec: the time on the machine, since 1970; the same for a whole report
 * Of several for one check the first in order that holds counts.
 * Return:    0 or -ENOMEM: then what was not waived yet stays as it is.
 */
int pf_waivers_apply(PfWaivers *waivers, PfResult *results, size_t n,
                     uint64_t now_usec) PF_MUST_CHECK;

/**
 * pf_waivers_conclude() - say of the others why they count for nothing
 * @report: all results, after pf_waivers_apply()
 * Return:  0 or -ENOMEM.
 */
int pf_waivers_conclude(PfWaivers *waivers, const PfQuestion *question, const PfReport *report,
                        uint64_t now_usec) PF_MUST_CHECK;

/* Until when a report made at @now_usec is true of them: the next moment that one
 * of them expires; UINT64_MAX: never. */
uint64_t pf_waivers_next_expiry(const PfWaivers *waivers, uint64_t now_usec);

/* The one that waives a check, borrowed; NULL: none does. */
const PfWaiverEntry *pf_waivers_find(const PfWaivers *waivers, const char *check_id);

/* Do both say the same? */
bool pf_waivers_equal(const PfWaivers *a, const PfWaivers *b);

/* Members of the report: "waiver" of a check, and "waivers" of the whole.
 * @privileged: false withholds texts of files that not every local user may read.
 * Return:      0 or -ENOMEM. */
int pf_waivers_put_waiver(PfJson *object, const PfWaiverEntry *entry,
                          bool privileged) PF_MUST_CHECK;
int pf_waivers_put_all(PfJson *object, const PfWaivers *waivers, bool privileged) PF_MUST_CHECK;
