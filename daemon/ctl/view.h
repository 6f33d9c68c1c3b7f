/* SPDX-License-Identifier: MIT */
#pragma once

#include "daemon/base/json.h"
#include "daemon/ctl/ctl.h"

/*
 * A report as it came over the wire, read for people. What is missing in it
 * counts as not known.
 */

/* How a verdict is shown. */
typedef struct PfLook {
        const char *verdict;
        const char *word; /* for those who read what is piped, or ASCII alone */
        const char *mark; /* for terminals that show UTF-8; one column */
        const char *one;  /* behind the number 1, and behind others */
        const char *many;
        PfColour colour;
        bool is_trouble; /* there is more to say than the summary */
} PfLook;

/* Of each verdict, in the order of a summary; one of unknown for what is none. */
extern const PfLook pf_looks[];
extern const size_t pf_n_looks;
const PfLook *pf_look_find(const char *verdict);

/* A member that is a string, or @otherwise. */
const char *pf_table_string(const PfJson *object, const char *key, const char *otherwise);

/* The colour of a whole report's verdict. */
PfColour pf_view_colour(const PfJson *report);

/* "ready", "blocked" or "unknown"; the last also for anything else. */
const char *pf_view_verdict(const PfJson *report);

/* How many checks have a verdict. */
int64_t pf_view_count(const PfJson *report, const char *verdict);

/* Were only some checks asked for, so that "ready" is said of these alone? */
bool pf_view_is_partial(const PfJson *report);

/* The exit status that a report means. */
PfExit pf_view_exit(const PfJson *report, bool strict);

/* "31 passed", in that language. The caller frees it; NULL: out of memory. */
char *pf_view_count_text(const PfJson *report, const PfLook *look, PfLanguage language);

/* The one line for a status: "blocked: sshd refuses passwords for root (95108), 31
 * passed, 1 waived; only these checks were asked for". The caller frees it; NULL: out of memory. */
char *pf_view_status(const PfJson *report, PfLanguage language);
