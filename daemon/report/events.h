/* SPDX-License-Identifier: MIT */
#pragma once

#include "daemon/report/readiness.h"

/*
 * What an administrator finds in the journal: an event for each verdict that is
 * another one than before, and nothing while nothing changes.
 *
 * Fields: PREFLIGHTD_CHECK, PREFLIGHTD_VERDICT, PREFLIGHTD_VERDICT_BEFORE,
 * PREFLIGHTD_ERROR_IDS, PREFLIGHTD_EVIDENCE. What files say that not every local user may
 * read is left out, since others than root read the journal.
 */

/* The last verdict of each check: what it is compared with, whatever became of its report. */
typedef struct PfEvents {
        struct PfEventsLast *last;
        size_t n;
} PfEvents;

void pf_events_deinit(PfEvents *events);

/**
 * pf_events_tell() - log what is another verdict than the last one
 * Of a check that had none yet, what does not pass is told.
 */
void pf_events_tell(PfEvents *events, const PfReadiness *now);

/**
 * pf_event_message_id() - by which the catalog of the journal explains events about a check
 * Rule: the first 128 bits of the SHA-256 of "preflightd:" and the check's name, as
 *       packaging/generate-journal-catalog.py has it.
 */
#define PF_MESSAGE_ID_SIZE 33 /* 32 digits and a NUL */
void pf_event_message_id(const char *check, char ret[static PF_MESSAGE_ID_SIZE]);
