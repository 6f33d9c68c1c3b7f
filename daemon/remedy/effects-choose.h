/* SPDX-License-Identifier: MIT */
#pragma once

#include "daemon/remedy/effects-live.h"

/* What is done beside replacing files: of the running machine, or of an image. */
typedef struct PfEffectsChoice {
        PfEffects table;
        PfEffectsLive *live; /* NULL: not of the running machine */
} PfEffectsChoice;

/**
 * pf_effects_choose() - the effects for a machine
 * @root:    of it; "/" is the running one
 * @machine: the same; borrowed. Settings that are wrong keep no lease open: what is built in
 *           holds instead.
 * @at_boot: services were not started yet: none is reloaded, and none is waited for
 * @ret:     released with pf_effects_release(), once nobody uses it
 */
int pf_effects_choose(const char *root, PfTarget *machine, bool at_boot, PfEffectsChoice *ret,
                      PfErr *err) PF_MUST_CHECK;
void pf_effects_release(PfEffectsChoice *choice);

/* What the next plan was made for is what the machine is asked once it is applied. */
void pf_effects_ask(PfEffectsChoice *choice, PfQuestion *question);
