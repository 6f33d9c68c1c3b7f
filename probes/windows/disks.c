/* SPDX-License-Identifier: MIT */
/*
 * Probe windows-disks: is the layout of the disks one that the agent supports?
 *
 * How setup itself finds the disks is not documented. A disk is booted from where it has
 * an active partition (MBR) or an EFI system partition (GPT).
 */
#include <stdlib.h>
#include <string.h>

#include "probes/windows/room.h"

enum { BOOT, UNIQUE, SAME, SPAN, KINDS, IDENTITY, N_CHECKS };
static const PfCheck checks[N_CHECKS] = {
        [BOOT] = { "disk.boot-disk" },        [UNIQUE] = { "disk.boot-disk-unique" },
        [SAME] = { "disk.boot-system-same" }, [SPAN] = { "disk.system-span" },
        [KINDS] = { "disk.filesystems" },     [IDENTITY] = { "disk.identity-unique" },
};

#define EFI_SYSTEM "C12A7328-F81F-11D2-BA4B-00A0C93EC93B"
#define LAYOUT "IOCTL_DISK_GET_DRIVE_LAYOUT_EX"
#define EXTENTS "IOCTL_VOLUME_GET_VOLUME_DISK_EXTENTS"
#define BUS_SPACES 16
#define DISK_BYTES_MIN (UINT64_C(1) << 30)
#define DISK_BYTES_MAX (UINT64_C(32) << 40)
#define SECTOR_BYTES 512

typedef struct Layout {
        const PfDemand *demand;
        PfReport *report;
        const PfWindowsDisk *disks;
        size_t n_disks;
        const PfWindowsExtent *extents; /* of the system volume */
        size_t n_extents;
        uint32_t extents_error;
        const PfWindowsDisk *boot; /* the first that is booted from; or NULL */
        size_t n_boot;
        const PfWindowsDisk *unread; /* one whose partitions are not known; or NULL */
} Layout;

static bool is_booted_from(const PfWindowsDisk *disk) {
        const PfWindowsPartition *partitions = disk->partitions.items;

        for (size_t i = 0; i < disk->partitions.n; i++)
                if (partitions[i].is_active ||
                    (partitions[i].type && strcmp(partitions[i].type, EFI_SYSTEM) == 0))
                        return true;
        return false;
}

static bool is_dynamic(const PfWindowsDisk *disk) {
        static const char *const types[] = { "42", "5808C8AA-7E8F-42E0-85D2-E1E90434CFB3",
                                             "AF9B60A0-1431-4F62-BC68-3311714A69AD" };
        const PfWindowsPartition *partitions = disk->partitions.items;

        for (size_t i = 0; i < disk->partitions.n; i++)
                for (size_t j = 0; j < PF_ELEMENTS(types); j++)
                        if (partitions[i].type && strcmp(partitions[i].type, types[j]) == 0)
                                return true;
        return false;
}

static int show_disk(const Layout *layout, const PfWindowsDisk *disk, const char *expected) {
        char place[64], text[PF_WINDOWS_TEXT_MAX];

        (void) snprintf(place, sizeof(place), "disk %u", (unsigned) disk->number);
        if (disk->error)
                return pf_windows_show_error(layout->report, place, disk->error);
        (void) snprintf(text, sizeof(text), "%s, %zu partitions%s%s, sectors of %u bytes",
                        disk->style ? disk->style : "?", disk->partitions.n,
                        is_booted_from(disk) ? ", booted from" : "",
                        is_dynamic(disk) ? ", dynamic" : "", (unsigned) disk->sector);
        return pf_windows_show(layout->report, place, text, expected);
}

static int show_disks(const Layout *layout) {
        int r = 0;

        for (size_t i = 0; r == 0 && i < layout->n_disks && i < 16; i++)
                r = show_disk(layout, &layout->disks[i], NULL);
        return r;
}

/* Why it is not known which disk is booted from, or what is on all of them. */
static int answer_unread(const Layout *layout, int check) {
        int r;

        if (layout->n_disks == 0)
                return pf_report_unknown(layout->report, &checks[check],
                                         "Windows does not list its disks");
        if (!layout->unread)
                return pf_report_unknown(layout->report, &checks[check],
                                         "no disk is known to be booted from");
        r = pf_report_unknown(layout->report, &checks[check],
                              "the partitions of disk %u could not be read",
                              (unsigned) layout->unread->number);
        return r == 0 ? pf_windows_show_error(layout->report, LAYOUT, layout->unread->error) : r;
}

static int check_boot(const Layout *layout) {
        int r;

        if (!layout->boot && (layout->unread || layout->n_disks == 0))
                return answer_unread(layout, BOOT);
        if (!layout->boot)
                r = pf_report_fail(layout->report, &checks[BOOT],
                                   "no disk has an active or an EFI system partition");
        else if (is_dynamic(layout->boot))
                r = pf_report_fail(layout->report, &checks[BOOT], "the boot disk %u is dynamic",
                                   (unsigned) layout->boot->number);
        else
                r = pf_report_pass(layout->report, &checks[BOOT], "disk %u is booted from",
                                   (unsigned) layout->boot->number);
        return r == 0 ? show_disks(layout) : r;
}

static int check_unique(const Layout *layout) {
        int r;

        if (layout->n_boot > 1)
                r = pf_report_fail(layout->report, &checks[UNIQUE], "%zu disks can be booted from",
                                   layout->n_boot);
        else if (layout->unread || !layout->boot)
                return answer_unread(layout, UNIQUE);
        else
                r = pf_report_pass(layout->report, &checks[UNIQUE],
                                   "disk %u alone can be booted from",
                                   (unsigned) layout->boot->number);
        return r == 0 ? show_disks(layout) : r;
}

/* No extent at all is no answer: a volume lies somewhere. */
static bool has_extents(const Layout *layout) {
        return layout->extents_error == 0 && layout->n_extents > 0;
}

static int answer_no_extents(const Layout *layout, int check) {
        int r = pf_report_unknown(layout->report, &checks[check],
                                  "on which disk the system volume lies is not known");

        return r == 0 ? pf_windows_show_error(layout->report, EXTENTS, layout->extents_error) : r;
}

static int show_extents(const Layout *layout) {
        char text[PF_WINDOWS_TEXT_MAX];
        int r = 0;

        for (size_t i = 0; r == 0 && i < layout->n_extents && i < 16; i++) {
                (void) snprintf(text, sizeof(text), "on disk %u",
                                (unsigned) layout->extents[i].disk);
                r = pf_windows_show(layout->report, "system volume", text, NULL);
        }
        return r;
}

/* Agents before 9.20 refuse it; for later ones pages and matrix differ. */
static bool is_old_agent(const PfDemand *demand) {
        char *rest;
        const unsigned long major = strtoul(demand->agent_version, &rest, 10);
        const unsigned long minor = *rest == '.' ? strtoul(rest + 1, NULL, 10) : 0;

        return major < 9 || (major == 9 && minor < 20);
}

static bool lies_on(const Layout *layout, const PfWindowsDisk *disk) {
        for (size_t i = 0; i < layout->n_extents; i++)
                if (layout->extents[i].disk != disk->number)
                        return false;
        return true;
}

static int check_same(const Layout *layout) {
        int r;

        if (!has_extents(layout))
                return answer_no_extents(layout, SAME);
        if (!layout->boot)
                return answer_unread(layout, SAME);
        if (lies_on(layout, layout->boot))
                r = pf_report_pass(layout->report, &checks[SAME],
                                   "the boot and the system volume are on disk %u",
                                   (unsigned) layout->boot->number);
        else if (is_old_agent(layout->demand))
                r = pf_report_fail(layout->report, &checks[SAME],
                                   "the boot and the system volume are on different disks");
        else
                r = pf_report_warn(layout->report, &checks[SAME],
                                   "the boot and the system volume are on different disks");
        if (r == 0)
                r = show_disk(layout, layout->boot, NULL);
        return r == 0 ? show_extents(layout) : r;
}

static int check_span(const Layout *layout) {
        bool spans = false;
        int r;

        if (!has_extents(layout))
                return answer_no_extents(layout, SPAN);
        for (size_t i = 1; i < layout->n_extents; i++)
                spans |= layout->extents[i].disk != layout->extents[0].disk;
        r = spans ? pf_report_fail(layout->report, &checks[SPAN],
                                   "the system volume spans several disks")
                  : pf_report_pass(layout->report, &checks[SPAN],
                                   "the system volume is on one disk");
        return r == 0 ? show_extents(layout) : r;
}

/* What is wrong with a disk for the agent; NULL: nothing. */
static const char *find_fault(const PfWindowsDisk *disk, bool *ret_is_known) {
        *ret_is_known = disk->error == 0 && disk->sector > 0 && disk->size > 0;
        if (is_dynamic(disk))
                return "dynamic";
        if (disk->bus == BUS_SPACES)
                return "of Storage Spaces";
        if (disk->sector > 0 && disk->sector != SECTOR_BYTES)
                return "of sectors that are not 512 bytes long";
        if (disk->size > 0 && (disk->size < DISK_BYTES_MIN || disk->size > DISK_BYTES_MAX))
                return "smaller than 1 GB or larger than 32 TB";
        return NULL;
}

/* A disk of data can be left out of the replication; that of the system cannot. */
static bool is_of_system(const Layout *layout, const PfWindowsDisk *disk) {
        for (size_t i = 0; i < layout->n_extents; i++)
                if (layout->extents[i].disk == disk->number)
                        return true;
        return disk == layout->boot;
}

static int check_kinds(const Layout *layout) {
        const PfWindowsDisk *bad = NULL, *open = NULL, *odd = NULL;
        const PfWindowsDisk *named;
        bool known;
        int r;

        for (size_t i = 0; i < layout->n_disks; i++) {
                const PfWindowsDisk *disk = &layout->disks[i];
                const char *fault = find_fault(disk, &known);

                if (fault && is_of_system(layout, disk))
                        bad = bad ? bad : disk;
                else if (fault)
                        odd = odd ? odd : disk;
                else if (!known)
                        open = open ? open : disk;
        }
        if (layout->n_disks == 0)
                return answer_unread(layout, KINDS);
        if (!has_extents(layout) && !bad)
                return answer_no_extents(layout, KINDS);
        named = bad ? bad : open ? open : odd;
        if (bad)
                r = pf_report_fail(layout->report, &checks[KINDS], "the system disk %u is %s",
                                   (unsigned) bad->number, find_fault(bad, &known));
        else if (open)
                r = pf_report_unknown(layout->report, &checks[KINDS],
                                      "of what kind disk %u is is not known",
                                      (unsigned) open->number);
        else if (odd)
                r = pf_report_warn(layout->report, &checks[KINDS], "disk %u is %s",
                                   (unsigned) odd->number, find_fault(odd, &known));
        else
                r = pf_report_pass(layout->report, &checks[KINDS],
                                   "all disks are basic, with sectors of 512 bytes");
        return r == 0 && named ? show_disk(layout, named, "basic, 512 bytes") : r;
}

static int check_identity(const Layout *layout) {
        for (size_t i = 0; i < layout->n_disks; i++)
                for (size_t j = 0; j < i; j++) {
                        const PfWindowsDisk *a = &layout->disks[j], *b = &layout->disks[i];

                        if (!a->id || !b->id || strcmp(a->id, b->id) != 0)
                                continue;
                        (void) pf_report_warn(layout->report, &checks[IDENTITY],
                                              "disks %u and %u have one identity",
                                              (unsigned) a->number, (unsigned) b->number);
                        return pf_windows_show(layout->report, LAYOUT, b->id, NULL);
                }
        if (layout->unread || layout->n_disks == 0)
                return answer_unread(layout, IDENTITY);
        return pf_report_pass(layout->report, &checks[IDENTITY], "no two disks have one identity");
}

static void look(Layout *layout) {
        for (size_t i = 0; i < layout->n_disks; i++) {
                const PfWindowsDisk *disk = &layout->disks[i];

                if (disk->error) {
                        layout->unread = layout->unread ? layout->unread : disk;
                } else if (is_booted_from(disk)) {
                        layout->boot = layout->boot ? layout->boot : disk;
                        layout->n_boot++;
                }
        }
}

static int run(const PfTarget *target, const PfDemand *demand, PfReport *report, PfErr *err) {
        static int (*const functions[N_CHECKS])(const Layout *) = {
                [BOOT] = check_boot, [UNIQUE] = check_unique, [SAME] = check_same,
                [SPAN] = check_span, [KINDS] = check_kinds,   [IDENTITY] = check_identity,
        };
        PfWindowsDisks disks = { 0 };
        Layout layout = { .demand = demand, .report = report };
        int r = pf_windows_fact(target, PF_WINDOWS_DISKS, "all", &disks, err);

        if (r < 0)
                return r;
        if (r > 0)
                return pf_err_set(err, -ENOTSUP, "disks are asked of a running machine alone");
        layout.disks = disks.disks.items;
        layout.n_disks = disks.disks.n;
        layout.extents = disks.extents.items;
        layout.n_extents = disks.extents.n;
        layout.extents_error = disks.error;
        look(&layout);
        for (size_t i = 0; r == 0 && i < N_CHECKS; i++)
                r = functions[i](&layout);
        pf_windows_fact_deinit(PF_WINDOWS_DISKS, &disks);
        return r;
}

const PfProbe pf_probe_windows_disks = {
        .name = "windows-disks",
        .checks = checks,
        .n_checks = N_CHECKS,
        .platforms = PF_PLATFORM_WINDOWS,
        .deadline_ms = 10000,
        .run = run,
};
