/* SPDX-License-Identifier: MIT */
/* Answers for people: what checks there are. */
#include "daemon/ctl/format-table.h"

#include <string.h>

#include "config/catalogue.h"
#include "daemon/ctl/text.h"

#define TITLE_COLUMNS 24 /* less room for it than this, and it goes below */

static const char *platform_here(void) {
        return PF_PLATFORM_HERE == PF_PLATFORM_WINDOWS ? "windows" : "linux";
}

bool pf_table_is_for_here(const PfJson *entry) {
        const PfJson *platforms = pf_json_get(entry, "platforms");

        for (size_t i = 0; i < pf_json_length(platforms); i++) {
                const char *name = pf_json_string(pf_json_at(platforms, i));

                if (name && strcmp(name, platform_here()) == 0)
                        return true;
        }
        return false;
}

const char *pf_table_title(const PfPage *page, const PfJson *entry) {
        const char *title = pf_language_entry(page->terminal->language, entry, "title");

        return title ? title : "";
}

static unsigned widest_id(const PfPage *page, const PfJson *entries) {
        unsigned widest = 0;

        for (size_t i = 0; i < pf_json_length(entries); i++) {
                const char *id = pf_table_string(pf_json_at(entries, i), "id", "");
                unsigned width = pf_text_columns(id, page->terminal->utf8);

                widest = width > widest ? width : widest;
        }
        return widest;
}

static void show_row(PfPage *page, unsigned id_columns, const PfJson *entry) {
        bool is_answered = pf_json_bool(pf_json_get(entry, "implemented"));
        unsigned severity = 2 + id_columns + 2;
        unsigned title = severity + 9;
        bool below = page->width > 0 && title + TITLE_COLUMNS > page->width;

        pf_page_begin(page, 2, below ? 4 : title);
        pf_page_word(page, is_answered ? PF_COLOUR_BOLD : PF_COLOUR_NONE,
                     pf_table_string(entry, "id", ""));
        pf_page_column(page, severity);
        pf_page_say(page, PF_COLOUR_DIM, pf_table_string(entry, "severity", ""));
        if (below) {
                pf_page_end(page);
                pf_page_begin(page, 4, 4);
        } else {
                pf_page_column(page, title);
        }
        pf_page_text(page, PF_COLOUR_NONE, pf_table_title(page, entry));
        if (!is_answered) {
                pf_page_text(page, PF_COLOUR_NONE, " ");
                pf_page_say(page, PF_COLOUR_DIM, "(not covered yet)");
        }
        pf_page_end(page);
}

static void show_rows(PfPage *page, const char *title, const PfJson *entries, bool here,
                      unsigned id_columns) {
        bool is_first = true;

        for (size_t i = 0; i < pf_json_length(entries); i++) {
                const PfJson *entry = pf_json_at(entries, i);

                if (pf_table_is_for_here(entry) != here)
                        continue;
                if (is_first && title)
                        pf_table_heading(page, title);
                is_first = false;
                show_row(page, id_columns, entry);
        }
}

void pf_table_list(PfPage *page, const PfJson *value, const PfShow *show) {
        const PfJson *checks = pf_json_get(value, "checks");
        const PfJson *errors = pf_json_get(value, "errors");
        unsigned widest = widest_id(page, checks);

        pf_table_host(page, show);
        show_rows(page, show->all ? "Checks on this system" : NULL, checks, true, widest);
        show_rows(page, "Checks on other systems", checks, false, widest);
        widest = widest_id(page, errors);
        show_rows(page, "Errors on this system", errors, true, widest);
        show_rows(page, "Errors on other systems", errors, false, widest);
}
