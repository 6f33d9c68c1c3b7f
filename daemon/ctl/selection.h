/* SPDX-License-Identifier: MIT */
#pragma once

#include "daemon/ctl/ctl.h"

/* --only and --skip. */

/* Do the options want this check? */
bool pf_selection_wants(const PfOptions *options, const char *check_id);

/* Does every pattern of --only and --skip mean a check that is known here? */
PfExit pf_selection_check(const PfOptions *options, PfErr *err) PF_MUST_CHECK;

/* Says why a pattern of --only found nothing: there is no such check, or nothing
 * here answers it. Return: PF_EXIT_USAGE. */
PfExit pf_selection_refuse(const char *pattern, PfErr *err);
