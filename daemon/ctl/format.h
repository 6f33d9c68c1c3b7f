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
        const char *text; /* of explain: what was asked for */
        const char *root; /* the image that was looked at; NULL: the running machine */
        bool quiet;
        bool all; /* of the catalogue: also what is not for this system */
} PfShow;

/* Adds a value to a page; errors are kept there. */
typedef void (*PfShowValue)(PfPage *page, const PfJson *value, const PfShow *show);

/* NULL where the format cannot show that. */
struct PfFormat {
        const char *name;
        PfShowValue report;  /* type Report */
        PfShowValue status;  /* {"verdict", "status"} */
        PfShowValue change;  /* what Monitor() answers */
        PfShowValue list;    /* {"checks": [], "errors": []} of type CatalogueEntry */
        PfShowValue explain; /* {"entries": []} of type CatalogueEntry */
        PfShowValue facts;   /* what Inspect() answers about ssh */
};
typedef struct PfFormat PfFormat;

extern const PfFormat pf_format_table;
extern const PfFormat pf_format_json;

/* All of them, the default first; ends with NULL. */
extern const PfFormat *const pf_formats[];
