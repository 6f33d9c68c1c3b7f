/* SPDX-License-Identifier: MIT */
#pragma once

#include <stdbool.h>

#include "daemon/base/err.h"

/**
 * pf_timedate_is_synchronised() - ask the system's time service about the clock
 * It asks the kernel for those who may not, and is started by the question; what comes and
 * goes with it is a change of the machine, which would have the machine looked at again. So a
 * yes holds for half an hour, a no for a minute, unless the clock is set.
 * Rule:    org.freedesktop.timedate1(5), NTPSynchronized: the maximum error that
 *          adjtimex(2) reports is less than 16 s.
 * Waits:   a second at most.
 * Return:  0, or a negative errno with a text: no D-Bus, no such service, late.
 */
int pf_timedate_is_synchronised(bool *ret, PfErr *err) PF_MUST_CHECK;
