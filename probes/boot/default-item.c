/* SPDX-License-Identifier: MIT */
/*
 * What each loader starts if nobody chooses an entry: by number, by title, by
 * the name of an entry, or by what the firmware was told.
 */
#include "probes/boot/inventory-internal.h"

#include <fnmatch.h>
#include <string.h>

#include "probes/boot/efi-variables.h"
#include "probes/parse/bls.h"

/* The items of one menu in its order; indices into the inventory's. */
typedef struct List {
        PfBootItem **items;
        size_t n;
} List;

static void list_deinit(List *list) {
        free(list->items);
}

static int list_init(PfBootInventory *inventory, List *list) {
        list->items = calloc(inventory->n_items + 1, sizeof(*list->items));
        return list->items ? 0 : -ENOMEM;
}

/* The entries of a loader; commands outside of entries are no choice. */
static void list_add(List *list, PfBootInventory *inventory, size_t i_loader) {
        for (size_t i = 0; i < inventory->n_items; i++)
                if (inventory->items[i].i_loader == i_loader && inventory->items[i].entry &&
                    inventory->items[i].entry->when != PF_BOOT_NEVER)
                        list->items[list->n++] = &inventory->items[i];
}

static const char *submenu_at(const PfBootItem *item, size_t depth) {
        return depth < item->entry->submenu.n ? item->entry->submenu.items[depth].text : NULL;
}

static bool same_text(const char *a, size_t n, const char *b) {
        return b && strlen(b) == n && strncmp(a, b, n) == 0;
}

/* A number, or -1. */
static long parse_number(const char *text, size_t n) {
        long number = 0;

        if (n == 0 || n > 6)
                return -1;
        for (size_t i = 0; i < n; i++) {
                if (text[i] < '0' || text[i] > '9')
                        return -1;
                number = number * 10 + (text[i] - '0');
        }
        return number;
}

/* A part of a menu: an entry, or a submenu with all that is in it. */
typedef struct Range {
        size_t from;
        size_t to;
} Range;

static Range next_thing(const List *list, const Range *within, size_t from, size_t depth) {
        const char *submenu = submenu_at(list->items[from], depth);
        size_t to = from + 1;

        while (submenu && to < within->to && submenu_at(list->items[to], depth) &&
               strcmp(submenu_at(list->items[to], depth), submenu) == 0)
                to++;
        return (Range){ from, to };
}

/* The thing that one part of a default names. Return: false where there is none. */
static bool find_thing(const List *list, Range *within, size_t depth, const char *name, size_t n) {
        long number = parse_number(name, n), count = 0;

        for (size_t i = within->from; i < within->to; count++) {
                Range thing = next_thing(list, within, i, depth);
                const PfBootItem *item = list->items[i];
                const char *submenu = submenu_at(item, depth);
                bool named = submenu ? same_text(name, n, submenu)
                                     : same_text(name, n, item->entry->title) ||
                                               same_text(name, n, item->entry->id);

                if (named || count == number) {
                        *within = thing;
                        return true;
                }
                i = thing.to;
        }
        return false;
}

/* The end of a part: at '>', but ">>" stands for the character itself. */
static size_t part_length(const char *text) {
        size_t n = 0;

        while (text[n] && (text[n] != '>' || text[n + 1] == '>'))
                n += text[n] == '>' ? 2 : 1;
        return n;
}

/* An entry by its name, wherever it stands: a submenu may be named by an id that
 * its entries do not tell. */
static PfBootItem *find_by_name(const List *list, const char *name) {
        for (size_t i = 0; i < list->n; i++)
                if (same_text(name, strlen(name), list->items[i]->entry->id) ||
                    same_text(name, strlen(name), list->items[i]->entry->title))
                        return list->items[i];
        return NULL;
}

/* Rule: GRUB manual, "default": what is not found is the first entry. */
static PfBootItem *find_in_grub(const List *list, const char *name) {
        Range within = { 0, list->n };
        size_t depth = 0;

        for (;; depth++) {
                size_t n = part_length(name);
                const char *rest = name[n] ? name + n + 1 : NULL;

                if (!find_thing(list, &within, depth, name, n)) {
                        const char *last = rest ? strrchr(rest, '>') : NULL;
                        PfBootItem *item = rest ? find_by_name(list, last ? last + 1 : rest) : NULL;

                        return item ? item : list->items[0];
                }
                if (!rest)
                        return list->items[within.from];
                name = rest;
        }
}

static bool has_blscfg(const PfBootMenu *menu) {
        for (size_t i = 0; i < menu->outside.n; i++)
                if (menu->outside.items[i].verb == PF_BOOT_BLSCFG &&
                    menu->outside.items[i].when != PF_BOOT_NEVER)
                        return true;
        return false;
}

/* Entries of the specification come where the script asks for them: before its own. */
static int mark_grub(PfBootInventory *inventory, size_t i_loader) {
        const PfBootMenu *menu = &inventory->loaders[i_loader].menu;
        const PfBootSetting *setting = pf_boot_settings_find(&menu->settings, "default");
        PF_CLEANUP(list_deinit) List list = { 0 };
        int r = list_init(inventory, &list);

        if (r < 0)
                return r;
        for (size_t i = 0; has_blscfg(menu) && i < inventory->n_loaders; i++)
                if (inventory->loaders[i].format == PF_BOOT_BLS)
                        list_add(&list, inventory, i);
        list_add(&list, inventory, i_loader);
        if (list.n > 0 && (!setting || setting->certain))
                find_in_grub(&list, setting ? setting->value : "0")->next = true;
        return 0;
}

/* Rule: GRUB legacy manual, "default". What "saved" stands for is in no file that
 * every installation has. */
static int mark_menu_lst(PfBootInventory *inventory, size_t i_loader) {
        const char *name =
                pf_boot_settings_value(&inventory->loaders[i_loader].menu.settings, "default", "0");
        PF_CLEANUP(list_deinit) List list = { 0 };
        long number = parse_number(name, strcspn(name, " \t"));
        int r = list_init(inventory, &list);

        if (r < 0)
                return r;
        list_add(&list, inventory, i_loader);
        if (number >= 0 && (size_t) number < list.n)
                list.items[number]->next = true;
        return 0;
}

/* Rule: syslinux's doc/menu.txt and syslinux.txt: "menu default" before "default",
 * and the first label without both. */
static int mark_extlinux(PfBootInventory *inventory, size_t i_loader) {
        static const char *const settings[] = { "menu default", "default" };
        const PfBootMenu *menu = &inventory->loaders[i_loader].menu;
        PF_CLEANUP(list_deinit) List list = { 0 };
        PfBootItem *item = NULL;
        int r = list_init(inventory, &list);

        if (r < 0)
                return r;
        list_add(&list, inventory, i_loader);
        for (size_t i = 0; i < PF_ELEMENTS(settings) && !item; i++) {
                const char *name = pf_boot_settings_value(&menu->settings, settings[i], NULL);

                item = name ? find_by_name(&list, name) : NULL;
        }
        if (!item && list.n > 0)
                item = list.items[0];
        if (item)
                item->next = true;
        return 0;
}

static bool id_matches(const char *pattern, const char *id) {
        char longer[512];

        if (!id)
                return false;
        (void) snprintf(longer, sizeof(longer), "%s.conf", pattern);
        return fnmatch(pattern, id, FNM_CASEFOLD) == 0 || strcmp(longer, id) == 0;
}

/* The first in the menu's order that a pattern takes; NULL takes all. */
static PfBootItem *find_in_systemd_boot(const List *list, const char *pattern) {
        PfBootItem *best = NULL;

        for (size_t i = 0; i < list->n; i++)
                if ((!pattern || id_matches(pattern, list->items[i]->entry->id)) &&
                    (!best || pf_bls_compare(list->items[i]->entry, best->entry) < 0))
                        best = list->items[i];
        return best;
}

/* Rule: systemd-boot(7) and the Boot Loader Interface: for one start, for all, then
 * the file. What is matched by none is the first entry. */
static int mark_systemd_boot(const PfTarget *target, PfBootInventory *inventory) {
        static const char *const variables[] = { "LoaderEntryOneShot", "LoaderEntryDefault" };
        PF_CLEANUP(list_deinit) List list = { 0 };
        const char *wanted = NULL;
        PfBootItem *item = NULL;
        int r = list_init(inventory, &list);

        for (size_t i = 0; i < inventory->n_loaders && r == 0; i++) {
                PfBootLoader *loader = &inventory->loaders[i];

                if (loader->format != PF_BOOT_SYSTEMD_BOOT && loader->format != PF_BOOT_UKI)
                        continue;
                list_add(&list, inventory, i);
                if (!wanted)
                        wanted = pf_boot_settings_value(&loader->menu.settings, "default", NULL);
        }
        for (size_t i = 0; i < PF_ELEMENTS(variables) && r == 0 && list.n > 0 && !item; i++) {
                PF_AUTO_FREE char *name = NULL;
                int s = pf_efi_variable_text(target, variables[i], PF_EFI_LOADER, &name, NULL);

                r = s == -ENOMEM ? s : 0;
                item = s == 0 ? find_in_systemd_boot(&list, name) : NULL;
        }
        if (r < 0 || list.n == 0)
                return r;
        if (!item)
                item = find_in_systemd_boot(&list, wanted);
        if (!item)
                item = find_in_systemd_boot(&list, NULL);
        item->next = true;
        return 0;
}

int pf_boot_mark_next(const PfTarget *target, PfBootInventory *inventory, PfErr *err) {
        static int (*const marks[PF_BOOT_FORMATS])(PfBootInventory *, size_t) = {
                [PF_BOOT_GRUB] = mark_grub,
                [PF_BOOT_MENU_LST] = mark_menu_lst,
                [PF_BOOT_EXTLINUX] = mark_extlinux,
        };
        int r = mark_systemd_boot(target, inventory);

        (void) err;
        for (size_t i = 0; i < inventory->n_loaders && r == 0; i++)
                if (marks[inventory->loaders[i].format])
                        r = marks[inventory->loaders[i].format](inventory, i);
        return r;
}
