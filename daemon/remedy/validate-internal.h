/* SPDX-License-Identifier: MIT */
#pragma once

#include "daemon/platform/run-tool.h"
#include "daemon/remedy/scratch.h"
#include "daemon/remedy/validate.h"

/* One plan, laid out to be looked at by programs. */
typedef struct PfTrial {
        const PfPlan *plan;
        PfTarget *overlay; /* the machine with the plan's files */
        PfScratch scratch;
        PfToolFile *files; /* one a file of the plan, in its order; their texts are owned */
        size_t n_files;
        const char *name; /* of the tool that is asked, for people */
} PfTrial;

/* Positive outcomes of who validates: none of these files is its matter; or there is no such
 * tool, or it cannot be asked here. */
enum { PF_TRIAL_NOT_MINE = 1, PF_TRIAL_NO_TOOL };

/**
 * pf_trial_run() - ask a tool
 * @in_view: with the files as they are to be in their places
 * @output:  empty; receives what it says
 * Return:   0, PF_TRIAL_NO_TOOL where there is none, or no view can be made; a negative errno
 *           with a text.
 */
int pf_trial_run(const PfTrial *trial, const PfStrv *words, const PfStrv *directories, bool in_view,
                 PfBuf *output, int *ret_status, PfErr *err) PF_MUST_CHECK;

/* 0 where it said yes, or -EBADMSG with what it said. */
int pf_trial_judge(const PfTrial *trial, int status, const PfBuf *output, PfErr *err) PF_MUST_CHECK;

/* Is there such a program? */
bool pf_trial_has(const char *path);

/* Who validates. Return: 0, a positive outcome, -EBADMSG … with a text. */
int pf_trial_sshd(PfTrial *trial, PfErr *err) PF_MUST_CHECK;
