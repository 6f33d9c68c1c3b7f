/* SPDX-License-Identifier: MIT */
#pragma once

#include "daemon/report/question.h"
#include "probes/remedy.h"

/*
 * A plan: the exact edits that remedies would make, what follows them, and a
 * digest of it all. It is made in memory (planner.h) and changes nothing; who has
 * read it applies it by its digest (transaction.h).
 */

/* A file as it is now, and as it is to be. */
typedef struct PfPlanFile {
        PfEdit edit;
        bool was_absent;
        char before_sha256[65]; /* "" where it was absent */
        char after_sha256[65];  /* "" where it is to be gone */
        PfFileInfo before;      /* what there is; not meaningful where it was absent */
        char *before_bytes;     /* NULL where absent, or where it is too large for a diff */
        size_t before_n;
} PfPlanFile;

/* A setting as it is now, and as it is to be. */
typedef struct PfPlanSetting {
        PfSetting setting;
        char *before; /* its value; NULL where there was none */
} PfPlanSetting;

/**
 * pf_edit_digest() - SHA-256 of what a file is to hold
 * @ret:   64 digits; "" where it is to be gone
 * Return: 0; -ENOMEM; a negative errno with a text where the spool cannot be read.
 */
int pf_edit_digest(const PfEdit *edit, char ret[static 65], PfErr *err) PF_MUST_CHECK;

/* What becomes of a check that was asked for. */
typedef enum PfPlanOutcome {
        PF_PLAN_REMEDIED,       /* the plan makes it pass */
        PF_PLAN_PASSES,         /* it passes already, or does not apply */
        PF_PLAN_NOT_REMEDIABLE, /* there is no remedy, or it refuses; why says so */
        PF_PLAN_CONSENT,        /* there is one, and it needs a yes */
        PF_PLAN_NO_EFFECT, /* tried on the overlay: it would not pass, or another would be worse */
} PfPlanOutcome;

const char *pf_plan_outcome_to_string(PfPlanOutcome outcome); /* "remedied", "passes" … */

typedef struct PfPlanStep {
        const char *check; /* static */
        PfPlanOutcome outcome;
        PfVerdict before;
        PfVerdict after;
        char *summary;     /* what is changed, or why nothing is; never NULL */
        char *fingerprint; /* of the evidence it answers; NULL: none (daemon/report/fingerprint.h)
                            */
} PfPlanStep;

typedef struct PfPlanLease {
        char *account;
        char *source;
        uint64_t duration_usec;
} PfPlanLease;

typedef struct PfPlan {
        PfPlanFile *files; /* in the order in which they are replaced */
        size_t n_files;
        PfPlanSetting *settings; /* behind the files, in the order in which they are made */
        size_t n_settings;
        PfAction *actions;
        size_t n_actions;
        PfPlanStep *steps; /* one a check that was asked for, in the order of the report */
        size_t n_steps;
        PfPlanLease *lease; /* NULL: for good */
        PfReport remaining; /* what is wrong afterwards: every answer but pass and skip */
        bool not_validated; /* of an image: its owner's tools are not run */
        char *account;      /* whom it was planned for, and from where; NULL: not known */
        char *source;
        const char *hanging; /* static; a probe that did not come back, and whose checks were not
                              * judged: the loop stays in use until it does. NULL: none */
        char digest[72];     /* "sha256:" and 64 digits */
} PfPlan;

PfPlan *pf_plan_free(PfPlan *plan);
PF_DEFINE_CLEANUP(PfPlan, pf_plan_free);

/* Does it change anything? */
bool pf_plan_is_empty(const PfPlan *plan);

/**
 * pf_plan_seal() - computes the digest
 * It covers the contents, modes and owners before and the contents after of every file, the
 * settings before and after, the actions, the lease, whom it is for and the checks: whoever has
 * read a plan and names its digest has said yes to just that.
 *
 * Return: 0 or -ENOMEM.
 */
int pf_plan_seal(PfPlan *plan) PF_MUST_CHECK;

/**
 * pf_plan_to_json() - the plan as it goes over the wire, with a unified diff a file
 * Ownership: the caller frees *@ret.
 * Return:    0 or -ENOMEM.
 */
int pf_plan_to_json(const PfPlan *plan, PfJson **ret) PF_MUST_CHECK;
