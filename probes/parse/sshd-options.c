/* SPDX-License-Identifier: MIT */
/*
 * What lines have set, and what is wrong with them: the two heaps that a run
 * of the reader fills.
 */
#include "probes/parse/sshd-parse.h"

#include <stdlib.h>
#include <string.h>

void pf_sshd_slot_clear(PfSshdSlot *slot) {
        for (size_t i = 0; i < slot->n; i++)
                free((char *) slot->values[i].text);
        slot->n = 0;
        slot->owner = 0;
}

void pf_sshd_options_deinit(PfSshdOptions *options) {
        for (size_t i = 0; i < PF_SSHD_N_KEYS; i++) {
                PfSshdSlot *slot = &options->slots[i];

                pf_sshd_slot_clear(slot);
                free(slot->values);
                free(slot->shadowed);
                *slot = (PfSshdSlot){ 0 };
        }
}

int pf_sshd_slot_add(PfSshdSlot *slot, const char *text, const PfSshdLine *line) {
        char *copy;

        if (slot->n == PF_SSHD_VALUES_MAX)
                return -E2BIG;
        if (slot->n == slot->allocated) {
                size_t allocated = slot->allocated ? 2 * slot->allocated : 4;
                PfSshdValue *values = realloc(slot->values, allocated * sizeof(*values));

                if (!values)
                        return -ENOMEM;
                slot->values = values;
                slot->allocated = allocated;
        }
        copy = strdup(text);
        if (!copy)
                return -ENOMEM;
        slot->values[slot->n++] = (PfSshdValue){ .text = copy, .line = line };
        return 0;
}

int pf_sshd_slot_shadow(PfSshdSlot *slot, const PfSshdLine *line) {
        const PfSshdLine **shadowed;

        /* A line with several values loses but once; and a file that is included
         * over and over need not fill the list. */
        if ((slot->n_shadowed > 0 && slot->shadowed[slot->n_shadowed - 1] == line) ||
            slot->n_shadowed == PF_SSHD_VALUES_MAX)
                return 0;
        shadowed = realloc(slot->shadowed, (slot->n_shadowed + 1) * sizeof(*shadowed));
        if (!shadowed)
                return -ENOMEM;
        shadowed[slot->n_shadowed++] = line;
        slot->shadowed = shadowed;
        return 0;
}

void pf_sshd_problems_deinit(PfSshdProblems *problems) {
        for (size_t i = 0; i < problems->n; i++) {
                free(problems->items[i].file);
                free(problems->items[i].text);
                free(problems->items[i].words);
        }
        free(problems->items);
        *problems = (PfSshdProblems){ 0 };
}

int pf_sshd_problems_add_take(PfSshdProblems *problems, const PfSshdLine *line, const char *path,
                              bool fatal, char *text, char *words) {
        PfSshdProblem *items = NULL;

        if (text && words)
                items = realloc(problems->items, (problems->n + 1) * sizeof(*items));
        if (!items) {
                free(text);
                free(words);
                return -ENOMEM;
        }
        problems->items = items;
        items[problems->n++] = (PfSshdProblem){
                .line = line, .path = path, .text = text, .words = words, .fatal = fatal
        };
        return 0;
}
