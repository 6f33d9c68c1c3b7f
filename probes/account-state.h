/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * What an account's password and dates mean on a day, to whom a login has to
 * get past: the module pam_unix, or sshd itself where UsePAM is off. They
 * differ in which file counts, in which hashes can match, and by a day.
 */

#include <stdint.h>

#include "daemon/base/err.h"
#include "daemon/base/target.h"
#include "probes/parse/shadow.h"
#include "probes/parse/sshd-effective.h"

typedef enum PfAccountJudge {
        PF_JUDGE_PAM_UNIX,
        PF_JUDGE_SSHD,
} PfAccountJudge;

typedef enum PfPasswordKind {
        PF_PASSWORD_CAN_MATCH,
        PF_PASSWORD_EMPTY,
        PF_PASSWORD_LOCKED, /* "!" stands before it, or in its place */
        PF_PASSWORD_NEVER,  /* no password's hash is this */
        PF_PASSWORD_ABSENT, /* the line it should be on is not there, or not read */
        PF_PASSWORD_UNKNOWN,
} PfPasswordKind;

/* Strings are static, or borrowed from the account and its shadow. */
typedef struct PfPasswordState {
        PfPasswordKind kind;
        char why[160];     /* part of a sentence: "the password is locked"; no hash in it */
        const char *path;  /* of the line that it is on, or should be on */
        unsigned line;     /* 0: it is not there */
        const char *found; /* that line, a word in place of a hash; NULL: none */
} PfPasswordState;

/**
 * pf_account_password() - can any password match what is stored?
 * @account: that exists
 * @shadow:  NULL: the file could not be read
 * Return:   0; -EACCES, -EIO … with a text where the machine's libcrypt could
 *           not be told, -ENOMEM.
 */
int pf_account_password(const PfTarget *target, const PfSshdAccount *account,
                        const PfShadow *shadow, PfAccountJudge judge, PfPasswordState *ret,
                        PfErr *err) PF_MUST_CHECK;

/* "account-locked", "no-usable-hash": the word for a kind that lets nobody in. */
const char *pf_password_reason(PfPasswordKind kind);

typedef enum PfAgeing {
        PF_AGEING_FINE,
        PF_AGEING_ACCOUNT_EXPIRED,
        PF_AGEING_PASSWORD_INACTIVE, /* too old even to be changed at login */
        PF_AGEING_CHANGE_REQUIRED,
} PfAgeing;

/* Does the judge look at the dates of the account at all? pam_unix does where
 * /etc/passwd refers to /etc/shadow, sshd wherever there is a line. */
bool pf_account_has_dates(const PfSshdAccount *account, const PfShadow *shadow,
                          PfAccountJudge judge);

/* Each date by itself, as the judge compares them. @now_sec since 1970, in UTC. */
bool pf_account_is_expired(const PfShadow *shadow, PfAccountJudge judge, int64_t now_sec);
PfAgeing pf_account_ageing(const PfShadow *shadow, PfAccountJudge judge, int64_t now_sec);

/* All of them, the account's own first. */
PfAgeing pf_account_dates(const PfShadow *shadow, PfAccountJudge judge, int64_t now_sec);

/* "account-expired"; part of a sentence: "the account has expired". NULL where fine. */
const char *pf_ageing_reason(PfAgeing ageing);
const char *pf_ageing_why(PfAgeing ageing);

/* Days until the account or its password ends, the nearer; LONG_MAX: neither does. */
long pf_account_days_left(const PfShadow *shadow, int64_t now_sec);

/* Has the account judged anew on the day on which something else is to be said of it: each
 * day from @near_days before its end on. */
void pf_account_await(const PfTarget *target, const PfShadow *shadow, int64_t now_sec,
                      long near_days);
