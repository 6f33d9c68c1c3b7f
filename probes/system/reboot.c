/* SPDX-License-Identifier: MIT */
/*
 * Is a restart outstanding: asked for by a package, needed for the kernel, or for the
 * agent's driver?
 *
 * needs-restarting(1) of the RHEL family compares the times at which packages were
 * installed with that of the start; what of it files tell is the kernel.
 */
#include <string.h>

#include "probes/boot/boot-kernel.h"
#include "probes/system/driver.h"

/* What cures all of it. */
static void advise(PfFindings *findings, const char *reason) {
        pf_finding_reason(findings, reason);
        pf_finding_remedy(findings, "restart the machine in its next maintenance window");
}

/* Files whose presence asks for a restart. */
static const struct Marker {
        const char *path;
        const char *list; /* file that names the packages which ask; or NULL */
        const char *text;
        bool in_images; /* outlives a restart until the next start has done its work */
} markers[] = {
        /* reboot-notifier and update-notifier of Debian and Ubuntu */
        { "/run/reboot-required", "/run/reboot-required.pkgs",
          "packages that were installed ask for a restart", false },
        /* the commit plug-in of libzypp, and transactional-update */
        { "/run/reboot-needed", NULL, "packages that were installed ask for a restart", false },
        /* systemd.offline-updates(7) */
        { "/system-update", NULL, "the next start installs updates before anything else", true },
        { "/etc/system-update", NULL, "the next start installs updates before anything else",
          true },
        /* ostree: a deployment that becomes the system at the next start */
        { "/run/ostree/staged-deployment", NULL, "another version of the system starts next",
          false },
};

/* The package that asked first: "linux-image-6.1.0-23-amd64". */
static void show_marker(const PfSystemRoom *room, PfFindings *findings,
                        const struct Marker *marker) {
        char word[PF_SYSTEM_WORD_MAX];
        PfErr ignored = { 0 };

        pf_finding_evidence(findings, marker->path, 0, NULL, "not there");
        if (marker->list && pf_system_read_word(room, marker->list, word, &ignored) == 0)
                pf_finding_evidence(findings, marker->list, 1, word, NULL);
}

static int find_markers(const PfSystemRoom *room, PfFindings *findings) {
        bool asked = false;

        for (size_t i = 0; i < PF_ELEMENTS(markers); i++) {
                PfFileInfo info;
                PfErr err = { 0 };
                int r;

                if (!room->runs && !markers[i].in_images)
                        continue;
                r = pf_target_lstat(room->target, markers[i].path, &info, &err);
                if (r == -ENOMEM)
                        return r;
                if (r < 0)
                        pf_finding_add(findings, PF_FINDING_UNKNOWN, "packages",
                                       "whether packages ask for a restart is not known: %s",
                                       pf_err_text(&err, r));
                if (r == 0) {
                        pf_finding_add(findings, PF_FINDING_DOUBTFUL, "packages", "%s",
                                       markers[i].text);
                        advise(findings, "reboot-required");
                        show_marker(room, findings, &markers[i]);
                }
                asked |= r != PF_TARGET_ABSENT;
        }
        if (!asked && room->runs) {
                pf_finding_add(findings, PF_FINDING_GOOD, "packages",
                               "no package asks for a restart");
                pf_finding_evidence_said(findings, markers[0].path, "not there", NULL);
        }
        return 0;
}

/* --- the kernel --- */

static int find_modules(const PfSystemRoom *room, PfFindings *findings) {
        char path[PF_SYSTEM_PATH_MAX];
        PfErr err = { 0 };
        PfMaybe has;

        (void) snprintf(path, sizeof(path), "/lib/modules/%s/kernel", room->kernel);
        has = pf_system_has(room, path, &err);
        if (has == PF_YES)
                return 0;
        if (has == PF_MAYBE) {
                pf_finding_add(findings, PF_FINDING_UNKNOWN, "kernel",
                               "whether the running kernel is still installed is not known: %s",
                               pf_err_text(&err, err.code));
                return err.code == -ENOMEM ? err.code : 1;
        }
        pf_finding_add(findings, PF_FINDING_DOUBTFUL, "kernel",
                       "the running kernel %s is not installed any more", room->kernel);
        pf_finding_evidence(findings, path, 0, NULL, "a directory");
        advise(findings, "kernel-removed");
        return 1;
}

static void compare_kernels(const PfSystemRoom *room, PfFindings *findings,
                            const PfBootKernel *next) {
        if (strcmp(next->version, room->kernel) == 0) {
                pf_finding_add(findings, PF_FINDING_GOOD, "kernel",
                               "the running kernel is the one that starts next");
                pf_finding_evidence(findings, next->path, next->line, next->version, NULL);
                return;
        }
        pf_finding_add(findings, PF_FINDING_DOUBTFUL, "kernel",
                       "%s runs, and the kernel of the next start is %s", room->kernel,
                       next->version);
        pf_finding_evidence(findings, next->path, next->line, next->version, room->kernel);
        advise(findings, "kernel-replaced");
}

static int find_next(const PfSystemRoom *room, PfFindings *findings) {
        PF_AUTO_BOOT_INVENTORY PfBootInventory inventory = { 0 };
        PF_AUTO_BOOT_KERNEL PfBootKernel next = { 0 };
        PfErr err = { 0 };
        int r = pf_boot_inventory_load(room->target, &inventory, &err);

        if (r == 0)
                r = pf_boot_kernel_next(room->target, &inventory, &next, &err);
        if (r == -ENOMEM)
                return r;
        if (r == 0)
                compare_kernels(room, findings, &next);
        else
                pf_finding_add(findings, PF_FINDING_UNKNOWN, "kernel",
                               "which kernel starts next is not known: %s", pf_err_text(&err, r));
        return 0;
}

static int find_kernel(const PfSystemRoom *room, PfFindings *findings) {
        int r = room->runs ? find_modules(room, findings) : 1;

        return r == 0 ? find_next(room, findings) : r < 0 ? r : 0;
}

/* --- the driver --- */

static void judge_driver(const PfFilterDriver *driver, PfFindings *findings) {
        const bool by_source = *driver->loaded.source && *driver->on_disk.source;
        const char *path =
                by_source ? "/sys/module/involflt/srcversion" : "/sys/module/involflt/version";
        PfMaybe current = pf_filter_driver_is_current(driver);

        if (current == PF_MAYBE) {
                pf_finding_add(findings, PF_FINDING_UNKNOWN, "agent's driver",
                               "whether the agent's driver in memory is the one on disk is not "
                               "known: neither says which it is");
                return;
        }
        pf_finding_add(findings, current == PF_YES ? PF_FINDING_GOOD : PF_FINDING_DOUBTFUL,
                       "agent's driver",
                       current == PF_YES
                               ? "the agent's driver in memory is the one on disk"
                               : "the agent's driver in memory is not the one on disk, which is "
                                 "loaded at the next start");
        pf_finding_evidence(findings, path, 1,
                            by_source ? driver->loaded.source : driver->loaded.version,
                            by_source ? driver->on_disk.source : driver->on_disk.version);
        pf_finding_evidence_said(findings, driver->path, driver->on_disk.version, NULL);
        if (current == PF_YES)
                return;
        advise(findings, "driver-replaced");
        pf_finding_vendor(findings, "a warning after the installation: "
                                    "ASRMobiityServiceInstallerLinuxRecommendedReboot");
}

static void add_removed(PfFindings *findings) {
        pf_finding_add(findings, PF_FINDING_DOUBTFUL, "agent's driver",
                       "the agent's driver is in memory, and gone from the disk");
        advise(findings, "driver-removed");
}

static void find_driver(const PfSystemRoom *room, PfFindings *findings) {
        const PfFilterDriver *driver = room->driver;

        if (*driver->reason)
                pf_finding_add(findings, PF_FINDING_UNKNOWN, "agent's driver",
                               "whether the agent's driver in memory is the one on disk is not "
                               "known: %s",
                               driver->reason);
        else if (driver->is_loaded == PF_YES && !*driver->path)
                add_removed(findings);
        else if (driver->is_loaded == PF_YES)
                judge_driver(driver, findings);
}

int pf_system_check_reboot(const PfSystemRoom *room, const PfCheck *check, PfErr *err) {
        PF_AUTO_FINDINGS PfFindings findings = { .target = room->target };
        int r = find_markers(room, &findings);

        (void) err;
        if (r == 0)
                r = find_kernel(room, &findings);
        if (r < 0)
                return r;
        find_driver(room, &findings);
        return pf_findings_answer(&findings, room->report, check, "no restart is outstanding",
                                  "nothing runs in an image that a restart would replace");
}
