/* SPDX-License-Identifier: MIT */
/* Answers as they are, for programs. */
#include "daemon/ctl/format.h"

#include "daemon/ctl/text.h"

static void add(PfPage *page, const PfJson *value, bool pretty) {
        if (page->error == 0)
                page->error = pf_text_add_json(&page->out, value, pretty);
        pf_page_empty_line(page);
}

static void show(PfPage *page, const PfJson *value, const PfShow *how) {
        (void) how;
        add(page, value, true);
}

/* One of many: a line each, so that a reader knows where it ends. */
static void show_line(PfPage *page, const PfJson *value, const PfShow *how) {
        (void) how;
        add(page, value, false);
}

const PfFormat pf_format_json = {
        .name = "json",
        .report = show,
        .status = show,
        .change = show_line,
        .list = show,
        .explain = show,
        .facts = show,
};
