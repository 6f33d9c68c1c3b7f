/* SPDX-License-Identifier: MIT */
#include "daemon/ctl/terminal.h"

#include <stdlib.h>
#include <string.h>

#include "daemon/ctl/here.h"

#define WIDTH_USUAL 80
#define WIDTH_MIN 20 /* less cannot be read either way */
#define WIDTH_MAX 1000

static unsigned width_of(int fd) {
        const char *columns = getenv("COLUMNS");
        long width = columns ? strtol(columns, NULL, 10) : 0;

        if (width <= 0)
                width = (long) pf_here_columns(fd);
        if (width <= 0)
                width = WIDTH_USUAL;
        if (width < WIDTH_MIN)
                return WIDTH_MIN;
        return width > WIDTH_MAX ? WIDTH_MAX : (unsigned) width;
}

static bool wants_colour(void) {
        const char *no_color = getenv("NO_COLOR");

        return !no_color || !*no_color;
}

void pf_terminal_probe(int fd, PfTerminal *ret) {
        *ret = (PfTerminal){ .utf8 = pf_here_is_utf8(fd) };
        if (ret->utf8)
                ret->language = pf_here_language(fd);
        if (!pf_here_is_terminal(fd))
                return;
        ret->is_terminal = true;
        ret->has_sequences = pf_here_has_sequences(fd);
        ret->colour = ret->has_sequences && wants_colour();
        ret->width = width_of(fd);
}
