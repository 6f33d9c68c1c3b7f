/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * What the C library would find as the name of an address, as far as the
 * machine's own files decide it. Nobody is asked: where a name server would be,
 * the answer is not known, unless that server cannot exist.
 *
 * Rule: nsswitch.conf(5), hosts; resolv.conf(5); hosts(5).
 */

#include "daemon/base/err.h"
#include "daemon/base/ip-address.h"
#include "daemon/base/target.h"

#define PF_RESOLV_CONF_PATH "/etc/resolv.conf"
#define PF_NSSWITCH_PATH "/etc/nsswitch.conf"
#define PF_RESOLV_SERVERS_MAX 3 /* MAXNS in <resolv.h> */

typedef struct PfNameServer {
        PfIpAddress address;
        unsigned line; /* of resolv.conf, from 1 */
} PfNameServer;

/* resolv.conf. */
typedef struct PfResolvConf {
        PfNameServer servers[PF_RESOLV_SERVERS_MAX];
        size_t n_servers;
        unsigned timeout_seconds;
        unsigned attempts;
        bool rotate; /* any server may be the first */
} PfResolvConf;

void pf_resolv_conf_parse(const char *text, size_t n, PfResolvConf *ret);

/**
 * pf_resolv_conf_delay() - how long a query waits for servers that never answer
 * @ret_answered: receives whether a server that may exist is asked in the end
 * Return: seconds, up to the first server that may answer; with rotate the most
 *         that it can be.
 */
unsigned pf_resolv_conf_delay(const PfResolvConf *conf, bool *ret_answered);

/**
 * pf_resolver_services() - the words behind "hosts:" in nsswitch.conf
 * @ret:      receives a text, which the caller frees; what holds where nothing is said
 * @ret_line: receives the line, from 1; 0: nothing is said
 * Return:    0; -EACCES, -EIO … with a text where the file could not be read; -ENOMEM.
 */
int pf_resolver_services(const PfTarget *target, char **ret, unsigned *ret_line,
                         PfErr *err) PF_MUST_CHECK;

typedef enum PfReverse {
        PF_REVERSE_NAME,
        PF_REVERSE_NONE,      /* it has no name */
        PF_REVERSE_UNDECIDED, /* somebody would be asked */
} PfReverse;

typedef struct PfReverseAnswer {
        PfReverse outcome;
        char *name;             /* of PF_REVERSE_NAME */
        bool is_impostor;       /* the name, looked up, is not this address's */
        const char *why;        /* of the other two: a few words for people; static */
        const char *path;       /* where it comes from, or NULL; static */
        unsigned line;          /* from 1, or 0 */
        unsigned delay_seconds; /* lost on servers that never answer */
} PfReverseAnswer;

void pf_reverse_answer_deinit(PfReverseAnswer *answer);
#define PF_AUTO_REVERSE_ANSWER PF_CLEANUP(pf_reverse_answer_deinit)

/**
 * pf_resolver_reverse() - the name of an address
 * Return: 0; -EACCES, -EIO … with a text where a file could not be read; -ENOMEM.
 */
int pf_resolver_reverse(const PfTarget *target, const PfIpAddress *address, PfReverseAnswer *ret,
                        PfErr *err) PF_MUST_CHECK;
