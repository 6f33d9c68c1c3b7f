/* SPDX-License-Identifier: MIT */
/*
 * Commands that a shell has in itself: POSIX.1-2017, 2.14 and 4; bash(1), SHELL
 * BUILTIN COMMANDS. Each is told its words, the first of which is its name.
 */
#include "probes/parse/shell-state.h"

#include <string.h>

static const char *word(const PfShellFields *argv, size_t i) {
        return i < argv->n ? argv->items[i].text : NULL;
}

/* Is every word known, and their number? */
static bool is_known(const PfShellFields *argv) {
        for (size_t i = 0; i < argv->n; i++)
                if (!argv->items[i].text)
                        return false;
        return !argv->is_open;
}

static bool read_number(const char *text, int *ret) {
        char *end;
        long number;

        if (!text || *text < '0' || *text > '9')
                return false;
        number = strtol(text, &end, 10);
        *ret = (int) (number & 0xff);
        return !*end;
}

static PfShellFlow done(PfShellState *state, int status) {
        state->status = status;
        return PF_SHELL_GO_ON;
}

static PfShellFlow not_understood(PfShellState *state) {
        return pf_shell_give_up(state, "the words of a command were not understood");
}

static PfShellFlow run_true(PfShellState *state, const PfShellFields *argv) {
        (void) argv;
        return done(state, 0);
}

static PfShellFlow run_false(PfShellState *state, const PfShellFields *argv) {
        (void) argv;
        return done(state, 1);
}

static PfShellFlow run_unsure(PfShellState *state, const PfShellFields *argv) {
        (void) argv;
        return done(state, -1);
}

static PfShellFlow run_unknown(PfShellState *state, const PfShellFields *argv) {
        (void) argv;
        return pf_shell_give_up(state, "a command was not understood");
}

/* --- what ends something --- */

static PfShellFlow leave(PfShellState *state, const PfShellFields *argv, PfShellFlow flow) {
        int status = state->status;

        if (!is_known(argv) || (argv->n > 1 && !read_number(word(argv, 1), &status)))
                status = -1;
        state->status = status;
        return flow;
}

static PfShellFlow run_exit(PfShellState *state, const PfShellFields *argv) {
        return leave(state, argv, PF_SHELL_EXIT);
}

/* Outside of functions and sourced files bash only complains. */
static PfShellFlow run_return(PfShellState *state, const PfShellFields *argv) {
        bool may = state->n_functions_around > 0 || state->n_sourced > 0 ||
                   state->setup->is_sourced || !state->setup->is_bash;

        return may ? leave(state, argv, PF_SHELL_RETURN) : done(state, PF_SHELL_FAILED);
}

static PfShellFlow loop_flow(PfShellState *state, const PfShellFields *argv, PfShellFlow flow) {
        if (argv->n > 1 || argv->is_open)
                return not_understood(state);
        state->status = 0;
        return state->n_loops > 0 ? flow : PF_SHELL_GO_ON;
}

static PfShellFlow run_break(PfShellState *state, const PfShellFields *argv) {
        return loop_flow(state, argv, PF_SHELL_BREAK);
}

static PfShellFlow run_continue(PfShellState *state, const PfShellFields *argv) {
        return loop_flow(state, argv, PF_SHELL_CONTINUE);
}

/* --- what prints --- */

/* "echo" without words, or with "-n" and none, is told apart; its other options are not. */
static PfShellFlow run_echo(PfShellState *state, const PfShellFields *argv) {
        bool has_option = argv->n > 1 && (!word(argv, 1) || word(argv, 1)[0] == '-');

        state->status = 0;
        if (state->streams[1] != PF_SHELL_STDOUT)
                return PF_SHELL_GO_ON;
        if (!has_option && !(argv->is_open && argv->n < 2))
                return pf_shell_print(state);
        for (size_t i = 1; i < argv->n; i++) {
                const char *text = word(argv, i);

                if (text && *text && strcmp(text, "-n") != 0 && strcmp(text, "-e") != 0)
                        return pf_shell_print(state);
                if (!text && argv->items[i].is_nonempty && i > 1)
                        return pf_shell_print(state);
        }
        if (argv->n == 2 && word(argv, 1) && strcmp(word(argv, 1), "-n") == 0 && !argv->is_open)
                return PF_SHELL_GO_ON;
        return not_understood(state);
}

/* A format that is more than a conversion prints. */
static PfShellFlow run_printf(PfShellState *state, const PfShellFields *argv) {
        const char *format = word(argv, 1);

        state->status = is_known(argv) && argv->n > 1 ? 0 : -1;
        if (state->streams[1] != PF_SHELL_STDOUT)
                return PF_SHELL_GO_ON;
        if (argv->n == 1)
                return done(state, -1);
        if (!format || format[0] == '-')
                return not_understood(state);
        for (const char *p = format; *p; p++)
                if (p[0] == '%' && p[1] == 's' && argv->n > 2 && !argv->items[2].text &&
                    !argv->items[2].is_nonempty)
                        return not_understood(state);
                else if (*p != '%' || p[1] == '%')
                        return pf_shell_print(state);
                else if (p[1] == 's')
                        return argv->n > 2 && argv->items[2].is_nonempty ? pf_shell_print(state)
                                                                         : not_understood(state);
                else
                        return not_understood(state);
        return PF_SHELL_GO_ON;
}

static PfShellFlow run_pwd(PfShellState *state, const PfShellFields *argv) {
        (void) argv;
        state->status = 0;
        return pf_shell_print(state);
}

/* Those that list something unless they are told what to do. */
static PfShellFlow run_setting(PfShellState *state, const PfShellFields *argv) {
        if (argv->n == 1 && !argv->is_open)
                return state->streams[1] == PF_SHELL_STDOUT
                               ? pf_shell_give_up(state, "what it lists is not known")
                               : done(state, 0);
        for (size_t i = 1; i < argv->n; i++)
                if (state->streams[1] == PF_SHELL_STDOUT &&
                    (!word(argv, i) || (word(argv, i)[0] == '-' && strchr(word(argv, i), 'p'))))
                        return not_understood(state);
        return done(state, argv->is_open ? -1 : 0);
}

static PfShellFlow run_alias(PfShellState *state, const PfShellFields *argv) {
        for (size_t i = 1; i < argv->n; i++)
                if (!word(argv, i) || !strchr(word(argv, i), '='))
                        return state->streams[1] == PF_SHELL_STDOUT ? not_understood(state)
                                                                    : done(state, -1);
        return done(state, argv->is_open ? -1 : 0);
}

static PfShellFlow run_ulimit(PfShellState *state, const PfShellFields *argv) {
        int limit;
        const char *last = argv->n > 1 ? word(argv, argv->n - 1) : NULL;

        state->status = -1;
        if (last && (read_number(last, &limit) || strcmp(last, "unlimited") == 0 ||
                     strcmp(last, "hard") == 0 || strcmp(last, "soft") == 0))
                return PF_SHELL_GO_ON;
        return is_known(argv) ? pf_shell_print(state) : not_understood(state);
}

static PfShellFlow run_umask(PfShellState *state, const PfShellFields *argv) {
        if (argv->n == 2 && word(argv, 1) && word(argv, 1)[0] != '-' && !argv->is_open)
                return done(state, 0);
        state->status = -1;
        return state->streams[1] == PF_SHELL_STDOUT ? not_understood(state) : PF_SHELL_GO_ON;
}

/* "shopt -q login_shell", "shopt -oq posix": a shell under sshd is neither. */
static PfShellFlow run_shopt(PfShellState *state, const PfShellFields *argv) {
        const char *option = word(argv, 1);
        const char *name = word(argv, 2);

        if (!is_known(argv) || argv->n < 3 || option[0] != '-')
                return state->streams[1] == PF_SHELL_STDOUT ? not_understood(state)
                                                            : done(state, -1);
        if (strchr(option, 's') || strchr(option, 'u'))
                return done(state, -1);
        if (!strchr(option, 'q'))
                return not_understood(state);
        return done(state, strcmp(name, "login_shell") == 0 || strcmp(name, "posix") == 0 ? 1 : -1);
}

/* --- variables --- */

/* NAME=value, or only a name: export, readonly, local, declare. */
static void assign(PfShellState *state, const char *text, bool is_local) {
        size_t n = pf_shell_name_length(text, strlen(text));

        if (n > 0 && text[n] == '=')
                pf_shell_set(state, text, n, PF_SHELL_TEXT, text + n + 1);
        else if (n > 0 && is_local)
                pf_shell_set(state, text, n, PF_SHELL_ANY, NULL);
}

static PfShellFlow declare(PfShellState *state, const PfShellFields *argv, bool is_local) {
        for (size_t i = 1; i < argv->n; i++) {
                if (!word(argv, i))
                        return not_understood(state); /* which name it sets is not known */
                if (word(argv, i)[0] == '-' &&
                    strspn(word(argv, i) + 1, "xrn") != strlen(word(argv, i)) - 1)
                        return not_understood(state);
                assign(state, word(argv, i), is_local);
        }
        return run_setting(state, argv);
}

static PfShellFlow run_export(PfShellState *state, const PfShellFields *argv) {
        return declare(state, argv, false);
}

static PfShellFlow run_local(PfShellState *state, const PfShellFields *argv) {
        return declare(state, argv, true);
}

static PfShellFlow run_unset(PfShellState *state, const PfShellFields *argv) {
        bool functions = word(argv, 1) && strcmp(word(argv, 1), "-f") == 0;

        if (!is_known(argv))
                return not_understood(state);
        for (size_t i = 1; i < argv->n; i++) {
                const char *name = word(argv, i);
                size_t n = pf_shell_name_length(name, strlen(name));

                if (name[0] == '-')
                        continue;
                if (name[n])
                        return not_understood(state);
                if (functions || (!pf_shell_get(state, name, n) && state->setup->is_bash))
                        pf_shell_define(state, name, n, NULL);
                else
                        pf_shell_set(state, name, n, PF_SHELL_UNSET, NULL);
        }
        return done(state, -1); /* 1 for a variable that may only be read */
}

static PfShellFlow set_arguments(PfShellState *state, const PfShellFields *argv, size_t from) {
        PfShellFields *arguments = &state->arguments;

        while (arguments->n > 1)
                free(arguments->items[--arguments->n].text);
        arguments->is_open = argv->is_open;
        for (size_t i = from; i < argv->n; i++) {
                char *text = word(argv, i) ? strdup(word(argv, i)) : NULL;

                if (word(argv, i) && !text)
                        return pf_shell_fail(state, -ENOMEM);
                pf_shell_fields_add_take(state, arguments, text, argv->items[i].is_nonempty);
        }
        return done(state, 0);
}

static bool set_option(PfShellState *state, char option, bool on) {
        switch (option) {
        case 'e':
                state->stops_at_error = on;
                return true;
        case 'u':
                state->stops_at_unset = on;
                return true;
        case 'f':
                state->has_no_glob = on;
                return true;
        default:
                return strchr("xvabhmBCH", option) != NULL; /* nothing on standard output */
        }
}

static PfShellFlow run_set(PfShellState *state, const PfShellFields *argv) {
        size_t i;

        if (argv->n == 1 && !argv->is_open)
                return run_pwd(state, argv);
        for (i = 1; i < argv->n; i++) {
                const char *text = word(argv, i);

                if (!text)
                        return not_understood(state);
                if (strcmp(text, "--") == 0)
                        return set_arguments(state, argv, i + 1);
                if (text[0] != '-' && text[0] != '+')
                        return set_arguments(state, argv, i);
                if (!text[1])
                        return not_understood(state);
                for (const char *p = text + 1; *p; p++)
                        if (!set_option(state, *p, text[0] == '-'))
                                return not_understood(state);
        }
        return argv->is_open ? not_understood(state) : done(state, 0);
}

static PfShellFlow run_shift(PfShellState *state, const PfShellFields *argv) {
        PfShellFields *arguments = &state->arguments;
        int by = 1;

        if (!is_known(argv) || (argv->n > 1 && !read_number(word(argv, 1), &by)) ||
            arguments->is_open)
                return not_understood(state);
        if ((size_t) by > arguments->n - 1)
                return state->setup->is_bash ? done(state, 1) : not_understood(state);
        for (int k = 0; k < by; k++)
                free(arguments->items[1 + k].text);
        memmove(&arguments->items[1], &arguments->items[1 + by],
                (arguments->n - 1 - (size_t) by) * sizeof(arguments->items[0]));
        arguments->n -= (size_t) by;
        return done(state, 0);
}

/* --- what reads or starts something --- */

static PfShellFlow run_test(PfShellState *state, const PfShellFields *argv) {
        PfShellFields operands = { .items = argv->items + 1,
                                   .n = argv->n - 1,
                                   .is_open = argv->is_open };

        if (strcmp(word(argv, 0), "[") == 0) {
                if (operands.n == 0 || !word(argv, argv->n - 1) ||
                    strcmp(word(argv, argv->n - 1), "]") != 0)
                        return done(state, argv->is_open ? -1 : 2);
                operands.n--;
        }
        return done(state, pf_shell_test(state, &operands));
}

static PfShellFlow run_cd(PfShellState *state, const PfShellFields *argv) {
        PF_AUTO_FOUND_FILE PfFoundFile file = { 0 };
        const PfShellVariable *home = pf_shell_get(state, "HOME", 4);
        const char *path = argv->n > 1 ? word(argv, 1) : home ? home->text : NULL;
        bool moved = false;
        int r = -1;

        /* With CDPATH, and with "-", it prints where it went. */
        if (pf_shell_get(state, "CDPATH", 6) || argv->n > 2 || (path && path[0] == '-'))
                return not_understood(state);
        if (path && !argv->is_open)
                r = pf_shell_find_file(state, path, &file);
        if (r == 0)
                moved = file.info.type == PF_FILE_DIRECTORY &&
                        pf_identity_may(state->setup->view.who, &file.info, PF_FILE_MAY_EXECUTE);
        if (r < 0 || (moved && path[0] != '/')) {
                free(PF_STEAL(state->current));
                return done(state, r < 0 ? -1 : 0);
        }
        if (moved) {
                free(state->current);
                state->current = strdup(path);
                if (!state->current)
                        return pf_shell_fail(state, -ENOMEM);
        }
        return done(state, moved ? 0 : state->setup->is_bash ? 1 : 2);
}

/* "." of a file that is not there ends a plain sh. */
static PfShellFlow run_dot(PfShellState *state, const PfShellFields *argv) {
        PF_AUTO_BUF PfBuf text = PF_BUF_INIT(PF_SHELL_SCRIPT_MAX);
        PF_AUTO_FOUND_FILE PfFoundFile file = { 0 };
        PfShellFlow flow;
        int r;

        if (!is_known(argv) || argv->n != 2 || !strchr(word(argv, 1), '/'))
                return pf_shell_give_up(state, "it reads a file whose name is not known");
        r = pf_shell_find_file(state, word(argv, 1), &file);
        if (r < 0)
                return pf_shell_give_up(state, "it reads a file that could not be looked at");
        if (r == 0 && file.info.type != PF_FILE_REGULAR)
                return pf_shell_give_up(state, "it reads what is no file");
        if (r > 0 || !pf_identity_may(state->setup->view.who, &file.info, PF_FILE_MAY_READ)) {
                state->status = state->setup->is_bash ? 1 : 2;
                return state->setup->is_bash ? PF_SHELL_GO_ON : PF_SHELL_EXIT;
        }
        r = pf_target_read(state->setup->view.target, file.path, PF_SHELL_SCRIPT_MAX, &text,
                           state->err);
        if (r != 0)
                return pf_shell_give_up(state, "it reads a file that could not be read");
        state->n_sourced++;
        flow = pf_shell_execute_text(state, file.path, text.data ? text.data : "", text.n);
        state->n_sourced--;
        return flow == PF_SHELL_RETURN ? PF_SHELL_GO_ON : flow;
}

static PfShellFlow run_eval(PfShellState *state, const PfShellFields *argv) {
        PF_AUTO_BUF PfBuf text = PF_BUF_INIT(PF_SHELL_SCRIPT_MAX);

        if (!is_known(argv))
                return pf_shell_give_up(state, "the words of eval are not known");
        for (size_t i = 1; i < argv->n; i++)
                if (pf_buf_printf(&text, "%s%s", i > 1 ? " " : "", word(argv, i)) < 0)
                        return pf_shell_fail(state, -ENOMEM);
        state->status = 0;
        return pf_shell_execute_text(state, state->node->source->path, text.data ? text.data : "",
                                     text.n);
}

/* Where an interactive shell would go on, this one ends. */
static PfShellFlow run_exec(PfShellState *state, const PfShellFields *argv) {
        PF_AUTO_FOUND_FILE PfFoundFile file = { 0 };
        PfShellFields rest = { .items = argv->items + 1, .n = argv->n - 1 };
        int r;

        if (argv->n == 1 && !argv->is_open)
                return done(state, 0); /* only redirections, which stay */
        if (!is_known(argv) || word(argv, 1)[0] == '-')
                return pf_shell_give_up(state, "what it becomes is not known");
        r = pf_shell_find_program(state, word(argv, 1), &file);
        if (r < 0)
                return pf_shell_give_up(state, "where programs are found is not known");
        if (r > 0) {
                r = pf_shell_not_started(state, word(argv, 1), r == PF_FILE_VIEW_ABSENT);
                return r == PF_SHELL_GO_ON ? PF_SHELL_EXIT : (PfShellFlow) r;
        }
        if (state->n_subshells == 0 && state->streams[1] != PF_SHELL_ELSEWHERE &&
            state->streams[0] == PF_SHELL_STDIN)
                return pf_shell_stop(state, PF_SHELL_EXECS, &rest);
        if (state->n_subshells == 0 && state->setup->is_deaf)
                return pf_shell_stop(state, PF_SHELL_EXECS, &rest);
        r = pf_shell_run_program(state, &rest);
        return r == PF_SHELL_GO_ON ? PF_SHELL_EXIT : (PfShellFlow) r;
}

static PfShellFlow run_command(PfShellState *state, const PfShellFields *argv) {
        PfShellFields rest = { .items = argv->items + 1,
                               .n = argv->n - 1,
                               .is_open = argv->is_open };
        PF_AUTO_FOUND_FILE PfFoundFile file = { 0 };
        const char *option = word(argv, 1);
        int r = 0;

        if (!option)
                return argv->n == 1 && !argv->is_open ? done(state, 0) : not_understood(state);
        if (option[0] != '-')
                return pf_shell_call(state, &rest, false);
        if (strcmp(option, "-v") != 0 || argv->n != 3 || !word(argv, 2))
                return not_understood(state);
        if (!pf_shell_builtin(state, word(argv, 2)) && !pf_shell_function(state, word(argv, 2)))
                r = pf_shell_find_program(state, word(argv, 2), &file);
        state->status = r < 0 ? -1 : r == 0 ? 0 : 127;
        if (r > 0 && state->setup->is_bash)
                state->status = 1;
        if (r < 0 && state->streams[1] == PF_SHELL_STDOUT)
                return not_understood(state);
        return r == 0 ? pf_shell_print(state) : PF_SHELL_GO_ON;
}

/* What it reads is not known, but must not be what the caller sends. */
static PfShellFlow run_read(PfShellState *state, const PfShellFields *argv) {
        if (state->streams[0] == PF_SHELL_STDIN || !is_known(argv))
                return not_understood(state);
        for (size_t i = 1; i < argv->n; i++) {
                size_t n = pf_shell_name_length(word(argv, i), strlen(word(argv, i)));

                if (strcmp(word(argv, i), "-r") != 0 && (n == 0 || word(argv, i)[n]))
                        return not_understood(state);
                if (n > 0)
                        pf_shell_set(state, word(argv, i), n, PF_SHELL_ANY, NULL);
        }
        return done(state, state->setup->has_no_input ? 1 : -1);
}

/* What happens at a signal does not matter; at the end of the shell it does. */
static PfShellFlow run_trap(PfShellState *state, const PfShellFields *argv) {
        for (size_t i = 2; i < argv->n; i++)
                if (!word(argv, i) || strcmp(word(argv, i), "EXIT") == 0 ||
                    strcmp(word(argv, i), "0") == 0 || strcmp(word(argv, i), "DEBUG") == 0 ||
                    strcmp(word(argv, i), "ERR") == 0 || strcmp(word(argv, i), "RETURN") == 0)
                        return not_understood(state);
        return argv->n < 3 || argv->is_open ? not_understood(state) : done(state, 0);
}

static const PfShellBuiltin builtins[] = {
        { ":", true, false, run_true },
        { "true", false, false, run_true },
        { "false", false, false, run_false },
        { "exit", true, false, run_exit },
        { "return", true, false, run_return },
        { "break", true, false, run_break },
        { "continue", true, false, run_continue },
        { "echo", false, false, run_echo },
        { "printf", false, false, run_printf },
        { "pwd", false, false, run_pwd },
        { "times", true, false, run_pwd },
        { "alias", false, false, run_alias },
        { "unalias", false, false, run_unsure },
        { "ulimit", false, false, run_ulimit },
        { "umask", false, false, run_umask },
        { "shopt", false, true, run_shopt },
        { "export", true, false, run_export },
        { "readonly", true, false, run_export },
        { "local", false, false, run_local },
        { "declare", false, true, run_local },
        { "typeset", false, true, run_local },
        { "unset", true, false, run_unset },
        { "set", true, false, run_set },
        { "shift", true, false, run_shift },
        { "test", false, false, run_test },
        { "[", false, false, run_test },
        { "cd", false, false, run_cd },
        { ".", true, false, run_dot },
        { "source", false, true, run_dot },
        { "eval", true, false, run_eval },
        { "exec", true, false, run_exec },
        { "command", false, false, run_command },
        { "trap", true, false, run_trap },
        { "wait", false, false, run_unsure },
        { "kill", false, false, run_unsure },
        { "bind", false, true, run_unsure },
        { "enable", false, true, run_unknown },
        { "hash", false, false, run_setting },
        { "complete", false, true, run_setting },
        { "read", false, false, run_read },
        { "getopts", false, false, run_unknown },
        { "type", false, false, run_unknown },
        { "jobs", false, false, run_unknown },
        { "let", false, true, run_unknown },
        { "mapfile", false, true, run_unknown },
        { "readarray", false, true, run_unknown },
        { "builtin", false, true, run_unknown },
        { "caller", false, true, run_unknown },
        { "dirs", false, true, run_unknown },
        { "pushd", false, true, run_unknown },
        { "popd", false, true, run_unknown },
        { "disown", false, true, run_unknown },
        { "help", false, true, run_unknown },
        { "history", false, true, run_unknown },
        { "fc", false, true, run_unknown },
        { "logout", false, true, run_unknown },
        { "suspend", false, true, run_unknown },
        { "compgen", false, true, run_unknown },
        { "compopt", false, true, run_unknown },
};

const PfShellBuiltin *pf_shell_builtin(const PfShellState *state, const char *name) {
        for (size_t i = 0; i < PF_ELEMENTS(builtins); i++)
                if (strcmp(builtins[i].name, name) == 0 &&
                    (!builtins[i].of_bash || state->setup->is_bash))
                        return &builtins[i];
        return NULL;
}
