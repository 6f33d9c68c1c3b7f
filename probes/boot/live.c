/* SPDX-License-Identifier: MIT */
/*
 * Which of several loaders the machine starts with. First what files alone rule
 * out; then what the start left behind: the firmware's variables, and the
 * command line of the kernel that runs. What neither tells stays open.
 */
#include "probes/boot/inventory-internal.h"

#include <string.h>
#include <strings.h>

#include "probes/boot/built-in.h"
#include "probes/boot/efi-variables.h"

typedef struct Judge {
        const PfTarget *target;
        PfBootInventory *inventory;
} Judge;

/* What is known better already is not put aside. */
static void settle(PfBootLoader *loader, PfMaybe live, bool by_machine, const char *why) {
        if (loader->live != PF_MAYBE)
                return;
        loader->live = live;
        loader->by_machine = by_machine;
        loader->why = why;
}

static bool exists(const Judge *judge, const char *path) {
        PfFileInfo info;
        PfErr err = { 0 };

        return pf_target_stat(judge->target, path, &info, &err) == 0;
}

static bool on_efi_partition(const PfBootLoader *loader) {
        return strncmp(loader->path, "/boot/efi/", 10) == 0 ||
               strncmp(loader->path, "/efi/", 5) == 0 ||
               strncasecmp(loader->path, "/boot/EFI/", 10) == 0;
}

static bool is_for_efi(const PfBootLoader *loader) {
        return loader->format == PF_BOOT_SYSTEMD_BOOT || loader->format == PF_BOOT_UKI ||
               on_efi_partition(loader);
}

static bool has_kernel(const PfBootInventory *inventory, size_t i_loader) {
        for (size_t i = 0; i < inventory->n_items; i++)
                if (inventory->items[i].i_loader == i_loader && inventory->items[i].kernel)
                        return true;
        return false;
}

/* Does a loader run this command, wherever? */
static const PfBootCommand *find_outside(const PfBootLoader *loader, PfBootVerb verb) {
        for (size_t i = 0; i < loader->menu.outside.n; i++)
                if (loader->menu.outside.items[i].verb == verb &&
                    loader->menu.outside.items[i].when != PF_BOOT_NEVER)
                        return &loader->menu.outside.items[i];
        return NULL;
}

static PfBootLoader *find_blscfg(PfBootInventory *inventory) {
        PfBootLoader *found = NULL;

        for (size_t i = 0; i < inventory->n_loaders; i++)
                if (inventory->loaders[i].format == PF_BOOT_GRUB &&
                    find_outside(&inventory->loaders[i], PF_BOOT_BLSCFG) &&
                    (!found || found->live == PF_NO))
                        found = &inventory->loaders[i];
        return found;
}

static bool has_grub(const PfBootInventory *inventory) {
        for (size_t i = 0; i < inventory->n_loaders; i++)
                if (inventory->loaders[i].format == PF_BOOT_GRUB)
                        return true;
        return false;
}

static void rule_out_by_firmware(PfBootInventory *inventory) {
        for (size_t i = 0; i < inventory->n_loaders && inventory->efi == PF_NO; i++)
                if (is_for_efi(&inventory->loaders[i]))
                        settle(&inventory->loaders[i], PF_NO, true,
                               "the machine was not started by EFI");
}

/* GRUB legacy cannot start without its second stage. */
static void rule_out_legacy(const Judge *judge) {
        PfBootInventory *inventory = judge->inventory;

        if (!has_grub(inventory) || exists(judge, "/boot/grub/stage2"))
                return;
        for (size_t i = 0; i < inventory->n_loaders; i++)
                if (inventory->loaders[i].format == PF_BOOT_MENU_LST &&
                    !on_efi_partition(&inventory->loaders[i]))
                        settle(&inventory->loaders[i], PF_NO, false,
                               "GRUB 2 is installed, and the stage2 of GRUB legacy is not");
}

/* The file that a command "configfile" names; NULL where it is not on the machine. */
static PfBootLoader *follow(const Judge *judge, const PfBootCommand *command) {
        PF_AUTO_FREE char *path = NULL;
        PfBootInventory *inventory = judge->inventory;
        PfErr err = { 0 };

        if (command->verb != PF_BOOT_CONFIG || command->when == PF_BOOT_NEVER ||
            command->expanded.n == 0)
                return NULL;
        if (pf_boot_locate(judge->target, command->expanded.items[command->expanded.n - 1].text,
                           &path, &err) != 0)
                return NULL;
        for (size_t i = 0; i < inventory->n_loaders; i++)
                if (strcmp(inventory->loaders[i].path, path) == 0)
                        return &inventory->loaders[i];
        return NULL;
}

/* All that a loader which is the machine's hands over to is the machine's too. */
static void follow_all(const Judge *judge, PfBootLoader *loader) {
        for (size_t i = 0; i < loader->menu.outside.n; i++) {
                PfBootLoader *next = follow(judge, &loader->menu.outside.items[i]);

                if (!next || next->live != PF_MAYBE)
                        continue;
                settle(next, PF_YES, loader->by_machine, loader->why);
                follow_all(judge, next);
        }
}

static void settle_others(PfBootInventory *inventory, const char *why) {
        for (size_t i = 0; i < inventory->n_loaders; i++)
                if (inventory->loaders[i].format != PF_BOOT_BLS)
                        settle(&inventory->loaders[i], PF_NO, true, why);
}

static bool is_beside(const PfBootLoader *loader, const char *directory) {
        static const char *const partitions[] = { "/boot/efi", "/efi", "/boot" };

        for (size_t i = 0; i < PF_ELEMENTS(partitions); i++) {
                size_t n = strlen(partitions[i]), m = strlen(directory);

                if (strncmp(loader->path, partitions[i], n) == 0 &&
                    strncasecmp(loader->path + n, directory, m) == 0 && loader->path[n + m] == '/')
                        return true;
        }
        return false;
}

/* The program that the firmware started keeps its configuration beside itself. Where
 * it does not, it has the place built in, and nothing is known. */
static int judge_by_firmware(const Judge *judge) {
        PfBootInventory *inventory = judge->inventory;
        PF_AUTO_FREE char *file = NULL;
        PfErr err = { 0 };
        bool found = false;
        char *slash;
        int r = pf_efi_started_from(judge->target, &file, &err);

        if (r != 0)
                return r == -ENOMEM ? r : 0;
        slash = strrchr(file, '/');
        if (!slash)
                return 0;
        *slash = '\0';
        for (size_t i = 0; i < inventory->n_loaders; i++) {
                PfBootLoader *loader = &inventory->loaders[i];

                if (is_beside(loader, file) && loader->live == PF_MAYBE &&
                    loader->format == PF_BOOT_GRUB) {
                        settle(loader, PF_YES, true, "EFI started the loader beside it");
                        follow_all(judge, loader);
                        found = true;
                }
        }
        if (found)
                settle_others(inventory, "EFI started another loader");
        return 0;
}

/* systemd-boot says who it is. */
static int judge_by_interface(const Judge *judge) {
        PfBootInventory *inventory = judge->inventory;
        PF_AUTO_FREE char *name = NULL;
        PfErr err = { 0 };
        int r = pf_efi_variable_text(judge->target, "LoaderInfo", PF_EFI_LOADER, &name, &err);
        bool found = false;

        if (r != 0 || strncmp(name, "systemd-boot", 12) != 0)
                return r == -ENOMEM ? r : 0;
        for (size_t i = 0; i < inventory->n_loaders; i++)
                if (inventory->loaders[i].format == PF_BOOT_SYSTEMD_BOOT ||
                    inventory->loaders[i].format == PF_BOOT_UKI) {
                        settle(&inventory->loaders[i], PF_YES, true, "systemd-boot was started");
                        found = true;
                }
        if (found)
                settle_others(inventory, "systemd-boot was started");
        return 0;
}

static bool is_of_loader(const char *word, size_t n) {
        return (n >= 11 && strncmp(word, "BOOT_IMAGE=", 11) == 0) ||
               (n >= 7 && strncmp(word, "initrd=", 7) == 0);
}

/* The next word that the loader did not add by itself; its length, 0 at the end. */
static size_t next_argument(const char **at) {
        size_t n;

        for (;; *at += n) {
                *at += strspn(*at, " \t\r\n");
                n = strcspn(*at, " \t\r\n");
                if (n == 0 || !is_of_loader(*at, n))
                        return n;
        }
}

/* The kind of device that "root=" or "resume=" of so many bytes names; PF_IDENTITY_KINDS: it is
 * no such word. */
static PfIdentityKind kind_of_argument(const char *word, size_t n) {
        static const char *const names[] = { "root=", "resume=" };
        char identity[256];

        for (size_t i = 0; i < PF_ELEMENTS(names); i++) {
                size_t n_name = strlen(names[i]);

                if (n < n_name || n - n_name >= sizeof(identity) ||
                    strncmp(word, names[i], n_name) != 0)
                        continue;
                memcpy(identity, word + n_name, n - n_name);
                identity[n - n_name] = '\0';
                return pf_identity_kind(identity);
        }
        return PF_IDENTITY_KINDS;
}

/* Do two words name a device in ways that no text can tell apart: one by its name, the other by
 * what is written on it? So it is where a name was corrected since the kernel was started. */
static bool may_be_same_device(const char *a, size_t n, const char *b, size_t m) {
        PfIdentityKind kind_a = kind_of_argument(a, n), kind_b = kind_of_argument(b, m);

        return kind_a != PF_IDENTITY_KINDS && kind_b != PF_IDENTITY_KINDS && kind_a != kind_b &&
               strncmp(a, b, 4) == 0;
}

/* Are these the arguments that the kernel was started with, word by word? @strict: its devices
 * are named as they were. */
static bool is_running(const PfBootCommand *kernel, const char *running, bool strict) {
        size_t n_words = 0;

        for (size_t i = kernel->i_image + 1; i < kernel->expanded.n; i++) {
                const PfBootWord *word = &kernel->expanded.items[i];
                const char *at = word->text;
                size_t n;

                if (!word->certain)
                        return false;
                for (; (n = next_argument(&at)) > 0; at += n, n_words++) {
                        size_t m = next_argument(&running);

                        if ((n != m || strncmp(at, running, n) != 0) &&
                            (strict || !may_be_same_device(at, n, running, m)))
                                return false;
                        running += m;
                }
        }
        return n_words > 0 && next_argument(&running) == 0;
}

/* What GRUB loaded, without its device: "BOOT_IMAGE=(hd0,gpt2)/vmlinuz". */
static bool is_running_image(const PfBootCommand *kernel, const char *running) {
        const PfBootWord *image = pf_boot_command_image(kernel);
        const char *given = strstr(running, "BOOT_IMAGE=");
        const char *wanted = image ? image->text : NULL, *close;
        size_t n;

        if (!given || !wanted)
                return true;
        given += 11;
        n = strcspn(given, " \t\r\n");
        close = *given == '(' ? memchr(given, ')', n) : NULL;
        if (close) {
                n -= (size_t) (close + 1 - given);
                given = close + 1;
        }
        close = *wanted == '(' ? strchr(wanted, ')') : NULL;
        if (close)
                wanted = close + 1;
        return strlen(wanted) == n && strncmp(wanted, given, n) == 0;
}

/* Return: is there any? */
static bool mark_running(PfBootInventory *inventory, bool strict) {
        bool any = false;

        for (size_t i = 0; i < inventory->n_items && inventory->running; i++) {
                PfBootItem *item = &inventory->items[i];

                item->running = item->kernel && item->entry &&
                                is_running(item->kernel, inventory->running, strict) &&
                                is_running_image(item->kernel, inventory->running);
                any = any || item->running;
        }
        return any;
}

/* The loader that an item's entry is read by. */
static PfBootLoader *reader_of(PfBootInventory *inventory, const PfBootItem *item) {
        PfBootLoader *loader = &inventory->loaders[item->i_loader];
        PfBootLoader *grub = loader->format == PF_BOOT_BLS ? find_blscfg(inventory) : NULL;

        return grub ? grub : loader;
}

/* Where the entries of one loader alone hold what the kernel was started with, that
 * loader started it. */
static void judge_by_running(const Judge *judge) {
        PfBootInventory *inventory = judge->inventory;
        PfBootLoader *started = NULL;

        for (size_t i = 0; i < inventory->n_items; i++) {
                PfBootLoader *loader;

                if (!inventory->items[i].running)
                        continue;
                loader = reader_of(inventory, &inventory->items[i]);
                if (started && started != loader)
                        return;
                started = loader;
        }
        if (!started || started->live == PF_NO)
                return;
        settle(started, PF_YES, true, "the running kernel was started from it");
        for (size_t i = 0; i < inventory->n_loaders; i++)
                if (inventory->loaders[i].format != PF_BOOT_BLS && has_kernel(inventory, i))
                        settle(&inventory->loaders[i], PF_NO, true,
                               "the running kernel was started from another file");
}

/* Is it still open which of several loaders is the machine's? */
static bool is_open(const PfBootInventory *inventory) {
        size_t n = 0;

        for (size_t i = 0; i < inventory->n_loaders; i++) {
                if (inventory->loaders[i].live == PF_YES)
                        return false;
                n += inventory->loaders[i].live == PF_MAYBE;
        }
        return n > 1;
}

/*
 * GRUB goes to the place that was built in when it was installed. Which of several
 * images is started is not looked for: what all of them say holds for any.
 */
static int judge_by_images(const Judge *judge) {
        PfBootInventory *inventory = judge->inventory;
        PF_AUTO_FREE char *config = NULL;
        PfBootLoader *built_in = NULL;
        unsigned n = 0;
        int r;

        if (!is_open(inventory))
                return 0;
        r = pf_boot_built_in_all(judge->target, inventory->efi, &config);
        if (r != 0)
                return r < 0 ? r : 0;
        for (size_t i = 0; i < inventory->n_loaders; i++)
                if (inventory->loaders[i].format == PF_BOOT_GRUB &&
                    pf_boot_is_at(config, inventory->loaders[i].path)) {
                        built_in = &inventory->loaders[i];
                        n++;
                }
        if (n != 1 || built_in->live == PF_NO)
                return 0;
        settle(built_in, PF_YES, false, "GRUB was installed to read it");
        follow_all(judge, built_in);
        for (size_t i = 0; i < inventory->n_loaders; i++)
                if (inventory->loaders[i].format == PF_BOOT_GRUB)
                        settle(&inventory->loaders[i], PF_NO, false,
                               "GRUB was installed to read another file");
        return 0;
}

/* Entries without an owner of their own are the machine's as their reader is. */
static void judge_entries(PfBootInventory *inventory) {
        const PfBootLoader *grub = find_blscfg(inventory);

        for (size_t i = 0; i < inventory->n_loaders; i++) {
                PfBootLoader *loader = &inventory->loaders[i];

                if (loader->format != PF_BOOT_BLS)
                        continue;
                if (grub)
                        settle(loader, grub->live, grub->by_machine, grub->why);
                else if (has_grub(inventory))
                        settle(loader, PF_NO, false, "no grub.cfg has the command blscfg");
        }
}

/* What is left when all others are ruled out. */
static void judge_the_only(const Judge *judge) {
        PfBootInventory *inventory = judge->inventory;
        PfBootLoader *only = NULL;

        for (size_t i = 0; i < inventory->n_loaders; i++) {
                PfBootLoader *loader = &inventory->loaders[i];
                bool boots = has_kernel(inventory, i) || find_outside(loader, PF_BOOT_BLSCFG) ||
                             loader->problem;

                if (loader->live == PF_NO || !boots ||
                    (loader->format == PF_BOOT_BLS && find_blscfg(inventory)))
                        continue;
                if (only)
                        return;
                only = loader;
        }
        if (only && !only->problem)
                settle(only, PF_YES, false, "there is no other one");
}

int pf_boot_judge_live(const PfTarget *target, PfBootInventory *inventory, PfErr *err) {
        const Judge judge = { .target = target, .inventory = inventory };
        int r;

        (void) err;
        if (!mark_running(inventory, true))
                (void) mark_running(inventory, false);
        rule_out_by_firmware(inventory);
        rule_out_legacy(&judge);
        r = judge_by_interface(&judge);
        if (r == 0)
                r = judge_by_firmware(&judge);
        if (r < 0)
                return r;
        judge_by_running(&judge);
        r = judge_by_images(&judge);
        if (r < 0)
                return r;
        judge_entries(inventory); /* without a reader they are nobody's */
        judge_the_only(&judge);
        judge_entries(inventory);
        for (size_t i = 0; i < inventory->n_items; i++) {
                PfBootItem *item = &inventory->items[i];

                if (item->live != PF_NO)
                        item->live = inventory->loaders[item->i_loader].live;
        }
        return 0;
}
