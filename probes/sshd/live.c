/* SPDX-License-Identifier: MIT */
/*
 * Asks the running machine, or one that was captured while it ran.
 */
#include "probes/sshd/live.h"

#include <stdlib.h>
#include <string.h>

#include "daemon/platform/machine.h"
#include "probes/parse/tcp-table.h"

#define PID_FILE "/run/sshd.pid"

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

/* Is there an sshd that said so in its pid file? Where PidFile is another, or
 * systemd listens for it, the units tell. */
static bool is_running(const PfTarget *target) {
        PF_AUTO_BUF PfBuf text = PF_BUF_INIT(64);
        PF_AUTO_BUF PfBuf name = PF_BUF_INIT(64);
        char path[64];
        unsigned long pid;

        if (pf_target_read(target, PID_FILE, 32, &text, NULL) != 0 || !text.data)
                return false;
        pid = strtoul(text.data, NULL, 10);
        (void) snprintf(path, sizeof(path), "/proc/%lu/comm", pid);
        return pid > 0 && pf_target_read(target, path, 63, &name, NULL) == 0 && name.data &&
               strcmp(name.data, "sshd\n") == 0;
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
        ret->is_running = is_running(target);
        if (!ret->ipv4 || !ret->is_running)
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

bool pf_sshd_live_is_another(const PfSshdLive *live) {
        return !live->is_running && live->has_units &&
               !pf_sshd_live_any_unit(live, PF_UNIT_ACTIVE) &&
               !pf_sshd_live_any_unit(live, PF_UNIT_STARTING);
}

bool pf_sshd_live_has_socket_unit(const PfSshdLive *live) {
        return live->has_units && (live->units[PF_SSHD_UNIT_SSH_SOCKET] == PF_UNIT_ACTIVE ||
                                   live->units[PF_SSHD_UNIT_SSHD_SOCKET] == PF_UNIT_ACTIVE);
}
