/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * What the methods of org.preflightd.Remediation share among themselves. Nobody
 * else includes this.
 */

#include "config/config.h"
#include "daemon/remedy/kept-plans.h"
#include "daemon/remedy/lease-timer.h"
#include "daemon/remedy/lease.h"
#include "daemon/remedy/remediation.h"
#include "daemon/remedy/scratch.h"
#include "daemon/remedy/transaction-json.h"
#include "daemon/remedy/worker.h"

#define PF_REMEDIATION_INTERFACE "org.preflightd.Remediation"

struct PfRemediation {
        PfRemediationConfig config;
        PfKeptPlans kept;
        PfWorker *planning;
        PfWorker *changing;
        PfTransactions *transactions; /* the changing thread's; NULL: not opened yet */
        PfLeaseTimer *timer;
        PfStrv open;             /* the leases that were open when it was looked last */
        PfStrv covered;          /* those of them that have ended by a cover */
        bool is_unsure;          /* not all leases that are over could be ended */
        bool is_ending;          /* nothing more is taken on */
        unsigned n_failures;     /* of ending leases, since it went well last */
        unsigned n_stuck;        /* plans whose probes hang */
        const char *changing_by; /* who makes the change that runs or waits; NULL: nobody */
        PfScratch scratch; /* for what is planned and too large for memory, once it is needed */
};

/* Who calls, as far as it decides what they may. */
typedef enum PfCaller {
        PF_CALLER_STRANGER,
        PF_CALLER_AUTOMATIC,
        PF_CALLER_ROOT,
} PfCaller;

/**
 * pf_remediation_admit() - may the caller do this?
 * @least: who may; a call of anybody less is answered NotPermitted
 * Return: PF_CALLER_STRANGER where it was answered.
 */
PfCaller pf_remediation_admit(const PfRemediation *remediation, PfVarlinkCall *call,
                              PfCaller least);

/* Answers. An error with one text as its parameter @key. */
void pf_remediation_reply_error(PfVarlinkCall *call, const char *error, const char *key,
                                const char *text);
/* NotRemediable and ConsentRequired. */
void pf_remediation_reply_check(PfVarlinkCall *call, const char *error, const char *check,
                                const char *reason);
/* The error for a negative errno. */
void pf_remediation_reply_failed(PfVarlinkCall *call, int r, const PfErr *err);
/* A reply with one member. */
void pf_remediation_reply(PfVarlinkCall *call, const char *key, PfJson *value_take);

/* "root (uid 0, pid 812)", which the caller frees. NULL: out of memory. */
char *pf_remediation_who(PfCaller caller, const PfVarlinkCall *call);

/* Looks after leases as soon as nothing else is being changed. */
void pf_remediation_look_after_leases(PfRemediation *remediation, bool all,
                                      void (*ended)(void *data));

/* The methods. */
void pf_method_plan(PfVarlinkCall *call, void *remediation);
void pf_method_apply(PfVarlinkCall *call, void *remediation);
void pf_method_undo(PfVarlinkCall *call, void *remediation);
void pf_method_list_transactions(PfVarlinkCall *call, void *remediation);
