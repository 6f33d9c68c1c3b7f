/* SPDX-License-Identifier: MIT */
/*
 * Memory that is free, directories for temporary files, and VMware's tools.
 */
#include <string.h>

#include "probes/system/prerequisites.h"

/* --- memory --- */

#define MEMORY "memory"
#define MEMINFO "/proc/meminfo"
#define MEMINFO_MAX (64u << 10)
#define LEAST_KIB (512u << 10)
#define STEP_KIB (16u << 10) /* as exact as it is told, so that it seldom changes */

/* The number behind "MemAvailable:", in KiB; false where there is no such line. */
static bool find_number(const char *text, const char *key, unsigned long long *ret) {
        size_t n = strlen(key);

        for (const char *line = text; line; line = strchr(line, '\n')) {
                line += *line == '\n';
                if (strncmp(line, key, n) == 0 && line[n] == ':')
                        return sscanf(line + n + 1, "%15llu", ret) == 1;
        }
        return false;
}

/* Linux before 3.14 does not estimate what is available. */
static bool find_available(const char *text, unsigned long long *ret) {
        unsigned long long unused, cached, buffers, swap = 0;

        (void) find_number(text, "SwapFree", &swap);
        if (!find_number(text, "MemAvailable", ret)) {
                if (!find_number(text, "MemFree", &unused) ||
                    !find_number(text, "Cached", &cached) ||
                    !find_number(text, "Buffers", &buffers))
                        return false;
                *ret = unused + cached + buffers;
        }
        *ret += swap;
        return true;
}

static void judge_memory(PfFindings *findings, const char *text) {
        unsigned long long available;
        char found[64];

        if (!find_available(text, &available)) {
                pf_finding_add(findings, PF_FINDING_UNKNOWN, MEMORY,
                               MEMINFO " does not tell how much memory is free");
        } else if (available >= LEAST_KIB) {
                pf_finding_add(findings, PF_FINDING_GOOD, MEMORY, "there is enough memory");
                pf_finding_evidence_said(findings, MEMINFO, "at least 512 MiB, with swap", NULL);
        } else {
                (void) snprintf(found, sizeof(found), "less than %llu MiB, with swap",
                                (available / STEP_KIB + 1) * (STEP_KIB >> 10));
                pf_finding_add(findings, PF_FINDING_DOUBTFUL, MEMORY,
                               "less than 512 MiB of memory are free, and the installer stops "
                               "where there is too little for it");
                pf_finding_evidence_said(findings, MEMINFO, found, "at least 512 MiB");
                pf_finding_reason(findings, "memory");
                pf_finding_remedy(findings, "stop other work while the agent is installed, or "
                                            "enlarge the swap");
        }
}

int pf_prerequisite_memory(PfPrerequisites *all, PfFindings *findings) {
        PF_AUTO_BUF PfBuf buf = PF_BUF_INIT(MEMINFO_MAX);
        PfErr err = { 0 };
        int r;

        if (!all->room->runs) {
                pf_finding_add(findings, PF_FINDING_IDLE, MEMORY, "nothing runs in an image");
                return 0;
        }
        r = pf_target_read(all->room->target, MEMINFO, MEMINFO_MAX, &buf, &err);
        if (r == PF_TARGET_ABSENT)
                r = pf_err_set(&err, -ENOENT, MEMINFO " is not there");
        if (r < 0)
                return pf_prerequisite_unknown(findings, MEMORY, "how much memory is free", r,
                                               &err);
        judge_memory(findings, buf.data ? buf.data : "");
        return 0;
}

/* --- directories for temporary files --- */

#define TEMPORARY "temporary directories"

/* Programs are started from the last one: dpkg runs the scripts of packages there. The
 * flags of /tmp itself are another check's. */
static const struct Place {
        const char *path;
        bool is_shared; /* everybody's, and so 1777 */
        bool has_to_be;
        bool runs;
} places[] = {
        { "/tmp", true, true, false },
        { "/var/tmp", true, true, false },
        { "/var/lib/dpkg/info", false, false, true },
};

/* Of an image that an ordinary user unpacked root's files are that user's. */
static void judge_mode(const PfSystemRoom *room, PfFindings *findings, const char *path,
                       const PfFileInfo *info) {
        PfFileInfo top = { 0 };
        PfErr ignored = { 0 };
        char found[64];

        if (pf_target_stat(room->target, "/", &top, &ignored) != 0)
                top.uid = 0;
        if ((info->mode & 07777) == 01777 && (info->uid == 0 || info->uid == top.uid))
                return;
        (void) snprintf(found, sizeof(found), "mode %04o, owner %u", info->mode & 07777, info->uid);
        pf_finding_add(findings, PF_FINDING_DOUBTFUL, TEMPORARY,
                       "%s has not the mode and owner of a directory for temporary files", path);
        pf_finding_evidence_said(findings, path, found, "mode 1777, owner 0");
        pf_finding_reason(findings, "temporary-directory");
        pf_finding_remedy(findings, "chown root:root %s && chmod 1777 %s", path, path);
}

static int judge_mount(const PfPrerequisites *all, PfFindings *findings, const char *path) {
        PfSpace space;
        PfErr err = { 0 };
        int r = pf_target_space(all->room->target, path, &space, &err);

        if (r < 0)
                return pf_prerequisite_unknown(findings, TEMPORARY, "how a directory is mounted", r,
                                               &err);
        if (r != 0 || !space.no_exec)
                return 0;
        pf_finding_add(findings, PF_FINDING_BAD, TEMPORARY,
                       "%s is mounted noexec, so no package that has scripts can be installed",
                       path);
        pf_finding_evidence_said(findings, path, "noexec", "exec");
        pf_finding_reason(findings, "temporary-directory");
        return 0;
}

static int judge_place(const PfPrerequisites *all, PfFindings *findings,
                       const struct Place *place) {
        PfFileInfo info;
        PfErr err = { 0 };
        int r = pf_target_stat(all->room->target, place->path, &info, &err);

        if (r < 0)
                return pf_prerequisite_unknown(findings, TEMPORARY,
                                               "the state of a temporary directory", r, &err);
        if (r == PF_TARGET_ABSENT && !place->has_to_be)
                return 0;
        if (r == PF_TARGET_ABSENT || info.type != PF_FILE_DIRECTORY) {
                pf_finding_add(findings, PF_FINDING_BAD, TEMPORARY, "%s is no directory",
                               place->path);
                pf_finding_evidence_said(findings, place->path, NULL, "a directory");
                pf_finding_reason(findings, "temporary-directory");
                return 0;
        }
        if (place->is_shared)
                judge_mode(all->room, findings, place->path, &info);
        return place->runs ? judge_mount(all, findings, place->path) : 0;
}

int pf_prerequisite_temporary(PfPrerequisites *all, PfFindings *findings) {
        size_t before = findings->n;

        for (size_t i = 0; i < PF_ELEMENTS(places); i++) {
                int r = judge_place(all, findings, &places[i]);

                if (r < 0)
                        return r;
        }
        if (findings->n > before)
                return 0;
        pf_finding_add(findings, PF_FINDING_GOOD, TEMPORARY,
                       "the directories for temporary files are in order");
        pf_finding_evidence_said(findings, "/tmp", "mode 1777, owner 0", NULL);
        return 0;
}

/* --- VMware's tools --- */

#define TOOLS "VMware Tools"
#define VENDOR "/sys/class/dmi/id/sys_vendor"

static const char *const daemons[] = { "/usr/bin/vmtoolsd", "/usr/sbin/vmtoolsd" };

/* What a running one leaves in /run. */
static const char *const traces[] = { "/run/systemd/units/invocation:vmtoolsd.service",
                                      "/run/systemd/units/invocation:open-vm-tools.service",
                                      "/run/vmtoolsd.pid", "/var/run/vmtoolsd.pid" };

static PfMaybe has_any(const PfSystemRoom *room, const char *const *paths, size_t n) {
        PfMaybe answer = PF_NO;

        for (size_t i = 0; i < n && answer != PF_YES; i++) {
                PfFileInfo info;
                PfErr ignored = { 0 };
                int r = pf_target_lstat(room->target, paths[i], &info, &ignored);

                if (r != PF_TARGET_ABSENT)
                        answer = r == 0 ? PF_YES : PF_MAYBE;
        }
        return answer;
}

/* These weigh no more than a warning, so neither does not to know them. */
static void judge_tools(const PfSystemRoom *room, PfFindings *findings) {
        PfMaybe installed = has_any(room, daemons, PF_ELEMENTS(daemons));
        PfMaybe runs = has_any(room, traces, PF_ELEMENTS(traces));

        if (runs == PF_YES) {
                pf_finding_add(findings, PF_FINDING_GOOD, TOOLS, "VMware Tools are running");
                pf_finding_evidence_said(findings, VENDOR, "VMware, Inc.", NULL);
                return;
        }
        pf_finding_add(findings, PF_FINDING_DOUBTFUL, TOOLS, "%s",
                       installed == PF_NO ? "VMware Tools are not installed"
                       : runs == PF_NO    ? "VMware Tools are not running"
                                          : "whether VMware Tools run could not be looked at");
        pf_finding_evidence_said(findings, daemons[0], NULL, "running");
        pf_finding_reason(findings, "vmware-tools");
        pf_finding_remedy(findings, "install open-vm-tools, and: systemctl enable --now %s",
                          pf_system_family(room) == PF_FAMILY_DEBIAN ||
                                          pf_system_family(room) == PF_FAMILY_UBUNTU
                                  ? "open-vm-tools"
                                  : "vmtoolsd");
}

int pf_prerequisite_vmware_tools(PfPrerequisites *all, PfFindings *findings) {
        char vendor[PF_SYSTEM_WORD_MAX];
        PfErr ignored = { 0 };
        int r = all->room->runs ? pf_system_read_word(all->room, VENDOR, vendor, &ignored)
                                : PF_TARGET_ABSENT;

        if (r == -ENOMEM)
                return r;
        if (r == 0 && strcmp(vendor, "VMware, Inc.") == 0)
                judge_tools(all->room, findings);
        else
                pf_finding_add(findings, PF_FINDING_IDLE, TOOLS, "no virtual machine of VMware");
        return 0;
}
