/* SPDX-License-Identifier: MIT */
/* The one file of the client that knows what a terminal is on this system. */
#include "daemon/ctl/terminal.h"

#include <langinfo.h>
#include <locale.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
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

static bool is_utf8(void) {
        const char *name;

        if (strcmp(nl_langinfo(CODESET), "UTF-8") == 0)
                return true;
        /* "C" may be what is asked for, or what is left where a locale is missing. */
        name = pf_language_locale("LC_CTYPE");
        name = strcmp(setlocale(LC_CTYPE, NULL), "C") == 0 ? strchr(name, '.') : NULL;
        return name && (strncasecmp(name, ".utf-8", 6) == 0 || strncasecmp(name, ".utf8", 5) == 0);
}

void pf_terminal_probe(int fd, PfTerminal *ret) {
        *ret = (PfTerminal){ .utf8 = is_utf8() };
        if (ret->utf8)
                ret->language = pf_language_choose();
        if (!isatty(fd))
                return;
        ret->is_terminal = true;
        ret->colour = wants_colour();
        ret->width = width_of(fd);
}
