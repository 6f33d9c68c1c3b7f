/* SPDX-License-Identifier: MIT */
#pragma once

#include "daemon/remedy/effects.h"
#include "daemon/report/question.h"

/*
 * The effects of a plan on the machine that we run on.
 *
 * validate() shows the files as they are to be to the programs that own them, in a mount
 * namespace of their own: `sshd -t` with the options that the service has, what GRUB checks its
 * scripts with, and findmnt(8) for fstab. act() asks systemd, and waits for its jobs; without
 * systemd sshd is told by a signal, and nothing else can be done. verify() runs the probes on the
 * real machine, several times where services need a while to come back.
 *
 * One at a time; each function waits until it is done, at most a minute or so.
 */
typedef struct PfEffectsLive PfEffectsLive;

/**
 * pf_effects_live_new() - effects, with a loop of their own to run probes on
 * @question: a reference is taken; what is asked of the machine, before and after
 * Return:    0, -ENOMEM, or what a target or a loop can fail with.
 */
int pf_effects_live_new(PfQuestion *question, PfEffectsLive **ret, PfErr *err) PF_MUST_CHECK;

/* While a probe hangs, what it uses is never freed. */
PfEffectsLive *pf_effects_live_free(PfEffectsLive *live);
PF_DEFINE_CLEANUP(PfEffectsLive, pf_effects_live_free);

/* From now on, for the next plan, this is asked. */
void pf_effects_live_ask(PfEffectsLive *live, PfQuestion *question);

/* How long verify() waits for services that were told something; 10 s unless this is called. */
void pf_effects_live_set_patience(PfEffectsLive *live, uint64_t patience_ms);

/* How long each probe may take; 0, as long as it says: DeadlineSec= of preflightd.conf(5). */
void pf_effects_live_set_deadline(PfEffectsLive *live, uint64_t deadline_ms);

/* Borrowed; valid as long as @live. */
const PfEffects *pf_effects_live_table(PfEffectsLive *live);
