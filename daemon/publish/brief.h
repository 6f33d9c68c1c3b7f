/* SPDX-License-Identifier: MIT */
#pragma once

#include "daemon/base/json.h"

/*
 * A report in brief, for whoever has no login to the machine: the verdict, how many
 * checks have which, and of those that failed or are not known the names and the
 * installer's errors. No evidence, no path, no name of the machine or of an account.
 */

/**
 * pf_brief_json() - one line of JSON, without its end
 * @report: of type Report; may be anything, as a service sends it
 * @max:    bytes; checks that have no room are counted in "omitted"
 *
 * {"schema":1,"verdict":"blocked","counts":{"fail":1,…},"checks":[{"check":
 * "ssh.password-authentication","verdict":"fail","errorIds":["95108"]}],"omitted":0,
 * "startedUSec":1763827200000000}; "reason" where there is no report. ASCII without blanks:
 * some versions of VMware's tools take no value that has any. What keeps the machine from
 * being ready comes first.
 * Return:  0, -ENOMEM; -ENOBUFS where not even the verdict has room.
 */
int pf_brief_json(const PfJson *report, size_t max, PfBuf *buf) PF_MUST_CHECK;

/* The same for a person, in printable ASCII, without an end: "preflightd: blocked:
 * ssh.password-authentication (95108); 31 passed, 1 failed". */
int pf_brief_line(const PfJson *report, PfBuf *buf) PF_MUST_CHECK;

/* "ready", "blocked" or "unknown"; the last also for anything else. */
const char *pf_brief_verdict(const PfJson *report);

/* What takes the place of a report where there is none: unknown, and why, in one word:
 * "not-watched". NULL: out of memory. */
PfJson *pf_brief_no_report(const char *reason);
