/* SPDX-License-Identifier: MIT */
#pragma once

/* What the files hosts-*.c share of reading hosts.allow; for nobody else. */

#include "daemon/base/maybe.h"
#include "probes/parse/hosts-access.h"

/* Cuts @text at the first @delimiter outside brackets: what is behind it, or NULL. */
char *pf_wrapper_split(char *text, char delimiter);

/* Does one pattern of a rule's list of daemons, or of clients, mean this request?
 * They change @pattern. */
PfMaybe pf_wrapper_match_server(const PfWrapperRequest *request, char *pattern);
PfMaybe pf_wrapper_match_client(const PfWrapperRequest *request, char *pattern);

/**
 * pf_wrapper_options() - what a rule's options make of it
 * @options: what follows the second colon; changed
 * @match:   what the rule means without them
 * @ret_why: receives a few static words where they change that
 */
PfWrapperOutcome pf_wrapper_options(char *options, PfWrapperOutcome match, const char **ret_why);
