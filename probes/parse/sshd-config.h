/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * sshd_config as sshd reads it: the files, and whether sshd accepts them.
 * What holds for one connection is in sshd-effective.h.
 *
 * The rules are those of sshd_config(5), sshd(8) and the observed behaviour of
 * OpenSSH 7.4 to 10.0; where they differ by version, PfSshdVersion decides.
 */

#include <stdbool.h>
#include <stddef.h>

#include "daemon/base/err.h"
#include "daemon/base/strv.h"
#include "daemon/base/target.h"
#include "probes/parse/sshd-version.h"

#define PF_SSHD_CONFIG_PATH "/etc/ssh/sshd_config"

/* Limits; beyond them loading fails with -E2BIG or -EFBIG. */
#define PF_SSHD_FILE_MAX (1 << 20)  /* bytes of one file */
#define PF_SSHD_FILES_MAX 1024      /* files read */
#define PF_SSHD_BYTES_MAX (8 << 20) /* bytes of all files, as often as they are included */
#define PF_SSHD_VALUES_MAX 10000    /* values of one keyword */
#define PF_SSHD_DEPTH_MAX 16        /* of Include: then sshd itself refuses */

typedef struct PfSshdConfig PfSshdConfig;

/* A line of a file; borrowed from the configuration. */
typedef struct PfSshdLine {
        const char *path;
        unsigned number;                  /* counts from 1 */
        const char *text;                 /* without white space around it */
        const struct PfSshdLine *match;   /* the Match line it stands under, or NULL */
        const struct PfSshdLine *include; /* the Include line that its file was first read by */
} PfSshdLine;

/* Why sshd would refuse. */
typedef struct PfSshdProblem {
        const PfSshdLine *line;  /* NULL: no line; then path says where, if anywhere */
        const char *path;        /* of line; or of a file that could not be read */
        const PfSshdLine *other; /* the line that it is at odds with, or NULL */
        char *file;  /* the file that an Include line names and sshd cannot read, or NULL */
        char *text;  /* nearly in sshd's words, without path and line */
        char *words; /* the whole of what sshd would print */
        bool fatal;  /* sshd stops here: it would not name the problems behind this one */
} PfSshdProblem;

/* Where files come from. The functions behave as those of PfTarget. */
typedef struct PfSshdFiles {
        int (*read)(void *data, const char *path, size_t max, PfBuf *buf, PfErr *err);
        int (*glob)(void *data, const char *pattern, PfStrv *ret, PfErr *err);
        void *data;
} PfSshdFiles;

/* Positive outcome: there is no such file. */
enum { PF_SSHD_CONFIG_ABSENT = 1 };

/**
 * pf_sshd_config_load() - read a server configuration and what it includes
 * @target:  the machine; nothing outside its root is read
 * @path:    main file, below the root; normally PF_SSHD_CONFIG_PATH
 * @version: whose rules hold
 * @ret:     receives the configuration; untouched unless 0 is returned
 * @err:     receives text for people, or NULL
 *
 * A line that sshd would refuse is no error here: see the problems below. It
 * then counts as if it were not there, so that all of them are found at once.
 *
 * Units:     lines count from 1; a file holds at most PF_SSHD_FILE_MAX bytes.
 * Ownership: the caller frees *@ret with pf_sshd_config_free(). The target is
 *            not needed afterwards.
 * Rule:      sshd_config(5), Include: in place, in lexical order of each
 *            pattern; relative to /etc/ssh; PF_SSHD_DEPTH_MAX deep.
 * Return:    0, PF_SSHD_CONFIG_ABSENT, or with a text -EACCES, -EFBIG, -E2BIG,
 *            -EIO … where a file could not be read that sshd, as root, would
 *            read; -ENOMEM.
 */
int pf_sshd_config_load(const PfTarget *target, const char *path, const PfSshdVersion *version,
                        PfSshdConfig **ret, PfErr *err) PF_MUST_CHECK;

/* A line that comes before the file: an option of the command line. sshd -o
 * gives the line itself; -p 2222 is the line "Port 2222". Borrowed. */
typedef struct PfSshdGivenLine {
        const char *words;   /* the line */
        const char *path;    /* where the option stands, for evidence */
        unsigned number;     /* the line of that */
        const char *text;    /* what stands there */
        bool replaces_ports; /* -p: "Port" of every other line has no effect */
} PfSshdGivenLine;

#define PF_SSHD_GIVEN_MAX 1024

/**
 * pf_sshd_config_load_with() - the same with lines that come before the file
 * @path:  NULL: there is no file, as with `sshd -f none`
 * @given: @n lines, in their order; copied
 * Return: as pf_sshd_config_load(); -E2BIG for more than PF_SSHD_GIVEN_MAX.
 */
int pf_sshd_config_load_with(const PfTarget *target, const char *path, const PfSshdVersion *version,
                             const PfSshdGivenLine *given, size_t n, PfSshdConfig **ret,
                             PfErr *err) PF_MUST_CHECK;

/* The same with files from elsewhere: a plan not applied yet, a fuzzer's bytes. */
int pf_sshd_config_load_files(const PfSshdFiles *files, const char *path,
                              const PfSshdVersion *version, PfSshdConfig **ret,
                              PfErr *err) PF_MUST_CHECK;

PfSshdConfig *pf_sshd_config_free(PfSshdConfig *conf);
PF_DEFINE_CLEANUP(PfSshdConfig, pf_sshd_config_free);

const PfSshdVersion *pf_sshd_config_version(const PfSshdConfig *conf);

/**
 * pf_sshd_config_is_accepted() - would sshd start with it, and `sshd -t` say yes?
 * Problems that show only for some connections do not count here: evaluate.
 * Host keys, the privilege separation user and /run/sshd are no part of this.
 */
bool pf_sshd_config_is_accepted(const PfSshdConfig *conf);

/* Why not, in the order sshd comes to them; borrowed. */
const PfSshdProblem *pf_sshd_config_problems(const PfSshdConfig *conf, size_t *ret_n);

/* What sshd would only log: deprecated and unsupported keywords; borrowed. */
const PfSshdProblem *pf_sshd_config_warnings(const PfSshdConfig *conf, size_t *ret_n);

/**
 * pf_sshd_config_find_comment() - a line of the main file that "#" switches off
 * @keyword: in any case
 * @value:   its first argument, or NULL: any
 * @after:   a line found before, to go on behind it, or NULL
 * Return:   the line, borrowed, or NULL. sshd does not see it; people do.
 */
const PfSshdLine *pf_sshd_config_find_comment(const PfSshdConfig *conf, const char *keyword,
                                              const char *value, const PfSshdLine *after);

/* The files that were read, in the order first read; borrowed. */
const PfStrv *pf_sshd_config_files(const PfSshdConfig *conf);
