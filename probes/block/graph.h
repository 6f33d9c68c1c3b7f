/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * The block devices of a machine: which lies on which, what is written on each,
 * where it is mounted, and what a text that names one leads to.
 *
 * Facts come from sysfs, the table of mounts, the udev database, the links below
 * /dev/disk, and, for devices that udev has no record of, from libblkid on a
 * running machine and from the captured answers of one (superblock.h). Nothing
 * is executed, and nothing that is mounted is touched.
 *
 * An image that is only a directory has no sysfs: then the graph is not known,
 * and every question to it is answered so, with the reason.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "daemon/base/err.h"
#include "daemon/base/strv.h"
#include "daemon/base/target.h"
#include "probes/parse/device-identity.h"
#include "probes/parse/mountinfo.h"

#define PF_BLOCK_NODES_MAX 4096
#define PF_BLOCK_REASON_MAX 256

typedef enum PfBlockType {
        PF_BLOCK_DISK,
        PF_BLOCK_PARTITION, /* of a disk, or made by kpartx on a map */
        PF_BLOCK_LVM,       /* a logical volume, or a part of one that LVM keeps to itself */
        PF_BLOCK_CRYPT,
        PF_BLOCK_MULTIPATH,
        PF_BLOCK_RAID, /* an md array */
        PF_BLOCK_MAP,  /* any other device of device-mapper */
        PF_BLOCK_LOOP,
        PF_BLOCK_ROM,
        PF_BLOCK_MEMORY, /* ram, zram */
        PF_BLOCK_FLOPPY,
        PF_BLOCK_VIRTUAL, /* of the network, of ZFS, bcache …: no disk of this machine */
        PF_BLOCK_TYPES,
} PfBlockType;

/* Where it is known from what is written on a device. */
typedef enum PfBlockSource {
        PF_BLOCK_SOURCE_NONE, /* it is not known; see content_reason */
        PF_BLOCK_SOURCE_UDEV,
        PF_BLOCK_SOURCE_SUPERBLOCK, /* libblkid, here or where the machine was captured */
} PfBlockSource;

/* What is written on a device. NULL: nothing of that kind, or it is not known;
 * texts as they are on the device, not encoded. */
typedef struct PfBlockContent {
        char *fs_type; /* "ext4", "swap", "LVM2_member", "crypto_LUKS": as blkid(8) */
        char *uuid;
        char *uuid_sub; /* of this device, where several share a UUID: btrfs, md, ZFS */
        char *label;
        char *table_type; /* of partitions: "gpt" or "dos"; of a partition: that it stands in */
        char *part_uuid;  /* in the table */
        char *part_label; /* in the table */
        char *part_type;  /* in the table: "0x83", or a GUID in lower case */
        char *part_flags; /* in the table: "0x80" is what a BIOS boots from, in a "dos" one */
} PfBlockContent;

typedef struct PfBlockNode PfBlockNode;

typedef struct PfBlockList {
        const PfBlockNode **items; /* borrowed from the graph */
        size_t n;
} PfBlockList;

void pf_block_list_deinit(PfBlockList *list);
#define PF_AUTO_BLOCK_LIST PF_CLEANUP(pf_block_list_deinit)
int pf_block_list_add(PfBlockList *list, const PfBlockNode *node) PF_MUST_CHECK; /* once */
bool pf_block_list_contains(const PfBlockList *list, const PfBlockNode *node);

struct PfBlockNode {
        size_t index; /* in the graph */
        char *name;   /* below /dev, as the kernel has it: "sda1", "cciss/c0d0p1" */
        unsigned major;
        unsigned minor;
        PfBlockType type;
        uint64_t size_bytes;
        uint64_t start_bytes;  /* of a partition, on its disk */
        unsigned sector_bytes; /* logical sector; 0: not known, or no disk */
        unsigned part_number;
        bool removable;
        bool read_only;
        bool is_swap; /* in use as such */

        char *mapper_name;  /* /dev/mapper/… */
        char *mapper_uuid;  /* of device-mapper: "LVM-…" */
        char *volume_group; /* both NULL unless it is LVM's */
        char *logical_volume;
        bool is_private;  /* a layer that LVM keeps to itself: "-real", "-cow", "-tpool" … */
        bool yields;      /* udev prefers another one with the same identity: a snapshot */
        char *raid_level; /* "raid1"; NULL unless it is an array */
        char *bus_path;   /* udev's ID_PATH: how it is plugged in */
        char *file;       /* behind a loop device */

        PfBlockSource source;
        char content_reason[PF_BLOCK_REASON_MAX];
        PfBlockContent content;
        PfStrv links; /* "/dev/disk/by-id/…", as udev writes them */

        PfBlockList parents; /* what it lies on */
        PfBlockList children;
        const PfMount **mounts; /* of it, in the order of the table; borrowed */
        size_t n_mounts;
};

typedef struct PfBlockGraph {
        bool known;
        char reason[PF_BLOCK_REASON_MAX]; /* why not */
        PfBlockNode **nodes;              /* each disk before its partitions; sorted by name */
        size_t n;
        bool links_known;  /* there was a udev database, or /dev/disk */
        bool has_database; /* of udev: a device without a record is one that was not read */
        PfMounts *mounts;  /* what is mounted; NULL: not known */
        char mounts_reason[PF_BLOCK_REASON_MAX];
} PfBlockGraph;

/**
 * pf_block_graph_load() - the graph of a machine
 * Ownership: the caller frees *@ret with pf_block_graph_free().
 * Return:    0, also where the graph is not known; -ENOMEM; -E2BIG for more devices
 *            than PF_BLOCK_NODES_MAX.
 */
int pf_block_graph_load(const PfTarget *target, PfBlockGraph **ret, PfErr *err) PF_MUST_CHECK;
PfBlockGraph *pf_block_graph_free(PfBlockGraph *graph);
PF_DEFINE_CLEANUP(PfBlockGraph, pf_block_graph_free);

/* "disk", "part", "lvm" …: as lsblk(8) prints them. */
const char *pf_block_type_name(PfBlockType type);

/* How people name a device: "/dev/mapper/vg-root", "/dev/sda1". Freed by the caller. */
char *pf_block_node_path(const PfBlockNode *node);

const PfBlockNode *pf_block_graph_find(const PfBlockGraph *graph, const char *name);
const PfBlockNode *pf_block_graph_find_number(const PfBlockGraph *graph, unsigned major,
                                              unsigned minor);

/**
 * pf_block_graph_mounted() - the device that holds a path
 * @path:   real: absolute, without links
 * @ret:    the mount that holds it, or NULL
 * Return:  NULL where no mount holds it, or what is mounted is no device of the graph.
 */
const PfBlockNode *pf_block_graph_mounted(const PfBlockGraph *graph, const char *path,
                                          const PfMount **ret);

/* The first device that could hold what is looked for, and whose contents are not
 * known; NULL: all were looked at. */
const PfBlockNode *pf_block_graph_unread(const PfBlockGraph *graph);

/* The device a mount is of; NULL where it has none, as that of a tmpfs. */
const PfBlockNode *pf_block_graph_of_mount(const PfBlockGraph *graph, const PfMount *mount);

/**
 * pf_block_graph_below() - all that a device lies on, each once, and itself first
 * A file system of several devices, btrfs or ZFS, lies on all of them. Adds to an
 * empty list.
 */
int pf_block_graph_below(const PfBlockGraph *graph, const PfBlockNode *node,
                         PfBlockList *ret) PF_MUST_CHECK;

/* The same, whole disks only: what lies on nothing. */
int pf_block_graph_disks(const PfBlockGraph *graph, const PfBlockNode *node,
                         PfBlockList *ret) PF_MUST_CHECK;

/* The devices that together hold one file system: more than one for btrfs and ZFS. */
int pf_block_graph_members(const PfBlockGraph *graph, const PfBlockNode *node,
                           PfBlockList *ret) PF_MUST_CHECK;

typedef enum PfBlockState {
        PF_BLOCK_RESOLVED,  /* to one device, or the members of one file system */
        PF_BLOCK_DANGLING,  /* no device has that name */
        PF_BLOCK_DUPLICATE, /* several have it: nobody can tell which one is meant */
        PF_BLOCK_NO_DEVICE, /* the text names no block device: NFS, a path, nothing */
        PF_BLOCK_UNKNOWN,   /* see reason */
} PfBlockState;

/* "resolved", "dangling", "duplicate", "no-device", "unknown". */
const char *pf_block_state_name(PfBlockState state);

typedef struct PfBlockResolution {
        PfBlockState state;
        PfIdentityKind kind;
        PfBlockList nodes;                /* the device first, or all that share the name */
        char reason[PF_BLOCK_REASON_MAX]; /* of a state that needs one */
} PfBlockResolution;

void pf_block_resolution_deinit(PfBlockResolution *resolution);
#define PF_AUTO_BLOCK_RESOLUTION PF_CLEANUP(pf_block_resolution_deinit)

/**
 * pf_block_graph_resolve() - the device that a text names
 * @text: as in root=, resume=, or the first field of fstab(5)
 * @ret:  all zero before; the caller releases it in any case
 *
 * Rule:  PARTUUID= is compared without regard to case, as the kernel does; all
 *        else as it stands, and where only case differs it is unknown, since
 *        initramfs programs disagree. Devices that lie on one another are one
 *        (multipath, mirrors), and so are the members of one file system. What
 *        udev puts behind another one (a snapshot) does not count beside it.
 *        Where no device has the name and one could not be looked at: unknown.
 * Return: 0 or -ENOMEM.
 */
int pf_block_graph_resolve(const PfBlockGraph *graph, const char *text,
                           PfBlockResolution *ret) PF_MUST_CHECK;
