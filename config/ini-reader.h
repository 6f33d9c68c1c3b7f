/* SPDX-License-Identifier: MIT */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "daemon/base/err.h"
#include "daemon/base/strv.h"

/*
 * Sections, keys and values of settings and profiles, read with inih, with what
 * inih leaves out: the line of each value, and a complaint about each line that
 * is none of comment, section and assignment.
 *
 * Rule: lines of up to PF_INI_LINE_MAX bytes. Comments begin with '#' or ';',
 * behind a value with ';' and a space before it. A line that begins with a space
 * goes on with the value above it. A byte order mark at the start is skipped.
 * The same section may begin more than once.
 */

/* inih's own, as packaged, is 200 with the line's end and a NUL. */
#define PF_INI_LINE_MAX 197

/* What is wrong, one "file:line: text" each. All zero is empty. */
typedef struct PfIniErrors {
        PfStrv texts;
        unsigned first_line; /* of the first; 0: it is about the file as a whole */
        size_t n_dropped;    /* more than PF_INI_ERRORS_MAX */
        bool failed;         /* one could not be kept: out of memory */
} PfIniErrors;

#define PF_INI_ERRORS_MAX 64
#define PF_AUTO_INI_ERRORS PF_CLEANUP(pf_ini_errors_deinit)

void pf_ini_errors_deinit(PfIniErrors *errors);

/**
 * pf_ini_errors_to_err() - the complaints as one error
 * @err:   receives the first of them, and how many more there are
 * Return: 0 where there are none, -EINVAL, -ENOMEM where not all could be kept.
 */
int pf_ini_errors_to_err(const PfIniErrors *errors, PfErr *err) PF_MUST_CHECK;

typedef struct PfIniEntry {
        const char *path;
        unsigned line;       /* from 1 */
        const char *section; /* "" before the first one */
        const char *name;    /* NULL: the line begins the section */
        const char *value;   /* without the space around it; NULL with name */
        bool continued;      /* the line goes on with the value above it */
} PfIniEntry;

/* Complain about an entry, or about a file as a whole with line 0. The text
 * says what was expected. Control characters become '?'. */
void pf_ini_complain(PfIniErrors *errors, const PfIniEntry *entry, const char *fmt, ...)
        PF_PRINTF(3, 4);

/* Return: 0, or a negative errno that ends the reading; a value that is wrong is
 * a complaint and 0, so that all of them are told at once. */
typedef int (*PfIniVisit)(const PfIniEntry *entry, void *data);

/**
 * pf_ini_read() - call @visit for every section and every value, in their order
 * @path:   for complaints
 * @text:   @n bytes
 * @errors: receives complaints about lines that cannot be read
 * Return:  0, also with complaints; what @visit returned; -ENOMEM.
 */
int pf_ini_read(const char *path, const char *text, size_t n, PfIniVisit visit, void *data,
                PfIniErrors *errors) PF_MUST_CHECK;
