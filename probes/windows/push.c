/* SPDX-License-Identifier: MIT */
/*
 * Probe windows-push: can the agent be copied to this machine, and started there?
 */
#include "probes/windows/push.h"

enum { SHARING, WMI, N_CHECKS };
static const PfCheck checks[N_CHECKS] = {
        [SHARING] = { "windows.file-sharing" },
        [WMI] = { "windows.wmi" },
};

int pf_windows_judge_listener(PfRegistryLook *look, const char *name, unsigned port) {
        char place[64];
        PfWindowsTcp tcp = { 0 };
        int r = pf_look_fact(look, name, PF_WINDOWS_TCP, "tcp", &tcp);
        PfMaybe listens;

        if (r != 0)
                return r < 0 ? r : 0;
        listens = tcp.error ? PF_MAYBE : pf_windows_listens(&tcp, port);
        if (listens == PF_YES)
                pf_finding_add(&look->findings, PF_FINDING_GOOD, name, "TCP %u is listened at",
                               port);
        else if (listens == PF_NO)
                pf_finding_add(&look->findings, PF_FINDING_BAD, name, "nobody listens at TCP %u",
                               port);
        else
                pf_finding_add(&look->findings, PF_FINDING_UNKNOWN, name,
                               "whether anybody listens at TCP %u over IPv4 is not known", port);
        (void) snprintf(place, sizeof(place), "GetExtendedTcpTable, port %u", port);
        if (tcp.error)
                pf_look_said_error(look, place, tcp.error);
        else
                pf_look_said(look, place,
                             listens == PF_YES  ? "a listener"
                             : listens == PF_NO ? "no listener"
                                                : "a listener of IPv6",
                             listens == PF_YES ? NULL : "a listener of IPv4");
        if (listens == PF_NO)
                pf_finding_reason(&look->findings, "no-listener");
        pf_windows_fact_deinit(PF_WINDOWS_TCP, &tcp);
        return 0;
}

static int answer_sharing(const PfTarget *target, const PfDemand *demand, PfReport *report) {
        PF_AUTO_REGISTRY_LOOK PfRegistryLook look = { .target = target,
                                                      .findings = { .target = target } };
        int r = pf_windows_judge_sharing(&look, demand);

        return r < 0 ? r
                     : pf_look_answer(&look, report, &checks[SHARING],
                                      "the agent can be copied to C$", "there is no C$");
}

static int answer_wmi(const PfTarget *target, const PfDemand *demand, PfReport *report) {
        PF_AUTO_REGISTRY_LOOK PfRegistryLook look = { .target = target,
                                                      .findings = { .target = target } };
        int r = pf_windows_judge_wmi(&look, demand);

        return r < 0 ? r
                     : pf_look_answer(&look, report, &checks[WMI],
                                      "the installer can be started through WMI",
                                      "there is no WMI");
}

static int run(const PfTarget *target, const PfDemand *demand, PfReport *report, PfErr *err) {
        int r = answer_sharing(target, demand, report);

        (void) err;
        return r < 0 ? r : answer_wmi(target, demand, report);
}

const PfProbe pf_probe_windows_push = {
        .name = "windows-push",
        .checks = checks,
        .n_checks = N_CHECKS,
        .platforms = PF_PLATFORM_WINDOWS,
        .deadline_ms = 55000, /* WMI alone is given 30 s */
        .run = run,
};
