/* SPDX-License-Identifier: MIT */
#pragma once

#include "daemon/base/cleanup.h"

/*
 * Private directories for what is not kept: plans that are too large for memory, and files that
 * their owners' tools are shown. Who has one holds a lock on it, which a kill releases; so what
 * a killed process left is told from what another one works with, and is removed.
 */
#define PF_SCRATCH_PLANS "/var/tmp/preflight-remedyd-XXXXXX"
#define PF_SCRATCH_TRIALS "/run/preflight-validate-XXXXXX"
#define PF_SCRATCH_TRIALS_ELSEWHERE "/tmp/preflight-validate-XXXXXX"

typedef struct PfScratch {
        char *path; /* NULL: there is none */
        int lock;
} PfScratch;

#define PF_SCRATCH_INIT                                                                            \
        { .lock = -1 }

/**
 * pf_scratch_make() - a new directory that nobody else reads
 * @template: as of mkdtemp(3)
 * @ret:      PF_SCRATCH_INIT; ended with pf_scratch_deinit()
 * Return:    0, -ENOMEM, or what the file system says.
 */
int pf_scratch_make(const char *template, PfScratch *ret) PF_MUST_CHECK;

/* Removes it, with all that is in it. */
void pf_scratch_deinit(PfScratch *scratch);

/* Removes those of our user, of this template, that nobody holds. What cannot be stays. */
void pf_scratch_sweep(const char *template);

/* Those of all three templates above. */
void pf_scratch_sweep_all(void);
