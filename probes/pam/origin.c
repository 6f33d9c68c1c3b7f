/* SPDX-License-Identifier: MIT */
/*
 * Where a login comes from, as pam_access compares it. sshd always says from
 * where, so that a login is never LOCAL, and a terminal is never asked for.
 */
#include "probes/pam/origin.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "daemon/base/ip-address.h"

#define ADDRESS_TEXT_MAX 64

static PfMaybe doubt(PfOrigin *origin, const char *why) {
        origin->doubt = why;
        return PF_MAYBE;
}

static PfMaybe no_source(PfOrigin *origin) {
        return doubt(origin, "depends on where the connection comes from: ask with --source");
}

static unsigned address_size(const PfIpAddress *address) {
        return address->is_ipv6 ? 16 : 4;
}

/* The first @bits bits of a mask. */
static void set_bits(PfIpAddress *mask, unsigned bits) {
        for (unsigned i = 0; i < address_size(mask); i++) {
                unsigned kept = bits >= 8 * (i + 1) ? 8 : bits > 8 * i ? bits - 8 * i : 0;

                mask->bytes[i] = (unsigned char) (0xff00u >> kept);
        }
}

/* "24", "0x18" and "255.255.255.0" behind a slash. A mask of the other family
 * does not fit; the module then compares all bits. */
static bool read_mask(const char *text, const PfIpAddress *network, PfIpAddress *ret) {
        unsigned all = 8 * address_size(network);
        char *end;
        long bits;

        *ret = (PfIpAddress){ .is_ipv6 = network->is_ipv6 };
        if (pf_ip_address_parse(text, ret) == 0) {
                if (ret->is_ipv6 != network->is_ipv6) {
                        *ret = (PfIpAddress){ .is_ipv6 = network->is_ipv6 };
                        set_bits(ret, all);
                }
                return true;
        }
        bits = strtol(text, &end, 0);
        if (end == text || *end || bits < 0 || bits > (long) all)
                return false;
        set_bits(ret, bits == 0 ? all : (unsigned) bits);
        return true;
}

static bool in_network(const PfIpAddress *address, const PfIpAddress *network,
                       const PfIpAddress *mask) {
        if (address->is_ipv6 != network->is_ipv6)
                return false;
        for (unsigned i = 0; i < address_size(network); i++)
                if ((address->bytes[i] ^ network->bytes[i]) & mask->bytes[i])
                        return false;
        return true;
}

/* "10.20.0.0/16", "fd20::5". PF_NO also for an address without meaning; false
 * where @element is no address at all. */
static bool match_network(const char *element, PfOrigin *origin, PfMaybe *ret) {
        const char *slash = strchr(element, '/');
        PfIpAddress network, mask, address;
        char text[ADDRESS_TEXT_MAX];
        size_t n = slash ? (size_t) (slash - element) : strlen(element);

        *ret = PF_NO;
        if (n >= sizeof(text) || memchr(element, '%', n))
                return slash != NULL;
        memcpy(text, element, n);
        text[n] = '\0';
        if (pf_ip_address_parse(text, &network) < 0)
                return slash != NULL;
        if (!read_mask(slash ? slash + 1 : "0", &network, &mask))
                return true;
        if (!origin->address || pf_ip_address_parse(origin->address, &address) < 0)
                *ret = no_source(origin);
        else
                *ret = pf_maybe(in_network(&address, &network, &mask));
        return true;
}

/* ".example.com": what the name ends in. */
static PfMaybe match_domain(const char *domain, PfOrigin *origin) {
        size_t n = strlen(domain);
        size_t n_name;

        if (!origin->name)
                return no_source(origin);
        n_name = strlen(origin->name);
        return pf_maybe(n_name > n && strcasecmp(origin->name + n_name - n, domain) == 0);
}

/* "10.20.": what an address of IPv4 begins with. */
static PfMaybe match_prefix(const char *prefix, PfOrigin *origin) {
        if (!origin->address)
                return no_source(origin);
        return pf_maybe(!strchr(origin->address, ':') &&
                        strncmp(origin->address, prefix, strlen(prefix)) == 0);
}

/* Terminals and services stand among the origins too, and nobody gives their
 * names to a host. */
static bool is_host_name(const char *text) {
        static const char *const prefixes[] = { "tty", "pts", "hvc", "xvc", "lxc", "vc", "cron" };
        static const char *const words[] = { "LOCAL", "NONE", "console", "sshd", "ssh", "login" };

        for (size_t i = 0; i < PF_ELEMENTS(prefixes); i++)
                if (strncmp(text, prefixes[i], strlen(prefixes[i])) == 0 && !strchr(text, '.'))
                        return false;
        for (size_t i = 0; i < PF_ELEMENTS(words); i++)
                if (strcasecmp(text, words[i]) == 0)
                        return false;
        for (; *text; text++)
                if (!isalnum((unsigned char) *text) && !strchr("-._", *text))
                        return false;
        return true;
}

static PfMaybe match_host(const char *name, PfOrigin *origin) {
        PfIpAddress address;

        if (origin->by_text_only || !is_host_name(name))
                return PF_NO;
        if (!origin->address || pf_ip_address_parse(origin->address, &address) < 0)
                return no_source(origin);
        if (origin->hosts && pf_hosts_find_name(origin->hosts, name, 0)) {
                const PfHost *host;
                size_t from = 0;

                while ((host = pf_hosts_find_name(origin->hosts, name, from))) {
                        if (pf_ip_address_equal(&host->address, &address))
                                return doubt(origin, "depends on the release of Linux-PAM, which "
                                                     "looks up names of hosts since 1.5.3");
                        from = (size_t) (host - origin->hosts->items) + 1;
                }
                return PF_NO;
        }
        return doubt(origin, "depends on the addresses that a resolver has for a name");
}

PfMaybe pf_origin_match(const char *element, PfOrigin *origin) {
        PfMaybe match;

        if (*element == '@')
                return doubt(origin, "depends on a netgroup");
        if (strcasecmp(element, "ALL") == 0)
                return PF_YES;
        if (origin->name && strcasecmp(element, origin->name) == 0)
                return PF_YES;
        if (*element == '.')
                return match_domain(element, origin);
        if (element[strlen(element) - 1] == '.')
                return match_prefix(element, origin);
        if (match_network(element, origin, &match))
                return match;
        if (!origin->name && is_host_name(element))
                return no_source(origin);
        return match_host(element, origin);
}
