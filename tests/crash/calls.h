/* SPDX-License-Identifier: MIT */
#pragma once

#include <stdbool.h>
#include <sys/types.h>

/*
 * System calls by what they leave: of crash-run.
 *
 * A call changes something where it may change what outlives the program: a file, a mount, what
 * another process was told. Of the others a kill before or after it leaves the same; the list of
 * those is what the folding of points rests on. What lies in the page cache outlives a killed
 * program, so fsync(2) is one of them.
 */

/* @args are those of the call, whose thread @pid is stopped at its entry. */
bool crash_may_change(pid_t pid, unsigned long long call, const unsigned long long *args);

/* Does it write to a file system, which may refuse that? */
bool crash_may_be_refused(pid_t pid, unsigned long long call, const unsigned long long *args);

/* Where a program under seccomp(2) stops for its tracer, which decides the rest. */
typedef enum CrashFilter {
        CRASH_AT_BEGINNINGS, /* flock, mkdirat: see --from */
        CRASH_AT_CHANGES,    /* every call but those after which all is as before */
} CrashFilter;

/* In the child, before it becomes the program. Return: 0, or -1 with errno. */
int crash_install_filter(CrashFilter filter);
