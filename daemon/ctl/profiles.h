/* SPDX-License-Identifier: MIT */
#pragma once

#include "daemon/ctl/ctl.h"

/* Says that there is no such profile, and which may have been meant. Return:
 * PF_EXIT_USAGE. */
PfExit pf_profiles_refuse(const char *name, PfErr *err);
