/* SPDX-License-Identifier: MIT */
/*
 * Is there an SSH server, and can the installer reach it over IPv4?
 *
 * On a running machine the kernel's table of listening sockets decides; what
 * units say only explains it. In an image it is what the next boot will do:
 * which unit is enabled, and where its configuration makes it listen.
 */
#include "probes/sshd/look.h"

#include <string.h>

#include "daemon/platform/listeners.h"
#include "daemon/platform/units.h"
#include "probes/parse/tcp-table.h"

/* --- a running machine --- */

enum { UNIT_SSH, UNIT_SSHD, UNIT_SSH_SOCKET, UNIT_SSHD_SOCKET, N_UNITS };

static const char *const unit_names[N_UNITS] = {
        [UNIT_SSH] = "ssh.service",
        [UNIT_SSHD] = "sshd.service",
        [UNIT_SSH_SOCKET] = "ssh.socket",
        [UNIT_SSHD_SOCKET] = "sshd.socket",
};

typedef struct Live {
        PfTcpTable table;
        PfUnitState units[N_UNITS];
        bool has_units;
        const PfTcpListener *ipv4; /* the best that takes IPv4 on the port, or NULL */
        const PfTcpListener *ipv6;
        bool is_shut; /* ipv4 listens, but not for the installer */
} Live;

static void live_deinit(Live *live) {
        pf_tcp_table_deinit(&live->table);
}

static bool takes_from_outside(const PfTcpListener *listener, const PfDemand *demand) {
        if (listener->is_any)
                return true;
        if (demand->local_address)
                return strcmp(listener->address, demand->local_address) == 0;
        return !listener->is_loopback;
}

static void find_listeners(const PfDemand *demand, Live *live) {
        for (size_t i = 0; i < live->table.n; i++) {
                const PfTcpListener *listener = &live->table.listeners[i];

                if (listener->port != demand->local_port)
                        continue;
                if (listener->is_ipv6) {
                        if (!live->ipv6 || listener->is_any)
                                live->ipv6 = listener;
                } else if (!live->ipv4 || takes_from_outside(listener, demand)) {
                        live->ipv4 = listener;
                }
        }
        live->is_shut = live->ipv4 && !takes_from_outside(live->ipv4, demand);
}

static int read_live(const PfTarget *target, const PfDemand *demand, Live *live, PfErr *err) {
        PfErr ignored = { 0 }; /* of what has a fallback */
        int r;

        r = pf_listeners_read(&live->table, &ignored);
        if (r != 0)
                r = pf_tcp_table_read(target, &live->table, err);
        if (r < 0)
                return r;
        find_listeners(demand, live);
        /* Asked only where it explains something; the answer may be lacking. */
        if (!live->ipv4)
                live->has_units = pf_units_state(unit_names, N_UNITS, live->units, &ignored) == 0;
        return 0;
}

static bool any_unit_is(const Live *live, PfUnitState state) {
        for (size_t i = 0; live->has_units && i < N_UNITS; i++)
                if (live->units[i] == state)
                        return true;
        return false;
}

static bool socket_unit_listens(const Live *live) {
        return live->has_units && (live->units[UNIT_SSH_SOCKET] == PF_UNIT_ACTIVE ||
                                   live->units[UNIT_SSHD_SOCKET] == PF_UNIT_ACTIVE);
}

static void remedy_start(PfReport *report) {
        (void) pf_report_remedy(report, "enable and start the SSH server: systemctl enable --now "
                                        "ssh (Debian, Ubuntu) or sshd");
}

/* Where the kernel does not say: sshd makes its own IPv6 sockets take IPv6 alone;
 * systemd's take both, unless told otherwise: systemd.socket(5), BindIPv6Only=. */
static void answer_ipv6_only(const Live *live, const PfDemand *demand, PfReport *report) {
        const PfCheck *check = &pf_sshd_checks[PF_SSHD_SERVER];

        if (live->ipv6->takes_ipv4 == PF_TAKES_IPV4_YES ||
            (live->ipv6->takes_ipv4 == PF_TAKES_IPV4_UNKNOWN && socket_unit_listens(live)))
                (void) pf_report_pass(report, check,
                                      "the socket on [%s]:%u takes connections over IPv4 too",
                                      live->ipv6->address, demand->local_port);
        else if (live->ipv6->takes_ipv4 == PF_TAKES_IPV4_UNKNOWN && !live->has_units)
                (void) pf_report_unknown(report, check,
                                         "only IPv6 shows a listener on port %u; whether it "
                                         "takes IPv4 too could not be asked of systemd",
                                         demand->local_port);
        else
                (void) pf_report_fail(report, check,
                                      "the SSH server listens on port %u over IPv6 only",
                                      demand->local_port);
        (void) pf_report_evidence(report, NULL, "/proc/net/tcp6", 0, live->ipv6->address,
                                  "0.0.0.0");
}

static void answer_silent(const Live *live, const PfDemand *demand, PfReport *report) {
        const PfCheck *check = &pf_sshd_checks[PF_SSHD_SERVER];

        if (any_unit_is(live, PF_UNIT_STARTING)) {
                (void) pf_report_unknown(report, check, "the SSH server is just being started");
                return;
        }
        if (any_unit_is(live, PF_UNIT_FAILED))
                (void) pf_report_fail(report, check,
                                      "the SSH server failed to start: see systemctl status");
        else if (any_unit_is(live, PF_UNIT_ACTIVE))
                (void) pf_report_fail(report, check,
                                      "the SSH server runs, but nothing listens on port %u",
                                      demand->local_port);
        else
                (void) pf_report_fail(report, check,
                                      "nothing listens on port %u: the SSH server does not run",
                                      demand->local_port);
        (void) pf_report_evidence(report, NULL, "/proc/net/tcp", 0, NULL,
                                  "a socket that listens on 0.0.0.0:22");
        remedy_start(report);
}

static void answer_listener(const Live *live, const PfDemand *demand, const PfSshdLook *look,
                            PfReport *report) {
        const PfCheck *check = &pf_sshd_checks[PF_SSHD_SERVER];
        char found[64];

        (void) snprintf(found, sizeof(found), "%s:%u", live->ipv4->address,
                        (unsigned) live->ipv4->port);
        if (live->is_shut) {
                (void) pf_report_fail(report, check,
                                      "port %u is open on %s only, where the installer cannot "
                                      "reach it",
                                      demand->local_port, live->ipv4->address);
                (void) pf_report_remedy(report,
                                        "let sshd listen on the address that faces the process "
                                        "server, or on all: ListenAddress 0.0.0.0");
        } else if (!look->is_installed) {
                (void) pf_report_unknown(report, check,
                                         "something listens on port %u, but no OpenSSH server is "
                                         "installed: another server answers",
                                         demand->local_port);
        } else {
                (void) pf_report_pass(report, check, "%s listens on %s", look->version.text, found);
        }
        (void) pf_report_evidence(report, NULL, "/proc/net/tcp", 0, found,
                                  live->is_shut ? "0.0.0.0:22" : NULL);
}

static void check_live(const PfTarget *target, const PfDemand *demand, const PfSshdLook *look,
                       PfReport *report) {
        PF_CLEANUP(live_deinit) Live live = { 0 };
        PfErr err = { 0 };
        int r;

        r = read_live(target, demand, &live, &err);
        if (r < 0)
                (void) pf_report_unknown(report, &pf_sshd_checks[PF_SSHD_SERVER], "%s",
                                         pf_err_text(&err, r));
        else if (live.ipv4)
                answer_listener(&live, demand, look, report);
        else if (!look->is_installed && !live.ipv6) {
                (void) pf_report_fail(report, &pf_sshd_checks[PF_SSHD_SERVER],
                                      "no SSH server is installed");
                (void) pf_report_remedy(report, "install openssh-server and start it");
        } else if (live.ipv6)
                answer_ipv6_only(&live, demand, report);
        else
                answer_silent(&live, demand, report);
}

/* --- an image --- */

typedef enum Boot {
        BOOT_NOT,     /* nothing starts it */
        BOOT_SERVICE, /* sshd itself listens */
        BOOT_SOCKET,  /* systemd listens for it */
} Boot;

/* What makes it start, most telling first: systemd, upstart, sysvinit. */
static const struct {
        const char *pattern;
        Boot boot;
} starters[] = {
        { "/etc/systemd/system/*.wants/ssh.socket", BOOT_SOCKET },
        { "/etc/systemd/system/*.wants/sshd.socket", BOOT_SOCKET },
        { "/usr/lib/systemd/system/*.wants/sshd.socket", BOOT_SOCKET },
        { "/etc/systemd/system/*.wants/ssh.service", BOOT_SERVICE },
        { "/etc/systemd/system/*.wants/sshd.service", BOOT_SERVICE },
        { "/usr/lib/systemd/system/*.wants/sshd.service", BOOT_SERVICE },
        { "/etc/init/ssh.conf", BOOT_SERVICE },
        { "/etc/rc[2345].d/S[0-9][0-9]ssh", BOOT_SERVICE },
        { "/etc/rc[2345].d/S[0-9][0-9]sshd", BOOT_SERVICE },
        { "/etc/rc.d/rc[2345].d/S[0-9][0-9]sshd", BOOT_SERVICE },
        { "/etc/init.d/rc[35].d/S[0-9][0-9]sshd", BOOT_SERVICE },
};

static int find_starter(const PfTarget *target, Boot *ret, char **ret_path, PfErr *err) {
        *ret = BOOT_NOT;
        for (size_t i = 0; i < PF_ELEMENTS(starters); i++) {
                PF_AUTO_STRV PfStrv paths = { 0 };
                int r;

                r = pf_target_glob(target, starters[i].pattern, &paths, err);
                if (r < 0)
                        return r;
                if (paths.n == 0)
                        continue;
                *ret = starters[i].boot;
                *ret_path = PF_STEAL(paths.items[0]);
                return 0;
        }
        return 0;
}

/* A link to /dev/null in place of a unit: systemctl(1), mask. */
static const char *find_mask(const PfTarget *target) {
        static const char *const units[] = { "/etc/systemd/system/ssh.service",
                                             "/etc/systemd/system/sshd.service" };

        for (size_t i = 0; i < PF_ELEMENTS(units); i++) {
                PF_AUTO_FREE char *text = NULL;

                if (pf_target_readlink(target, units[i], &text, NULL) == 0 &&
                    strcmp(text, "/dev/null") == 0)
                        return units[i];
        }
        return NULL;
}

/* An image whose machine-id(5) is not made yet gets its units enabled by
 * presets at its first boot: systemd.preset(5). */
static bool is_sealed(const PfTarget *target) {
        PF_AUTO_BUF PfBuf buf = PF_BUF_INIT(256);

        if (pf_target_read(target, "/etc/machine-id", 255, &buf, NULL) != 0)
                return false;
        return buf.n == 0 || strncmp(buf.data, "uninitialized", strlen("uninitialized")) == 0;
}

/* Does "192.0.2.5:22" or "[::]:22", as sshd -T prints it, take the installer? */
static bool takes_installer(const char *listen, const PfDemand *demand) {
        const char *colon = strrchr(listen, ':');
        size_t n = colon ? (size_t) (colon - listen) : 0;

        if (!colon || listen[0] == '[' || (unsigned) atoi(colon + 1) != demand->local_port)
                return false;
        if (n == strlen("0.0.0.0") && strncmp(listen, "0.0.0.0", n) == 0)
                return true;
        if (demand->local_address)
                return strlen(demand->local_address) == n &&
                       strncmp(listen, demand->local_address, n) == 0;
        return strncmp(listen, "127.", 4) != 0;
}

/* The lines that say where sshd listens. */
static void where_it_listens(const PfTarget *target, const PfSshdLook *look, PfReport *report) {
        static const char *const keywords[] = { "port", "listenaddress", "addressfamily" };

        for (size_t i = 0; i < PF_ELEMENTS(keywords); i++) {
                const PfSshdSetting *setting = pf_sshd_effective_get(look->effective, keywords[i]);

                for (size_t j = 0; setting && j < setting->n_values; j++) {
                        const PfSshdLine *line = setting->values[j].line;

                        if (line)
                                (void) pf_report_evidence(report, target, line->path, line->number,
                                                          line->text, "0.0.0.0:22");
                }
        }
}

static void answer_by_configuration(const PfTarget *target, const PfDemand *demand,
                                    const PfSshdLook *look, const char *starter, PfReport *report) {
        const PfCheck *check = &pf_sshd_checks[PF_SSHD_SERVER];
        const PfSshdSetting *listen = NULL;

        if (look->effective)
                listen = pf_sshd_effective_get(look->effective, "listenaddress");
        if (!listen) {
                (void) pf_report_unknown(report, check,
                                         "where the SSH server will listen could not be read");
                return;
        }
        for (size_t i = 0; i < listen->n_values; i++) {
                if (!takes_installer(listen->values[i].text, demand))
                        continue;
                (void) pf_report_pass(report, check, "%s will listen on port %u after boot",
                                      look->version.text, demand->local_port);
                (void) pf_report_evidence(report, target, starter, 0, NULL, NULL);
                return;
        }
        (void) pf_report_fail(report, check, "the SSH server will not listen on port %u over IPv4",
                              demand->local_port);
        where_it_listens(target, look, report);
        (void) pf_report_remedy(report, "add \"Port 22\", or a ListenAddress that faces the "
                                        "process server");
}

/* Where systemd listens, Port and ListenAddress do not count. */
static void answer_by_socket(const PfTarget *target, const PfSshdLook *look, const char *starter,
                             PfReport *report) {
        PF_AUTO_STRV PfStrv dropins = { 0 };
        PfErr err = { 0 };
        int r;

        r = pf_target_glob(target, "/etc/systemd/system/ssh*.socket.d/*.conf", &dropins, &err);
        if (r < 0 || dropins.n > 0) {
                (void) pf_report_unknown(report, &pf_sshd_checks[PF_SSHD_SERVER],
                                         "a socket unit with a drop-in decides where the SSH "
                                         "server listens");
                (void) pf_report_evidence(report, target, r < 0 ? NULL : dropins.items[0], 0, NULL,
                                          "ListenStream=22");
                return;
        }
        (void) pf_report_pass(report, &pf_sshd_checks[PF_SSHD_SERVER],
                              "systemd will listen on port 22 for %s", look->version.text);
        (void) pf_report_evidence(report, target, starter, 0, NULL, NULL);
}

static void answer_not_started(const PfTarget *target, PfReport *report) {
        const PfCheck *check = &pf_sshd_checks[PF_SSHD_SERVER];
        const char *mask = find_mask(target);

        if (mask) {
                (void) pf_report_fail(report, check, "the SSH server's unit is masked");
                (void) pf_report_evidence(report, target, mask, 0, "a link to /dev/null",
                                          "no such link");
                (void) pf_report_remedy(report, "unmask it: systemctl unmask, then enable");
        } else if (is_sealed(target)) {
                (void) pf_report_unknown(report, check,
                                         "no unit of the SSH server is enabled; presets decide "
                                         "at the first boot");
                (void) pf_report_evidence(report, target, "/etc/machine-id", 0, NULL, NULL);
        } else {
                (void) pf_report_fail(report, check,
                                      "nothing starts the SSH server when this image boots");
                (void) pf_report_evidence(report, target,
                                          "/etc/systemd/system/multi-user.target.wants", 0, NULL,
                                          "ssh.service or sshd.service");
                remedy_start(report);
        }
}

static void check_image(const PfTarget *target, const PfDemand *demand, const PfSshdLook *look,
                        PfReport *report) {
        const PfCheck *check = &pf_sshd_checks[PF_SSHD_SERVER];
        PF_AUTO_FREE char *starter = NULL;
        PfErr err = { 0 };
        Boot boot;
        int r;

        if (!look->is_installed) {
                (void) pf_report_fail(report, check, "no SSH server is installed");
                (void) pf_report_evidence(report, target, "/usr/sbin/sshd", 0, NULL,
                                          "the OpenSSH server");
                (void) pf_report_remedy(report, "install openssh-server");
                return;
        }
        r = find_starter(target, &boot, &starter, &err);
        if (r < 0)
                (void) pf_report_unknown(report, check, "%s", pf_err_text(&err, r));
        else if (boot == BOOT_NOT || (boot == BOOT_SERVICE && find_mask(target)))
                answer_not_started(target, report);
        else if (boot == BOOT_SOCKET)
                answer_by_socket(target, look, starter, report);
        else
                answer_by_configuration(target, demand, look, starter, report);
}

void pf_sshd_check_server(const PfTarget *target, const PfDemand *demand, const PfSshdLook *look,
                          PfReport *report) {
        if (pf_target_is_live(target))
                check_live(target, demand, look, report);
        else
                check_image(target, demand, look, report);
}
