/* SPDX-License-Identifier: MIT */
#pragma once

#include "daemon/ctl/ctl.h"

/* --only and --skip. */

/* Do the options want this check? */
bool pf_selection_wants(const PfOptions *options, const char *check_id);

/* Does every pattern of --only and --skip mean a check that is known here? */
PfExit pf_selection_check(const PfOptions *options, PfErr *err) PF_MUST_CHECK;

/* Does any of @n patterns mean this check? Of none: yes. */
bool pf_selection_names(char *const *patterns, size_t n, const char *check_id);

/* Does each of @n words of a command mean a check that is known here? */
PfExit pf_selection_check_words(char *const *words, size_t n, PfErr *err) PF_MUST_CHECK;

/* Says that no check has that name, and which may have been meant. Return: PF_EXIT_USAGE. */
PfExit pf_selection_refuse_word(const char *word, PfErr *err);

/* Says why a pattern of --only found nothing: there is no such check, or nothing
 * here answers it. Return: PF_EXIT_USAGE. */
PfExit pf_selection_refuse(const char *pattern, PfErr *err);
