/* SPDX-License-Identifier: MIT */
/*
 * Answers for people: a page about a check or an error, that one could print. What it
 * is and why it matters, what it is on this machine and where that comes from, what to
 * do step by step, how far a remedy may go, and where to read on.
 */
#include "daemon/ctl/format-table.h"

#include <string.h>
#include <strings.h>

#include "daemon/ctl/outcomes.h"

#define LABEL_COLUMNS 15

/* --- the facts about it --- */

static void show_strings(PfPage *page, const char *label, const PfJson *array) {
        if (pf_json_length(array) == 0)
                return;
        pf_page_begin(page, 0, LABEL_COLUMNS);
        pf_page_say(page, PF_COLOUR_BOLD, label);
        pf_page_column(page, LABEL_COLUMNS);
        pf_table_strings(page, array);
        pf_page_end(page);
}

static void show_string(PfPage *page, const char *label, const char *text) {
        if (!text || !*text)
                return;
        pf_page_begin(page, 0, LABEL_COLUMNS);
        pf_page_say(page, PF_COLOUR_BOLD, label);
        pf_page_column(page, LABEL_COLUMNS);
        pf_page_text(page, PF_COLOUR_NONE, text);
        pf_page_end(page);
}

/* The same for words of ours. */
static void show_word(PfPage *page, const char *label, const char *english) {
        if (english)
                show_string(page, label, pf_language_text(page->terminal->language, english));
}

/* What a word of the interface means; without a meaning, itself. */
static const char *meaning_of(const char *word) {
        static const struct {
                const char *word;
                const char *meaning;
        } meanings[] = {
                { "safe", "safe: can be undone and weakens nothing" },
                { "consent", "consent: weakens security or restarts something, so somebody must "
                             "agree" },
                { "manual", "manual: a person must do it" },
                { "blocker", "blocker: the agent cannot be installed, or the machine will not "
                             "start where it is brought to" },
                { "warning", "warning: it is possible, but something will not work as it should" },
                { "info", "info: good to know" },
        };

        for (size_t i = 0; word && i < PF_ELEMENTS(meanings); i++)
                if (strcmp(meanings[i].word, word) == 0)
                        return meanings[i].meaning;
        return word;
}

static void show_facts(PfPage *page, const PfJson *entry, bool is_error) {
        pf_page_empty_line(page);
        show_word(page, "Severity", meaning_of(pf_json_get_string(entry, "severity")));
        show_word(page, "Remedy", meaning_of(pf_json_get_string(entry, "safety")));
        show_strings(page, "Platforms", pf_json_get(entry, "platforms"));
        show_string(page, "Applies to",
                    pf_language_entry(page->terminal->language, entry, "appliesTo"));
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

/* --- what it is here --- */

/* The check of that name in the report, or NULL. */
static const PfJson *find_check(const PfJson *report, const char *id) {
        const PfJson *checks = pf_json_get(report, "checks");

        for (size_t i = 0; id && i < pf_json_length(checks); i++)
                if (strcmp(pf_table_string(pf_json_at(checks, i), "check", ""), id) == 0)
                        return pf_json_at(checks, i);
        return NULL;
}

static void show_when(PfPage *page, const PfJson *report, const PfJson *check) {
        const char *source = pf_json_get_string(report, "source");
        char time[PF_TIME_MAX];

        pf_page_begin(page, 4, 6);
        pf_page_printf(page, PF_COLOUR_DIM, "looked at %s, for an installer that comes as %s",
                       pf_outcomes_time(pf_json_integer(pf_json_get(check, "probedUSec")), time),
                       pf_table_string(report, "account", "an unknown account"));
        if (source)
                pf_page_printf(page, PF_COLOUR_DIM, " from %s", source);
        pf_page_end(page);
}

static void show_vendor(PfPage *page, const PfJson *check) {
        if (pf_json_get_string(check, "vendorVerdict"))
                return; /* it stands with the details */
        pf_page_begin(page, 4, 6);
        pf_page_say(page, PF_COLOUR_DIM,
                    "vendor's check: nothing is known of it that differs from this");
        pf_page_end(page);
}

static void show_verdict(PfPage *page, const PfJson *report, const PfJson *check) {
        const char *id = pf_table_string(check, "check", "");
        PfColumns columns = pf_table_columns(page, (unsigned) strlen(id));
        PF_AUTO_FREE char *summary = pf_table_sentence(page, check, "summary", "message");

        pf_table_verdict(page, &columns, pf_look_find(pf_json_get_string(check, "verdict")), id,
                         summary ? summary : "");
        pf_table_details(page, 4, check);
        show_vendor(page, check);
        show_when(page, report, check);
}

static void show_no_verdict(PfPage *page, const char *reason) {
        pf_page_begin(page, 2, 4);
        pf_page_say(page, PF_COLOUR_MAGENTA, "not looked at");
        if (reason) {
                pf_page_text(page, PF_COLOUR_NONE, ": ");
                pf_page_sentence(page, PF_COLOUR_NONE, reason);
        }
        pf_page_end(page);
}

/* The answers of this machine to the checks that the entry names. */
static void show_here(PfPage *page, const PfJson *entry, const PfShow *show) {
        const PfJson *checks = pf_json_get(entry, "checks");
        bool any = false;

        if (!pf_json_bool(pf_json_get(entry, "implemented")))
                return;
        pf_table_heading(page, show->root   ? "In this image"
                               : show->host ? "On the machine that was asked"
                                            : "On this machine");
        pf_table_host(page, show);
        for (size_t i = 0; i < pf_json_length(checks); i++) {
                const PfJson *check =
                        find_check(show->report, pf_json_string(pf_json_at(checks, i)));

                if (check)
                        show_verdict(page, show->report, check);
                any = any || check;
        }
        if (!any)
                show_no_verdict(page,
                                show->no_report ? show->no_report : "nobody answered this check");
}

/* --- the page --- */

static void show_entry(PfPage *page, const PfJson *entry, const PfShow *show) {
        PfLanguage language = page->terminal->language;
        bool is_error = strcmp(pf_table_string(entry, "kind", ""), "error") == 0;
        const char *why = pf_language_entry(language, entry, "why");
        const char *fix = pf_language_entry(language, entry, "fix");

        pf_page_begin(page, 0, 2);
        pf_page_word(page, PF_COLOUR_BOLD, pf_table_string(entry, "id", ""));
        pf_page_text(page, PF_COLOUR_BOLD, ": ");
        pf_page_text(page, PF_COLOUR_BOLD, pf_table_title(page, entry));
        pf_page_end(page);

        if (why && *why) {
                pf_table_heading(page, "Why it matters");
                pf_page_prose(page, 2, PF_COLOUR_CYAN, why);
        }
        show_here(page, entry, show);
        if (fix && *fix) {
                pf_table_heading(page, "What to do");
                pf_page_steps(page, 2, PF_COLOUR_CYAN, fix);
        }
        show_facts(page, entry, is_error);
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
                pf_page_text(page, PF_COLOUR_NONE, pf_table_title(page, entry));
                pf_page_end(page);
        }
}

static void show_all(PfPage *page, const PfJson *entries, const PfShow *show) {
        for (size_t i = 0; i < pf_json_length(entries); i++) {
                if (i > 0) {
                        pf_page_empty_line(page);
                        pf_page_empty_line(page);
                }
                show_entry(page, pf_json_at(entries, i), show);
        }
}

void pf_table_explain(PfPage *page, const PfJson *value, const PfShow *show) {
        const PfJson *entries = pf_json_get(value, "entries");
        unsigned width = page->width;

        if (page->width > PF_TABLE_PROSE_WIDTH)
                page->width = PF_TABLE_PROSE_WIDTH;
        if (is_named(pf_json_at(entries, 0), show->text)) {
                show_entry(page, pf_json_at(entries, 0), show);
                show_others(page, entries);
        } else {
                show_all(page, entries, show);
        }
        page->width = width;
}
