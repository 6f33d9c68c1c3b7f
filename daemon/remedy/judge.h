/* SPDX-License-Identifier: MIT */
#pragma once

#include "probes/probe.h"

/* What a change does to verdicts: does it help, and does it harm? */

#define PF_JUDGE_ACCESS "ssh.access"

/* The answer to a check, or NULL. */
const PfResult *pf_judge_find(const PfReport *report, const char *check);

/* Is this a verdict that is to become another one? Not of waived: that was decided. */
bool pf_judge_is_wrong(PfVerdict verdict);

/**
 * pf_judge_is_turned() - is a check remedied that was wrong?
 * Rule: it passes or does not apply; or it failed, and is a warning. Never where it could
 *       not be determined.
 */
bool pf_judge_is_turned(PfVerdict before, PfVerdict after);

/**
 * pf_judge_is_worse() - did this answer become worse?
 * Rule: it was pass, skip, warn or waived and is fail or unknown; or pass or skip and is
 *       warn; or it is ssh.access, does not pass, and a login comes less far.
 */
bool pf_judge_is_worse(const PfResult *before, const PfResult *after);

/* The first answer that is worse, of @after; or NULL. What only one report has is passed over. */
const PfResult *pf_judge_worse(const PfReport *before, const PfReport *after);

/* How far a login comes, by the word for it; more is further. */
unsigned pf_judge_reach(const PfResult *access);
