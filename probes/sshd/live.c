/* SPDX-License-Identifier: MIT */
/*
 * Asks the running machine, or one that was captured while it ran.
 */
#include "probes/sshd/live.h"

#include <string.h>

#include "daemon/platform/machine.h"
#include "probes/parse/tcp-table.h"

static const char *const unit_names[PF_SSHD_N_UNITS] = {
        [PF_SSHD_UNIT_SSH] = "ssh.service",
        [PF_SSHD_UNIT_SSHD] = "sshd.service",
        [PF_SSHD_UNIT_SSH_SOCKET] = "ssh.socket",
        [PF_SSHD_UNIT_SSHD_SOCKET] = "sshd.socket",
};

void pf_sshd_live_deinit(PfSshdLive *live) {
        pf_tcp_table_deinit(&live->table);
}

bool pf_sshd_live_takes(const PfTcpListener *listener, const PfDemand *demand) {
        if (listener->is_any)
                return true;
        if (demand->local_address)
                return strcmp(listener->address, demand->local_address) == 0;
        return !listener->is_loopback;
}

static void find_listeners(const PfDemand *demand, PfSshdLive *live) {
        for (size_t i = 0; i < live->table.n; i++) {
                const PfTcpListener *listener = &live->table.listeners[i];
                const PfTcpListener **best = listener->is_ipv6 ? &live->ipv6 : &live->ipv4;

                if (listener->port == demand->local_port &&
                    (!*best || pf_sshd_live_takes(listener, demand)))
                        *best = listener;
        }
        live->is_shut = live->ipv4 && !pf_sshd_live_takes(live->ipv4, demand);
}

int pf_sshd_live_read(const PfTarget *target, const PfDemand *demand, PfSshdLive *ret, PfErr *err) {
        PfErr ignored = { 0 }; /* of what has a fallback */
        int r;

        r = pf_machine_listeners(target, &ret->table, &ignored);
        if (r != 0)
                r = pf_tcp_table_read(target, &ret->table, err);
        if (r < 0)
                return r;
        find_listeners(demand, ret);
        if (!ret->ipv4)
                ret->has_units = pf_machine_units(target, unit_names, PF_SSHD_N_UNITS, ret->units,
                                                  &ignored) == 0;
        return 0;
}

bool pf_sshd_live_any_unit(const PfSshdLive *live, PfUnitState state) {
        for (size_t i = 0; live->has_units && i < PF_SSHD_N_UNITS; i++)
                if (live->units[i] == state)
                        return true;
        return false;
}

bool pf_sshd_live_has_socket_unit(const PfSshdLive *live) {
        return live->has_units && (live->units[PF_SSHD_UNIT_SSH_SOCKET] == PF_UNIT_ACTIVE ||
                                   live->units[PF_SSHD_UNIT_SSHD_SOCKET] == PF_UNIT_ACTIVE);
}
