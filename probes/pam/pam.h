/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * What PAM would say of a login by password, from its configuration and the
 * files its modules read: nothing is started or loaded. stack.c reads the
 * configuration and goes through a stack as libpam does; each module is a
 * function in a table (modules.c), and one that is not there is unknown.
 *
 * Rule: pam.conf(5), pam.d(5), the manual page of each module, and the observed
 *       behaviour of Linux-PAM 1.1.8 to 1.5.3.
 */

#include <stdbool.h>
#include <stdint.h>

#include "daemon/base/err.h"
#include "daemon/base/strv.h"
#include "daemon/base/target.h"
#include "probes/parse/sshd-effective.h"
#include "probes/probe.h"

typedef struct PfShadow PfShadow;       /* probes/parse/shadow.h */
typedef struct PfPamConfig PfPamConfig; /* probes/pam/config.h */

typedef enum PfPamFacility {
        PF_PAM_AUTH,    /* authenticate */
        PF_PAM_ACCOUNT, /* acct_mgmt */
        PF_PAM_SESSION, /* open_session */
        PF_PAM_PASSWORD,
        PF_PAM_N_FACILITIES,
        PF_PAM_CREDENTIALS =
                PF_PAM_N_FACILITIES, /* setcred, which goes through PF_PAM_AUTH again */
} PfPamFacility;

/* What a module or a stack returns: the codes that tell outcomes apart here. */
typedef enum PfPamCode {
        PF_PAM_SUCCESS,
        PF_PAM_OPEN_ERR,
        PF_PAM_SYMBOL_ERR,
        PF_PAM_SERVICE_ERR,
        PF_PAM_SYSTEM_ERR,
        PF_PAM_BUF_ERR,
        PF_PAM_PERM_DENIED,
        PF_PAM_AUTH_ERR,
        PF_PAM_CRED_INSUFFICIENT,
        PF_PAM_AUTHINFO_UNAVAIL,
        PF_PAM_USER_UNKNOWN,
        PF_PAM_MAXTRIES,
        PF_PAM_NEW_AUTHTOK_REQD,
        PF_PAM_ACCT_EXPIRED,
        PF_PAM_SESSION_ERR,
        PF_PAM_CRED_UNAVAIL,
        PF_PAM_CRED_EXPIRED,
        PF_PAM_CRED_ERR,
        PF_PAM_NO_MODULE_DATA,
        PF_PAM_CONV_ERR,
        PF_PAM_AUTHTOK_ERR,
        PF_PAM_AUTHTOK_RECOVERY_ERR,
        PF_PAM_AUTHTOK_LOCK_BUSY,
        PF_PAM_AUTHTOK_DISABLE_AGING,
        PF_PAM_TRY_AGAIN,
        PF_PAM_IGNORE,
        PF_PAM_ABORT,
        PF_PAM_AUTHTOK_EXPIRED,
        PF_PAM_MODULE_UNKNOWN,
        PF_PAM_BAD_ITEM,
        PF_PAM_CONV_AGAIN,
        PF_PAM_INCOMPLETE,
        PF_PAM_N_CODES,
        PF_PAM_UNKNOWN, /* not a code: nobody can say; never PF_PAM_SUCCESS by default */
} PfPamCode;

/* Who logs in, how, and when. All is borrowed. */
typedef struct PfPamQuestion {
        const PfTarget *target;
        const char *service;          /* "sshd" */
        const char *user;             /* the name that was given */
        const PfSshdAccount *account; /* exists is false: there is none */
        const PfShadow *shadow;
        const PfPamConfig *config; /* of the service; NULL: it is loaded for the question */
        const char *tty;           /* "ssh", as sshd sets it before there is a terminal */
        const char *source;        /* address; NULL: not known */
        const char *source_host;   /* PAM_RHOST: its name where sshd finds one, else the
                                      address; NULL: not known */
        bool permit_empty;         /* PermitEmptyPasswords: else PAM_DISALLOW_NULL_AUTHTOK */
        int64_t now_sec;           /* since 1970 */
} PfPamQuestion;

/* A line of a stack, after includes were put in. Borrowed from the stack. */
typedef struct PfPamLine {
        const char *path;
        unsigned number; /* from 1 */
        const char *text;
        const char *module; /* as written: "pam_unix.so", "/opt/x/pam_y.so" */
        const char *name;   /* without directory and ".so": "pam_unix" */
        const PfStrv *args; /* words, brackets taken off */
} PfPamLine;

/* What a module says. All zero is success without a word. */
typedef struct PfPamAnswer {
        PfPamCode code;
        const char *reason;  /* word for programs: "pam-access"; NULL: the facility's own */
        char *why;           /* part of a sentence for people; quotes no restricted file */
        PfEvidence evidence; /* the line of the module's own file; path NULL: the stack's line */
} PfPamAnswer;

void pf_pam_answer_deinit(PfPamAnswer *answer);
#define PF_AUTO_PAM_ANSWER PF_CLEANUP(pf_pam_answer_deinit)

/* Fill in an answer, each returning 0 or -ENOMEM. @reason is static or NULL. */
int pf_pam_answer_set(PfPamAnswer *answer, PfPamCode code, const char *reason, const char *fmt, ...)
        PF_PRINTF(4, 5);
int pf_pam_answer_evidence(PfPamAnswer *answer, const PfTarget *target, const char *path,
                           unsigned line, const char *found, const char *expected);

/* The value of "name=value" among a module's words, or NULL; is "name" among them? */
const char *pf_pam_argument(const PfPamLine *line, const char *name);
bool pf_pam_has_argument(const PfPamLine *line, const char *name);

/**
 * PfPamModule - one module, in the facilities where it has a function
 * run() - what it would return for @facility
 *         Return: 0, or a negative errno with a text: then its code is unknown.
 *         A module that its arguments or its files make undecidable answers
 *         PF_PAM_UNKNOWN and says why.
 */
typedef struct PfPamModule {
        const char *name;      /* "pam_access" */
        unsigned facilities;   /* 1 << PF_PAM_AUTH | …; in others its code is MODULE_UNKNOWN.
                                  With 1 << PF_PAM_CREDENTIALS run() is asked for setcred too */
        PfPamCode credentials; /* else: what its setcred returns */
        int (*run)(const PfPamQuestion *question, PfPamFacility facility, const PfPamLine *line,
                   PfPamAnswer *answer, PfErr *err);
} PfPamModule;

/* The module of that name, or NULL: not known here. */
const PfPamModule *pf_pam_module_find(const char *name);

/* What a whole stack says. All zero is empty. */
typedef struct PfPamVerdict {
        PfPamCode code;       /* PF_PAM_UNKNOWN: depends on what nobody can say */
        PfPamAnswer answer;   /* of the line that decided: its reason and why */
        char *module;         /* that line's module, or NULL: no line decided */
        PfEvidence *evidence; /* what to show, the cause first */
        size_t n_evidence;
} PfPamVerdict;

void pf_pam_verdict_deinit(PfPamVerdict *verdict);
#define PF_AUTO_PAM_VERDICT PF_CLEANUP(pf_pam_verdict_deinit)

/**
 * pf_pam_evaluate() - would the service's stack of this facility succeed?
 * @facility: PF_PAM_CREDENTIALS: what setcred says after authenticate
 * Rule:   what a module that is not known might return is tried out: where
 *         every code comes to the same, that is the answer.
 * Return: 0; -ENOMEM, -EACCES, -EIO … with a text where a file of the
 *         configuration could not be read.
 */
int pf_pam_evaluate(const PfPamQuestion *question, PfPamFacility facility, PfPamVerdict *ret,
                    PfErr *err) PF_MUST_CHECK;
