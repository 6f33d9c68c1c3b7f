/* SPDX-License-Identifier: MIT */
/*
 * Stage service: is there an SSH server, and does anything start it?
 *
 * On a running machine the kernel's table of listening sockets decides; what
 * units say only explains it. In an image it is what the next boot will do.
 */
#include "probes/sshd/stages.h"

#include <string.h>

#include "probes/sshd/live.h"

#define NOT_TO_BE_RUN "/etc/ssh/sshd_not_to_be_run"

static void remedy_start(const PfSshdRoom *room) {
        (void) pf_report_remedy(room->report,
                                "enable and start the SSH server: systemctl enable --now "
                                "ssh (Debian, Ubuntu) or sshd");
}

static void fail(const PfSshdRoom *room, const PfCheck *stage, const char *reason,
                 const char *summary) {
        (void) pf_report_fail(room->report, stage, "%s", summary);
        pf_report_reason(room->report, reason);
}

static void evidence_of(const PfSshdRoom *room, const PfUnitSetting *setting,
                        const char *expected) {
        (void) pf_report_evidence(room->report, room->target, setting->path, setting->line,
                                  setting->text, expected);
}

/* --- another server --- */

/* Programs that would answer in OpenSSH's place. */
static const char *find_other_server(const PfTarget *target) {
        static const struct {
                const char *path;
                const char *name;
        } others[] = {
                { "/usr/sbin/dropbear", "Dropbear" }, { "/usr/bin/dropbear", "Dropbear" },
                { "/usr/sbin/tinysshd", "TinySSH" },  { "/usr/bin/tinysshd", "TinySSH" },
                { "/usr/sbin/lshd", "lsh" },          { "/usr/bin/sftpgo", "SFTPGo" },
        };
        PfErr ignored = { 0 };
        PfFileInfo info;

        for (size_t i = 0; i < PF_ELEMENTS(others); i++)
                if (pf_target_stat(target, others[i].path, &info, &ignored) == 0)
                        return others[i].name;
        return NULL;
}

static void answer_not_installed(const PfSshdRoom *room, const PfCheck *stage) {
        const char *other = find_other_server(room->target);

        if (other) {
                (void) pf_report_unknown(room->report, stage,
                                         "no OpenSSH server is installed, but %s is: what that "
                                         "lets in is not looked at",
                                         other);
                return;
        }
        fail(room, stage, "sshd-not-installed", "no SSH server is installed");
        (void) pf_report_evidence(room->report, room->target, "/usr/sbin/sshd", 0, NULL,
                                  "the OpenSSH server");
        (void) pf_report_remedy(room->report, "install openssh-server and start it");
}

/* --- an image --- */

static bool is_link(const PfTarget *target, const char *path) {
        PfErr ignored = { 0 };
        PfFileInfo info;

        return pf_target_lstat(target, path, &info, &ignored) == 0;
}

static void answer_maybe(const PfSshdRoom *room, const PfCheck *stage) {
        (void) pf_report_unknown(room->report, stage,
                                 "no unit of the SSH server is enabled; presets decide at the "
                                 "first boot, and there are none");
        (void) pf_report_evidence(room->report, room->target, "/etc/machine-id", 0, NULL, NULL);
}

/* Evidence: the link that would enable it, where there is none. */
static void evidence_of_no_link(const PfSshdRoom *room) {
        const PfSystemdUnit *unit = &room->look->service.unit;
        const PfUnitSetting *wanted = pf_systemd_unit_get(unit, "Install", "WantedBy");
        char path[512];

        (void) snprintf(path, sizeof(path), "/etc/systemd/system/%s.wants/%s",
                        wanted && !strchr(wanted->value, ' ') ? wanted->value : "multi-user.target",
                        unit->name ? unit->name : "ssh.service");
        if (!is_link(room->target, path))
                (void) pf_report_evidence(room->report, room->target, path, 0, NULL,
                                          "a link to the unit: systemctl enable");
}

static void answer_masked(const PfSshdRoom *room, const PfCheck *stage, const char *mask) {
        PF_AUTO_FREE char *link = NULL;
        PfErr ignored = { 0 };
        bool linked = pf_target_readlink(room->target, mask, &link, &ignored) == 0;

        fail(room, stage, "unit-masked", "the SSH server's unit is masked");
        (void) pf_report_evidence(room->report, room->target, mask, 0,
                                  linked ? "a link to /dev/null" : "an empty file",
                                  linked ? "no such link" : "no such file");
        evidence_of_no_link(room);
        (void) pf_report_remedy(room->report, "unmask it: systemctl unmask, then enable");
}

static void answer_disabled(const PfSshdRoom *room, const PfCheck *stage) {
        const PfSshdService *service = &room->look->service;

        if (service->dangling) {
                fail(room, stage, "unit-disabled", "the unit that should start sshd is not there");
                (void) pf_report_evidence(room->report, room->target, service->dangling, 0, NULL,
                                          "a unit of that name");
                (void) pf_report_remedy(room->report, "install openssh-server again");
                return;
        }
        fail(room, stage, "unit-disabled", "nothing starts the SSH server when this image boots");
        if (service->preset.path)
                (void) pf_report_evidence(room->report, room->target, service->preset.path,
                                          service->preset.line, service->preset.text, "enable");
        evidence_of_no_link(room);
        remedy_start(room);
}

/* The file that a condition asks about. */
static const char *subject_of(const PfUnitSetting *condition) {
        return condition->value + strspn(condition->value, "|! \t");
}

static void answer_condition(const PfSshdRoom *room, const PfCheck *stage) {
        const PfSshdService *service = &room->look->service;
        const bool negated = strchr(service->condition->value, '!') != NULL;

        if (service->conditions == PF_CONDITIONS_UNKNOWN) {
                (void) pf_report_unknown(room->report, stage,
                                         "whether a condition of the SSH server's unit will hold "
                                         "is known at the boot only");
        } else {
                fail(room, stage, "unit-condition",
                     "systemd does not start the SSH server: a condition of its unit does not "
                     "hold");
                if (subject_of(service->condition)[0] == '/')
                        (void) pf_report_evidence(room->report, room->target,
                                                  subject_of(service->condition), 0, NULL,
                                                  negated ? "no such file" : "this file");
                (void) pf_report_remedy(room->report, "%s %s", negated ? "remove" : "create",
                                        subject_of(service->condition));
        }
        evidence_of(room, service->condition, NULL);
}

static bool exists(const PfTarget *target, const char *path) {
        PfErr ignored = { 0 };
        PfFileInfo info;

        return pf_target_stat(target, path, &info, &ignored) == 0;
}

/* Without systemd the scripts themselves look for this file. */
static bool is_held_back(const PfSshdRoom *room) {
        const PfSshdStarter starter = room->look->service.starter;

        return (starter == PF_SSHD_STARTS_JOB || starter == PF_SSHD_STARTS_SCRIPT) &&
               exists(room->target, NOT_TO_BE_RUN);
}

static void answer_held_back(const PfSshdRoom *room, const PfCheck *stage) {
        fail(room, stage, "unit-condition", "a file keeps the SSH server from being started");
        (void) pf_report_evidence(room->report, room->target, NOT_TO_BE_RUN, 0, NULL,
                                  "no such file");
        (void) pf_report_remedy(room->report, "remove %s", NOT_TO_BE_RUN);
}

static void answer_no_service(const PfSshdRoom *room, const PfCheck *stage) {
        fail(room, stage, "unit-disabled", "systemd listens, but has no unit to start sshd with");
        (void) pf_report_evidence(room->report, room->target, room->look->service.socket.path, 0,
                                  NULL, "a service of the same name");
}

/* The program that is started, where it is not there or not to be executed. */
static const char *missing_program(const PfSshdRoom *room) {
        const PfCommand *command = &room->look->service.command;
        PfErr ignored = { 0 };
        PfFileInfo info;
        int r;

        if (command->n == 0 || command->words[0].text[0] != '/')
                return NULL;
        r = pf_target_stat(room->target, command->words[0].text, &info, &ignored);
        return r > 0 || (r == 0 && (info.type != PF_FILE_REGULAR || !(info.mode & 0111)))
                       ? command->words[0].text
                       : NULL;
}

static void answer_missing_program(const PfSshdRoom *room, const PfCheck *stage,
                                   const char *program) {
        fail(room, stage, "sshd-not-installed", "the SSH server's program is not there");
        (void) pf_report_evidence(room->report, room->target, program, 0, NULL,
                                  "the OpenSSH server, which may be executed");
        (void) pf_report_remedy(room->report, "install openssh-server again");
}

static void answer_missing_file(const PfSshdRoom *room, const PfCheck *stage) {
        fail(room, stage, "config-rejected",
             "systemd does not start the SSH server: a file of its options is not there");
        evidence_of(room, room->look->service.missing_file, "EnvironmentFile=- with a \"-\"");
}

static void answer_starts(const PfSshdRoom *room, const PfCheck *stage) {
        const PfSshdService *service = &room->look->service;

        (void) pf_report_pass(room->report, stage, "%s is started at boot",
                              room->look->version.text);
        (void) pf_report_evidence(room->report, room->target,
                                  service->by            ? service->by
                                  : service->preset.path ? service->preset.path
                                                         : service->unit.path,
                                  service->by ? 0 : service->preset.line,
                                  service->by ? NULL : service->preset.text, NULL);
}

static bool is_socket_without_service(const PfSshdService *service) {
        return service->starter == PF_SSHD_STARTS_SOCKET && !service->unit.path;
}

static void judge_start(const PfSshdRoom *room, const PfCheck *stage) {
        const PfSshdService *service = &room->look->service;
        const char *program = missing_program(room);

        if (program)
                answer_missing_program(room, stage, program);
        else if (service->unit.mask)
                answer_masked(room, stage, service->unit.mask);
        else if (service->starter == PF_SSHD_STARTS_MAYBE)
                answer_maybe(room, stage);
        else if (service->starter == PF_SSHD_STARTS_NOT)
                answer_disabled(room, stage);
        else if (is_socket_without_service(service))
                answer_no_service(room, stage);
        else if (service->conditions != PF_CONDITIONS_HOLD)
                answer_condition(room, stage);
        else if (is_held_back(room))
                answer_held_back(room, stage);
        else if (service->missing_file)
                answer_missing_file(room, stage);
        else
                answer_starts(room, stage);
}

static int judge_image(const PfSshdRoom *room, const PfCheck *stage, PfErr *err) {
        const PfSshdLook *look = room->look;

        if (!look->is_installed)
                answer_not_installed(room, stage);
        else if (look->service_error < 0)
                return pf_err_set(err, look->service_error, "%s",
                                  pf_err_text(&look->service_reason, look->service_error));
        else
                judge_start(room, stage);
        return 0;
}

/* --- a running machine --- */

static void answer_running(const PfSshdRoom *room, const PfCheck *stage, const PfSshdLive *live) {
        const PfTcpListener *listener = live->ipv4 ? live->ipv4 : live->ipv6;
        const char *other = room->look->is_installed ? NULL : find_other_server(room->target);

        if (room->look->is_installed)
                (void) pf_report_pass(room->report, stage, "%s runs", room->look->version.text);
        else
                (void) pf_report_unknown(room->report, stage,
                                         "something listens on port %u, but no OpenSSH server is "
                                         "installed: %s answers",
                                         room->demand->local_port,
                                         other ? other : "another server");
        (void) pf_report_evidence(room->report, NULL,
                                  listener->is_ipv6 ? "/proc/net/tcp6" : "/proc/net/tcp", 0,
                                  listener->address, NULL);
}

static int answer_silent(const PfSshdRoom *room, const PfCheck *stage, const PfSshdLive *live,
                         PfErr *err) {
        const size_t n = room->report->n;
        int r;

        if (pf_sshd_live_any_unit(live, PF_UNIT_STARTING)) {
                (void) pf_report_unknown(room->report, stage,
                                         "the SSH server is just being started");
                return 0;
        }
        if (pf_sshd_live_any_unit(live, PF_UNIT_ACTIVE)) {
                (void) pf_report_pass(room->report, stage, "%s runs", room->look->version.text);
                return 0;
        }
        if (pf_sshd_live_any_unit(live, PF_UNIT_FAILED)) {
                fail(room, stage, "unit-failed",
                     "the SSH server failed to start: see systemctl status");
                remedy_start(room);
                return 0;
        }
        /* Why it was not started is what keeps it from being started at a boot. */
        r = judge_image(room, stage, err);
        if (r < 0 || room->report->n == n || room->report->results[n].verdict == PF_FAIL)
                return r;
        pf_result_deinit(&room->report->results[--room->report->n]);
        (void) pf_report_fail(room->report, stage,
                              "nothing listens on port %u: the SSH server does not run",
                              room->demand->local_port);
        pf_report_reason(room->report, "not-running");
        (void) pf_report_evidence(room->report, NULL, "/proc/net/tcp", 0, NULL,
                                  "a socket that listens on 0.0.0.0:22");
        remedy_start(room);
        return 0;
}

static int judge_live(const PfSshdRoom *room, const PfCheck *stage, PfErr *err) {
        PF_AUTO_SSHD_LIVE PfSshdLive live = { 0 };
        int r;

        r = pf_sshd_live_read(room->target, room->demand, &live, err);
        if (r < 0)
                return r;
        if (live.ipv4 || live.ipv6) {
                answer_running(room, stage, &live);
                return 0;
        }
        return answer_silent(room, stage, &live, err);
}

int pf_sshd_stage_service(const PfSshdRoom *room, const PfCheck *stage, PfErr *err) {
        return pf_target_is_live(room->target) ? judge_live(room, stage, err)
                                               : judge_image(room, stage, err);
}
