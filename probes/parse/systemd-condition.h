/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * Would systemd start a unit, as far as its conditions and assertions can be
 * judged from files?
 */

#include "daemon/base/err.h"
#include "daemon/base/target.h"
#include "probes/parse/systemd-unit.h"

typedef enum PfConditions {
        PF_CONDITIONS_HOLD,
        PF_CONDITIONS_FAIL,
        PF_CONDITIONS_UNKNOWN, /* one asks for what no file of the target says */
} PfConditions;

/**
 * pf_systemd_conditions() - do the conditions and assertions of a unit hold?
 * @ret_setting: receives the one that decides where they do not hold; borrowed
 * Rule:   systemd.unit(5), CONDITIONS AND ASSERTS: all must hold, and of those
 *         marked '|' at least one; '!' negates. Below /dev, /proc, /run, /sys and
 *         /tmp an image says nothing.
 * Return: 0, or a negative errno with a text where the target could not be read.
 */
int pf_systemd_conditions(const PfTarget *target, const PfSystemdUnit *unit, PfConditions *ret,
                          const PfUnitSetting **ret_setting, PfErr *err) PF_MUST_CHECK;
