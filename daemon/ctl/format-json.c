/* SPDX-License-Identifier: MIT */
/*
 * Answers as they are, for programs: as one value, or as lines of which each is
 * one.
 */
#include "daemon/ctl/format.h"

#include <string.h>

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
        .plan = show,
        .fixed = show,
        .undone = show,
        .history = show,
};

/* --- lines --- */

static void show_each(PfPage *page, const PfJson *array) {
        for (size_t i = 0; i < pf_json_length(array); i++)
                add(page, pf_json_at(array, i), false);
}

static int copy_member(const char *key, PfJson *value, void *data) {
        if (strcmp(key, "checks") == 0)
                return 0;
        return value ? pf_json_put_take(data, key, pf_json_ref(value))
                     : pf_json_put_null(data, key);
}

/* A line for each check, which has the member "check", and a last one for the whole
 * without them, which has the member "schema". */
static void show_report_lines(PfPage *page, const PfJson *report, const PfShow *how) {
        PF_CLEANUP(pf_json_freep) PfJson *whole = pf_json_new_object();

        (void) how;
        show_each(page, pf_json_get(report, "checks"));
        if (!whole || pf_json_each(report, copy_member, whole) < 0) {
                page->error = page->error ? page->error : -ENOMEM;
                return;
        }
        add(page, whole, false);
}

static void show_list_lines(PfPage *page, const PfJson *value, const PfShow *how) {
        (void) how;
        show_each(page, pf_json_get(value, "checks"));
        show_each(page, pf_json_get(value, "errors"));
}

static void show_explain_lines(PfPage *page, const PfJson *value, const PfShow *how) {
        (void) how;
        show_each(page, pf_json_get(value, "entries"));
}

static void show_history_lines(PfPage *page, const PfJson *value, const PfShow *how) {
        (void) how;
        show_each(page, pf_json_get(value, "transactions"));
}

const PfFormat pf_format_json_lines = {
        .name = "json-lines",
        .report = show_report_lines,
        .status = show_line,
        .change = show_line,
        .list = show_list_lines,
        .explain = show_explain_lines,
        .facts = show_line,
        .plan = show_line,
        .fixed = show_line,
        .undone = show_line,
        .history = show_history_lines,
};
