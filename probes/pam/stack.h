/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * Going through a stack: what stack.c tries, and what blame.c makes of it.
 */

#include "probes/pam/config.h"

/* What one entry says; asked at most once. */
typedef struct PfPamSaid {
        bool asked;
        bool is_missing; /* the module's file is not there, or has no such function */
        char *path;      /* and is_missing: where libpam looks for it; NULL: no such function */
        PfPamAnswer answer;
        PfPamAnswer credentials; /* PF_PAM_CREDENTIALS: what setcred would say */
} PfPamSaid;

/* One line that was passed on the way, with what it came to. */
typedef struct PfPamStep {
        size_t entry;
        PfPamCode code;
        int action;
        bool is_guess; /* the code is one of several that the module might return */
} PfPamStep;

#define PF_PAM_NOBODY ((size_t) -1)

/* One way through a stack. */
typedef struct PfPamTrail {
        PfPamStep *steps;
        size_t n;
        PfPamCode code;
        size_t decider; /* the entry that made the code what it is, or PF_PAM_NOBODY */
} PfPamTrail;

/* Where evidence is made: all is borrowed. */
typedef struct PfPamScene {
        const PfPamQuestion *question;
        const PfPamConfig *config;
        const PfPamStack *stack;
        PfPamFacility facility;
        PfPamSaid *said; /* one for each entry */
} PfPamScene;

/* Fills in answer, module and evidence of a verdict whose code stands. Return: 0 or -ENOMEM. */
int pf_pam_blame(const PfPamScene *scene, const PfPamTrail *trail, PfPamVerdict *verdict);
