/* SPDX-License-Identifier: MIT */
/*
 * Probe windows-space: is there room on the system drive, to which the agent is copied and
 * where it is installed?
 */
#include "config/profile.h"
#include "probes/windows/room.h"

enum { COPY, INSTALL, N_CHECKS };
static const PfCheck checks[N_CHECKS] = {
        [COPY] = { "space.copy" },
        [INSTALL] = { "space.install" },
};

#define DRIVE "/" /* of a target with Windows: the system drive */

static int answer(PfReport *report, const PfCheck *check, const PfSpace *space, uint64_t needed) {
        const unsigned long long free_mib = (unsigned long long) (space->free_bytes >> 20);
        const unsigned long long needed_mib = (unsigned long long) (needed >> 20);
        char text[PF_WINDOWS_TEXT_MAX];
        int r;

        if (space->free_bytes < needed)
                r = pf_report_fail(report, check,
                                   "the system drive has %llu MiB free of %llu needed", free_mib,
                                   needed_mib);
        else
                r = pf_report_pass(report, check, "the system drive has %llu MiB free", free_mib);
        (void) snprintf(text, sizeof(text), "%llu bytes", (unsigned long long) space->free_bytes);
        return r == 0 ? pf_windows_show(report, "GetDiskFreeSpaceExW", text, NULL) : r;
}

static int run(const PfTarget *target, const PfDemand *demand, PfReport *report, PfErr *err) {
        PfSpace space;
        const PfProfile *profile = demand->profile;
        int r = pf_target_space(target, DRIVE, &space, err);

        if (r > 0)
                return pf_err_set(err, -ENODATA, "how much room the system drive has is not known");
        if (r == 0)
                r = answer(report, &checks[COPY], &space, profile->copy_bytes);
        return r == 0 ? answer(report, &checks[INSTALL], &space, profile->windows_install_bytes)
                      : r;
}

const PfProbe pf_probe_windows_space = {
        .name = "windows-space",
        .checks = checks,
        .n_checks = N_CHECKS,
        .platforms = PF_PLATFORM_WINDOWS,
        .deadline_ms = 5000,
        .run = run,
};
