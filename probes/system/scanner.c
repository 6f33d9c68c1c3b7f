/* SPDX-License-Identifier: MIT */
/*
 * Security software that looks at files as they are opened: it may hold or take away
 * what the installer has just written. Told by its unit, which its packages bring.
 */
#include <string.h>

#include "config/profile.h"
#include "daemon/platform/machine.h"
#include "probes/system/prerequisites.h"

#define NAME "security software"

static const struct Scanner {
        const char *unit;
        const char *product;
} scanners[] = {
        { "mdatp.service", "Microsoft Defender for Endpoint" },
        { "falcon-sensor.service", "CrowdStrike Falcon" },
        { "ds_agent.service", "Trend Micro Deep Security" },
        { "eea.service", "ESET Endpoint Antivirus" },
        { "esets.service", "ESET Security" },
        { "clamav-clamonacc.service", "ClamAV on access" },
        { "clamonacc.service", "ClamAV on access" },
};

/* Where packages and administrators put units, and where a unit is enabled. */
static const char *const directories[] = { "/etc/systemd/system", "/usr/lib/systemd/system",
                                           "/lib/systemd/system" };
#define WANTS "/etc/systemd/system/multi-user.target.wants/"
#define INVOCATION "/run/systemd/units/invocation:" /* of what is active */

static void warn(PfPrerequisites *all, PfFindings *findings, const struct Scanner *scanner,
                 const char *path) {
        const PfProfile *profile = all->room->demand->profile;

        pf_finding_add(findings, PF_FINDING_DOUBTFUL, NAME,
                       "%s looks at files as they are written, and may take the installer's away",
                       scanner->product);
        pf_finding_evidence_said(findings, path, scanner->unit, NULL);
        pf_finding_remedy(findings,
                          "exclude %s, %s and /etc/vxagent from its scans while the agent is "
                          "installed",
                          profile->copy_path, profile->install_path);
        pf_finding_reason(findings, "on-access-scanner");
}

/* The file of a unit, in @path; PF_NO: it is not installed. */
static PfMaybe find_unit(PfPrerequisites *all, const char *unit,
                         char path[static PF_SYSTEM_PATH_MAX], PfErr *err) {
        for (size_t i = 0; i < PF_ELEMENTS(directories); i++) {
                PfMaybe has;

                (void) snprintf(path, PF_SYSTEM_PATH_MAX, "%s/%s", directories[i], unit);
                has = pf_system_has(all->room, path, err);
                if (has != PF_NO)
                        return has;
        }
        return PF_NO;
}

static PfMaybe has_link(PfPrerequisites *all, const char *prefix, const char *unit, PfErr *err) {
        char path[PF_SYSTEM_PATH_MAX];
        PfFileInfo info;
        int r;

        (void) snprintf(path, sizeof(path), "%s%s", prefix, unit);
        r = pf_target_lstat(all->room->target, path, &info, err); /* the text leads nowhere */
        return r == 0 ? PF_YES : r == PF_TARGET_ABSENT ? PF_NO : PF_MAYBE;
}

/* Does it run, or where nothing runs: will it? */
static PfMaybe is_active(PfPrerequisites *all, const char *unit, PfErr *err) {
        PfUnitState state = PF_UNIT_ABSENT;
        PfMaybe has;
        int r;

        if (!all->room->runs)
                return has_link(all, WANTS, unit, err);
        has = has_link(all, INVOCATION, unit, err);
        if (has != PF_NO)
                return has;
        r = pf_machine_units(all->room->target, &unit, 1, &state, err); /* before systemd 230 */
        if (r == PF_UNITS_NO_MANAGER)
                r = pf_err_set(err, -ENOENT, "the service manager cannot be asked");
        if (r < 0)
                return PF_MAYBE;
        return state == PF_UNIT_ACTIVE || state == PF_UNIT_STARTING ? PF_YES : PF_NO;
}

int pf_prerequisite_scanner(PfPrerequisites *all, PfFindings *findings) {
        for (size_t i = 0; i < PF_ELEMENTS(scanners); i++) {
                char path[PF_SYSTEM_PATH_MAX];
                PfErr err = { 0 };
                PfMaybe active = find_unit(all, scanners[i].unit, path, &err);

                if (active == PF_YES)
                        active = is_active(all, scanners[i].unit, &err);
                if (active == PF_MAYBE)
                        return pf_prerequisite_unknown(findings, NAME, "whether files are scanned",
                                                       err.code, &err);
                if (active == PF_YES)
                        warn(all, findings, &scanners[i], path);
        }
        return findings->error;
}
