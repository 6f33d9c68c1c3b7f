/* SPDX-License-Identifier: MIT */
#pragma once

/* What the files hosts-*.c share of reading hosts.allow; for nobody else. */

#include "probes/parse/hosts-access.h"

/* An answer that may rest on what is not known. */
typedef enum PfMaybe {
        PF_NO,
        PF_YES,
        PF_MAYBE,
} PfMaybe;

/* Not known counts only where the other side does not decide alone. */
static inline PfMaybe pf_maybe_and(PfMaybe a, PfMaybe b) {
        if (a == PF_NO || b == PF_NO)
                return PF_NO;
        return a == PF_YES && b == PF_YES ? PF_YES : PF_MAYBE;
}

static inline PfMaybe pf_maybe_or(PfMaybe a, PfMaybe b) {
        if (a == PF_YES || b == PF_YES)
                return PF_YES;
        return a == PF_NO && b == PF_NO ? PF_NO : PF_MAYBE;
}

static inline PfMaybe pf_maybe_not(PfMaybe a) {
        return a == PF_MAYBE ? PF_MAYBE : a == PF_YES ? PF_NO : PF_YES;
}

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
