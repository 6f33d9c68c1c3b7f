/* SPDX-License-Identifier: MIT */
/*
 * Probe disks: does the layout of disks, volumes and file systems suit the
 * agent, and would its installer find its way through it?
 *
 * All rests on the graph of block devices. In an image that is only a directory
 * there is none: the checks are unknown, and say what /etc/fstab has.
 */
#include "probes/disks/room.h"

enum {
        BOOT_DISK,
        BOOT_DISK_UNIQUE,
        BOOT_SYSTEM_SAME,
        SYSTEM_SPAN,
        LVM,
        FILESYSTEMS,
        IDENTITY_UNIQUE,
        MOUNTS,
        N_CHECKS,
};

static const PfCheck checks[N_CHECKS] = {
        [BOOT_DISK] = { "disk.boot-disk" },
        [BOOT_DISK_UNIQUE] = { "disk.boot-disk-unique" },
        [BOOT_SYSTEM_SAME] = { "disk.boot-system-same" },
        [SYSTEM_SPAN] = { "disk.system-span" },
        [LVM] = { "disk.lvm" },
        [FILESYSTEMS] = { "disk.filesystems" },
        [IDENTITY_UNIQUE] = { "disk.identity-unique" },
        [MOUNTS] = { "disk.mounts" },
};

static const PfDisksCheckFn functions[N_CHECKS] = {
        [BOOT_DISK] = pf_disks_boot_disk,
        [BOOT_DISK_UNIQUE] = pf_disks_boot_disk_unique,
        [BOOT_SYSTEM_SAME] = pf_disks_boot_system_same,
        [SYSTEM_SPAN] = pf_disks_system_span,
        [LVM] = pf_disks_lvm,
        [FILESYSTEMS] = pf_disks_filesystems,
        [IDENTITY_UNIQUE] = pf_disks_identity_unique,
        [MOUNTS] = pf_disks_mounts,
};

static int run(const PfTarget *target, const PfDemand *demand, PfReport *report, PfErr *err) {
        PF_CLEANUP(pf_disks_room_deinit) PfDisksRoom room = { 0 };
        int r;

        r = pf_disks_room_init(&room, target, demand, report, err);
        if (r < 0)
                return pf_err_errno(err, r, "disks");
        for (size_t i = 0; i < N_CHECKS; i++) {
                size_t n = report->n;
                PfErr detail = { 0 };

                r = functions[i](&room, &checks[i], &detail);
                (void) pf_report_settle(report, &checks[i], n, r, &detail);
        }
        return report->error;
}

const PfProbe pf_probe_disks = {
        .name = "disks",
        .checks = checks,
        .n_checks = N_CHECKS,
        .platforms = PF_PLATFORM_LINUX,
        .deadline_ms = 1000,
        .run = run,
        .inspect = pf_disks_inspect,
        .subject = "storage",
};
