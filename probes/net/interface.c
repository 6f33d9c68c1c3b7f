/* SPDX-License-Identifier: MIT */
/*
 * net.interface: would a packet from the installer come in, and would it still
 * after failover, where every adapter is a new one?
 *
 * A running machine has an address or not. Of an image it is known what will be
 * configured, as far as a file says it.
 */
#include "probes/net/room.h"

#include <string.h>

#define ROUTE_PATH "/proc/net/route"
#define ROUTE_HEAD 65536 /* bytes: the default route is the first */
#define SHOWN_MAX 8
#define ADDRESS_EXPECTED "an IPv4 address that others can reach, on an interface that is up"

/* --- evidence --- */

static const char *state_of(const PfInterfaces *interfaces, const PfInterface *interface) {
        if (!interface->is_up)
                return "down";
        if (!interface->is_running)
                return "no carrier";
        return pf_net_is_usable(interfaces, interface) ? "up" : "up, but leads to nobody else";
}

/* "ens192: no carrier, 10.0.0.5/24" */
static int describe(const PfInterfaces *interfaces, const PfInterface *interface, PfBuf *buf) {
        int r = pf_buf_printf(buf, "%s: %s", interface->name, state_of(interfaces, interface));

        for (size_t i = 0; r == 0 && i < interface->n_addresses && i < SHOWN_MAX; i++) {
                char text[PF_NET_ADDRESS_MAX];

                r = pf_buf_printf(buf, ", %s/%u",
                                  pf_net_address_text(&interface->addresses[i].address, text),
                                  interface->addresses[i].prefix);
        }
        return r;
}

static void show_interface(const PfNetRoom *room, const PfInterface *interface,
                           const char *expected) {
        PF_AUTO_BUF PfBuf buf = PF_BUF_INIT(4096);

        if (describe(&room->interfaces, interface, &buf) == 0)
                (void) pf_report_evidence(room->report, NULL, NULL, 0, buf.data, expected);
}

static void show_interfaces(const PfNetRoom *room) {
        size_t shown = 0;

        for (size_t i = 0; i < room->interfaces.n && shown < SHOWN_MAX; i++)
                if (!room->interfaces.items[i].is_loopback) {
                        show_interface(room, &room->interfaces.items[i], ADDRESS_EXPECTED);
                        shown++;
                }
}

static void show_pins(const PfNetRoom *room, const PfNetConfig *config) {
        for (size_t i = 0; i < config->n_pins; i++)
                (void) pf_report_evidence(room->report, room->target, config->pins[i].path,
                                          config->pins[i].line, config->pins[i].found,
                                          "nothing that only one adapter fits");
}

/* --- a running machine --- */

typedef struct Found {
        const PfInterface *usable;   /* with an address that others can reach */
        const PfInterface *unusable; /* the same, but it is down, or leads to nobody else */
        const PfInterface *link_local;
        const PfInterface *ipv6;
        const PfInterface *bond;
} Found;

static void find_address(const PfInterfaces *interfaces, const PfInterface *interface,
                         const PfIpAddress *address, Found *found) {
        static const PfIpAddress link_local = { .is_ipv6 = true, .bytes = { 0xfe, 0x80 } };
        bool is_usable = pf_net_is_usable(interfaces, interface);
        const PfInterface **place = address->is_ipv6                ? &found->ipv6
                                    : !pf_net_is_reachable(address) ? &found->link_local
                                    : is_usable                     ? &found->usable
                                                                    : &found->unusable;

        /* Every interface has an IPv6 address of its link, which says nothing. */
        if (!*place && !pf_ip_address_in_prefix(address, &link_local, 10))
                *place = interface;
}

static Found find(const PfInterfaces *interfaces) {
        Found found = { 0 };

        for (size_t i = 0; i < interfaces->n; i++) {
                const PfInterface *interface = &interfaces->items[i];

                if (interface->is_loopback)
                        continue;
                for (size_t j = 0; j < interface->n_addresses; j++)
                        find_address(interfaces, interface, &interface->addresses[j].address,
                                     &found);
                if (!found.bond && interface->is_up &&
                    (strcmp(interface->kind, "bond") == 0 || strcmp(interface->kind, "team") == 0))
                        found.bond = interface;
        }
        return found;
}

static int fail_without_address(const PfNetRoom *room, const PfCheck *check, const Found *found) {
        PfReport *report = room->report;

        if (found->unusable)
                (void) pf_report_fail(report, check, "%s has an IPv4 address, but is of no use: %s",
                                      found->unusable->name,
                                      state_of(&room->interfaces, found->unusable));
        else if (found->link_local)
                (void) pf_report_fail(report, check,
                                      "%s has no IPv4 address but a link-local one, which reaches "
                                      "nobody",
                                      found->link_local->name);
        else if (found->ipv6)
                (void) pf_report_fail(report, check,
                                      "%s has IPv6 addresses only, which are not supported",
                                      found->ipv6->name);
        else
                (void) pf_report_fail(report, check, "no interface has an IPv4 address");
        pf_report_reason(report, "no-ipv4");
        show_interfaces(room);
        return pf_report_remedy(report, "give an interface that is up an IPv4 address");
}

/* The first words of lines: interface, destination, and mask as the eighth. */
static bool is_default(const char *line) {
        char destination[16], mask[16];

        return sscanf(line, "%*s %15s %*s %*s %*s %*s %*s %15s", destination, mask) == 2 &&
               strcmp(destination, "00000000") == 0 &&
               (strcmp(mask, "00000000") == 0 || strcmp(mask, "00000080") == 0);
}

/* Half of all addresses each is as good: 0.0.0.0/1 comes with 128.0.0.0/1. */
static int find_default_route(const PfTarget *target, bool *ret, PfErr *err) {
        PF_AUTO_BUF PfBuf buf = PF_BUF_INIT(ROUTE_HEAD);
        char *rest, *line;
        int r = pf_target_read_head(target, ROUTE_PATH, ROUTE_HEAD, &buf, err);

        if (r != 0)
                return r < 0 ? r : pf_err_set(err, -ENOENT, ROUTE_PATH ": is not there");
        *ret = false;
        for (rest = buf.data; (line = strsep(&rest, "\n"));)
                *ret |= is_default(line);
        return 0;
}

/* Where the installer comes from is known: does an answer get there?
 * Return: 1 where it was answered, 0, or a negative errno. */
static int judge_route_back(const PfNetRoom *room, const PfCheck *check, PfErr *err) {
        char name[PF_INTERFACE_NAME_MAX];
        PfIpAddress source;
        int r;

        if (!room->demand->source || pf_ip_address_parse(room->demand->source, &source) < 0)
                return 0;
        r = pf_machine_route(room->target, &source, name, err);
        if (r != PF_ROUTE_NONE)
                return r < 0 ? r : 0;
        (void) pf_report_fail(room->report, check, "no route leads back to the installer at %s",
                              room->demand->source);
        pf_report_reason(room->report, "no-route");
        show_interfaces(room);
        (void) pf_report_remedy(room->report, "add a route to %s, or a default route",
                                room->demand->source);
        return 1;
}

static int judge_default_route(const PfNetRoom *room, const PfCheck *check, PfErr *err) {
        bool has_default = true;
        int r;

        if (room->demand->source)
                return 0;
        r = find_default_route(room->target, &has_default, err);
        if (r < 0 || has_default)
                return r;
        (void) pf_report_warn(room->report, check,
                              "no default route: only machines of the same networks are reached");
        pf_report_reason(room->report, "no-default-route");
        return pf_report_evidence(room->report, room->target, ROUTE_PATH, 0, NULL,
                                  "a route to 0.0.0.0/0");
}

static void judge_bond(const PfNetRoom *room, const PfCheck *check, const Found *found) {
        if (!found->bond)
                return;
        if (!pf_net_is_answered(room, check)) {
                (void) pf_report_warn(room->report, check,
                                      "%s joins several adapters, which is not supported",
                                      found->bond->name);
                pf_report_reason(room->report, "teaming");
        }
        show_interface(room, found->bond, "a single adapter");
}

/* What cannot be read would be a warning at worst. */
static void judge_pins(const PfNetRoom *room, const PfCheck *check, const PfNetConfig *config) {
        bool begins = !pf_net_is_answered(room, check);

        if (begins && config->n_pins > 0) {
                (void) pf_report_warn(room->report, check,
                                      "the network is tied to an adapter that will be another one "
                                      "after failover");
                pf_report_reason(room->report, "tied-to-mac");
                (void) pf_report_remedy(
                        room->report,
                        "remove what is tied to a MAC address from %s, keep a copy, "
                        "and do not restart the network for it",
                        config->pins[0].path);
        } else if (begins && config->reason[0]) {
                (void) pf_report_warn(room->report, check,
                                      "whether the network is tied to one adapter is not known: %s",
                                      config->reason);
        }
        show_pins(room, config);
}

static int judge_running(const PfNetRoom *room, const PfCheck *check, const PfNetConfig *config,
                         PfErr *err) {
        Found found = find(&room->interfaces);
        int r;

        if (!found.usable)
                return fail_without_address(room, check, &found);
        r = judge_route_back(room, check, err);
        if (r == 0)
                r = judge_default_route(room, check, err);
        if (r != 0)
                return r < 0 ? r : 0;
        judge_bond(room, check, &found);
        judge_pins(room, check, config);
        if (pf_net_is_answered(room, check))
                return 0;
        (void) pf_report_pass(room->report, check, "%s is up, with an IPv4 address",
                              found.usable->name);
        show_interface(room, found.usable, NULL);
        return 0;
}

/* --- an image --- */

static int judge_without_file(const PfNetRoom *room, const PfCheck *check,
                              const PfNetConfig *config) {
        if (config->reason[0])
                return pf_report_unknown(room->report, check,
                                         "what will be configured at boot is not known: %s",
                                         config->reason);
        if (config->manager)
                return pf_report_unknown(room->report, check,
                                         "no file configures IPv4 at boot; what %s makes of an "
                                         "adapter is seen when it runs",
                                         config->manager);
        return pf_report_unknown(room->report, check,
                                 "no file that is understood configures IPv4 at boot");
}

static int judge_image(const PfNetRoom *room, const PfCheck *check, const PfNetConfig *config) {
        const char *name = config->name[0] ? config->name : "an adapter";

        if (!config->ipv4.path) {
                (void) judge_without_file(room, check, config);
                show_pins(room, config);
                return 0;
        }
        judge_pins(room, check, config);
        if (pf_net_is_answered(room, check))
                return 0;
        if (config->kind == PF_NETWORK_IPV4_DHCP)
                (void) pf_report_pass(room->report, check,
                                      "%s will ask for an IPv4 address at boot, by DHCP", name);
        else
                (void) pf_report_pass(room->report, check,
                                      "%s will be given a fixed IPv4 address at boot", name);
        return pf_report_evidence(room->report, room->target, config->ipv4.path, config->ipv4.line,
                                  config->ipv4.found, NULL);
}

int pf_net_interface(const PfNetRoom *room, const PfCheck *check, PfErr *err) {
        PF_AUTO_NET_CONFIG PfNetConfig config = { 0 };
        int r;

        if (room->reason[0])
                return pf_err_set(err, -EIO, "%s", room->reason);
        r = pf_net_config_read(room->target, room->is_running, &config);
        if (r < 0)
                return r;
        return room->is_running ? judge_running(room, check, &config, err)
                                : judge_image(room, check, &config);
}
