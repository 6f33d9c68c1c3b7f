/* SPDX-License-Identifier: MIT */
/*
 * Answers for people: the way of a login, and what sshd would use for it. First
 * what lines of its configuration say, with the lines that lost; then what is
 * built in.
 */
#include "daemon/ctl/format-table.h"

#include <string.h>

#include "daemon/ctl/text.h"

#define VALUE_COLUMNS 30 /* less room for it than this, and it goes below */

typedef struct Settings {
        PfPage *page;
        unsigned widest;   /* keyword, in columns */
        bool defaults;     /* show these, or the others */
        const char *title; /* shown above the first; NULL afterwards */
} Settings;

static int measure(const char *keyword, PfJson *setting, void *data) {
        Settings *settings = data;
        unsigned width = pf_text_columns(keyword, settings->page->terminal->utf8);

        (void) setting;
        settings->widest = width > settings->widest ? width : settings->widest;
        return 0;
}

static void show_places(PfPage *page, const char *label, const PfJson *places) {
        for (size_t i = 0; i < pf_json_length(places); i++) {
                pf_page_say(page, PF_COLOUR_DIM, i > 0 ? ", " : label);
                pf_table_place(page, pf_json_at(places, i));
        }
}

static void show_origin(PfPage *page, const PfJson *setting) {
        const PfJson *doubt = pf_json_get(setting, "doubt");

        if (pf_json_get_string(setting, "path")) {
                pf_page_text(page, PF_COLOUR_DIM, "  # ");
                pf_table_place(page, setting);
        }
        show_places(page, ", instead of ", pf_json_get(setting, "shadowed"));
        if (doubt) {
                pf_page_say(page, PF_COLOUR_YELLOW, "  # undecided: the Match at ");
                pf_table_place(page, doubt);
                pf_page_say(page, PF_COLOUR_YELLOW, " asks for what was not given");
        }
}

/* Begins the line of one value; the keyword stands before the first. */
static void begin_value(PfPage *page, unsigned value_column, const char *keyword) {
        bool below = page->width > 0 && value_column + VALUE_COLUMNS > page->width;

        pf_page_begin(page, 2, below ? 6 : value_column);
        if (keyword)
                pf_page_word(page, PF_COLOUR_NONE, keyword);
        if (below && keyword) {
                pf_page_end(page);
                pf_page_begin(page, 6, 6);
        } else {
                pf_page_column(page, below ? 6 : value_column);
        }
}

static void show_value(PfPage *page, const char *text) {
        if (text && *text)
                pf_page_text(page, PF_COLOUR_BOLD, text);
        else
                pf_page_say(page, PF_COLOUR_DIM, "(empty)");
}

static int show_setting(const char *keyword, PfJson *setting, void *data) {
        Settings *settings = data;
        PfPage *page = settings->page;
        const PfJson *values = pf_json_get(setting, "values");
        unsigned column = 2 + settings->widest + 2;

        if (pf_json_bool(pf_json_get(setting, "default")) != settings->defaults)
                return 0;
        if (settings->title)
                pf_table_heading(page, settings->title);
        settings->title = NULL;

        begin_value(page, column, keyword);
        if (pf_json_bool(pf_json_get(setting, "withheld")))
                pf_page_say(page, PF_COLOUR_DIM, "(only root and group preflightd may see it)");
        else if (pf_json_length(values) > 0)
                show_value(page, pf_json_string(pf_json_at(values, 0)));
        else
                show_value(page, pf_json_get_string(setting, "value"));
        show_origin(page, setting);
        pf_page_end(page);

        for (size_t i = 1; i < pf_json_length(values); i++) {
                begin_value(page, column, NULL);
                show_value(page, pf_json_string(pf_json_at(values, i)));
                pf_page_end(page);
        }
        return 0;
}

static void show_problem(PfPage *page, const PfJson *problem) {
        pf_page_begin(page, 2, 4);
        if (pf_json_get_string(problem, "path")) {
                pf_table_place(page, problem);
                pf_page_text(page, PF_COLOUR_NONE, ": ");
        }
        pf_page_sentence(
                page, PF_COLOUR_NONE,
                pf_table_string(problem, "text", "(only root and group preflightd may see it)"));
        pf_page_end(page);
}

void pf_table_facts(PfPage *page, const PfJson *facts, const PfShow *show) {
        const PfJson *errors = pf_json_get(facts, "errors");
        const PfJson *effective = pf_json_get(facts, "effective");
        bool accepted = pf_json_bool(pf_json_get(facts, "accepted"));
        Settings settings = { .page = page };

        pf_table_host(page, show);
        if (pf_json_get(facts, "entries")) {
                pf_table_boot(page, facts, show);
                return;
        }
        if (pf_json_get(facts, "fileSystems")) {
                pf_table_storage(page, facts, show);
                return;
        }
        pf_table_path(page, pf_json_get(facts, "path"), show);
        pf_page_begin(page, 0, 2);
        if (accepted)
                pf_page_say(page, PF_COLOUR_GREEN, "sshd accepts this configuration");
        else
                pf_page_say(page, PF_COLOUR_RED, "sshd refuses this configuration");
        pf_page_end(page);
        for (size_t i = 0; i < pf_json_length(errors); i++)
                show_problem(page, pf_json_at(errors, i));

        (void) pf_json_each(effective, measure, &settings);
        settings.title = "What its lines say";
        (void) pf_json_each(effective, show_setting, &settings);
        if (show->quiet)
                return;
        settings.defaults = true;
        settings.title = "What is built in";
        (void) pf_json_each(effective, show_setting, &settings);
}
