/* SPDX-License-Identifier: MIT */
/*
 * Are the disks and file systems of a kind that the agent replicates? Those of
 * / and /boot decide; of others only what would be left out is said.
 */
#include <string.h>

#include "config/profile.h"
#include "probes/disks/room.h"

#define GIB (UINT64_C(1) << 30)
#define SMALLEST_DISK GIB
#define LARGEST_SYSTEM_DISK (4095 * GIB)
#define LARGEST_DISK (32 * 1024 * GIB)
#define SECTOR_BYTES 512

static const char *const root_types[] = { "ext3", "ext4", "xfs", "btrfs", NULL };
static const char *const boot_types[] = { "ext2", "ext3", "ext4", "xfs", "btrfs", NULL };

static bool is_one_of(const char *const *types, const char *type) {
        for (; *types; types++)
                if (strcmp(*types, type) == 0)
                        return true;
        return false;
}

static int fail(const PfDisksRoom *room, const PfCheck *check, const PfDisksPlace *place,
                const char *why, const char *expected) {
        (void) pf_report_fail(room->report, check, "%s", why);
        pf_disks_show_mount(room, place, expected);
        return 1;
}

/* Each of these is 1 where it has answered, 0 where all is well, or a negative errno. */
static int judge_type(const PfDisksRoom *room, const PfCheck *check, const PfDisksPlace *place) {
        bool is_root = place == &room->places[PF_DISKS_ROOT];
        const char *type = place->mount->type;
        char why[PF_BLOCK_REASON_MAX];

        if (strcmp(type, "autofs") == 0)
                return 0; /* what it will be is not known */
        if (!is_one_of(is_root ? root_types : boot_types, type)) {
                (void) snprintf(why, sizeof(why), "%s is %s, which the agent does not know",
                                place->path, type);
                return fail(room, check, place, why,
                            is_root ? "ext3, ext4, xfs or btrfs"
                                    : "ext2, ext3, ext4, xfs or btrfs");
        }
        if (strcmp(type, "btrfs") == 0 &&
            !pf_disks_agent_has(room, room->demand->profile->since_btrfs)) {
                (void) snprintf(why, sizeof(why), "%s is btrfs, which agents know from %s on",
                                place->path, pf_disks_since(room->demand->profile->since_btrfs));
                return fail(room, check, place, why, "ext3, ext4 or xfs");
        }
        return 0;
}

static int judge_members(const PfDisksRoom *room, const PfCheck *check, const PfDisksPlace *place) {
        PF_AUTO_BLOCK_LIST PfBlockList members = { 0 };
        char why[PF_BLOCK_REASON_MAX], names[PF_DISKS_NAMES_MAX];
        int r;

        if (!place->node)
                return 0;
        r = pf_block_graph_members(room->graph, place->node, &members);
        if (r < 0 || members.n < 2)
                return r;
        (void) snprintf(why, sizeof(why), "%s is one file system on several devices, %s",
                        place->path, pf_disks_names(names, &members));
        return fail(room, check, place, why, "one device");
}

/* Devices below a file system that the matrix excludes. */
static int judge_devices(const PfDisksRoom *room, const PfCheck *check, const PfDisksPlace *place) {
        static const struct Excluded {
                PfBlockType type;
                const char *what;
        } excluded[] = {
                { PF_BLOCK_CRYPT, "an encrypted device" },
                { PF_BLOCK_MULTIPATH, "a multipath device" },
                { PF_BLOCK_VIRTUAL, "no disk of this machine" },
        };
        char why[PF_BLOCK_REASON_MAX];

        for (size_t i = 0; i < PF_ELEMENTS(excluded); i++) {
                const PfBlockNode *node;
                int r = pf_disks_find_type(room, place, excluded[i].type, &node);

                if (r < 0)
                        return r;
                if (!node)
                        continue;
                (void) snprintf(why, sizeof(why), "%s lies on %s, %s, which is not supported",
                                place->path, pf_disks_name(node), excluded[i].what);
                return fail(room, check, place, why, "a disk of this machine");
        }
        return 0;
}

static bool is_on_iscsi(const PfBlockNode *disk) {
        return disk->bus_path && strstr(disk->bus_path, "-iscsi-");
}

/* What is wrong with a disk that the system lies on; NULL: nothing. */
static const char *find_fault(const PfBlockNode *disk) {
        if (is_on_iscsi(disk))
                return "is on iSCSI, which is not supported";
        if (disk->sector_bytes > SECTOR_BYTES)
                return "has sectors of more than 512 bytes, which are not supported";
        if (disk->size_bytes > LARGEST_SYSTEM_DISK)
                return "is larger than the 4095 GiB that a disk of the system may have";
        return NULL;
}

/* What a verdict would need to know of a disk and does not; NULL: nothing. */
static const char *find_gap(const PfBlockGraph *graph, const PfBlockNode *disk) {
        if (disk->type != PF_BLOCK_DISK)
                return NULL;
        if (disk->sector_bytes == 0)
                return "the size of its sectors";
        return graph->has_database && disk->source != PF_BLOCK_SOURCE_UDEV
                       ? "how it is plugged in, which udev should know"
                       : NULL;
}

static int judge_gaps(const PfDisksRoom *room, const PfCheck *check, const PfDisksPlace *place) {
        for (size_t i = 0; i < place->disks.n; i++) {
                const PfBlockNode *disk = place->disks.items[i];
                const char *gap = find_gap(room->graph, disk);

                if (!gap)
                        continue;
                (void) pf_report_unknown(room->report, check,
                                         "%s lies on %s, of which one thing is not known: %s",
                                         place->path, disk->name, gap);
                pf_disks_show_mount(room, place, NULL);
                return 1;
        }
        return 0;
}

/* Where what is wrong with a disk is said. */
static void show_disk(const PfDisksRoom *room, const PfBlockNode *disk) {
        PF_AUTO_FREE char *path = NULL;

        if (!is_on_iscsi(disk))
                return;
        if (asprintf(&path, "/run/udev/data/b%u:%u", disk->major, disk->minor) < 0)
                path = NULL;
        (void) pf_report_evidence(room->report, path ? room->target : NULL, path, 0, disk->bus_path,
                                  NULL);
}

static int judge_disks(const PfDisksRoom *room, const PfCheck *check, const PfDisksPlace *place) {
        char why[PF_BLOCK_REASON_MAX];

        for (size_t i = 0; i < place->disks.n; i++) {
                const PfBlockNode *disk = place->disks.items[i];
                const char *fault = find_fault(disk);

                if (!fault)
                        continue;
                (void) snprintf(why, sizeof(why), "%s lies on %s, which %s", place->path,
                                disk->name, fault);
                (void) fail(room, check, place, why, NULL);
                show_disk(room, disk);
                return 1;
        }
        return 0;
}

static bool is_system_disk(const PfDisksRoom *room, const PfBlockNode *disk) {
        return pf_block_list_contains(&room->places[PF_DISKS_ROOT].disks, disk) ||
               pf_block_list_contains(&room->places[PF_DISKS_BOOT].disks, disk);
}

static const char *find_data_fault(const PfBlockNode *disk) {
        if (disk->size_bytes < SMALLEST_DISK)
                return "is smaller than 1 GiB";
        if (disk->size_bytes > LARGEST_DISK)
                return "is larger than 32 TiB";
        return disk->sector_bytes > SECTOR_BYTES ? "has sectors of more than 512 bytes" : NULL;
}

/* Disks with data that could not be replicated: they can be left out. */
static int judge_data(const PfDisksRoom *room, const PfCheck *check) {
        for (size_t i = 0; i < room->graph->n; i++) {
                const PfBlockNode *disk = room->graph->nodes[i];
                const char *fault = find_data_fault(disk);

                if (disk->type != PF_BLOCK_DISK || disk->removable || disk->size_bytes == 0 ||
                    !fault || is_system_disk(room, disk))
                        continue;
                (void) pf_report_warn(room->report, check, "disk %s %s, and cannot be replicated",
                                      disk->name, fault);
                (void) pf_report_remedy(room->report, "leave the disk out of replication");
                return 1;
        }
        return 0;
}

static void pass(const PfDisksRoom *room, const PfCheck *check) {
        const PfDisksPlace *root = &room->places[PF_DISKS_ROOT];
        const PfDisksPlace *boot = &room->places[PF_DISKS_BOOT];

        if (boot->mount == root->mount)
                (void) pf_report_pass(room->report, check, "/ is %s on a disk of a supported kind",
                                      root->mount->type);
        else
                (void) pf_report_pass(room->report, check,
                                      "/ is %s and /boot %s, on disks of a supported kind",
                                      root->mount->type, boot->mount->type);
        pf_disks_show_mount(room, root, NULL);
        if (boot->mount != root->mount)
                pf_disks_show_mount(room, boot, NULL);
}

int pf_disks_filesystems(const PfDisksRoom *room, const PfCheck *check, PfErr *err) {
        static int (*const judges[])(const PfDisksRoom *, const PfCheck *, const PfDisksPlace *) = {
                judge_type, judge_members, judge_devices, judge_disks, judge_gaps,
        };
        int r = 0;

        (void) err;
        if (pf_disks_answer_unmounted(room, check, PF_DISKS_ROOT) ||
            pf_disks_answer_unmounted(room, check, PF_DISKS_BOOT))
                return 0;
        for (size_t i = 0; i < PF_ELEMENTS(judges) && r == 0; i++) {
                r = judges[i](room, check, &room->places[PF_DISKS_ROOT]);
                if (r == 0)
                        r = judges[i](room, check, &room->places[PF_DISKS_BOOT]);
        }
        if (r == 0 && (pf_disks_answer_unknown(room, check, PF_DISKS_ROOT) ||
                       pf_disks_answer_unknown(room, check, PF_DISKS_BOOT)))
                return 0;
        if (r == 0)
                r = judge_data(room, check);
        if (r == 0)
                pass(room, check);
        return r < 0 ? r : 0;
}
