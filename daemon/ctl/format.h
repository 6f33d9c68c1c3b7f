/* SPDX-License-Identifier: MIT */
#pragma once

#include "daemon/base/json.h"
#include "daemon/ctl/page.h"

/*
 * Ways to show an answer. A format works on what goes over the wire, so that it
 * does not matter who gave the answer; a service may have sent anything, so
 * nothing is relied on to be there.
 */

/* What is not in the answer itself. */
typedef struct PfShow {
        const char *text;      /* of explain: what was asked for */
        const PfJson *report;  /* of explain: what is so here; NULL: not known */
        const char *no_report; /* of explain: why there is none */
        const char *root;      /* the image that was looked at; NULL: a running machine */
        const char *host;      /* that was asked over ssh; NULL: this one */
        bool quiet;
        bool strict;     /* what warns or is waived counts as blocked */
        bool all;        /* of the catalogue: also what is not for this system */
        bool is_applied; /* a plan that is applied at once: what is wrong then follows */
} PfShow;

/* What the options say of it. */
typedef struct PfOptions PfOptions; /* daemon/ctl/ctl.h */
PfShow pf_show_of(const PfOptions *options);

/* Adds a value to a page; errors are kept there. */
typedef void (*PfShowValue)(PfPage *page, const PfJson *value, const PfShow *show);

/* NULL where the format cannot show that. */
struct PfFormat {
        const char *name;
        PfShowValue report;  /* type Report */
        PfShowValue status;  /* {"verdict", "status"}, and "leases" where some are open; NULL: as
                              * report */
        PfShowValue change;  /* what Monitor() answers */
        PfShowValue list;    /* {"checks": [], "errors": []} of type CatalogueEntry */
        PfShowValue explain; /* {"entries": []} of type CatalogueEntry */
        PfShowValue facts;   /* what Inspect() answers, and what capture did */
        PfShowValue plan;    /* type Plan of org.preflightd.Remediation */
        PfShowValue fixed;   /* what became of a plan: see cmd-fix.c */
        PfShowValue undone;  /* type Transaction */
        PfShowValue history; /* {"transactions": []} of type Transaction */

        /* Where statuses have a convention of their own, instead of pf_view_exit(). */
        int (*exit)(const PfJson *report, bool strict);
        /* Shows that there is no answer, where a reader looks nowhere else.
         * Return: the exit status. */
        int (*failure)(PfPage *page, const char *text);
};
typedef struct PfFormat PfFormat;

extern const PfFormat pf_format_table;
extern const PfFormat pf_format_json;
extern const PfFormat pf_format_json_lines;
extern const PfFormat pf_format_junit;
extern const PfFormat pf_format_tap;
extern const PfFormat pf_format_sarif;
extern const PfFormat pf_format_nagios;
extern const PfFormat pf_format_openmetrics;
extern const PfFormat pf_format_prometheus;

/* All of them, the default first; ends with NULL. */
extern const PfFormat *const pf_formats[];

/* Can the format show what a command, one of PF_COMMAND_…, answers? */
bool pf_format_shows(const PfFormat *format, unsigned command);
