/* SPDX-License-Identifier: MIT */
/*
 * Probe windows-prerequisites: is there what the installer relies on? Memory, the .NET
 * Framework, updates that let old systems verify it, the script host, Windows Installer to
 * itself, and VMware's tools.
 */
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "config/value.h"
#include "probes/windows/ask-look.h"

static const PfCheck check = { "system.prerequisites" };

typedef struct Room {
        PfRegistryLook *look;
        const PfDemand *demand;
        char version[PF_WINDOWS_VERSION_MAX]; /* "" where it is not known */
} Room;

/* --- memory --- */

#define MEMORY "memory"
#define LEAST_BYTES (UINT64_C(512) << 20)

static int judge_memory(const Room *room) {
        PfFindings *findings = &room->look->findings;
        PfWindowsMemory memory = { 0 };
        int r = pf_look_fact(room->look, MEMORY, PF_WINDOWS_MEMORY, "memory", &memory);
        const uint64_t free_bytes = memory.commit_limit > memory.commit_total
                                            ? memory.commit_limit - memory.commit_total
                                            : 0;
        char text[64];

        if (r == PF_LOOKED_ABSENT)
                pf_finding_add(findings, PF_FINDING_IDLE, MEMORY, "nothing runs in an image");
        if (r != 0)
                return r < 0 ? r : 0;
        if (memory.error || memory.commit_limit == 0) {
                pf_finding_add(findings, PF_FINDING_UNKNOWN, MEMORY,
                               "Windows does not tell how much memory is free");
                pf_look_said_error(room->look, "GetPerformanceInfo", memory.error);
                return 0;
        }
        if (free_bytes >= LEAST_BYTES) {
                pf_finding_add(findings, PF_FINDING_GOOD, MEMORY, "there is enough memory");
                pf_look_said(room->look, "GetPerformanceInfo",
                             "at least 512 MiB, with the page "
                             "file",
                             NULL);
                return 0;
        }
        (void) snprintf(text, sizeof(text), "%llu MiB, with the page file",
                        (unsigned long long) (free_bytes >> 20));
        pf_finding_add(findings, PF_FINDING_DOUBTFUL, MEMORY,
                       "less than 512 MiB of memory are free, and the installer stops where there "
                       "is too little for it");
        pf_look_said(room->look, "GetPerformanceInfo", text, "at least 512 MiB");
        pf_finding_reason(findings, "memory");
        pf_finding_remedy(findings, "stop other work while the agent is installed, or enlarge the "
                                    "page file");
        return 0;
}

/* --- the .NET Framework --- */

#define DOTNET ".NET Framework"
#define NDP "HKLM\\SOFTWARE\\Microsoft\\NET Framework Setup\\NDP\\v4\\Full"
#define RELEASE_4_6 393295
#define TLS_1_0 PF_CONTROL "\\SecurityProviders\\SCHANNEL\\Protocols\\TLS 1.0\\Client"

/* Is TLS 1.0 off for those who connect from here? */
static int is_tls_1_0_off(PfRegistryLook *look, bool *ret) {
        uint64_t enabled = 1, disabled = 0;
        int r = pf_look_number(look, DOTNET, TLS_1_0, "Enabled", &enabled);

        if (r == 0 || r == PF_LOOKED_ABSENT)
                r = pf_look_number(look, DOTNET, TLS_1_0, "DisabledByDefault", &disabled);
        *ret = enabled == 0 || disabled != 0;
        return r == PF_LOOKED_ABSENT ? 0 : r;
}

/* Programs of .NET use what the system allows: in both views of the registry. */
static int uses_strong(PfRegistryLook *look, bool *ret) {
        static const char *const keys[] = {
                "HKLM\\SOFTWARE\\Microsoft\\.NETFramework\\v4.0.30319",
                "HKLM\\SOFTWARE\\Wow6432Node\\Microsoft\\.NETFramework\\v4.0.30319"
        };
        static const char *const values[] = { "SchUseStrongCrypto", "SystemDefaultTlsVersions" };
        int r = 0;

        *ret = true;
        for (size_t i = 0; i < PF_ELEMENTS(keys); i++) {
                bool is_set = false;

                for (size_t k = 0; k < PF_ELEMENTS(values) && r == 0; k++) {
                        uint64_t number = 0;

                        r = pf_look_number(look, DOTNET, keys[i], values[k], &number);
                        is_set |= number == 1;
                        r = r == PF_LOOKED_ABSENT ? 0 : r;
                }
                *ret &= is_set;
        }
        return r;
}

static void say_dotnet(PfRegistryLook *look, uint64_t release, bool is_old_tls_off,
                       bool is_strong) {
        PfFindings *findings = &look->findings;
        char found[32];

        if (release >= RELEASE_4_6 && (is_strong || !is_old_tls_off))
                pf_finding_add(findings, PF_FINDING_GOOD, DOTNET,
                               "the .NET Framework is 4.6 or later");
        else if (release >= RELEASE_4_6)
                pf_finding_add(findings, PF_FINDING_DOUBTFUL, DOTNET,
                               "TLS 1.0 is off, and old programs of .NET are not told to use what "
                               "is on");
        else if (release > 0 && !is_old_tls_off)
                pf_finding_add(findings, PF_FINDING_DOUBTFUL, DOTNET,
                               "the .NET Framework is older than 4.6");
        else if (release > 0)
                pf_finding_add(findings, PF_FINDING_BAD, DOTNET,
                               "TLS 1.0 is off, and the .NET Framework older than 4.6");
        else
                pf_finding_add(findings, PF_FINDING_BAD, DOTNET,
                               "the .NET Framework 4 is not installed");
        (void) snprintf(found, sizeof(found), "dword %llu", (unsigned long long) release);
        pf_look_evidence_at(look, NDP, "Release", release ? found : NULL, "393295 or more");
        if (release >= RELEASE_4_6 && (is_strong || !is_old_tls_off))
                return;
        pf_finding_reason(findings, release >= RELEASE_4_6 ? "strong-crypto" : "dotnet");
        if (release >= RELEASE_4_6)
                pf_finding_remedy(findings, "set SchUseStrongCrypto to 1 in both keys "
                                            ".NETFramework\\v4.0.30319");
        else
                pf_finding_remedy(findings, "install the .NET Framework 4.6 or later");
}

static int judge_dotnet(const Room *room) {
        bool is_old_tls_off = false, is_strong = false;
        uint64_t release = 0;
        int r = pf_look_number(room->look, DOTNET, NDP, "Release", &release);

        if (r == 0 || r == PF_LOOKED_ABSENT)
                r = is_tls_1_0_off(room->look, &is_old_tls_off);
        if (r == 0)
                r = uses_strong(room->look, &is_strong);
        if (r == 0)
                say_dotnet(room->look, release, is_old_tls_off, is_strong);
        return r < 0 ? r : 0;
}

/* --- signatures that old systems cannot verify --- */

#define SHA2 "SHA-2"
#define PACKAGES                                                                                   \
        "HKLM\\SOFTWARE\\Microsoft\\Windows\\CurrentVersion\\Component Based Servicing\\Packages"
#define SINCE_AGENT "9.30"
#define ROLLUP_OF_2020 24545 /* 7601.24545, January 2020: later than these updates */

/* CurrentState: superseded, which a later package is instead; installed; permanent. */
static bool is_in_force(uint64_t state) {
        return state == 0x50 || state == 0x70 || state == 0x80;
}

static int is_installed(PfRegistryLook *look, const char *package, bool *ret) {
        char path[PF_REGISTRY_PATH_MAX];
        uint64_t state = 0;
        int r;

        (void) snprintf(path, sizeof(path), PACKAGES "\\%s", package);
        r = pf_look_number(look, SHA2, path, "CurrentState", &state);
        *ret |= r == 0 && is_in_force(state);
        return r == PF_LOOKED_ABSENT ? 0 : r;
}

/* "Package_for_RollupFix~31bf3856ad364e35~amd64~~7601.24545.1.4" */
static bool is_late_rollup(const char *package) {
        static const char begin[] = "Package_for_RollupFix~";
        const char *version = strrchr(package, '~');
        unsigned build = 0, revision = 0;

        return strncasecmp(package, begin, strlen(begin)) == 0 && version &&
               sscanf(version, "~%9u.%9u", &build, &revision) == 2 && build == 7601 &&
               revision >= ROLLUP_OF_2020;
}

static int find_update(PfRegistryLook *look, const PfRegistryKey *packages, const char *update,
                       bool *ret) {
        char begin[64];
        int r = 0;

        (void) snprintf(begin, sizeof(begin), "Package_for_%s~", update);
        *ret = false;
        for (size_t i = 0; i < packages->subkeys.n && r == 0 && !*ret; i++)
                if (strncasecmp(packages->subkeys.items[i], begin, strlen(begin)) == 0 ||
                    is_late_rollup(packages->subkeys.items[i]))
                        r = is_installed(look, packages->subkeys.items[i], ret);
        return r;
}

static int judge_update(PfRegistryLook *look, const PfRegistryKey *packages, const char *update) {
        bool has_it = false;
        int r = find_update(look, packages, update, &has_it);

        if (r != 0)
                return r;
        if (has_it) {
                pf_finding_add(&look->findings, PF_FINDING_GOOD, SHA2,
                               "this Windows verifies signatures of SHA-2");
                pf_look_evidence_at(look, PACKAGES, NULL, update, NULL);
                return 0;
        }
        pf_finding_add(&look->findings, PF_FINDING_BAD, SHA2,
                       "the update %s is missing, without which SHA-2 is not verified", update);
        pf_look_evidence_at(look, PACKAGES, NULL, NULL, update);
        pf_finding_reason(&look->findings, "sha-2");
        pf_finding_remedy(&look->findings, "install %s, and restart the machine", update);
        return 0;
}

static int judge_sha2(const Room *room) {
        PF_AUTO_REGISTRY_KEY PfRegistryKey packages = { 0 };
        int r;

        if (!room->version[0])
                return 0; /* a finding says so */
        if (!pf_windows_is_before(room->version, 6, 2) ||
            pf_version_compare(room->demand->agent_version, SINCE_AGENT) < 0) {
                pf_finding_add(&room->look->findings, PF_FINDING_IDLE, SHA2,
                               "no update is needed to verify the agent");
                return 0;
        }
        r = pf_look_key(room->look, SHA2, PACKAGES, &packages);
        if (r == 0 || r == PF_LOOKED_ABSENT)
                r = judge_update(room->look, &packages,
                                 pf_windows_is_before(room->version, 6, 1) ? "KB4493730"
                                                                           : "KB4490628");
        if (r == 0)
                r = judge_update(room->look, &packages, "KB4474419");
        return r < 0 ? r : 0;
}

/* --- what else runs, or should --- */

static int judge_scripts(const Room *room) {
        PfErr err = { 0 };
        PfWindowsScripts scripts = { 0 };
        int r = pf_windows_scripts(room->look->target, &scripts, &err);

        if (r == 0 && scripts.is_dirty)
                r = pf_look_doubt(room->look, PF_SOFTWARE_HIVE);
        if (r == -ENOMEM)
                return r;
        if (r < 0) {
                pf_finding_add(&room->look->findings, PF_FINDING_UNKNOWN, "script host",
                               "whether scripts run is not known: %s", pf_err_text(&err, r));
        } else if (!scripts.off) {
                pf_finding_add(&room->look->findings, PF_FINDING_GOOD, "script host",
                               "scripts run");
        } else {
                pf_finding_add(&room->look->findings, PF_FINDING_DOUBTFUL, "script host",
                               "Windows Script Host is switched off");
                pf_look_evidence_at(room->look, scripts.off, "Enabled", "0", "not 0");
                pf_finding_reason(&room->look->findings, "scripts-off");
                pf_finding_remedy(&room->look->findings,
                                  "delete Enabled, or let the group policy that sets it not do so");
        }
        return 0;
}

static int judge_installer(const Room *room) {
        static const char name[] = "Windows Installer";
        PfFindings *findings = &room->look->findings;
        PfWindowsInstaller installer = { 0 };
        int r = pf_look_fact(room->look, name, PF_WINDOWS_INSTALLER, "msi", &installer);

        if (r != 0)
                return r < 0 ? r : 0;
        if (installer.error) {
                pf_finding_add(findings, PF_FINDING_UNKNOWN, name,
                               "whether another installation is under way is not known");
                pf_look_said_error(room->look, "Global\\_MSIExecute", installer.error);
        } else if (!installer.is_busy) {
                pf_finding_add(findings, PF_FINDING_GOOD, name,
                               "no other installation is under way");
        } else {
                pf_finding_add(findings, PF_FINDING_DOUBTFUL, name,
                               "another installation is under way");
                pf_look_said(room->look, "Global\\_MSIExecute", "taken", "free");
                pf_finding_reason(findings, "installer-busy");
                pf_finding_remedy(findings, "wait until it is done, and do not end msiexec");
        }
        return 0;
}

static int judge_tools(const Room *room) {
        static const char name[] = "VMware Tools", place[] = PF_CONTROL "\\SystemInformation";
        PfFindings *findings = &room->look->findings;
        PF_AUTO_FREE char *maker = NULL;
        PfWindowsService service = { 0 };
        int r = pf_look_text(room->look, name, place, "SystemManufacturer", &maker);

        if (r == 0 && strncmp(maker, "VMware", 6) == 0)
                r = pf_look_fact(room->look, name, PF_WINDOWS_SERVICE, "VMTools", &service);
        if (r != 0 || strncmp(maker, "VMware", 6) != 0) {
                if (r == 0 || r == PF_LOOKED_ABSENT)
                        pf_finding_add(findings, PF_FINDING_IDLE, name,
                                       "no virtual machine of VMware");
                return r < 0 ? r : 0;
        }
        if (service.error == 0 && (service.state == PF_SERVICE_RUNNING ||
                                   (service.state == 0 && service.start == PF_START_AUTO))) {
                pf_finding_add(findings, PF_FINDING_GOOD, name, "VMware Tools run");
                pf_look_evidence_at(room->look, place, "SystemManufacturer", maker, NULL);
                return 0;
        }
        if (service.error && service.error != PF_NO_SUCH_SERVICE) {
                pf_finding_add(findings, PF_FINDING_UNKNOWN, name,
                               "Windows does not tell the state of the service %s", "VMTools");
                pf_look_said_error(room->look, "service VMTools", service.error);
                return 0;
        }
        if (service.error)
                pf_finding_add(findings, PF_FINDING_DOUBTFUL, name,
                               "VMware Tools are not installed");
        else
                pf_finding_add(findings, PF_FINDING_DOUBTFUL, name, "VMware Tools are not running");
        pf_look_evidence_at(room->look, place, "SystemManufacturer", maker, NULL);
        pf_finding_reason(findings, "vmware-tools");
        pf_finding_remedy(findings, "install VMware Tools, and start VMTools");
        return 0;
}

static int run(const PfTarget *target, const PfDemand *demand, PfReport *report, PfErr *err) {
        static int (*const subjects[])(const Room *) = {
                judge_memory, judge_dotnet, judge_sha2, judge_scripts, judge_installer, judge_tools,
        };
        PF_AUTO_REGISTRY_LOOK PfRegistryLook look = { .target = target,
                                                      .findings = { .target = target } };
        Room room = { .look = &look, .demand = demand };
        int r = pf_look_version(&look, "version", room.version);

        (void) err;
        if (r == PF_LOOKED_ABSENT)
                pf_finding_add(&look.findings, PF_FINDING_UNKNOWN, "version",
                               "the registry does not say which Windows this is");
        r = r < 0 ? r : 0;
        for (size_t i = 0; i < PF_ELEMENTS(subjects) && r == 0; i++)
                r = subjects[i](&room);
        if (r < 0)
                return r;
        return pf_look_answer(&look, report, &check, "what the installer relies on is in order",
                              "nothing of it applies to this machine");
}

const PfProbe pf_probe_windows_prerequisites = {
        .name = "windows-prerequisites",
        .checks = &check,
        .n_checks = 1,
        .platforms = PF_PLATFORM_WINDOWS,
        .deadline_ms = 10000,
        .run = run,
};
