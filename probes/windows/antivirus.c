/* SPDX-License-Identifier: MIT */
/*
 * Probe windows-antivirus: does security software leave the agent's folders alone?
 *
 * Of Microsoft Defender its service says whether it runs, and the registry what it leaves out,
 * by the machine's own settings and by policy; of other products, that they are there.
 */
#include <string.h>
#include <strings.h>

#include "probes/windows/ask-look.h"

#define DEFENDER "Microsoft Defender"
#define DEFENDER_SERVICE "WinDefend"
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

/* What keeps it from watching though its service starts with the machine. */
typedef struct Switch {
        const char *path, *value;
} Switch;

/* A number that may be absent. */
static int read_switch(PfRegistryLook *look, const Switch *by, uint64_t *number, bool *is_there) {
        int r = pf_look_number(look, DEFENDER, by->path, by->value, number);

        *is_there = r == 0;
        return r == PF_LOOKED_ABSENT ? 0 : r;
}

/* A policy goes before the machine's own setting, unless it leaves that to the machine. */
static int find_monitoring(PfRegistryLook *look, const Switch **ret) {
        static const char policy_key[] = POLICY "\\Real-Time Protection";
        static const Switch policy = { policy_key, "DisableRealtimeMonitoring" };
        static const Switch local = { LOCAL "\\Real-Time Protection", "DisableRealtimeMonitoring" };
        uint64_t by_policy = 0, by_local = 0;
        bool has_policy = false, has_local = false, is_left = false;
        int r = read_switch(look, &policy, &by_policy, &has_policy);

        if (r == 0 && has_policy)
                r = is_set(look, policy_key, "LocalSettingOverrideDisableRealtimeMonitoring",
                           &is_left);
        if (r == 0 && (!has_policy || is_left))
                r = read_switch(look, &local, &by_local, &has_local);
        if (r == 0 && (has_local ? by_local : by_policy) == 1)
                *ret = has_local ? &local : &policy;
        return r;
}

/* One that runs does not heed DisableAntiSpyware: since platform 4.18.2007.8 it need not. */
static int find_switch(PfRegistryLook *look, const PfWindowsService *service, const Switch **ret) {
        static const Switch old = { POLICY, "DisableAntiSpyware" };
        bool is_on = false;
        int r = 0;

        if (service->state == PF_SERVICE_STOPPED)
                r = is_set(look, old.path, old.value, &is_on);
        if (is_on)
                *ret = &old;
        return r == 0 && !is_on ? find_monitoring(look, ret) : r;
}

static void say_off(PfRegistryLook *look, const PfWindowsService *service, const Switch *by) {
        char place[PF_WINDOWS_TEXT_MAX], text[PF_WINDOWS_TEXT_MAX];

        pf_finding_add(&look->findings, PF_FINDING_GOOD, DEFENDER,
                       "Microsoft Defender does not watch");
        pf_look_said(look, pf_windows_service_place(DEFENDER_SERVICE, service, place),
                     pf_windows_service_text(service, text), NULL);
        if (by)
                pf_look_evidence_at(look, by->path, by->value, "dword 1", NULL);
}

/*
 * Does it watch? What its service does decides; of an image, how that starts.
 * Return: 0, where a finding has answered too; a PfLooked, -ENOMEM.
 */
static int is_defender_on(PfRegistryLook *look, bool *ret) {
        PfWindowsService service = { 0 };
        const Switch *by = NULL;
        int r = pf_look_fact(look, DEFENDER, PF_WINDOWS_SERVICE, DEFENDER_SERVICE, &service);
        const bool is_missing = service.error == PF_NO_SUCH_SERVICE;
        const bool is_disabled =
                service.start == PF_SERVICE_DISABLED && service.state != PF_SERVICE_RUNNING;

        if (r != 0)
                return r;
        if (service.error && !is_missing) {
                pf_finding_add(&look->findings, PF_FINDING_UNKNOWN, DEFENDER,
                               "Windows does not tell the state of the service %s",
                               DEFENDER_SERVICE);
                pf_look_said_error(look, "service " DEFENDER_SERVICE, service.error);
                return 0;
        }
        if (!is_missing && !is_disabled)
                r = find_switch(look, &service, &by);
        *ret = r == 0 && !is_missing && !is_disabled && !by;
        if (r == 0 && !*ret)
                say_off(look, &service, by);
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

        if (r == 0 && on)
                r = read_exclusions(look, &exclusions);
        for (size_t i = 0; i < PF_ELEMENTS(folders) && r == 0 && on; i++)
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
