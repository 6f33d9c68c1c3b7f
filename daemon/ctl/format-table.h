/* SPDX-License-Identifier: MIT */
#pragma once

/* The parts of the table format; for format-table*.c alone. */

#include "daemon/ctl/format.h"
#include "daemon/ctl/view.h"

/* Lines of prose are not made longer than this: it is hard to read. */
#define PF_TABLE_PROSE_WIDTH 100

void pf_table_list(PfPage *page, const PfJson *value, const PfShow *show);
void pf_table_explain(PfPage *page, const PfJson *value, const PfShow *show);
void pf_table_facts(PfPage *page, const PfJson *value, const PfShow *show);

void pf_table_plan(PfPage *page, const PfJson *plan, const PfShow *show);
void pf_table_fixed(PfPage *page, const PfJson *fixed, const PfShow *show);
void pf_table_undone(PfPage *page, const PfJson *transaction, const PfShow *show);
void pf_table_history(PfPage *page, const PfJson *value, const PfShow *show);

/* Checks that are not as they should be: of each the members "check", "verdict" and
 * "summary". What is waived is left out. Below a heading, which is left out where there
 * are none. */
void pf_table_troubles(PfPage *page, const char *heading, const PfJson *checks);

/* Whom a lease is for: "root from 192.0.2.7". @lease is of type Lease. */
void pf_table_lease(PfPage *page, const PfJson *lease);

/* A span of time, of which the two greatest units count: "1 h 5 min". */
void pf_table_span(PfPage *page, int64_t usec);

/* The command that takes a transaction back, as one would type it here. */
void pf_table_undo_command(PfPage *page, const PfJson *transaction, const PfShow *show);

/* Is a catalogue entry about this platform? */
bool pf_table_is_for_here(const PfJson *entry);

/* A line that says which machine was asked, where that is another one. */
void pf_table_host(PfPage *page, const PfShow *show);

/* The title of a catalogue entry, in the language of the page; "" where it has none. */
const char *pf_table_title(const PfPage *page, const PfJson *entry);

/* The stages of a login, from the member "path" of the facts. */
void pf_table_path(PfPage *page, const PfJson *stages, const PfShow *show);

/* The entries of boot loaders: facts with the member "entries". */
void pf_table_boot(PfPage *page, const PfJson *facts, const PfShow *show);

/* What is mounted, down to the disks: facts with the member "fileSystems". */
void pf_table_storage(PfPage *page, const PfJson *facts, const PfShow *show);

/* Where the columns of a list of verdicts are. */
typedef struct PfColumns {
        bool marks; /* instead of words */
        unsigned name;
        unsigned summary;
        bool below; /* the summary has a line of its own */
} PfColumns;

/* The columns that the longest of a member's texts takes. */
unsigned pf_table_widest(const PfPage *page, const PfJson *objects, const char *key);
PfColumns pf_table_columns(const PfPage *page, unsigned name_columns);

/* A line of such a list; and below it where that comes from, and what to do:
 * @label and @text, and @behind in brackets. Without text there is no line. */
void pf_table_verdict(PfPage *page, const PfColumns *columns, const PfLook *look, const char *name,
                      const char *summary);
void pf_table_evidence(PfPage *page, unsigned indent, const PfJson *evidence);
void pf_table_labelled(PfPage *page, unsigned indent, const char *label, const char *text,
                       const char *behind);

/* What stands below such a line: evidence, the vendor's check, remedy, errors, waiver.
 * @check is of type CheckResult. */
void pf_table_details(PfPage *page, unsigned indent, const PfJson *check);

/* The text of the member @key in the language of the page; @message names the member
 * that has it taken apart, or is NULL. The caller frees it; NULL where there is none, or
 * memory ran out, which the page remembers. */
char *pf_table_sentence(PfPage *page, const PfJson *object, const char *key, const char *message);

/* Adds "path:line" as one word; without the line where it is not known. */
void pf_table_place(PfPage *page, const PfJson *object);

/* Adds a list of strings, "a, b, c". */
void pf_table_strings(PfPage *page, const PfJson *array);

/* Adds a text in quotes; of a long one only the beginning. */
void pf_table_quote(PfPage *page, PfColour colour, const char *text);

/* A line in bold, with an empty one before it unless the page begins there. The text is
 * one of ours, or a path. */
void pf_table_heading(PfPage *page, const char *text);
