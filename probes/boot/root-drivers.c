/* SPDX-License-Identifier: MIT */
/*
 * The drivers of the root file system, and of what it lies on.
 */
#include "probes/boot/root-drivers.h"

#include <string.h>

#include "probes/parse/device-identity.h"

/* File systems that the driver of another name mounts as well. */
static const struct {
        const char *type;
        const char *driver;
        const char *other;
} file_systems[] = {
        { "ext2", "ext4", "ext2" }, { "ext3", "ext4", "ext3" }, { "ext4", "ext4", "" },
        { "xfs", "xfs", "" },       { "btrfs", "btrfs", "" },   { "reiserfs", "reiserfs", "" },
        { "jfs", "jfs", "" },       { "f2fs", "f2fs", "" },     { "zfs", "zfs", "" },
};

static const struct {
        const char *level; /* as sysfs prints it */
        const char *driver;
} raid_levels[] = {
        { "raid0", "raid0" },   { "raid1", "raid1" },   { "raid10", "raid10" },
        { "raid4", "raid456" }, { "raid5", "raid456" }, { "raid6", "raid456" },
};

static int add_file_system(PfDrivers *drivers, const char *type, char *reason) {
        for (size_t i = 0; i < PF_ELEMENTS(file_systems); i++) {
                int r;

                if (strcmp(file_systems[i].type, type) != 0)
                        continue;
                r = pf_drivers_add(drivers, file_systems[i].driver, PF_DRIVER_DISK);
                if (r == 0)
                        (void) snprintf(drivers->items[drivers->n - 1].other, PF_MODULE_NAME_MAX,
                                        "%s", file_systems[i].other);
                return r;
        }
        (void) snprintf(reason, PF_ROOT_REASON_MAX,
                        "the driver of a root file system of type \"%s\" is not known", type);
        return 0;
}

static int add_array(PfDrivers *drivers, const char *level, char *reason) {
        int r = pf_drivers_add(drivers, "md_mod", PF_DRIVER_IF_MODULAR);

        for (size_t i = 0; i < PF_ELEMENTS(raid_levels) && r == 0; i++)
                if (level && strcmp(raid_levels[i].level, level) == 0)
                        return pf_drivers_add(drivers, raid_levels[i].driver, PF_DRIVER_DISK);
        (void) snprintf(reason, PF_ROOT_REASON_MAX,
                        "the level of the array below the root file system is not known");
        return r;
}

static int add_mapper(PfDrivers *drivers, const char *target_driver) {
        int r = pf_drivers_add(drivers, "dm_mod", PF_DRIVER_DISK);

        return r == 0 && target_driver ? pf_drivers_add(drivers, target_driver, PF_DRIVER_DISK) : r;
}

static int add_node(PfDrivers *drivers, const PfBlockNode *node, char *reason) {
        switch (node->type) {
        case PF_BLOCK_LVM:
        case PF_BLOCK_MAP:
                return add_mapper(drivers, NULL);
        case PF_BLOCK_CRYPT:
                return add_mapper(drivers, "dm_crypt");
        case PF_BLOCK_MULTIPATH:
                return add_mapper(drivers, "dm_multipath");
        case PF_BLOCK_RAID:
                return add_array(drivers, node->raid_level, reason);
        default:
                return 0;
        }
}

static int add_mounted(const PfBlockGraph *graph, const PfBlockNode *node, const PfMount *mount,
                       PfDrivers *drivers, char *reason) {
        PF_AUTO_BLOCK_LIST PfBlockList below = { 0 };
        int r = add_file_system(drivers, mount->type, reason);

        if (r == 0 && node)
                r = pf_block_graph_below(graph, node, &below);
        for (size_t i = 0; i < below.n && r == 0; i++)
                r = add_node(drivers, below.items[i], reason);
        return r;
}

/* By the name of the device alone: below a UUID or a label anything may lie. */
static int add_named(const PfMount *mount, PfDrivers *drivers, char *reason) {
        int r = add_file_system(drivers, mount->type, reason);

        if (r != 0)
                return r;
        switch (pf_identity_kind(mount->source)) {
        case PF_IDENTITY_MAPPER:
        case PF_IDENTITY_LVM:
                return add_mapper(drivers, NULL);
        case PF_IDENTITY_BY_ID_PATH:
                return strstr(mount->source, "/dm-") ? add_mapper(drivers, NULL) : 0;
        case PF_IDENTITY_DEVICE:
                return strncmp(mount->source, "/dev/md", strlen("/dev/md")) == 0
                               ? add_array(drivers, NULL, reason)
                               : 0;
        default:
                return 0;
        }
}

static int add_from_fstab(const PfTarget *target, PfDrivers *drivers, char *reason) {
        PF_CLEANUP(pf_mounts_freep) PfMounts *mounts = NULL;
        const PfMount *mount = NULL;
        PfErr err = { 0 };
        int r = pf_mounts_load_fstab(target, &mounts, &err);

        if (r == -ENOMEM)
                return r;
        if (r == 0)
                mount = pf_mounts_find(mounts, "/");
        if (!mount) {
                (void) snprintf(reason, PF_ROOT_REASON_MAX, "what the root file system is: %.200s",
                                r < 0 ? pf_err_text(&err, r) : "/etc/fstab does not name it");
                return 0;
        }
        return add_named(mount, drivers, reason);
}

int pf_root_drivers_add(const PfTarget *target, const PfBlockGraph *graph, PfDrivers *drivers,
                        char ret_reason[static PF_ROOT_REASON_MAX]) {
        const PfMount *mount = NULL;
        const PfBlockNode *node;

        ret_reason[0] = '\0';
        node = graph->known ? pf_block_graph_mounted(graph, "/", &mount) : NULL;
        return node && mount ? add_mounted(graph, node, mount, drivers, ret_reason)
                             : add_from_fstab(target, drivers, ret_reason);
}
