/* SPDX-License-Identifier: MIT */
#pragma once

#include <getopt.h>
#include <uv.h>

#include "daemon/base/err.h"

/*
 * What the main functions of the services have in common: how one begins, is told by
 * signals, and ends.
 */

#define PF_MAIN_EXIT_USAGE 2 /* wrong options or settings */

/* No core dumps, no SIGPIPE, and a log where the service manager wants it. */
void pf_main_begin(void);

/* A command line of options alone. */
typedef struct PfMainOptions {
        const char *program;
        const struct option *options; /* getopt_long(3)'s: their values from PF_MAIN_OPTION on, */
        size_t n;                     /* but for --help and --version, which are added */
        int (*take)(int c);           /* Return: 0 to go on, otherwise 1 + the exit status */
        void (*print_help)(void);
} PfMainOptions;

#define PF_MAIN_OPTION 512
#define PF_MAIN_OPTIONS_MAX 24

/* Has each option taken; says on stderr what is wrong.
 * Return: 0 to go on, otherwise 1 + the exit status. */
int pf_main_parse_options(const PfMainOptions *options, int argc, char **argv);

/* For what set-up returned: -EINVAL is a setting that is wrong. */
int pf_main_exit_status(int r);

#define PF_SIGNALS_MAX 3

/* All zero: none are watched. */
typedef struct PfSignals {
        uv_signal_t handles[PF_SIGNALS_MAX];
} PfSignals;

/**
 * pf_signals_start() - have @callback told of some signals
 * @numbers: @n of them, at most PF_SIGNALS_MAX
 * @data:    of each handle; not NULL
 * Return:   0, or a negative errno with a text; pf_signals_stop() in any case.
 */
int pf_signals_start(PfSignals *signals, uv_loop_t *loop, const int *numbers, size_t n,
                     uv_signal_cb callback, void *data, PfErr *err) PF_MUST_CHECK;

/* The handles are closed in the loop's next turns. */
void pf_signals_stop(PfSignals *signals);
