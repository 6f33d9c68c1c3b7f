/* SPDX-License-Identifier: MIT */
/*
 * Probe windows-os: is there an agent for this Windows?
 *
 * Its release is known by the build: names lie (Windows 11 calls itself 10). Which builds
 * are supported, and from which agent on, is the profile's matter, as of distributions:
 * "windows-server" and "windows", with versions such as 10.0.17763.
 */
#include <string.h>
#include <strings.h>

#include "config/profile.h"
#include "config/value.h"
#include "probes/windows/registry-look.h"

#define SYSTEM "system"
#define ENVIRONMENT PF_CONTROL "\\Session Manager\\Environment"
#define NAME_MAX_BYTES 128

static const PfCheck check = { "os.distribution" };

typedef struct Windows {
        char name[NAME_MAX_BYTES];
        char version[PF_WINDOWS_VERSION_MAX]; /* "10.0.17763" */
        const char *family;                   /* in the profile */
} Windows;

static int read_windows(PfRegistryLook *look, const PfRegistryKey *key, Windows *ret) {
        const char *name = NULL;
        PfProduct product;
        int r = pf_look_version_of(look, SYSTEM, key, ret->version);

        if (r == 0)
                r = pf_look_product(look, SYSTEM, &product);
        if (r != 0)
                return r;
        ret->family = product == PF_PRODUCT_WORKSTATION ? "windows" : "windows-server";
        r = pf_look_text_of(look, SYSTEM, key, "ProductName", &name);
        (void) snprintf(ret->name, sizeof(ret->name), "%.100s", r == 0 ? name : "Windows");
        return r == PF_LOOKED_ABSENT ? 0 : r;
}

typedef struct Support {
        bool is_supported;
        const char *since; /* not supported yet: from this agent on */
} Support;

static Support judge(const PfDistribution *known, const char *version, const char *agent) {
        Support support = { 0 };

        for (size_t i = 0; known && i < known->versions.n; i++) {
                const PfVersionRange *range = &known->versions.items[i];

                if (pf_version_within(version, true, range->from, range->to) != PF_WITHIN_YES)
                        continue;
                if (!range->since || pf_version_compare(agent, range->since) >= 0)
                        return (Support){ .is_supported = true };
                support.since = range->since;
        }
        return support;
}

static void add_system(PfRegistryLook *look, const PfDemand *demand, const Windows *windows) {
        const PfDistribution *known = pf_profile_distribution(demand->profile, windows->family);
        Support support = judge(known, windows->version, demand->agent_version);

        if (support.is_supported)
                pf_finding_add(&look->findings, PF_FINDING_GOOD, SYSTEM,
                               "%s (%s) is supported by agent %s", windows->name, windows->version,
                               demand->agent_version);
        else if (support.since)
                pf_finding_add(&look->findings, PF_FINDING_BAD, SYSTEM,
                               "%s (%s) is supported from agent %s on, not by %s", windows->name,
                               windows->version, support.since, demand->agent_version);
        else
                pf_finding_add(&look->findings, PF_FINDING_BAD, SYSTEM,
                               "%s (%s) is not supported by agent %s", windows->name,
                               windows->version, demand->agent_version);
        pf_look_evidence_at(look, PF_WINDOWS_CURRENT, "CurrentBuild", windows->version, NULL);
        if (!support.is_supported)
                pf_finding_reason(&look->findings, "system-unsupported");
}

/* The agent is a program of 64 bits. */
static int judge_architecture(PfRegistryLook *look) {
        PF_AUTO_FREE char *word = NULL;
        int r = pf_look_text(look, "architecture", ENVIRONMENT, "PROCESSOR_ARCHITECTURE", &word);

        if (r < 0 || r == PF_LOOKED_FAILED)
                return r < 0 ? r : 0;
        if (r == PF_LOOKED_ABSENT) {
                pf_finding_add(&look->findings, PF_FINDING_UNKNOWN, "architecture",
                               "which processor this Windows is for is not known");
                pf_look_evidence_at(look, ENVIRONMENT, "PROCESSOR_ARCHITECTURE", NULL, "AMD64");
        } else if (strcasecmp(word, "AMD64") != 0) {
                pf_finding_add(&look->findings, PF_FINDING_BAD, "architecture",
                               "this Windows is not for x86_64, as the agent is");
                pf_look_evidence_at(look, ENVIRONMENT, "PROCESSOR_ARCHITECTURE", word, "AMD64");
                pf_finding_reason(&look->findings, "architecture");
        } else {
                pf_finding_add(&look->findings, PF_FINDING_GOOD, "architecture",
                               "this Windows is for x86_64");
        }
        return 0;
}

static int run(const PfTarget *target, const PfDemand *demand, PfReport *report, PfErr *err) {
        PF_AUTO_REGISTRY_LOOK PfRegistryLook look = { .target = target };
        PF_AUTO_REGISTRY_KEY PfRegistryKey key = { 0 };
        Windows windows = { 0 };
        int r;

        (void) err;
        look.findings.target = target;
        r = pf_look_key(&look, SYSTEM, PF_WINDOWS_CURRENT, &key);
        if (r == 0)
                r = read_windows(&look, &key, &windows);
        if (r == PF_LOOKED_ABSENT)
                return pf_report_unknown(report, &check,
                                         "the registry does not say which Windows this is");
        if (r == 0)
                add_system(&look, demand, &windows);
        if (r >= 0)
                r = judge_architecture(&look);
        if (r < 0)
                return r;
        return pf_look_answer(&look, report, &check, "this Windows is supported",
                              "nothing tells of a system");
}

const PfProbe pf_probe_windows_os = {
        .name = "windows-os",
        .checks = &check,
        .n_checks = 1,
        .platforms = PF_PLATFORM_WINDOWS,
        .deadline_ms = 5000,
        .run = run,
};
