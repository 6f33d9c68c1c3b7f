/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * /etc/hosts: which name an address has, and which addresses a name.
 *
 * Rule: hosts(5), as the service "files" of the C library reads it: what follows
 *       '#' is a comment, and a line whose first word is no address is skipped.
 */

#include "daemon/base/err.h"
#include "daemon/base/ip-address.h"
#include "daemon/base/strv.h"
#include "daemon/base/target.h"

#define PF_HOSTS_PATH "/etc/hosts"

typedef struct PfHost {
        unsigned line; /* from 1 */
        char *text;    /* the line, without its newline */
        PfIpAddress address;
        char *address_text; /* as written */
        PfStrv names;       /* at least one; the first is the canonical one */
} PfHost;

typedef struct PfHosts {
        PfHost *items; /* in the order of the file */
        size_t n;
} PfHosts;

/* Return: 0 or -ENOMEM; the caller frees *@ret. */
int pf_hosts_parse(const char *text, size_t n, PfHosts **ret) PF_MUST_CHECK;

/* The target's own; without a file it is empty. Return: 0, -EACCES, -EIO … with a
 * text, -ENOMEM. */
int pf_hosts_read(const PfTarget *target, PfHosts **ret, PfErr *err) PF_MUST_CHECK;
PfHosts *pf_hosts_free(PfHosts *hosts);
PF_DEFINE_CLEANUP(PfHosts, pf_hosts_free);

/* The first line of an address, or NULL; its first name is what a reverse lookup
 * finds. Borrowed. */
const PfHost *pf_hosts_find_address(const PfHosts *hosts, const PfIpAddress *address);

/**
 * pf_hosts_find_name() - the next line with a name, in any case, or NULL
 * @from: an index; begin with 0, then go on behind the line that was found
 * All of its lines count for a lookup: host.conf(5), multi. Borrowed.
 */
const PfHost *pf_hosts_find_name(const PfHosts *hosts, const char *name, size_t from);
