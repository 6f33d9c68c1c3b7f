/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * Everybody else: connections that a change is not for, and must not touch.
 */

#include "probes/sshd/remedy-work.h"

/**
 * pf_sshd_others_stay() - is it for others as it was?
 * @target, @look: the machine as it would be
 * Rule:   other accounts of the machine, one that it has not, and other addresses of
 *         both families. Where the change is bound to a source nothing at all may differ
 *         for them, else only the keywords of the goal.
 * Return: 1, 0, or a negative errno.
 */
int pf_sshd_others_stay(const PfSshdWork *work, const PfTarget *target,
                        const PfSshdLook *look) PF_MUST_CHECK;

/* Is every keyword the same in both, but for those of @goal (NULL: none)? False also
 * where sshd would refuse the connection now, and did not. */
bool pf_sshd_same_but(const PfSshdGoal *goal, const PfSshdEffective *a, const PfSshdEffective *b);
