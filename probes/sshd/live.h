/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * The SSH server of a running machine: the sockets that the kernel has, and what
 * the service manager says of the units where nothing listens.
 */

#include "daemon/base/tcp-table.h"
#include "daemon/platform/units.h"
#include "probes/sshd/room.h"

enum {
        PF_SSHD_UNIT_SSH,
        PF_SSHD_UNIT_SSHD,
        PF_SSHD_UNIT_SSH_SOCKET,
        PF_SSHD_UNIT_SSHD_SOCKET,
        PF_SSHD_N_UNITS,
};

typedef struct PfSshdLive {
        PfTcpTable table;
        PfUnitState units[PF_SSHD_N_UNITS];
        bool has_units;            /* asked for only where the answer explains something */
        bool is_running;           /* the process that wrote sshd's pid file is there */
        const PfTcpListener *ipv4; /* the best that listens on the port; NULL: none */
        const PfTcpListener *ipv6;
        bool is_shut; /* ipv4 listens, but not for the installer */
} PfSshdLive;

void pf_sshd_live_deinit(PfSshdLive *live);
#define PF_AUTO_SSHD_LIVE PF_CLEANUP(pf_sshd_live_deinit)

/* Return: 0, or a negative errno with a text. */
int pf_sshd_live_read(const PfTarget *target, const PfDemand *demand, PfSshdLive *ret,
                      PfErr *err) PF_MUST_CHECK;

bool pf_sshd_live_any_unit(const PfSshdLive *live, PfUnitState state);

/**
 * pf_sshd_live_is_another() - does something else than the installed sshd listen?
 * A container that publishes the port, say, or a server nobody has heard of: the
 * service manager knows of no unit of sshd that runs, and there is no such
 * process. False also where the manager could not be asked.
 */
bool pf_sshd_live_is_another(const PfSshdLive *live);

/* Does it take connections to the address that is asked about? */
bool pf_sshd_live_takes(const PfTcpListener *listener, const PfDemand *demand);

/* Is a socket unit active? Then systemd made the socket. */
bool pf_sshd_live_has_socket_unit(const PfSshdLive *live);
