/* SPDX-License-Identifier: MIT */
#pragma once

#include <stdio.h>

/*
 * A child of the test, for what cannot be undone: a filter of system calls,
 * another root, other privileges. Linux only.
 */
typedef void (*PfChildRun)(FILE *out, void *data);

/**
 * pf_child_text() - what @run wrote in a child
 * @run: asserts nothing: it writes what it found, and the test judges
 * Return: a text, which the caller frees. A child that does not end in order
 *         fails the test.
 */
char *pf_child_text(PfChildRun run, void *data);

/* Lets the system call @number fail with @error from now on; 0: ends the
 * process. Return: 0 or a negative errno. */
int pf_child_filter(long number, int error);

/* From now on no more than an ordinary user: nobody. Return: 0 or a negative errno. */
int pf_child_drop_privileges(void);
