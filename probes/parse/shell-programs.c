/* SPDX-License-Identifier: MIT */
/*
 * Programs that scripts start: what is known of them without starting them. A
 * program that is not there says so on the error channel, and no more.
 */
#include "probes/parse/shell-state.h"

#include <string.h>

typedef enum Habit {
        SILENT,        /* nothing on standard output, with words that do not begin with "-" */
        SILENT_ALWAYS, /* whatever its words are */
        PRINTS_ALWAYS, /* something, if it starts */
        PRINTS_FILES,  /* what is in the files that it is given */
} Habit;

static const struct {
        const char *name;
        Habit habit;
        int status; /* -1: not known */
} programs[] = {
        { "true", SILENT_ALWAYS, 0 },
        { "false", SILENT_ALWAYS, 1 },
        { "logger", SILENT_ALWAYS, -1 },
        { "sleep", SILENT, -1 },
        { "mkdir", SILENT, -1 },
        { "touch", SILENT, -1 },
        { "rm", SILENT, -1 },
        { "rmdir", SILENT, -1 },
        { "chmod", SILENT, -1 },
        { "chown", SILENT, -1 },
        { "chgrp", SILENT, -1 },
        { "ln", SILENT, -1 },
        { "cp", SILENT, -1 },
        { "mv", SILENT, -1 },
        { "sync", SILENT, -1 },
        { "mesg", SILENT, -1 },
        { "date", PRINTS_ALWAYS, 0 },
        { "whoami", PRINTS_ALWAYS, 0 },
        { "id", PRINTS_ALWAYS, 0 },
        { "uname", PRINTS_ALWAYS, 0 },
        { "uptime", PRINTS_ALWAYS, 0 },
        { "hostname", PRINTS_ALWAYS, 0 },
        { "w", PRINTS_ALWAYS, 0 },
        { "free", PRINTS_ALWAYS, 0 },
        { "df", PRINTS_ALWAYS, 0 },
        { "fortune", PRINTS_ALWAYS, 0 },
        { "figlet", PRINTS_ALWAYS, 0 },
        { "neofetch", PRINTS_ALWAYS, 0 },
        { "cat", PRINTS_FILES, -1 },
};

int pf_shell_find_file(PfShellState *state, const char *path, PfFoundFile *ret) {
        PfFileView view = state->setup->view;
        int r;

        view.current = state->current;
        if (path[0] != '/' && !state->current)
                return -1;
        r = pf_file_view_find(&view, path, ret, state->err);
        if (r < 0)
                (void) pf_shell_fail(state, r);
        return r;
}

/* The same for one that is to be executed. */
static int find_executable(PfShellState *state, const char *path, PfFoundFile *ret) {
        PfFoundFile file = { 0 };
        int r = pf_shell_find_file(state, path, &file);

        if (r == 0 && (file.info.type != PF_FILE_REGULAR ||
                       !pf_identity_may(state->setup->view.who, &file.info, PF_FILE_MAY_EXECUTE)))
                r = PF_FILE_VIEW_DENIED;
        if (r == 0)
                *ret = file;
        else
                pf_found_file_deinit(&file);
        return r;
}

int pf_shell_find_program(PfShellState *state, const char *name, PfFoundFile *ret) {
        const PfShellVariable *path = pf_shell_get(state, "PATH", 4);
        const char *p = path ? path->text : "";
        int found = PF_FILE_VIEW_ABSENT;

        if (strchr(name, '/'))
                return find_executable(state, name, ret);
        if (!p)
                return -1;
        while (*p && found != 0 && !pf_shell_is_over(state)) {
                size_t n = strcspn(p, ":");
                PF_AUTO_BUF PfBuf candidate = PF_BUF_INIT(8192);
                int r;

                r = pf_buf_printf(&candidate, "%.*s/%s", (int) n, n ? p : ".", name);
                if (r < 0)
                        return r == -ENOMEM ? (pf_shell_fail(state, r), -1) : -1;
                r = find_executable(state, candidate.data, ret);
                if (r != PF_FILE_VIEW_ABSENT)
                        found = r;
                p += n;
                p += *p == ':';
        }
        return found;
}

/* Does one of them have something in it? PF_FILE_VIEW_ABSENT: no; -1: not known. */
static int have_contents(PfShellState *state, const PfShellFields *argv) {
        int answer = PF_FILE_VIEW_ABSENT;

        for (size_t i = 1; i < argv->n; i++) {
                PF_AUTO_FOUND_FILE PfFoundFile file = { 0 };
                const char *path = argv->items[i].text;
                int r;

                if (!path || path[0] == '-')
                        return -1;
                r = pf_shell_find_file(state, path, &file);
                if (r < 0)
                        return -1;
                if (r > 0)
                        continue;
                if (file.info.type != PF_FILE_REGULAR)
                        answer = -1;
                else if (file.info.size_bytes > 0 &&
                         pf_identity_may(state->setup->view.who, &file.info, PF_FILE_MAY_READ))
                        return 0;
        }
        return argv->n > 1 ? answer : -1;
}

static bool has_options(const PfShellFields *argv) {
        for (size_t i = 1; i < argv->n; i++)
                if (!argv->items[i].text ||
                    (argv->items[i].text[0] == '-' && strchr(argv->items[i].text, 'v')) ||
                    strncmp(argv->items[i].text, "--", 2) == 0)
                        return true;
        return argv->is_open;
}

/* Its words may not be known; what it is, is. */
static PfShellFlow run_known(PfShellState *state, const PfShellFields *argv, Habit habit,
                             int status) {
        int r;

        state->status = has_options(argv) && habit != SILENT_ALWAYS ? -1 : status;
        if (state->streams[1] != PF_SHELL_STDOUT && habit != PRINTS_FILES)
                return PF_SHELL_GO_ON;
        if (habit == SILENT_ALWAYS || (habit == SILENT && !has_options(argv)))
                return PF_SHELL_GO_ON;
        if (habit == PRINTS_ALWAYS && !has_options(argv))
                return pf_shell_print(state);
        if (habit == PRINTS_FILES && argv->n == 1 && state->streams[0] == PF_SHELL_HERE_TEXT)
                return pf_shell_print(state);
        if (habit == PRINTS_FILES && argv->n == 1 && state->streams[0] == PF_SHELL_ELSEWHERE &&
            state->streams[1] == PF_SHELL_STDOUT)
                return pf_shell_give_up(state, "what it passes on is not known");
        r = habit == PRINTS_FILES ? have_contents(state, argv) : -1;
        if (r > 0 || (r == 0 && state->streams[1] != PF_SHELL_STDOUT)) {
                state->status = r > 0 ? 1 : 0;
                return PF_SHELL_GO_ON;
        }
        if (state->streams[1] != PF_SHELL_STDOUT && argv->n > 1)
                return PF_SHELL_GO_ON;
        return r == 0 ? pf_shell_print(state)
                      : pf_shell_give_up(state, "what a program prints is not known");
}

static PfShellFlow run_unknown(PfShellState *state, const PfShellFields *argv) {
        state->status = -1;
        if (state->streams[1] != PF_SHELL_STDOUT)
                return PF_SHELL_GO_ON;
        for (size_t i = 0; i < argv->n; i++)
                if (!argv->items[i].text)
                        return pf_shell_give_up(state, "the words of a program are not known");
        if (argv->is_open)
                return pf_shell_give_up(state, "the words of a program are not known");
        return pf_shell_stop(state, PF_SHELL_RUNS, argv);
}

PfShellFlow pf_shell_run_program(PfShellState *state, const PfShellFields *argv) {
        PF_AUTO_FOUND_FILE PfFoundFile file = { 0 };
        const char *name = argv->items[0].text;
        const char *base = strrchr(name, '/') ? strrchr(name, '/') + 1 : name;
        int r;

        if (state->streams[2] != PF_SHELL_ELSEWHERE)
                return pf_shell_give_up(state, "error messages of a program go to standard output");
        r = pf_shell_find_program(state, name, &file);
        if (r < 0)
                return pf_shell_give_up(state, "where programs are found is not known");
        if (r > 0) {
                if (pf_shell_function(state, "command_not_found_handle"))
                        return pf_shell_give_up(state, "a program that is not there is handled");
                return pf_shell_not_started(state, name, r == PF_FILE_VIEW_ABSENT);
        }
        for (size_t i = 0; i < PF_ELEMENTS(programs); i++)
                if (strcmp(base, programs[i].name) == 0)
                        return run_known(state, argv, programs[i].habit, programs[i].status);
        return run_unknown(state, argv);
}
