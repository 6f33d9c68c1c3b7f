/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * One function for each kind of argument, for sshd-arguments.c's table alone.
 * Each reads what stands behind the keyword of run's line and notes what it
 * would change. Return: 0, PF_SSHD_REFUSED, -ENOMEM, -E2BIG.
 */

#include "probes/parse/sshd-parse.h"

/* The next argument; refused as missing where there is none, or an empty one. */
int pf_sshd_need(PfSshdRun *run, char **ret) PF_MUST_CHECK;
int pf_sshd_need_or(PfSshdRun *run, char **ret, const char *message) PF_MUST_CHECK;

/* "~" as the home directory of root, and a path from the root. */
char *pf_sshd_expand_tilde(const char *path);

/* sshd-argument-lists.c */
int pf_sshd_read_users(PfSshdRun *run);
int pf_sshd_read_groups(PfSshdRun *run);
int pf_sshd_read_words(PfSshdRun *run);
int pf_sshd_read_accept_env(PfSshdRun *run);
int pf_sshd_read_set_env(PfSshdRun *run);
int pf_sshd_read_methods(PfSshdRun *run);
int pf_sshd_read_channel_timeout(PfSshdRun *run);
int pf_sshd_read_key_files(PfSshdRun *run);
int pf_sshd_read_subsystem(PfSshdRun *run);
int pf_sshd_read_open(PfSshdRun *run);
int pf_sshd_read_pubkey_options(PfSshdRun *run);

/* sshd-argument-limits.c */
int pf_sshd_read_startups(PfSshdRun *run);
int pf_sshd_read_source_startups(PfSshdRun *run);
int pf_sshd_read_block_size(PfSshdRun *run);
int pf_sshd_read_penalties(PfSshdRun *run);
int pf_sshd_read_exempt(PfSshdRun *run);
int pf_sshd_read_rekey(PfSshdRun *run);
int pf_sshd_read_qos(PfSshdRun *run);
int pf_sshd_read_mask(PfSshdRun *run);
int pf_sshd_read_integer(PfSshdRun *run);
int pf_sshd_read_time(PfSshdRun *run);
int pf_sshd_read_time_or_none(PfSshdRun *run);
int pf_sshd_read_time_of(PfSshdRun *run, PfSshdKey key);
int pf_sshd_read_port(PfSshdRun *run);
int pf_sshd_read_listen(PfSshdRun *run);
