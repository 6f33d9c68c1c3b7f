/* SPDX-License-Identifier: MIT */
/*
 * Is there a disk to boot from, would the installer find it, and is there only
 * one? The installer follows /boot to a partition, or through plain maps of
 * device-mapper to one; anything else is "no boot disk" to it.
 */
#include <string.h>

#include "config/profile.h"
#include "probes/disks/room.h"

#define GPT_ESP "c12a7328-f81f-11d2-ba4b-00a0c93ec93b"
#define GPT_BIOS_BOOT "21686148-6449-6e6f-744e-656564454649"
#define DOS_ACTIVE "0x80"
#define DOS_ESP "0xef"

static const char *const kernels[] = { "vmlinuz", "vmlinux", "bzImage", "zImage", "Image" };

static bool is_kernel(const char *name) {
        for (size_t i = 0; i < PF_ELEMENTS(kernels); i++)
                if (strncmp(name, kernels[i], strlen(kernels[i])) == 0)
                        return true;
        return false;
}

static int fail(const PfDisksRoom *room, const PfCheck *check, const char *why) {
        (void) pf_report_fail(room->report, check, "the installer would find no boot disk: %s",
                              why);
        pf_disks_show_mount(room, &room->places[PF_DISKS_BOOT], NULL);
        return 1;
}

/* Each of these is 1 where it has answered, 0 where all is well, or a negative errno. */
static int judge_kernels(const PfDisksRoom *room, const PfCheck *check, PfErr *err) {
        PF_AUTO_STRV PfStrv names = { 0 };
        bool found = false;
        int r;

        r = pf_target_list(room->target, "/boot", &names, err);
        if (r < 0)
                return r;
        for (size_t i = 0; i < names.n; i++)
                found = found || is_kernel(names.items[i]);
        if (found)
                return 0;
        (void) pf_report_fail(room->report, check, "%s",
                              r == PF_TARGET_ABSENT ? "there is no directory /boot"
                                                    : "there is no kernel in /boot");
        (void) pf_report_evidence(room->report, NULL, "/boot", 0, NULL, "vmlinuz and an initramfs");
        (void) pf_report_remedy(room->report, "mount the file system that holds the kernels");
        return 1;
}

static int judge_device(const PfDisksRoom *room, const PfCheck *check, PfErr *err) {
        const PfDisksPlace *boot = &room->places[PF_DISKS_BOOT];
        char why[PF_BLOCK_REASON_MAX];

        (void) err;
        if (!boot->node)
                (void) snprintf(why, sizeof(why), "/boot lies on %s, which is no disk",
                                boot->mount->type);
        else if (boot->disks.n == 0)
                (void) snprintf(why, sizeof(why), "/boot lies on %s, and that on no disk",
                                pf_disks_name(boot->node));
        else if (boot->disks.items[0]->type != PF_BLOCK_DISK)
                (void) snprintf(why, sizeof(why), "/boot lies on %s, which is no disk",
                                boot->disks.items[0]->name);
        else if (boot->node->type == PF_BLOCK_DISK)
                (void) snprintf(why, sizeof(why), "/boot lies on %s itself, which has no partition",
                                boot->node->name);
        else
                return 0;
        return fail(room, check, why);
}

/* Layouts by the devices they have below /boot. */
static const struct Layout {
        PfBlockType type;
        bool fails;
        const char *what;
        const char *vendor;
} layouts[] = {
        { PF_BLOCK_MULTIPATH, true, "a multipath device, which is not supported", NULL },
        { PF_BLOCK_RAID, false, "an md array",
          "refused, as far as its script tells: it follows partitions and plain maps only "
          "(ASRMobilityServiceBootDiskNotFound)" },
        { PF_BLOCK_VIRTUAL, true, "a device of the network or of another driver", NULL },
        { PF_BLOCK_LOOP, true, "a file", NULL },
};

static int answer_layout(const PfDisksRoom *room, const PfCheck *check, const struct Layout *layout,
                         const PfBlockNode *node) {
        char why[PF_BLOCK_REASON_MAX];

        (void) snprintf(why, sizeof(why), "/boot lies on %s, %s", pf_disks_name(node),
                        layout->what);
        if (layout->fails)
                return fail(room, check, why);
        (void) pf_report_warn(room->report, check, "%s", why);
        pf_disks_show_mount(room, &room->places[PF_DISKS_BOOT], "a partition, or LVM on one");
        (void) pf_report_vendor_verdict(room->report, "%s", layout->vendor);
        return 1;
}

static int judge_layout(const PfDisksRoom *room, const PfCheck *check, PfErr *err) {
        const PfDisksPlace *boot = &room->places[PF_DISKS_BOOT];
        const PfBlockNode *node;

        (void) err;
        for (size_t i = 0; i < PF_ELEMENTS(layouts); i++) {
                int r = pf_disks_find_type(room, boot, layouts[i].type, &node);

                if (r < 0)
                        return r;
                if (node)
                        return answer_layout(room, check, &layouts[i], node);
        }
        return 0;
}

/* Volumes that are more than a piece of one partition. */
static int judge_members(const PfDisksRoom *room, const PfCheck *check, PfErr *err) {
        const PfDisksPlace *boot = &room->places[PF_DISKS_BOOT];
        PF_AUTO_BLOCK_LIST PfBlockList members = { 0 };
        char why[PF_BLOCK_REASON_MAX];
        int r;

        (void) err;
        r = pf_block_graph_members(room->graph, boot->node, &members);
        if (r < 0)
                return r;
        if (strcmp(boot->mount->type, "zfs") != 0 && members.n < 2 && !pf_disks_is_thin(boot->node))
                return 0;
        (void) snprintf(why, sizeof(why), "/boot lies on %s",
                        strcmp(boot->mount->type, "zfs") == 0 ? "ZFS"
                        : members.n > 1                       ? "a btrfs of several devices"
                                                              : "a thin volume");
        if (members.n > 1 || strcmp(boot->mount->type, "zfs") == 0 ||
            !pf_disks_agent_has(room, room->demand->profile->since_thin_volumes))
                return fail(room, check, why);
        (void) pf_report_warn(room->report, check, "%s", why);
        pf_disks_show_mount(room, boot, "a partition, or a linear volume");
        (void) pf_report_vendor_verdict(room->report, "refused: its script knows linear volumes "
                                                      "only (ASRMobilityServiceBootDiskNotFound)");
        return 1;
}

int pf_disks_boot_disk(const PfDisksRoom *room, const PfCheck *check, PfErr *err) {
        static const PfDisksCheckFn judges[] = { judge_device, judge_layout, judge_members,
                                                 judge_kernels };
        const PfDisksPlace *boot = &room->places[PF_DISKS_BOOT];
        char disks[PF_DISKS_NAMES_MAX];
        int r = 0;

        if (pf_disks_answer_unknown(room, check, PF_DISKS_BOOT))
                return 0;
        for (size_t i = 0; i < PF_ELEMENTS(judges) && r == 0; i++)
                r = judges[i](room, check, err);
        if (r != 0)
                return r < 0 ? r : 0;
        (void) pf_report_pass(room->report, check, "/boot lies on %s, on disk %s", boot->node->name,
                              pf_disks_names(disks, &boot->disks));
        pf_disks_show_mount(room, boot, NULL);
        return 0;
}

/* --- disk.boot-disk-unique --- */

/* Does firmware, or what it starts, look at this partition? */
static bool is_boot_mark(const PfBlockContent *content) {
        if (!content->table_type || !content->part_type)
                return false;
        if (strcmp(content->table_type, "gpt") == 0)
                return strcmp(content->part_type, GPT_ESP) == 0 ||
                       strcmp(content->part_type, GPT_BIOS_BOOT) == 0;
        return strcmp(content->part_type, DOS_ESP) == 0 ||
               (content->part_flags && strcmp(content->part_flags, DOS_ACTIVE) == 0);
}

static const PfBlockNode *find_mark(const PfBlockNode *disk) {
        for (size_t i = 0; i < disk->children.n; i++)
                if (disk->children.items[i]->type == PF_BLOCK_PARTITION &&
                    is_boot_mark(&disk->children.items[i]->content))
                        return disk->children.items[i];
        return NULL;
}

/* A path of a multipath device is not a disk of its own. */
static bool is_a_path(const PfBlockNode *disk) {
        for (size_t i = 0; i < disk->children.n; i++)
                if (disk->children.items[i]->type == PF_BLOCK_MULTIPATH)
                        return true;
        return false;
}

/* A partition whose entry in the table is not known. */
static const PfBlockNode *find_unread_partition(const PfBlockNode *disk) {
        for (size_t i = 0; i < disk->children.n; i++)
                if (disk->children.items[i]->type == PF_BLOCK_PARTITION &&
                    disk->children.items[i]->source == PF_BLOCK_SOURCE_NONE)
                        return disk->children.items[i];
        return NULL;
}

static void show_mark(const PfDisksRoom *room, const PfBlockNode *partition) {
        char found[PF_BLOCK_REASON_MAX];

        (void) snprintf(found, sizeof(found), "/dev/%s: %s partition, type %s", partition->name,
                        partition->content.table_type, partition->content.part_type);
        (void) pf_report_evidence(room->report, NULL, NULL, 0, found, NULL);
}

/* Disks with a boot mark: those below /boot, others, and the first unread partition. */
typedef struct Marked {
        PfBlockList own;
        PfBlockList others;
        const PfBlockNode *unread;
} Marked;

static void marked_deinit(Marked *marked) {
        pf_block_list_deinit(&marked->own);
        pf_block_list_deinit(&marked->others);
}

static int find_marked(const PfDisksRoom *room, Marked *marked) {
        const PfBlockList *below = &room->places[PF_DISKS_BOOT].disks;
        int r = 0;

        for (size_t i = 0; i < room->graph->n && r == 0; i++) {
                const PfBlockNode *disk = room->graph->nodes[i];
                bool is_own = pf_block_list_contains(below, disk);

                if (disk->type != PF_BLOCK_DISK || disk->removable || is_a_path(disk))
                        continue;
                if (!marked->unread && !is_own)
                        marked->unread = find_unread_partition(disk);
                if (find_mark(disk))
                        r = pf_block_list_add(is_own ? &marked->own : &marked->others, disk);
        }
        return r;
}

static int warn_of_marks(const PfDisksRoom *room, const PfCheck *check, const Marked *marked) {
        const PfBlockList *shown = marked->others.n > 0 ? &marked->others : &marked->own;
        char own[PF_DISKS_NAMES_MAX], names[PF_DISKS_NAMES_MAX];

        (void) pf_disks_names(names, shown);
        if (marked->others.n > 0)
                (void) pf_report_warn(
                        room->report, check, "/boot lies on %s, and %s could be booted from too",
                        pf_disks_names(own, &room->places[PF_DISKS_BOOT].disks), names);
        else
                (void) pf_report_warn(room->report, check,
                                      "/boot lies on %s, and each could be booted from", names);
        for (size_t i = 0; i < shown->n; i++)
                show_mark(room, find_mark(shown->items[i]));
        (void) pf_report_remedy(room->report, "detach what is no disk of this system, or take its "
                                              "boot mark away");
        return pf_report_vendor_verdict(room->report,
                                        "accepted: boot marks are not counted on Linux");
}

int pf_disks_boot_disk_unique(const PfDisksRoom *room, const PfCheck *check, PfErr *err) {
        const PfDisksPlace *boot = &room->places[PF_DISKS_BOOT];
        PF_CLEANUP(marked_deinit) Marked marked = { 0 };
        char own[PF_DISKS_NAMES_MAX];

        (void) err;
        if (pf_disks_answer_unknown(room, check, PF_DISKS_BOOT))
                return 0;
        if (boot->disks.n == 0)
                return pf_report_skip(room->report, check, "there is no boot disk");
        if (find_marked(room, &marked) < 0)
                return -ENOMEM;
        if (marked.others.n > 0 || marked.own.n > 1)
                return warn_of_marks(room, check, &marked);
        if (marked.unread)
                return pf_report_unknown(room->report, check,
                                         "whether %s can be booted from is not known: %s",
                                         marked.unread->name, marked.unread->content_reason);
        return pf_report_pass(room->report, check, "no disk but %s can be booted from",
                              pf_disks_names(own, &boot->disks));
}
