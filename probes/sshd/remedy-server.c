/* SPDX-License-Identifier: MIT */
/*
 * Remedy of ssh.server: the server that is installed is started, and at every boot.
 *
 * Only one that would come up is: its configuration is accepted, it has keys, and nothing
 * that somebody put there keeps it from being started. Where it listens then is its
 * configuration's; an image has no service manager that could enable anything.
 */
#include "probes/remedy.h"

#include <string.h>

#include "daemon/platform/machine.h"
#include "probes/parse/tcp-table.h"
#include "probes/sshd/ears.h"
#include "probes/sshd/stages.h"

static const PfCheck trial = { "trial" };

/* Positive outcome: the proposal has a refusal. */
enum { REFUSED = 1 };

static int refuse(PfProposal *proposal, const char *why) {
        return pf_proposal_refuse(proposal, "%s", why) < 0 ? -ENOMEM : REFUSED;
}

/* What the check found that starting would not change, or somebody decided. */
static int refuse_reason(const PfRemedyRoom *room, PfProposal *proposal) {
        static const struct {
                const char *reason;
                const char *why;
        } refusals[] = {
                { "sshd-not-installed", "no OpenSSH server is installed, and none is installed by "
                                        "this" },
                { "unit-masked", "the unit is masked: somebody decided that it is not to start" },
                { "unit-condition", "a condition, or a file that is there for that, keeps it from "
                                    "being started" },
                { "config-rejected", "sshd would not start with the options that it is given" },
        };
        const char *reason = room->result->reason;

        for (size_t i = 0; reason && i < PF_ELEMENTS(refusals); i++)
                if (strcmp(reason, refusals[i].reason) == 0)
                        return refuse(proposal, refusals[i].why);
        if (!pf_target_is_live(room->target))
                return refuse(proposal, "an image has no service manager: enable the unit with "
                                        "systemctl --root");
        if (reason && (strcmp(reason, "not-running") == 0 || strcmp(reason, "unit-disabled") == 0 ||
                       strcmp(reason, "unit-failed") == 0))
                return 0;
        return refuse(proposal, "the server runs; where it listens is set by its lines Port and "
                                "ListenAddress, which this does not change");
}

/* Would it come up? The first stage that says no is the reason. */
static int check_stages(const PfSshdRoom *look, PfProposal *proposal) {
        static const PfSshdStageFn stages[] = { pf_sshd_stage_configuration,
                                                pf_sshd_stage_privilege_separation,
                                                pf_sshd_stage_host_keys };

        for (size_t i = 0; i < PF_ELEMENTS(stages); i++) {
                int r = pf_sshd_answer_stage(look, &trial, stages[i]);

                if (r < 0)
                        return r;
                if (look->report->results[i].verdict == PF_FAIL)
                        return refuse(proposal, look->report->results[i].summary);
        }
        return 0;
}

/* Which unit to start: the socket where one is enabled, else the service. */
static const PfSystemdUnit *unit_to_start(const PfSshdService *service) {
        const PfSystemdUnit *unit =
                service->starter == PF_SSHD_STARTS_SOCKET ? &service->socket : &service->unit;

        return unit->path && !unit->mask ? unit : NULL;
}

static bool is_enabled(const PfSshdService *service) {
        return service->starter == PF_SSHD_STARTS_UNIT || service->starter == PF_SSHD_STARTS_SOCKET;
}

/* --- what it would make the machine say --- */

static int read_sockets(const PfTarget *target, PfTcpTable *ret, PfErr *err) {
        int r = pf_machine_listeners(target, ret, err);

        return r == 0 ? 0 : pf_tcp_table_read(target, ret, err);
}

static int add_ear(const PfSshdEar *ear, PfTcpTable *table) {
        const bool takes_ipv4 = ear->takes_ipv4 || !ear->is_ipv6;

        if (ear->is_unknown || ear->port == 0)
                return 0;
        return pf_tcp_table_add(table, ear->is_ipv6, ear->address.bytes, (uint16_t) ear->port,
                                takes_ipv4 ? PF_TAKES_IPV4_YES : PF_TAKES_IPV4_NO);
}

/* The sockets that there are, and the server's. */
static int assume_sockets(const PfSshdRoom *look, PfCandidate *candidate, PfErr *err) {
        PF_AUTO_TCP_TABLE PfTcpTable table = { 0 };
        PF_AUTO_SSHD_EARS PfSshdEars ears = { 0 };
        PfJson *answer;
        int r = read_sockets(look->target, &table, err);

        if (r == 0)
                r = look->look->service.starter == PF_SSHD_STARTS_SOCKET
                            ? pf_sshd_ears_of_socket(look, &ears, err)
                            : pf_sshd_ears_of_configuration(look, look->look->effective, &ears,
                                                            err);
        for (size_t i = 0; i < ears.n && r == 0; i++)
                r = add_ear(&ears.items[i], &table);
        if (r < 0)
                return r;
        answer = pf_machine_listeners_answer(&table);
        return answer ? pf_candidate_assume(candidate, "listeners", "tcp", answer) : -ENOMEM;
}

static int assume_active(PfCandidate *candidate, const char *unit) {
        PF_CLEANUP(pf_json_freep) PfJson *answer = pf_json_new_object();

        if (!answer || pf_json_put_string(answer, "state", "active") < 0)
                return -ENOMEM;
        return pf_candidate_assume(candidate, "units", unit, PF_STEAL(answer));
}

/* --- what is offered --- */

static int offer(const PfSshdRoom *look, PfProposal *proposal, PfErr *err) {
        const PfSshdService *service = &look->look->service;
        const PfSystemdUnit *unit = unit_to_start(service);
        const bool enabled = is_enabled(service);
        PfCandidate *candidate;
        int r;

        if (!unit)
                return refuse(proposal, "no unit of systemd starts the server");
        r = pf_proposal_add(proposal, &candidate, "%s %s", enabled ? "start" : "enable and start",
                            unit->name);
        if (r == 0 && !enabled)
                r = pf_candidate_act(candidate, PF_ACTION_ENABLE, unit->name);
        if (r == 0)
                r = pf_candidate_act(candidate, PF_ACTION_START, unit->name);
        if (r == 0)
                r = assume_sockets(look, candidate, err);
        return r == 0 ? assume_active(candidate, unit->name) : r;
}

static int propose(const PfRemedyRoom *room, PfProposal *proposal, PfErr *err) {
        PF_AUTO_SSHD_LOOK PfSshdLook look = { 0 };
        PF_AUTO_REPORT PfReport report = { 0 };
        const PfSshdRoom inner = { room->target, room->demand, &look, &report };
        int r = refuse_reason(room, proposal);

        if (r == 0)
                r = pf_sshd_look_at_version(room->target, &look, err);
        if (r == 0)
                r = pf_sshd_look_at_configuration(room->target, room->demand, &look, err);
        if (r == 0 && !look.effective)
                r = refuse(proposal, "sshd does not start without sshd_config");
        if (r == 0)
                r = check_stages(&inner, proposal);
        if (r == 0)
                r = offer(&inner, proposal, err);
        return r < 0 ? r : 0;
}

const PfRemedy pf_remedy_sshd_server = {
        .check = "ssh.server",
        .wont = "it installs nothing, unmasks nothing, opens no port in a firewall, and enables "
                "nothing in an image",
        .propose = propose,
};
