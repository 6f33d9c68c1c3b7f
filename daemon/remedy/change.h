/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * A use of the transactions: a change that somebody asked for, a look at them, or the end
 * of leases. One after the other, on one thread; each looks after the leases too, so that
 * what is told of them is what is. For the methods alone.
 */

#include "daemon/remedy/remediation-internal.h"

typedef enum PfChangeKind {
        PF_CHANGE_APPLY,
        PF_CHANGE_UNDO,
        PF_CHANGE_LIST,
        PF_CHANGE_LEASES,     /* those that are over */
        PF_CHANGE_ALL_LEASES, /* all of them */
} PfChangeKind;

typedef struct PfChange {
        PfWorkerJob job;
        PfRemediation *remediation;
        PfChangeKind kind;
        PfVarlinkCall *call; /* NULL: nobody waits, or has ever */
        char *who;
        char *why; /* the checks that an Apply() is for, once it is begun */
        PfKeptPlan kept;
        const char *id; /* to be undone; the call's */
        void (*ended)(void *data);

        /* What became of it. */
        int r;
        PfErr err;
        bool is_refused;            /* by policy, with err */
        bool is_early;              /* by policy, for now */
        PfTransaction *transaction; /* that was applied or undone */
        PfTransaction **list;       /* as it is afterwards */
        size_t n;
        bool is_listed; /* where not, nothing is known of leases */
        PfLeaseClock now;
        uint64_t next_boot_usec; /* when a lease ends next */
        int lease_r;             /* of ending those that are over */
        PfErr lease_err;
        PfStrv complaints;
} PfChange;

/* A job that is not begun. NULL: out of memory. */
PfChange *pf_change_new(PfRemediation *remediation, PfChangeKind kind, PfVarlinkCall *call);
PfChange *pf_change_free(PfChange *change);

/* Begin it when its turn comes: leases first. */
void pf_change_submit(PfChange *change);

/* Is there room for another? Where not, the call was answered. */
bool pf_change_is_free(PfRemediation *remediation, PfVarlinkCall *call, PfChangeKind kind);

/* On the thread: all that is to be done. */
void pf_change_work(PfChange *change);

/* In the loop, afterwards: what the log says, and the answer to the call. */
void pf_change_tell(PfChange *change);
void pf_change_answer(PfChange *change);

/* In the list as it was read last; NULL: there is none. */
const PfTransaction *pf_change_find(const PfChange *change, const char *id);
