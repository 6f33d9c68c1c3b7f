/* SPDX-License-Identifier: MIT */
/*
 * Sockets that listen, and which connections they take.
 */
#include "probes/sshd/ears.h"

#include <string.h>
#include <strings.h>

#include "probes/parse/hosts.h"
#include "probes/parse/sshd-values.h"

#define HOST_SIZE 1100

void pf_sshd_ears_deinit(PfSshdEars *ears) {
        free(ears->items);
        *ears = (PfSshdEars){ 0 };
}

int pf_sshd_ears_add(PfSshdEars *ears, const PfSshdEar *ear) {
        PfSshdEar *items;

        if (ears->n == PF_SSHD_EARS_MAX)
                return -E2BIG;
        items = realloc(ears->items, (ears->n + 1) * sizeof(*items));
        if (!items)
                return -ENOMEM;
        ears->items = items;
        items[ears->n++] = *ear;
        return 0;
}

static bool is_all_zero(const PfIpAddress *address) {
        const PfIpAddress zero = { .is_ipv6 = address->is_ipv6 };

        return pf_ip_address_equal(address, &zero);
}

static bool is_loopback(const PfIpAddress *address) {
        static const PfIpAddress ipv4 = { .bytes = { 127 } };
        static const PfIpAddress ipv6 = { .is_ipv6 = true, .bytes = { [15] = 1 } };

        return pf_ip_address_in_prefix(address, &ipv4, 8) || pf_ip_address_equal(address, &ipv6);
}

/* Fills in the ear's address; false where @host is none. What follows '%' is the
 * interface of a link-local address. */
static bool set_address(PfSshdEar *ear, const char *host) {
        PF_AUTO_FREE char *copy = strndup(host, strcspn(host, "%"));

        if (!copy || pf_ip_address_parse(copy, &ear->address) < 0)
                return false;
        ear->is_ipv6 = ear->address.is_ipv6;
        ear->is_any = is_all_zero(&ear->address);
        return true;
}

bool pf_sshd_listen_split(const char *text, char *host, size_t size, unsigned *ret_port) {
        const size_t n = strcspn(text, " "); /* " rdomain name" may follow */
        const char *colon = memrchr(text, ':', n);
        size_t length;

        if (!colon)
                return false;
        length = (size_t) (colon - text);
        if (text[0] == '[' && length >= 2 && colon[-1] == ']') {
                text++;
                length -= 2;
        }
        if (length >= size || colon[1] < '0' || colon[1] > '9')
                return false;
        memcpy(host, text, length);
        host[length] = '\0';
        *ret_port = (unsigned) strtoul(colon + 1, NULL, 10);
        return *ret_port > 0 && *ret_port <= UINT16_MAX;
}

/* --- names --- */

static bool ends_with(const char *name, const char *domain) {
        size_t n = strlen(name), m = strlen(domain);

        return n >= m && strcasecmp(name + n - m, domain) == 0 &&
               (n == m || name[n - m - 1] == '.');
}

static bool is_reserved(const char *name) {
        static const char *const domains[] = { "example", "invalid", "test" };

        for (size_t i = 0; i < PF_ELEMENTS(domains); i++)
                if (ends_with(name, domains[i]))
                        return true;
        return false;
}

static int add_hosts(const PfHosts *hosts, const char *name, int family, PfSshdEar *ear,
                     PfSshdEars *ret, bool *ret_any) {
        const PfHost *host;
        int r = 0;

        *ret_any = false;
        for (size_t i = 0; r == 0 && (host = pf_hosts_find_name(hosts, name, i));
             i = (size_t) (host - hosts->items) + 1) {
                if (family != 0 && host->address.is_ipv6 != (family == 6))
                        continue;
                *ret_any = true;
                ear->address = host->address;
                ear->is_ipv6 = host->address.is_ipv6;
                ear->is_any = is_all_zero(&ear->address);
                if (ret)
                        r = pf_sshd_ears_add(ret, ear);
        }
        return r;
}

int pf_sshd_name_lookup(const PfTarget *target, const char *name, int family, PfSshdEar ear,
                        PfSshdEars *ret, PfErr *err) {
        PF_CLEANUP(pf_hosts_freep) PfHosts *hosts = NULL;
        bool any = false;
        int r;

        r = pf_hosts_read(target, &hosts, err);
        if (r == 0)
                r = add_hosts(hosts, name, family, &ear, ret, &any);
        if (r < 0 || any)
                return r;
        return is_reserved(name) ? PF_SSHD_NAME_UNKNOWN : PF_SSHD_NAME_UNDECIDED;
}

/* --- of a configuration --- */

static int family_of(const PfSshdEffective *effective) {
        const char *family = pf_sshd_effective_text(effective, "addressfamily");

        return !family ? 0 : strcmp(family, "inet") == 0 ? 4 : strcmp(family, "inet6") == 0 ? 6 : 0;
}

int pf_sshd_ears_find_name(const PfTarget *target, const PfSshdEffective *effective,
                           const PfSshdValue *value, PfErr *err) {
        char host[HOST_SIZE];
        PfSshdEar ear = { 0 };

        if (!pf_sshd_listen_split(value->text, host, sizeof(host), &ear.port) ||
            set_address(&ear, host))
                return 0;
        return pf_sshd_name_lookup(target, host, family_of(effective), ear, NULL, err);
}

static int add_value(const PfSshdRoom *room, const PfSshdValue *value, int family, PfSshdEars *ret,
                     PfErr *err) {
        PfSshdEar ear = { .path = value->line ? value->line->path : NULL,
                          .line = value->line ? value->line->number : 0,
                          .text = value->line ? value->line->text : NULL };
        char host[HOST_SIZE];
        int r;

        if (!pf_sshd_listen_split(value->text, host, sizeof(host), &ear.port))
                return pf_err_set(err, -EINVAL,
                                  "an address that sshd listens on is not understood");
        if (set_address(&ear, host))
                return pf_sshd_ears_add(ret, &ear);
        r = pf_sshd_name_lookup(room->target, host, family, ear, ret, err);
        if (r != PF_SSHD_NAME_UNDECIDED)
                return r < 0 ? r : 0;
        ear.is_unknown = true;
        return pf_sshd_ears_add(ret, &ear);
}

int pf_sshd_ears_of_configuration(const PfSshdRoom *room, const PfSshdEffective *effective,
                                  PfSshdEars *ret, PfErr *err) {
        const PfSshdSetting *listen = pf_sshd_effective_get(effective, "listenaddress");
        const int family = family_of(effective);
        int r = 0;

        for (size_t i = 0; listen && i < listen->n_values && r == 0; i++)
                r = add_value(room, &listen->values[i], family, ret, err);
        return r;
}

/* --- of a socket unit --- */

static bool has_generator(const PfTarget *target) {
        static const char *const paths[] = {
                "/usr/lib/systemd/system-generators/sshd-socket-generator",
                "/lib/systemd/system-generators/sshd-socket-generator",
        };
        PfErr ignored = { 0 };
        PfFileInfo info;

        for (size_t i = 0; i < PF_ELEMENTS(paths); i++)
                if (pf_target_stat(target, paths[i], &info, &ignored) == 0)
                        return true;
        return false;
}

/* "22", "192.0.2.5:22", "[::]:22"; a path and what else there is hear no TCP. */
static int add_stream(const PfUnitSetting *setting, bool takes_ipv4, PfSshdEars *ret) {
        PfSshdEar ear = { .takes_ipv4 = takes_ipv4,
                          .path = setting->path,
                          .line = setting->line,
                          .text = setting->text };
        char host[HOST_SIZE];

        if (setting->value[strspn(setting->value, "0123456789")] == '\0') {
                ear.is_ipv6 = ear.is_any = ear.address.is_ipv6 = true;
                ear.port = (unsigned) strtoul(setting->value, NULL, 10);
                return pf_sshd_ears_add(ret, &ear);
        }
        if (!pf_sshd_listen_split(setting->value, host, sizeof(host), &ear.port) ||
            !set_address(&ear, host))
                return 0;
        ear.takes_ipv4 = ear.is_ipv6 && ear.is_any && takes_ipv4;
        return pf_sshd_ears_add(ret, &ear);
}

/* The generator writes a drop-in where the configuration says something else than
 * port 22 everywhere; it stands before those of administrators. */
static bool generator_speaks(const PfSshdRoom *room, const PfSshdEffective *effective) {
        static const char *const keywords[] = { "port", "listenaddress" };

        if (!effective || !has_generator(room->target))
                return false;
        for (size_t i = 0; i < PF_ELEMENTS(keywords); i++) {
                const PfSshdSetting *setting = pf_sshd_effective_get(effective, keywords[i]);

                if (setting && !setting->is_default)
                        return true;
        }
        return false;
}

int pf_sshd_ears_of_socket(const PfSshdRoom *room, PfSshdEars *ret, PfErr *err) {
        const PfSystemdUnit *unit = &room->look->service.socket;
        const PfSshdEffective *effective =
                room->look->tested_effective ? room->look->tested_effective : room->look->effective;
        const PfUnitSetting *only = pf_systemd_unit_get(unit, "Socket", "BindIPv6Only");
        const bool takes_ipv4 = !only || strcmp(only->value, "ipv6-only") != 0;
        const bool generated = generator_speaks(room, effective);
        const PfUnitSetting *setting = NULL;
        bool is_reset = true; /* a drop-in took back what the unit's own file says */
        int r = 0;

        while (r == 0 &&
               (setting = pf_systemd_unit_next(unit, "Socket", "ListenStream", setting))) {
                const bool is_own = strcmp(setting->path, unit->path) == 0;

                is_reset = is_reset && !is_own;
                if (!is_own || !generated)
                        r = add_stream(setting, takes_ipv4, ret);
        }
        if (r == 0 && generated && !is_reset)
                r = pf_sshd_ears_of_configuration(room, effective, ret, err);
        return r;
}

/* --- judging --- */

bool pf_sshd_is_over_ipv6(const PfDemand *demand) {
        const char *address = demand->local_address ? demand->local_address : demand->source;

        return address && strchr(address, ':');
}

static bool is_of_family(const PfSshdEar *ear, bool ipv6) {
        return ipv6 ? ear->is_ipv6 : !ear->is_ipv6 || ear->takes_ipv4;
}

static bool is_at_address(const PfSshdEar *ear, const PfDemand *demand) {
        PfIpAddress wanted;

        if (ear->is_any)
                return true;
        if (!demand->local_address || pf_ip_address_parse(demand->local_address, &wanted) < 0)
                return !is_loopback(&ear->address);
        return pf_ip_address_equal(&ear->address, &wanted);
}

static PfSshdHearing hear(const PfSshdEar *ear, const PfDemand *demand) {
        if (ear->is_unknown)
                return ear->port == demand->local_port ? PF_SSHD_HEARING_UNKNOWN
                                                       : PF_SSHD_OTHER_PORT;
        if (!is_of_family(ear, pf_sshd_is_over_ipv6(demand)))
                return PF_SSHD_OTHER_FAMILY;
        if (!is_at_address(ear, demand))
                return PF_SSHD_OTHER_ADDRESS;
        return ear->port == demand->local_port ? PF_SSHD_HEARS : PF_SSHD_OTHER_PORT;
}

PfSshdHearing pf_sshd_ears_judge(const PfSshdEars *ears, const PfDemand *demand,
                                 const PfSshdEar **ret_ear) {
        /* The nearest miss says most. */
        static const int rank[] = { [PF_SSHD_HEARS] = 5,        [PF_SSHD_HEARING_UNKNOWN] = 4,
                                    [PF_SSHD_OTHER_PORT] = 3,   [PF_SSHD_OTHER_ADDRESS] = 2,
                                    [PF_SSHD_OTHER_FAMILY] = 1, [PF_SSHD_DEAF] = 0 };
        PfSshdHearing best = PF_SSHD_DEAF;

        *ret_ear = NULL;
        for (size_t i = 0; i < ears->n; i++) {
                PfSshdHearing hearing = hear(&ears->items[i], demand);

                if (rank[hearing] <= rank[best])
                        continue;
                best = hearing;
                *ret_ear = &ears->items[i];
        }
        return best;
}
