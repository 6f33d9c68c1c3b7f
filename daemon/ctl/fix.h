/* SPDX-License-Identifier: MIT */
#pragma once

#include "daemon/base/json.h"
#include "daemon/base/strv.h"
#include "daemon/ctl/ctl.h"

/* What plan and fix share. */

/**
 * pf_fix_judge() - does what was asked for pass?
 * @checks:         of each the members "check" and "verdict", and perhaps "severity";
 *                  one that is not there passes
 * @ret_failing:    receives the names of those that do not, or NULL
 *
 * Rule:   where no check was named, those that block are meant, else all that were named;
 *         what warns or is waived passes. What is skipped: see the next.
 * Return: PF_EXIT_OK; PF_EXIT_BLOCKED where one fails; otherwise PF_EXIT_UNKNOWN where one
 *         is not known, or memory ran out.
 */
PfExit pf_fix_judge(const PfCtl *ctl, const PfJson *checks, PfStrv *ret_failing) PF_MUST_CHECK;

/**
 * pf_fix_judge_skipped() - which words met nothing but checks that do not apply here
 * @checks:      all of them, with the members "check" and @verdict
 * @ret_skipped: receives their names, each once
 *
 * Rule:   who names ssh.sftp-subsystem, and there is no server, was told nothing of it: that is no
 *         pass, and there is nothing to remedy. Of "ssh.*" some may not apply, as of a machine.
 * Return: PF_EXIT_OK: there are none; PF_EXIT_BLOCKED; PF_EXIT_UNKNOWN: memory ran out.
 */
PfExit pf_fix_judge_skipped(const PfCtl *ctl, const PfJson *checks, const char *verdict,
                            PfStrv *ret_skipped) PF_MUST_CHECK;

/* The checks of a plan that somebody has to agree to first: "ssh.root-login, ssh.access".
 * The caller frees it; NULL: there are none, or memory ran out. */
char *pf_fix_unconsented(const PfJson *plan);

/* Is nothing to be changed? */
bool pf_fix_is_empty(const PfJson *plan);
