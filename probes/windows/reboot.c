/* SPDX-License-Identifier: MIT */
/*
 * Probe windows-reboot: is a restart outstanding?
 *
 * Setup refuses while one of an earlier installation is (95224). By which of the marks of
 * Windows it knows is not documented, so that each is a warning.
 */
#include <string.h>

#include "probes/windows/registry-look.h"

#define SESSION_MANAGER PF_CONTROL "\\Session Manager"
#define WINDOWS "HKLM\\SOFTWARE\\Microsoft\\Windows\\CurrentVersion"

static const PfCheck check = { "system.reboot-pending" };

/* Keys that are there as long as a restart is. */
static const struct Marker {
        const char *path, *name, *text;
} markers[] = {
        { WINDOWS "\\Component Based Servicing\\RebootPending", "Component Based Servicing",
          "components of Windows that were installed ask for a restart" },
        { WINDOWS "\\WindowsUpdate\\Auto Update\\RebootRequired", "Windows Update",
          "updates that were installed ask for a restart" },
};

static void advise(PfRegistryLook *look) {
        pf_finding_reason(&look->findings, "reboot-required");
        pf_finding_remedy(&look->findings, "restart the machine in its next maintenance window");
}

static int judge_marker(PfRegistryLook *look, const struct Marker *marker) {
        PF_AUTO_REGISTRY_KEY PfRegistryKey key = { 0 };
        int r = pf_look_key(look, marker->name, marker->path, &key);

        if (r < 0 || r == PF_LOOKED_FAILED)
                return r < 0 ? r : 0;
        if (r == PF_LOOKED_ABSENT) {
                pf_finding_add(&look->findings, PF_FINDING_GOOD, marker->name,
                               "nothing that was installed asks for a restart");
                pf_look_evidence_at(look, marker->path, NULL, "not there", NULL);
                return 0;
        }
        pf_finding_add(&look->findings, PF_FINDING_DOUBTFUL, marker->name, "%s", marker->text);
        pf_look_evidence(look, &key, NULL, "not there");
        advise(look);
        return 0;
}

/* Pairs: what is renamed, and to what; to nothing where it is removed. */
static int judge_renames(PfRegistryLook *look) {
        static const char name[] = "renames", value[] = "PendingFileRenameOperations";
        PF_AUTO_REGISTRY_KEY PfRegistryKey key = { 0 };
        const PfRegistryValue *renames;
        int r = pf_look_key(look, name, SESSION_MANAGER, &key);

        if (r != 0)
                return r < 0 ? r : 0;
        renames = pf_registry_value(&key, value);
        if (!renames || (renames->type == PF_REGISTRY_MULTI_SZ && renames->texts.n == 0)) {
                pf_finding_add(&look->findings, PF_FINDING_GOOD, name,
                               "no file is to be renamed at the next start");
                pf_look_evidence_at(look, SESSION_MANAGER, value, "not there", NULL);
                return 0;
        }
        pf_finding_add(&look->findings, PF_FINDING_DOUBTFUL, name,
                       "files are to be renamed or removed at the next start");
        pf_look_evidence_at(look, SESSION_MANAGER, value,
                            renames->texts.n > 0 ? renames->texts.items[0] : "is there",
                            "not there");
        advise(look);
        return 0;
}

static int run(const PfTarget *target, const PfDemand *demand, PfReport *report, PfErr *err) {
        PF_AUTO_REGISTRY_LOOK PfRegistryLook look = { .target = target };
        int r = 0;

        (void) demand;
        (void) err;
        look.findings.target = target;
        for (size_t i = 0; i < PF_ELEMENTS(markers) && r == 0; i++)
                r = judge_marker(&look, &markers[i]);
        if (r == 0)
                r = judge_renames(&look);
        if (r < 0)
                return r;
        return pf_look_answer(&look, report, &check, "no restart is outstanding",
                              "nothing tells of a restart");
}

const PfProbe pf_probe_windows_reboot = {
        .name = "windows-reboot",
        .checks = &check,
        .n_checks = 1,
        .platforms = PF_PLATFORM_WINDOWS,
        .deadline_ms = 5000,
        .run = run,
};
