/* SPDX-License-Identifier: MIT */
/*
 * Answers for people: what was changed. The last line is the verdict of the machine, as it
 * was looked at afterwards: a change that was made is no success.
 */
#include "daemon/ctl/format-table.h"

#include <inttypes.h>
#include <string.h>
#include <time.h>

#include "daemon/base/clock.h"
#include "daemon/ctl/ctl.h"

/* How far a transaction has come, by its name on the wire. */
static const struct {
        const char *state;
        const char *word;
        const char *sentence; /* of what was just done */
        PfColour colour;
} states[] = {
        { "applied", "applied", "Done, and kept as ", PF_COLOUR_GREEN },
        { "undone", "undone", "Undone: ", PF_COLOUR_DIM },
        { "rolledback", "taken back", "Nothing is changed: taken back was ", PF_COLOUR_RED },
        { "conflict", "conflict", "Not undone as a whole: ", PF_COLOUR_RED },
        { "prepared", "prepared", "Begun, and not done: ", PF_COLOUR_MAGENTA },
        { "applying", "applying", "Begun, and not done: ", PF_COLOUR_MAGENTA },
        { "reverting", "reverting", "Begun to be undone: ", PF_COLOUR_MAGENTA },
        { "", "unknown", "It is not known how this ended: ", PF_COLOUR_MAGENTA },
};

static size_t find_state(const PfJson *transaction) {
        const char *name = pf_table_string(transaction, "state", "");
        size_t i = 0;

        while (i + 1 < PF_ELEMENTS(states) && strcmp(states[i].state, name) != 0)
                i++;
        return i;
}

/* --- one --- */

void pf_table_undo_command(PfPage *page, const PfJson *transaction, const PfShow *show) {
        pf_page_text(page, PF_COLOUR_BOLD, PF_CTL_NAME " undo ");
        if (show->root) {
                pf_page_text(page, PF_COLOUR_BOLD, "--root=");
                pf_page_word(page, PF_COLOUR_BOLD, show->root);
                pf_page_text(page, PF_COLOUR_BOLD, " ");
        }
        if (show->host) {
                pf_page_text(page, PF_COLOUR_BOLD, "-H ");
                pf_page_word(page, PF_COLOUR_BOLD, show->host);
                pf_page_text(page, PF_COLOUR_BOLD, " ");
        }
        pf_page_word(page, PF_COLOUR_BOLD, pf_table_string(transaction, "id", "ID"));
}

static void show_text(PfPage *page, unsigned indent, const PfJson *transaction) {
        PF_AUTO_FREE char *text = pf_table_sentence(page, transaction, "text", NULL);

        if (!text)
                return;
        pf_page_begin(page, indent, indent + 2);
        pf_page_text(page, PF_COLOUR_NONE, text);
        pf_page_end(page);
}

/* What became of it, and how to take it back where that can be. */
static void show_transaction(PfPage *page, const PfJson *transaction, const PfShow *show) {
        size_t state = find_state(transaction);

        pf_page_begin(page, 0, 2);
        pf_page_say(page, states[state].colour, states[state].sentence);
        pf_page_word(page, PF_COLOUR_NONE, pf_table_string(transaction, "id", "(no name)"));
        if (strcmp(states[state].state, "applied") == 0) {
                pf_page_say(page, PF_COLOUR_NONE, "; to undo it: ");
                pf_table_undo_command(page, transaction, show);
        }
        pf_page_end(page);
        show_text(page, 2, transaction);
}

void pf_table_undone(PfPage *page, const PfJson *transaction, const PfShow *show) {
        show_transaction(page, transaction, show);
}

/* --- what became of a plan --- */

/* Is it one of the names? */
static bool is_named(const PfJson *names, const char *name) {
        for (size_t i = 0; i < pf_json_length(names); i++)
                if (strcmp(pf_json_string(pf_json_at(names, i)), name) == 0)
                        return true;
        return false;
}

/* What was asked for and does not apply, with the reason: nothing was remedied there. */
static void show_skipped(PfPage *page, const PfJson *fixed) {
        const PfJson *checks = pf_json_get(pf_json_get(fixed, "report"), "checks");
        const PfJson *skipped = pf_json_get(fixed, "notApplicable");

        for (size_t i = 0; i < pf_json_length(checks); i++) {
                const PfJson *check = pf_json_at(checks, i);
                const char *name = pf_table_string(check, "check", "(no name)");
                PF_AUTO_FREE char *summary = NULL;

                if (!is_named(skipped, name))
                        continue;
                summary = pf_table_sentence(page, check, "summary", NULL);
                pf_page_begin(page, 0, 2);
                pf_page_word(page, PF_COLOUR_BOLD, name);
                pf_page_say(page, PF_COLOUR_NONE,
                            " does not apply here, and nothing was remedied: ");
                pf_page_text(page, PF_COLOUR_NONE, summary ? summary : "");
                pf_page_end(page);
        }
}

static void show_last_line(PfPage *page, const PfJson *fixed) {
        const PfJson *report = pf_json_get(fixed, "report");
        const PfJson *asked = pf_json_get(fixed, "notPassing");
        PF_AUTO_FREE char *line = pf_view_status(report, page->terminal->language);
        bool all = pf_json_bool(pf_json_get(fixed, "all"));

        if (!line)
                page->error = page->error ? page->error : -ENOMEM;
        pf_page_begin(page, 0, 2);
        if (pf_json_length(asked) > 0) {
                pf_table_strings(page, asked);
                pf_page_say(page, PF_COLOUR_RED,
                            pf_json_length(asked) == 1 ? " does not pass" : " do not pass");
                pf_page_say(page, PF_COLOUR_NONE, "; the machine: ");
        } else if (pf_json_length(pf_json_get(fixed, "notApplicable")) > 0) {
                pf_page_say(page, PF_COLOUR_YELLOW, "what was asked for does not apply here");
                pf_page_say(page, PF_COLOUR_NONE, "; the machine: ");
        } else if (!all) {
                pf_page_say(page, PF_COLOUR_GREEN, "what was asked for passes");
                pf_page_say(page, PF_COLOUR_NONE, "; the machine: ");
        }
        pf_page_text(page, pf_view_colour(report), line ? line : "");
        pf_page_end(page);
}

void pf_table_fixed(PfPage *page, const PfJson *fixed, const PfShow *show) {
        const PfJson *transaction = pf_json_get(fixed, "transaction");
        const PfJson *report = pf_json_get(fixed, "report");

        if (transaction)
                show_transaction(page, transaction, show);
        if (!show->quiet)
                pf_table_troubles(page, "Still wrong", pf_json_get(report, "checks"));
        if (page->out.n > 0)
                pf_page_empty_line(page);
        show_skipped(page, fixed);
        show_last_line(page, fixed);
}

/* --- all --- */

#define TIME_COLUMNS 18
#define STATE_COLUMNS 12
#define LEAST_COLUMNS 20 /* less room than this for who and why, and they go below */

static void show_when(PfPage *page, int64_t usec) {
        time_t seconds = (time_t) (usec / 1000000);
        struct tm local;
        char text[32] = "";

        if (usec > 0 && localtime_r(&seconds, &local))
                (void) strftime(text, sizeof(text), "%Y-%m-%d %H:%M", &local);
        pf_page_word(page, PF_COLOUR_NONE, text);
}

static void show_lease(PfPage *page, unsigned indent, const PfJson *transaction,
                       const PfShow *show) {
        const PfJson *lease = pf_json_get(transaction, "lease");
        const PfJson *ends = pf_json_get(transaction, "leaseEndsUSec");

        if (!lease)
                return;
        pf_page_begin(page, indent, indent + 2);
        pf_page_say(page, PF_COLOUR_BOLD, "lease:");
        pf_page_text(page, PF_COLOUR_NONE, " ");
        pf_table_lease(page, lease);
        pf_page_text(page, PF_COLOUR_NONE, ", ");
        if (ends) {
                int64_t left = pf_json_integer(ends) - (int64_t) pf_clock_realtime_usec();

                pf_table_span(page, left);
                pf_page_say(page, PF_COLOUR_NONE, " left; ");
                pf_table_undo_command(page, transaction, show);
        } else {
                pf_page_say(page, PF_COLOUR_NONE, "over");
        }
        pf_page_end(page);
}

static void show_row(PfPage *page, unsigned id_columns, const PfJson *transaction,
                     const PfShow *show) {
        unsigned when = id_columns + 2, state = when + TIME_COLUMNS, rest = state + STATE_COLUMNS;
        bool below = page->width > 0 && rest + LEAST_COLUMNS > page->width;
        size_t found = find_state(transaction);

        pf_page_begin(page, 0, below ? 2 : rest);
        pf_page_word(page, PF_COLOUR_BOLD, pf_table_string(transaction, "id", "(no name)"));
        pf_page_column(page, when);
        show_when(page, pf_json_integer(pf_json_get(transaction, "startedUSec")));
        pf_page_column(page, state);
        pf_page_say(page, states[found].colour, states[found].word);
        if (below) {
                pf_page_end(page);
                pf_page_begin(page, 2, 4);
        } else {
                pf_page_column(page, rest);
        }
        pf_page_printf(page, PF_COLOUR_NONE, "%s, by %s",
                       pf_table_string(transaction, "why", "(no reason)"),
                       pf_table_string(transaction, "who", "nobody knows"));
        pf_page_end(page);
        show_lease(page, 2, transaction, show);
        show_text(page, 2, transaction);
}

void pf_table_history(PfPage *page, const PfJson *value, const PfShow *show) {
        const PfJson *transactions = pf_json_get(value, "transactions");
        unsigned widest = pf_table_widest(page, transactions, "id");

        pf_table_host(page, show);
        if (pf_json_length(transactions) == 0) {
                pf_page_begin(page, 0, 2);
                pf_page_say(page, PF_COLOUR_NONE, "Nothing was changed here.");
                pf_page_end(page);
        }
        for (size_t i = 0; i < pf_json_length(transactions); i++)
                show_row(page, widest, pf_json_at(transactions, i), show);
}
