/* SPDX-License-Identifier: MIT */
/* Answers for people: what checks there are, and what is known about them. */
#include "daemon/ctl/format-table.h"

#include <string.h>
#include <strings.h>

#include "config/catalogue.h"
#include "daemon/ctl/text.h"

#define TITLE_COLUMNS 24 /* less room for it than this, and it goes below */

/* --- list --- */

static const char *platform_here(void) {
        return PF_PLATFORM_HERE == PF_PLATFORM_WINDOWS ? "windows" : "linux";
}

static bool is_for_here(const PfJson *entry) {
        const PfJson *platforms = pf_json_get(entry, "platforms");

        for (size_t i = 0; i < pf_json_length(platforms); i++) {
                const char *name = pf_json_string(pf_json_at(platforms, i));

                if (name && strcmp(name, platform_here()) == 0)
                        return true;
        }
        return false;
}

static const char *title_of(const PfPage *page, const PfJson *entry) {
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
        pf_page_text(page, PF_COLOUR_NONE, title_of(page, entry));
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

                if (is_for_here(entry) != here)
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

        show_rows(page, show->all ? "Checks on this system" : NULL, checks, true, widest);
        show_rows(page, "Checks on other systems", checks, false, widest);
        widest = widest_id(page, errors);
        show_rows(page, "Errors on this system", errors, true, widest);
        show_rows(page, "Errors on other systems", errors, false, widest);
}

/* --- explain --- */

static void show_prose(PfPage *page, const char *heading, const char *text) {
        if (!text || !*text)
                return;
        pf_table_heading(page, heading);
        pf_page_prose(page, 2, PF_COLOUR_CYAN, text);
}

static void show_strings(PfPage *page, const char *label, const PfJson *array) {
        if (pf_json_length(array) == 0)
                return;
        pf_page_begin(page, 0, 15);
        pf_page_say(page, PF_COLOUR_BOLD, label);
        pf_page_column(page, 15);
        pf_table_strings(page, array);
        pf_page_end(page);
}

static void show_string(PfPage *page, const char *label, const char *text) {
        if (!text || !*text)
                return;
        pf_page_begin(page, 0, 15);
        pf_page_say(page, PF_COLOUR_BOLD, label);
        pf_page_column(page, 15);
        pf_page_text(page, PF_COLOUR_NONE, text);
        pf_page_end(page);
}

/* The same for words of ours. */
static void show_word(PfPage *page, const char *label, const char *english) {
        if (english)
                show_string(page, label, pf_language_text(page->terminal->language, english));
}

static void show_entry(PfPage *page, const PfJson *entry) {
        PfLanguage language = page->terminal->language;
        bool is_error = strcmp(pf_table_string(entry, "kind", ""), "error") == 0;

        pf_page_begin(page, 0, 2);
        pf_page_word(page, PF_COLOUR_BOLD, pf_table_string(entry, "id", ""));
        pf_page_text(page, PF_COLOUR_BOLD, ": ");
        pf_page_text(page, PF_COLOUR_BOLD, title_of(page, entry));
        pf_page_end(page);

        show_prose(page, "Why it matters", pf_language_entry(language, entry, "why"));
        show_prose(page, "What to do", pf_language_entry(language, entry, "fix"));
        pf_page_empty_line(page);
        show_word(page, "Severity", pf_json_get_string(entry, "severity"));
        show_word(page, "Remedy", pf_json_get_string(entry, "safety"));
        show_strings(page, "Platforms", pf_json_get(entry, "platforms"));
        show_string(page, "Applies to", pf_language_entry(language, entry, "appliesTo"));
        show_strings(page, "Also known as", pf_json_get(entry, "aliases"));
        if (is_error)
                show_strings(page, "Checks", pf_json_get(entry, "checks"));
        else
                show_strings(page, "Errors", pf_json_get(entry, "errorIds"));
        if (!pf_json_bool(pf_json_get(entry, "implemented")))
                show_word(page, "Covered",
                          is_error ? "no check of this version finds it beforehand"
                                   : "not yet: no probe of this version answers it here");
        show_string(page, "Read more", pf_json_get_string(entry, "documentation"));
}

/* Is the entry named by the end of the text, as in "error 95108"? Then it is meant,
 * and others only have to do with it. */
static bool is_named(const PfJson *entry, const char *text) {
        const char *id = pf_table_string(entry, "id", "");
        size_t n = text ? strlen(text) : 0, m = strlen(id);

        return m > 0 && n >= m && strcasecmp(text + n - m, id) == 0;
}

static void show_others(PfPage *page, const PfJson *entries) {
        if (pf_json_length(entries) < 2)
                return;
        pf_table_heading(page, "See also");
        for (size_t i = 1; i < pf_json_length(entries); i++) {
                const PfJson *entry = pf_json_at(entries, i);

                pf_page_begin(page, 2, 4);
                pf_page_word(page, PF_COLOUR_BOLD, pf_table_string(entry, "id", ""));
                pf_page_text(page, PF_COLOUR_NONE, ": ");
                pf_page_text(page, PF_COLOUR_NONE, title_of(page, entry));
                pf_page_end(page);
        }
}

static void show_all(PfPage *page, const PfJson *entries) {
        for (size_t i = 0; i < pf_json_length(entries); i++) {
                if (i > 0) {
                        pf_page_empty_line(page);
                        pf_page_empty_line(page);
                }
                show_entry(page, pf_json_at(entries, i));
        }
}

void pf_table_explain(PfPage *page, const PfJson *value, const PfShow *show) {
        const PfJson *entries = pf_json_get(value, "entries");
        unsigned width = page->width;

        if (page->width > PF_TABLE_PROSE_WIDTH)
                page->width = PF_TABLE_PROSE_WIDTH;
        if (is_named(pf_json_at(entries, 0), show->text)) {
                show_entry(page, pf_json_at(entries, 0));
                show_others(page, entries);
        } else {
                show_all(page, entries);
        }
        page->width = width;
}
