/* SPDX-License-Identifier: MIT */
/*
 * Stage listener: does anything take the connection that is asked about? On a
 * running machine the kernel's sockets decide; in an image, and where the server
 * does not run, the addresses that it would listen on.
 */
#include "probes/sshd/stages.h"

#include <string.h>

#include "probes/sshd/ears.h"
#include "probes/sshd/live.h"

#define WANTED_SIZE 64

static const char *wanted_of(const PfDemand *demand, char buffer[WANTED_SIZE]) {
        (void) snprintf(buffer, WANTED_SIZE, "%s:%u",
                        pf_sshd_is_over_ipv6(demand) ? "[::]" : "0.0.0.0",
                        (unsigned) demand->local_port);
        return buffer;
}

static const char *family_name(const PfDemand *demand) {
        return pf_sshd_is_over_ipv6(demand) ? "IPv6" : "IPv4";
}

/* --- what will listen --- */

static bool evidence_of_setting(const PfSshdRoom *room, const char *keyword, const char *wanted) {
        const PfSshdSetting *setting = pf_sshd_effective_get(room->look->effective, keyword);
        bool any = false;

        for (size_t i = 0; setting && i < setting->n_values; i++) {
                const PfSshdLine *line = setting->values[i].line;

                if (!line)
                        continue;
                (void) pf_report_evidence(room->report, room->target, line->path, line->number,
                                          line->text, wanted);
                any = true;
        }
        return any;
}

static bool evidence_of_ears(const PfSshdRoom *room, const PfSshdEars *ears, const char *wanted) {
        const PfSshdEar *last = NULL;

        for (size_t i = 0; i < ears->n; i++) {
                const PfSshdEar *ear = &ears->items[i];

                if (!ear->path ||
                    (last && last->line == ear->line && strcmp(last->path, ear->path) == 0))
                        continue;
                (void) pf_report_evidence(room->report, room->target, ear->path, ear->line,
                                          ear->text, wanted);
                last = ear;
        }
        return last != NULL;
}

/* Is the port of @ear one that a line "Port", or -p, asks for? */
static bool is_set_by_port(const PfSshdRoom *room, const PfSshdEar *ear) {
        const PfSshdSetting *port = pf_sshd_effective_get(room->look->effective, "port");

        for (size_t i = 0; port && i < port->n_values; i++)
                if (port->values[i].line &&
                    (unsigned) strtoul(port->values[i].text, NULL, 10) == ear->port)
                        return true;
        return false;
}

static void answer_miss(const PfSshdRoom *room, const PfCheck *stage, const PfSshdEars *ears,
                        PfSshdHearing hearing, const PfSshdEar *ear) {
        static const struct {
                const char *reason;
                const char *keyword;
        } kinds[] = {
                [PF_SSHD_OTHER_PORT] = { "port", "port" },
                [PF_SSHD_OTHER_ADDRESS] = { "listen-address", "listenaddress" },
                [PF_SSHD_OTHER_FAMILY] = { "address-family", "addressfamily" },
                [PF_SSHD_DEAF] = { "listen-address", "listenaddress" },
        };
        const bool by_socket = room->look->service.starter == PF_SSHD_STARTS_SOCKET;
        const char *reason = kinds[hearing].reason;
        char wanted[WANTED_SIZE];
        bool any = false;

        (void) wanted_of(room->demand, wanted);
        (void) pf_report_fail(room->report, stage,
                              "the SSH server will not listen on port %u%s%s over %s",
                              room->demand->local_port, room->demand->local_address ? " of " : "",
                              room->demand->local_address ? room->demand->local_address : "",
                              family_name(room->demand));
        if (!by_socket && hearing == PF_SSHD_OTHER_PORT && is_set_by_port(room, ear))
                any = evidence_of_setting(room, "port", wanted);
        else if (!by_socket && hearing == PF_SSHD_OTHER_FAMILY)
                any = evidence_of_setting(room, "addressfamily", wanted);
        if (!any && hearing == PF_SSHD_OTHER_FAMILY)
                reason = "listen-address"; /* its family is that of the addresses */
        if (!any && !evidence_of_ears(room, ears, wanted))
                (void) pf_report_evidence(room->report, NULL, room->look->path, 0, NULL, wanted);
        pf_report_reason(room->report, reason);
        if (strcmp(reason, "listen-address") == 0)
                (void) pf_report_remedy(room->report,
                                        "let sshd listen on the address that faces the process "
                                        "server, or on all: ListenAddress %s; where no interface "
                                        "has an address that it names, sshd does not even start",
                                        pf_sshd_is_over_ipv6(room->demand) ? "::" : "0.0.0.0");
        else
                (void) pf_report_remedy(room->report,
                                        "add \"Port %u\", or a ListenAddress that faces the "
                                        "process server",
                                        room->demand->local_port);
}

static void answer_ears(const PfSshdRoom *room, const PfCheck *stage, const PfSshdEars *ears) {
        const PfSshdEar *ear;
        PfSshdHearing hearing = pf_sshd_ears_judge(ears, room->demand, &ear);

        if (hearing == PF_SSHD_HEARING_UNKNOWN) {
                (void) pf_report_unknown(room->report, stage,
                                         "whether a name in ListenAddress is an address that the "
                                         "installer reaches is for a name server to say");
                (void) pf_report_evidence(room->report, room->target, ear->path, ear->line,
                                          ear->text, "an address");
                return;
        }
        if (hearing != PF_SSHD_HEARS) {
                answer_miss(room, stage, ears, hearing, ear);
                return;
        }
        (void) pf_report_pass(room->report, stage, "%s will listen on port %u after boot",
                              room->look->version.text, room->demand->local_port);
        if (ear->path)
                (void) pf_report_evidence(room->report, room->target, ear->path, ear->line,
                                          ear->text, NULL);
        else
                (void) pf_report_evidence(room->report, NULL, room->look->path, 0, NULL, NULL);
}

static int judge_image(const PfSshdRoom *room, const PfCheck *stage, PfErr *err) {
        PF_AUTO_SSHD_EARS PfSshdEars ears = { 0 };
        int r;

        if (room->look->service.starter == PF_SSHD_STARTS_SOCKET) {
                r = pf_sshd_ears_of_socket(room, &ears, err);
        } else if (!room->look->effective) {
                (void) pf_report_unknown(room->report, stage,
                                         "where the SSH server will listen could not be read");
                return 0;
        } else {
                r = pf_sshd_ears_of_configuration(room, room->look->effective, &ears, err);
        }
        if (r < 0)
                return r;
        answer_ears(room, stage, &ears);
        return 0;
}

/* --- what listens --- */

/* Where the kernel does not say: sshd makes its own IPv6 sockets take IPv6 alone;
 * systemd's take both, unless told otherwise: systemd.socket(5), BindIPv6Only=. */
static void answer_ipv6_only(const PfSshdRoom *room, const PfCheck *stage, const PfSshdLive *live) {
        if (live->ipv6->takes_ipv4 == PF_TAKES_IPV4_YES ||
            (live->ipv6->takes_ipv4 == PF_TAKES_IPV4_UNKNOWN &&
             pf_sshd_live_has_socket_unit(live))) {
                (void) pf_report_pass(room->report, stage,
                                      "the socket on [%s]:%u takes connections over IPv4 too",
                                      live->ipv6->address, room->demand->local_port);
        } else if (live->ipv6->takes_ipv4 == PF_TAKES_IPV4_UNKNOWN && !live->has_units) {
                (void) pf_report_unknown(room->report, stage,
                                         "only IPv6 shows a listener on port %u; whether it "
                                         "takes IPv4 too could not be asked of systemd",
                                         room->demand->local_port);
        } else {
                (void) pf_report_fail(room->report, stage,
                                      "the SSH server listens on port %u over IPv6 only",
                                      room->demand->local_port);
                pf_report_reason(room->report, "address-family");
        }
        (void) pf_report_evidence(room->report, NULL, "/proc/net/tcp6", 0, live->ipv6->address,
                                  "0.0.0.0");
}

static void answer_listener(const PfSshdRoom *room, const PfCheck *stage,
                            const PfTcpListener *listener, bool is_shut) {
        char wanted[WANTED_SIZE];
        char found[WANTED_SIZE];

        (void) snprintf(found, sizeof(found), listener->is_ipv6 ? "[%s]:%u" : "%s:%u",
                        listener->address, (unsigned) listener->port);
        if (is_shut) {
                (void) pf_report_fail(room->report, stage,
                                      "port %u is open on %s only, where the installer cannot "
                                      "reach it",
                                      room->demand->local_port, listener->address);
                pf_report_reason(room->report, "listen-address");
                (void) pf_report_remedy(room->report,
                                        "let sshd listen on the address that faces the process "
                                        "server, or on all: ListenAddress %s",
                                        listener->is_ipv6 ? "::" : "0.0.0.0");
        } else {
                (void) pf_report_pass(room->report, stage, "%s listens on %s",
                                      room->look->version.text, found);
        }
        (void) pf_report_evidence(room->report, NULL,
                                  listener->is_ipv6 ? "/proc/net/tcp6" : "/proc/net/tcp", 0, found,
                                  is_shut ? wanted_of(room->demand, wanted) : NULL);
}

/* Whoever answers there is not the server whose configuration was read. */
static void answer_another(const PfSshdRoom *room, const PfCheck *stage) {
        (void) pf_report_unknown(room->report, stage,
                                 "something listens on port %u, but no unit of the installed SSH "
                                 "server runs: another server answers, or that of a container",
                                 room->demand->local_port);
        (void) pf_report_evidence(room->report, NULL, "/proc/net/tcp", 0, NULL,
                                  "ssh.service, sshd.service or ssh.socket active");
}

static int judge_live(const PfSshdRoom *room, const PfCheck *stage, PfErr *err) {
        PF_AUTO_SSHD_LIVE PfSshdLive live = { 0 };
        char wanted[WANTED_SIZE];
        int r;

        r = pf_sshd_live_read(room->target, room->demand, &live, err);
        if (r < 0)
                return r;
        if ((live.ipv4 || live.ipv6) && pf_sshd_live_is_another(&live))
                answer_another(room, stage);
        else if (pf_sshd_is_over_ipv6(room->demand) && live.ipv6)
                answer_listener(room, stage, live.ipv6,
                                !pf_sshd_live_takes(live.ipv6, room->demand));
        else if (!pf_sshd_is_over_ipv6(room->demand) && live.ipv4)
                answer_listener(room, stage, live.ipv4, live.is_shut);
        else if (!pf_sshd_is_over_ipv6(room->demand) && live.ipv6)
                answer_ipv6_only(room, stage, &live);
        else if (!pf_sshd_live_any_unit(&live, PF_UNIT_ACTIVE))
                return judge_image(room, stage, err); /* it does not run: as if it did */
        else {
                (void) pf_report_fail(room->report, stage,
                                      "the SSH server runs, but nothing listens on port %u over %s",
                                      room->demand->local_port, family_name(room->demand));
                pf_report_reason(room->report, "port");
                (void) pf_report_evidence(room->report, NULL, "/proc/net/tcp", 0, NULL,
                                          wanted_of(room->demand, wanted));
        }
        return 0;
}

int pf_sshd_stage_listener(const PfSshdRoom *room, const PfCheck *stage, PfErr *err) {
        return pf_target_is_live(room->target) ? judge_live(room, stage, err)
                                               : judge_image(room, stage, err);
}
