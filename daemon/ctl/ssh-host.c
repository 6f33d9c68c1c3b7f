/* SPDX-License-Identifier: MIT */
#include "daemon/ctl/ssh-host.h"

#include <stdlib.h>
#include <string.h>

#define NAME_MAX_BYTES 255

#define LETTERS "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
#define DIGITS "0123456789"

/* '%' is before the zone of an IPv6 address, '\\' and '@' are in names of domains. */
#define HOST_CHARACTERS LETTERS DIGITS "._-:%"
#define USER_CHARACTERS LETTERS DIGITS "._-+@\\$"

void pf_ssh_host_deinit(PfSshHost *host) {
        free(host->user);
        free(host->host);
        *host = (PfSshHost){ 0 };
}

/* What is taken as it is: also letters of other languages. */
static bool is_plain(const char *text, size_t n, const char *characters) {
        for (size_t i = 0; i < n; i++)
                if ((unsigned char) text[i] < 0x80 && !strchr(characters, text[i]))
                        return false;
        return true;
}

static int take(const char *what, const char *text, size_t n, const char *characters, char **ret,
                PfErr *err) {
        if (n == 0)
                return pf_err_set(err, -EINVAL, "the %s is missing", what);
        if (text[0] == '-')
                return pf_err_set(err, -EINVAL, "a %s does not begin with '-'", what);
        if (n > NAME_MAX_BYTES)
                return pf_err_set(err, -EINVAL, "the %s is too long", what);
        if (!is_plain(text, n, characters))
                return pf_err_set(err, -EINVAL, "a %s has no such characters", what);
        *ret = strndup(text, n);
        return *ret ? 0 : -ENOMEM;
}

static int parse_port(const char *text, uint16_t *ret, PfErr *err) {
        size_t n = strspn(text, DIGITS);
        unsigned long port = n > 0 && n <= 5 && text[n] == '\0' ? strtoul(text, NULL, 10) : 0;

        if (port < 1 || port > UINT16_MAX)
                return pf_err_set(err, -EINVAL, "a port is a number from 1 to %d", UINT16_MAX);
        *ret = (uint16_t) port;
        return 0;
}

/* How long the host is, and what stands behind it: ":PORT", or nothing. */
static size_t split(const char *text, const char **ret_behind) {
        const char *colon = strchr(text, ':');

        /* Several of them, and no brackets: an address without a port. */
        *ret_behind = colon && !strchr(colon + 1, ':') ? colon : text + strlen(text);
        return (size_t) (*ret_behind - text);
}

static int parse_place(const char *text, PfSshHost *ret, PfErr *err) {
        const char *behind;
        size_t n;
        int r;

        if (text[0] == '[') {
                const char *end = strchr(++text, ']');

                if (!end)
                        return pf_err_set(err, -EINVAL, "the ']' is missing");
                n = (size_t) (end - text);
                behind = end + 1;
                if (*behind != ':' && *behind != '\0')
                        return pf_err_set(err, -EINVAL, "behind ']' is a ':' and the port");
        } else {
                n = split(text, &behind);
        }
        r = take("host", text, n, HOST_CHARACTERS, &ret->host, err);
        return r < 0 || *behind == '\0' ? r : parse_port(behind + 1, &ret->port, err);
}

int pf_ssh_host_parse(const char *text, PfSshHost *ret, PfErr *err) {
        PF_AUTO_SSH_HOST PfSshHost made = { 0 };
        const char *at = strrchr(text, '@');
        int r = 0;

        if (at)
                r = take("user", text, (size_t) (at - text), USER_CHARACTERS, &made.user, err);
        if (r == 0)
                r = parse_place(at ? at + 1 : text, &made, err);
        if (r < 0)
                return r;
        *ret = made;
        made = (PfSshHost){ 0 };
        return 0;
}
