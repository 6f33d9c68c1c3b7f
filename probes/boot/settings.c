/* SPDX-License-Identifier: MIT */
/*
 * What boot files and initramfs images are generated from, the tables of mounts
 * and of encrypted devices, and the command line of the kernel that runs.
 */
#include "probes/boot/inventory-internal.h"

#include <string.h>

#include "probes/parse/grub-default.h"
#include "probes/parse/initramfs-resume.h"

#define SETTINGS_FILE_MAX (1u << 20)

typedef struct Reading {
        PfBootInventory *inventory;
        const char *path;
        const char *text;
        size_t n;
        PfErr *err;
} Reading;

/* Takes one file in. Return: 0, -E2BIG, -ENOMEM, -EINVAL with a text. */
typedef int (*TakeFn)(const Reading *reading);

static int take_grub_default(const Reading *reading) {
        unsigned unknown = 0;
        int r = pf_grub_default_parse(reading->path, reading->text, reading->n,
                                      &reading->inventory->grub, &unknown, reading->err);

        if (unknown && !reading->inventory->grub_unknown)
                reading->inventory->grub_unknown = unknown;
        return r;
}

static int take_initramfs_tools(const Reading *reading) {
        return pf_initramfs_parse(reading->path, reading->text, reading->n,
                                  &reading->inventory->initramfs_tools, reading->err);
}

static int take_dracut(const Reading *reading) {
        return pf_initramfs_parse(reading->path, reading->text, reading->n,
                                  &reading->inventory->dracut, reading->err);
}

static int take_cmdline_line(char *line, unsigned number, void *data) {
        const Reading *reading = data;

        if (*line == '#' || *pf_boot_trim_end(line) == '\0')
                return 0;
        return pf_boot_settings_add(&reading->inventory->files,
                                    &(PfBootSetting){ .name = "cmdline",
                                                      .value = line,
                                                      .path = reading->path,
                                                      .line = number,
                                                      .certain = true });
}

/* kernel-install(8): the words of all lines. */
static int take_kernel_cmdline(const Reading *reading) {
        return pf_boot_each_line(reading->text, reading->n, take_cmdline_line, (void *) reading);
}

static int take_fstab(const Reading *reading) {
        return pf_fstab_parse(reading->path, reading->text, reading->n, &reading->inventory->fstab,
                              reading->err);
}

static int take_crypttab(const Reading *reading) {
        return pf_crypttab_parse(reading->path, reading->text, reading->n,
                                 &reading->inventory->crypttab, reading->err);
}

static int take_running(const Reading *reading) {
        size_t n = strcspn(reading->text, "\n");

        return pf_boot_texts_add(&reading->inventory->texts, reading->text, n,
                                 &reading->inventory->running);
}

/* In the order in which the programs read them. The first of a group that is
 * there hides the others. */
static const struct {
        const char *pattern; /* as glob(3) */
        TakeFn take;
        bool hides_next;
} files[] = {
        { "/etc/default/grub", take_grub_default, false },
        { "/etc/default/grub.d/*.cfg", take_grub_default, false },
        { "/etc/kernel/cmdline", take_kernel_cmdline, true },
        { "/usr/lib/kernel/cmdline", take_kernel_cmdline, false },
        { "/usr/share/initramfs-tools/conf.d/*", take_initramfs_tools, false },
        { "/etc/initramfs-tools/initramfs.conf", take_initramfs_tools, false },
        { "/etc/initramfs-tools/conf.d/*", take_initramfs_tools, false },
        { "/etc/dracut.conf", take_dracut, false },
        { "/usr/lib/dracut/dracut.conf.d/*.conf", take_dracut, false },
        { "/etc/dracut.conf.d/*.conf", take_dracut, false },
        { "/etc/fstab", take_fstab, false },
        { "/etc/crypttab", take_crypttab, false },
        { "/proc/cmdline", take_running, false },
};

static int load_file(const PfTarget *target, PfBootInventory *inventory, const char *path,
                     TakeFn take) {
        PF_AUTO_BUF PfBuf buf = PF_BUF_INIT(SETTINGS_FILE_MAX);
        PfErr err = { 0 };
        Reading reading = { .inventory = inventory, .path = path, .err = &err };
        int r = pf_target_read(target, path, SETTINGS_FILE_MAX, &buf, &err);

        if (r == 0) {
                reading.text = buf.data ? buf.data : "";
                reading.n = buf.n;
                r = take(&reading);
        }
        return pf_boot_inventory_problem(inventory, r, path, &err);
}

int pf_boot_load_settings(const PfTarget *target, PfBootInventory *inventory, PfErr *err) {
        bool hidden = false;
        int r = 0;

        (void) err;
        for (size_t i = 0; i < PF_ELEMENTS(files) && r == 0; i++) {
                PF_AUTO_STRV PfStrv paths = { 0 };
                PfErr text = { 0 };

                if (hidden) {
                        hidden = false;
                        continue;
                }
                r = pf_target_glob(target, files[i].pattern, &paths, &text);
                r = pf_boot_inventory_problem(inventory, r, files[i].pattern, &text);
                for (size_t j = 0; j < paths.n && r == 0; j++)
                        r = load_file(target, inventory, paths.items[j], files[i].take);
                hidden = files[i].hides_next && paths.n > 0;
        }
        return r;
}
