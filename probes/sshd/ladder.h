/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * The whole path of a login, from the service that must run to the SFTP session
 * that must open, as a ladder of stages in the order sshd takes them.
 *
 * Where a login stops is one of the words "start" (the server does not run),
 * "listener" (nothing listens there), "connect" (turned away before the
 * banner), "kex" (no algorithm in common), "auth", "session" (let in, then no
 * SFTP) and "copy" (the session opens, but nothing can be written).
 */

#include "probes/sshd/room.h"

/**
 * pf_sshd_climb() - every stage answered
 * @ret: receives one result a stage, in order; each has where, and a reason
 *       where it failed. A stage that could not look is "unknown", one that the
 *       stages below leave without a subject is skipped.
 * Return: 0 or -ENOMEM.
 */
int pf_sshd_climb(const PfTarget *target, const PfDemand *demand, const PfSshdLook *look,
                  PfReport *ret) PF_MUST_CHECK;

/* What the stage @run answered; NULL only where it is no rung of the ladder. */
const PfResult *pf_sshd_ladder_find(const PfReport *ladder, PfSshdStageFn run);

/**
 * pf_sshd_answer_access() - ssh.access: what the ladder comes to
 * Fails where a stage fails, with the evidence of the first that does, and then
 * of the second, which would show once the first is gone. Else it is unknown
 * where a stage is, and a warning where only the copy would fail.
 */
void pf_sshd_answer_access(const PfDemand *demand, const PfReport *ladder, PfReport *report);

/* The ladder as an array of objects, which the caller frees; evidence as in a report. */
int pf_sshd_ladder_to_json(const PfReport *ladder, bool privileged, PfJson **ret) PF_MUST_CHECK;
