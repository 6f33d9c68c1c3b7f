/* SPDX-License-Identifier: MIT */
#include "daemon/ctl/here.h"

#include <langinfo.h>
#include <locale.h>
#include <poll.h>
#include <string.h>
#include <strings.h>
#include <sys/ioctl.h>

bool pf_here_is_terminal(int fd) {
        return isatty(fd);
}

unsigned pf_here_columns(int fd) {
        struct winsize size = { 0 };

        return ioctl(fd, TIOCGWINSZ, &size) == 0 ? size.ws_col : 0;
}

/* terminfo(5): "dumb" has none. */
bool pf_here_has_sequences(int fd) {
        const char *term = getenv("TERM");

        (void) fd;
        return term && *term && strcmp(term, "dumb") != 0;
}

bool pf_here_is_utf8(int fd) {
        const char *name;

        (void) fd;
        if (strcmp(nl_langinfo(CODESET), "UTF-8") == 0)
                return true;
        /* "C" may be what is asked for, or what is left where a locale is missing. */
        name = pf_language_locale("LC_CTYPE");
        return strcmp(setlocale(LC_CTYPE, NULL), "C") == 0 && pf_language_is_utf8(name);
}

PfLanguage pf_here_language(int fd) {
        (void) fd;
        return pf_language_choose();
}

/* A terminal may have been made non-blocking by whoever shares it. */
int pf_here_write(int fd, const char *bytes, size_t n) {
        while (n > 0) {
                ssize_t written = write(fd, bytes, n);

                if (written >= 0) {
                        bytes += written;
                        n -= (size_t) written;
                } else if (errno == EAGAIN) {
                        struct pollfd wait = { .fd = fd, .events = POLLOUT };

                        (void) poll(&wait, 1, -1);
                } else if (errno != EINTR) {
                        return -errno;
                }
        }
        return 0;
}
