/* SPDX-License-Identifier: MIT */
/*
 * Netplan's YAML: keys by their indentation, as deep as an interface is
 * described. It is enough to know under which key a line stands.
 */
#include "probes/parse/network-config.h"

#include <string.h>
#include <strings.h>

#include "probes/parse/lines.h"

#define DEPTH_MAX 8
#define LINE_MAX_BYTES 512 /* what is longer is cut */

/* network: ethernets: eth0: match: macaddress: */
enum { NETWORK, KIND, INTERFACE, SETTING, DETAIL };

typedef struct Level {
        size_t indent;
        char key[PF_NETWORK_NAME_MAX];
} Level;

typedef struct Reading {
        Level levels[DEPTH_MAX]; /* the keys above a line, and its own */
        size_t depth;
        PfNetworkConfig *config;
        PfNetworkEntry *entry; /* of the interface that is described; NULL: none */
} Reading;

static bool is_key(const Reading *reading, size_t level, const char *key) {
        return level < reading->depth && strcmp(reading->levels[level].key, key) == 0;
}

static bool is_true(const char *value) {
        static const char *const words[] = { "true", "yes", "on", "y" };

        for (size_t i = 0; i < PF_ELEMENTS(words); i++)
                if (strncasecmp(value, words[i], strlen(words[i])) == 0 &&
                    strchr(" \t\r,}#", value[strlen(words[i])]))
                        return true;
        return false;
}

static void set_ipv4(Reading *reading, PfNetworkIpv4 ipv4, unsigned line) {
        if (reading->entry->ipv4 == PF_NETWORK_IPV4_DHCP)
                return;
        reading->entry->ipv4 = ipv4;
        reading->entry->line = line;
}

/* "[10.0.0.5/24, 'fd00::5/64']": is any of them IPv4? */
static bool lists_ipv4(const char *value) {
        for (const char *word = value; *word; word += strcspn(word, ",") + 1) {
                word += strspn(word, "[ \t");
                if (pf_network_is_ipv4(word))
                        return true;
                if (!word[strcspn(word, ",")])
                        break;
        }
        return false;
}

/* A value of the interface, or what is in {…} behind its name. */
static void take_setting(Reading *reading, const char *value, unsigned line) {
        const char *flow = strstr(value, "dhcp4:");
        bool names_mac = strstr(value, "macaddress:") != NULL;

        if ((is_key(reading, SETTING, "match") &&
             (names_mac || (is_key(reading, DETAIL, "macaddress") && *value))) ||
            (reading->depth == SETTING && strstr(value, "match:") && names_mac))
                reading->entry->mac_line = line;
        if ((is_key(reading, SETTING, "dhcp4") && is_true(value)) ||
            (reading->depth == SETTING && flow && is_true(flow + 6 + strspn(flow + 6, " \t"))))
                set_ipv4(reading, PF_NETWORK_IPV4_DHCP, line);
        if (is_key(reading, SETTING, "addresses") && lists_ipv4(value))
                set_ipv4(reading, PF_NETWORK_IPV4_STATIC, line);
}

static bool describes_interfaces(const Reading *reading) {
        static const char *const kinds[] = { "ethernets", "bonds", "bridges", "vlans" };

        for (size_t i = 0; i < PF_ELEMENTS(kinds) && is_key(reading, NETWORK, "network"); i++)
                if (is_key(reading, KIND, kinds[i]))
                        return true;
        return false;
}

static int take_value(Reading *reading, const char *value, unsigned line) {
        int r = 0;

        if (!describes_interfaces(reading) || reading->depth <= INTERFACE) {
                reading->entry = NULL;
                return 0;
        }
        if (reading->depth == INTERFACE + 1) {
                reading->entry = pf_network_config_add(reading->config, line, &r);
                if (!reading->entry)
                        return r;
                reading->entry->at_boot = true;
                (void) snprintf(reading->entry->name, sizeof(reading->entry->name), "%s",
                                reading->levels[INTERFACE].key);
        }
        if (reading->entry)
                take_setting(reading, value, line);
        return 0;
}

/* The key of a line, without its quotes. NULL: there is none, it is a value. */
static const char *take_key(char *text, Level *level) {
        char quote = *text == '"' || *text == '\'' ? *text : '\0';
        char *end = quote ? strchr(text + 1, quote) : text;
        const char *begin = text + (quote != '\0');

        if (!end)
                return NULL;
        end += strcspn(end, ":");
        while (*end == ':' && end[1] && !strchr(" \t\r", end[1]))
                end += 1 + strcspn(end + 1, ":");
        if (*end != ':' || *text == '[' || *text == '{')
                return NULL;
        *end = '\0';
        (void) snprintf(level->key, sizeof(level->key), "%.*s", (int) strcspn(begin, "'\" \t"),
                        begin);
        return end + 1 + strspn(end + 1, " \t\r");
}

static int take_line(Reading *reading, char *text, unsigned line) {
        size_t indent = strspn(text, " ");
        const char *value;
        Level level;

        /* An item of a list stands under the key above it, and may begin with one. */
        while (text[indent] == '-' && (text[indent + 1] == ' ' || !text[indent + 1]))
                indent += 1 + strspn(text + indent + 1, " ");
        if (!text[indent] || strchr("#\r\t%", text[indent]) || strcmp(text, "---") == 0)
                return 0;
        level.indent = indent;
        value = take_key(text + indent, &level);
        while (reading->depth > 0 && reading->levels[reading->depth - 1].indent >= indent)
                reading->depth--;
        if (value && reading->depth < DEPTH_MAX)
                reading->levels[reading->depth++] = level;
        else if (!value && reading->depth <= SETTING)
                return 0;
        return take_value(reading, value ? value : text + indent, line);
}

int pf_network_read_netplan(const char *text, size_t n, PfNetworkConfig *ret) {
        PfLines lines = { .rest = text, .n = n };
        Reading reading = { .config = ret };
        int r = 0;

        while (r == 0 && pf_lines_next(&lines)) {
                char line[LINE_MAX_BYTES];
                size_t length = lines.text_n < sizeof(line) ? lines.text_n : sizeof(line) - 1;

                memcpy(line, lines.text, length);
                line[length] = '\0';
                r = take_line(&reading, line, lines.number);
        }
        return r;
}
