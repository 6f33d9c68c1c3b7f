/* SPDX-License-Identifier: MIT */
/*
 * /etc/hosts, as the C library reads it.
 */
#include "probes/parse/hosts.h"

#include <string.h>
#include <strings.h>

#define FILE_MAX (4u << 20)
#define BLANKS " \t\r\v\f"

static void host_deinit(PfHost *host) {
        free(host->text);
        free(host->address_text);
        pf_strv_deinit(&host->names);
}

PfHosts *pf_hosts_free(PfHosts *hosts) {
        if (!hosts)
                return NULL;
        for (size_t i = 0; i < hosts->n; i++)
                host_deinit(&hosts->items[i]);
        free(hosts->items);
        free(hosts);
        return NULL;
}

/* Room is made by doubling: a file may have a million lines. */
static PfHost *add_host(PfHosts *hosts) {
        if ((hosts->n & (hosts->n - 1)) == 0) {
                size_t n = hosts->n ? 2 * hosts->n : 1;
                PfHost *items = realloc(hosts->items, n * sizeof(*items));

                if (!items)
                        return NULL;
                hosts->items = items;
        }
        hosts->items[hosts->n] = (PfHost){ 0 };
        return &hosts->items[hosts->n++];
}

/* The words behind the address. */
static int take_names(char *words, PfStrv *names) {
        char *word;

        while ((word = strsep(&words, BLANKS)))
                if (*word && pf_strv_add(names, word) < 0)
                        return -ENOMEM;
        return 0;
}

static int parse_line(const char *line, unsigned number, PfHosts *hosts) {
        PF_AUTO_FREE char *copy = strdup(line);
        PfIpAddress address;
        PfHost *host;
        char *word;
        char *rest;

        if (!copy)
                return -ENOMEM;
        copy[strcspn(copy, "#")] = '\0';
        word = copy + strspn(copy, BLANKS);
        rest = word + strcspn(word, BLANKS);
        if (*rest)
                *rest++ = '\0';
        if (pf_ip_address_parse(word, &address) < 0 || rest[strspn(rest, BLANKS)] == '\0')
                return 0;

        host = add_host(hosts);
        if (!host)
                return -ENOMEM;
        host->line = number;
        host->address = address;
        host->text = strdup(line);
        host->address_text = strdup(word);
        if (!host->text || !host->address_text)
                return -ENOMEM;
        return take_names(rest, &host->names);
}

/* A NUL ends the text of a line, as in the C library. */
int pf_hosts_parse(const char *text, size_t n, PfHosts **ret) {
        PF_CLEANUP(pf_hosts_freep) PfHosts *hosts = calloc(1, sizeof(*hosts));
        const char *end = text + n;
        unsigned number = 0;

        if (!hosts)
                return -ENOMEM;
        while (text < end) {
                const char *newline = memchr(text, '\n', (size_t) (end - text));
                size_t length = (size_t) ((newline ? newline : end) - text);
                PF_AUTO_FREE char *line = strndup(text, length);

                if (!line || parse_line(line, ++number, hosts) < 0)
                        return -ENOMEM;
                text += length + (newline != NULL);
        }
        *ret = PF_STEAL(hosts);
        return 0;
}

int pf_hosts_read(const PfTarget *target, PfHosts **ret, PfErr *err) {
        PF_AUTO_BUF PfBuf buf = PF_BUF_INIT(FILE_MAX);
        int r = pf_target_read(target, PF_HOSTS_PATH, FILE_MAX, &buf, err);

        if (r < 0)
                return r;
        return pf_hosts_parse(buf.data ? buf.data : "", buf.n, ret);
}

const PfHost *pf_hosts_find_address(const PfHosts *hosts, const PfIpAddress *address) {
        for (size_t i = 0; i < hosts->n; i++)
                if (pf_ip_address_equal(&hosts->items[i].address, address))
                        return &hosts->items[i];
        return NULL;
}

const PfHost *pf_hosts_find_name(const PfHosts *hosts, const char *name, size_t from) {
        for (size_t i = from; i < hosts->n; i++)
                for (size_t j = 0; j < hosts->items[i].names.n; j++)
                        if (strcasecmp(hosts->items[i].names.items[j], name) == 0)
                                return &hosts->items[i];
        return NULL;
}
