/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * What was found of the many things that one check is about, each by its name, and
 * the one answer that they make together.
 */

#include "probes/probe.h"

/* Sorted by how much they weigh in the answer. */
typedef enum PfFindingState {
        PF_FINDING_IDLE, /* does not apply to this machine */
        PF_FINDING_GOOD,
        PF_FINDING_DOUBTFUL, /* makes the answer a warning */
        PF_FINDING_UNKNOWN,
        PF_FINDING_BAD,
} PfFindingState;

typedef struct PfFinding {
        PfFindingState state;
        const char *name; /* static: "host name" */
        PfReport answer;  /* one result: its sentences, its evidence, its word */
} PfFinding;

#define PF_FINDINGS_MAX 128
typedef struct PfFindings {
        const PfTarget *target;
        PfFinding *items;
        size_t n;
        int error; /* -ENOMEM once something could not be kept; then there is no answer */
} PfFindings;

void pf_system_findings_deinit(PfFindings *findings);
#define PF_AUTO_FINDINGS PF_CLEANUP(pf_system_findings_deinit)

/* Adds a finding. What follows is about the one added last. Each @fmt is a literal, as
 * of pf_report_fail(), and for everybody to see; a sentence without full stop. */
void pf_finding_add(PfFindings *findings, PfFindingState state, const char *name, const char *fmt,
                    ...) PF_PRINTF(4, 5);
void pf_finding_remedy(PfFindings *findings, const char *fmt, ...) PF_PRINTF(2, 3);
void pf_finding_vendor(PfFindings *findings, const char *fmt, ...) PF_PRINTF(2, 3);
void pf_finding_reason(PfFindings *findings, const char *word);

/* As pf_report_evidence(): a text of a file, or what is said of one. */
void pf_finding_evidence(PfFindings *findings, const char *path, unsigned line, const char *found,
                         const char *expected);
void pf_finding_evidence_said(PfFindings *findings, const char *path, const char *found,
                              const char *expected);

/**
 * pf_findings_answer() - answer a check with the worst of them
 * @good: what to say where nothing is wrong; the names of what was looked at follow it
 * @idle: what to say where nothing applies
 *
 * A verdict other than pass says the first of its kind, and names the others.
 * Return: 0, -ENOMEM.
 */
int pf_findings_answer(const PfFindings *findings, PfReport *report, const PfCheck *check,
                       const char *good, const char *idle);
