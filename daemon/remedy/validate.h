/* SPDX-License-Identifier: MIT */
#pragma once

#include "daemon/remedy/plan.h"

/**
 * pf_validate() - would the owners of these files accept them as they are to be?
 * @host:  the running machine
 * Return: as validate() of effects.h.
 */
int pf_validate(const PfPlan *plan, PfTarget *host, PfErr *err) PF_MUST_CHECK;
