/* SPDX-License-Identifier: MIT */
/*
 * Probe windows-network: does the machine have an address that the installer reaches, a way
 * back to it, somebody who listens, and ports for its own connections?
 */
#include <string.h>
#include <strings.h>

#include "probes/net/reachable.h"
#include "probes/windows/push.h"

enum { INTERFACE, PORTS, N_CHECKS };
static const PfCheck checks[N_CHECKS] = {
        [INTERFACE] = { "net.interface" },
        [PORTS] = { "net.ports" },
};

#define INTERFACES PF_SERVICES "\\Tcpip\\Parameters\\Interfaces"
#define EXPECTED "an IPv4 address that others can reach, on an adapter that is up"
#define TEAM "Network Adapter Multiplexor" /* what teams of Windows Server call themselves */
#define DYNAMIC_PORTS 16384u               /* from 49152 on */
#define SHORT_PERCENT 90
#define ADAPTERS_SHOWN 8

/* --- a running machine --- */

typedef struct Found {
        const PfWindowsAdapter *usable, *down, *link_local, *ipv6, *team;
        bool has_gateway;
} Found;

static bool is_up(const PfWindowsAdapter *adapter) {
        return adapter->status == PF_ADAPTER_UP;
}

static const char *name_of(const PfWindowsAdapter *adapter) {
        return adapter->name ? adapter->name : "?";
}

static void set_first(const PfWindowsAdapter **place, const PfWindowsAdapter *adapter) {
        if (!*place)
                *place = adapter;
}

static void sort_address(const PfWindowsAdapter *adapter, const char *text, Found *found) {
        static const PfIpAddress link_local = { .is_ipv6 = true, .bytes = { 0xfe, 0x80 } };
        PfIpAddress address;
        unsigned bits;

        if (pf_windows_prefix_parse(text, &address, &bits) < 0)
                return;
        if (pf_net_is_reachable(&address))
                set_first(is_up(adapter) ? &found->usable : &found->down, adapter);
        else if (!address.is_ipv6)
                set_first(&found->link_local, adapter);
        else if (!pf_ip_address_in_prefix(&address, &link_local, 10))
                set_first(&found->ipv6, adapter);
}

static Found find(const PfWindowsAdapters *all) {
        const PfWindowsAdapter *adapters = all->adapters.items;
        Found found = { 0 };

        for (size_t i = 0; i < all->adapters.n; i++) {
                const PfWindowsAdapter *adapter = &adapters[i];

                if (adapter->type == PF_ADAPTER_LOOPBACK || adapter->type == PF_ADAPTER_TUNNEL)
                        continue;
                for (size_t k = 0; k < adapter->addresses.n; k++)
                        sort_address(adapter, adapter->addresses.items[k], &found);
                found.has_gateway |= is_up(adapter) && adapter->gateways.n > 0;
                if (is_up(adapter) && adapter->description && strstr(adapter->description, TEAM))
                        set_first(&found.team, adapter);
        }
        return found;
}

static int show_adapter(PfReport *report, const PfWindowsAdapter *adapter, const char *expected) {
        char text[PF_WINDOWS_TEXT_MAX];

        (void) snprintf(text, sizeof(text), "%s, %s", is_up(adapter) ? "up" : "down",
                        adapter->addresses.n > 0 ? adapter->addresses.items[0] : "no address");
        return pf_windows_show(report, name_of(adapter), text, expected);
}

static int show_adapters(PfReport *report, const PfWindowsAdapters *all) {
        const PfWindowsAdapter *adapters = all->adapters.items;
        int r = 0;

        for (size_t i = 0; r == 0 && i < all->adapters.n && i < ADAPTERS_SHOWN; i++)
                if (adapters[i].type != PF_ADAPTER_LOOPBACK)
                        r = show_adapter(report, &adapters[i], EXPECTED);
        return r;
}

static int fail_without_address(PfReport *report, const PfWindowsAdapters *all,
                                const Found *found) {
        if (found->down)
                (void) pf_report_fail(report, &checks[INTERFACE],
                                      "%s has an IPv4 address, but is of no use: %s",
                                      name_of(found->down), "down");
        else if (found->link_local)
                (void) pf_report_fail(report, &checks[INTERFACE],
                                      "%s has no IPv4 address but a link-local one, which reaches "
                                      "nobody",
                                      name_of(found->link_local));
        else if (found->ipv6)
                (void) pf_report_fail(report, &checks[INTERFACE],
                                      "%s has IPv6 addresses only, which are not supported",
                                      name_of(found->ipv6));
        else
                (void) pf_report_fail(report, &checks[INTERFACE],
                                      "no interface has an IPv4 address");
        pf_report_reason(report, "no-ipv4");
        (void) show_adapters(report, all);
        return pf_report_remedy(report, "give an interface that is up an IPv4 address");
}

/* Return: 1 where it was answered, 0, or a negative errno with a text. */
static int judge_route(const PfTarget *target, const PfDemand *demand, PfReport *report,
                       PfErr *err) {
        PfWindowsRoute route = { 0 };
        PfIpAddress source;
        int r;

        if (!demand->source || pf_ip_address_parse(demand->source, &source) < 0)
                return 0;
        r = pf_windows_fact(target, PF_WINDOWS_ROUTE, demand->source, &route, err);
        if (r != 0 || route.error == 0)
                return r < 0 ? r : 0;
        (void) pf_report_fail(report, &checks[INTERFACE],
                              "no route leads back to the installer at %s", demand->source);
        pf_report_reason(report, "no-route");
        (void) pf_windows_show_error(report, "GetBestRoute2", route.error);
        (void) pf_report_remedy(report, "add a route to %s, or a default route", demand->source);
        return 1;
}

static int pass_or_warn(const PfDemand *demand, PfReport *report, const Found *found) {
        if (!demand->source && !found->has_gateway) {
                (void) pf_report_warn(
                        report, &checks[INTERFACE],
                        "no default route: only machines of the same networks are reached");
                pf_report_reason(report, "no-default-route");
        } else if (found->team) {
                (void) pf_report_warn(report, &checks[INTERFACE],
                                      "%s joins several adapters, which is not supported",
                                      name_of(found->team));
                pf_report_reason(report, "teaming");
                return show_adapter(report, found->team, "a single adapter");
        } else {
                (void) pf_report_pass(report, &checks[INTERFACE], "%s is up, with an IPv4 address",
                                      name_of(found->usable));
        }
        return show_adapter(report, found->usable, NULL);
}

static int judge_running(const PfTarget *target, const PfDemand *demand, PfReport *report,
                         const PfWindowsAdapters *adapters, PfErr *err) {
        const Found found = find(adapters);
        int r;

        if (adapters->error) {
                (void) pf_report_unknown(report, &checks[INTERFACE],
                                         "Windows does not list its adapters");
                return pf_windows_show_error(report, "GetAdaptersAddresses", adapters->error);
        }
        if (!found.usable)
                return fail_without_address(report, adapters, &found);
        r = judge_route(target, demand, report, err);
        return r == 0 ? pass_or_warn(demand, report, &found) : r < 0 ? r : 0;
}

/* --- an image --- */

static bool has_fixed(const PfRegistryKey *key) {
        const PfRegistryValue *addresses = pf_registry_value(key, "IPAddress");
        PfIpAddress address;

        for (size_t i = 0; addresses && i < addresses->texts.n; i++)
                if (pf_ip_address_parse(addresses->texts.items[i], &address) == 0 &&
                    pf_net_is_reachable(&address))
                        return true;
        return false;
}

/* What is configured for an adapter that the machine had. Return: 1 where it was answered. */
static int judge_configured(const PfTarget *target, PfReport *report, const char *id, PfErr *err) {
        PF_AUTO_REGISTRY_KEY PfRegistryKey key = { 0 };
        char path[PF_REGISTRY_PATH_MAX];
        uint64_t dhcp = 0;
        int r;

        (void) snprintf(path, sizeof(path), INTERFACES "\\%s", id);
        r = pf_registry_read(target, path, &key, err);
        if (r == 0)
                r = pf_registry_number(&key, "EnableDHCP", &dhcp, err);
        if (r < 0)
                return r;
        if (key.is_dirty && (dhcp == 1 || has_fixed(&key)))
                (void) pf_windows_warn_dirty(report, &checks[INTERFACE],
                                             key.hive ? key.hive : PF_SYSTEM_HIVE);
        else if (dhcp == 1)
                (void) pf_report_pass(report, &checks[INTERFACE],
                                      "%s will ask for an IPv4 address at boot, by DHCP",
                                      "an adapter");
        else if (has_fixed(&key))
                (void) pf_report_pass(report, &checks[INTERFACE],
                                      "%s will be given a fixed IPv4 address at boot",
                                      "an adapter");
        else
                return 0;
        (void) pf_report_evidence(report, NULL, path, 0, dhcp == 1 ? "EnableDHCP 1" : "IPAddress",
                                  NULL);
        return 1;
}

static int judge_image(const PfTarget *target, PfReport *report, PfErr *err) {
        PF_AUTO_REGISTRY_KEY PfRegistryKey all = { 0 };
        int r = pf_registry_read(target, INTERFACES, &all, err);
        size_t i;

        if (r < 0)
                return r;
        for (r = 0, i = 0; r == 0 && i < all.subkeys.n; i++)
                r = judge_configured(target, report, all.subkeys.items[i], err);
        if (r != 0)
                return r < 0 ? r : 0;
        (void) pf_report_unknown(report, &checks[INTERFACE],
                                 "the registry does not say how an adapter gets an IPv4 address");
        return pf_report_evidence(report, NULL, INTERFACES, 0, NULL, "EnableDHCP or IPAddress");
}

static int check_interface(const PfTarget *target, const PfDemand *demand, PfReport *report,
                           PfErr *err) {
        PfWindowsAdapters adapters = { 0 };
        int r = pf_windows_fact(target, PF_WINDOWS_ADAPTERS, "all", &adapters, err);

        if (r == PF_WINDOWS_NOT_ASKED)
                return judge_image(target, report, err);
        if (r < 0)
                return r;
        r = judge_running(target, demand, report, &adapters, err);
        pf_windows_fact_deinit(PF_WINDOWS_ADAPTERS, &adapters);
        return r;
}

/* --- ports --- */

static void judge_own_ports(PfRegistryLook *look, const PfWindowsTcp *tcp) {
        char text[64];

        if (tcp->error)
                return; /* who listens is not known either, and says so */
        if (tcp->bind_error) {
                pf_finding_add(&look->findings, PF_FINDING_BAD, "local ports",
                               "no local port is left for a connection");
                pf_look_said_error(look, "bind", tcp->bind_error);
                pf_finding_reason(&look->findings, "no-port-left");
                pf_finding_remedy(&look->findings,
                                  "find what holds so many connections with \"netstat -ano\", or "
                                  "widen the range of ports");
                return;
        }
        (void) snprintf(text, sizeof(text), "%u of %u in use", (unsigned) tcp->n_ports,
                        DYNAMIC_PORTS);
        if (tcp->n_ports * 100 >= DYNAMIC_PORTS * SHORT_PERCENT) {
                pf_finding_add(&look->findings, PF_FINDING_DOUBTFUL, "local ports",
                               "%u of %u local ports for connections are in use",
                               (unsigned) tcp->n_ports, DYNAMIC_PORTS);
                pf_finding_reason(&look->findings, "few-ports-left");
        } else {
                pf_finding_add(&look->findings, PF_FINDING_GOOD, "local ports",
                               "local ports are left for connections");
        }
        pf_look_said(look, "GetExtendedTcpTable", text, NULL);
}

static int check_ports(const PfTarget *target, const PfDemand *demand, PfReport *report,
                       PfErr *err) {
        PF_AUTO_REGISTRY_LOOK PfRegistryLook look = { .target = target,
                                                      .findings = { .target = target } };
        PfWindowsTcp tcp = { 0 };
        int r = pf_windows_fact(target, PF_WINDOWS_TCP, "tcp", &tcp, err);

        (void) demand;
        if (r == PF_WINDOWS_NOT_ASKED)
                return pf_report_skip(report, &checks[PORTS], "an image has no connections");
        if (r < 0)
                return r;
        judge_own_ports(&look, &tcp);
        pf_windows_fact_deinit(PF_WINDOWS_TCP, &tcp);
        r = pf_windows_judge_listener(&look, "TCP 135", 135);
        if (r == 0)
                r = pf_windows_judge_listener(&look, "TCP 445", 445);
        return r < 0 ? r
                     : pf_look_answer(&look, report, &checks[PORTS],
                                      "the ports that a push needs are there",
                                      "an image has no connections");
}

static int run(const PfTarget *target, const PfDemand *demand, PfReport *report, PfErr *err) {
        static int (*const functions[N_CHECKS])(const PfTarget *, const PfDemand *, PfReport *,
                                                PfErr *) = {
                [INTERFACE] = check_interface,
                [PORTS] = check_ports,
        };
        int r = 0;

        (void) err;
        for (size_t i = 0; r == 0 && i < N_CHECKS; i++) {
                const size_t before = report->n;
                PfErr detail = { 0 };

                r = functions[i](target, demand, report, &detail);
                if (r != -ENOMEM)
                        r = pf_report_settle(report, &checks[i], before, r, &detail);
        }
        return r;
}

const PfProbe pf_probe_windows_network = {
        .name = "windows-network",
        .checks = checks,
        .n_checks = N_CHECKS,
        .platforms = PF_PLATFORM_WINDOWS,
        .deadline_ms = 5000,
        .run = run,
};
