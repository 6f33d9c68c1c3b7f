/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * Patterns, address lists, and whether a user pattern means somebody:
 * ssh_config(5), PATTERNS; sshd_config(5), Match and AllowUsers.
 */

#include <stdbool.h>

#include "daemon/base/strv.h"

typedef enum PfSshdMatch {
        PF_SSHD_MATCH_INVALID = -2, /* the list itself is not valid */
        PF_SSHD_MATCH_NEGATED = -1, /* a pattern with '!' matches */
        PF_SSHD_MATCH_NONE = 0,
        PF_SSHD_MATCH_POSITIVE = 1,
} PfSshdMatch;

/**
 * pf_sshd_match_list() - a text against patterns separated by commas
 * @lower: the patterns are taken in lower case
 * A pattern longer than 1022 bytes makes the whole list match nothing.
 */
PfSshdMatch pf_sshd_match_list(const char *text, const char *list, bool lower);

/* The same for any name of @names: an exclusion of one excludes. */
PfSshdMatch pf_sshd_match_any(const PfStrv *names, const char *list);

/**
 * pf_sshd_match_address() - an address against a list of CIDR blocks and patterns
 * @address: numeric; NULL only checks the list: NONE or INVALID
 * INVALID for an empty element, and for a block whose mask does not fit it.
 */
PfSshdMatch pf_sshd_match_address(const char *address, const char *list);

/* A host name, whatever its case. */
PfSshdMatch pf_sshd_match_host(const char *host, const char *list);

/* Could "user@hosts" be a pattern at all? Only the address part can be wrong. */
bool pf_sshd_user_pattern_is_valid(const char *pattern);

/* Is this list one of CIDR blocks alone, without patterns and negation? */
bool pf_sshd_is_cidr_list(const char *list);
