/* SPDX-License-Identifier: MIT */
/*
 * Files of KEY=VALUE, with sections or without: ifcfg, NetworkManager's
 * connections, and systemd's .network and .link.
 */
#include "probes/parse/network-config.h"

#include <string.h>
#include <strings.h>

#include "daemon/base/ip-address.h"
#include "probes/parse/lines.h"

#define BLANKS " \t\r\f\v"
#define VALUE_MAX 256

void pf_network_config_deinit(PfNetworkConfig *config) {
        free(config->entries);
        *config = (PfNetworkConfig){ 0 };
}

PfNetworkEntry *pf_network_config_add(PfNetworkConfig *config, unsigned line, int *ret_r) {
        PfNetworkEntry *entries;

        *ret_r = 0;
        if (config->n == PF_NETWORK_ENTRIES_MAX)
                return NULL;
        if ((config->n & (config->n - 1)) == 0) { /* 0, 1, 2, 4 …: the room is used up */
                entries = realloc(config->entries,
                                  (config->n ? 2 * config->n : 1) * sizeof(*entries));
                if (!entries) {
                        *ret_r = -ENOMEM;
                        return NULL;
                }
                config->entries = entries;
        }
        config->entries[config->n] = (PfNetworkEntry){ .line = line };
        return &config->entries[config->n++];
}

bool pf_network_is_ipv4(const char *text) {
        char address[16] = "";
        size_t n;
        PfIpAddress parsed;

        text += strspn(text, "'\"" BLANKS);
        n = strspn(text, "0123456789.");
        if (n >= sizeof(address))
                return false;
        memcpy(address, text, n);
        return pf_ip_address_parse(address, &parsed) == 0 && !parsed.is_ipv6;
}

/* --- lines of KEY=VALUE --- */

typedef struct Assignment {
        char section[PF_NETWORK_NAME_MAX]; /* "" before the first */
        char key[PF_NETWORK_NAME_MAX];
        char value[VALUE_MAX]; /* without quotes and comments; what is longer is cut */
        unsigned line;
} Assignment;

static void copy(const char *text, size_t n, char *ret, size_t size) {
        (void) snprintf(ret, size, "%.*s", (int) n, text);
}

/* Without the blanks around it. */
static void copy_trimmed(const char *text, size_t n, char *ret, size_t size) {
        while (n > 0 && strchr(BLANKS, *text) && *text) {
                text++;
                n--;
        }
        while (n > 0 && text[n - 1] && strchr(BLANKS, text[n - 1]))
                n--;
        copy(text, n, ret, size);
}

/* Of a quoted value what is between the quotes; of another what is before '#'. */
static void take_value(const char *text, size_t n, char ret[static VALUE_MAX]) {
        char whole[VALUE_MAX];
        size_t end;

        copy_trimmed(text, n, whole, sizeof(whole));
        if (whole[0] == '"' || whole[0] == '\'') {
                const char quotes[] = { whole[0], '\0' };

                copy(whole + 1, strcspn(whole + 1, quotes), ret, VALUE_MAX);
                return;
        }
        end = strcspn(whole, "#");
        copy_trimmed(whole, end, ret, VALUE_MAX);
}

/* Takes one line. Return: is it an assignment? */
static bool take_line(const PfLines *lines, Assignment *assignment) {
        const char *text = lines->text;
        size_t n = lines->text_n;
        const char *equals, *bracket;

        while (n > 0 && *text && strchr(BLANKS, *text)) {
                text++;
                n--;
        }
        if (n == 0 || *text == '#' || *text == ';')
                return false;
        if (*text == '[') {
                bracket = memchr(text, ']', n);
                if (bracket)
                        copy(text + 1, (size_t) (bracket - text - 1), assignment->section,
                             sizeof(assignment->section));
                return false;
        }
        equals = memchr(text, '=', n);
        if (!equals)
                return false;
        copy_trimmed(text, (size_t) (equals - text), assignment->key, sizeof(assignment->key));
        take_value(equals + 1, n - (size_t) (equals + 1 - text), assignment->value);
        assignment->line = lines->number;
        return true;
}

static bool is(const Assignment *assignment, const char *section, const char *key) {
        return strcmp(assignment->key, key) == 0 && strcmp(assignment->section, section) == 0;
}

/* What one assignment means to an entry. */
typedef void (*Take)(const Assignment *assignment, PfNetworkEntry *entry);

/* One entry for the whole text, begun with what holds where nothing is said. */
static int read_all(const char *text, size_t n, Take take, const PfNetworkEntry *unsaid,
                    PfNetworkConfig *ret) {
        PfLines lines = { .rest = text, .n = n };
        Assignment assignment = { .line = 0 };
        PfNetworkEntry *entry;
        int r;

        entry = pf_network_config_add(ret, 1, &r);
        if (!entry)
                return r;
        *entry = *unsaid;
        entry->line = 1;
        while (pf_lines_next(&lines))
                if (take_line(&lines, &assignment))
                        take(&assignment, entry);
        return 0;
}

static bool is_one_of(const char *word, const char *const *words) {
        for (; *words; words++)
                if (strcasecmp(word, *words) == 0)
                        return true;
        return false;
}

static void take_ipv4(const Assignment *assignment, PfNetworkIpv4 ipv4, PfNetworkEntry *entry) {
        entry->ipv4 = ipv4;
        entry->line = assignment->line;
}

static void take_name(const Assignment *assignment, PfNetworkEntry *entry) {
        copy(assignment->value, strlen(assignment->value), entry->name, sizeof(entry->name));
        entry->is_loopback = strcmp(entry->name, "lo") == 0;
}

/* --- ifcfg --- */

/* IPADDR, IPADDR0, IPADDR_1; SUSE also "IPADDR='10.0.0.5/24'". */
static void take_ifcfg(const Assignment *assignment, PfNetworkEntry *entry) {
        static const char *const dhcp[] = { "dhcp", "dhcp4", "dhcp+autoip", "bootp", NULL };
        static const char *const started[] = { "auto",    "onboot",  "on",      "boot",
                                               "hotplug", "ifplugd", "nfsroot", NULL };
        const char *key = assignment->key;

        if (strcmp(key, "DEVICE") == 0)
                take_name(assignment, entry);
        else if (strcmp(key, "BOOTPROTO") == 0 && is_one_of(assignment->value, dhcp))
                take_ipv4(assignment, PF_NETWORK_IPV4_DHCP, entry);
        else if (strncmp(key, "IPADDR", 6) == 0 && entry->ipv4 == PF_NETWORK_IPV4_NONE &&
                 pf_network_is_ipv4(assignment->value))
                take_ipv4(assignment, PF_NETWORK_IPV4_STATIC, entry);
        else if (strcmp(key, "HWADDR") == 0 && assignment->value[0])
                entry->mac_line = assignment->line;
        else if (strcmp(key, "ONBOOT") == 0)
                entry->at_boot = strcasecmp(assignment->value, "no") != 0;
        else if (strcmp(key, "STARTMODE") == 0)
                entry->at_boot = is_one_of(assignment->value, started);
}

int pf_network_read_ifcfg(const char *text, size_t n, PfNetworkConfig *ret) {
        return read_all(text, n, take_ifcfg, &(PfNetworkEntry){ .at_boot = true }, ret);
}

int pf_network_read_ifcfg_suse(const char *text, size_t n, PfNetworkConfig *ret) {
        return read_all(text, n, take_ifcfg, &(PfNetworkEntry){ .at_boot = false }, ret);
}

/* --- NetworkManager --- */

static bool is_wired(const char *type) {
        static const char *const types[] = { "ethernet", "802-3-ethernet", "bond", "bridge",
                                             "team",     "vlan",           NULL };

        return is_one_of(type, types);
}

static void take_connection(const Assignment *assignment, PfNetworkEntry *entry) {
        static const char *const no[] = { "false", "no", "0", NULL };

        if (strcmp(assignment->key, "type") == 0 && !is_wired(assignment->value))
                entry->is_loopback = true; /* no more than that leads to others */
        else if (strcmp(assignment->key, "interface-name") == 0)
                copy(assignment->value, strlen(assignment->value), entry->name,
                     sizeof(entry->name));
        else if (strcmp(assignment->key, "autoconnect") == 0)
                entry->at_boot = !is_one_of(assignment->value, no);
}

static void take_method(const Assignment *assignment, PfNetworkEntry *entry) {
        if (strcmp(assignment->value, "auto") == 0)
                take_ipv4(assignment, PF_NETWORK_IPV4_DHCP, entry);
        else if (strcmp(assignment->value, "manual") == 0)
                take_ipv4(assignment, PF_NETWORK_IPV4_STATIC, entry);
        else
                take_ipv4(assignment, PF_NETWORK_IPV4_NONE, entry);
}

static void take_keyfile(const Assignment *assignment, PfNetworkEntry *entry) {
        if (strcmp(assignment->section, "connection") == 0)
                take_connection(assignment, entry);
        else if (is(assignment, "ipv4", "method"))
                take_method(assignment, entry);
        else if ((is(assignment, "ethernet", "mac-address") ||
                  is(assignment, "802-3-ethernet", "mac-address")) &&
                 assignment->value[0])
                entry->mac_line = assignment->line;
}

/* Without a method it is "auto". */
int pf_network_read_keyfile(const char *text, size_t n, PfNetworkConfig *ret) {
        return read_all(text, n, take_keyfile,
                        &(PfNetworkEntry){ .at_boot = true, .ipv4 = PF_NETWORK_IPV4_DHCP }, ret);
}

/* --- systemd --- */

static bool names_mac(const Assignment *assignment) {
        return assignment->value[0] && (is(assignment, "Match", "MACAddress") ||
                                        is(assignment, "Match", "PermanentMACAddress"));
}

static void take_networkd(const Assignment *assignment, PfNetworkEntry *entry) {
        static const char *const yes[] = { "yes", "true", "1", "on", "y", "t", NULL };
        static const char *const ipv4[] = { "ipv4", "both", "v4", NULL };
        const char *value = assignment->value;

        if (names_mac(assignment))
                entry->mac_line = assignment->line;
        else if (is(assignment, "Match", "Name"))
                take_name(assignment, entry);
        else if (is(assignment, "Network", "DHCP") &&
                 (is_one_of(value, yes) || is_one_of(value, ipv4)))
                take_ipv4(assignment, PF_NETWORK_IPV4_DHCP, entry);
        else if ((is(assignment, "Network", "Address") || is(assignment, "Address", "Address")) &&
                 entry->ipv4 == PF_NETWORK_IPV4_NONE && pf_network_is_ipv4(value))
                take_ipv4(assignment, PF_NETWORK_IPV4_STATIC, entry);
        else if (is(assignment, "Link", "Unmanaged") && is_one_of(value, yes))
                entry->at_boot = false;
}

int pf_network_read_networkd(const char *text, size_t n, PfNetworkConfig *ret) {
        return read_all(text, n, take_networkd, &(PfNetworkEntry){ .at_boot = true }, ret);
}

/* Only a link that is given a name is told apart by it later. */
static void take_link(const Assignment *assignment, PfNetworkEntry *entry) {
        if (names_mac(assignment))
                entry->mac_line = assignment->line;
        else if (is(assignment, "Link", "Name"))
                copy(assignment->value, strlen(assignment->value), entry->name,
                     sizeof(entry->name));
}

int pf_network_read_link(const char *text, size_t n, PfNetworkConfig *ret) {
        int r = read_all(text, n, take_link, &(PfNetworkEntry){ .at_boot = false }, ret);

        if (r == 0 && ret->n > 0 && !ret->entries[ret->n - 1].name[0])
                ret->entries[ret->n - 1].mac_line = 0;
        return r;
}
