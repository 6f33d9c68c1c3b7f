/* SPDX-License-Identifier: MIT */
#pragma once

#include "daemon/platform/run-tool.h"

/*
 * How a view is built: worked out before fork(2), and done after it, where nothing but
 * system calls may be made.
 */
typedef struct PfViewStep PfViewStep;

/* All zero is one that changes nothing. */
typedef struct PfView {
        PfViewStep *steps;
        size_t n;
} PfView;

void pf_view_deinit(PfView *view);
#define PF_AUTO_VIEW PF_CLEANUP(pf_view_deinit)

/* Return: 0; -E2BIG for more than PF_VIEW_NAMES_MAX names in a directory that gets others;
 * -ENOMEM, and what a file system says, with a text. */
#define PF_VIEW_NAMES_MAX 4096
int pf_view_plan(const PfTool *tool, PfView *ret, PfErr *err) PF_MUST_CHECK;

/**
 * pf_view_enter() - a mount namespace of its own, with the view
 * @ret_step: receives the number of the step that failed
 * Return:    0; a negative errno, and then this process may be in a namespace already.
 */
int pf_view_enter(const PfView *view, size_t *ret_step) PF_MUST_CHECK;

/* What a step is about, for people. */
const char *pf_view_step_path(const PfView *view, size_t step);
