/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * /etc/hosts.allow and /etc/hosts.deny, by which libwrap admits a connection or
 * refuses it.
 *
 * Rule: hosts_access(5) and hosts_options(5); where they are silent, libwrap
 *       7.6.q as Debian has it: a port in place of the daemon's name, wildcards,
 *       and that a last line without its newline ends a table as an error does:
 *       of hosts.allow nothing more is read, by hosts.deny all are refused.
 */

#include "daemon/base/buf.h"
#include "daemon/base/err.h"

#define PF_HOSTS_ALLOW_PATH "/etc/hosts.allow"
#define PF_HOSTS_DENY_PATH "/etc/hosts.deny"

/* What libwrap takes for the name of an end that has none, or whose name does not
 * lead back to it; and for a user whom nobody vouches for. */
#define PF_WRAPPER_UNKNOWN_NAME "unknown"
#define PF_WRAPPER_PARANOID_NAME "paranoid"

/* One end of a connection. What is NULL is not known to the caller. */
typedef struct PfWrapperEnd {
        const char *address; /* numeric */
        const char *name;    /* or one of the two above */
} PfWrapperEnd;

/* What is asked. All is borrowed. */
typedef struct PfWrapperRequest {
        const char *daemon; /* "sshd" */
        const char *user;   /* as the caller's ident server has it; NULL: there is none */
        unsigned port;      /* of the server */
        PfWrapperEnd client;
        PfWrapperEnd server;

        /* Reads a file of patterns that a rule names. Return: 0, positive where
         * there is none or it is a directory, or a negative errno. NULL: they
         * cannot be read. */
        int (*read)(void *data, const char *path, PfBuf *buf);
        void *data;
} PfWrapperRequest;

/* A table. All zero is no file, which is an empty one. */
typedef struct PfWrapperTable {
        const char *path; /* for what is said about it */
        const char *text; /* @n bytes; NULL: no file */
        size_t n;
        bool is_unreadable; /* libwrap cannot open it either */
} PfWrapperTable;

typedef enum PfWrapperOutcome {
        PF_WRAPPER_ALLOW,
        PF_WRAPPER_DENY,
        PF_WRAPPER_UNDECIDED,
} PfWrapperOutcome;

/* A line of a table. */
typedef struct PfWrapperLine {
        const char *path; /* NULL: none; borrowed from the table */
        unsigned line;    /* from 1; of a rule on several lines, the first */
        char *text;       /* that line */
} PfWrapperLine;

typedef struct PfWrapperVerdict {
        PfWrapperOutcome outcome;
        PfWrapperLine rule;   /* that decides, or that nobody can decide; may be none */
        const char *why;      /* more about it, or NULL; static */
        PfWrapperLine cut_at; /* hosts.allow is not read from here on; may be none */
} PfWrapperVerdict;

void pf_wrapper_verdict_deinit(PfWrapperVerdict *verdict);
#define PF_AUTO_WRAPPER_VERDICT PF_CLEANUP(pf_wrapper_verdict_deinit)

/**
 * pf_hosts_access() - would libwrap let this connection in?
 * What is not known of the request leaves a verdict undecided only where it
 * would change it. Commands of rules are not run: of aclexec, whose command
 * decides, either is possible.
 * Return: 0 or -ENOMEM.
 */
int pf_hosts_access(const PfWrapperRequest *request, const PfWrapperTable *allow,
                    const PfWrapperTable *deny, PfWrapperVerdict *ret) PF_MUST_CHECK;
