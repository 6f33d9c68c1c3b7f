/* SPDX-License-Identifier: MIT */
/*
 * Goes through a script as a shell would: once for each way that it may take.
 */
#include "probes/parse/shell-script.h"

#include <string.h>

#include "probes/parse/shell-state.h"

#define WAYS_MAX 64

static int run_once(const PfShellSetup *setup, const char *path, const char *text, size_t n,
                    PfShellChoices *choices, PfShellOutcome *ret, PfErr *err) {
        PF_CLEANUP(pf_shell_state_freep)
        PfShellState *state = pf_shell_state_new(setup, path ? path : "sh", choices, ret, err);
        PfShellFlow flow;

        if (!state)
                return -ENOMEM;
        choices->used = 0;
        flow = pf_shell_is_over(state) ? PF_SHELL_STOP
                                       : pf_shell_execute_text(state, path, text, n);
        (void) pf_shell_stop(state, flow == PF_SHELL_EXIT ? PF_SHELL_EXITS : PF_SHELL_ENDS, NULL);
        choices->n = choices->used;
        return state->error;
}

/* Takes the last way that was not tried; false: there is none. */
static bool next_way(PfShellChoices *choices) {
        while (choices->n > 0 && choices->taken[choices->n - 1])
                choices->n--;
        if (choices->n == 0)
                return false;
        choices->taken[choices->n - 1] = true;
        return true;
}

static bool is_same_end(const PfShellOutcome *a, const PfShellOutcome *b) {
        if (a->end != b->end || a->argv.n != b->argv.n)
                return false;
        for (size_t i = 0; i < a->argv.n; i++)
                if (strcmp(a->argv.items[i], b->argv.items[i]) != 0)
                        return false;
        return true;
}

static int set_undecided(PfShellOutcome *outcome, PfShellChoices *choices) {
        pf_shell_outcome_deinit(outcome);
        outcome->end = PF_SHELL_UNKNOWN;
        outcome->status = -1;
        outcome->path = PF_STEAL(choices->path);
        outcome->text = PF_STEAL(choices->text);
        outcome->line = choices->line;
        outcome->why = strdup("what it does depends on what cannot be known");
        return outcome->why ? 0 : -ENOMEM;
}

/* What another way came to, put together with what is known already. */
static int merge(PfShellOutcome *all, PfShellOutcome *other, PfShellChoices *choices) {
        int r = 0;

        if (other->end == PF_SHELL_UNKNOWN) {
                PfShellOutcome first = *all;

                *all = *other;
                *other = first;
        } else if (!is_same_end(all, other)) {
                r = set_undecided(all, choices);
        } else if (all->status != other->status) {
                all->status = -1;
        }
        return r;
}

static void choices_deinit(PfShellChoices *choices) {
        free(choices->path);
        free(choices->text);
}

int pf_shell_script_run(const PfShellSetup *setup, const char *path, const char *text, size_t n,
                        PfShellOutcome *ret, PfErr *err) {
        PF_CLEANUP(choices_deinit) PfShellChoices choices = { 0 };
        PF_AUTO_SHELL_OUTCOME PfShellOutcome all = { 0 };
        unsigned ways = 1;
        int r;

        r = run_once(setup, path, text, n, &choices, &all, err);
        while (r == 0 && all.end != PF_SHELL_UNKNOWN && next_way(&choices)) {
                PF_AUTO_SHELL_OUTCOME PfShellOutcome other = { 0 };

                if (++ways > WAYS_MAX) {
                        r = set_undecided(&all, &choices);
                        break;
                }
                r = run_once(setup, path, text, n, &choices, &other, err);
                if (r == 0)
                        r = merge(&all, &other, &choices);
        }
        if (r < 0)
                return r;
        *ret = all;
        all = (PfShellOutcome){ 0 };
        return 0;
}

int pf_shell_script_run_file(const PfShellSetup *setup, const char *path, PfShellOutcome *ret,
                             PfErr *err) {
        static const PfIdentity root = { 0 };
        PF_AUTO_BUF PfBuf text = PF_BUF_INIT(PF_SHELL_SCRIPT_MAX);
        PF_AUTO_FOUND_FILE PfFoundFile file = { 0 };
        PfFileView view = setup->view;
        int r;

        view.who = &root;
        r = pf_file_view_find(&view, path, &file, err);
        if (r != 0)
                return r < 0 ? r : PF_TARGET_ABSENT;
        r = pf_target_read(setup->view.target, file.path, PF_SHELL_SCRIPT_MAX, &text, err);
        if (r != 0)
                return r;
        return pf_shell_script_run(setup, file.path, text.data ? text.data : "", text.n, ret, err);
}
