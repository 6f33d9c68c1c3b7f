/* SPDX-License-Identifier: MIT */
/*
 * Probe net: would others reach this machine, does it know its own name, and are
 * there ports left for connections? Contacts nobody; that is endpoints.c.
 */
#include "probes/net/room.h"

#include <string.h>
#include <uv.h>

enum { INTERFACE, RESOLVER, PORTS, N_CHECKS };

static const PfCheck checks[N_CHECKS] = {
        [INTERFACE] = { "net.interface" },
        [RESOLVER] = { "net.resolver" },
        [PORTS] = { "net.ports" },
};

static const PfNetCheckFn functions[N_CHECKS] = {
        [INTERFACE] = pf_net_interface,
        [RESOLVER] = pf_net_resolver,
        [PORTS] = pf_net_ports,
};

/* Kinds of rtnetlink that lead nowhere: what is sent there is dropped, or comes back. */
static bool leads_nowhere(const char *kind) {
        static const char *const kinds[] = {
                "dummy", "ifb", "nlmon", "vcan", "vxcan", "netdevsim"
        };

        for (size_t i = 0; i < PF_ELEMENTS(kinds); i++)
                if (strcmp(kind, kinds[i]) == 0)
                        return true;
        return false;
}

/* A bridge whose ports are those of containers and virtual machines leads to them alone. */
static bool has_way_out(const PfInterfaces *interfaces, const PfInterface *bridge) {
        for (size_t i = 0; i < interfaces->n; i++) {
                const PfInterface *port = &interfaces->items[i];

                if (strcmp(port->master, bridge->name) == 0 && port->is_running &&
                    strcmp(port->kind, "veth") != 0 && strcmp(port->kind, "tun") != 0 &&
                    !leads_nowhere(port->kind))
                        return true;
        }
        return false;
}

bool pf_net_is_usable(const PfInterfaces *interfaces, const PfInterface *interface) {
        if (interface->is_loopback || !interface->is_up || !interface->is_running ||
            leads_nowhere(interface->kind))
                return false;
        return strcmp(interface->kind, "bridge") != 0 || has_way_out(interfaces, interface);
}

const char *pf_net_address_text(const PfIpAddress *address, char ret[static PF_NET_ADDRESS_MAX]) {
        (void) uv_inet_ntop(address->is_ipv6 ? AF_INET6 : AF_INET, address->bytes, ret,
                            PF_NET_ADDRESS_MAX);
        return ret;
}

bool pf_net_is_answered(const PfNetRoom *room, const PfCheck *check) {
        return room->report->n > 0 && room->report->results[room->report->n - 1].check == check;
}

static int look(PfNetRoom *room) {
        PfErr err = { 0 };
        int r = pf_machine_interfaces(room->target, &room->interfaces, &err);

        if (r < 0 && r != -ENOMEM)
                (void) snprintf(room->reason, sizeof(room->reason), "%s", pf_err_text(&err, r));
        room->is_running = r == 0;
        return r == -ENOMEM ? r : 0;
}

static int run(const PfTarget *target, const PfDemand *demand, PfReport *report, PfErr *err) {
        PfNetRoom room = { .target = target, .demand = demand, .report = report };
        int r = look(&room);

        if (r < 0)
                return pf_err_errno(err, r, "network");
        for (size_t i = 0; i < N_CHECKS; i++) {
                size_t n = report->n;
                PfErr detail = { 0 };

                r = functions[i](&room, &checks[i], &detail);
                (void) pf_report_settle(report, &checks[i], n, r, &detail);
        }
        pf_interfaces_deinit(&room.interfaces);
        return report->error;
}

const PfProbe pf_probe_net = {
        .name = "net",
        .checks = checks,
        .n_checks = N_CHECKS,
        .platforms = PF_PLATFORM_LINUX,
        .deadline_ms = 1000,
        .run = run,
};
