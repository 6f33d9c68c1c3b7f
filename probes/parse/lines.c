/* SPDX-License-Identifier: MIT */
/*
 * Lines as fgets() sees them.
 */
#include "probes/parse/lines.h"

#include <string.h>

bool pf_lines_next(PfLines *lines) {
        size_t n = lines->max && lines->max < lines->n ? lines->max : lines->n;
        const char *newline, *nul;

        if (lines->n == 0)
                return false;
        if (lines->number == 0 || lines->complete)
                lines->number++;
        newline = memchr(lines->rest, '\n', n);
        lines->text = lines->rest;
        lines->text_n = newline ? (size_t) (newline - lines->rest) : n;
        lines->rest += lines->text_n + (newline ? 1 : 0);
        lines->n -= lines->text_n + (newline ? 1 : 0);
        lines->complete = newline != NULL;
        nul = memchr(lines->text, '\0', lines->text_n);
        if (nul)
                lines->text_n = (size_t) (nul - lines->text);
        return true;
}
