/* SPDX-License-Identifier: MIT */
/*
 * Is the machine up, in a state to be worked on, and with a manager of services that
 * the installer knows?
 */
#include <string.h>
#include <utmp.h>

#include "daemon/platform/machine.h"
#include "probes/system/prerequisites.h"

#define LEVEL "run level"
#define UTMP_MAX (4u << 20)
#define LEVEL_REFUSED "refused: ASRMobilityServiceRunlevelCommandFailure"
#define LEVEL_ACCEPTED "accepted: of systemd it asks whether the machine is shutting down, alone"

/* --- what starts --- */

/* Where systemd looks for the target of the next start, and where init does. */
static const char *const default_targets[] = { "/etc/systemd/system/default.target",
                                               "/usr/lib/systemd/system/default.target",
                                               "/lib/systemd/system/default.target" };

static bool is_no_system(const char *target) {
        static const char *const targets[] = { "rescue.target",    "emergency.target",
                                               "poweroff.target",  "reboot.target",
                                               "halt.target",      "kexec.target",
                                               "runlevel0.target", "runlevel1.target",
                                               "runlevel6.target" };

        for (size_t i = 0; i < PF_ELEMENTS(targets); i++)
                if (strcmp(targets[i], target) == 0)
                        return true;
        return false;
}

/* The name of the default target; *@ret is NULL where there is none. */
static int read_default(const PfSystemRoom *room, const char **ret_path, char **ret, PfErr *err) {
        for (size_t i = 0; i < PF_ELEMENTS(default_targets); i++) {
                int r = pf_target_readlink(room->target, default_targets[i], ret, err);

                *ret_path = default_targets[i];
                if (r != PF_TARGET_ABSENT)
                        return r == -EINVAL ? 0 : r; /* a file of its own says what it likes */
        }
        return 0;
}

static int judge_default(const PfSystemRoom *room, PfFindings *findings) {
        PF_AUTO_FREE char *text = NULL;
        const char *path, *target;
        PfErr err = { 0 };
        int r = read_default(room, &path, &text, &err);

        if (r < 0)
                return pf_prerequisite_unknown(findings, LEVEL, "what the machine starts into", r,
                                               &err);
        target = text && strrchr(text, '/') ? strrchr(text, '/') + 1 : text;
        if (!target || !is_no_system(target))
                return 0;
        pf_finding_add(findings, PF_FINDING_BAD, LEVEL,
                       "the machine starts into %s, where no agent runs", target);
        pf_finding_evidence(findings, path, 0, text, "multi-user.target");
        pf_finding_reason(findings, "run-level");
        pf_finding_remedy(findings, "systemctl set-default multi-user.target");
        pf_finding_vendor(findings, LEVEL_ACCEPTED);
        return 0;
}

/* --- init(8) of System V: the level stands in utmp(5) --- */

/* '3', or 0 where there is no record of one. */
static char find_level(const PfBuf *buf) {
        char level = 0;

        for (size_t at = 0; at + sizeof(struct utmp) <= buf->n; at += sizeof(struct utmp)) {
                struct utmp record;

                memcpy(&record, buf->data + at, sizeof(record));
                if (record.ut_type == RUN_LVL)
                        level = (char) (record.ut_pid & 0xff);
        }
        return level;
}

static int judge_level(const PfSystemRoom *room, PfFindings *findings) {
        PF_AUTO_BUF PfBuf buf = PF_BUF_INIT(UTMP_MAX);
        char text[64] = "no run level is recorded", level = 0;
        PfErr err = { 0 };
        int r = pf_target_read(room->target, "/var/run/utmp", UTMP_MAX, &buf, &err);

        if (r < 0)
                return pf_prerequisite_unknown(findings, LEVEL, "the run level", r, &err);
        if (r == 0)
                level = find_level(&buf);
        if (level > ' ' && level < 0x7f)
                (void) snprintf(text, sizeof(text), "the run level is %c", level);
        if (level && strchr("235", level)) {
                pf_finding_add(findings, PF_FINDING_GOOD, LEVEL, "%s", text);
                pf_finding_evidence_said(findings, "/var/run/utmp", text, NULL);
                return 0;
        }
        pf_finding_add(findings, PF_FINDING_BAD, LEVEL, "%s, and the installer wants 2, 3 or 5",
                       text);
        pf_finding_evidence_said(findings, "/var/run/utmp", text, "2, 3 or 5");
        pf_finding_reason(findings, "run-level");
        pf_finding_vendor(findings, LEVEL_REFUSED);
        return 0;
}

/* --- systemd --- */

typedef struct Mode {
        const char *unit;
        const char *link; /* that systemd has while it is active; NULL: none */
        const char *text;
        const char *vendor;
} Mode;

static const Mode modes[] = {
        { "rescue.service", "/run/systemd/units/invocation:rescue.service",
          "the machine is in rescue mode", LEVEL_ACCEPTED },
        { "emergency.service", "/run/systemd/units/invocation:emergency.service",
          "the machine is in emergency mode", LEVEL_ACCEPTED },
        { "shutdown.target", NULL, "the machine is shutting down", LEVEL_REFUSED },
};

static void add_mode(PfFindings *findings, const Mode *mode) {
        pf_finding_add(findings, PF_FINDING_BAD, LEVEL, "%s", mode->text);
        pf_finding_evidence_said(findings, mode->link, mode->unit, "not active");
        pf_finding_reason(findings, "run-level");
        pf_finding_vendor(findings, "%s", mode->vendor);
}

/* What is there while a machine is not up yet, or not for long any more. */
static const char *const doubts[] = { "/run/nologin", "/run/systemd/shutdown/scheduled" };

static void show_doubts(const PfSystemRoom *room, PfFindings *findings) {
        for (size_t i = 0; i < PF_ELEMENTS(doubts); i++) {
                PfErr ignored = { 0 };

                if (pf_system_has(room, doubts[i], &ignored) == PF_YES)
                        pf_finding_evidence_said(findings, doubts[i], NULL, NULL);
        }
}

/* A service manager that keeps no such links, or that is in the middle of something, is
 * asked. */
static int ask_modes(const PfSystemRoom *room, PfFindings *findings) {
        const char *names[PF_ELEMENTS(modes)];
        PfUnitState states[PF_ELEMENTS(modes)];
        PfErr err = { 0 };
        int r;

        for (size_t i = 0; i < PF_ELEMENTS(modes); i++)
                names[i] = modes[i].unit;
        r = pf_machine_units(room->target, names, PF_ELEMENTS(names), states, &err);
        if (r == PF_UNITS_NO_MANAGER)
                r = pf_err_set(&err, -ENOENT, "the service manager cannot be asked");
        if (r < 0) {
                r = pf_prerequisite_unknown(findings, LEVEL, "whether the machine is up", r, &err);
                show_doubts(room, findings);
                return r;
        }
        for (size_t i = 0; i < PF_ELEMENTS(modes); i++)
                if (states[i] == PF_UNIT_ACTIVE || states[i] == PF_UNIT_STARTING)
                        add_mode(findings, &modes[i]);
        return 0;
}

/* Positive: was there anything that only the manager can tell? */
static int look_at_links(const PfSystemRoom *room, PfFindings *findings, PfErr *err) {
        PfMaybe has = pf_system_has(room, "/run/systemd/units", err);
        bool asks = has == PF_NO;

        for (size_t i = 0; i < PF_ELEMENTS(modes) && has == PF_YES; i++) {
                PfFileInfo info;
                int r = modes[i].link ? pf_target_lstat(room->target, modes[i].link, &info, err)
                                      : PF_TARGET_ABSENT;

                if (r < 0)
                        return r;
                if (r == 0)
                        add_mode(findings, &modes[i]);
        }
        for (size_t i = 0; i < PF_ELEMENTS(doubts) && has != PF_MAYBE; i++) {
                PfMaybe doubt = pf_system_has(room, doubts[i], err);

                if (doubt == PF_MAYBE)
                        return err->code;
                asks |= doubt == PF_YES;
        }
        return has == PF_MAYBE ? err->code : asks;
}

static void add_scheduled(const PfSystemRoom *room, PfFindings *findings) {
        static const char *const path = "/run/systemd/shutdown/scheduled";
        PfErr ignored = { 0 };

        if (pf_system_has(room, path, &ignored) != PF_YES)
                return;
        pf_finding_add(findings, PF_FINDING_DOUBTFUL, LEVEL,
                       "a shutdown of the machine is scheduled");
        pf_finding_evidence_said(findings, path, NULL, "not there");
        pf_finding_reason(findings, "run-level");
        pf_finding_remedy(findings, "wait until it is over, or: shutdown -c");
        pf_finding_vendor(findings, "accepted: it sees a shutdown once it has begun");
}

static int judge_systemd(const PfSystemRoom *room, PfFindings *findings) {
        size_t before = findings->n;
        PfErr err = { 0 };
        int r = look_at_links(room, findings, &err);

        if (r < 0)
                return pf_prerequisite_unknown(findings, LEVEL, "whether the machine is up", r,
                                               &err);
        if (findings->n == before && r > 0)
                r = ask_modes(room, findings);
        if (r < 0)
                return r;
        add_scheduled(room, findings);
        if (findings->n > before)
                return 0;
        pf_finding_add(findings, PF_FINDING_GOOD, LEVEL, "the machine is up");
        pf_finding_evidence_said(findings, "/run/systemd/units",
                                 "neither rescue nor emergency mode", NULL);
        return 0;
}

int pf_prerequisite_run_level(PfPrerequisites *all, PfFindings *findings) {
        const PfSystemRoom *room = all->room;
        int r = judge_default(room, findings);

        if (r < 0)
                return r;
        if (!room->runs)
                pf_finding_add(findings, PF_FINDING_IDLE, LEVEL, "nothing runs in an image");
        else
                r = room->has_systemd ? judge_systemd(room, findings) : judge_level(room, findings);
        return r;
}

/* --- services --- */

#define SERVICES "services"

/* What registers and starts the agent: any of them does. */
static const char *const managers[] = { "/usr/lib/systemd/systemd", "/lib/systemd/systemd",
                                        "/sbin/chkconfig", "/usr/sbin/update-rc.d",
                                        "/sbin/insserv" };

/* The agent's services; a mask outlives the agent. */
static const char *const units[] = { "/etc/systemd/system/vxagent.service",
                                     "/etc/systemd/system/involflt_start.service",
                                     "/etc/systemd/system/involflt_stop.service" };

static int judge_masks(const PfSystemRoom *room, PfFindings *findings) {
        for (size_t i = 0; i < PF_ELEMENTS(units); i++) {
                PF_AUTO_FREE char *text = NULL;
                PfErr err = { 0 };
                int r = pf_target_readlink(room->target, units[i], &text, &err);

                if (r == PF_TARGET_ABSENT || r == -EINVAL)
                        continue;
                if (r < 0)
                        return pf_prerequisite_unknown(findings, SERVICES,
                                                       "whether the agent's services are masked", r,
                                                       &err);
                if (strcmp(text, "/dev/null") != 0)
                        continue;
                pf_finding_add(findings, PF_FINDING_BAD, SERVICES,
                               "a service of the agent is masked, and cannot be started");
                pf_finding_evidence(findings, units[i], 0, text, "not masked");
                pf_finding_reason(findings, "services-control");
                pf_finding_remedy(findings, "systemctl unmask %s", strrchr(units[i], '/') + 1);
        }
        return 0;
}

int pf_prerequisite_services(PfPrerequisites *all, PfFindings *findings) {
        size_t before = findings->n;
        int r = judge_masks(all->room, findings);

        for (size_t i = 0; i < PF_ELEMENTS(managers) && r == 0 && findings->n == before; i++) {
                PfErr err = { 0 };
                PfMaybe has = pf_system_has(all->room, managers[i], &err);

                if (has == PF_MAYBE)
                        return pf_prerequisite_unknown(findings, SERVICES,
                                                       "whether services can be registered",
                                                       err.code, &err);
                if (has == PF_NO)
                        continue;
                pf_finding_add(findings, PF_FINDING_GOOD, SERVICES, "services can be registered");
                pf_finding_evidence_said(findings, managers[i], "is there", NULL);
        }
        if (r < 0 || findings->n > before)
                return r;
        pf_finding_add(findings, PF_FINDING_BAD, SERVICES,
                       "there is no manager of services that the installer knows");
        pf_finding_evidence_said(findings, NULL, "neither systemd nor chkconfig nor update-rc.d",
                                 "one of them");
        pf_finding_reason(findings, "services-control");
        return 0;
}
