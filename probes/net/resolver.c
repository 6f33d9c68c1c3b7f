/* SPDX-License-Identifier: MIT */
/*
 * net.resolver: does the machine know itself by name, as the documentation asks,
 * and would a name server be found?
 *
 * Only its own files are read. Whether the names of servers resolve is asked
 * where such names are configured: endpoints.c.
 */
#include "probes/net/room.h"

#include <string.h>

#include "probes/parse/hosts.h"
#include "probes/parse/resolver.h"

#define HOSTNAME_PATH "/proc/sys/kernel/hostname"
#define FILE_MAX (1u << 20)
#define BLANKS " \t\r\f\v"

typedef struct Resolver {
        const PfNetRoom *room;
        const PfCheck *check;
        char name[256]; /* of the machine */
        PfHosts *hosts;
        bool asks_servers; /* by resolv.conf */
} Resolver;

/* --- who is asked, and in which order --- */

/* These answer for the machine's own names too; "resolve" reads /etc/hosts itself. */
static bool knows_hosts(const char *word) {
        return strcmp(word, "files") == 0 || strcmp(word, "resolve") == 0 ||
               strcmp(word, "db") == 0;
}

static void warn_of_services(const Resolver *resolver, unsigned line, const char *services,
                             bool has_files) {
        PfReport *report = resolver->room->report;

        if (has_files)
                (void) pf_report_warn(report, resolver->check,
                                      "name servers are asked before /etc/hosts");
        else
                (void) pf_report_warn(report, resolver->check, "/etc/hosts is not asked for names");
        pf_report_reason(report, "services");
        (void) pf_report_evidence(report, resolver->room->target, PF_NSSWITCH_PATH, line,
                                  services + strspn(services, BLANKS), "hosts: files dns");
        (void) pf_report_remedy(report, "let \"files\" stand before \"dns\" behind hosts: in %s",
                                PF_NSSWITCH_PATH);
}

static int judge_services(Resolver *resolver, PfErr *err) {
        PF_AUTO_FREE char *services = NULL;
        PF_AUTO_FREE char *words = NULL;
        bool has_files = false, is_early = false;
        char *rest, *word;
        unsigned line;
        int r = pf_resolver_services(resolver->room->target, &services, &line, err);

        if (r < 0)
                return r;
        words = strdup(services);
        if (!words)
                return -ENOMEM;
        for (rest = words; (word = strsep(&rest, BLANKS));) {
                has_files |= knows_hosts(word);
                is_early |= knows_hosts(word) && !resolver->asks_servers;
                resolver->asks_servers |= strcmp(word, "dns") == 0;
        }
        if (!is_early)
                warn_of_services(resolver, line, services, has_files);
        return 0;
}

/* --- its own name --- */

static int read_name(Resolver *resolver, PfErr *err) {
        PF_AUTO_BUF PfBuf buf = PF_BUF_INIT(sizeof(resolver->name));
        int r = pf_target_read(resolver->room->target, HOSTNAME_PATH, sizeof(resolver->name) - 1,
                               &buf, err);

        if (r != 0)
                return r < 0 ? r : pf_err_set(err, -ENOENT, HOSTNAME_PATH ": is not there");
        (void) snprintf(resolver->name, sizeof(resolver->name), "%.*s",
                        (int) strcspn(buf.data ? buf.data : "", "\n"), buf.data ? buf.data : "");
        if (!resolver->name[0] || strcmp(resolver->name, "(none)") == 0)
                return pf_err_set(err, -ENOENT, "the machine has no host name");
        return 0;
}

/* The next line of /etc/hosts that gives the machine's name to an address. */
static const PfHost *next_line(const Resolver *resolver, const PfHost *before) {
        size_t from = before ? (size_t) (before - resolver->hosts->items) + 1 : 0;

        return pf_hosts_find_name(resolver->hosts, resolver->name, from);
}

static bool is_named(const Resolver *resolver, const PfIpAddress *address) {
        for (const PfHost *host = next_line(resolver, NULL); host; host = next_line(resolver, host))
                if (pf_ip_address_equal(&host->address, address))
                        return true;
        return false;
}

typedef struct Counts {
        size_t n;                   /* addresses that others can reach */
        size_t n_named;             /* of them, those that /etc/hosts gives the name to */
        const PfIpAddress *unnamed; /* the first of the others */
} Counts;

static void count_address(const Resolver *resolver, const PfIpAddress *address, Counts *counts) {
        if (!pf_net_is_reachable(address))
                return;
        counts->n++;
        if (is_named(resolver, address))
                counts->n_named++;
        else if (!counts->unnamed)
                counts->unnamed = address;
}

static Counts count(const Resolver *resolver) {
        const PfInterfaces *interfaces = &resolver->room->interfaces;
        Counts counts = { 0 };

        for (size_t i = 0; i < interfaces->n; i++)
                if (pf_net_is_usable(interfaces, &interfaces->items[i]))
                        for (size_t j = 0; j < interfaces->items[i].n_addresses; j++)
                                count_address(resolver, &interfaces->items[i].addresses[j].address,
                                              &counts);
        return counts;
}

/* No line of its name is of an address that others can reach. */
static void warn_of_name(const Resolver *resolver) {
        const PfHost *host = next_line(resolver, NULL);
        PfReport *report = resolver->room->report;

        if (!host)
                (void) pf_report_warn(report, resolver->check, "/etc/hosts does not name %s",
                                      resolver->name);
        else if (pf_net_is_reachable(&host->address))
                (void) pf_report_warn(report, resolver->check,
                                      "/etc/hosts gives %s to an address that this machine has not",
                                      resolver->name);
        else
                (void) pf_report_warn(report, resolver->check,
                                      "/etc/hosts gives %s to no address that others can reach",
                                      resolver->name);
}

static void warn_of_hosts(const Resolver *resolver, const Counts *counts) {
        const PfNetRoom *room = resolver->room;
        const PfHost *host = next_line(resolver, NULL);
        char text[PF_NET_ADDRESS_MAX], expected[512];

        if (counts->n_named == 0)
                warn_of_name(resolver);
        else
                (void) pf_report_warn(room->report, resolver->check,
                                      "/etc/hosts gives %s to %zu of %zu IPv4 addresses",
                                      resolver->name, counts->n_named, counts->n);
        pf_report_reason(room->report, "hosts");
        (void) snprintf(expected, sizeof(expected), "%s %s",
                        pf_net_address_text(counts->unnamed, text), resolver->name);
        (void) pf_report_evidence(room->report, room->target, PF_HOSTS_PATH, host ? host->line : 0,
                                  host ? host->text : NULL, expected);
        (void) pf_report_remedy(room->report, "add \"%s\" to /etc/hosts", expected);
}

static int judge_hosts(Resolver *resolver, PfErr *err) {
        Counts counts;
        int r = read_name(resolver, err);

        if (r == 0)
                r = pf_hosts_read(resolver->room->target, &resolver->hosts, err);
        if (r < 0)
                return r;
        counts = count(resolver);
        if (counts.n == 0 && !pf_net_is_answered(resolver->room, resolver->check))
                return pf_report_skip(resolver->room->report, resolver->check,
                                      "there is no IPv4 address that /etc/hosts could name");
        if (counts.unnamed && !pf_net_is_answered(resolver->room, resolver->check))
                warn_of_hosts(resolver, &counts);
        return 0;
}

/* --- name servers --- */

static int judge_servers(const Resolver *resolver, PfErr *err) {
        const PfNetRoom *room = resolver->room;
        PF_AUTO_BUF PfBuf buf = PF_BUF_INIT(FILE_MAX);
        PfResolvConf conf;
        unsigned seconds;
        bool answered;
        int r = pf_target_read(room->target, PF_RESOLV_CONF_PATH, FILE_MAX, &buf, err);

        if (r < 0)
                return r;
        pf_resolv_conf_parse(buf.data ? buf.data : "", buf.n, &conf);
        seconds = pf_resolv_conf_delay(&conf, &answered);
        if ((answered && seconds == 0) || pf_net_is_answered(room, resolver->check))
                return 0;
        if (conf.n_servers == 0)
                (void) pf_report_warn(room->report, resolver->check,
                                      "no name server is configured");
        else if (!answered)
                (void) pf_report_warn(room->report, resolver->check,
                                      "none of the name servers can exist");
        else
                (void) pf_report_warn(room->report, resolver->check,
                                      "each name is looked up for %u s at name servers that cannot "
                                      "exist",
                                      seconds);
        pf_report_reason(room->report, "name-servers");
        return pf_report_evidence(room->report, room->target, PF_RESOLV_CONF_PATH,
                                  conf.n_servers ? conf.servers[0].line : 0, NULL,
                                  "nameserver, and an address that answers");
}

static int judge(Resolver *resolver, PfErr *err) {
        const PfNetRoom *room = resolver->room;
        int r = judge_services(resolver, err);

        if (r == 0 && room->reason[0])
                return pf_err_set(err, -EIO, "%s", room->reason);
        if (r == 0 && !room->is_running && !pf_net_is_answered(room, resolver->check))
                return pf_report_unknown(room->report, resolver->check,
                                         "which name and which addresses the machine will have is "
                                         "not known of an image");
        if (r == 0 && room->is_running)
                r = judge_hosts(resolver, err);
        if (r == 0 && room->is_running && resolver->asks_servers)
                r = judge_servers(resolver, err);
        return r;
}

int pf_net_resolver(const PfNetRoom *room, const PfCheck *check, PfErr *err) {
        Resolver resolver = { .room = room, .check = check };
        int r = judge(&resolver, err);

        if (r == 0 && !pf_net_is_answered(room, check))
                r = pf_report_pass(room->report, check,
                                   "/etc/hosts gives %s to every IPv4 address of this machine",
                                   resolver.name);
        (void) pf_hosts_free(resolver.hosts);
        return r;
}
