/* SPDX-License-Identifier: MIT */
/*
 * Probe windows-unseen: what decides on Windows, and what no probe of ours looks at.
 *
 * A machine of which that is not known is not ready. Each check leaves this table with
 * the probe that answers it.
 */
#include "probes/probe.h"

static const PfCheck checks[] = {
        { "net.interface" },        { "net.ports" },   { "system.prerequisites" },
        { "windows.file-sharing" }, { "windows.wmi" },
};

static int run(const PfTarget *target, const PfDemand *demand, PfReport *report, PfErr *err) {
        (void) target;
        (void) demand;
        (void) err;
        for (size_t i = 0; i < PF_ELEMENTS(checks); i++)
                (void) pf_report_unknown(report, &checks[i],
                                         "this version does not look at it on Windows");
        return report->error;
}

const PfProbe pf_probe_windows_unseen = {
        .name = "windows-unseen",
        .checks = checks,
        .n_checks = PF_ELEMENTS(checks),
        .platforms = PF_PLATFORM_WINDOWS,
        .deadline_ms = 1000,
        .run = run,
};
