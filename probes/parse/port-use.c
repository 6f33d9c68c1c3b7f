/* SPDX-License-Identifier: MIT */
/*
 * Local ports, as the files of the kernel list them.
 */
#include "probes/parse/port-use.h"

#include <ctype.h>
#include <string.h>

#include "probes/parse/lines.h"

#define PORT_MAX 65535
#define TEXT_MAX 4096

static void add(PfPortSet *set, unsigned port) {
        set->words[port / 64] |= UINT64_C(1) << (port % 64);
}

unsigned pf_port_set_count(const PfPortSet *set, unsigned first, unsigned last) {
        unsigned n = 0;

        for (unsigned port = first; port <= last; port++)
                n += (set->words[port / 64] >> (port % 64)) & 1;
        return n;
}

/* A number up to PORT_MAX at *text, which moves behind it. -EINVAL: there is none. */
static int take_number(const char **text, const char *end, int base, unsigned *ret) {
        unsigned value = 0;
        const char *p = *text;

        for (; p < end && isxdigit((unsigned char) *p); p++) {
                int digit = isdigit((unsigned char) *p) ? *p - '0' : (*p | 0x20) - 'a' + 10;

                if (digit >= base)
                        return -EINVAL;
                value = value * (unsigned) base + (unsigned) digit;
                if (value > PORT_MAX)
                        return -EINVAL;
        }
        if (p == *text)
                return -EINVAL;
        *text = p;
        *ret = value;
        return 0;
}

static void skip_blanks(const char **text, const char *end) {
        while (*text < end && isspace((unsigned char) **text))
                (*text)++;
}

int pf_port_range_parse(const char *text, size_t n, unsigned *ret_first, unsigned *ret_last) {
        const char *end = text + n;
        unsigned first, last;

        skip_blanks(&text, end);
        if (take_number(&text, end, 10, &first) < 0)
                return -EINVAL;
        skip_blanks(&text, end);
        if (take_number(&text, end, 10, &last) < 0)
                return -EINVAL;
        skip_blanks(&text, end);
        if (text != end || first < 1 || first > last)
                return -EINVAL;
        *ret_first = first;
        *ret_last = last;
        return 0;
}

int pf_port_list_parse(const char *text, size_t n, PfPortSet *set) {
        const char *end = text + n;
        unsigned next = 0; /* the kernel writes them in order */
        unsigned first, last;

        for (skip_blanks(&text, end); text < end; skip_blanks(&text, end)) {
                if (take_number(&text, end, 10, &first) < 0 || first < next)
                        return -EINVAL;
                last = first;
                if (text < end && *text == '-' &&
                    (text++, take_number(&text, end, 10, &last) < 0 || last < first))
                        return -EINVAL;
                for (unsigned port = first; port <= last; port++)
                        add(set, port);
                next = last + 1;
                if (text < end && *text == ',')
                        text++;
                else if (text < end && !isspace((unsigned char) *text))
                        return -EINVAL;
        }
        return 0;
}

/* "   0: 0100007F:0016 00000000:0000 0A …": the port stands behind the second colon. */
int pf_port_use_parse(const char *text, size_t n, PfPortSet *set) {
        PfLines lines = { .rest = text, .n = n };
        int n_sockets = 0;

        while (pf_lines_next(&lines)) {
                const char *end = lines.text + lines.text_n;
                const char *colon = memchr(lines.text, ':', lines.text_n);
                unsigned port;

                colon = colon ? memchr(colon + 1, ':', (size_t) (end - colon - 1)) : NULL;
                if (!colon)
                        continue;
                colon++;
                if (take_number(&colon, end, 16, &port) == 0) {
                        add(set, port);
                        n_sockets++;
                }
        }
        return n_sockets;
}

/* "TCP: inuse 5 orphan 0 tw 2 alloc 7 mem 1", "TCP6: inuse 3" */
int pf_sockstat_parse(const char *text, size_t n, uint64_t *ret) {
        char copy[TEXT_MAX];
        unsigned long inuse = 0, waiting = 0;
        const char *line;

        if (n >= sizeof(copy))
                return -EINVAL;
        memcpy(copy, text, n);
        copy[n] = '\0';
        line = strstr(copy, "TCP: inuse ");
        if (line && sscanf(line, "TCP: inuse %lu orphan %*u tw %lu", &inuse, &waiting) == 2) {
                *ret = (uint64_t) inuse + waiting;
                return 0;
        }
        line = strstr(copy, "TCP6: inuse ");
        if (!line || sscanf(line, "TCP6: inuse %lu", &inuse) != 1)
                return -EINVAL;
        *ret = inuse;
        return 0;
}
