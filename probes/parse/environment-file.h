/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * The environment that a service is started with, each variable with the line
 * it comes from: of the files that EnvironmentFile= names, of Environment=, and
 * of the files that an init script sources.
 */

#include <stddef.h>

#include "daemon/base/cleanup.h"

typedef struct PfVariable {
        char *name;
        char *value;
        char *path;    /* of the file it was assigned in */
        unsigned line; /* from 1: where the assignment begins */
        char *text;    /* that line as it stands */
} PfVariable;

/* All zero is an empty environment. Each name is there once. */
typedef struct PfEnvironment {
        PfVariable *variables;
        size_t n;
} PfEnvironment;

#define PF_ENVIRONMENT_MAX 1024           /* variables */
#define PF_ENVIRONMENT_FILE_MAX (1 << 20) /* bytes of a file */

void pf_environment_deinit(PfEnvironment *environment);
#define PF_AUTO_ENVIRONMENT PF_CLEANUP(pf_environment_deinit)

/**
 * pf_environment_set() - assign a variable, in place of what it was before
 * @n_name, @n_value, @n_text: bytes; what holds a NUL ends there
 * Return: 0; -E2BIG for more than PF_ENVIRONMENT_MAX, -ENOMEM.
 */
typedef struct PfAssignment {
        const char *name;
        size_t n_name;
        const char *value;
        size_t n_value;
        const char *path;
        unsigned line;
        const char *text;
        size_t n_text;
} PfAssignment;
int pf_environment_set(PfEnvironment *environment, const PfAssignment *assignment) PF_MUST_CHECK;

/* The variable, or NULL. Borrowed. */
const PfVariable *pf_environment_get(const PfEnvironment *environment, const char *name);

/**
 * pf_environment_parse() - assign what a file for EnvironmentFile= assigns
 * @text: @n bytes
 * @path: of the file, for evidence
 *
 * Rule:   systemd.exec(5), EnvironmentFile=, and what systemd 252 was seen to do:
 *         '#' and ';' begin a comment, which a '\' at its end continues; quotes
 *         count at the beginning of a value and behind other quotes; '\' takes
 *         away the meaning of what follows, and joins lines; nothing is
 *         expanded. A line without '=', or whose name is none, is ignored.
 * Return: 0, -E2BIG, -ENOMEM.
 */
int pf_environment_parse(PfEnvironment *environment, const char *text, size_t n,
                         const char *path) PF_MUST_CHECK;

/**
 * pf_environment_parse_shell() - assign what a script assigns that sh(1) sources
 * Rule:   assignments as pf_os_release_parse() has them: what is computed, and
 *         every command, assigns nothing.
 * @ret_bad_line: receives the first line that is no plain assignment, or 0
 * Return: 0, -E2BIG, -ENOMEM.
 */
int pf_environment_parse_shell(PfEnvironment *environment, const char *text, size_t n,
                               const char *path, unsigned *ret_bad_line) PF_MUST_CHECK;
