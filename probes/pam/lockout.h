/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * Is an account locked by failed logins, and for how long: what pam_faillock,
 * pam_tally2 and pam_tally make of their records. Nothing is written: the real
 * modules also count.
 */

#include "probes/pam/pam.h"
#include "probes/parse/faillock.h"

typedef enum PfLockoutState {
        PF_LOCKOUT_OPEN,
        PF_LOCKOUT_LOCKED,
        PF_LOCKOUT_EXEMPT,  /* does not concern this account: root, a user elsewhere */
        PF_LOCKOUT_BROKEN,  /* the module cannot work, and says so with its code */
        PF_LOCKOUT_UNKNOWN, /* the records could not be looked at */
} PfLockoutState;

typedef struct PfLockout {
        PfLockoutState state;
        PfPamCode code;                        /* PF_LOCKOUT_BROKEN */
        char why[256];                         /* part of a sentence for people */
        char path[PF_FAILLOCK_PATH_MAX + 300]; /* of the records, or of a broken setting's file */
        unsigned failures;
        unsigned deny;      /* failures that lock; 0: none do */
        int64_t unlock_sec; /* locked: when it opens, since 1970; 0: never by itself */
} PfLockout;

/**
 * pf_faillock_judge() - pam_faillock with the words of one line
 * Rule:   pam_faillock(8), faillock.conf(5), and the observed behaviour of 1.5.2:
 *         it locks while not more than the unlock time has passed since the
 *         last failure; a line's words win over the file.
 * Return: 0; -EACCES, -EIO … with a text, -ENOMEM.
 */
int pf_faillock_judge(const PfPamQuestion *question, const PfPamLine *line, PfLockout *ret,
                      PfErr *err) PF_MUST_CHECK;

/* The same for pam_tally2 or pam_tally, which count the attempt before they judge it.
 * Rule: pam_tally2(8), pam_tally(8). */
int pf_tally_judge(const PfPamQuestion *question, const PfPamLine *line, PfTallyFormat format,
                   PfLockout *ret, PfErr *err) PF_MUST_CHECK;

/* The answer of a module that asks for this: success where it is not locked. Return: 0, -ENOMEM. */
int pf_lockout_answer(const PfPamQuestion *question, const PfLockout *lockout, PfPamAnswer *answer);
