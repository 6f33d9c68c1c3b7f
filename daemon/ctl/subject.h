/* SPDX-License-Identifier: MIT */
#pragma once

#include <uv.h>

#include "config/config.h"
#include "config/profile.h"
#include "daemon/ctl/ctl.h"
#include "daemon/report/question.h"

/* What is looked at in this process, and what is asked of it. All zero is empty. */
typedef struct PfSubject {
        uv_loop_t *loop;  /* the default one, which is never freed */
        PfTarget *host;   /* whose settings and profiles are used: this machine */
        PfTarget *target; /* what is looked at */
        PfSettings *settings;
        PfProfile *profile;
        PfKernels *kernels;
        PfQuestion *question;
} PfSubject;

/* As the options and the settings of this machine say. Return: PF_EXIT_OK, or with a text
 * another status; what there is by then is for pf_subject_deinit() in both cases. */
PfExit pf_subject_prepare(PfSubject *subject, const PfOptions *options, PfErr *err) PF_MUST_CHECK;
void pf_subject_deinit(PfSubject *subject);

/* Is this probe for such a machine, and does the question ask for any check of it? */
bool pf_subject_wants_probe(const PfSubject *subject, const PfProbe *probe);
