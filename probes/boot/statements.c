/* SPDX-License-Identifier: MIT */
/*
 * The statements of all that was read: which words name a device, for what, and
 * whether they count.
 */
#include "probes/boot/inventory-internal.h"

#include <string.h>

#include "probes/parse/initramfs-resume.h"

typedef struct Collector {
        const PfTarget *target;
        PfBootInventory *inventory;
        PfErr *err;
        const char *given; /* the last path as a loader names it, and as the machine does */
        const char *located;
} Collector;

/* Where a word stands, apart from which word it is. */
typedef struct Spot {
        PfBootPlace place;
        size_t i_item;
        const char *path;
        unsigned line;
        bool certain;
} Spot;

static int add(Collector *collector, const PfBootStatement *statement) {
        PfBootInventory *inventory = collector->inventory;
        PfBootStatement copy = *statement;
        int r = pf_boot_grow((void **) &inventory->statements, inventory->n_statements,
                             sizeof(copy), PF_BOOT_STATEMENTS_MAX);

        if (r == -E2BIG)
                return pf_err_set(collector->err, r, "devices are named in more than %d places",
                                  PF_BOOT_STATEMENTS_MAX);
        if (r == 0)
                r = pf_boot_inventory_text(inventory, statement->name, &copy.name);
        if (r == 0)
                r = pf_boot_inventory_text(inventory, statement->identity, &copy.identity);
        if (r == 0)
                r = pf_boot_inventory_text(inventory, statement->found, &copy.found);
        if (r < 0)
                return r;
        copy.kind = pf_identity_kind(copy.identity);
        if (copy.kind == PF_IDENTITY_VARIABLE)
                copy.certain = false;
        inventory->statements[inventory->n_statements++] = copy;
        return 0;
}

/* The path of a word as the machine has it, which lives as long as the inventory. */
static int locate(Collector *collector, const char *path, const char **ret) {
        PF_AUTO_FREE char *found = NULL;
        int r;

        if (!path || *path != '(') {
                *ret = path;
                return 0;
        }
        if (collector->given && strcmp(path, collector->given) == 0) {
                *ret = collector->located;
                return 0;
        }
        r = pf_boot_locate(collector->target, path, &found, NULL);
        if (r == -ENOMEM)
                return r;
        r = pf_boot_inventory_text(collector->inventory, r == 0 ? found : path, ret);
        collector->given = r == 0 ? path : NULL;
        collector->located = *ret;
        return r;
}

/* Of several of a name on one line the kernel takes the last; "noresume" all away. */
static void let_last_count(PfBootInventory *inventory, size_t first, bool no_resume) {
        bool seen[PF_CMDLINE_ACTIVATE + 1] = { false };

        for (size_t i = inventory->n_statements; i-- > first;) {
                PfBootStatement *statement = &inventory->statements[i];
                bool single =
                        statement->role == PF_CMDLINE_ROOT || statement->role == PF_CMDLINE_RESUME;

                statement->counts = !single || !seen[statement->role];
                if (statement->role == PF_CMDLINE_RESUME && no_resume)
                        statement->counts = false;
                seen[statement->role] = true;
        }
}

/* dracut puts a word before what it hands on: "block:/dev/sda1". */
static const char *without_scheme(const PfCmdlineParameter *parameter, const char *value) {
        return parameter->role == PF_CMDLINE_ROOT && strncmp(value, "block:", 6) == 0 ? value + 6
                                                                                      : value;
}

static int take_word(Collector *collector, const Spot *spot, const PfCmdlineWord *word) {
        const PfCmdlineParameter *parameter = pf_cmdline_parameter(word->name);
        PF_AUTO_FREE char *identity = NULL;
        int r;

        if (!parameter || !word->value)
                return 0;
        r = pf_cmdline_identity(parameter, without_scheme(parameter, word->value), &identity);
        return r < 0 ? r
                     : add(collector, &(PfBootStatement){ .place = spot->place,
                                                          .role = parameter->role,
                                                          .name = word->name,
                                                          .identity = identity,
                                                          .found = word->text,
                                                          .path = spot->path,
                                                          .line = spot->line,
                                                          .i_item = spot->i_item,
                                                          .certain = spot->certain,
                                                          .counts = true });
}

/* Take in the words of a text. Return: 1 where the rest of the line is for init. */
static int take_words(Collector *collector, const Spot *spot, const char *text, bool *no_resume) {
        PF_CLEANUP(pf_cmdline_freep) PfCmdline *cmdline = NULL;
        int r = pf_cmdline_parse(text, strlen(text), &cmdline);

        for (size_t i = 0; r == 0 && i < cmdline->n; i++) {
                const PfCmdlineWord *word = &cmdline->words[i];

                if (strcmp(word->text, "--") == 0)
                        return 1;
                if (strcmp(word->name, "noresume") == 0)
                        *no_resume = true;
                r = take_word(collector, spot, word);
        }
        return r;
}

static int take_line(Collector *collector, const Spot *spot, const char *text) {
        size_t first = collector->inventory->n_statements;
        bool no_resume = false;
        int r = take_words(collector, spot, text, &no_resume);

        let_last_count(collector->inventory, first, no_resume);
        return r < 0 ? r : 0;
}

static int take_command(Collector *collector, size_t i_item, const PfBootCommand *command) {
        size_t first = collector->inventory->n_statements;
        bool no_resume = false;
        int r = 0;

        for (size_t i = command->i_image + 1; i < command->expanded.n && r == 0; i++) {
                const PfBootWord *word = &command->expanded.items[i];
                Spot spot = { .place = PF_BOOT_IN_ENTRY,
                              .i_item = i_item,
                              .line = word->line,
                              .certain = word->certain };

                r = locate(collector, word->path, &spot.path);
                if (r == 0)
                        r = take_words(collector, &spot, word->text, &no_resume);
        }
        let_last_count(collector->inventory, first, no_resume);
        return r < 0 ? r : 0;
}

static int take_items(Collector *collector) {
        PfBootInventory *inventory = collector->inventory;
        int r = 0;

        for (size_t i = 0; i < inventory->n_items && r == 0; i++) {
                PfBootItem *item = &inventory->items[i];

                r = locate(collector, item->path, &item->path);
                for (size_t j = 0; j < item->commands->n && r == 0; j++)
                        if (pf_boot_item_is_kernel(&item->commands->items[j]))
                                r = take_command(collector, i, &item->commands->items[j]);
        }
        return r;
}

/* One variable of what boot files are generated from, as it is in the end. */
static int take_setting(Collector *collector, const PfBootSetting *setting) {
        const Spot spot = { .place = PF_BOOT_IN_SETTING,
                            .i_item = PF_BOOT_NO_ITEM,
                            .path = setting->path,
                            .line = setting->line,
                            .certain = setting->certain };

        return take_line(collector, &spot, setting->value);
}

static const char *const grub_variables[] = {
        "GRUB_CMDLINE_LINUX",
        "GRUB_CMDLINE_LINUX_DEFAULT",
        "GRUB_CMDLINE_LINUX_RECOVERY",
        "GRUB_CMDLINE_LINUX_XEN_REPLACE",
        "GRUB_CMDLINE_LINUX_XEN_REPLACE_DEFAULT",
};

static int take_settings(Collector *collector) {
        const PfBootInventory *inventory = collector->inventory;
        int r = 0;

        for (size_t i = 0; i < PF_ELEMENTS(grub_variables) && r == 0; i++) {
                const PfBootSetting *setting =
                        pf_boot_settings_find(&inventory->grub, grub_variables[i]);

                if (setting)
                        r = take_setting(collector, setting);
        }
        for (size_t i = 0; i < inventory->files.n && r == 0; i++)
                if (strcmp(inventory->files.items[i].name, "cmdline") == 0)
                        r = take_setting(collector, &inventory->files.items[i]);
        for (size_t i = 0; i < inventory->n_loaders && r == 0; i++) {
                /* What update-grub of GRUB legacy builds its kernels' lines from. */
                const PfBootSetting *kopt =
                        pf_boot_settings_find(&inventory->loaders[i].menu.settings, "# kopt");

                if (kopt)
                        r = take_setting(collector, kopt);
        }
        return r;
}

static int take_initramfs(Collector *collector, const PfBootSettings *settings,
                          PfInitramfsTool tool) {
        PF_AUTO_INITRAMFS_DEVICES PfInitramfsDevices devices = { 0 };
        int r = pf_initramfs_devices(settings, tool, &devices, collector->err);

        for (size_t i = 0; i < devices.n && r == 0; i++) {
                const PfInitramfsDevice *device = &devices.items[i];
                PfBootStatement statement = { .place = PF_BOOT_IN_INITRAMFS,
                                              .role = device->role,
                                              .name = device->setting,
                                              .identity = device->identity,
                                              .found = device->identity,
                                              .line = device->line,
                                              .i_item = PF_BOOT_NO_ITEM,
                                              .certain = device->certain,
                                              .counts = true };

                r = pf_boot_inventory_text(collector->inventory, device->path, &statement.path);
                if (r == 0)
                        r = add(collector, &statement);
        }
        return r;
}

static int take_tables(Collector *collector) {
        const PfBootInventory *inventory = collector->inventory;
        int r = 0;

        for (size_t i = 0; i < inventory->fstab.n && r == 0; i++) {
                const PfFstabEntry *entry = &inventory->fstab.entries[i];

                r = add(collector, &(PfBootStatement){ .place = PF_BOOT_IN_FSTAB,
                                                       .role = PF_CMDLINE_MOUNT,
                                                       .name = entry->file,
                                                       .identity = entry->spec,
                                                       .found = entry->spec,
                                                       .path = entry->path,
                                                       .line = entry->line,
                                                       .i_item = PF_BOOT_NO_ITEM,
                                                       .certain = true,
                                                       .counts = true });
        }
        for (size_t i = 0; i < inventory->crypttab.n && r == 0; i++) {
                const PfCrypttabEntry *entry = &inventory->crypttab.entries[i];

                r = add(collector, &(PfBootStatement){ .place = PF_BOOT_IN_CRYPTTAB,
                                                       .role = PF_CMDLINE_UNLOCK,
                                                       .name = entry->name,
                                                       .identity = entry->source,
                                                       .found = entry->source,
                                                       .path = entry->path,
                                                       .line = entry->line,
                                                       .i_item = PF_BOOT_NO_ITEM,
                                                       .certain = true,
                                                       .counts = true });
        }
        return r;
}

int pf_boot_collect_statements(const PfTarget *target, PfBootInventory *inventory, PfErr *err) {
        Collector collector = { .target = target, .inventory = inventory, .err = err };
        const Spot running = { .place = PF_BOOT_IN_RUNNING,
                               .i_item = PF_BOOT_NO_ITEM,
                               .path = "/proc/cmdline",
                               .line = 1,
                               .certain = true };
        int r = take_items(&collector);

        if (r == 0)
                r = take_settings(&collector);
        if (r == 0)
                r = take_initramfs(&collector, &inventory->initramfs_tools, PF_INITRAMFS_TOOLS);
        if (r == 0)
                r = take_initramfs(&collector, &inventory->dracut, PF_INITRAMFS_DRACUT);
        if (r == 0)
                r = take_tables(&collector);
        if (r == 0 && inventory->running)
                r = take_line(&collector, &running, inventory->running);
        return r;
}
