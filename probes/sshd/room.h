/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * What the rooms of the probe sshd share: a stage of the login, and how it
 * answers. A stage is one thing sshd looks at on the way from the listening
 * socket to an open SFTP session; ladder.c has them all in sshd's own order. A
 * check of the probe is the answer of one stage, or of several of them.
 */

#include "probes/sshd/look.h"

/* Where a stage answers, and what it may look at. */
typedef struct PfSshdRoom {
        const PfTarget *target;
        const PfDemand *demand;
        const PfSshdLook *look;
        PfReport *report;
} PfSshdRoom;

/**
 * PfSshdStageFn - answers @stage in the room's report, once
 * A stage that fails says why with pf_report_reason(), by which programs tell
 * obstacles apart. It judges for itself alone, as if the stages before it had
 * passed, so that a second obstacle is found behind the first.
 * Return: 0; a negative errno with a text where it could not look: then the
 *         caller answers "unknown" for it, unless it has answered already.
 */
typedef int (*PfSshdStageFn)(const PfSshdRoom *room, const PfCheck *stage, PfErr *err);

/* Answers @stage in any case: "unknown" where it could not look. Return: 0 or -ENOMEM. */
int pf_sshd_answer_stage(const PfSshdRoom *room, const PfCheck *stage, PfSshdStageFn run);

/* "root", or "root from 192.0.2.7": whom it is about. */
const char *pf_sshd_whom(const PfSshdRoom *room, char *buffer, size_t size);
#define PF_SSHD_WHOM(room) pf_sshd_whom(room, (char[600]){ 0 }, 600)

/* Is the account root: by its UID where it exists, else by its name? */
bool pf_sshd_is_root(const PfSshdRoom *room);

/* Evidence: the line of value @i, or that none set it. */
void pf_sshd_evidence_of(const PfSshdRoom *room, const PfSshdSetting *setting, size_t i,
                         const char *expected);

/* Remedy: how to get @wanted, a whole line, in place of what is set now. */
void pf_sshd_remedy_setting(const PfSshdRoom *room, const PfSshdSetting *setting,
                            const char *wanted);

/* True, and answered "unknown", where a Match that nobody can decide would set this. */
bool pf_sshd_is_doubtful(const PfSshdRoom *room, const PfCheck *stage,
                         const PfSshdSetting *setting);

/* The setting of a keyword that every version has; NULL, and answered, where it
 * is missing or doubtful. */
const PfSshdSetting *pf_sshd_get(const PfSshdRoom *room, const PfCheck *stage, const char *keyword);

/* The text of its first value; "" where there is none. */
const char *pf_sshd_text_of(const PfSshdSetting *setting);
