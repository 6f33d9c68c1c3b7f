/* SPDX-License-Identifier: MIT */
#pragma once

#include "probes/parse/sshd-effective.h"

/**
 * pf_sshd_group_is_private() - is the account's primary group its own, and nobody else's?
 * Rule:   it has the account's name, as useradd(8) makes it; no other line of /etc/passwd has
 *         its number, and no line of /etc/group that has its name or number a member.
 *         Accounts of a directory service are in neither, and do not count.
 * Return: 1, 0, or a negative errno.
 */
int pf_sshd_group_is_private(const PfTarget *target, const PfSshdAccount *account,
                             PfErr *err) PF_MUST_CHECK;
