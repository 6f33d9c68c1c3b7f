/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * A command line of a unit, as systemd takes it apart before it starts the
 * program: words, quotes, prefixes, and the variables of the environment.
 */

#include <stdbool.h>
#include <stddef.h>

#include "daemon/base/err.h"
#include "probes/parse/environment-file.h"

typedef struct PfCommandWord {
        char *text;
        const PfVariable *variable; /* that it comes out of, or NULL: the line itself; borrowed */
} PfCommandWord;

/* A program and its arguments. All zero is none. */
typedef struct PfCommand {
        PfCommandWord *words; /* the first one is the program */
        size_t n;
        bool may_fail; /* prefix "-": nothing depends on it */
} PfCommand;

#define PF_COMMAND_WORDS_MAX 4096

void pf_command_deinit(PfCommand *command);
#define PF_AUTO_COMMAND PF_CLEANUP(pf_command_deinit)

/**
 * pf_command_parse() - the value of ExecStart=, ExecStartPre= …
 * @value:       the first command of it, up to a ";" on its own
 * @environment: outlives *@ret
 * @ret:         receives the command; untouched unless 0 is returned
 *
 * Rule:   systemd.service(5), COMMAND LINES: $NAME as a word of its own becomes
 *         the words of its value, none where it is unset; ${NAME} is put in as
 *         it stands; "$$" is "$"; prefix ":" takes variables their meaning;
 *         prefix "@" gives argv[0]. Specifiers stay as they are, but "%%".
 * Return: 0; -EINVAL with a text for a line that systemd ignores (an open quote,
 *         an unknown escape, nothing at all); -E2BIG, -ENOMEM.
 */
int pf_command_parse(const char *value, const PfEnvironment *environment, PfCommand *ret,
                     PfErr *err) PF_MUST_CHECK;

/* Split at white space with quotes, as Environment= is. Return: as above. */
int pf_command_split(const char *value, PfCommand *ret, PfErr *err) PF_MUST_CHECK;
