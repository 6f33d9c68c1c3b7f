/* SPDX-License-Identifier: MIT */
/* The one file of the client that knows what a terminal is on this system. */
#include "daemon/ctl/terminal.h"

#include <langinfo.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#define WIDTH_USUAL 80
#define WIDTH_MIN 20 /* less cannot be read either way */
#define WIDTH_MAX 1000

static unsigned width_of(int fd) {
        const char *columns = getenv("COLUMNS");
        long width = columns ? strtol(columns, NULL, 10) : 0;
        struct winsize size = { 0 };

        if (width <= 0 && ioctl(fd, TIOCGWINSZ, &size) == 0)
                width = size.ws_col;
        if (width <= 0)
                width = WIDTH_USUAL;
        if (width < WIDTH_MIN)
                return WIDTH_MIN;
        return width > WIDTH_MAX ? WIDTH_MAX : (unsigned) width;
}

static bool wants_colour(void) {
        const char *term = getenv("TERM");
        const char *no_color = getenv("NO_COLOR");

        if (no_color && *no_color)
                return false;
        return term && *term && strcmp(term, "dumb") != 0;
}

void pf_terminal_probe(int fd, PfTerminal *ret) {
        *ret = (PfTerminal){ .utf8 = strcmp(nl_langinfo(CODESET), "UTF-8") == 0 };
        if (!isatty(fd))
                return;
        ret->is_terminal = true;
        ret->colour = wants_colour();
        ret->width = width_of(fd);
}
