/* SPDX-License-Identifier: MIT */
/*
 * Commands, as a shell runs them: POSIX.1-2017, Shell Command Language, 2.9.
 */
#include <string.h>

#include "probes/parse/shell-state.h"

#define DEPTH_MAX 100
#define STEPS_MAX 4000

static PfShellFlow execute(PfShellState *state, const PfShellNode *node);

PfShellFlow pf_shell_print(PfShellState *state) {
        if (state->streams[1] != PF_SHELL_STDOUT)
                return PF_SHELL_GO_ON;
        return pf_shell_stop(state, PF_SHELL_PRINTS, NULL);
}

/* --- simple commands --- */

static bool is_assignment(const PfShellWord *word) {
        size_t n = pf_shell_name_length(word->text, word->n);

        if (n == 0 || n == word->n)
                return false;
        return word->text[n] == '=' ||
               (word->text[n] == '+' && n + 1 < word->n && word->text[n + 1] == '=');
}

static void assign(PfShellState *state, const PfShellWord *word) {
        size_t n = pf_shell_name_length(word->text, word->n);
        bool appends = word->text[n] == '+';
        const char *value = word->text + n + 1 + appends;
        size_t n_value = word->n - n - 1 - appends;
        PF_AUTO_SHELL_FIELD PfShellField field = { 0 };

        if (n_value > 0 && *value == '(') { /* an array of bash */
                pf_shell_set(state, word->text, n, PF_SHELL_ANY, NULL);
                return;
        }
        pf_shell_expand_text(state, value, n_value, &field);
        if (appends)
                pf_shell_set(state, word->text, n, field.is_nonempty ? PF_SHELL_SOME : PF_SHELL_ANY,
                             NULL);
        else
                pf_shell_set(state, word->text, n,
                             field.text          ? PF_SHELL_TEXT
                             : field.is_nonempty ? PF_SHELL_SOME
                                                 : PF_SHELL_ANY,
                             field.text);
}

static PfShellFlow call_function(PfShellState *state, const PfShellFunction *function,
                                 const PfShellFields *argv) {
        PfShellFields saved = state->arguments;
        unsigned n_loops = state->n_loops;
        PfShellFlow flow;

        state->arguments = (PfShellFields){ .is_open = argv->is_open };
        for (size_t i = 0; i < argv->n; i++) {
                const PfShellField *item = i == 0 ? &saved.items[0] : &argv->items[i];
                char *text = item->text ? strdup(item->text) : NULL;

                if (item->text && !text)
                        (void) pf_shell_fail(state, -ENOMEM);
                pf_shell_fields_add_take(state, &state->arguments, text, item->is_nonempty);
        }
        state->n_loops = 0;
        state->n_functions_around++;
        flow = pf_shell_is_over(state) ? PF_SHELL_STOP : execute(state, function->body);
        state->n_functions_around--;
        state->n_loops = n_loops;
        pf_shell_fields_deinit(&state->arguments);
        state->arguments = saved;
        return flow == PF_SHELL_RETURN ? PF_SHELL_GO_ON : flow;
}

/* Do its error messages come out of the standard output? Then it must have none. */
static bool may_complain(const PfShellState *state, const char *name) {
        static const char *const quiet[] = { ":",    "true", "false",  "exit", "return",
                                             "echo", "exec", "printf", "test", "[" };

        for (size_t i = 0; i < PF_ELEMENTS(quiet); i++)
                if (strcmp(name, quiet[i]) == 0)
                        return false;
        return state->streams[2] == PF_SHELL_STDOUT;
}

PfShellFlow pf_shell_call(PfShellState *state, const PfShellFields *argv, bool with_functions) {
        const PfShellFunction *function;
        const PfShellBuiltin *builtin;

        if (argv->n == 0 || !argv->items[0].text)
                return pf_shell_give_up(state, "which command it runs is not known");
        function = with_functions ? pf_shell_function(state, argv->items[0].text) : NULL;
        if (function)
                return call_function(state, function, argv);
        builtin = pf_shell_builtin(state, argv->items[0].text);
        if (builtin && may_complain(state, builtin->name))
                return pf_shell_give_up(state, "error messages go to standard output");
        return builtin ? builtin->run(state, argv) : pf_shell_run_program(state, argv);
}

/* VAR=value command: for that command alone; what is left over is not relied on. */
static PfShellFlow call_with(PfShellState *state, const PfShellWord *words,
                             const PfShellWord *command, const PfShellFields *argv) {
        PfShellFlow flow;

        for (const PfShellWord *word = words; word != command; word = word->next)
                assign(state, word);
        if (pf_shell_is_over(state))
                return PF_SHELL_STOP;
        flow = pf_shell_call(state, argv, true);
        for (const PfShellWord *word = words; word != command; word = word->next)
                pf_shell_set(state, word->text, pf_shell_name_length(word->text, word->n),
                             PF_SHELL_ANY, NULL);
        return flow;
}

/* A redirection that fails ends a plain sh at a special command. */
static PfShellFlow not_redirected(PfShellState *state, const PfShellFields *argv) {
        const PfShellBuiltin *builtin = argv->n > 0 && argv->items[0].text
                                                ? pf_shell_builtin(state, argv->items[0].text)
                                                : NULL;

        if (pf_shell_is_over(state))
                return PF_SHELL_STOP;
        if (!builtin || !builtin->is_special || state->setup->is_bash)
                return PF_SHELL_GO_ON;
        state->status = 2;
        return PF_SHELL_EXIT;
}

static PfShellFlow execute_simple(PfShellState *state, const PfShellNode *node) {
        PF_AUTO_SHELL_FIELDS PfShellFields argv = { 0 };
        const PfShellWord *command = node->words;
        PfShellStream saved[PF_SHELL_N_STREAMS];
        PfShellFlow flow = PF_SHELL_GO_ON;
        bool is_exec;

        while (command && is_assignment(command))
                command = command->next;
        state->was_substituted = false;
        pf_shell_expand_words(state, command, &argv);
        memcpy(saved, state->streams, sizeof(saved));
        if (pf_shell_is_over(state))
                return PF_SHELL_STOP;
        is_exec = argv.n == 1 && argv.items[0].text && strcmp(argv.items[0].text, "exec") == 0;
        if (!pf_shell_redirect(state, node->redirects)) {
                flow = not_redirected(state, &argv);
        } else if (argv.n > 0 || argv.is_open) {
                flow = call_with(state, node->words, command, &argv);
        } else {
                for (const PfShellWord *word = node->words; word != command; word = word->next)
                        assign(state, word);
                state->status = state->was_substituted ? -1 : 0;
        }
        if (!is_exec)
                memcpy(state->streams, saved, sizeof(saved));
        return pf_shell_is_over(state) ? PF_SHELL_STOP : flow;
}

/* --- compound commands --- */

static PfShellFlow execute_condition(PfShellState *state, const PfShellNode *node) {
        PfShellFlow flow;

        state->n_conditions++;
        flow = execute(state, node);
        state->n_conditions--;
        return flow;
}

static PfShellFlow execute_list(PfShellState *state, const PfShellNode *node) {
        PfShellFlow flow = PF_SHELL_GO_ON;

        for (const PfShellNode *item = node->first; item && flow == PF_SHELL_GO_ON;
             item = item->next)
                flow = execute(state, item);
        return flow;
}

static PfShellFlow execute_and_or(PfShellState *state, const PfShellNode *node) {
        PfShellFlow flow = execute_condition(state, node->first);

        if (flow != PF_SHELL_GO_ON)
                return flow;
        if (pf_shell_succeeded(state) != (node->type == PF_SHELL_AND))
                return pf_shell_is_over(state) ? PF_SHELL_STOP : PF_SHELL_GO_ON;
        return execute(state, node->second);
}

static PfShellFlow execute_not(PfShellState *state, const PfShellNode *node) {
        PfShellFlow flow = execute_condition(state, node->first);

        if (flow == PF_SHELL_GO_ON && (state->status >= 0 || state->status == PF_SHELL_FAILED))
                state->status = state->status == 0;
        return flow;
}

/* In a shell of its own, whose end is not ours. */
static PfShellFlow execute_apart(PfShellState *state, const PfShellNode *node, bool has_output,
                                 bool has_input) {
        PF_CLEANUP(pf_shell_state_freep) PfShellState *fork = pf_shell_state_fork(state);

        if (!fork || pf_shell_is_over(state))
                return PF_SHELL_STOP;
        if (!has_output)
                fork->streams[1] = PF_SHELL_ELSEWHERE;
        if (!has_input)
                fork->streams[0] = PF_SHELL_ELSEWHERE;
        (void) execute(fork, node);
        state->status = fork->status;
        return pf_shell_is_over(state) ? PF_SHELL_STOP : PF_SHELL_GO_ON;
}

static PfShellFlow execute_pipe(PfShellState *state, const PfShellNode *node) {
        PfShellFlow flow = PF_SHELL_GO_ON;

        for (const PfShellNode *item = node->first; item && flow == PF_SHELL_GO_ON;
             item = item->next)
                flow = execute_apart(state, item, !item->next, item == node->first);
        return flow;
}

static PfShellFlow execute_subshell(PfShellState *state, const PfShellNode *node) {
        return execute_apart(state, node->first, true, true);
}

static PfShellFlow execute_behind(PfShellState *state, const PfShellNode *node) {
        PfShellFlow flow = execute_apart(state, node->first, true, false);

        state->status = 0;
        return flow;
}

static PfShellFlow execute_if(PfShellState *state, const PfShellNode *node) {
        PfShellFlow flow = execute_condition(state, node->first);

        if (flow != PF_SHELL_GO_ON)
                return flow;
        if (pf_shell_succeeded(state))
                return execute(state, node->second);
        if (pf_shell_is_over(state))
                return PF_SHELL_STOP;
        state->status = 0;
        return node->third ? execute(state, node->third) : PF_SHELL_GO_ON;
}

static PfShellFlow execute_while(PfShellState *state, const PfShellNode *node) {
        PfShellFlow flow = PF_SHELL_GO_ON;

        state->n_loops++;
        while (flow == PF_SHELL_GO_ON || flow == PF_SHELL_CONTINUE) {
                flow = execute_condition(state, node->first);
                if (flow != PF_SHELL_GO_ON ||
                    pf_shell_succeeded(state) != (node->type == PF_SHELL_WHILE))
                        break;
                flow = execute(state, node->second);
        }
        state->n_loops--;
        if (pf_shell_is_over(state))
                return PF_SHELL_STOP;
        if (flow == PF_SHELL_GO_ON || flow == PF_SHELL_BREAK)
                state->status = flow == PF_SHELL_BREAK ? 0 : -1;
        return flow == PF_SHELL_BREAK ? PF_SHELL_GO_ON : flow;
}

static PfShellFlow execute_for(PfShellState *state, const PfShellNode *node) {
        static const PfShellWord all = { .text = "\"$@\"", .n = 4 };
        PF_AUTO_SHELL_FIELDS PfShellFields items = { 0 };
        const PfShellWord *name = node->words;
        PfShellFlow flow = PF_SHELL_GO_ON;

        pf_shell_expand_words(state, node->type == PF_SHELL_FOR ? name->next : &all, &items);
        if (items.is_open)
                return pf_shell_give_up(state, "what a loop goes over is not known");
        if (pf_shell_name_length(name->text, name->n) != name->n)
                return pf_shell_give_up(state, "the name of a loop's variable was not understood");
        state->status = 0;
        state->n_loops++;
        for (size_t i = 0; i < items.n && (flow == PF_SHELL_GO_ON || flow == PF_SHELL_CONTINUE);
             i++) {
                const PfShellField *item = &items.items[i];

                pf_shell_set(state, name->text, name->n,
                             item->text          ? PF_SHELL_TEXT
                             : item->is_nonempty ? PF_SHELL_SOME
                                                 : PF_SHELL_ANY,
                             item->text);
                flow = execute(state, node->second);
        }
        state->n_loops--;
        return flow == PF_SHELL_BREAK || flow == PF_SHELL_CONTINUE ? PF_SHELL_GO_ON : flow;
}

static bool fits(PfShellState *state, const PfShellWord *word, const PfShellField *subject) {
        PF_AUTO_SHELL_FIELD PfShellField pattern = { 0 };

        pf_shell_expand_pattern(state, word->text, word->n, &pattern);
        if (pf_shell_is_over(state))
                return false;
        if (pattern.text && strcmp(pattern.text, "*") == 0)
                return true;
        if (pattern.text && subject->text)
                return pf_shell_matches(pattern.text, subject->text);
        return pf_shell_choose(state);
}

static PfShellFlow execute_case(PfShellState *state, const PfShellNode *node) {
        PF_AUTO_SHELL_FIELD PfShellField subject = { 0 };

        pf_shell_expand_text(state, node->words->text, node->words->n, &subject);
        state->status = 0;
        for (const PfShellNode *item = node->first; item; item = item->next)
                for (const PfShellWord *word = item->words; word; word = word->next) {
                        bool chosen = !pf_shell_is_over(state) && fits(state, word, &subject);

                        if (pf_shell_is_over(state))
                                return PF_SHELL_STOP;
                        if (chosen)
                                return item->first ? execute(state, item->first) : PF_SHELL_GO_ON;
                }
        return PF_SHELL_GO_ON;
}

static PfShellFlow execute_function(PfShellState *state, const PfShellNode *node) {
        const PfShellWord *name = node->words;

        if (memchr(name->text, '\'', name->n) || memchr(name->text, '"', name->n) ||
            memchr(name->text, '$', name->n) || memchr(name->text, '\\', name->n))
                return pf_shell_give_up(state, "the name of a function was not understood");
        pf_shell_define(state, name->text, name->n, node->first);
        state->status = 0;
        return PF_SHELL_GO_ON;
}

static PfShellFlow execute_group(PfShellState *state, const PfShellNode *node) {
        return execute(state, node->first);
}

static PfShellFlow execute_double(PfShellState *state, const PfShellNode *node) {
        state->status = pf_shell_condition(state, node->words);
        return PF_SHELL_GO_ON;
}

static PfShellFlow (*const executors[])(PfShellState *, const PfShellNode *) = {
        [PF_SHELL_SIMPLE] = execute_simple,     [PF_SHELL_LIST] = execute_list,
        [PF_SHELL_AND] = execute_and_or,        [PF_SHELL_OR] = execute_and_or,
        [PF_SHELL_NOT] = execute_not,           [PF_SHELL_PIPE] = execute_pipe,
        [PF_SHELL_BEHIND] = execute_behind,     [PF_SHELL_IF] = execute_if,
        [PF_SHELL_WHILE] = execute_while,       [PF_SHELL_UNTIL] = execute_while,
        [PF_SHELL_FOR] = execute_for,           [PF_SHELL_FOR_ALL] = execute_for,
        [PF_SHELL_CASE] = execute_case,         [PF_SHELL_GROUP] = execute_group,
        [PF_SHELL_SUBSHELL] = execute_subshell, [PF_SHELL_FUNCTION] = execute_function,
        [PF_SHELL_CONDITION] = execute_double,
};

/* set -e: bash and dash look at these, where nothing asks for their status. */
static bool stops_here(PfShellState *state, const PfShellNode *node) {
        bool is_looked_at = node->type == PF_SHELL_SIMPLE || node->type == PF_SHELL_PIPE ||
                            node->type == PF_SHELL_SUBSHELL || node->type == PF_SHELL_CONDITION;

        return is_looked_at && state->stops_at_error && state->n_conditions == 0 &&
               !pf_shell_succeeded(state);
}

/* The redirections of a compound command hold for all of it. */
static PfShellFlow execute_redirected(PfShellState *state, const PfShellNode *node) {
        PfShellStream saved[PF_SHELL_N_STREAMS];
        PfShellFlow flow = PF_SHELL_GO_ON;

        if (!node->redirects || node->type == PF_SHELL_SIMPLE || node->type == PF_SHELL_FUNCTION)
                return executors[node->type](state, node);
        memcpy(saved, state->streams, sizeof(saved));
        if (pf_shell_redirect(state, node->redirects))
                flow = executors[node->type](state, node);
        memcpy(state->streams, saved, sizeof(saved));
        return flow;
}

static PfShellFlow execute(PfShellState *state, const PfShellNode *node) {
        PfShellFlow flow;

        if (node->type != PF_SHELL_LIST)
                state->node = node;
        if (state->depth == DEPTH_MAX || ++state->top->steps > STEPS_MAX)
                return pf_shell_give_up(state, "it takes too long");
        state->depth++;
        flow = execute_redirected(state, node);
        state->depth--;
        if (flow == PF_SHELL_GO_ON && stops_here(state, node))
                flow = PF_SHELL_EXIT;
        return pf_shell_is_over(state) ? PF_SHELL_STOP : flow;
}

/* --- texts --- */

/* What is wrong ends a shell, but of a file that bash reads only the file. */
static PfShellFlow not_parsed(PfShellState *state, const PfShellNode *at, PfShellSyntax syntax) {
        state->node = at;
        if (syntax == PF_SHELL_SYNTAX_NO_MEMORY)
                return pf_shell_fail(state, -ENOMEM);
        if (syntax == PF_SHELL_SYNTAX_UNSUPPORTED)
                return pf_shell_give_up(state, "a command was not understood");
        if (state->streams[2] == PF_SHELL_STDOUT)
                return pf_shell_give_up(state, "error messages go to standard output");
        state->status = 2;
        return state->setup->is_bash && (state->n_sourced > 0 || state->setup->is_sourced)
                       ? PF_SHELL_RETURN
                       : PF_SHELL_EXIT;
}

PfShellFlow pf_shell_execute_text(PfShellState *state, const char *path, const char *text,
                                  size_t n) {
        PfShellParser *parser = pf_shell_state_read(state, path, text, n);
        const PfShellSource *source = parser ? pf_shell_parser_source(parser) : NULL;
        PfShellFlow flow = parser ? PF_SHELL_GO_ON : PF_SHELL_STOP;

        while (flow == PF_SHELL_GO_ON) {
                const PfShellNode *node = NULL;
                const PfShellNode *before = state->node;
                PfShellNode at = { .source = source };
                PfShellSyntax syntax = pf_shell_parser_next(parser, &node, &at.line);

                if (syntax == PF_SHELL_SYNTAX_END)
                        break;
                if (syntax == PF_SHELL_SYNTAX_COMMAND) {
                        flow = execute(state, node);
                } else {
                        flow = not_parsed(state, &at, syntax);
                        state->node = before;
                }
        }
        return flow;
}
