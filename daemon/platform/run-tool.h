/* SPDX-License-Identifier: MIT */
#pragma once

#include <stdint.h>

#include "daemon/base/buf.h"
#include "daemon/base/err.h"
#include "daemon/base/strv.h"

/*
 * Runs a program of this machine, to hear what it says: without a terminal, with a clean
 * environment, limits and a deadline, and, where that is asked for, with a view of its own
 * in which some files are others than they are.
 *
 * A view is a private mount namespace: mount_namespaces(7). Nobody else sees it, and it is gone
 * with the program, however that ends. A program does not outlive the thread that runs it.
 */

/* A file that is another one in the view. */
typedef struct PfToolFile {
        const char *path;   /* without links; its directory is there */
        const char *staged; /* the file that is seen in its place; NULL: none is */
} PfToolFile;

typedef struct PfTool {
        const char *const *argv; /* NULL at its end; the first is an absolute path */
        const PfToolFile *files; /* where there are any, in a view */
        size_t n_files;
        const PfStrv
                *directories; /* that are to be in the view, one below what is there; or NULL */
        const char *scratch;  /* an empty directory of the caller's, for the view to be built in */
        const char *tmpdir;   /* TMPDIR of its environment; NULL: there is none */
        uint64_t deadline_ms;
        uint64_t memory_max; /* bytes; 0: 1 GiB */
        uint64_t file_max;   /* bytes of each file that it writes; 0: 16 MiB */
} PfTool;

/* Of the output no more than its beginning is kept. */
#define PF_TOOL_OUTPUT_MAX (64u << 10)

/* Positive outcome: this process may make no view. */
enum { PF_TOOL_NO_VIEW = 1 };

/**
 * pf_tool_run() - run a program, and wait for it
 * @output:     what it writes to standard output and error is added, up to PF_TOOL_OUTPUT_MAX
 * @ret_status: as of wait(2)
 *
 * Limits: those of @tool, no core dumps, its deadline in seconds of processor time. What it
 *         leaves running goes with it.
 * Return: 0, PF_TOOL_NO_VIEW; with a text -ETIMEDOUT where it was killed at its deadline,
 *         -ENOENT, -EACCES … where it cannot be started, and what a view fails with.
 */
int pf_tool_run(const PfTool *tool, PfBuf *output, int *ret_status, PfErr *err) PF_MUST_CHECK;
