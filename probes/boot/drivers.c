/* SPDX-License-Identifier: MIT */
/*
 * Drivers of a kernel: what depmod(8) wrote of it, and what its initramfs holds.
 */
#include "probes/boot/drivers.h"

#include <stddef.h>
#include <string.h>

#include "probes/parse/boot-entry.h"

#define MODULES_MAX (16u << 20) /* bytes of modules.dep */
#define CONFIG_MAX (2u << 20)

/* How the kernel's configuration names a driver. */
static const struct {
        const char *driver;
        const char *option;
} options[] = {
        { "hv_vmbus", "CONFIG_HYPERV" },
        { "hv_storvsc", "CONFIG_HYPERV_STORAGE" },
        { "hv_netvsc", "CONFIG_HYPERV_NET" },
        { "sd_mod", "CONFIG_BLK_DEV_SD" },
        { "ext3", "CONFIG_EXT3_FS" },
        { "ext4", "CONFIG_EXT4_FS" },
        { "xfs", "CONFIG_XFS_FS" },
        { "btrfs", "CONFIG_BTRFS_FS" },
        { "dm_mod", "CONFIG_BLK_DEV_DM" },
        { "dm_crypt", "CONFIG_DM_CRYPT" },
        { "dm_multipath", "CONFIG_DM_MULTIPATH" },
        { "md_mod", "CONFIG_BLK_DEV_MD" },
        { "raid0", "CONFIG_MD_RAID0" },
        { "raid1", "CONFIG_MD_RAID1" },
        { "raid10", "CONFIG_MD_RAID10" },
        { "raid456", "CONFIG_MD_RAID456" },
};

static PfDriver *find_driver(PfDrivers *drivers, const char *name) {
        for (size_t i = 0; i < drivers->n; i++)
                if (strcmp(drivers->items[i].name, name) == 0 ||
                    strcmp(drivers->items[i].other, name) == 0)
                        return &drivers->items[i];
        return NULL;
}

static int add_driver(PfDrivers *drivers, const char *name, PfDriverUse use, int of) {
        PfDriver *driver;

        if (find_driver(drivers, name))
                return 0;
        if (drivers->n == PF_DRIVERS_MAX)
                return -E2BIG;
        driver = &drivers->items[drivers->n++];
        *driver = (PfDriver){ .use = use, .of = of, .built_in = PF_MAYBE, .on_disk = PF_MAYBE };
        (void) snprintf(driver->name, sizeof(driver->name), "%s", name);
        return 0;
}

int pf_drivers_add(PfDrivers *drivers, const char *name, PfDriverUse use) {
        return add_driver(drivers, name, use, -1);
}

/* Calls @visit with each line of a file. Return: what it returned that is not 0; 0; or as
 * pf_target_read(). */
static int each_line(const PfTarget *target, const char *path, size_t max, PfBootLineVisit visit,
                     PfDrivers *drivers) {
        PF_AUTO_BUF PfBuf buf = PF_BUF_INIT(max);
        int r = pf_target_read(target, path, max, &buf, NULL);

        return r != 0 ? r : pf_boot_each_line(buf.data ? buf.data : "", buf.n, visit, drivers);
}

static int take_built_in(char *line, unsigned number PF_UNUSED, void *data) {
        char name[PF_MODULE_NAME_MAX];
        PfDriver *driver = pf_module_name(line, name) ? find_driver(data, name) : NULL;

        if (driver)
                driver->built_in = PF_YES;
        return 0;
}

/* "CONFIG_X=y", "CONFIG_X=m", "# CONFIG_X is not set" */
static int take_option(char *line, unsigned number PF_UNUSED, void *data) {
        const char *name = strncmp(line, "# ", 2) == 0 ? line + 2 : line;
        size_t n = strcspn(name, "= ");

        for (size_t i = 0; i < PF_ELEMENTS(options); i++) {
                PfDriver *driver;

                if (strlen(options[i].option) != n || strncmp(options[i].option, name, n) != 0)
                        continue;
                driver = find_driver(data, options[i].driver);
                if (driver && strcmp(name + n, "=y") == 0)
                        driver->built_in = PF_YES;
                else if (driver && driver->built_in == PF_MAYBE)
                        driver->built_in = PF_NO;
        }
        return 0;
}

/* "kernel/a.ko.xz: kernel/b.ko.xz kernel/c.ko.xz": all that the first one needs. */
static int take_dependencies(char *line, unsigned number PF_UNUSED, void *data) {
        PfDrivers *drivers = data;
        char *colon = strchr(line, ':'), *rest, *word;
        char name[PF_MODULE_NAME_MAX];
        PfDriver *driver;
        int r = 0;

        if (!colon)
                return 0;
        *colon = '\0';
        rest = colon + 1;
        driver = pf_module_name(line, name) ? find_driver(drivers, name) : NULL;
        if (!driver)
                return 0;
        driver->on_disk = PF_YES;
        if (driver->of >= 0)
                return 0;
        while (r == 0 && (word = pf_boot_take_word(&rest)))
                if (pf_module_name(word, name)) {
                        r = add_driver(drivers, name, driver->use, (int) (driver - drivers->items));
                        if (r == 0)
                                find_driver(drivers, name)->on_disk = PF_YES;
                }
        return r == -E2BIG ? 0 : r;
}

static void settle(PfDrivers *drivers, size_t offset) {
        for (size_t i = 0; i < drivers->n; i++) {
                PfMaybe *maybe = (PfMaybe *) (void *) ((char *) &drivers->items[i] + offset);

                if (*maybe == PF_MAYBE)
                        *maybe = PF_NO;
        }
}

static int read_modules(const PfTarget *target, const char *version, PfDrivers *drivers) {
        char path[PF_DRIVERS_TEXT_MAX];
        int r;

        (void) snprintf(path, sizeof(path), "/lib/modules/%s/modules.dep", version);
        r = each_line(target, path, MODULES_MAX, take_dependencies, drivers);
        if (r == 0)
                settle(drivers, offsetof(PfDriver, on_disk));
        if (r == -ENOMEM)
                return r;
        (void) snprintf(path, sizeof(path), "/lib/modules/%s/modules.builtin", version);
        r = each_line(target, path, MODULES_MAX, take_built_in, drivers);
        if (r == 0)
                settle(drivers, offsetof(PfDriver, built_in));
        if (r == 0 || r == -ENOMEM)
                return r;
        (void) snprintf(path, sizeof(path), "/boot/config-%s", version);
        r = each_line(target, path, CONFIG_MAX, take_option, drivers);
        return r == -ENOMEM ? r : 0;
}

static bool is_found(const PfDriver *driver) {
        return driver->in_image || driver->built_in == PF_YES;
}

static bool all_found(const PfDrivers *drivers) {
        for (size_t i = 0; i < drivers->n; i++)
                if (!is_found(&drivers->items[i]))
                        return false;
        return true;
}

static int take_module(const char *version, const char *name, void *data) {
        PfDrivers *drivers = data;
        PfDriver *driver = find_driver(drivers, name);

        if (driver && strcmp(version, drivers->version) == 0)
                driver->in_image = true;
        else if (driver)
                drivers->other_version = true;
        return 0;
}

static int read_images(const PfTarget *target, const PfStrv *images, PfDrivers *drivers) {
        for (size_t i = 0; i < images->n && !all_found(drivers); i++) {
                PfErr err = { 0 };
                int r = pf_initramfs_modules(target, images->items[i], take_module, drivers, &err);

                if (r == -ENOMEM)
                        return r;
                if (r == PF_TARGET_ABSENT)
                        (void) snprintf(drivers->image_reason, sizeof(drivers->image_reason),
                                        "%s is not there", images->items[i]);
                else if (r < 0)
                        (void) snprintf(drivers->image_reason, sizeof(drivers->image_reason), "%s",
                                        pf_err_text(&err, r));
        }
        return 0;
}

int pf_drivers_find(const PfTarget *target, const char *version, const PfStrv *images,
                    PfDrivers *drivers) {
        int r;

        drivers->version = version;
        r = read_modules(target, version, drivers);
        return r < 0 ? r : read_images(target, images, drivers);
}

/* A module of the image that modules.dep does not list may need others. */
bool pf_driver_needs_are_known(const PfDriver *driver) {
        return !driver->in_image || driver->built_in == PF_YES || driver->of >= 0 ||
               driver->on_disk == PF_YES;
}

PfDriverState pf_driver_state(const PfDrivers *drivers, const PfDriver *driver) {
        if (!pf_driver_needs_are_known(driver))
                return PF_DRIVER_UNKNOWN;
        if (is_found(driver))
                return PF_DRIVER_READY;
        /* Of a driver that is not loaded from the image, nor are these. */
        if (driver->of >= 0 && !drivers->items[driver->of].in_image)
                return PF_DRIVER_READY;
        if (driver->use == PF_DRIVER_IF_MODULAR && driver->on_disk != PF_YES)
                return PF_DRIVER_READY;
        if (driver->use == PF_DRIVER_LATER && driver->on_disk == PF_YES)
                return PF_DRIVER_TOO_LATE;
        if (drivers->image_reason[0] || driver->built_in == PF_MAYBE)
                return PF_DRIVER_UNKNOWN;
        return PF_DRIVER_MISSING;
}
