/* SPDX-License-Identifier: MIT */
/*
 * Is there what the installer relies on: programs, settings, databases, resources?
 */
#include "probes/system/prerequisites.h"

int pf_prerequisite_unknown(PfFindings *findings, const char *name, const char *what, int r,
                            const PfErr *err) {
        if (r == -ENOMEM)
                return r;
        pf_finding_add(findings, PF_FINDING_UNKNOWN, name, "%s is not known: %s", what,
                       pf_err_text(err, r));
        return 0;
}

static void prerequisites_deinit(PfPrerequisites *all) {
        pf_search_path_deinit(&all->path);
        pf_file_locks_deinit(&all->locks);
}

static int load(PfPrerequisites *all, PfFindings *findings) {
        PfErr err = { 0 };
        int r = pf_search_path_load(all->room, &all->path, &err);

        all->path_known = r == 0;
        if (r < 0)
                r = pf_prerequisite_unknown(findings, "programs",
                                            "where the installer's shell looks for programs", r,
                                            &err);
        return r < 0 ? r : pf_file_locks_load(all->room, &all->locks);
}

int pf_system_check_prerequisites(const PfSystemRoom *room, const PfCheck *check, PfErr *err) {
        static int (*const subjects[])(PfPrerequisites *, PfFindings *) = {
                pf_prerequisite_tools,       pf_prerequisite_host_name,    pf_prerequisite_locale,
                pf_prerequisite_run_level,   pf_prerequisite_services,     pf_prerequisite_packages,
                pf_prerequisite_dhcp_client, pf_prerequisite_temporary,    pf_prerequisite_labels,
                pf_prerequisite_memory,      pf_prerequisite_vmware_tools, pf_prerequisite_scanner,
        };
        PF_AUTO_FINDINGS PfFindings findings = { .target = room->target };
        PF_CLEANUP(prerequisites_deinit) PfPrerequisites all = { .room = room };
        int r = load(&all, &findings);

        (void) err;
        for (size_t i = 0; i < PF_ELEMENTS(subjects) && r == 0; i++)
                r = subjects[i](&all, &findings);
        if (r < 0)
                return r;
        return pf_findings_answer(&findings, room->report, check,
                                  "what the installer relies on is in order",
                                  "nothing of it applies to this machine");
}
