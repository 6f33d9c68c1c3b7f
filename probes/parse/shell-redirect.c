/* SPDX-License-Identifier: MIT */
/*
 * Redirections: POSIX.1-2017, Shell Command Language, 2.7. Of each descriptor it is
 * known whether what is written to it comes out of the script's standard output.
 */
#include <string.h>

#include "probes/parse/shell-state.h"

typedef enum Opening { OPENS, FAILS, MAY_FAIL } Opening;

/* Names that mean a descriptor; -1: none. */
static int descriptor_of(const char *path) {
        static const struct {
                const char *path;
                int fd;
        } names[] = { { "/dev/stdin", 0 }, { "/dev/stdout", 1 }, { "/dev/stderr", 2 },
                      { "/dev/fd/0", 0 },  { "/dev/fd/1", 1 },   { "/dev/fd/2", 2 } };

        for (size_t i = 0; i < PF_ELEMENTS(names); i++)
                if (strcmp(path, names[i].path) == 0)
                        return names[i].fd;
        return -1;
}

static Opening open_input(PfShellState *state, const char *path) {
        PF_AUTO_FOUND_FILE PfFoundFile file = { 0 };
        int r = pf_shell_find_file(state, path, &file);

        if (r < 0)
                return MAY_FAIL;
        return r == 0 && pf_identity_may(state->setup->view.who, &file.info, PF_FILE_MAY_READ)
                       ? OPENS
                       : FAILS;
}

static Opening redirect_file(PfShellState *state, const PfShellRedirect *redirect,
                             const char *path) {
        int fd = path ? descriptor_of(path) : -1;

        state->streams[redirect->fd] = fd >= 0 ? state->streams[fd] : PF_SHELL_ELSEWHERE;
        if (redirect->kind == PF_SHELL_BOTH)
                state->streams[2] = state->streams[redirect->fd];
        if (fd >= 0 || (path && strcmp(path, "/dev/null") == 0))
                return OPENS;
        /* Written there, it may come out of the standard output after all. */
        if (!path || strncmp(path, "/proc/", 6) == 0)
                (void) pf_shell_give_up(state, "where its output goes is not known");
        return redirect->kind == PF_SHELL_INPUT && path ? open_input(state, path) : MAY_FAIL;
}

static Opening duplicate(PfShellState *state, const PfShellRedirect *redirect, const char *text) {
        if (text && strcmp(text, "-") == 0) {
                state->streams[redirect->fd] = PF_SHELL_ELSEWHERE;
                return OPENS;
        }
        if (text && text[0] >= '0' && text[0] <= '9' && !text[1]) {
                state->streams[redirect->fd] = state->streams[text[0] - '0'];
                return text[0] <= '2' ? OPENS : MAY_FAIL;
        }
        if (text && state->setup->is_bash && redirect->fd == 1) {
                PfShellRedirect both = *redirect;

                both.kind = PF_SHELL_BOTH;
                return redirect_file(state, &both, text);
        }
        (void) pf_shell_give_up(state, "where its output goes is not known");
        return MAY_FAIL;
}

static Opening redirect_one(PfShellState *state, const PfShellRedirect *redirect) {
        PF_AUTO_SHELL_FIELD PfShellField target = { 0 };

        if (redirect->kind == PF_SHELL_HERE) {
                state->streams[0] = redirect->n_body > 0 ? PF_SHELL_HERE_TEXT : PF_SHELL_ELSEWHERE;
                return OPENS;
        }
        pf_shell_expand_text(state, redirect->target.text, redirect->target.n, &target);
        if (pf_shell_is_over(state))
                return FAILS;
        return redirect->kind == PF_SHELL_DUPLICATE ? duplicate(state, redirect, target.text)
                                                    : redirect_file(state, redirect, target.text);
}

bool pf_shell_redirect(PfShellState *state, const PfShellRedirect *redirect) {
        for (; redirect && !pf_shell_is_over(state); redirect = redirect->next) {
                Opening opening = redirect_one(state, redirect);

                if (opening == FAILS || (opening == MAY_FAIL && pf_shell_choose(state))) {
                        state->status = 1;
                        return false;
                }
        }
        return !pf_shell_is_over(state);
}
