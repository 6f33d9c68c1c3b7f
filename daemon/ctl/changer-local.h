/* SPDX-License-Identifier: MIT */
#pragma once

#include "daemon/ctl/changer.h"
#include "daemon/ctl/subject.h"
#include "daemon/remedy/transaction.h"

/*
 * Changing a machine in this process, by the same planner and the same transactions as the
 * service has: an image, and on Windows the machine itself. What a system permits, and who it
 * says we are, is in its folder, which makes a PfChangerWay of it.
 */
#define PF_CHANGER_WHO_MAX 128

typedef struct PfChangerLocal {
        PfCtl *ctl;
        PfSubject subject;
        const PfEffects *effects;     /* borrowed */
        char who[PF_CHANGER_WHO_MAX]; /* for the history: "root (uid 0, pid 812), offline" */
        PfTransactions *transactions; /* NULL: nothing is to be changed */
        PfPlan *plan;                 /* the last one that was made */
} PfChangerLocal;

void pf_changer_local_deinit(PfChangerLocal *local);

/* Locks the transactions, finishes what was interrupted, and forgets what is old. */
PfExit pf_changer_local_open(PfChangerLocal *local, PfErr *err) PF_MUST_CHECK;

/* As in PfChangerWay; @data: a PfChangerLocal. */
PfExit pf_changer_local_plan(void *data, bool consent, PfJson **ret, PfErr *err) PF_MUST_CHECK;
PfExit pf_changer_local_apply(void *data, const char *digest, PfJson **ret,
                              PfErr *err) PF_MUST_CHECK;
PfExit pf_changer_local_list(void *data, PfJson **ret, PfErr *err) PF_MUST_CHECK;
PfExit pf_changer_local_undo(void *data, const char *id, PfJson **ret, PfErr *err) PF_MUST_CHECK;
