/* SPDX-License-Identifier: MIT */
#pragma once

#include "daemon/remedy/plan.h"

/*
 * The changes that a plan has come to so far: candidates that were kept, in their order.
 * One that came later knew what the earlier ones had made of a file, so of several
 * edits of a file the last counts.
 */
typedef struct PfChanges {
        PfTarget *target; /* the machine as it is; borrowed */
        PfCandidate *items;
        size_t n;
        PfPlanFile *files; /* what they edit, as it is; their edits are empty until the end */
        size_t n_files;
} PfChanges;

void pf_changes_deinit(PfChanges *changes);

/**
 * pf_changes_overlay() - the machine as they would make it
 * @but:  one of them that is left out, by its place; changes->n: none
 * @more: a candidate on top of them, or NULL
 * Return: 0; -ENOMEM; as pf_overlay_put(), with a text, where one cannot be made.
 */
int pf_changes_overlay(const PfChanges *changes, size_t but, const PfCandidate *more,
                       PfTarget **ret, PfErr *err) PF_MUST_CHECK;

/**
 * pf_changes_look() - note what the files are now that a candidate edits
 * To be called before it is kept. Who reads them afterwards, and comes to the same edits,
 * knows that nobody else edited them in between.
 * Return: 0; -ENOMEM; -EIO, -EFBIG … with a text where one cannot be read.
 */
int pf_changes_look(PfChanges *changes, const PfCandidate *candidate, PfErr *err) PF_MUST_CHECK;

/* Keeps a candidate, which is taken over and empty afterwards. Return: 0 or -ENOMEM. */
int pf_changes_keep_take(PfChanges *changes, PfCandidate *candidate_take) PF_MUST_CHECK;
void pf_changes_drop(PfChanges *changes, size_t i);

/* Does a later one edit a file that this one edits? Then it rests on it. */
bool pf_changes_is_rested_on(const PfChanges *changes, size_t i);

/**
 * pf_changes_move() - they become the files, settings and actions of a plan
 * Edits that leave a file as it is are none; nor are settings that are so already. The changes are
 * empty afterwards.
 *
 * Return: 0; -ENOMEM; -EIO … with a text where a spooled file cannot be read.
 */
int pf_changes_move(PfChanges *changes, PfPlan *plan, PfErr *err) PF_MUST_CHECK;

/**
 * pf_changes_find_secret() - does a machine as it would be have other secrets?
 * @overlay: of pf_changes_overlay()
 * Rule:     what holds hashes or private keys is never edited, so that no diff can show
 *           them: shadow(5), gshadow(5), their backups, host keys, keys of boot and disks.
 * Return:   what would be edited, never freed; or NULL.
 */
const char *pf_changes_find_secret(const PfTarget *overlay, const PfCandidate *candidate);
