/* SPDX-License-Identifier: MIT */
/*
 * The end of sshd's first reading.
 */
#include "probes/parse/sshd-checks.h"

#include <ctype.h>
#include <netdb.h>
#include <netinet/in.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "probes/parse/sshd-algorithms.h"
#include "probes/parse/sshd-values.h"
#include "probes/parse/sshd-words.h"

#define NUMERIC_MAX 128 /* bytes of an address as text */

static const char *text_of(const PfSshdConfig *conf, PfSshdKey key) {
        const PfSshdSlot *slot = &conf->global.slots[key];

        return slot->n > 0 ? slot->values[0].text : pf_sshd_key_default(&conf->version, key);
}

static const PfSshdLine *line_of(const PfSshdConfig *conf, PfSshdKey key) {
        const PfSshdSlot *slot = &conf->global.slots[key];

        return slot->n > 0 ? slot->values[0].line : NULL;
}

static int refuse(PfSshdConfig *conf, const PfSshdLine *line, const char *fmt, ...) PF_PRINTF(3, 4);
static int refuse(PfSshdConfig *conf, const PfSshdLine *line, const char *fmt, ...) {
        PF_AUTO_FREE char *text = NULL;
        va_list args;
        int n;

        va_start(args, fmt);
        n = vasprintf(&text, fmt, args);
        va_end(args);
        if (n < 0) {
                text = NULL;
                return -ENOMEM;
        }
        return pf_sshd_problems_add_take(&conf->problems, line,
                                         line ? line->path : conf->files[0]->path, true,
                                         strdup(text), pf_sshd_visible(text));
}

static int family_of(const PfSshdConfig *conf) {
        const char *family = text_of(conf, PF_SSHD_ADDRESS_FAMILY);

        return strcmp(family, "inet") == 0    ? AF_INET
               : strcmp(family, "inet6") == 0 ? AF_INET6
                                              : AF_UNSPEC;
}

typedef struct Listen {
        PfSshdConfig *conf;
        const PfSshdLine *line; /* NULL: the default */
        const char *host;
        const char *domain;
        PfSshdSlot *slot;
} Listen;

static int add_listen(const Listen *listen, const char *host, bool ipv6, const char *port) {
        PF_AUTO_FREE char *text = NULL;

        if (asprintf(&text, "%s%s%s:%s%s%s", ipv6 ? "[" : "", host, ipv6 ? "]" : "", port,
                     *listen->domain ? " rdomain " : "", listen->domain) < 0)
                return -ENOMEM;
        return pf_sshd_slot_add(listen->slot, text, listen->line);
}

bool pf_sshd_listen_is_name(const char *text) {
        /* A name is printed as it stands; an address begins with '[' or a digit. */
        return *text != '[' && strspn(text, "0123456789.") != strcspn(text, ":");
}

/* Not a name that no resolver would know either: digits alone are no domain. */
static bool can_be_name(const char *host) {
        if (host[strspn(host, "0123456789.")] == '\0')
                return false;
        for (const char *c = host; *c; c++)
                if (!isalnum((unsigned char) *c) && !strchr("-._", *c))
                        return false;
        return *host;
}

/* An address in the form of the C library; 0, or an error of getaddrinfo(3). */
static int canonical(const char *host, int family, char ret[NUMERIC_MAX], bool *ret_ipv6) {
        const struct addrinfo hints = { .ai_flags = AI_NUMERICHOST,
                                        .ai_family = family,
                                        .ai_socktype = SOCK_STREAM };
        struct addrinfo *info;
        int r;

        r = getaddrinfo(host, NULL, &hints, &info);
        if (r != 0)
                return r;
        *ret_ipv6 = info->ai_family == AF_INET6;
        r = getnameinfo(info->ai_addr, info->ai_addrlen, ret, NUMERIC_MAX, NULL, 0, NI_NUMERICHOST);
        freeaddrinfo(info);
        return r;
}

static int add_address(const Listen *listen, const char *port) {
        int family = family_of(listen->conf);
        char text[NUMERIC_MAX];
        bool ipv6;
        int r;

        r = canonical(listen->host, family, text, &ipv6);
        if (r == 0)
                return add_listen(listen, text, ipv6, port);
        if (canonical(listen->host, AF_UNSPEC, text, &ipv6) != 0) {
                if (can_be_name(listen->host))
                        return add_listen(listen, listen->host, false, port);
                r = EAI_NONAME;
        }
        return refuse(listen->conf, listen->line, "bad addr or host: %s (%s)", listen->host,
                      gai_strerror(r));
}

/* Every port, where the address has none of its own. */
static int add_ports(const Listen *listen, const char *port,
                     int (*add)(const Listen *listen, const char *port)) {
        const PfSshdSlot *ports = &listen->conf->global.slots[PF_SSHD_PORT];
        int r = 0;

        if (strcmp(port, "0") != 0)
                return add(listen, port);
        if (ports->n == 0)
                return add(listen, pf_sshd_key_default(&listen->conf->version, PF_SSHD_PORT));
        for (size_t i = 0; i < ports->n && r == 0; i++)
                r = add(listen, ports->values[i].text);
        return r;
}

/* The wildcard of each family; that of IPv6 is printed first. */
static int add_wildcard(const Listen *listen, const char *port) {
        int family = family_of(listen->conf);
        int r = 0;

        if (family != AF_INET)
                r = add_listen(listen, "::", true, port);
        if (r == 0 && family != AF_INET6)
                r = add_listen(listen, "0.0.0.0", false, port);
        return r;
}

static int add_line(PfSshdConfig *conf, const PfSshdValue *value, PfSshdSlot *slot) {
        PF_AUTO_FREE char *copy = strdup(value->text);
        Listen listen = { .conf = conf, .line = value->line, .slot = slot };
        char *rest = copy;
        const char *port;

        if (!copy)
                return -ENOMEM;
        listen.host = strsep(&rest, "\n");
        port = strsep(&rest, "\n");
        listen.domain = rest;
        return add_ports(&listen, port, add_address);
}

/* Replaces "host\nport\ndomain" by what is printed. */
static int resolve_listen(PfSshdConfig *conf) {
        PfSshdSlot *slot = &conf->global.slots[PF_SSHD_LISTEN_ADDRESS];
        PfSshdOptions scratch = { 0 };
        PfSshdSlot *resolved = &scratch.slots[PF_SSHD_LISTEN_ADDRESS];
        const Listen everything = { .conf = conf, .domain = "", .slot = resolved };
        int r = 0;

        for (size_t i = 0; i < slot->n && r == 0; i++)
                r = add_line(conf, &slot->values[i], resolved);
        if (r == 0 && slot->n == 0)
                r = add_ports(&everything, "0", add_wildcard);
        if (r == 0) {
                PfSshdSlot written = *slot;

                resolved->owner = slot->owner;
                *slot = *resolved;
                *resolved = written;
        }
        pf_sshd_options_deinit(&scratch);
        return r;
}

static int check_command(PfSshdConfig *conf, PfSshdKey command, PfSshdKey user,
                         const char *message) {
        const char *text = text_of(conf, command);

        if (strcasecmp(text, "none") == 0 || conf->global.slots[user].n > 0)
                return 0;
        return refuse(conf, line_of(conf, command), "%s", message);
}

static bool is_enabled(const PfSshdConfig *conf, const char *method) {
        static const struct {
                const char *method;
                PfSshdKey key;
        } keys[] = {
                { "publickey", PF_SSHD_PUBKEY_AUTHENTICATION },
                { "password", PF_SSHD_PASSWORD_AUTHENTICATION },
                { "keyboard-interactive", PF_SSHD_KBD_INTERACTIVE },
                { "hostbased", PF_SSHD_HOSTBASED_AUTHENTICATION },
                { "gssapi-with-mic", PF_SSHD_GSSAPI_AUTHENTICATION },
                { "gssapi-keyex", PF_SSHD_GSSAPI_AUTHENTICATION },
        };

        if (strcmp(method, "none") == 0) /* no keyword switches it off */
                return true;
        for (size_t i = 0; i < PF_ELEMENTS(keys); i++) {
                if (strcmp(keys[i].method, method) != 0)
                        continue;
                /* Up to 8.6 challenge-response switched keyboard-interactive on. */
                if (keys[i].key == PF_SSHD_KBD_INTERACTIVE &&
                    pf_sshd_version_number(&conf->version) < 807 &&
                    strcmp(text_of(conf, PF_SSHD_CHALLENGE_RESPONSE), "yes") == 0)
                        return true;
                return strcmp(text_of(conf, keys[i].key), "yes") == 0;
        }
        return false;
}

/* Every method of a list must be enabled for it to be of use. */
static bool can_be_satisfied(const PfSshdConfig *conf, const char *list) {
        PF_AUTO_FREE char *copy = strdup(list);
        char *rest = copy;
        char *method;

        while ((method = strsep(&rest, ","))) {
                method[strcspn(method, ":")] = '\0';
                if (!is_enabled(conf, method))
                        return false;
        }
        return true;
}

static int check_methods(PfSshdConfig *conf) {
        const PfSshdSlot *slot = &conf->global.slots[PF_SSHD_AUTHENTICATION_METHODS];

        if (slot->n == 0 || (slot->n == 1 && strcasecmp(slot->values[0].text, "any") == 0))
                return 0;
        for (size_t i = 0; i < slot->n; i++)
                if (can_be_satisfied(conf, slot->values[i].text))
                        return 0;
        return refuse(conf, slot->values[0].line,
                      "AuthenticationMethods cannot be satisfied by enabled authentication "
                      "methods");
}

static int check_algorithms(PfSshdConfig *conf) {
        int r = 0;

        for (unsigned key = 0; key < PF_SSHD_N_PRINTED && r == 0; key++) {
                const PfSshdSlot *slot = &conf->global.slots[key];
                PF_AUTO_FREE char *list = NULL;

                if (slot->n == 0 || !pf_sshd_key_is_algorithms(key))
                        continue;
                r = pf_sshd_algorithms_assemble(&conf->version, key, slot->values[0].text, &list);
                if (r == PF_SSHD_ALGORITHMS_EMPTY)
                        r = refuse(conf, slot->values[0].line, "%s: no algorithm is left",
                                   pf_sshd_key_info(&conf->version, key)
                                           ? pf_sshd_key_info(&conf->version, key)->name
                                           : "algorithms");
        }
        return r;
}

int pf_sshd_check_global(PfSshdConfig *conf, bool stopped) {
        PfSshdSlot *timeout = &conf->global.slots[PF_SSHD_CHANNEL_TIMEOUT];
        int r;

        r = resolve_listen(conf);
        if (stopped)
                return r;
        if (r == 0)
                r = check_algorithms(conf);
        if (r == 0)
                r = check_command(conf, PF_SSHD_AUTHORIZED_KEYS_COMMAND,
                                  PF_SSHD_AUTHORIZED_KEYS_COMMAND_USER,
                                  "AuthorizedKeysCommand set without AuthorizedKeysCommandUser");
        if (r == 0)
                r = check_command(conf, PF_SSHD_AUTHORIZED_PRINCIPALS_COMMAND,
                                  PF_SSHD_AUTHORIZED_PRINCIPALS_COMMAND_USER,
                                  "AuthorizedPrincipalsCommand set without "
                                  "AuthorizedPrincipalsCommandUser");
        if (r == 0)
                r = check_methods(conf);
        /* "none" is then as if nothing had been set; so 9.2 to 9.4 print nothing. */
        if (timeout->n == 1 && strcasecmp(timeout->values[0].text, "none") == 0)
                pf_sshd_slot_clear(timeout);
        return r;
}
