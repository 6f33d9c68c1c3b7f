/* SPDX-License-Identifier: MIT */
#pragma once

#include <uv.h>

#include "daemon/base/err.h"

/*
 * What the main functions of the services have in common: how one begins, is told by
 * signals, and ends.
 */

#define PF_MAIN_EXIT_USAGE 2 /* wrong options or settings */

/* No core dumps, no SIGPIPE, and a log where the service manager wants it. */
void pf_main_begin(void);

/* What is left behind the options is wrong: says so on stderr.
 * Return: 0 where nothing is, otherwise 1 + PF_MAIN_EXIT_USAGE. */
int pf_main_refuse_arguments(const char *program, int argc, char **argv);

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
