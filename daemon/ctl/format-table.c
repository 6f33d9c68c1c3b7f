/* SPDX-License-Identifier: MIT */
/*
 * Answers for people: reports. Which machine was looked at and what was asked,
 * the checks by subject, what is wrong with its evidence and its cure, and the
 * verdict last, where the eye is when it has scrolled.
 */
#include "daemon/ctl/format-table.h"

#include <inttypes.h>
#include <string.h>
#include <time.h>

#include "config/catalogue.h"
#include "daemon/ctl/outcomes.h"
#include "daemon/ctl/text.h"
#include "daemon/ctl/view.h"

#define QUOTE_MAX 240      /* bytes of a text that are quoted */
#define SUMMARY_COLUMNS 24 /* less room for it than this, and it goes below */

char *pf_table_sentence(PfPage *page, const PfJson *object, const char *key, const char *message) {
        const char *english = pf_json_get_string(object, key);
        char *text;

        if (!english)
                return NULL;
        text = pf_language_sentence(page->terminal->language, english,
                                    message ? pf_json_get(object, message) : NULL);
        if (!text)
                page->error = page->error ? page->error : -ENOMEM;
        return text;
}

void pf_table_place(PfPage *page, const PfJson *object) {
        int64_t line = pf_json_integer(pf_json_get(object, "line"));

        pf_page_word(page, PF_COLOUR_NONE, pf_table_string(object, "path", ""));
        if (line > 0)
                pf_page_printf(page, PF_COLOUR_NONE, ":%" PRId64, line);
}

void pf_table_strings(PfPage *page, const PfJson *array) {
        for (size_t i = 0; i < pf_json_length(array); i++) {
                const char *text = pf_json_string(pf_json_at(array, i));

                pf_page_text(page, PF_COLOUR_NONE, i > 0 ? ", " : "");
                pf_page_word(page, PF_COLOUR_NONE, text ? text : "");
        }
}

void pf_table_quote(PfPage *page, PfColour colour, const char *text) {
        size_t n = pf_text_cut(text, QUOTE_MAX);
        PF_AUTO_FREE char *cut = text[n] ? strndup(text, n) : NULL;

        pf_page_text(page, colour, "\"");
        pf_page_text(page, colour, cut ? cut : text);
        pf_page_text(page, colour, cut ? "\"..." : "\"");
}

void pf_table_heading(PfPage *page, const char *text) {
        if (page->out.n > 0)
                pf_page_empty_line(page);
        pf_page_begin(page, 0, 0);
        pf_page_say(page, PF_COLOUR_BOLD, text);
        pf_page_end(page);
}

void pf_table_host(PfPage *page, const PfShow *show) {
        if (!show->host)
                return;
        pf_page_begin(page, 0, 2);
        pf_page_say(page, PF_COLOUR_NONE, "over ssh: ");
        pf_page_word(page, PF_COLOUR_BOLD, show->host);
        pf_page_end(page);
}

/* --- a check --- */

unsigned pf_table_widest(const PfPage *page, const PfJson *objects, const char *key) {
        unsigned widest = 0;

        for (size_t i = 0; i < pf_json_length(objects); i++) {
                const char *text = pf_table_string(pf_json_at(objects, i), key, "");
                unsigned width = pf_text_columns(text, page->terminal->utf8);

                widest = width > widest ? width : widest;
        }
        return widest;
}

PfColumns pf_table_columns(const PfPage *page, unsigned name_columns) {
        PfColumns columns = { .marks = page->terminal->is_terminal && page->terminal->utf8 };

        columns.name = columns.marks ? 4 : 10;
        columns.summary = columns.name + name_columns + 2;
        if (page->width > 0 && columns.summary + SUMMARY_COLUMNS > page->width) {
                columns.below = true;
                columns.summary = columns.name;
        }
        return columns;
}

void pf_table_verdict(PfPage *page, const PfColumns *columns, const PfLook *look, const char *name,
                      const char *summary) {
        pf_page_begin(page, 2, columns->summary);
        pf_page_say(page, look->colour, columns->marks ? look->mark : look->word);
        pf_page_column(page, columns->name);
        pf_page_word(page, look->is_trouble ? PF_COLOUR_BOLD : PF_COLOUR_NONE, name);
        if (columns->below) {
                pf_page_end(page);
                pf_page_begin(page, columns->summary, columns->summary);
        } else {
                pf_page_column(page, columns->summary);
        }
        pf_page_text(page, look->is_trouble ? PF_COLOUR_NONE : PF_COLOUR_DIM, summary);
        pf_page_end(page);
}

void pf_table_evidence(PfPage *page, unsigned indent, const PfJson *evidence) {
        const char *found = pf_json_get_string(evidence, "found");
        PF_AUTO_FREE char *expected = pf_table_sentence(page, evidence, "expected", NULL);
        bool has_path = pf_json_get_string(evidence, "path") != NULL;

        pf_page_begin(page, indent, indent + 2);
        if (has_path) {
                pf_table_place(page, evidence);
                pf_page_text(page, PF_COLOUR_NONE, ": ");
        }
        if (pf_json_bool(pf_json_get(evidence, "withheld"))) {
                pf_page_say(page, PF_COLOUR_DIM,
                            "only root and group preflightd may see what was found");
        } else if (found) {
                pf_page_say(page, PF_COLOUR_NONE, has_path ? "found " : "");
                pf_table_quote(page, PF_COLOUR_NONE, found);
        } else if (expected) {
                pf_page_say(page, PF_COLOUR_NONE, "nothing found");
        }
        if (expected) {
                pf_page_say(page, PF_COLOUR_NONE, ", expected ");
                pf_table_quote(page, PF_COLOUR_NONE, expected);
        }
        pf_page_end(page);
}

void pf_table_labelled(PfPage *page, unsigned indent, const char *label, const char *text,
                       const char *behind) {
        if (!text)
                return;
        pf_page_begin(page, indent, indent + 2);
        pf_page_say(page, PF_COLOUR_BOLD, label);
        pf_page_text(page, PF_COLOUR_NONE, " ");
        pf_page_text(page, PF_COLOUR_NONE, text);
        if (behind)
                pf_page_printf(page, PF_COLOUR_NONE, " (%s)",
                               pf_language_text(page->terminal->language, behind));
        pf_page_end(page);
}

static void show_errors(PfPage *page, unsigned indent, const PfJson *errors) {
        if (pf_json_length(errors) == 0)
                return;
        pf_page_begin(page, indent, indent + 2);
        pf_page_say(page, PF_COLOUR_BOLD, pf_json_length(errors) == 1 ? "error: " : "errors: ");
        pf_table_strings(page, errors);
        pf_page_end(page);
}

static void show_waiver(PfPage *page, unsigned indent, const PfJson *waiver) {
        PF_AUTO_FREE char *text = NULL;

        if (!waiver)
                return;
        text = pf_outcomes_waiver(waiver);
        if (!text)
                page->error = page->error ? page->error : -ENOMEM;
        pf_table_labelled(page, indent, "waived:", text, pf_json_get_string(waiver, "file"));
}

void pf_table_details(PfPage *page, unsigned indent, const PfJson *check) {
        const PfJson *evidence = pf_json_get(check, "evidence");
        const PfJson *remedy = pf_json_get(check, "remedy");
        PF_AUTO_FREE char *vendor =
                pf_table_sentence(page, check, "vendorVerdict", "vendorMessage");
        PF_AUTO_FREE char *cure = pf_table_sentence(page, remedy, "summary", "message");
        const char *severity = pf_table_string(check, "severity", "blocker");
        const char *verdict = pf_table_string(check, "verdict", "");

        for (size_t i = 0; i < pf_json_length(evidence); i++)
                pf_table_evidence(page, indent, pf_json_at(evidence, i));
        if (strcmp(verdict, "fail") == 0 && strcmp(severity, "blocker") != 0)
                pf_table_labelled(page, indent, "does not block:",
                                  pf_language_text(page->terminal->language, severity), NULL);
        pf_table_labelled(page, indent, "vendor's check:", vendor, NULL);
        pf_table_labelled(page, indent, "fix:", cure, pf_json_get_string(remedy, "safety"));
        show_errors(page, indent, pf_json_get(check, "errorIds"));
        show_waiver(page, indent, pf_json_get(check, "waiver"));
}

static void show_check(PfPage *page, const PfColumns *columns, const PfJson *check) {
        const PfLook *look = pf_look_find(pf_json_get_string(check, "verdict"));
        PF_AUTO_FREE char *summary = pf_table_sentence(page, check, "summary", "message");

        pf_table_verdict(page, columns, look, pf_table_string(check, "check", "(no name)"),
                         summary ? summary : "");
        if (look->is_trouble)
                pf_table_details(page, columns->name + 2, check);
}

/* --- the whole --- */

static const struct {
        const char *prefix; /* of the names of its checks */
        const char *title;
} subjects[] = {
        { "ssh.", "Access by SSH" }, { "account.", "Account" },
        { "boot.", "Boot" },         { "disk.", "Disks" },
        { "space.", "Free space" },  { "os.", "Operating system" },
        { "net.", "Network" },       { "system.", "State of the system" },
        { "agent.", "Agent" },       { "windows.", "Windows" },
};

static size_t subject_length(const char *check_id) {
        size_t n = strcspn(check_id, ".");

        return n + (check_id[n] == '.');
}

static bool same_subject(const char *a, const char *b) {
        size_t n = subject_length(a);

        return n == subject_length(b) && strncmp(a, b, n) == 0;
}

static void show_subject(PfPage *page, const char *check_id) {
        for (size_t i = 0; i < PF_ELEMENTS(subjects); i++)
                if (same_subject(subjects[i].prefix, check_id)) {
                        pf_table_heading(page, subjects[i].title);
                        return;
                }
        pf_table_heading(page, "Other");
}

static void show_header(PfPage *page, const PfJson *report, const PfShow *show) {
        const PfJson *host = pf_json_get(report, "host");
        const char *kernel = pf_json_get_string(host, "kernel");
        const char *source = pf_json_get_string(report, "source");

        pf_page_begin(page, 0, 2);
        pf_page_word(page, PF_COLOUR_BOLD,
                     pf_table_string(host, "hostname",
                                     pf_language_text(page->terminal->language, "(no host name)")));
        pf_page_text(page, PF_COLOUR_NONE, ": ");
        pf_page_text(page, PF_COLOUR_NONE,
                     pf_table_string(host, "os",
                                     pf_language_text(page->terminal->language, "unknown system")));
        if (kernel)
                pf_page_printf(page, PF_COLOUR_NONE, ", kernel %s", kernel);
        if (show->root) {
                pf_page_say(page, PF_COLOUR_NONE, ", image at ");
                pf_page_word(page, PF_COLOUR_NONE, show->root);
        }
        if (show->host) {
                pf_page_say(page, PF_COLOUR_NONE, ", over ssh: ");
                pf_page_word(page, PF_COLOUR_NONE, show->host);
        }
        pf_page_end(page);

        pf_page_begin(page, 0, 2);
        pf_page_printf(page, PF_COLOUR_NONE, "%s %s, installed as %s",
                       pf_table_string(report, "profile", "unknown profile"),
                       pf_table_string(report, "agentVersion", ""),
                       pf_table_string(report, "account", "an unknown account"));
        if (source)
                pf_page_printf(page, PF_COLOUR_NONE, " from %s", source);
        else
                pf_page_say(page, PF_COLOUR_NONE, "; --source was not given");
        pf_page_end(page);
}

static void show_checks(PfPage *page, const PfJson *checks, const PfShow *show) {
        unsigned widest = pf_table_widest(page, checks, "check");
        const PfColumns columns = pf_table_columns(page, widest);
        const char *last = NULL;

        for (size_t i = 0; i < pf_json_length(checks); i++) {
                const PfJson *check = pf_json_at(checks, i);
                const char *id = pf_table_string(check, "check", "");
                const PfLook *look = pf_look_find(pf_json_get_string(check, "verdict"));

                if (show->quiet && !look->is_trouble)
                        continue;
                if (!show->quiet && (!last || !same_subject(last, id)))
                        show_subject(page, id);
                show_check(page, &columns, check);
                last = id;
        }
}

static bool contains(const PfJson *array, const char *text) {
        for (size_t i = 0; i < pf_json_length(array); i++) {
                const char *item = pf_json_string(pf_json_at(array, i));

                if (item && strcmp(item, text) == 0)
                        return true;
        }
        return false;
}

/* The system of the machine that these checks are about: that has them all. */
static unsigned platforms_of(const PfJson *checks) {
        unsigned platforms = PF_PLATFORM_ALL;

        for (size_t i = 0; i < pf_json_length(checks); i++) {
                const char *id = pf_json_string(pf_json_at(checks, i));
                const PfCatalogueEntry *entry = id ? pf_catalogue_find(id) : NULL;

                if (entry && entry->kind == PF_CATALOGUE_CHECK)
                        platforms &= entry->platforms;
        }
        return platforms;
}

/* Are all checks of that system that share a subject in the list? */
static bool contains_subject(const PfJson *array, const char *check_id) {
        const unsigned platforms = platforms_of(array);

        for (size_t i = 0; i < pf_catalogue_count(); i++) {
                const PfCatalogueEntry *entry = pf_catalogue_at(i);

                if (entry->kind == PF_CATALOGUE_CHECK && (entry->platforms & platforms) &&
                    same_subject(entry->id, check_id) && !contains(array, entry->id))
                        return false;
        }
        return true;
}

static void show_not_covered(PfPage *page, const PfJson *report) {
        const PfJson *names = pf_json_get(report, "notCovered");
        size_t n = pf_json_length(names);
        const char *last = NULL;

        if (n == 0)
                return;
        pf_page_begin(page, 0, 2);
        pf_page_say(page, PF_COLOUR_DIM, "not covered yet:");
        for (size_t i = 0; i < n; i++) {
                const char *id = pf_json_string(pf_json_at(names, i));
                bool whole = id && contains_subject(names, id);

                if (!id || (whole && last && same_subject(last, id)))
                        continue;
                pf_page_text(page, PF_COLOUR_DIM, last ? ", " : " ");
                if (whole)
                        pf_page_printf(page, PF_COLOUR_DIM, "%.*s*", (int) subject_length(id), id);
                else
                        pf_page_text(page, PF_COLOUR_DIM, id);
                last = id;
        }
        if (n == 1)
                pf_page_say(page, PF_COLOUR_DIM, " (1 check); the verdict does not speak of it");
        else
                pf_page_printf(page, PF_COLOUR_DIM,
                               " (%zu checks); the verdict does not speak of them", n);
        pf_page_end(page);
}

/* Waivers that are in vain: somebody believes that they count. */
static void show_waivers(PfPage *page, const PfJson *report) {
        const PfJson *waivers = pf_json_get(report, "waivers");
        bool is_first = true;

        for (size_t i = 0; i < pf_json_length(waivers); i++) {
                const PfJson *waiver = pf_json_at(waivers, i);

                if (!pf_outcomes_waiver_is_trouble(waiver))
                        continue;
                if (is_first)
                        pf_table_heading(page, "Waivers that do not count");
                is_first = false;
                pf_page_begin(page, 2, 4);
                pf_page_say(page, PF_COLOUR_YELLOW, pf_table_string(waiver, "state", "unknown"));
                pf_page_text(page, PF_COLOUR_NONE, " ");
                pf_page_word(page, PF_COLOUR_NONE, pf_table_string(waiver, "file", ""));
                if (pf_json_integer(pf_json_get(waiver, "line")) > 0)
                        pf_page_printf(page, PF_COLOUR_NONE, ":%" PRId64,
                                       pf_json_integer(pf_json_get(waiver, "line")));
                pf_page_text(page, PF_COLOUR_NONE, ": ");
                pf_page_sentence(page, PF_COLOUR_NONE, pf_table_string(waiver, "summary", ""));
                pf_page_end(page);
        }
}

/* Where to read on, once, if anything is wrong. */
static void show_hint(PfPage *page, const PfJson *report) {
        for (size_t i = 0; i < pf_n_looks; i++)
                if (pf_looks[i].is_trouble && pf_view_count(report, pf_looks[i].verdict) > 0) {
                        pf_page_begin(page, 0, 2);
                        pf_page_say(page, PF_COLOUR_DIM,
                                    "more about a check or an error: " PF_CTL_NAME " explain NAME");
                        pf_page_end(page);
                        return;
                }
}

static void show_verdict(PfPage *page, const PfJson *report) {
        bool is_first = true;

        pf_page_begin(page, 0, 2);
        pf_page_say(page, pf_view_colour(report), pf_view_verdict(report));
        pf_page_text(page, PF_COLOUR_NONE, ":");
        for (size_t i = 0; i < pf_n_looks; i++) {
                PF_AUTO_FREE char *text = NULL;

                if (pf_view_count(report, pf_looks[i].verdict) <= 0)
                        continue;
                text = pf_view_count_text(report, &pf_looks[i], page->terminal->language);
                if (!text)
                        page->error = page->error ? page->error : -ENOMEM;
                pf_page_say(page, PF_COLOUR_NONE, is_first ? " " : ", ");
                pf_page_text(page, PF_COLOUR_NONE, text ? text : "");
                is_first = false;
        }
        if (is_first)
                pf_page_say(page, PF_COLOUR_NONE, " no check was answered");
        if (pf_view_is_partial(report))
                pf_page_say(page, PF_COLOUR_NONE, "; only these checks were asked for");
        pf_page_end(page);
}

static void show_report(PfPage *page, const PfJson *report, const PfShow *show) {
        const PfJson *checks = pf_json_get(report, "checks");

        if (show->quiet) {
                show_checks(page, checks, show);
                show_waivers(page, report);
                if (page->out.n > 0 || strcmp(pf_view_verdict(report), "ready") != 0)
                        show_verdict(page, report);
                return;
        }
        show_header(page, report, show);
        show_checks(page, checks, show);
        show_waivers(page, report);
        pf_page_empty_line(page);
        show_hint(page, report);
        show_not_covered(page, report);
        show_verdict(page, report);
}

static void show_status(PfPage *page, const PfJson *status, const PfShow *show) {
        const PfJson *leases = pf_json_get(status, "leases");

        pf_page_begin(page, 0, 2);
        if (show->host) {
                pf_page_word(page, PF_COLOUR_BOLD, show->host);
                pf_page_text(page, PF_COLOUR_NONE, ": ");
        }
        pf_page_text(page, PF_COLOUR_NONE, pf_table_string(status, "status", "unknown"));
        pf_page_end(page);
        for (size_t i = 0; i < pf_json_length(leases); i++)
                pf_table_labelled(page, 0, "lease:", pf_json_string(pf_json_at(leases, i)), NULL);
        pf_table_labelled(page, 2, "fix:", pf_json_get_string(status, "leaseRemedy"), NULL);
}

/* --- changes --- */

static void show_time(PfPage *page, int64_t usec) {
        time_t seconds = usec / 1000000;
        struct tm local;
        char text[32];

        if (localtime_r(&seconds, &local) == NULL ||
            strftime(text, sizeof(text), "%Y-%m-%d %H:%M:%S", &local) == 0)
                return;
        pf_page_begin(page, 0, 0);
        pf_page_text(page, PF_COLOUR_BOLD, text);
        pf_page_end(page);
}

static void show_change(PfPage *page, const PfJson *answer, const PfShow *show) {
        const PfJson *report = pf_json_get(answer, "report");
        const PfJson *check = pf_json_get(answer, "changed");

        if (report)
                show_report(page, report, show);
        if (check) {
                const char *id = pf_table_string(check, "check", "");
                PfColumns columns =
                        pf_table_columns(page, pf_text_columns(id, page->terminal->utf8));

                show_time(page, pf_json_integer(pf_json_get(check, "probedUSec")));
                show_check(page, &columns, check);
        }
}

const PfFormat pf_format_table = {
        .name = "table",
        .report = show_report,
        .status = show_status,
        .change = show_change,
        .list = pf_table_list,
        .explain = pf_table_explain,
        .facts = pf_table_facts,
        .plan = pf_table_plan,
        .fixed = pf_table_fixed,
        .undone = pf_table_undone,
        .history = pf_table_history,
};
