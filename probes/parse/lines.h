/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * A truth that may not be known, and lines as fgets() sees them.
 */

#include <stdbool.h>
#include <stddef.h>

typedef enum PfMaybe {
        PF_NO,
        PF_YES,
        PF_MAYBE, /* nobody can say */
} PfMaybe;

static inline PfMaybe pf_maybe(bool value) {
        return value ? PF_YES : PF_NO;
}

static inline PfMaybe pf_maybe_not(PfMaybe a) {
        return a == PF_MAYBE ? PF_MAYBE : pf_maybe(a == PF_NO);
}

static inline PfMaybe pf_maybe_and(PfMaybe a, PfMaybe b) {
        if (a == PF_NO || b == PF_NO)
                return PF_NO;
        return a == PF_YES && b == PF_YES ? PF_YES : PF_MAYBE;
}

static inline PfMaybe pf_maybe_or(PfMaybe a, PfMaybe b) {
        return pf_maybe_not(pf_maybe_and(pf_maybe_not(a), pf_maybe_not(b)));
}

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
