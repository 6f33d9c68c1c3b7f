/* SPDX-License-Identifier: MIT */
#pragma once

/* The parts of the table format; for format-table*.c alone. */

#include "daemon/ctl/format.h"

/* Lines of prose are not made longer than this: it is hard to read. */
#define PF_TABLE_PROSE_WIDTH 100

void pf_table_list(PfPage *page, const PfJson *value, const PfShow *show);
void pf_table_explain(PfPage *page, const PfJson *value, const PfShow *show);
void pf_table_facts(PfPage *page, const PfJson *value, const PfShow *show);

/* A member that is a string, or @otherwise. */
const char *pf_table_string(const PfJson *object, const char *key, const char *otherwise);

/* Adds "path:line" as one word; without the line where it is not known. */
void pf_table_place(PfPage *page, const PfJson *object);

/* Adds a list of strings, "a, b, c". */
void pf_table_strings(PfPage *page, const PfJson *array);

/* Adds a text in quotes; of a long one only the beginning. */
void pf_table_quote(PfPage *page, PfColour colour, const char *text);

/* A line in bold, with an empty one before it unless the page begins there. */
void pf_table_heading(PfPage *page, const char *text);
