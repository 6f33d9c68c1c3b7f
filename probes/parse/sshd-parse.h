/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * What the rooms of the reader share; for sshd-*.c alone.
 *
 * sshd reads its files twice: at start without a connection, when every line is
 * checked and those before any Match take effect; and for a connection, when
 * only lines of matching blocks do, which then replace the former. So does a
 * PfSshdRun, line by line. What a line wants to set is kept aside until the
 * whole of it was found good, so that a refused line has no effect.
 */

#include <stdbool.h>
#include <stdint.h>

#include "daemon/base/strv.h"
#include "probes/parse/sshd-config.h"
#include "probes/parse/sshd-effective.h"
#include "probes/parse/sshd-keywords.h"

/* Positive outcome of what follows: the line is refused, and that is noted. */
enum { PF_SSHD_REFUSED = 1 };

/* What one keyword got. All zero is "nothing set it". */
typedef struct PfSshdSlot {
        PfSshdValue *values; /* each text is owned */
        size_t n;
        size_t allocated;
        unsigned owner; /* number of the line, as it was run, that set it; 0: none */
        const PfSshdLine **shadowed;
        size_t n_shadowed;
        const PfSshdLine *doubt;
} PfSshdSlot;

typedef struct PfSshdOptions {
        PfSshdSlot slots[PF_SSHD_N_KEYS];
} PfSshdOptions;

void pf_sshd_options_deinit(PfSshdOptions *options);
int pf_sshd_slot_add(PfSshdSlot *slot, const char *text, const PfSshdLine *line) PF_MUST_CHECK;
int pf_sshd_slot_shadow(PfSshdSlot *slot, const PfSshdLine *line) PF_MUST_CHECK;
void pf_sshd_slot_clear(PfSshdSlot *slot); /* its values; what it shadows stays */

/* Problems, and warnings, in their order. */
typedef struct PfSshdProblems {
        PfSshdProblem *items;
        size_t n;
} PfSshdProblems;

void pf_sshd_problems_deinit(PfSshdProblems *problems);

/* Adds one; text and words are taken over, NULL counts as out of memory. */
int pf_sshd_problems_add_take(PfSshdProblems *problems, const PfSshdLine *line, const char *path,
                              bool fatal, char *text, char *words) PF_MUST_CHECK;

/* A line, and what the reader knows of it besides. */
typedef struct PfSshdText {
        PfSshdLine line;     /* line.text is the whole of it, without blanks around */
        const char *words;   /* to run in place of line.text; NULL: the same */
        bool replaces_ports; /* PfSshdGivenLine */
        bool seen;           /* run at least once: line.match is known */
        bool refused;        /* counts as not there */
} PfSshdText;

typedef struct PfSshdFile {
        char *path;
        char *contents; /* the lines, each ended by NUL */
        PfSshdText *lines;
        size_t n;
} PfSshdFile;

/* What an Include pattern stood for when it was first met, as far as sshd has got. */
typedef struct PfSshdInclude {
        char *pattern;
        size_t *files; /* positions in PfSshdConfig.files */
        size_t n;
} PfSshdInclude;

/* Since then arguments are split as a shell does, and '#' ends them. */
#define PF_SSHD_SHELL_WORDS 807

struct PfSshdConfig {
        PfSshdVersion version;
        PfSshdFile **files; /* the main file first */
        size_t n_files;
        size_t n_bytes;
        PfSshdInclude *includes;
        size_t n_includes;
        size_t given;     /* position of the lines of the command line; 0: there are none */
        bool ports_given; /* by one of these */
        char *services;   /* the text of services(5), once a name asked for it; NULL: none did */
        PfStrv paths;
        PfSshdOptions global; /* of the first reading */
        PfSshdProblems problems;
        PfSshdProblems warnings;
};

/* How a value joins those that are there. */
typedef enum PfSshdMode {
        PF_SSHD_SET,       /* the first line that sets it wins */
        PF_SSHD_APPEND,    /* every line adds */
        PF_SSHD_OVERWRITE, /* the last line wins */
} PfSshdMode;

typedef struct PfSshdChange {
        PfSshdKey key;
        PfSshdMode mode;
        char *text;
} PfSshdChange;

/* How the blocks of an included file are to be taken. */
typedef enum PfSshdRunFlags {
        PF_SSHD_NEVER_MATCH = 1 << 0, /* included in a block that does not match */
        PF_SSHD_MATCH_ONLY = 1 << 1,  /* second reading, and no Match before */
} PfSshdRunFlags;

/* The arguments of the line in hand, split as its version does. */
typedef struct PfSshdArguments {
        bool shell; /* as since 8.7: words below; else rest is cut piece by piece */
        PfStrv words;
        size_t next;
        char *rest; /* of the line behind the keyword, also where words are split */
} PfSshdArguments;

typedef struct PfSshdRun {
        PfSshdConfig *conf;                 /* in the second reading not changed */
        const PfSshdFiles *files;           /* NULL in the second reading */
        const PfSshdConnection *connection; /* NULL in the first reading */
        const PfSshdVersion *version;
        unsigned number; /* of the version */
        PfSshdOptions *options;
        PfSshdProblems *problems;
        PfSshdProblems *warnings; /* NULL: not wanted */
        PfErr *err;

        bool active;                   /* lines take effect */
        bool stopped;                  /* sshd is gone, and going on would not end */
        const PfSshdLine *include;     /* that the file in hand is read by, or NULL */
        const PfSshdLine *match;       /* the block, or NULL */
        const PfSshdLine *doubt;       /* the block, where it could not be decided */
        const PfSshdLine *outer_doubt; /* the same of the block that the file is included in */
        unsigned flags;                /* PfSshdRunFlags, of the file in hand */
        unsigned sequence;             /* counts the lines that were run */
        size_t budget;                 /* of bytes that are still run */
        unsigned depth;

        /* the line in hand */
        PfSshdText *text;
        const char *name; /* the keyword as written */
        const PfSshdKeyword *keyword;
        PfSshdArguments arguments;
        PfSshdChange *changes;
        size_t n_changes;
        size_t allocated_changes;
} PfSshdRun;

/**
 * pf_sshd_run() - read all files, once
 * The caller has set what stands before "active", and budget.
 * Return: 0, -E2BIG, -ENOMEM, or what a file could not be read for.
 */
int pf_sshd_run(PfSshdRun *run) PF_MUST_CHECK;

/* Positive outcome of it besides PF_SSHD_CONFIG_ABSENT, but for the first file: a
 * link that leads to itself, which sshd cannot open either. */
enum { PF_SSHD_FILE_LOOPS = 2 };

/* sshd-include.c: reads a file into run->conf; *ret is its position. */
int pf_sshd_file_read(PfSshdRun *run, const char *path, size_t *ret) PF_MUST_CHECK;
PfSshdFile *pf_sshd_file_free(PfSshdFile *file);

/* The same of lines that are in no file. */
int pf_sshd_file_given(PfSshdRun *run, const char *path, const PfSshdGivenLine *given, size_t n,
                       size_t *ret) PF_MUST_CHECK;
int pf_sshd_include(PfSshdRun *run) PF_MUST_CHECK;
int pf_sshd_run_file(PfSshdRun *run, size_t file, unsigned flags) PF_MUST_CHECK;

/* sshd-arguments.c: reads the arguments of run's line into changes. */
int pf_sshd_arguments_read(PfSshdRun *run, PfSshdKind kind) PF_MUST_CHECK;

/* sshd-condition.c: does the Match line in hand match? */
typedef enum PfSshdVerdict {
        PF_SSHD_NO_MATCH,
        PF_SSHD_MATCHES,
        PF_SSHD_UNDECIDED,
} PfSshdVerdict;
int pf_sshd_condition(PfSshdRun *run, const PfSshdConnection *connection,
                      PfSshdVerdict *ret) PF_MUST_CHECK;

/* The next argument, or NULL. */
char *pf_sshd_next(PfSshdRun *run);
/* The same in a loop over all: up to 8.6 an empty word ends it. */
char *pf_sshd_next_of_all(PfSshdRun *run);
/* Nothing behind is looked at any more. */
void pf_sshd_consume(PfSshdRun *run);
bool pf_sshd_has_more(const PfSshdRun *run);

/**
 * pf_sshd_refuse() - note why sshd refuses the line in hand
 * Return: PF_SSHD_REFUSED or -ENOMEM.
 */
int pf_sshd_refuse(PfSshdRun *run, const char *fmt, ...) PF_PRINTF(2, 3) PF_MUST_CHECK;

/* The same where sshd reads on to the end of the file, to find more. */
int pf_sshd_refuse_softly(PfSshdRun *run, const char *fmt, ...) PF_PRINTF(2, 3) PF_MUST_CHECK;

/* The same after sshd printed another line of words first. */
int pf_sshd_refuse_after(PfSshdRun *run, const char *before, const char *fmt, ...)
        PF_PRINTF(3, 4) PF_MUST_CHECK;

/* The same where sshd names neither file nor line. */
int pf_sshd_refuse_bare(PfSshdRun *run, const char *fmt, ...) PF_PRINTF(2, 3) PF_MUST_CHECK;

/* The problem that was noted last; valid until the next one. */
static inline PfSshdProblem *pf_sshd_last_problem(const PfSshdRun *run) {
        return &run->problems->items[run->problems->n - 1];
}

/* Notes what sshd would only log. */
int pf_sshd_warn(PfSshdRun *run, const char *fmt, ...) PF_PRINTF(2, 3) PF_MUST_CHECK;

/* What the line wants to set. */
int pf_sshd_change(PfSshdRun *run, PfSshdKey key, PfSshdMode mode, const char *text) PF_MUST_CHECK;
int pf_sshd_change_number(PfSshdRun *run, PfSshdKey key, PfSshdMode mode,
                          long long number) PF_MUST_CHECK;

static inline bool pf_sshd_is_set(const PfSshdRun *run, PfSshdKey key) {
        return run->options->slots[key].owner != 0;
}

/**
 * pf_sshd_read_port_word() - a port from 0 to 65535, or the name of a service
 * @ret:   -1 where it is neither, by the machine's own services(5)
 * Return: 0, or a negative errno where that file could not be read.
 */
int pf_sshd_read_port_word(PfSshdRun *run, const char *word, int *ret);
