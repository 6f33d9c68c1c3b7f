/* SPDX-License-Identifier: MIT */
#include "probes/block/graph.h"

#include <stdio.h>
#include <string.h>

#include "tests/support/sandbox.h"
#include "tests/support/test-main.h"

#define ROOT_UUID "11111111-aaaa-4aaa-8aaa-111111111111"
#define SWAP_UUID "33333333-cccc-4ccc-8ccc-333333333333"
#define OUTPUT_MAX (1u << 20)

static PfBlockGraph *load(const PfTarget *target) {
        PfBlockGraph *graph = NULL;
        PfErr err = { 0 };

        ck_assert_msg(pf_block_graph_load(target, &graph, &err) == 0, "%s", err.text);
        return graph;
}

static PfBlockGraph *load_fixture(PfSandbox *box, const char *name) {
        char fixture[128];

        (void) snprintf(fixture, sizeof(fixture), "disks/%s", name);
        pf_sandbox_open(box, fixture);
        return load(box->target);
}

/* "resolved sda1", "duplicate sda1 sdb1", "dangling". */
static const char *resolve(const PfBlockGraph *graph, const char *text) {
        static char answer[1024];
        PF_AUTO_BLOCK_RESOLUTION PfBlockResolution resolution = { 0 };
        size_t n;

        ck_assert_int_eq(pf_block_graph_resolve(graph, text, &resolution), 0);
        n = (size_t) snprintf(answer, sizeof(answer), "%s", pf_block_state_name(resolution.state));
        for (size_t i = 0; i < resolution.nodes.n && n < sizeof(answer); i++)
                n += (size_t) snprintf(answer + n, sizeof(answer) - n, " %s",
                                       resolution.nodes.items[i]->name);
        ck_assert(resolution.state == PF_BLOCK_RESOLVED || resolution.state == PF_BLOCK_NO_DEVICE ||
                  *resolution.reason);
        return answer;
}

static const char *disks_of(const PfBlockGraph *graph, const char *name) {
        static char answer[1024];
        PF_AUTO_BLOCK_LIST PfBlockList disks = { 0 };
        const PfBlockNode *node = pf_block_graph_find(graph, name);
        size_t n = 0;

        ck_assert_ptr_nonnull(node);
        ck_assert_int_eq(pf_block_graph_disks(graph, node, &disks), 0);
        answer[0] = '\0';
        for (size_t i = 0; i < disks.n; i++)
                n += (size_t) snprintf(answer + n, sizeof(answer) - n, "%s%s", i ? " " : "",
                                       disks.items[i]->name);
        return answer;
}

/* --- what is known of a device --- */

static void check_one_disk(const PfBlockGraph *graph) {
        const PfBlockNode *disk = pf_block_graph_find(graph, "sda");
        const PfBlockNode *root = pf_block_graph_find(graph, "sda1");
        const PfBlockNode *swap = pf_block_graph_find_number(graph, 8, 2);

        ck_assert(graph->known);
        ck_assert_uint_eq(graph->n, 3);
        ck_assert(disk && root && swap);
        ck_assert_int_eq(disk->type, PF_BLOCK_DISK);
        ck_assert_uint_eq(disk->size_bytes, 40ull << 30);
        ck_assert_uint_eq(disk->sector_bytes, 512);
        ck_assert_str_eq(disk->content.table_type, "dos");
        ck_assert_int_eq(root->type, PF_BLOCK_PARTITION);
        ck_assert_uint_eq(root->size_bytes, 38ull << 30);
        ck_assert_uint_eq(root->start_bytes, 1 << 20);
        ck_assert_uint_eq(root->part_number, 1);
        ck_assert_ptr_eq(root->parents.items[0], disk);
        ck_assert_ptr_eq(disk->children.items[1], swap);
        ck_assert_str_eq(root->content.fs_type, "ext4");
        ck_assert_str_eq(root->content.uuid, ROOT_UUID);
        ck_assert_str_eq(root->content.label, "root disk");
        ck_assert_str_eq(root->content.part_flags, "0x80");
        ck_assert_uint_eq(root->n_mounts, 1);
        ck_assert_str_eq(root->mounts[0]->directory, "/");
        ck_assert(swap->is_swap && !root->is_swap);
        ck_assert_ptr_eq(pf_block_graph_mounted(graph, "/etc/fstab", NULL), root);
}

/* The same machine, known by three ways. */
START_TEST(one_disk) {
        static const char *const fixtures[] = { "bios-one-disk", "bios-one-disk-old-udev",
                                                "bios-one-disk-by-blkid" };

        for (size_t i = 0; i < PF_ELEMENTS(fixtures); i++) {
                PF_AUTO_SANDBOX PfSandbox box = { 0 };
                PF_CLEANUP(pf_block_graph_freep)
                PfBlockGraph *graph = load_fixture(&box, fixtures[i]);

                check_one_disk(graph);
                ck_assert_str_eq(resolve(graph, "UUID=" ROOT_UUID), "resolved sda1");
                ck_assert_str_eq(resolve(graph, "LABEL=root disk"), "resolved sda1");
                ck_assert_int_eq(graph->nodes[1]->source,
                                 i < 2 ? PF_BLOCK_SOURCE_UDEV : PF_BLOCK_SOURCE_SUPERBLOCK);
        }
}
END_TEST

START_TEST(names_of_volumes) {
        PF_AUTO_SANDBOX PfSandbox box = { 0 };
        PF_CLEANUP(pf_block_graph_freep) PfBlockGraph *graph = load_fixture(&box, "lvm-thin-root");
        const PfBlockNode *root = pf_block_graph_find(graph, "dm-3");
        const PfBlockNode *pool = pf_block_graph_find(graph, "dm-2");
        PF_AUTO_FREE char *path = pf_block_node_path(root);

        ck_assert_str_eq(root->volume_group, "rhel");
        ck_assert_str_eq(root->logical_volume, "root");
        ck_assert(!root->is_private && pool->is_private);
        ck_assert(pf_block_graph_find(graph, "dm-0")->is_private);
        ck_assert_str_eq(path, "/dev/mapper/rhel-root");
        ck_assert_str_eq(disks_of(graph, "dm-3"), "sda");
}
END_TEST

START_TEST(dashes_in_names_of_volumes) {
        PF_AUTO_SANDBOX PfSandbox box = { 0 };
        PF_CLEANUP(pf_block_graph_freep) PfBlockGraph *graph = NULL;

        pf_sandbox_new(&box);
        pf_sandbox_write(&box, "/sys/block/dm-0/uevent", "MAJOR=253\nMINOR=0\n");
        pf_sandbox_write(&box, "/sys/block/dm-0/size", "8\n");
        pf_sandbox_write(&box, "/sys/block/dm-0/dm/name", "a--b-c--d--e\n");
        pf_sandbox_write(&box, "/sys/block/dm-0/dm/uuid",
                         "LVM-0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef\n");
        pf_sandbox_mkdir(&box, "/sys/block/dm-0/slaves");
        graph = load(box.target);
        ck_assert_str_eq(graph->nodes[0]->volume_group, "a-b");
        ck_assert_str_eq(graph->nodes[0]->logical_volume, "c-d-e");
        ck_assert(!graph->nodes[0]->is_private);
        ck_assert_str_eq(resolve(graph, "/dev/a-b/c-d-e"), "resolved dm-0");
        ck_assert_str_eq(resolve(graph, "/dev/mapper/a--b-c--d--e"), "resolved dm-0");
}
END_TEST

/* cciss!c0d0 is /dev/cciss/c0d0; before Linux 2.6.19 uevent told nothing. */
START_TEST(an_old_kernel) {
        PF_AUTO_SANDBOX PfSandbox box = { 0 };
        PF_CLEANUP(pf_block_graph_freep) PfBlockGraph *graph = NULL;

        pf_sandbox_new(&box);
        pf_sandbox_write(&box, "/sys/block/cciss!c0d0/dev", "104:0\n");
        pf_sandbox_write(&box, "/sys/block/cciss!c0d0/size", "64\n");
        pf_sandbox_write(&box, "/sys/block/cciss!c0d0/cciss!c0d0p1/dev", "104:1\n");
        pf_sandbox_write(&box, "/sys/block/cciss!c0d0/cciss!c0d0p1/size", "32\n");
        pf_sandbox_write(&box, "/sys/block/cciss!c0d0/cciss!c0d0p1/partition", "1\n");
        pf_sandbox_write(&box, "/sys/block/loop0/dev", "7:0\n");
        pf_sandbox_write(&box, "/sys/block/loop0/size", "0\n");
        graph = load(box.target);
        ck_assert_uint_eq(graph->n, 2);
        ck_assert_str_eq(resolve(graph, "/dev/cciss/c0d0p1"), "resolved cciss/c0d0p1");
        ck_assert_str_eq(resolve(graph, "104:1"), "resolved cciss/c0d0p1");
        ck_assert_str_eq(resolve(graph, "6801"), "resolved cciss/c0d0p1");
        ck_assert_uint_eq(graph->nodes[1]->part_number, 1);
}
END_TEST

/* Links that something else than udev made tell what is on a device. */
START_TEST(links_without_udev) {
        PF_AUTO_SANDBOX PfSandbox box = { 0 };
        PF_CLEANUP(pf_block_graph_freep) PfBlockGraph *graph = NULL;

        pf_sandbox_new(&box);
        pf_sandbox_write(&box, "/sys/block/sda/uevent", "MAJOR=8\nMINOR=0\n");
        pf_sandbox_write(&box, "/sys/block/sda/size", "64\n");
        pf_sandbox_symlink(&box, "../../sda", "/dev/disk/by-label/a\\x20b");
        pf_sandbox_symlink(&box, "/dev/sda", "/dev/disk/by-id/x");
        pf_sandbox_symlink(&box, "../../gone", "/dev/disk/by-id/y");
        graph = load(box.target);
        ck_assert_str_eq(resolve(graph, "LABEL=a b"), "resolved sda");
        ck_assert_str_eq(resolve(graph, "/dev/disk/by-label/a\\x20b"), "resolved sda");
        ck_assert_str_eq(resolve(graph, "/dev/disk/by-id/x"), "resolved sda");
        ck_assert_str_eq(resolve(graph, "/dev/disk/by-id/y"), "dangling");
        ck_assert_str_eq(resolve(graph, "UUID=1-2"), "unknown");
}
END_TEST

/* --- what a text leads to --- */

START_TEST(texts) {
        static const struct Row {
                const char *fixture;
                const char *text;
                const char *answer;
        } rows[] = {
                { "bios-one-disk", "/dev/sda1", "resolved sda1" },
                { "bios-one-disk", "/dev/sdb1", "dangling" },
                { "bios-one-disk", "UUID=" SWAP_UUID, "resolved sda2" },
                { "bios-one-disk", "UUID=00000000-0000-4000-8000-000000000000", "dangling" },
                { "bios-one-disk", "UUID=11111111-AAAA-4aaa-8aaa-111111111111", "unknown" },
                { "bios-one-disk", "/dev/disk/by-uuid/" ROOT_UUID, "resolved sda1" },
                { "bios-one-disk", "/dev/disk/by-id/scsi-sda-part2", "resolved sda2" },
                { "bios-one-disk", "/dev/disk/by-path/pci-0000:00:10.0-scsi-0:0:0:0-part1",
                  "resolved sda1" },
                { "bios-one-disk", "/dev/disk/by-id/wwn-1", "dangling" },
                { "bios-one-disk", "8:2", "resolved sda2" },
                { "bios-one-disk", "0801", "resolved sda1" },
                { "bios-one-disk", "8:99", "dangling" },
                { "bios-one-disk", "/swapfile", "no-device" },
                { "bios-one-disk", "nfs:server:/root", "no-device" },
                { "bios-one-disk", "", "no-device" },
                { "bios-one-disk", "${rootdev}", "unknown" },
                { "uefi", "PARTUUID=0a0a0a0a-0000-4000-8000-000000000002", "resolved nvme0n1p2" },
                { "uefi", "PARTUUID=0A0A0A0A-0000-4000-8000-000000000002", "resolved nvme0n1p2" },
                { "uefi", "PARTUUID=0a0a0a0a-0000-4000-8000-000000000001/PARTNROFF=1",
                  "resolved nvme0n1p2" },
                { "uefi", "PARTUUID=0a0a0a0a-0000-4000-8000-000000000001/PARTNROFF=7", "dangling" },
                { "uefi", "PARTLABEL=EFI System", "resolved nvme0n1p1" },
                { "uefi", "UUID=1A2B-3C4D", "resolved nvme0n1p1" },
                { "lvm-root", "/dev/mapper/rhel-root", "resolved dm-3" },
                { "lvm-root", "/dev/rhel/root", "resolved dm-3" },
                { "lvm-root", "/dev/rhel/home", "dangling" },
                { "lvm-root", "/dev/dm-4", "resolved dm-4" },
                { "md-raid1-root", "UUID=" ROOT_UUID, "resolved md0" },
                { "md-raid1-root", "/dev/disk/by-id/md-name-host:0", "resolved md0" },
                { "btrfs-subvolume", "UUID=" ROOT_UUID, "resolved sda1" },
                { "btrfs-on-two-devices", "UUID=" ROOT_UUID, "resolved sda1 sdb1" },
                { "multipath-root", "UUID=" ROOT_UUID, "resolved dm-1" },
                { "crypt-root", "UUID=" ROOT_UUID, "resolved dm-0" },
                { "crypt-root", "UUID=88888888-ffff-4fff-8fff-888888888888", "resolved sda3" },
                { "duplicate-uuid", "UUID=" ROOT_UUID, "duplicate sda1 sdb1" },
                { "duplicate-uuid", "/dev/disk/by-uuid/" ROOT_UUID, "duplicate sda1 sdb1" },
                { "zfs-root", "ZFS=rpool/ROOT/debian", "resolved sda2" },
                { "zfs-root", "ZFS=tank/a", "dangling" },
                { "unread-disk", "UUID=" ROOT_UUID, "resolved sda1" },
                { "unread-disk", "UUID=00000000-0000-4000-8000-000000000000", "unknown" },
                { "no-sysfs", "UUID=" ROOT_UUID, "unknown" },
                { "no-sysfs", "/dev/sda1", "unknown" },
                { "no-sysfs", "/swapfile", "no-device" },
        };

        for (size_t i = 0; i < PF_ELEMENTS(rows); i++) {
                PF_AUTO_SANDBOX PfSandbox box = { 0 };
                PF_CLEANUP(pf_block_graph_freep)
                PfBlockGraph *graph = load_fixture(&box, rows[i].fixture);
                const char *answer = resolve(graph, rows[i].text);

                ck_assert_msg(strcmp(answer, rows[i].answer) == 0, "%s, %s: %s, expected %s",
                              rows[i].fixture, rows[i].text, answer, rows[i].answer);
        }
}
END_TEST

START_TEST(ways_down) {
        static const struct Row {
                const char *fixture;
                const char *device;
                const char *disks;
        } rows[] = {
                { "lvm-two-disks", "dm-3", "sda sdb" },
                { "lvm-two-disks", "dm-4", "sda" },
                { "md-raid1-root", "md0", "sda sdb" },
                { "btrfs-on-two-devices", "sda1", "sda sdb" },
                { "multipath-root", "dm-1", "sda sdb" },
                { "crypt-root", "dm-0", "sda" },
                { "boot-in-a-circle", "dm-0", "" },
        };

        for (size_t i = 0; i < PF_ELEMENTS(rows); i++) {
                PF_AUTO_SANDBOX PfSandbox box = { 0 };
                PF_CLEANUP(pf_block_graph_freep)
                PfBlockGraph *graph = load_fixture(&box, rows[i].fixture);

                ck_assert_str_eq(disks_of(graph, rows[i].device), rows[i].disks);
        }
}
END_TEST

/* A snapshot has the UUID of its origin, and udev's link never leads to it. */
START_TEST(a_snapshot_yields) {
        PF_AUTO_SANDBOX PfSandbox box = { 0 };
        PF_CLEANUP(pf_block_graph_freep) PfBlockGraph *graph = load_fixture(&box, "lvm-root");

        pf_sandbox_write(&box, "/sys/block/dm-9/uevent", "MAJOR=253\nMINOR=9\n");
        pf_sandbox_write(&box, "/sys/block/dm-9/size", "64\n");
        pf_sandbox_write(&box, "/run/udev/data/b253:9",
                         "E:ID_FS_TYPE=xfs\nE:ID_FS_UUID=" ROOT_UUID "\n");
        graph = pf_block_graph_free(graph);
        graph = load(box.target);
        ck_assert_str_eq(resolve(graph, "UUID=" ROOT_UUID), "duplicate dm-3 dm-9");
        pf_sandbox_write(&box, "/run/udev/data/b253:9",
                         "E:ID_FS_TYPE=xfs\nE:ID_FS_UUID=" ROOT_UUID
                         "\nE:DM_UDEV_LOW_PRIORITY_FLAG=1\n");
        graph = pf_block_graph_free(graph);
        graph = load(box.target);
        ck_assert_str_eq(resolve(graph, "UUID=" ROOT_UUID), "resolved dm-3");
}
END_TEST

/* --- hostile and broken trees --- */

/* What each file may hold, and why nothing is known then. */
static const struct Rubbish {
        const char *path, *text, *reason;
} rubbish[] = {
        { "/sys/block/sda/uevent", "MAJOR=x\nMINOR\n", "/sys/block/sda: tells no device number" },
        { "/sys/block/sda/uevent", "MAJOR=8\nMINOR=16", "/sys/block/sda/uevent: is cut off" },
        { "/sys/block/sda/size", "many\n", "/sys/block/sda/size: is no number" },
        { "/sys/block/sda/size", "12 apples\n", "/sys/block/sda/size: is no number" },
        { "/sys/block/dm-0/dm/uuid", "LVM-\n", "/sys/block/dm-0/dm/uuid: is no UUID of LVM" },
        { "/sys/block/sda/sda1/partition", "1\n", "/sys/block/sda/sda1: tells no device number" },
};

static void make_two_devices(PfSandbox *box) {
        pf_sandbox_new(box);
        pf_sandbox_write(box, "/sys/block/sda/uevent", "MAJOR=8\nMINOR=0\n");
        pf_sandbox_write(box, "/sys/block/sda/size", "99999999999999999999999\n");
        pf_sandbox_write(box, "/sys/block/dm-0/uevent", "MAJOR=253\nMINOR=0\n");
        pf_sandbox_write(box, "/sys/block/dm-0/dm/name", "-\n");
        pf_sandbox_mkdir(box, "/sys/block/dm-0/slaves");
        pf_sandbox_write(box, "/proc/swaps", "\\\n\\400 x\n/dev/sdb\\0401");
}

START_TEST(a_tree_of_rubbish) {
        PF_AUTO_SANDBOX PfSandbox box = { 0 };
        PF_CLEANUP(pf_block_graph_freep) PfBlockGraph *graph = NULL;

        make_two_devices(&box);
        graph = load(box.target);
        ck_assert(graph->known);
        ck_assert_uint_eq(pf_block_graph_find(graph, "sda")->size_bytes, UINT64_MAX);
        for (size_t i = 0; i < PF_ELEMENTS(rubbish); i++) {
                make_two_devices(&box);
                pf_sandbox_write(&box, rubbish[i].path, rubbish[i].text);
                graph = pf_block_graph_free(graph);
                graph = load(box.target);
                ck_assert(!graph->known);
                ck_assert_str_eq(graph->reason, rubbish[i].reason);
        }
}
END_TEST

/* Nothing is opened that could be waited for; a link to itself is no directory. */
START_TEST(devices_that_cannot_be_read) {
        PF_AUTO_SANDBOX PfSandbox box = { 0 };
        PF_CLEANUP(pf_block_graph_freep) PfBlockGraph *graph = NULL;

        make_two_devices(&box);
        pf_sandbox_mkfifo(&box, "/sys/block/sdc/uevent");
        graph = load(box.target);
        ck_assert(!graph->known);
        ck_assert_ptr_nonnull(strstr(graph->reason, "/sys/block/sdc/uevent"));
        make_two_devices(&box);
        pf_sandbox_symlink(&box, "sdd", "/sys/block/sdd");
        graph = pf_block_graph_free(graph);
        graph = load(box.target);
        ck_assert(!graph->known);
        ck_assert_ptr_nonnull(strstr(graph->reason, "/sys/block/sdd"));
}
END_TEST

START_TEST(an_answer_that_is_none) {
        PF_AUTO_SANDBOX PfSandbox box = { 0 };
        PF_CLEANUP(pf_block_graph_freep) PfBlockGraph *graph = NULL;

        pf_sandbox_open(&box, "disks/bios-one-disk-by-blkid");
        pf_sandbox_write(&box, "/.preflight/blkid.json", "{ \"8:1\": [");
        pf_sandbox_reset_target(&box);
        graph = load(box.target);
        ck_assert(graph->known);
        ck_assert_str_eq(resolve(graph, "UUID=" ROOT_UUID), "unknown");
        ck_assert_str_eq(resolve(graph, "/dev/sda1"), "resolved sda1");
}
END_TEST

START_TEST(too_many_devices) {
        PF_AUTO_SANDBOX PfSandbox box = { 0 };
        PfBlockGraph *graph = NULL;
        PfErr err = { 0 };

        pf_sandbox_new(&box);
        pf_sandbox_write(&box, "/one/uevent", "MAJOR=8\nMINOR=1\n");
        pf_sandbox_write(&box, "/sys/block/sda/uevent", "MAJOR=8\nMINOR=0\n");
        for (unsigned i = 0; i < PF_BLOCK_NODES_MAX; i++) {
                char path[64];

                (void) snprintf(path, sizeof(path), "/sys/block/sda/sda%u", i);
                pf_sandbox_symlink(&box, "/one", path);
        }
        ck_assert_int_eq(pf_block_graph_load(box.target, &graph, &err), -E2BIG);
        ck_assert_ptr_null(graph);
}
END_TEST

/* --- what blkid(8) printed on real systems --- */

static int put_tag(const char *tag, PfJson *value, void *answer) {
        const char *key = strcmp(tag, "PARTUUID") == 0    ? "PART_ENTRY_UUID"
                          : strcmp(tag, "PARTLABEL") == 0 ? "PART_ENTRY_NAME"
                                                          : tag;

        return pf_json_put_string(answer, key, pf_json_string(value));
}

/* Devices of that name, with what blkid said of them, whatever they lay on. */
static void make_devices(PfSandbox *box, const PfJson *devices) {
        PF_CLEANUP(pf_json_freep) PfJson *answers = pf_json_new_object();
        PF_AUTO_BUF PfBuf buf = PF_BUF_INIT(OUTPUT_MAX);

        pf_sandbox_new(box);
        for (size_t i = 0; i < pf_json_length(devices); i++) {
                PfJson *tags = pf_json_new_object();
                char path[64], text[64];

                (void) snprintf(path, sizeof(path), "/sys/block/d%03zu/uevent", i);
                (void) snprintf(text, sizeof(text), "MAJOR=8\nMINOR=%zu\n", i);
                pf_sandbox_write(box, path, text);
                (void) snprintf(path, sizeof(path), "/sys/block/d%03zu/size", i);
                pf_sandbox_write(box, path, "8\n");
                (void) snprintf(text, sizeof(text), "8:%zu", i);
                ck_assert_int_eq(
                        pf_json_each(pf_json_get(pf_json_at(devices, i), "tags"), put_tag, tags),
                        0);
                ck_assert_int_eq(pf_json_put_take(answers, text, tags), 0);
        }
        ck_assert_int_eq(pf_json_write(answers, &buf), 0);
        pf_sandbox_write(box, "/.preflight/blkid.json", buf.data);
        pf_sandbox_reset_target(box);
}

static bool is_among(const PfBlockResolution *resolution, size_t i) {
        for (size_t j = 0; j < resolution->nodes.n; j++)
                if (resolution->nodes.items[j]->minor == i)
                        return true;
        return false;
}

/* How often a tag has a value in a file. */
static size_t count(const PfJson *devices, const char *tag, const char *value) {
        size_t n = 0;

        for (size_t i = 0; i < pf_json_length(devices); i++) {
                const char *other =
                        pf_json_get_string(pf_json_get(pf_json_at(devices, i), "tags"), tag);

                n += other && strcmp(other, value) == 0;
        }
        return n;
}

static int compare_blkid(const char *name, PfJson *truth, void *data) {
        static const char *const tags[] = { "UUID", "LABEL", "PARTUUID" };
        const PfJson *devices = pf_json_get(truth, "devices");
        PF_AUTO_SANDBOX PfSandbox box = { 0 };
        PF_CLEANUP(pf_block_graph_freep) PfBlockGraph *graph = NULL;
        size_t *n = data, length = strlen(name);

        if (length < 6 || strcmp(name + length - 6, ".blkid") != 0 || pf_json_length(devices) == 0)
                return 0;
        make_devices(&box, devices);
        graph = load(box.target);
        for (size_t i = 0; i < 3 * pf_json_length(devices); i++) {
                const PfJson *device = pf_json_at(devices, i / 3);
                const char *value = pf_json_get_string(pf_json_get(device, "tags"), tags[i % 3]);
                PF_AUTO_BLOCK_RESOLUTION PfBlockResolution resolution = { 0 };
                char text[512];

                if (!value)
                        continue;
                (void) snprintf(text, sizeof(text), "%s=%s", tags[i % 3], value);
                ck_assert_int_eq(pf_block_graph_resolve(graph, text, &resolution), 0);
                ck_assert_msg(is_among(&resolution, i / 3), "%s: %s", name, text);
                if (count(devices, tags[i % 3], value) == 1)
                        ck_assert_msg(
                                resolution.state == PF_BLOCK_RESOLVED && resolution.nodes.n == 1,
                                "%s: %s is %s", name, text, pf_block_state_name(resolution.state));
                ++*n;
        }
        return 0;
}

START_TEST(what_blkid_printed) {
        PF_CLEANUP(pf_target_unrefp) PfTarget *shared = NULL;
        PF_CLEANUP(pf_json_freep) PfJson *truth = NULL;
        PF_AUTO_BUF PfBuf buf = PF_BUF_INIT(OUTPUT_MAX);
        PfErr err = { 0 };
        size_t n = 0;

        if (!pf_test_shared()) {
                pf_test_skip("no corpus beside the project");
                return;
        }
        ck_assert_int_eq(pf_target_new(pf_test_shared(), PF_TARGET_DEFAULT, &shared, &err), 0);
        ck_assert_int_eq(
                pf_target_read(shared, "/corpus/blockdev/truth.json", OUTPUT_MAX, &buf, &err), 0);
        ck_assert_int_eq(pf_json_parse(buf.data, buf.n, 16, &truth, &err), 0);
        ck_assert_int_eq(pf_json_each(pf_json_get(truth, "files"), compare_blkid, &n), 0);
        ck_assert_uint_gt(n, 100);
}
END_TEST

/* --- against lsblk(8), on this machine --- */

static PfJson *run(const char *command) {
        PF_AUTO_BUF PfBuf buf = PF_BUF_INIT(OUTPUT_MAX);
        PfJson *value = NULL;
        FILE *stream = popen(command, "r");
        char piece[4096];
        size_t n;

        ck_assert_ptr_nonnull(stream);
        while ((n = fread(piece, 1, sizeof(piece), stream)) > 0)
                ck_assert_int_eq(pf_buf_add(&buf, piece, n), 0);
        if (pclose(stream) != 0 || pf_json_parse(buf.data, buf.n, 32, &value, NULL) < 0)
                return NULL;
        return value;
}

static void compare_text(const char *name, const char *what, const char *ours, PfJson *theirs) {
        const char *text = pf_json_string(theirs);

        ck_assert_msg(!text || !ours || strcmp(text, ours) == 0, "%s: %s is %s, lsblk says %s",
                      name, what, ours, text);
}

static bool is_mounted_at(const PfBlockNode *node, const char *directory) {
        if (strcmp(directory, "[SWAP]") == 0)
                return node->is_swap;
        for (size_t i = 0; i < node->n_mounts; i++)
                if (strcmp(node->mounts[i]->directory, directory) == 0)
                        return true;
        return false;
}

static unsigned compare_device(const PfBlockGraph *graph, const PfJson *device) {
        const char *name = pf_json_get_string(device, "name");
        const char *number = pf_json_get_string(device, "maj:min");
        const PfJson *children = pf_json_get(device, "children");
        const PfJson *mounts = pf_json_get(device, "mountpoints");
        const PfBlockNode *node;
        unsigned major, minor, n = 1;

        if (pf_json_integer(pf_json_get(device, "size")) == 0)
                return 0;
        ck_assert_int_eq(sscanf(number, "%u:%u", &major, &minor), 2);
        node = pf_block_graph_find_number(graph, major, minor);
        ck_assert_msg(node, "lsblk knows %s", name);
        ck_assert_uint_eq(node->size_bytes,
                          (uint64_t) pf_json_integer(pf_json_get(device, "size")));
        if (node->type != PF_BLOCK_RAID && node->type != PF_BLOCK_MEMORY)
                ck_assert_str_eq(pf_block_type_name(node->type),
                                 pf_json_get_string(device, "type"));
        compare_text(name, "file system", node->content.fs_type, pf_json_get(device, "fstype"));
        compare_text(name, "UUID", node->content.uuid, pf_json_get(device, "uuid"));
        compare_text(name, "PARTUUID", node->content.part_uuid, pf_json_get(device, "partuuid"));
        for (size_t i = 0; i < pf_json_length(mounts); i++) {
                const char *directory = pf_json_string(pf_json_at(mounts, i));

                ck_assert_msg(!directory || is_mounted_at(node, directory), "%s is on %s", name,
                              directory);
        }
        for (size_t i = 0; i < pf_json_length(children); i++)
                n += compare_device(graph, pf_json_at(children, i));
        return n;
}

START_TEST(this_machine) {
        PF_CLEANUP(pf_target_unrefp) PfTarget *target = NULL;
        PF_CLEANUP(pf_block_graph_freep) PfBlockGraph *graph = NULL;
        PF_CLEANUP(pf_json_freep)
        PfJson *devices = run("lsblk -J -b -o NAME,MAJ:MIN,TYPE,SIZE,FSTYPE,UUID,PARTUUID,"
                              "MOUNTPOINTS 2>/dev/null");
        const PfJson *list = pf_json_get(devices, "blockdevices");
        PfErr err = { 0 };
        unsigned n = 0;

        if (pf_json_length(list) == 0) {
                pf_test_skip("lsblk has nothing to say here");
                return;
        }
        ck_assert_int_eq(pf_target_new("/", PF_TARGET_DEFAULT, &target, &err), 0);
        graph = load(target);
        ck_assert(graph->known);
        for (size_t i = 0; i < pf_json_length(list); i++)
                n += compare_device(graph, pf_json_at(list, i));
        ck_assert_uint_gt(n, 0);
}
END_TEST

int main(void) {
        Suite *suite = suite_create("block-graph");

        PF_TEST(suite, one_disk);
        PF_TEST(suite, names_of_volumes);
        PF_TEST(suite, dashes_in_names_of_volumes);
        PF_TEST(suite, an_old_kernel);
        PF_TEST(suite, links_without_udev);
        PF_TEST(suite, texts);
        PF_TEST(suite, ways_down);
        PF_TEST(suite, a_snapshot_yields);
        PF_TEST(suite, a_tree_of_rubbish);
        PF_TEST(suite, devices_that_cannot_be_read);
        PF_TEST(suite, an_answer_that_is_none);
        PF_TEST(suite, too_many_devices);
        PF_TEST(suite, what_blkid_printed);
        PF_TEST(suite, this_machine);
        return pf_test_main(suite);
}
