/* SPDX-License-Identifier: MIT */
/*
 * Puts together what the loaders, the settings and the running kernel say.
 */
#include "probes/boot/inventory-internal.h"

#include <string.h>

int pf_boot_inventory_text(PfBootInventory *inventory, const char *text, const char **ret) {
        return pf_boot_texts_add(&inventory->texts, text, strlen(text), ret);
}

int pf_boot_inventory_problem(PfBootInventory *inventory, int code, const char *path,
                              const PfErr *err) {
        PfErr named = { 0 };

        if (code >= 0 || code == -ENOMEM)
                return code < 0 ? code : 0;
        if (strstr(pf_err_text(err, code), path))
                return pf_strv_add(&inventory->problems, pf_err_text(err, code));
        (void) pf_err_set(&named, code, "%s: %s", path, pf_err_text(err, code));
        return pf_strv_add(&inventory->problems, named.text);
}

void pf_boot_inventory_deinit(PfBootInventory *inventory) {
        for (size_t i = 0; i < inventory->n_loaders; i++)
                pf_boot_menu_deinit(&inventory->loaders[i].menu);
        free(inventory->loaders);
        free(inventory->items);
        free(inventory->statements);
        pf_boot_settings_deinit(&inventory->grub);
        pf_boot_settings_deinit(&inventory->files);
        pf_boot_settings_deinit(&inventory->initramfs_tools);
        pf_boot_settings_deinit(&inventory->dracut);
        pf_fstab_deinit(&inventory->fstab);
        pf_crypttab_deinit(&inventory->crypttab);
        pf_strv_deinit(&inventory->problems);
        pf_boot_texts_deinit(&inventory->texts);
        *inventory = (PfBootInventory){ 0 };
}

bool pf_boot_item_is_kernel(const PfBootCommand *command) {
        return command->verb == PF_BOOT_KERNEL && command->when != PF_BOOT_NEVER;
}

static bool names_root(const PfBootCommand *command) {
        for (size_t i = command->i_image + 1; i < command->expanded.n; i++)
                if (strncmp(command->expanded.items[i].text, "root=", 5) == 0)
                        return true;
        return false;
}

/* The kernel of several images is the one that is told of a root: a hypervisor is not. */
static const PfBootCommand *find_kernel(const PfBootCommands *commands) {
        const PfBootCommand *kernel = NULL;

        for (size_t i = 0; i < commands->n; i++) {
                const PfBootCommand *command = &commands->items[i];

                if (!pf_boot_item_is_kernel(command))
                        continue;
                if (names_root(command))
                        return command;
                if (!kernel)
                        kernel = command;
        }
        return kernel;
}

static int add_item(PfBootInventory *inventory, const PfBootItem *item, PfErr *err) {
        int r = pf_boot_grow((void **) &inventory->items, inventory->n_items, sizeof(*item),
                             PF_BOOT_ITEMS_MAX);

        if (r == -E2BIG)
                return pf_err_set(err, r, "the boot loaders have more than %d entries",
                                  PF_BOOT_ITEMS_MAX);
        if (r == 0)
                inventory->items[inventory->n_items++] = *item;
        return r;
}

static int add_items(PfBootInventory *inventory, size_t i_loader, PfErr *err) {
        const PfBootMenu *menu = &inventory->loaders[i_loader].menu;
        const PfBootCommand *outside = find_kernel(&menu->outside);
        int r = 0;

        for (size_t i = 0; i < menu->n && r == 0; i++) {
                const PfBootEntry *entry = &menu->entries[i];

                r = add_item(
                        inventory,
                        &(PfBootItem){ .i_loader = i_loader,
                                       .entry = entry,
                                       .kernel = find_kernel(&entry->commands),
                                       .commands = &entry->commands,
                                       .path = entry->path,
                                       .line = entry->line,
                                       .live = entry->when == PF_BOOT_NEVER ? PF_NO : PF_MAYBE },
                        err);
        }
        if (r == 0 && outside)
                r = add_item(inventory,
                             &(PfBootItem){ .i_loader = i_loader,
                                            .kernel = outside,
                                            .commands = &menu->outside,
                                            .path = outside->path,
                                            .line = outside->line,
                                            .live = PF_MAYBE },
                             err);
        return r;
}

/* An answer only where there is one: /sys is there. */
static int look_at_firmware(const PfTarget *target, PfBootInventory *inventory) {
        PfFileInfo info;
        PfErr err = { 0 };
        int efi = pf_target_stat(target, "/sys/firmware/efi", &info, &err);
        int sys = efi == PF_TARGET_ABSENT ? pf_target_stat(target, "/sys/firmware", &info, &err)
                                          : efi;

        inventory->efi = efi == 0 ? PF_YES : sys == 0 ? PF_NO : PF_MAYBE;
        return efi == -ENOMEM || sys == -ENOMEM ? -ENOMEM : 0;
}

typedef int (*StepFn)(const PfTarget *target, PfBootInventory *inventory, PfErr *err);

static int make_items(const PfTarget *target, PfBootInventory *inventory, PfErr *err) {
        int r = 0;

        (void) target;
        for (size_t i = 0; i < inventory->n_loaders && r == 0; i++)
                r = add_items(inventory, i, err);
        return r;
}

int pf_boot_inventory_load(const PfTarget *target, PfBootInventory *ret, PfErr *err) {
        static const StepFn steps[] = { pf_boot_load_loaders, pf_boot_load_settings,
                                        make_items,           pf_boot_judge_live,
                                        pf_boot_mark_next,    pf_boot_collect_statements };
        int r = look_at_firmware(target, ret);

        for (size_t i = 0; i < PF_ELEMENTS(steps) && r == 0; i++)
                r = steps[i](target, ret, err);
        return r == -E2BIG ? pf_err_set(err, r,
                                        "the boot loaders' files hold more than can be "
                                        "looked at")
                           : r;
}

const PfBootItem *pf_boot_inventory_next(const PfBootInventory *inventory) {
        const PfBootItem *next = NULL;

        for (size_t i = 0; i < inventory->n_items; i++) {
                const PfBootItem *item = &inventory->items[i];

                if (!item->next || item->live == PF_NO)
                        continue;
                if (next && next->live == item->live)
                        return NULL; /* two loaders, and nothing tells which one it is */
                if (!next || item->live == PF_YES)
                        next = item;
        }
        return next;
}

const char *pf_boot_item_title(const PfBootItem *item) {
        if (!item->entry)
                return "(no entry)";
        return item->entry->title ? item->entry->title : "(no title)";
}
