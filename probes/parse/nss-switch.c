/* SPDX-License-Identifier: MIT */
/*
 * Reads the line of one database in nsswitch.conf.
 */
#include "probes/parse/nss-switch.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "daemon/base/buf.h"

#define SWITCH_MAX (64 << 10) /* bytes of the file */
#define BLANKS " \t\r"

/* Where a service's library is; %s: its name. */
static const char *const libraries[] = {
        "/lib/*/libnss_%s.so.2",     "/lib64/libnss_%s.so.2",     "/lib/libnss_%s.so.2",
        "/usr/lib/*/libnss_%s.so.2", "/usr/lib64/libnss_%s.so.2", "/usr/lib/libnss_%s.so.2",
};

/* Users that systemd's service knows of, besides root and nobody. */
static const char *const userdb[] = { "/etc/userdb/*.user", "/run/userdb/*.user",
                                      "/run/host/userdb/*.user", "/usr/lib/userdb/*.user" };

/* Does any of the patterns match? 1, 0, or a negative errno. */
static int any(const PfTarget *target, const char *const *patterns, size_t n, const char *word,
               PfErr *err) {
        int r = 0;

        for (size_t i = 0; i < n && r == 0; i++) {
                PF_AUTO_STRV PfStrv paths = { 0 };
                PF_AUTO_BUF PfBuf pattern = PF_BUF_INIT(256);
                const char *place = strstr(patterns[i], "%s");
                size_t before = place ? (size_t) (place - patterns[i]) : strlen(patterns[i]);

                if (pf_buf_add(&pattern, patterns[i], before) < 0 ||
                    (place && (pf_buf_add_string(&pattern, word) < 0 ||
                               pf_buf_add_string(&pattern, place + 2) < 0)))
                        return -ENOMEM;
                r = pf_target_glob(target, pattern.data, &paths, err);
                if (r == 0)
                        r = paths.n > 0;
        }
        return r;
}

static int can_be_asked(const PfTarget *target, const char *service, PfErr *err) {
        /* No name of a library, and none that a pattern may be made of. */
        if (service[strspn(service, "abcdefghijklmnopqrstuvwxyz0123456789_-")])
                return 0;
        if (strcmp(service, "files") == 0 || strcmp(service, "compat") == 0)
                return 0;
        if (strcmp(service, "systemd") == 0)
                return any(target, userdb, PF_ELEMENTS(userdb), "", err);
        return any(target, libraries, PF_ELEMENTS(libraries), service, err);
}

/* "[NOTFOUND=return]" behind a service: who follows is not asked. */
static bool ends_search(const char *rule) {
        return strcasestr(rule, "notfound=return") && !strcasestr(rule, "!notfound");
}

static int search(const PfTarget *target, char *services, char *ret, size_t size, PfErr *err) {
        char *rest = services;
        char *word;
        int r = 0;

        while (r == 0 && (word = strsep(&rest, BLANKS))) {
                if (*word == '[' && ends_search(word))
                        break;
                if (*word == '\0' || *word == '[' || strlen(word) >= size)
                        continue;
                r = can_be_asked(target, word, err);
                if (r > 0)
                        (void) snprintf(ret, size, "%s", word);
        }
        return r < 0 ? r : 0;
}

int pf_nss_switch_find(const PfTarget *target, const char *database, char *ret, size_t size,
                       PfErr *err) {
        PF_AUTO_BUF PfBuf buf = PF_BUF_INIT(SWITCH_MAX);
        size_t n = strlen(database);
        char *rest, *line;
        int r;

        *ret = '\0';
        r = pf_target_read(target, PF_NSS_SWITCH_PATH, SWITCH_MAX, &buf, err);
        if (r != 0)
                return r == PF_TARGET_ABSENT ? 0 : r;
        rest = buf.data;
        while (rest && (line = strsep(&rest, "\n"))) {
                line[strcspn(line, "#")] = '\0';
                line += strspn(line, BLANKS);
                if (strncmp(line, database, n) == 0 && line[n + strspn(line + n, BLANKS)] == ':')
                        return search(target, strchr(line, ':') + 1, ret, size, err);
        }
        return 0;
}
