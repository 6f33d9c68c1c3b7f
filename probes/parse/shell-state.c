/* SPDX-License-Identifier: MIT */
/*
 * What a shell remembers: variables, functions, arguments, and what it has read.
 */
#include "probes/parse/shell-state.h"

#include <string.h>

#define VARIABLES_MAX 1024
#define FUNCTIONS_MAX 256
#define FIELDS_MAX 4096
#define TEXTS_MAX 64 /* a loop that reads a file again and again ends here */

typedef struct PfShellText {
        struct PfShellText *next;
        PfShellSource source;
        PfShellParser *parser;
        char *path;
        char *text;
} PfShellText;

void pf_shell_outcome_deinit(PfShellOutcome *outcome) {
        pf_strv_deinit(&outcome->argv);
        free(outcome->path);
        free(outcome->text);
        free(outcome->why);
        *outcome = (PfShellOutcome){ 0 };
}

void pf_shell_field_deinit(PfShellField *field) {
        free(field->text);
        *field = (PfShellField){ 0 };
}

void pf_shell_fields_deinit(PfShellFields *fields) {
        for (size_t i = 0; i < fields->n; i++)
                free(fields->items[i].text);
        free(fields->items);
        *fields = (PfShellFields){ 0 };
}

/* Room for one more in an array that grows by doubling; NULL: no memory. */
static void *grow(void *items, size_t n, size_t size) {
        if (n > 0 && (n & (n - 1)) != 0)
                return items;
        return realloc(items, (n ? 2 * n : 1) * size);
}

void pf_shell_fields_add_take(PfShellState *state, PfShellFields *fields, char *text,
                              bool is_nonempty) {
        PfShellField *items = NULL;

        if (fields->n < FIELDS_MAX)
                items = grow(fields->items, fields->n, sizeof(*items));
        else
                (void) pf_shell_give_up(state, "it makes too many words");
        if (!items) {
                if (fields->n < FIELDS_MAX)
                        (void) pf_shell_fail(state, -ENOMEM);
                free(text);
                return;
        }
        fields->items = items;
        items[fields->n++] = (PfShellField){ .text = text, .is_nonempty = is_nonempty };
}

static void fields_copy(PfShellState *state, const PfShellFields *from, PfShellFields *to) {
        to->is_open = from->is_open;
        for (size_t i = 0; i < from->n; i++) {
                char *text = from->items[i].text ? strdup(from->items[i].text) : NULL;

                if (from->items[i].text && !text)
                        (void) pf_shell_fail(state, -ENOMEM);
                pf_shell_fields_add_take(state, to, text, from->items[i].is_nonempty);
        }
}

/* --- variables and functions --- */

static PfShellVariable *find(const PfShellState *state, const char *name, size_t n) {
        for (size_t i = 0; i < state->n_variables; i++)
                if (strncmp(state->variables[i].name, name, n) == 0 &&
                    state->variables[i].name[n] == '\0')
                        return &state->variables[i];
        return NULL;
}

const PfShellVariable *pf_shell_get(const PfShellState *state, const char *name, size_t n) {
        const PfShellVariable *variable = find(state, name, n);

        return variable && variable->known != PF_SHELL_UNSET ? variable : NULL;
}

static PfShellVariable *add(PfShellState *state, const char *name, size_t n) {
        PfShellVariable *items;

        if (state->n_variables == VARIABLES_MAX) {
                (void) pf_shell_give_up(state, "it has too many variables");
                return NULL;
        }
        items = grow(state->variables, state->n_variables, sizeof(*items));
        if (items)
                state->variables = items;
        if (!items || !(items[state->n_variables].name = strndup(name, n))) {
                (void) pf_shell_fail(state, -ENOMEM);
                return NULL;
        }
        items[state->n_variables].known = PF_SHELL_UNSET;
        items[state->n_variables].text = NULL;
        return &items[state->n_variables++];
}

void pf_shell_set(PfShellState *state, const char *name, size_t n, PfShellKnowledge known,
                  const char *text) {
        PfShellVariable *variable = find(state, name, n);
        char *copy = known == PF_SHELL_TEXT ? strdup(text) : NULL;

        if (!variable)
                variable = add(state, name, n);
        if (!variable || (known == PF_SHELL_TEXT && !copy)) {
                free(copy);
                (void) (variable ? pf_shell_fail(state, -ENOMEM) : PF_SHELL_STOP);
                return;
        }
        free(variable->text);
        variable->text = copy;
        variable->known = known;
}

const PfShellFunction *pf_shell_function(const PfShellState *state, const char *name) {
        for (size_t i = 0; i < state->n_functions; i++)
                if (strcmp(state->functions[i].name, name) == 0 && state->functions[i].body)
                        return &state->functions[i];
        return NULL;
}

void pf_shell_define(PfShellState *state, const char *name, size_t n, const PfShellNode *body) {
        PfShellFunction *items;

        for (size_t i = 0; i < state->n_functions; i++) {
                if (strncmp(state->functions[i].name, name, n) == 0 &&
                    state->functions[i].name[n] == '\0') {
                        state->functions[i].body = body;
                        return;
                }
        }
        if (state->n_functions == FUNCTIONS_MAX) {
                (void) pf_shell_give_up(state, "it has too many functions");
                return;
        }
        items = grow(state->functions, state->n_functions, sizeof(*items));
        if (items)
                state->functions = items;
        if (!items || !(items[state->n_functions].name = strndup(name, n)))
                (void) pf_shell_fail(state, -ENOMEM);
        else
                items[state->n_functions++].body = body;
}

/* --- the state --- */

/* What each shell sets by itself. */
static const struct {
        const char *name;
        const char *text; /* NULL: some text */
        bool of_bash;
        bool of_sh;
} own_variables[] = {
        { "PS1", "$ ", false, true },     { "PS2", "> ", true, true },
        { "PS4", "+ ", true, true },      { "IFS", " \t\n", true, true },
        { "OPTIND", "1", true, true },    { "PPID", NULL, true, true },
        { "BASH", NULL, true, false },    { "BASH_VERSION", NULL, true, false },
        { "SHLVL", NULL, true, false },   { "HOSTNAME", NULL, true, false },
        { "OSTYPE", NULL, true, false },  { "HOSTTYPE", NULL, true, false },
        { "RANDOM", NULL, true, false },  { "MACHTYPE", NULL, true, false },
        { "PWD", NULL, true, true },      { "LINENO", NULL, true, true },
        { "SECONDS", NULL, true, false },
};

static void set_own(PfShellState *state) {
        const PfIdentity *who = state->setup->view.who;
        char uid[16];

        for (size_t i = 0; i < PF_ELEMENTS(own_variables); i++) {
                const char *name = own_variables[i].name;

                if (state->setup->is_bash ? own_variables[i].of_bash : own_variables[i].of_sh)
                        pf_shell_set(state, name, strlen(name),
                                     own_variables[i].text ? PF_SHELL_TEXT : PF_SHELL_SOME,
                                     own_variables[i].text);
        }
        if (!state->setup->is_bash)
                return;
        (void) snprintf(uid, sizeof(uid), "%u", who->uid);
        pf_shell_set(state, "UID", 3, PF_SHELL_TEXT, uid);
        pf_shell_set(state, "EUID", 4, PF_SHELL_TEXT, uid);
        if (!pf_shell_get(state, "TERM", 4))
                pf_shell_set(state, "TERM", 4, PF_SHELL_TEXT, "dumb");
}

static void set_environment(PfShellState *state) {
        const PfStrv *environment = state->setup->environment;

        for (size_t i = 0; environment && i < environment->n; i++) {
                const char *item = environment->items[i];
                size_t n = strcspn(item, "=");

                if (item[n])
                        pf_shell_set(state, item, n, PF_SHELL_TEXT, item + n + 1);
                else
                        pf_shell_set(state, item, n, PF_SHELL_ANY, NULL);
        }
}

static void set_arguments(PfShellState *state, const char *name) {
        const PfStrv *arguments = state->setup->arguments;

        for (size_t i = 0; i == 0 || (arguments && i < arguments->n); i++) {
                char *text = strdup(arguments && arguments->n ? arguments->items[i] : name);

                if (!text) {
                        (void) pf_shell_fail(state, -ENOMEM);
                        return;
                }
                pf_shell_fields_add_take(state, &state->arguments, text, *text);
        }
}

PfShellState *pf_shell_state_new(const PfShellSetup *setup, const char *name,
                                 PfShellChoices *choices, PfShellOutcome *outcome, PfErr *err) {
        PfShellState *state = calloc(1, sizeof(*state));

        if (!state)
                return NULL;
        state->setup = setup;
        state->choices = choices;
        state->outcome = outcome;
        state->err = err;
        state->top = state;
        state->streams[0] = setup->has_no_input ? PF_SHELL_ELSEWHERE : PF_SHELL_STDIN;
        state->streams[1] = setup->is_deaf ? PF_SHELL_ELSEWHERE : PF_SHELL_STDOUT;
        state->current = strdup(setup->view.current ? setup->view.current : "/");
        if (!state->current)
                (void) pf_shell_fail(state, -ENOMEM);
        set_environment(state);
        set_own(state);
        set_arguments(state, name);
        return state;
}

PfShellState *pf_shell_state_fork(PfShellState *state) {
        PfShellState *fork = malloc(sizeof(*fork));

        if (!fork) {
                (void) pf_shell_fail(state, -ENOMEM);
                return NULL;
        }
        *fork = *state;
        fork->variables = NULL;
        fork->functions = NULL;
        fork->n_variables = fork->n_functions = 0;
        fork->arguments = (PfShellFields){ 0 };
        fork->texts = NULL;
        fork->n_subshells++;
        fork->n_loops = 0;
        fork->current = state->current ? strdup(state->current) : NULL;
        if (state->current && !fork->current)
                (void) pf_shell_fail(state, -ENOMEM);
        for (size_t i = 0; i < state->n_variables; i++)
                pf_shell_set(fork, state->variables[i].name, strlen(state->variables[i].name),
                             state->variables[i].known, state->variables[i].text);
        for (size_t i = 0; i < state->n_functions; i++)
                pf_shell_define(fork, state->functions[i].name, strlen(state->functions[i].name),
                                state->functions[i].body);
        fields_copy(fork, &state->arguments, &fork->arguments);
        return fork;
}

PfShellState *pf_shell_state_free(PfShellState *state) {
        if (!state)
                return NULL;
        for (size_t i = 0; i < state->n_variables; i++) {
                free(state->variables[i].name);
                free(state->variables[i].text);
        }
        for (size_t i = 0; i < state->n_functions; i++)
                free(state->functions[i].name);
        while (state->texts) {
                PfShellText *next = state->texts->next;

                (void) pf_shell_parser_free(state->texts->parser);
                free(state->texts->path);
                free(state->texts->text);
                free(state->texts);
                state->texts = next;
        }
        free(state->variables);
        free(state->functions);
        pf_shell_fields_deinit(&state->arguments);
        free(state->current);
        free(state->top == state ? state->not_started : NULL);
        free(state);
        return NULL;
}

static PfShellText *text_new(const char *path, const char *text, size_t n, bool is_bash) {
        PfShellText *item = calloc(1, sizeof(*item));

        if (!item)
                return NULL;
        item->path = path ? strdup(path) : NULL;
        item->text = malloc(n + 1);
        if (item->text && (!path || item->path)) {
                memcpy(item->text, n ? text : "", n);
                item->text[n] = '\0';
                item->source = (PfShellSource){ .path = item->path, .text = item->text, .n = n };
                item->parser = pf_shell_parser_new(&item->source, is_bash);
        }
        if (item->parser)
                return item;
        free(item->path);
        free(item->text);
        free(item);
        return NULL;
}

PfShellParser *pf_shell_state_read(PfShellState *state, const char *path, const char *text,
                                   size_t n) {
        PfShellText *item;
        size_t n_texts = 0;

        for (const PfShellText *t = state->top->texts; t; t = t->next)
                n_texts++;
        if (n_texts == TEXTS_MAX) {
                (void) pf_shell_give_up(state, "it reads too many files");
                return NULL;
        }
        item = text_new(path, text, n, state->setup->is_bash);
        if (!item) {
                (void) pf_shell_fail(state, -ENOMEM);
                return NULL;
        }
        item->next = state->top->texts;
        state->top->texts = item;
        return item->parser;
}

/* --- how it ends --- */

bool pf_shell_is_over(const PfShellState *state) {
        return state->top->is_over;
}

PfShellFlow pf_shell_fail(PfShellState *state, int error) {
        if (state->top->error == 0)
                state->top->error = error;
        state->top->is_over = true;
        return PF_SHELL_STOP;
}

/* A line of a text, without the white space around it. */
static char *copy_line(const PfShellSource *source, unsigned number) {
        const char *line = source->text;
        const char *end = source->text + source->n;
        const char *stop;

        for (unsigned i = 1; i < number && line; i++) {
                line = memchr(line, '\n', (size_t) (end - line));
                line = line ? line + 1 : NULL;
        }
        if (!line)
                return NULL;
        stop = memchr(line, '\n', (size_t) (end - line));
        stop = stop ? stop : end;
        while (line < stop && (*line == ' ' || *line == '\t'))
                line++;
        while (stop > line && (stop[-1] == ' ' || stop[-1] == '\t' || stop[-1] == '\r'))
                stop--;
        return strndup(line, (size_t) (stop - line));
}

static void locate(const PfShellState *state, char **path, unsigned *line, char **text) {
        const PfShellNode *node = state->node;

        if (!node)
                return;
        *line = node->line;
        *text = copy_line(node->source, node->line);
        *path = node->source->path ? strdup(node->source->path) : NULL;
}

PfShellFlow pf_shell_stop(PfShellState *state, PfShellEnd end, const PfShellFields *argv) {
        PfShellOutcome *outcome = state->outcome;

        if (state->top->is_over)
                return PF_SHELL_STOP;
        state->top->is_over = true;
        outcome->end = end;
        outcome->status = state->status >= 0 ? state->status : -1;
        locate(state, &outcome->path, &outcome->line, &outcome->text);
        for (size_t i = 0; argv && i < argv->n; i++)
                if (pf_strv_add(&outcome->argv, argv->items[i].text) < 0)
                        return pf_shell_fail(state, -ENOMEM);
        if ((end == PF_SHELL_ENDS || end == PF_SHELL_EXITS) &&
            (state->status == PF_SHELL_NOT_FOUND || state->status == PF_SHELL_NOT_EXECUTABLE) &&
            state->top->not_started && pf_strv_add(&outcome->argv, state->top->not_started) < 0)
                return pf_shell_fail(state, -ENOMEM);
        return PF_SHELL_STOP;
}

PfShellFlow pf_shell_not_started(PfShellState *state, const char *name, bool is_absent) {
        free(state->top->not_started);
        state->top->not_started = strdup(name);
        if (!state->top->not_started)
                return pf_shell_fail(state, -ENOMEM);
        state->status = is_absent ? PF_SHELL_NOT_FOUND : PF_SHELL_NOT_EXECUTABLE;
        return PF_SHELL_GO_ON;
}

PfShellFlow pf_shell_give_up(PfShellState *state, const char *why) {
        if (state->top->is_over)
                return PF_SHELL_STOP;
        (void) pf_shell_stop(state, PF_SHELL_UNKNOWN, NULL);
        state->outcome->why = strdup(why);
        return state->outcome->why ? PF_SHELL_STOP : pf_shell_fail(state, -ENOMEM);
}

/* --- ways --- */

bool pf_shell_choose(PfShellState *state) {
        PfShellChoices *choices = state->choices;

        if (choices->used < choices->n)
                return choices->taken[choices->used++];
        if (choices->used == PF_SHELL_CHOICES_MAX) {
                (void) pf_shell_give_up(state, "too much of it depends on what is not known");
                return false;
        }
        if (choices->line == 0)
                locate(state, &choices->path, &choices->line, &choices->text);
        choices->n = choices->used + 1;
        return choices->taken[choices->used++] = false;
}

bool pf_shell_succeeded(PfShellState *state) {
        if (state->status >= 0 || state->status == PF_SHELL_FAILED)
                return state->status == 0;
        state->status = pf_shell_choose(state) ? 0 : PF_SHELL_FAILED;
        return state->status == 0;
}
