/* SPDX-License-Identifier: MIT */
/*
 * Probe windows-antivirus: does security software leave the agent's folders alone?
 *
 * Of Microsoft Defender the registry says what it leaves out, by the machine's own settings
 * and by policy; of other products, that they are there.
 */
#include <string.h>
#include <strings.h>

#include "probes/windows/registry-look.h"

#define DEFENDER "Microsoft Defender"
#define LOCAL "HKLM\\SOFTWARE\\Microsoft\\Windows Defender"
#define POLICY "HKLM\\SOFTWARE\\Policies\\Microsoft\\Windows Defender"

static const PfCheck check = { "windows.antivirus" };

/* That the vendor asks to leave out, and by what variable they may begin. */
static const struct Folder {
        const char *path, *variable, *below;
} folders[] = {
        { "C:\\ProgramData\\ASR\\agent", "%ProgramData%", "C:\\ProgramData" },
        { "C:\\Program Files (x86)\\Microsoft Azure Site Recovery", "%ProgramFiles(x86)%",
          "C:\\Program Files (x86)" },
};

/* Services of products whose settings are not in the registry, or not to be read. */
static const struct Product {
        const char *service, *name;
} products[] = {
        { "CSFalconService", "CrowdStrike Falcon" },
        { "SentinelAgent", "SentinelOne" },
        { "SepMasterService", "Symantec Endpoint Protection" },
        { "mfemms", "Trellix Endpoint Security" },
        { "ntrtscan", "Trend Micro Apex One" },
        { "ds_agent", "Trend Micro Deep Security" },
        { "Sophos Endpoint Defense Service", "Sophos Endpoint" },
        { "ekrn", "ESET" },
        { "CbDefense", "Carbon Black Cloud" },
        { "CylanceSvc", "Cylance" },
        { "cyserver", "Cortex XDR" },
        { "EPSecurityService", "Bitdefender GravityZone" },
};

/* Is a folder the other, or below it? A mark '*' at the end stands for what is below. */
static bool covers(const char *excluded, const char *folder) {
        size_t n = strlen(excluded);

        while (n > 0 && strchr("\\*", excluded[n - 1]))
                n--;
        return n > 0 && strncasecmp(excluded, folder, n) == 0 &&
               (folder[n] == '\\' || folder[n] == '\0');
}

static bool is_excluded(const PfRegistryKey *exclusions, const struct Folder *folder) {
        const size_t n = strlen(folder->variable);

        for (size_t i = 0; i < exclusions->n_values; i++) {
                const char *name = exclusions->values[i].name;
                char whole[PF_REGISTRY_PATH_MAX];

                if (strncasecmp(name, folder->variable, n) == 0)
                        (void) snprintf(whole, sizeof(whole), "%s%s", folder->below, name + n);
                else
                        (void) snprintf(whole, sizeof(whole), "%s", name);
                if (covers(whole, folder->path))
                        return true;
        }
        return false;
}

/* A switch of the machine, or of a policy, that is on. */
static int is_set(PfRegistryLook *look, const char *path, const char *value, bool *ret) {
        uint64_t number = 0;
        int r = pf_look_number(look, DEFENDER, path, value, &number);

        *ret |= r == 0 && number == 1;
        return r == PF_LOOKED_ABSENT ? 0 : r;
}

/* Does it watch? Not without its service, nor where that, or what it does, is off. */
static int is_defender_on(PfRegistryLook *look, bool *ret) {
        static const struct {
                const char *path, *value;
        } switches[] = {
                { POLICY, "DisableAntiSpyware" },
                { POLICY "\\Real-Time Protection", "DisableRealtimeMonitoring" },
                { LOCAL "\\Real-Time Protection", "DisableRealtimeMonitoring" },
        };
        uint64_t start = PF_START_DISABLED;
        bool off = false;
        int r = pf_look_start_type(look, DEFENDER, "WinDefend", &start);

        if (r == PF_LOOKED_ABSENT)
                r = 0;
        off = start == PF_START_DISABLED;
        for (size_t i = 0; i < PF_ELEMENTS(switches) && r == 0 && !off; i++)
                r = is_set(look, switches[i].path, switches[i].value, &off);
        *ret = !off;
        return r;
}

typedef struct Exclusions {
        PfRegistryKey local, policy;
} Exclusions;

static void exclusions_deinit(Exclusions *exclusions) {
        pf_registry_key_deinit(&exclusions->local);
        pf_registry_key_deinit(&exclusions->policy);
}

static int read_exclusions(PfRegistryLook *look, Exclusions *ret) {
        bool policy_alone = false;
        int r = is_set(look, POLICY, "DisableLocalAdminMerge", &policy_alone);

        if (r == 0)
                r = pf_look_key(look, DEFENDER, POLICY "\\Exclusions\\Paths", &ret->policy);
        if (r == PF_LOOKED_ABSENT)
                r = 0;
        if (r == 0 && !policy_alone)
                r = pf_look_key(look, DEFENDER, LOCAL "\\Exclusions\\Paths", &ret->local);
        return r == PF_LOOKED_ABSENT ? 0 : r;
}

static void judge_folder(PfRegistryLook *look, const Exclusions *exclusions,
                         const struct Folder *folder) {
        const bool by_policy = is_excluded(&exclusions->policy, folder);

        if (by_policy || is_excluded(&exclusions->local, folder)) {
                pf_finding_add(&look->findings, PF_FINDING_GOOD, DEFENDER,
                               "Microsoft Defender leaves the agent's folders out");
                pf_look_evidence_at(look, by_policy ? POLICY : LOCAL, "Exclusions\\Paths",
                                    folder->path, NULL);
                return;
        }
        pf_finding_add(&look->findings, PF_FINDING_DOUBTFUL, DEFENDER,
                       "Microsoft Defender watches %s", folder->path);
        pf_look_evidence_at(look, LOCAL, "Exclusions\\Paths", NULL, folder->path);
        pf_finding_reason(&look->findings, "folder-not-excluded");
        pf_finding_remedy(&look->findings, "exclude the folders of the agent, in the central "
                                           "policy where there is one");
}

static int judge_defender(PfRegistryLook *look) {
        PF_CLEANUP(exclusions_deinit) Exclusions exclusions = { 0 };
        bool on = false;
        int r = is_defender_on(look, &on);

        if (r == 0 && !on) {
                pf_finding_add(&look->findings, PF_FINDING_GOOD, DEFENDER,
                               "Microsoft Defender does not watch");
                pf_look_evidence_at(look, PF_SERVICES "\\WinDefend", NULL, "off", NULL);
                return 0;
        }
        if (r == 0)
                r = read_exclusions(look, &exclusions);
        for (size_t i = 0; i < PF_ELEMENTS(folders) && r == 0; i++)
                judge_folder(look, &exclusions, &folders[i]);
        return r < 0 ? r : 0;
}

static int judge_product(PfRegistryLook *look, const struct Product *product) {
        char path[PF_REGISTRY_PATH_MAX];
        uint64_t start = PF_START_DISABLED;
        int r = pf_look_start_type(look, product->name, product->service, &start);

        if (r != 0 || start == PF_START_DISABLED)
                return r < 0 ? r : 0;
        (void) snprintf(path, sizeof(path), PF_SERVICES "\\%s", product->service);
        pf_finding_add(&look->findings, PF_FINDING_DOUBTFUL, product->name,
                       "%s is installed, and what it leaves out cannot be read", product->name);
        pf_look_evidence_at(look, path, NULL, "is there", NULL);
        pf_finding_reason(&look->findings, "other-antivirus");
        pf_finding_remedy(&look->findings,
                          "exclude the folders of the agent in its policy, and allow DLLs to be "
                          "registered during the installation");
        return 0;
}

static int run(const PfTarget *target, const PfDemand *demand, PfReport *report, PfErr *err) {
        PF_AUTO_REGISTRY_LOOK PfRegistryLook look = { .target = target };
        int r;

        (void) demand;
        (void) err;
        look.findings.target = target;
        r = judge_defender(&look);
        for (size_t i = 0; i < PF_ELEMENTS(products) && r == 0; i++)
                r = judge_product(&look, &products[i]);
        if (r < 0)
                return r;
        return pf_look_answer(&look, report, &check,
                              "no security software that is known watches the agent's folders",
                              "nothing tells of security software");
}

const PfProbe pf_probe_windows_antivirus = {
        .name = "windows-antivirus",
        .checks = &check,
        .n_checks = 1,
        .platforms = PF_PLATFORM_WINDOWS,
        .deadline_ms = 10000,
        .run = run,
};
