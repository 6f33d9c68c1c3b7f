/* SPDX-License-Identifier: MIT */
#pragma once

#include "daemon/remedy/effects.h"

/*
 * What the effects on a running machine are made of, on each system. Private to effects-live.c.
 */

/* As PfEffects.validate(). */
int pf_effects_validate(const PfPlan *plan, PfTarget *host, PfErr *err) PF_MUST_CHECK;

/**
 * pf_effects_act() - as PfEffects.act()
 * @awaited: what has to run afterwards is added to it
 */
int pf_effects_act(const PfAction *action, bool undo, PfStrv *awaited, PfErr *err) PF_MUST_CHECK;

/* Does all of it run? Return: 0; -EBADMSG with a text: not, or not yet; … */
int pf_effects_check_awaited(const PfStrv *awaited, PfErr *err) PF_MUST_CHECK;

/* Adds look() and set(), where the system has settings. They need no data. */
void pf_effects_add_settings(PfEffects *table);
