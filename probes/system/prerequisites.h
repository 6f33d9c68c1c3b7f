/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * What the installer relies on, one function for each subject. All add what they
 * found; none answers.
 */

#include "probes/system/findings.h"
#include "probes/system/locks.h"
#include "probes/system/search-path.h"

/* What several subjects look at. */
typedef struct PfPrerequisites {
        const PfSystemRoom *room;
        PfSearchPath path;
        bool path_known;
        PfFileLocks locks;
} PfPrerequisites;

/* Return: 0; -ENOMEM. What could not be read is a finding that says why. */
int pf_prerequisite_tools(PfPrerequisites *all, PfFindings *findings);
int pf_prerequisite_host_name(PfPrerequisites *all, PfFindings *findings);
int pf_prerequisite_locale(PfPrerequisites *all, PfFindings *findings);
int pf_prerequisite_run_level(PfPrerequisites *all, PfFindings *findings);
int pf_prerequisite_services(PfPrerequisites *all, PfFindings *findings);
int pf_prerequisite_packages(PfPrerequisites *all, PfFindings *findings);
int pf_prerequisite_dhcp_client(PfPrerequisites *all, PfFindings *findings);
int pf_prerequisite_temporary(PfPrerequisites *all, PfFindings *findings);
int pf_prerequisite_labels(PfPrerequisites *all, PfFindings *findings);
int pf_prerequisite_memory(PfPrerequisites *all, PfFindings *findings);
int pf_prerequisite_vmware_tools(PfPrerequisites *all, PfFindings *findings);
int pf_prerequisite_scanner(PfPrerequisites *all, PfFindings *findings);

/* Adds that something is not known, and why. Return: -ENOMEM where @r is that, else 0. */
int pf_prerequisite_unknown(PfFindings *findings, const char *name, const char *what, int r,
                            const PfErr *err);
