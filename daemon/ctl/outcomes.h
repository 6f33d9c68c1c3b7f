/* SPDX-License-Identifier: MIT */
#pragma once

#include "daemon/base/json.h"

/*
 * A report as programs see it that run tests or watch machines: a list of
 * things, each of which is good, bad or not known. What the table, junit, tap,
 * nagios and sarif say of one report is the same because all ask here.
 */

typedef enum PfOutcome {
        PF_OUTCOME_OK,
        PF_OUTCOME_WARNING,
        PF_OUTCOME_FAILURE, /* also a warning, where those count as blocked */
        PF_OUTCOME_ERROR,   /* not known; also a verdict that this version does not know */
        PF_OUTCOME_SKIPPED, /* does not apply, or is waived */
        PF_N_OUTCOMES,
} PfOutcome;

/* One check. Texts are borrowed from the report, or constant; never NULL. */
typedef struct PfFinding {
        const char *id;
        const char *subject; /* of the id what stands before its dot; @n_subject bytes */
        size_t n_subject;
        const char *summary;
        const char
                *severity; /* "blocker", "warning", "info"; what it is not known to be: blocker */
        const char *verdict;
        PfOutcome outcome;
        const PfJson *check; /* NULL: it stands for the whole */
} PfFinding;

typedef struct PfOutcomes {
        PfFinding *items;
        size_t n;
        size_t counts[PF_N_OUTCOMES];
        const PfJson *report; /* borrowed */
} PfOutcomes;

/**
 * pf_outcomes_load() - the checks of a report
 * @report: borrowed; stays until pf_outcomes_deinit()
 * @strict: what warns or is waived counts as blocked
 *
 * Where the report as a whole is not ready and none of its checks says why (there
 * are none, or they are odd), one finding more says so, named "readiness": absence
 * is never success.
 * Return:  0 or -ENOMEM.
 */
int pf_outcomes_load(const PfJson *report, bool strict, PfOutcomes *ret) PF_MUST_CHECK;
void pf_outcomes_deinit(PfOutcomes *findings);
#define PF_AUTO_OUTCOMES PF_CLEANUP(pf_outcomes_deinit)

/* The lines that explain a finding: evidence, vendor's check, remedy, errors, waiver;
 * without colours and unsafe characters, each ending with a newline. The caller frees
 * it; empty where there is nothing to say, NULL where memory ran out. */
char *pf_outcomes_details(const PfFinding *finding);

/* "accepted by OWNER until 2026-12-31 00:00 UTC: REASON". @waiver is of type Waiver or
 * WaiverStatus. The caller frees it; NULL: out of memory. */
char *pf_outcomes_waiver(const PfJson *waiver);

/* Does an administrator have to know of it, because it is in vain? Of type WaiverStatus. */
bool pf_outcomes_waiver_is_trouble(const PfJson *waiver);

/* A time as ISO 8601 has it, in UTC: "2026-11-23T01:02:03Z"; empty where it is none, or
 * beyond the year 9999. Return: @buf. */
#define PF_TIME_MAX 32
const char *pf_outcomes_time(int64_t usec, char buf[static PF_TIME_MAX]);

/* Microseconds as seconds, "0.000410"; negative ones as 0. Return: @buf. */
#define PF_SECONDS_MAX 32
const char *pf_outcomes_seconds(int64_t usec, char buf[static PF_SECONDS_MAX]);
