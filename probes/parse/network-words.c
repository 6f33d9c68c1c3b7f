/* SPDX-License-Identifier: MIT */
/*
 * Files of lines of words: ifupdown's interfaces, and the rules of udev that
 * name network adapters.
 */
#include "probes/parse/network-config.h"

#include <string.h>

#include "probes/parse/lines.h"

#define BLANKS " \t\r\f\v"
#define LINE_MAX_BYTES 1024 /* what is longer is cut */

typedef int (*TakeLine)(char *line, unsigned number, PfNetworkConfig *ret);

static int read_lines(const char *text, size_t n, TakeLine take, PfNetworkConfig *ret) {
        PfLines lines = { .rest = text, .n = n };
        int r = 0;

        while (r == 0 && pf_lines_next(&lines)) {
                char line[LINE_MAX_BYTES];
                size_t length = lines.text_n < sizeof(line) ? lines.text_n : sizeof(line) - 1;

                memcpy(line, lines.text, length);
                line[length] = '\0';
                if (line[strspn(line, BLANKS)] != '#')
                        r = take(line, lines.number, ret);
        }
        return r;
}

static char *next_word(char **rest) {
        char *word;

        do
                word = strsep(rest, BLANKS);
        while (word && !*word);
        return word;
}

static int add(PfNetworkConfig *config, const char *name, unsigned line, PfNetworkEntry **ret) {
        int r;

        *ret = pf_network_config_add(config, line, &r);
        if (*ret) {
                (void) snprintf((*ret)->name, sizeof((*ret)->name), "%s", name);
                (*ret)->is_loopback = strcmp(name, "lo") == 0;
        }
        return r;
}

/* --- ifupdown --- */

static int take_started(char *rest, unsigned number, PfNetworkConfig *ret) {
        PfNetworkEntry *entry;
        const char *name;
        int r = 0;

        while (r == 0 && (name = next_word(&rest))) {
                r = add(ret, name, number, &entry);
                if (r == 0 && entry)
                        entry->at_boot = true;
        }
        return r;
}

/* iface NAME inet METHOD */
static int take_iface(char *rest, unsigned number, PfNetworkConfig *ret) {
        const char *name = next_word(&rest);
        const char *family = next_word(&rest);
        const char *method = next_word(&rest);
        PfNetworkEntry *entry;
        int r;

        if (!method || strcmp(family, "inet") != 0)
                return 0;
        r = add(ret, name, number, &entry);
        if (r < 0 || !entry)
                return r;
        if (strcmp(method, "dhcp") == 0 || strcmp(method, "bootp") == 0)
                entry->ipv4 = PF_NETWORK_IPV4_DHCP;
        else if (strcmp(method, "static") == 0)
                entry->ipv4 = PF_NETWORK_IPV4_STATIC;
        entry->is_loopback |= strcmp(method, "loopback") == 0;
        return 0;
}

static int take_interfaces(char *line, unsigned number, PfNetworkConfig *ret) {
        char *rest = line;
        const char *word = next_word(&rest);

        if (word && strcmp(word, "iface") == 0)
                return take_iface(rest, number, ret);
        if (word && (strcmp(word, "auto") == 0 || strcmp(word, "allow-auto") == 0 ||
                     strcmp(word, "allow-hotplug") == 0))
                return take_started(rest, number, ret);
        return 0;
}

int pf_network_read_ifupdown(const char *text, size_t n, PfNetworkConfig *ret) {
        return read_lines(text, n, take_interfaces, ret);
}

/* --- udev --- */

static int take_rule(char *line, unsigned number, PfNetworkConfig *ret) {
        PfNetworkEntry *entry;
        int r;

        if (!strstr(line, "ATTR{address}==") || !strstr(line, "NAME"))
                return 0;
        r = add(ret, "", number, &entry);
        if (entry)
                entry->mac_line = number;
        return r;
}

int pf_network_read_udev_rules(const char *text, size_t n, PfNetworkConfig *ret) {
        return read_lines(text, n, take_rule, ret);
}
