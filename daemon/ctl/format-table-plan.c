/* SPDX-License-Identifier: MIT */
/*
 * Answers for people: what would be changed. The checks first, then every edit as a
 * diff, what is done beside files, and what stays wrong all the same.
 */
#include "daemon/ctl/format-table.h"

#include <inttypes.h>
#include <string.h>

#include "daemon/ctl/ctl.h"

#define OUTCOME_COLUMNS 15 /* the longest of the words below, and two blanks */
#define UNKNOWN_MAX 3      /* more than these are counted, not listed */
#define SUMMARY_COLUMNS 24 /* less room for it than this, and it goes below */

/* What becomes of a check, by the name of its outcome on the wire. */
static const PfLook outcomes[] = {
        { .verdict = "remedied",
          .word = "will pass",
          .colour = PF_COLOUR_GREEN,
          .is_trouble = true },
        { .verdict = "consent",
          .word = "needs consent",
          .colour = PF_COLOUR_YELLOW,
          .is_trouble = true },
        { .verdict = "notremediable",
          .word = "no remedy",
          .colour = PF_COLOUR_RED,
          .is_trouble = true },
        { .verdict = "noeffect",
          .word = "cannot help",
          .colour = PF_COLOUR_MAGENTA,
          .is_trouble = true },
        { .verdict = "passes", .word = "passes", .colour = PF_COLOUR_DIM },
        { .verdict = "skip", .word = "skip", .colour = PF_COLOUR_DIM }, /* of its verdict */
        { .verdict = "", .word = "unknown", .colour = PF_COLOUR_MAGENTA, .is_trouble = true },
};

/* What does not apply passes nothing. */
static const PfLook *find_outcome(const PfJson *step) {
        const char *name = pf_table_string(step, "outcome", "");
        size_t i = 0;

        if (strcmp(name, "passes") == 0 && strcmp(pf_table_string(step, "after", ""), "skip") == 0)
                name = "skip";

        while (i + 1 < PF_ELEMENTS(outcomes) && strcmp(outcomes[i].verdict, name) != 0)
                i++;
        return &outcomes[i];
}

/* --- checks --- */

/* Columns for words of that width, as pf_table_columns() has them for verdicts. */
static PfColumns make_columns(const PfPage *page, unsigned words, unsigned names) {
        PfColumns columns = { .name = 2 + words };

        columns.summary = columns.name + names + 2;
        if (page->width > 0 && columns.summary + SUMMARY_COLUMNS > page->width) {
                columns.below = true;
                columns.summary = columns.name;
        }
        return columns;
}

static void show_steps(PfPage *page, const PfJson *steps) {
        const PfColumns columns =
                make_columns(page, OUTCOME_COLUMNS, pf_table_widest(page, steps, "check"));

        for (size_t i = 0; i < pf_json_length(steps); i++) {
                const PfJson *step = pf_json_at(steps, i);
                PF_AUTO_FREE char *summary = pf_table_sentence(page, step, "summary", NULL);

                pf_table_verdict(page, &columns, find_outcome(step),
                                 pf_table_string(step, "check", "(no name)"),
                                 summary ? summary : "");
        }
}

static bool has_verdict(const PfJson *check, const char *verdict) {
        return strcmp(pf_look_find(pf_json_get_string(check, "verdict"))->verdict, verdict) == 0;
}

static size_t count_unknown(const PfJson *checks) {
        size_t n = 0;

        for (size_t i = 0; i < pf_json_length(checks); i++)
                n += has_verdict(pf_json_at(checks, i), "unknown");
        return n;
}

/* What is waived is settled. Of an image much is not known, and is not what is wrong. */
static bool is_shown(const PfJson *check, bool with_unknown) {
        return has_verdict(check, "fail") || has_verdict(check, "warn") ||
               (with_unknown && has_verdict(check, "unknown"));
}

static void show_unknown(PfPage *page, size_t n) {
        pf_page_begin(page, 2, 4);
        pf_page_printf(page, PF_COLOUR_MAGENTA,
                       "%zu could not be determined: " PF_CTL_NAME " check", n);
        pf_page_end(page);
}

void pf_table_troubles(PfPage *page, const char *heading, const PfJson *checks) {
        const PfColumns columns = pf_table_columns(page, pf_table_widest(page, checks, "check"));
        size_t n_unknown = count_unknown(checks);
        bool any = false;

        for (size_t i = 0; i < pf_json_length(checks); i++) {
                const PfJson *check = pf_json_at(checks, i);
                PF_AUTO_FREE char *summary = pf_table_sentence(page, check, "summary", NULL);

                if (!is_shown(check, n_unknown <= UNKNOWN_MAX))
                        continue;
                if (!any)
                        pf_table_heading(page, heading);
                any = true;
                pf_table_verdict(page, &columns, pf_look_find(pf_json_get_string(check, "verdict")),
                                 pf_table_string(check, "check", "(no name)"),
                                 summary ? summary : "");
        }
        if (n_unknown > UNKNOWN_MAX) {
                if (!any)
                        pf_table_heading(page, heading);
                show_unknown(page, n_unknown);
        }
}

/* --- edits --- */

static PfColour colour_of(const char *line) {
        if (strncmp(line, "--- ", 4) == 0 || strncmp(line, "+++ ", 4) == 0)
                return PF_COLOUR_BOLD;
        switch (*line) {
        case '+':
                return PF_COLOUR_GREEN;
        case '-':
                return PF_COLOUR_RED;
        case '@':
                return PF_COLOUR_CYAN;
        default:
                return PF_COLOUR_NONE;
        }
}

/* A line of a diff is never wrapped: what is agreed to is what stands there. */
static void show_diff(PfPage *page, const char *diff) {
        while (*diff) {
                size_t n = strcspn(diff, "\n");
                PF_AUTO_FREE char *line = strndup(diff, n);

                if (!line) {
                        page->error = page->error ? page->error : -ENOMEM;
                        return;
                }
                pf_page_begin(page, 0, 0);
                pf_page_word(page, colour_of(line), line);
                pf_page_end(page);
                diff += n + (diff[n] == '\n');
        }
}

/* What cannot be shown as text. */
static void show_replaced(PfPage *page, const PfJson *file) {
        pf_page_begin(page, 0, 4);
        pf_page_word(page, PF_COLOUR_BOLD, pf_table_string(file, "path", "(no name)"));
        pf_page_say(page, PF_COLOUR_NONE,
                    pf_json_get_string(file, "after") ? ": is replaced; it is no text"
                                                      : ": is removed; it is no text");
        pf_page_end(page);
}

static void show_files(PfPage *page, const PfJson *files) {
        for (size_t i = 0; i < pf_json_length(files); i++) {
                const PfJson *file = pf_json_at(files, i);
                const char *diff = pf_json_get_string(file, "diff");

                pf_page_empty_line(page);
                if (diff)
                        show_diff(page, diff);
                else
                        show_replaced(page, file);
        }
}

/* --- settings --- */

static const struct {
        const char *kind;
        const char *text; /* before the subject */
} settings[] = {
        { "registry", "registry: " },
        { "starttype", "start type of " },
        { "service", "service " },
        { "firewall", "firewall rule " },
};

static void show_setting(PfPage *page, const PfJson *setting) {
        const char *kind = pf_table_string(setting, "kind", "");
        const char *name = pf_json_get_string(setting, "name");

        pf_page_begin(page, 2, 4);
        for (size_t i = 0; i < PF_ELEMENTS(settings); i++)
                if (strcmp(settings[i].kind, kind) == 0)
                        pf_page_say(page, PF_COLOUR_NONE, settings[i].text);
        pf_page_word(page, PF_COLOUR_BOLD, pf_table_string(setting, "subject", ""));
        if (name)
                pf_page_printf(page, PF_COLOUR_NONE, ", %s", name);
        pf_page_end(page);
}

/* As a diff has it; what is agreed to is what stands there. */
static void show_value(PfPage *page, PfColour colour, const char *sign, const char *value) {
        PF_AUTO_FREE char *line = NULL;

        if (!value)
                return;
        if (asprintf(&line, "%s%s", sign, value) < 0) {
                line = NULL;
                page->error = page->error ? page->error : -ENOMEM;
                return;
        }
        pf_page_begin(page, 4, 4);
        pf_page_word(page, colour, line);
        pf_page_end(page);
}

static void show_settings(PfPage *page, const PfJson *list) {
        if (pf_json_length(list) > 0)
                pf_table_heading(page, "Settings");
        for (size_t i = 0; i < pf_json_length(list); i++) {
                const PfJson *setting = pf_json_at(list, i);

                show_setting(page, setting);
                show_value(page, PF_COLOUR_RED, "-", pf_json_get_string(setting, "before"));
                show_value(page, PF_COLOUR_GREEN, "+", pf_json_get_string(setting, "after"));
        }
}

/* --- what is done beside files --- */

static const struct {
        const char *kind;
        const char *text; /* before the subject */
        const char *behind;
} actions[] = {
        { "reload", "reload ", "" },
        { "enable", "enable ", " at boot" },
        { "start", "start ", "" },
        { "mount", "mount ", "" },
};

static void show_action(PfPage *page, const PfJson *action) {
        const char *kind = pf_table_string(action, "kind", "");
        const char *subject = pf_table_string(action, "subject", "");

        pf_page_begin(page, 2, 4);
        for (size_t i = 0; i < PF_ELEMENTS(actions); i++)
                if (strcmp(actions[i].kind, kind) == 0) {
                        pf_page_say(page, PF_COLOUR_NONE, actions[i].text);
                        pf_page_word(page, PF_COLOUR_NONE, subject);
                        pf_page_say(page, PF_COLOUR_NONE, actions[i].behind);
                        pf_page_end(page);
                        return;
                }
        pf_page_printf(page, PF_COLOUR_NONE, "%s %s", kind, subject);
        pf_page_end(page);
}

static void show_actions(PfPage *page, const PfJson *list) {
        if (pf_json_length(list) > 0)
                pf_table_heading(page, "Then");
        for (size_t i = 0; i < pf_json_length(list); i++)
                show_action(page, pf_json_at(list, i));
}

void pf_table_span(PfPage *page, int64_t usec) {
        static const struct {
                int64_t seconds;
                const char *name;
        } units[] = { { 86400, "d" }, { 3600, "h" }, { 60, "min" }, { 1, "s" } };
        int64_t seconds = usec > 0 ? usec / 1000000 : 0;
        unsigned shown = 0;

        for (size_t i = 0; i < PF_ELEMENTS(units); i++) {
                int64_t n = seconds / units[i].seconds;

                seconds %= units[i].seconds;
                if ((n == 0 && (shown > 0 || units[i].seconds > 1)) || shown == 2)
                        continue;
                pf_page_printf(page, PF_COLOUR_NONE, "%s%lld %s", shown > 0 ? " " : "",
                               (long long) n, units[i].name);
                shown++;
        }
}

void pf_table_lease(PfPage *page, const PfJson *lease) {
        pf_page_printf(page, PF_COLOUR_NONE, "%s from %s",
                       pf_table_string(lease, "account", "(no name)"),
                       pf_table_string(lease, "source", "(no address)"));
}

static void show_lease(PfPage *page, const PfJson *plan) {
        const PfJson *lease = pf_json_get(plan, "lease");

        if (!lease || pf_json_bool(pf_json_get(plan, "empty")))
                return;
        pf_table_heading(page, "For a while only");
        pf_page_begin(page, 2, 4);
        pf_table_lease(page, lease);
        pf_page_say(page, PF_COLOUR_NONE, " alone, for ");
        pf_table_span(page, pf_json_integer(pf_json_get(lease, "durationUSec")));
        pf_page_say(page, PF_COLOUR_NONE, "; then it reverts itself");
        pf_page_end(page);
}

void pf_table_plan(PfPage *page, const PfJson *plan, const PfShow *show) {
        const PfJson *steps = pf_json_get(plan, "steps");

        pf_table_host(page, show);
        if (pf_json_length(steps) == 0) {
                pf_page_begin(page, 0, 2);
                pf_page_say(page, PF_COLOUR_NONE, "There is nothing to fix.");
                pf_page_end(page);
        }
        show_steps(page, steps);
        show_files(page, pf_json_get(plan, "files"));
        show_settings(page, pf_json_get(plan, "settings"));
        show_actions(page, pf_json_get(plan, "actions"));
        show_lease(page, plan);
        if (!show->is_applied)
                pf_table_troubles(page, "Wrong also afterwards", pf_json_get(plan, "remaining"));
}
