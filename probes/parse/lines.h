/* SPDX-License-Identifier: MIT */
#pragma once

/* Lines as fgets() sees them. */

#include <stdbool.h>
#include <stddef.h>

/*
 * The lines of a text one after the other, as a C program sees them that reads
 * with fgets() into a buffer: a line that is too long comes in pieces, and a
 * NUL hides what is behind it on its line.
 */
typedef struct PfLines {
        const char *rest; /* set these three to begin with; rest may be NULL where n is 0 */
        size_t n;
        size_t max;       /* bytes of one piece, with its newline; 0: any number */
        unsigned number;  /* of the line that the piece is on, from 1 */
        const char *text; /* the piece, without newline; not NUL-terminated */
        size_t text_n;
        bool complete; /* there was a newline */
} PfLines;

/* The next piece. Return: false at the end. */
bool pf_lines_next(PfLines *lines);
