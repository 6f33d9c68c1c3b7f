/* SPDX-License-Identifier: MIT */
#pragma once

#include <stdbool.h>

#include "daemon/ctl/language.h"

/* What the place that output goes to can show. */
typedef struct PfTerminal {
        bool is_terminal;
        bool has_sequences; /* a terminal that knows those of ECMA-48 */
        bool colour;
        bool utf8;      /* by the locale; pf_here_start() was called */
        unsigned width; /* in columns; 0: do not wrap */
        PfLanguage language;
} PfTerminal;

/**
 * pf_terminal_probe() - look at a descriptor
 *
 * Rule: no colour and no wrapping but on a terminal, so that what is piped is
 *       always the same; https://no-color.org; TERM=dumb, as in terminfo(5); a console
 *       of Windows shows them since Windows 10, and UTF-8 always; the width is that of COLUMNS, or
 * else of the terminal, or else 80. A locale that this system does not have counts for what its
 * name says: of UTF-8, and of the language, whose texts are our own.
 */
void pf_terminal_probe(int fd, PfTerminal *ret);
