/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * Lists of ciphers, MACs, key exchanges and signature algorithms: which names
 * a version knows, its defaults, and what "+", "-" and "^" make of them.
 */

#include <stdbool.h>

#include "daemon/base/cleanup.h"
#include "probes/parse/sshd-keywords.h"

bool pf_sshd_key_is_algorithms(PfSshdKey key);

/**
 * pf_sshd_algorithms_are_valid() - would sshd take this argument?
 * @list: as written, with "+", "-" or "^" in front
 */
bool pf_sshd_algorithms_are_valid(const PfSshdVersion *version, PfSshdKey key, const char *list);

/* The first name of a key exchange list that is not known, which the caller
 * frees; NULL where all are. */
char *pf_sshd_algorithms_unknown_kex(const PfSshdVersion *version, const char *list);

/* GSSAPIKexAlgorithms: prefixes, of which each name must begin with one. */
bool pf_sshd_gss_kex_is_valid(const char *list);

/* Positive outcome: nothing is left, or a name is negated: sshd does not start. */
enum { PF_SSHD_ALGORITHMS_EMPTY = 1 };

/**
 * pf_sshd_algorithms_assemble() - the list that holds
 * @list: as written, or NULL for the default
 * Ownership: the caller frees *@ret.
 * Rule:   sshd_config(5), Ciphers; wildcards as in ssh_config(5), PATTERNS.
 *         What "-" leaves may be nothing: then *@ret is an empty text.
 * Return: 0, PF_SSHD_ALGORITHMS_EMPTY, -ENOMEM.
 */
int pf_sshd_algorithms_assemble(const PfSshdVersion *version, PfSshdKey key, const char *list,
                                char **ret) PF_MUST_CHECK;
