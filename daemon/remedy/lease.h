/* SPDX-License-Identifier: MIT */
#pragma once

#include "daemon/remedy/lease-limits.h"
#include "daemon/remedy/transaction.h"
#include "probes/lease-record.h"

/*
 * Leases: transactions that revert themselves. While one is open, a record of it
 * that any local user may read lies in PF_LEASES_PATH, for `status`, the journal and the
 * check that warns; the truth is the manifest of the transaction.
 */

/* The clocks, which tests set. */
typedef struct PfLeaseClock {
        char boot_id[40];
        uint64_t boot_usec; /* CLOCK_BOOTTIME */
        uint64_t real_usec; /* CLOCK_REALTIME */
} PfLeaseClock;

int pf_lease_clock_read(PfLeaseClock *ret, PfErr *err) PF_MUST_CHECK;

/**
 * pf_lease_left_usec() - how long it is still open; 0: it is over
 * Rule: in the boot in which it was given CLOCK_BOOTTIME decides, which no administrator
 *       sets and which counts on in suspend. In any other boot it is over: what was to be
 *       open for half an hour is not open after a failover.
 */
uint64_t pf_lease_left_usec(const PfTransactionLease *lease, const PfLeaseClock *now);

/* Sets when a lease that begins now ends. */
void pf_lease_begin(PfTransactionLease *lease, const PfLeaseClock *now);

/* Positive outcome of the next: one that is over is closed by a cover alone (cover.h), and is tried
 * again so often. */
enum { PF_LEASES_COVERED = 1 };
#define PF_LEASE_COVERED_USEC 1000000

/**
 * pf_leases_expire() - undo those that are over, or all of them
 * @all:           at boot, before sshd is started, and when the package is removed
 * @ret_next_usec: receives how long the next one is still open, UINT64_MAX: none is; or NULL
 * One whose end was begun, early as well, is gone on with.
 * Where a file was edited since, what the lease opened is taken out of it all the same, and
 * nothing else: the block is known by its comment lines.
 * *@ret_next_usec is also set on error: 0 where one that is over could not be undone, so that
 * the caller tries again soon.
 * Return: 0; PF_LEASES_COVERED; the first error, after all of them were tried.
 */
int pf_leases_expire(PfTransactions *transactions, const PfLeaseClock *now, bool all,
                     uint64_t *ret_next_usec, PfErr *err) PF_MUST_CHECK;

/* Is what a lease opened open still, or may it be? */
bool pf_lease_is_open(const PfTransaction *transaction);

/**
 * pf_lease_cut() - takes the block of a lease out of a file that was edited since
 * A PfTransactionCutter. All from PF_LEASE_BEGIN to PF_LEASE_END goes, as often as it is there.
 * Where somebody took one of these lines away, or both, also from a copy, what goes is the lines
 * of the block around what is left of it, as far as they are just those that were written.
 * What was there before the lease stays, also where it is like the lease's own lines.
 */
int pf_lease_cut(const char *now, size_t n, const char *after, size_t n_after, PfBuf *rest);
