/* SPDX-License-Identifier: MIT */
/*
 * Ports that are written by name. sshd asks the C library, and that the
 * machine's own services(5): where that has no such name, or is not there, the
 * line is refused.
 */
#include "probes/parse/sshd-parse.h"

#include <stdlib.h>
#include <string.h>

#include "probes/parse/sshd-values.h"

#define SERVICES "/etc/services"
#define SERVICES_MAX (1 << 20)
#define BLANKS " \t\r"

/* Read once, and only where a name asks for it; "" where there is no such file. */
static int read_services(PfSshdRun *run) {
        PF_AUTO_BUF PfBuf buf = PF_BUF_INIT(SERVICES_MAX + 1);
        int r = 1;

        if (run->conf->services || !run->files)
                return 0;
        r = run->files->read(run->files->data, SERVICES, SERVICES_MAX, &buf, run->err);
        if (r < 0)
                return r;
        run->conf->services = strdup(r == 0 && buf.data ? buf.data : "");
        return run->conf->services ? 0 : -ENOMEM;
}

/* "http 80/tcp www": the port, if the line is of this name and of TCP. */
static int port_of_line(char *line, const char *name) {
        bool is_named = false;
        int port = -1;
        char *rest = line, *word;

        line[strcspn(line, "#")] = '\0';
        for (unsigned i = 0; (word = strsep(&rest, BLANKS));) {
                if (!*word)
                        continue;
                if (i++ == 1) {
                        char *protocol = strchr(word, '/');

                        if (!protocol || strcmp(protocol, "/tcp") != 0)
                                return -1;
                        *protocol = '\0';
                        port = pf_sshd_value_port(word);
                } else {
                        is_named = is_named || strcmp(word, name) == 0;
                }
        }
        return is_named ? port : -1;
}

static int look_up(const char *services, const char *name, int *ret) {
        PF_AUTO_FREE char *copy = strdup(services);
        char *rest = copy, *line;

        if (!copy)
                return -ENOMEM;
        *ret = -1;
        while (*ret < 0 && (line = strsep(&rest, "\n")))
                *ret = port_of_line(line, name);
        return 0;
}

int pf_sshd_read_port_word(PfSshdRun *run, const char *word, int *ret) {
        int r;

        *ret = pf_sshd_value_port(word);
        if (*ret >= 0 || word[strspn(word, "0123456789")] == '\0')
                return 0;
        r = read_services(run);
        return r < 0 || !run->conf->services ? r : look_up(run->conf->services, word, ret);
}
