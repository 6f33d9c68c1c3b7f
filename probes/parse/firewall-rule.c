/* SPDX-License-Identifier: MIT */
#include "probes/parse/firewall-rule.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define PROTOCOL_ANY 256u
#define PROTOCOL_TCP 6u

/* A piece of the rule: not ended by a NUL. */
typedef struct Piece {
        const char *text;
        size_t n;
} Piece;

static bool is_word(Piece piece, const char *word) {
        return strlen(word) == piece.n && strncasecmp(piece.text, word, piece.n) == 0;
}

static int bad(PfErr *err, const char *key, Piece value) {
        return pf_err_set(err, -EINVAL, "%s=%.*s: not understood", key,
                          (int) (value.n < 60 ? value.n : 60), value.text);
}

void pf_firewall_rule_deinit(PfFirewallRule *rule) {
        free(rule->ports);
        free(rule->remote);
        free(rule->app);
        free(rule->service);
        free(rule->group);
        free(rule->condition);
        *rule = (PfFirewallRule){ 0 };
}

/* A number of at most five digits, and nothing beside it. */
static bool read_number(Piece piece, unsigned max, unsigned *ret) {
        unsigned number = 0;

        if (piece.n == 0 || piece.n > 5)
                return false;
        for (size_t i = 0; i < piece.n; i++) {
                if (piece.text[i] < '0' || piece.text[i] > '9')
                        return false;
                number = number * 10 + (unsigned) (piece.text[i] - '0');
        }
        *ret = number;
        return number <= max;
}

/* What stands before the first @mark, and what behind it. */
static bool split(Piece piece, char mark, Piece *ret_before, Piece *ret_after) {
        const char *at = piece.n ? memchr(piece.text, mark, piece.n) : NULL;

        if (!at)
                return false;
        *ret_before = (Piece){ piece.text, (size_t) (at - piece.text) };
        *ret_after = (Piece){ at + 1, piece.n - ret_before->n - 1 };
        return true;
}

/* --- the keys --- */

typedef int (*SetFn)(PfFirewallRule *rule, const char *key, Piece value, PfErr *err);

static int set_action(PfFirewallRule *rule, const char *key, Piece value, PfErr *err) {
        static const char *const words[] = { [PF_FIREWALL_ALLOW] = "Allow",
                                             [PF_FIREWALL_BLOCK] = "Block",
                                             [PF_FIREWALL_BYPASS] = "ByPass" };

        for (size_t i = PF_FIREWALL_ALLOW; i < PF_ELEMENTS(words); i++)
                if (is_word(value, words[i])) {
                        rule->action = (PfFirewallAction) i;
                        return 0;
                }
        return bad(err, key, value);
}

static int set_active(PfFirewallRule *rule, const char *key, Piece value, PfErr *err) {
        rule->is_active = is_word(value, "TRUE");
        return rule->is_active || is_word(value, "FALSE") ? 0 : bad(err, key, value);
}

static int set_direction(PfFirewallRule *rule, const char *key, Piece value, PfErr *err) {
        rule->is_inbound = is_word(value, "In");
        return rule->is_inbound || is_word(value, "Out") ? 0 : bad(err, key, value);
}

static int set_profile(PfFirewallRule *rule, const char *key, Piece value, PfErr *err) {
        static const char *const words[] = { "Domain", "Private", "Public" };

        for (unsigned i = 0; i < PF_ELEMENTS(words); i++)
                if (is_word(value, words[i])) {
                        rule->profiles |= 1u << i;
                        return 0;
                }
        return bad(err, key, value);
}

static int set_protocol(PfFirewallRule *rule, const char *key, Piece value, PfErr *err) {
        return read_number(value, PROTOCOL_ANY, &rule->protocol) ? 0 : bad(err, key, value);
}

/* Room for one more of @size bytes; NULL with an error. */
static void *add(void **items, size_t *n, size_t size, int *ret_error) {
        char *more;

        if (*n == PF_FIREWALL_LIST_MAX) {
                *ret_error = -E2BIG;
                return NULL;
        }
        /* Room is made in powers of two. */
        if ((*n & (*n - 1)) == 0) {
                more = realloc(*items, (*n ? 2 * *n : 1) * size);
                if (!more) {
                        *ret_error = -ENOMEM;
                        return NULL;
                }
                *items = more;
        }
        return (char *) *items + (*n)++ * size;
}

static int set_port(PfFirewallRule *rule, const char *key, Piece value, PfErr *err) {
        Piece first = value, last = value;
        unsigned from, to;
        PfFirewallPorts *ports;
        int r = 0;

        if (is_word(value, "RPC"))
                rule->port_words |= PF_FIREWALL_PORT_RPC;
        else if (is_word(value, "RPC-EPMap"))
                rule->port_words |= PF_FIREWALL_PORT_EPMAP;
        else if (value.n > 0 && (value.text[0] < '0' || value.text[0] > '9'))
                rule->port_words |= PF_FIREWALL_PORT_OTHER;
        else {
                (void) split(value, '-', &first, &last);
                if (!read_number(first, UINT16_MAX, &from) || !read_number(last, UINT16_MAX, &to) ||
                    from > to)
                        return bad(err, key, value);
                ports = add((void **) &rule->ports, &rule->n_ports, sizeof(*ports), &r);
                if (ports)
                        *ports = (PfFirewallPorts){ (uint16_t) from, (uint16_t) to };
        }
        return r;
}

/* --- addresses --- */

static bool read_address(Piece piece, bool is_ipv6, PfIpAddress *ret) {
        char text[64];

        if (piece.n >= sizeof(text))
                return false;
        memcpy(text, piece.text, piece.n);
        text[piece.n] = '\0';
        return strlen(text) == piece.n && !strchr(text, '%') &&
               pf_ip_address_parse(text, ret) == 0 && ret->is_ipv6 == is_ipv6;
}

static size_t size_of(bool is_ipv6) {
        return is_ipv6 ? 16 : 4;
}

/* A length, or a mask of IPv4 whose bits are in one piece. */
static bool read_mask(Piece piece, bool is_ipv6, unsigned char mask[static 16]) {
        PfIpAddress address;
        unsigned bits;
        bool ended = false;

        memset(mask, 0, 16);
        if (read_number(piece, (unsigned) (8 * size_of(is_ipv6)), &bits)) {
                for (unsigned i = 0; i < bits; i++)
                        mask[i / 8] |= (unsigned char) (0x80 >> i % 8);
                return true;
        }
        if (is_ipv6 || !read_address(piece, false, &address))
                return false;
        for (unsigned i = 0; i < 32; i++) {
                bool is_set = address.bytes[i / 8] & (0x80 >> i % 8);

                if (is_set && ended)
                        return false;
                ended = !is_set;
        }
        memcpy(mask, address.bytes, 4);
        return true;
}

static bool read_range(Piece value, bool is_ipv6, PfFirewallRange *ret) {
        unsigned char mask[16];
        Piece before = value, after = value;

        if (split(value, '/', &before, &after)) {
                if (!read_address(before, is_ipv6, &ret->first) || !read_mask(after, is_ipv6, mask))
                        return false;
                ret->last = ret->first;
                for (size_t i = 0; i < size_of(is_ipv6); i++) {
                        ret->first.bytes[i] &= mask[i];
                        ret->last.bytes[i] = (unsigned char) (ret->last.bytes[i] | ~mask[i]);
                }
                return true;
        }
        (void) split(value, '-', &before, &after);
        return read_address(before, is_ipv6, &ret->first) &&
               read_address(after, is_ipv6, &ret->last) &&
               memcmp(ret->first.bytes, ret->last.bytes, size_of(is_ipv6)) <= 0;
}

/* A word has none of the marks of which an address of either family has one. */
static bool is_keyword(Piece value) {
        for (size_t i = 0; i < value.n; i++)
                if (strchr(".:-/", value.text[i]))
                        return false;
        return value.n > 0;
}

/* "RA4", "RA62": the third letter is the family. */
static int set_remote(PfFirewallRule *rule, const char *key, Piece value, PfErr *err) {
        const bool is_ipv6 = key[2] == '6';
        PfFirewallRange range = { 0 }, *place;
        int r = 0;

        rule->has_remote = true;
        if (is_word(value, "LocalSubnet")) {
                rule->remote_words[is_ipv6] |= PF_FIREWALL_LOCAL_SUBNET;
        } else if (is_keyword(value)) {
                rule->remote_words[is_ipv6] |= PF_FIREWALL_ADDRESS_OTHER;
        } else if (read_range(value, is_ipv6, &range)) {
                place = add((void **) &rule->remote, &rule->n_remote, sizeof(*place), &r);
                if (place)
                        *place = range;
        } else {
                r = bad(err, key, value);
        }
        return r;
}

/* --- texts --- */

static int keep(char **place, Piece value) {
        free(*place);
        *place = strndup(value.text, value.n);
        return *place ? 0 : -ENOMEM;
}

static int set_app(PfFirewallRule *rule, const char *key, Piece value, PfErr *err) {
        (void) key;
        (void) err;
        return keep(&rule->app, value);
}

static int set_service(PfFirewallRule *rule, const char *key, Piece value, PfErr *err) {
        (void) key;
        (void) err;
        return keep(&rule->service, value);
}

static int set_group(PfFirewallRule *rule, const char *key, Piece value, PfErr *err) {
        (void) key;
        (void) err;
        return keep(&rule->group, value);
}

/* A packaged app, by the SID of its container: S-1-15-2-1 is that of all. */
static int set_package(PfFirewallRule *rule, const char *key, Piece value, PfErr *err) {
        static const char containers[] = "S-1-15-2-";
        const size_t n = strlen(containers);

        (void) err;
        if (value.n > n && strncasecmp(value.text, containers, n) == 0)
                rule->is_of_package = true;
        else if (!rule->condition)
                return keep(&rule->condition, (Piece){ key, strlen(key) });
        return 0;
}

/* The same, by the name of its family. */
static int set_family(PfFirewallRule *rule, const char *key, Piece value, PfErr *err) {
        (void) key;
        (void) err;
        rule->is_of_package |= value.n > 0;
        return 0;
}

/* It is for people, or of packets that are none of ours. */
static int ignore(PfFirewallRule *rule, const char *key, Piece value, PfErr *err) {
        (void) rule;
        (void) key;
        (void) value;
        (void) err;
        return 0;
}

static const struct Key {
        const char *name;
        SetFn set;
} keys[] = {
        { "Action", set_action },   { "Active", set_active },     { "Dir", set_direction },
        { "Profile", set_profile }, { "Protocol", set_protocol }, { "LPort", set_port },
        { "LPort2_10", set_port },  { "LPort2_20", set_port },    { "LPort2_24", set_port },
        { "LPort2_29", set_port },  { "RA4", set_remote },        { "RA42", set_remote },
        { "RA6", set_remote },      { "RA62", set_remote },       { "App", set_app },
        { "Svc", set_service },     { "EmbedCtxt", set_group },   { "AppPkgId", set_package },
        { "PFN", set_family },      { "Name", ignore },           { "Desc", ignore },
        { "Edge", ignore },         { "Defer", ignore },          { "LSM", ignore },
        { "LOM", ignore },          { "PCross", ignore },         { "AuthByPassOut", ignore },
        { "ICMP4", ignore },        { "ICMP6", ignore },
};

/* A part "Key=value". One that is not known is a condition that nobody here can judge. */
static int set_part(PfFirewallRule *rule, Piece part, PfErr *err) {
        Piece key, value;

        if (!split(part, '=', &key, &value))
                return pf_err_set(err, -EINVAL, "%.*s: no \"key=value\"",
                                  (int) (part.n < 60 ? part.n : 60), part.text);
        for (size_t i = 0; i < PF_ELEMENTS(keys); i++)
                if (is_word(key, keys[i].name))
                        return keys[i].set(rule, keys[i].name, value, err);
        return rule->condition ? 0 : keep(&rule->condition, key);
}

static bool is_version(Piece piece) {
        Piece major, minor;
        unsigned number;

        if (piece.n < 2 || (piece.text[0] != 'v' && piece.text[0] != 'V'))
                return false;
        piece = (Piece){ piece.text + 1, piece.n - 1 };
        return split(piece, '.', &major, &minor) && read_number(major, 255, &number) &&
               read_number(minor, 255, &number);
}

static int parse(PfFirewallRule *rule, Piece rest, PfErr *err) {
        Piece part;
        int r = 0;

        if (!split(rest, '|', &part, &rest) || !is_version(part))
                return pf_err_set(err, -EINVAL, "it does not begin with a version");
        while (r == 0 && rest.n > 0) {
                if (!split(rest, '|', &part, &rest))
                        return pf_err_set(err, -EINVAL, "it is cut off");
                r = set_part(rule, part, err);
        }
        return r;
}

int pf_firewall_rule_parse(const char *text, size_t n, PfFirewallRule *ret, PfErr *err) {
        PF_AUTO_FIREWALL_RULE PfFirewallRule rule = { .protocol = PROTOCOL_ANY };
        int r;

        if (n > PF_FIREWALL_RULE_MAX)
                return pf_err_set(err, -E2BIG, "a rule of %zu bytes", n);
        r = parse(&rule, (Piece){ text, n }, err);
        if (r == -E2BIG)
                return pf_err_set(err, r, "more than %d ports or addresses", PF_FIREWALL_LIST_MAX);
        if (r < 0)
                return pf_err_set(err, r, "the rule could not be kept");
        if (rule.profiles == 0)
                rule.profiles = PF_FIREWALL_PROFILES;
        *ret = rule;
        rule = (PfFirewallRule){ 0 };
        return 0;
}

/* --- what it fits --- */

/* A range that no rule fits is one of which some ports may. */
static PfMaybe match_ports(const PfFirewallRule *rule, const PfFirewallPacket *packet) {
        PfMaybe match = PF_NO;

        if (rule->n_ports == 0 && rule->port_words == 0)
                return PF_YES;
        if ((packet->is_rpc && (rule->port_words & PF_FIREWALL_PORT_RPC)) ||
            (packet->first == 135 && packet->last == 135 &&
             (rule->port_words & PF_FIREWALL_PORT_EPMAP)))
                return PF_YES;
        for (size_t i = 0; i < rule->n_ports; i++) {
                const PfFirewallPorts *ports = &rule->ports[i];

                if (ports->first <= packet->first && ports->last >= packet->last)
                        return PF_YES;
                if (ports->first <= packet->last && ports->last >= packet->first)
                        match = PF_MAYBE;
        }
        return match;
}

/* Does a path begin with what nobody here can tell: another variable, or a device of the kernel? */
static bool begins_unknown(const char *path) {
        return path[0] == '%' || path[0] == '\\';
}

static bool is_last_name(const char *path, const char *app) {
        const char *slash = strrchr(path, '\\');

        return slash && strcasecmp(slash + 1, app) == 0;
}

/* A path of System32, whichever way it begins, or the word itself. */
static PfMaybe match_app(const char *path, const char *app) {
        static const char *const folders[] = { "%SystemRoot%", "%windir%" };
        static const char below[] = "\\system32\\";
        const char *rest = NULL;

        if (strcasecmp(path, app) == 0)
                return PF_YES;
        for (size_t i = 0; i < PF_ELEMENTS(folders) && !rest; i++)
                if (strncasecmp(path, folders[i], strlen(folders[i])) == 0)
                        rest = path + strlen(folders[i]);
        if (!rest && path[0] && strncasecmp(path + 1, ":\\Windows", 9) == 0)
                rest = path + 10;
        if (!rest && begins_unknown(path))
                return is_last_name(path, app) ? PF_MAYBE : PF_NO;
        return rest && strncasecmp(rest, below, strlen(below)) == 0 &&
                               strcasecmp(rest + strlen(below), app) == 0
                       ? PF_YES
                       : PF_NO;
}

static PfMaybe match_kind(const PfFirewallRule *rule, const PfFirewallPacket *packet) {
        /* Neither the kernel nor a service of Windows runs in the container of an app. */
        if (!rule->is_active || !rule->is_inbound || rule->is_of_package ||
            !(rule->profiles & packet->profile) || rule->action == PF_FIREWALL_NO_ACTION ||
            (rule->protocol != PROTOCOL_ANY && rule->protocol != PROTOCOL_TCP) ||
            (rule->service &&
             (!packet->service || (strcmp(rule->service, "*") != 0 &&
                                   strcasecmp(rule->service, packet->service) != 0))))
                return PF_NO;
        return pf_maybe_and(pf_maybe_and(match_ports(rule, packet),
                                         rule->app ? match_app(rule->app, packet->app) : PF_YES),
                            rule->condition ? PF_MAYBE : PF_YES);
}

static bool is_within(const PfIpAddress *address, const PfFirewallRange *range) {
        const size_t n = size_of(address->is_ipv6);

        return address->is_ipv6 == range->first.is_ipv6 &&
               memcmp(range->first.bytes, address->bytes, n) <= 0 &&
               memcmp(address->bytes, range->last.bytes, n) <= 0;
}

static PfMaybe match_source(const PfFirewallRule *rule, const PfFirewallPacket *packet) {
        PfMaybe match = PF_NO;
        unsigned words;

        if (!rule->has_remote)
                return PF_YES;
        if (!packet->source)
                return PF_MAYBE;
        words = rule->remote_words[packet->source->is_ipv6];
        for (size_t i = 0; i < rule->n_remote; i++)
                if (is_within(packet->source, &rule->remote[i]))
                        return PF_YES;
        if (words & PF_FIREWALL_LOCAL_SUBNET)
                match = packet->is_local;
        return pf_maybe_or(match, words & PF_FIREWALL_ADDRESS_OTHER ? PF_MAYBE : PF_NO);
}

PfFirewallMatch pf_firewall_rule_match(const PfFirewallRule *rule, const PfFirewallPacket *packet) {
        return (PfFirewallMatch){ match_kind(rule, packet), match_source(rule, packet) };
}
