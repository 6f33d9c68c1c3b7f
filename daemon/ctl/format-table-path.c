/* SPDX-License-Identifier: MIT */
/*
 * Answers for people: the way of a login, stage by stage, and below each that
 * holds it up what is to blame and what helps.
 */
#include "daemon/ctl/format-table.h"

#include <string.h>

static bool is_skipped(const PfJson *stage) {
        return strcmp(pf_table_string(stage, "verdict", ""), "skip") == 0;
}

static void show_stage(PfPage *page, const PfColumns *columns, const PfJson *stage) {
        const PfLook *look = pf_look_find(pf_json_get_string(stage, "verdict"));
        const PfJson *evidence = pf_json_get(stage, "evidence");
        PF_AUTO_FREE char *summary = pf_table_sentence(page, stage, "summary", "message");
        PF_AUTO_FREE char *cure = pf_table_sentence(page, stage, "remedy", NULL);
        unsigned indent = columns->name + 2;

        pf_table_verdict(page, columns, look, pf_table_string(stage, "stage", "(no name)"),
                         summary ? summary : "");
        if (!look->is_trouble)
                return;
        for (size_t i = 0; i < pf_json_length(evidence); i++)
                pf_table_evidence(page, indent, pf_json_at(evidence, i));
        pf_table_labelled(page, indent, "fix:", cure, NULL);
}

/* In one line: they say nothing of this login. */
static void show_skipped(PfPage *page, const PfJson *stages) {
        bool is_first = true;

        for (size_t i = 0; i < pf_json_length(stages); i++) {
                const PfJson *stage = pf_json_at(stages, i);

                if (!is_skipped(stage))
                        continue;
                if (is_first)
                        pf_page_begin(page, 2, 4);
                pf_page_say(page, PF_COLOUR_DIM, is_first ? "not applicable: " : ", ");
                pf_page_text(page, PF_COLOUR_DIM, pf_table_string(stage, "stage", ""));
                is_first = false;
        }
        if (!is_first)
                pf_page_end(page);
}

void pf_table_path(PfPage *page, const PfJson *stages, const PfShow *show) {
        const PfColumns columns = pf_table_columns(page, pf_table_widest(page, stages, "stage"));

        if (pf_json_length(stages) == 0)
                return;
        if (!show->quiet)
                pf_table_heading(page, "The way in");
        for (size_t i = 0; i < pf_json_length(stages); i++) {
                const PfJson *stage = pf_json_at(stages, i);
                const PfLook *look = pf_look_find(pf_json_get_string(stage, "verdict"));

                if (!is_skipped(stage) && (look->is_trouble || !show->quiet))
                        show_stage(page, &columns, stage);
        }
        if (!show->quiet) {
                show_skipped(page, stages);
                pf_page_empty_line(page);
        }
}
