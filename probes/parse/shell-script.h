/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * What a small shell script would do, without running it.
 *
 * It reads the language of sh as dash and bash have it, as far as such scripts
 * go: wrappers, profiles, menus. Programs are never started. What depends on
 * something that nobody can know is tried both ways, and where the ways come to
 * different ends, or anything was not understood, the answer is "unknown".
 *
 * Rule: POSIX.1-2017, Shell Command Language; bash(1), dash(1).
 */

#include <stdbool.h>
#include <stddef.h>

#include "daemon/base/err.h"
#include "daemon/base/strv.h"
#include "probes/parse/file-view.h"

typedef enum PfShellEnd {
        PF_SHELL_UNKNOWN, /* cannot be told; why says it */
        PF_SHELL_ENDS,    /* came to its end, or to "return", and printed nothing */
        PF_SHELL_EXITS,   /* "exit", or an error that ends the shell, and printed nothing */
        PF_SHELL_PRINTS,  /* writes to its standard output, before anything else here */
        PF_SHELL_RUNS,    /* starts a program that it does not know, with its standard output */
        PF_SHELL_EXECS,   /* puts a program in its own place */
} PfShellEnd;

/* All zero is "unknown". */
typedef struct PfShellOutcome {
        PfShellEnd end;
        int status;    /* of ENDS and EXITS; -1: not known */
        PfStrv argv;   /* of RUNS and EXECS: the program as it was named, and its arguments;
                          of ENDS and EXITS with status 126 or 127 the name of what could
                          not be started, if that is why */
        char *path;    /* where that stands: the script, or one that it reads; NULL: @name's text */
        unsigned line; /* from 1; 0: nowhere in particular */
        char *text;    /* that line, without the white space around it; NULL: none */
        char *why;     /* of UNKNOWN: what was not understood; quotes nothing of the script */
} PfShellOutcome;

void pf_shell_outcome_deinit(PfShellOutcome *outcome);
#define PF_AUTO_SHELL_OUTCOME PF_CLEANUP(pf_shell_outcome_deinit)

/* How it is run. All is borrowed. */
typedef struct PfShellSetup {
        PfFileView view;   /* files that it tests and reads; whose rights "id" tells */
        const char *user;  /* the name of that user, for whoami and id -un; NULL: not known */
        bool is_bash;      /* else a plain sh, such as dash */
        bool is_sourced;   /* read by a shell that goes on behind it, as a profile is */
        bool has_no_input; /* standard input is empty */
        bool is_deaf;      /* nobody minds what it prints: PRINTS and RUNS do not happen */
        const PfStrv *environment; /* "NAME=value"; "NAME" alone: may be set, to what nobody
                                      knows. What is not in it is not set. NULL: empty */
        const PfStrv *arguments;   /* $0, $1 … NULL: $0 is the path, and no others */
} PfShellSetup;

/* Bounds; beyond them the answer is "unknown". */
#define PF_SHELL_SCRIPT_MAX (256 << 10) /* bytes of a script, and of each that it reads */

/**
 * pf_shell_script_run() - what a script would do
 * @path: the script's, below the target's root, for the outcome; NULL: none (sh -c)
 * @text: its contents, @n bytes, which may be anything
 * @ret:  receives the outcome; the caller frees it with pf_shell_outcome_deinit()
 * Return: 0; -ENOMEM; a negative errno with a text where a file that decides
 *         could not be looked at.
 */
int pf_shell_script_run(const PfShellSetup *setup, const char *path, const char *text, size_t n,
                        PfShellOutcome *ret, PfErr *err) PF_MUST_CHECK;

/**
 * pf_shell_script_run_file() - the same with the text read from the target
 * @path: as the view's user would say it, but read whoever may read it
 * Return: also PF_TARGET_ABSENT.
 */
int pf_shell_script_run_file(const PfShellSetup *setup, const char *path, PfShellOutcome *ret,
                             PfErr *err) PF_MUST_CHECK;
