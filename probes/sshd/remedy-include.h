/* SPDX-License-Identifier: MIT */
#pragma once

/* Files of ours beside the main one: where sshd would read them, and before which others. */

#include "probes/sshd/remedy-work.h"

#define PF_SSHD_DROP_IN_NAME "00-preflightd.conf"
#define PF_SSHD_DROP_IN_HEAD "# Written by preflightd, at the request of an administrator.\n"

/* Positive outcome: no Include brings such a file in. */
enum { PF_SSHD_NO_DROP_IN = 1 };

/**
 * pf_sshd_find_drop_in() - where a file of that name would be read
 * Rule:   the first Include of the main file that stands before any Match, and has a
 *         pattern for the name in a directory that is there.
 * @ret:   its path, which the caller frees
 * Return: 0, PF_SSHD_NO_DROP_IN, or a negative errno.
 */
int pf_sshd_find_drop_in(PfSshdWork *work, const char *name, char **ret) PF_MUST_CHECK;

/* The first Include of that kind in @draft of the main file, or 0. */
unsigned pf_sshd_first_include(const PfSshdDraft *draft);

/* What else writes the file at @path, "cloud-init", or NULL: nothing that is known of. By its
 * name, or because its first comment says so. */
const char *pf_sshd_owner_of(const char *path, const PfSshdDraft *draft);
