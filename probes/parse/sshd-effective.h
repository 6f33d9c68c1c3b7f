/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * What sshd would use for one connection, keyword by keyword, with the line
 * that each value comes from: `sshd -T -C …` without sshd.
 */

#include <stdbool.h>
#include <stddef.h>

#include "daemon/base/buf.h"
#include "daemon/base/err.h"
#include "daemon/base/strv.h"
#include "daemon/base/target.h"
#include "probes/parse/sshd-config.h"

typedef struct PfSshdConnection {
        const char *user;          /* NULL: the global section only, as `sshd -T` without -C */
        const PfStrv *groups;      /* names of the user's groups; NULL: there is no such user */
        const char *host;          /* name sshd found for the address; NULL: see below */
        const char *address;       /* it comes from; NULL: not known */
        const char *local_address; /* NULL: not known */
        int local_port;            /* 0: not known */
        const char *rdomain;       /* NULL: not known; Linux has none: "" */
        bool invalid_user;         /* Match invalid-user, OpenSSH 9.9 and later */
        bool as_test;              /* behave as `sshd -T -C`, see below */
} PfSshdConnection;

/*
 * What is not known: a Match that asks for it does not match, and what its
 * block would set is marked as doubtful. A @host that is not known is the
 * address, as sshd without UseDNS has it; with "UseDNS yes" it is not known.
 * With @as_test it is as in `sshd -T -C`: what is not known simply does not
 * match, but that a LocalPort is asked for is refused; nothing is doubtful.
 */

typedef struct PfSshdValue {
        const char *text;       /* spelled as `sshd -T` prints it, without the keyword */
        const PfSshdLine *line; /* it comes from; NULL: a default */
} PfSshdValue;

typedef struct PfSshdSetting {
        const char *keyword;       /* in lower case, as `sshd -T` of that version prints it */
        const PfSshdValue *values; /* one; for a list one for each line that sshd -T prints */
        size_t n_values;           /* 0: an empty list */
        bool is_list;              /* printed on a line for each value: allowusers, port … */
        bool is_default;           /* no line set it */
        const PfSshdLine *const
                *shadowed; /* lines that lost: late ones, and those a block came over */
        size_t n_shadowed;
        const PfSshdLine *doubt; /* a Match line that could not be decided, and would set it */
        bool unresolved; /* a host name in ListenAddress; sshd would have to ask the resolver */
} PfSshdSetting;

typedef struct PfSshdEffective PfSshdEffective;

/**
 * pf_sshd_config_evaluate() - what holds for a connection
 * @conf:  outlives *@ret, which borrows lines from it
 * @ret:   receives the result, also of a configuration that sshd refuses: then
 *         it is what would hold without the refused lines
 * Ownership: the caller frees *@ret with pf_sshd_effective_free().
 * Return: 0 or -ENOMEM.
 */
int pf_sshd_config_evaluate(const PfSshdConfig *conf, const PfSshdConnection *connection,
                            PfSshdEffective **ret, PfErr *err) PF_MUST_CHECK;
PfSshdEffective *pf_sshd_effective_free(PfSshdEffective *effective);
PF_DEFINE_CLEANUP(PfSshdEffective, pf_sshd_effective_free);

/* Accepted at start, and for this connection; the problems of both, in order. */
bool pf_sshd_effective_is_accepted(const PfSshdEffective *effective);
const PfSshdProblem *pf_sshd_effective_problems(const PfSshdEffective *effective, size_t *ret_n);

/**
 * pf_sshd_effective_get() - a keyword's setting, or NULL where sshd -T prints none
 * @keyword: in any case; an older or newer name of it will do
 */
const PfSshdSetting *pf_sshd_effective_get(const PfSshdEffective *effective, const char *keyword);

/* The text of its first value, or NULL: no such keyword, or an empty list. */
const char *pf_sshd_effective_text(const PfSshdEffective *effective, const char *keyword);

/* All of them, in the order of sshd -T, which also prints no empty lists. */
size_t pf_sshd_effective_count(const PfSshdEffective *effective);
const PfSshdSetting *pf_sshd_effective_at(const PfSshdEffective *effective, size_t i);

/* As sshd -T prints it. Return: 0, -ENOBUFS, -ENOMEM. */
int pf_sshd_effective_print(const PfSshdEffective *effective, PfBuf *buf) PF_MUST_CHECK;

/* The command of a subsystem with its arguments, or NULL; @ret_line may be NULL. */
const char *pf_sshd_effective_subsystem(const PfSshdEffective *effective, const char *name,
                                        const PfSshdLine **ret_line);

/**
 * pf_sshd_match_user() - does AllowUsers or DenyUsers' pattern @pattern mean this user?
 * @pattern: "root", "ad*", "root@192.0.2.0/24", "!x" is not special here
 * @host, @address: as in PfSshdConnection; either may be NULL
 * Rule:    sshd_config(5), AllowUsers; ssh_config(5), PATTERNS.
 */
bool pf_sshd_match_user(const char *user, const char *host, const char *address,
                        const char *pattern);
/* Does one of the groups match this one pattern (AllowGroups, DenyGroups)? */
bool pf_sshd_match_group(const PfStrv *groups, const char *pattern);

/* An account in the target's own files. All zero is empty. */
typedef struct PfSshdAccount {
        bool exists;
        unsigned uid;
        unsigned gid;
        char *name;
        char *password; /* field two of /etc/passwd */
        char *home;
        char *shell;
        PfStrv groups;         /* names, the primary group first */
        unsigned line;         /* of /etc/passwd, from 1 */
        char *shown;           /* that line, a word in place of a password */
        unsigned skipped_line; /* names the account, but the C library skips it; 0: none */
        char service[32];      /* of nsswitch.conf, which may know an account that is not in
                                  the files: "sss"; "": there is none */
} PfSshdAccount;

void pf_sshd_account_deinit(PfSshdAccount *account);
#define PF_AUTO_SSHD_ACCOUNT PF_CLEANUP(pf_sshd_account_deinit)

/**
 * pf_sshd_account_read() - an account as /etc/passwd and /etc/group have it
 * Rule: as the C library's "files" and "compat" read them. A user of a directory
 *       service is not in these files: then exists is false, and service names
 *       the first source in nsswitch.conf(5) that could be asked instead. One
 *       whose library is not installed is passed over, as the C library does.
 * Return: 0, also for no such account; -ENOMEM, -EACCES, -EIO … with a text.
 */
int pf_sshd_account_read(const PfTarget *target, const char *name, PfSshdAccount *ret,
                         PfErr *err) PF_MUST_CHECK;
