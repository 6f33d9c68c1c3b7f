/* SPDX-License-Identifier: MIT */
/*
 * The words of an SFTP server's command line: where they end, and which of them
 * end the server before it serves.
 *
 * Rule: sftp-server(8), and the observed behaviour of OpenSSH 9.2: the first word
 *       that is no option ends them, also where options follow.
 */
#include <stdlib.h>
#include <string.h>

#include "probes/sshd/command.h"

#define WITH_VALUE "dflPpQu"
#define KNOWN WITH_VALUE "ceR"

int pf_sshd_server_split(const char *command, PfStrv *ret) {
        int r = 0;

        for (const char *p = command; *p && r == 0; p += strcspn(p, " \t")) {
                p += strspn(p, " \t");
                if (*p)
                        r = pf_strv_add_n(ret, p, strcspn(p, " \t"));
        }
        return r;
}

/* The names that sshd_config(5) lists for LogLevel and SyslogFacility. */
static bool is_known_value(char option, const char *value) {
        static const struct {
                char option;
                const char *name;
        } names[] = {
                { 'l', "QUIET" },    { 'l', "FATAL" },  { 'l', "ERROR" },  { 'l', "INFO" },
                { 'l', "VERBOSE" },  { 'l', "DEBUG" },  { 'l', "DEBUG1" }, { 'l', "DEBUG2" },
                { 'l', "DEBUG3" },   { 'f', "DAEMON" }, { 'f', "USER" },   { 'f', "AUTH" },
                { 'f', "LOCAL0" },   { 'f', "LOCAL1" }, { 'f', "LOCAL2" }, { 'f', "LOCAL3" },
                { 'f', "LOCAL4" },   { 'f', "LOCAL5" }, { 'f', "LOCAL6" }, { 'f', "LOCAL7" },
                { 'f', "AUTHPRIV" },
        };
        char *end;

        if (option == 'u')
                return *value && strtoul(value, &end, 8) <= 0777 && !*end;
        for (size_t i = 0; i < PF_ELEMENTS(names); i++)
                if (names[i].option == option && strcasecmp(names[i].name, value) == 0)
                        return true;
        return option != 'l' && option != 'f';
}

const char *pf_sshd_server_refuses(const PfStrv *argv) {
        for (size_t i = 1; i < argv->n; i++) {
                const char *p = argv->items[i];

                if (*p != '-' || strcmp(p, "--") == 0)
                        return NULL;
                while (*++p) {
                        if (*p == 'c') /* invoked as a shell: the rest is not looked at */
                                return NULL;
                        if (*p == 'Q' || !strchr(KNOWN, *p))
                                return argv->items[i];
                        if (!strchr(WITH_VALUE, *p))
                                continue;
                        if (!p[1] && i + 1 == argv->n)
                                return argv->items[i];
                        if (!is_known_value(*p, p[1] ? p + 1 : argv->items[i + 1]))
                                return argv->items[i];
                        i += !p[1];
                        break;
                }
        }
        return NULL;
}
