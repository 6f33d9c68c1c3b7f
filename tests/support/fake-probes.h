/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * A registry of its own for tests of what runs probes: a program that links
 * this has these probes and no real ones.
 */

#include "probes/probe.h"

/* Checks that the catalogue knows, each of a probe with one fault. */
#define PF_FAKE_GOOD "space.root"       /* passes */
#define PF_FAKE_BAD "space.copy"        /* fails, with evidence that is restricted */
#define PF_FAKE_ERROR "space.install"   /* its probe cannot look */
#define PF_FAKE_SILENT "space.inodes"   /* its probe forgets to answer */
#define PF_FAKE_HANGING "disk.mounts"   /* its probe waits, while it is told to */
#define PF_FAKE_CHANGING "system.clock" /* fails, while it is told to */

/* From now on the hanging probe waits until it is let go. */
void pf_fake_hang(void);
void pf_fake_let_go(void);

/* How many runs of it wait now. */
unsigned pf_fake_n_hanging(void);

/* The hanging probe answers before it hangs. */
void pf_fake_set_answering(bool answering);

void pf_fake_set_failing(bool failing);
