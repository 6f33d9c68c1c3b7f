/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * A shell in the middle of a script, as far as it is known. Used by the files
 * of shell-script.h alone: shell-words.c (expansion), shell-test.c,
 * shell-builtins.c, shell-programs.c, shell-script.c (control).
 */

#include <stdbool.h>
#include <stddef.h>

#include "daemon/base/buf.h"
#include "daemon/base/strv.h"
#include "probes/parse/shell-script.h"
#include "probes/parse/shell-syntax.h"

/* What is known of a value. */
typedef enum PfShellKnowledge {
        PF_SHELL_UNSET,
        PF_SHELL_TEXT, /* all of it */
        PF_SHELL_SOME, /* set, and not empty */
        PF_SHELL_ANY,  /* nothing */
} PfShellKnowledge;

typedef struct PfShellVariable {
        char *name;
        PfShellKnowledge known;
        char *text; /* NULL unless known is TEXT */
} PfShellVariable;

typedef struct PfShellFunction {
        char *name;
        const PfShellNode *body; /* NULL: unset */
} PfShellFunction;

/* A word after expansion. */
typedef struct PfShellField {
        char *text; /* NULL: not known */
        bool is_nonempty;
} PfShellField;

typedef struct PfShellFields {
        PfShellField *items;
        size_t n;
        bool is_open; /* how many there are is not known */
} PfShellFields;

void pf_shell_fields_deinit(PfShellFields *fields);
#define PF_AUTO_SHELL_FIELDS PF_CLEANUP(pf_shell_fields_deinit)
void pf_shell_field_deinit(PfShellField *field);
#define PF_AUTO_SHELL_FIELD PF_CLEANUP(pf_shell_field_deinit)

/* Where a descriptor leads. */
typedef enum PfShellStream {
        PF_SHELL_ELSEWHERE, /* a file, a pipe, nothing, or the error channel */
        PF_SHELL_STDOUT,    /* the standard output that the script was started with */
        PF_SHELL_STDIN,     /* the standard input that it was started with */
        PF_SHELL_HERE_TEXT, /* a here-document that is not empty */
} PfShellStream;
#define PF_SHELL_N_STREAMS 10

/* Status of a program that could not be started. */
/* Not zero, and not known which: what a status is on the way where a command failed. */
enum { PF_SHELL_FAILED = -2 };
enum { PF_SHELL_NOT_EXECUTABLE = 126, PF_SHELL_NOT_FOUND = 127 };

/* What a command leads to. */
typedef enum PfShellFlow {
        PF_SHELL_GO_ON,
        PF_SHELL_BREAK,
        PF_SHELL_CONTINUE,
        PF_SHELL_RETURN,
        PF_SHELL_EXIT, /* of this shell or subshell */
        PF_SHELL_STOP, /* the outcome is decided */
} PfShellFlow;

/* The ways that were taken where nobody can know which one it is. */
#define PF_SHELL_CHOICES_MAX 32
typedef struct PfShellChoices {
        bool taken[PF_SHELL_CHOICES_MAX];
        size_t n;    /* decided beforehand, then while running */
        size_t used; /* of this run */
        char *path;  /* where the first was */
        unsigned line;
        char *text;
} PfShellChoices;

typedef struct PfShellState {
        const PfShellSetup *setup;
        PfShellChoices *choices;
        PfErr *err;
        PfShellOutcome *outcome;
        struct PfShellState *top; /* the script's own shell; the next four are only there */
        int error;                /* negative errno, then all is over */
        bool is_over;             /* the outcome is decided */
        char *not_started;        /* the program that last could not be */
        unsigned steps;
        struct PfShellText *texts; /* everything that was read */

        PfShellVariable *variables;
        size_t n_variables;
        PfShellFunction *functions;
        size_t n_functions;
        PfShellFields arguments; /* $0, $1 … */
        char *current;           /* working directory, from the view's root; NULL: not known */
        PfShellStream streams[PF_SHELL_N_STREAMS];

        int status; /* of the command before; -1: not known, or PF_SHELL_FAILED */
        bool was_substituted;
        bool stops_at_error;   /* set -e */
        bool stops_at_unset;   /* set -u */
        bool has_no_glob;      /* set -f */
        unsigned n_conditions; /* conditions around this: set -e does not look */
        unsigned n_subshells;
        unsigned n_functions_around;
        unsigned n_sourced;
        unsigned n_loops;
        unsigned depth;
        const PfShellNode *node; /* being executed */
} PfShellState;

/* --- shell-state.c --- */

PfShellState *pf_shell_state_new(const PfShellSetup *setup, const char *name,
                                 PfShellChoices *choices, PfShellOutcome *outcome, PfErr *err);
PfShellState *pf_shell_state_free(PfShellState *state);
PF_DEFINE_CLEANUP(PfShellState, pf_shell_state_free);

/* A copy for a subshell, whose changes nobody sees; NULL: no memory, and noted in @state. */
PfShellState *pf_shell_state_fork(PfShellState *state);

/* The variable, or NULL: it is not set. */
const PfShellVariable *pf_shell_get(const PfShellState *state, const char *name, size_t n);
/* @text is copied; NULL unless @known is TEXT. */
void pf_shell_set(PfShellState *state, const char *name, size_t n, PfShellKnowledge known,
                  const char *text);
const PfShellFunction *pf_shell_function(const PfShellState *state, const char *name);
void pf_shell_define(PfShellState *state, const char *name, size_t n, const PfShellNode *body);

/* Adds a field; @text is taken over, NULL is one that is not known. */
void pf_shell_fields_add_take(PfShellState *state, PfShellFields *fields, char *text,
                              bool is_nonempty);

/* Parses and keeps a text, which is copied; NULL: no memory, and noted. */
PfShellParser *pf_shell_state_read(PfShellState *state, const char *path, const char *text,
                                   size_t n);

/* Ends the run. Each returns PF_SHELL_STOP. */
PfShellFlow pf_shell_stop(PfShellState *state, PfShellEnd end, const PfShellFields *argv);
PfShellFlow pf_shell_give_up(PfShellState *state, const char *why);
PfShellFlow pf_shell_fail(PfShellState *state, int error);
/* Notes a program that is not there, or may not be executed, and sets the status. */
PfShellFlow pf_shell_not_started(PfShellState *state, const char *name, bool is_absent);
bool pf_shell_is_over(const PfShellState *state);

/* Takes one of two ways. */
bool pf_shell_choose(PfShellState *state);
/* The same unless the status is known: did the last command succeed? */
bool pf_shell_succeeded(PfShellState *state);

/* --- shell-words.c: each leaves the state over where it could not --- */

void pf_shell_expand_words(PfShellState *state, const PfShellWord *words, PfShellFields *ret);
void pf_shell_expand_text(PfShellState *state, const char *text, size_t n, PfShellField *ret);
/* The same with a backslash before what is quoted: for pf_shell_matches(). */
void pf_shell_expand_pattern(PfShellState *state, const char *text, size_t n, PfShellField *ret);

/* --- shell-pattern.c --- */

/* Does the pattern match the whole text? */
bool pf_shell_matches(const char *pattern, const char *text);

/* --- shell-test.c: 0, 1, 2 (not a test), or -1: not known --- */

int pf_shell_test(PfShellState *state, const PfShellFields *fields);
int pf_shell_condition(PfShellState *state, const PfShellWord *words);

/* --- shell-builtins.c --- */

typedef struct PfShellBuiltin {
        const char *name;
        bool is_special; /* an error in it ends a shell that is not bash */
        bool of_bash;
        PfShellFlow (*run)(PfShellState *state, const PfShellFields *argv);
} PfShellBuiltin;

const PfShellBuiltin *pf_shell_builtin(const PfShellState *state, const char *name);

/* --- shell-programs.c --- */

/* What is in the file system under a command's name, by PATH: 0, or a positive outcome of
 * pf_file_view_find(), DENIED also where it may not be executed; -1: not known. */
int pf_shell_find_program(PfShellState *state, const char *name, PfFoundFile *ret);
/* A program that is no builtin. */
PfShellFlow pf_shell_run_program(PfShellState *state, const PfShellFields *argv);
/* A file as the view's user opens it; the same outcomes. */
int pf_shell_find_file(PfShellState *state, const char *path, PfFoundFile *ret);

/* --- shell-redirect.c --- */

/* Are all made? Where one may fail, both ways are taken. */
bool pf_shell_redirect(PfShellState *state, const PfShellRedirect *redirect);

/* --- shell-execute.c --- */

/* A function, a builtin or a program; without functions for "command". */
PfShellFlow pf_shell_call(PfShellState *state, const PfShellFields *argv, bool with_functions);
/* Everything in a text, in this shell. */
PfShellFlow pf_shell_execute_text(PfShellState *state, const char *path, const char *text,
                                  size_t n);
/* Writes something, if anything, where fd 1 leads. */
PfShellFlow pf_shell_print(PfShellState *state);
