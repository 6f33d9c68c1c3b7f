/* SPDX-License-Identifier: MIT */
/*
 * What is found of a machine's boot loaders: which of them it starts with, what
 * starts next, and where what counts stands. Then what nobody should write.
 */
#include "probes/boot/inventory.h"

#include <string.h>

#include "tests/support/sandbox.h"
#include "tests/support/test-main.h"

#define GRUB "/boot/grub/grub.cfg"
#define GRUB2 "/boot/grub2/grub.cfg"
#define EFIVARS "/sys/firmware/efi/efivars/"
#define GLOBAL "-8be4df61-93ca-11d2-aa0d-00e098032b8c"
#define LOADER "-4a67b082-0a4c-41cf-b6c7-440b29bb8c4f"

static void load(PfSandbox *box, PfBootInventory *inventory) {
        PfErr err = { 0 };
        int r;

        pf_sandbox_reset_target(box);
        r = pf_boot_inventory_load(box->target, inventory, &err);
        ck_assert_msg(r == 0, "%d %s", r, err.text);
}

static void expect_next(const PfBootInventory *inventory, const char *title) {
        const PfBootItem *next = pf_boot_inventory_next(inventory);

        ck_assert_msg(next, "nothing starts next");
        ck_assert_str_eq(pf_boot_item_title(next), title);
}

static const PfBootLoader *find(const PfBootInventory *inventory, const char *path) {
        for (size_t i = 0; i < inventory->n_loaders; i++)
                if (strcmp(inventory->loaders[i].path, path) == 0)
                        return &inventory->loaders[i];
        ck_abort_msg("no loader %s", path);
}

static const char menu[] = "menuentry 'first' --id one { linux /vmlinuz-1 root=UUID=1 ro }\n"
                           "submenu 'more' --id=more {\n"
                           "menuentry 'second' --id two { linux /vmlinuz-2 root=UUID=1 ro }\n"
                           "menuentry 'third' --id three { linux /vmlinuz-3 root=UUID=1 ro }\n"
                           "}\n"
                           "menuentry 'fourth' { chainloader +1 }\n";

/* A default as GRUB has it, and what it is. */
static const struct {
        const char *name;
        const char *title;
} defaults[] = {
        { "0", "first" },
        { "2", "fourth" },
        { "1>1", "third" },
        { "1", "second" },
        { "more>second", "second" },
        { "more>three", "third" },
        { "fourth", "fourth" },
        { "one", "first" },
        { "unknown-id>three", "third" },
        { "nothing", "first" },
        { "9", "first" },
        { "1>9", "first" },
};

START_TEST(default_of_grub) {
        PF_AUTO_SANDBOX PfSandbox box = { 0 };
        PF_AUTO_BOOT_INVENTORY PfBootInventory inventory = { 0 };
        char text[4096];

        pf_sandbox_new(&box);
        (void) snprintf(text, sizeof(text), "set default=\"%s\"\n%s", defaults[_i].name, menu);
        pf_sandbox_write(&box, GRUB, text);
        load(&box, &inventory);
        ck_assert_uint_eq(inventory.n_items, 4);
        expect_next(&inventory, defaults[_i].title);
}
END_TEST

static void write_environment(PfSandbox *box, const char *path, const char *variables) {
        char block[1025];
        int n = snprintf(block, sizeof(block), "# GRUB Environment Block\n%s", variables);

        memset(block + n, '#', 1024 - (size_t) n);
        block[1024] = '\0';
        pf_sandbox_write(box, path, block);
}

START_TEST(default_of_the_environment_block) {
        PF_AUTO_SANDBOX PfSandbox box = { 0 };
        PF_AUTO_BOOT_INVENTORY PfBootInventory inventory = { 0 };
        char text[4096];

        pf_sandbox_new(&box);
        (void) snprintf(text, sizeof(text),
                        "if [ -s $prefix/grubenv ]; then load_env; fi\n"
                        "if [ \"${next_entry}\" ]; then set default=\"${next_entry}\"; "
                        "else set default=\"${saved_entry}\"; fi\n%s",
                        menu);
        pf_sandbox_write(&box, GRUB2, text);
        write_environment(&box, "/boot/grub2/grubenv", "saved_entry=fourth\nnext_entry=more>two\n");
        load(&box, &inventory);
        expect_next(&inventory, "second");
}
END_TEST

#define ENTRY(version)                                                                             \
        "title Linux " version "\nversion " version "\nlinux /vmlinuz-" version                    \
        "\noptions $kernelopts\n"

START_TEST(entries_of_the_specification) {
        PF_AUTO_SANDBOX PfSandbox box = { 0 };
        PF_AUTO_BOOT_INVENTORY PfBootInventory inventory = { 0 };
        const PfBootStatement *statement;

        pf_sandbox_new(&box);
        pf_sandbox_write(&box, GRUB2, "load_env\nset default=\"${saved_entry}\"\nblscfg\n");
        write_environment(&box, "/boot/grub2/grubenv",
                          "saved_entry=id-4.18.0-9\nkernelopts=root=UUID=1 resume=UUID=2\n");
        pf_sandbox_write(&box, "/boot/loader/entries/id-4.18.0-9.conf", ENTRY("4.18.0-9"));
        pf_sandbox_write(&box, "/boot/loader/entries/id-4.18.0-10.conf", ENTRY("4.18.0-10"));
        load(&box, &inventory);
        ck_assert_uint_eq(inventory.n_items, 2);
        ck_assert_str_eq(pf_boot_item_title(&inventory.items[0]), "Linux 4.18.0-10");
        expect_next(&inventory, "Linux 4.18.0-9");
        ck_assert_int_eq(inventory.items[0].live, PF_YES);
        statement = &inventory.statements[0];
        ck_assert_str_eq(statement->identity, "UUID=1");
        ck_assert_str_eq(statement->path, "/boot/grub2/grubenv");
        ck_assert(statement->certain && statement->counts);
        ck_assert_int_eq(inventory.statements[1].role, PF_CMDLINE_RESUME);
}
END_TEST

/* Without the command that reads them they are nobody's. */
START_TEST(entries_without_a_reader) {
        PF_AUTO_SANDBOX PfSandbox box = { 0 };
        PF_AUTO_BOOT_INVENTORY PfBootInventory inventory = { 0 };

        pf_sandbox_new(&box);
        pf_sandbox_write(&box, GRUB2, menu);
        pf_sandbox_write(&box, "/boot/loader/entries/a.conf", ENTRY("1"));
        load(&box, &inventory);
        ck_assert_int_eq(find(&inventory, GRUB2)->live, PF_YES);
        ck_assert_int_eq(find(&inventory, "/boot/loader/entries")->live, PF_NO);
}
END_TEST

START_TEST(default_of_systemd_boot) {
        PF_AUTO_SANDBOX PfSandbox box = { 0 };
        PF_AUTO_BOOT_INVENTORY PfBootInventory inventory = { 0 };

        pf_sandbox_new(&box);
        pf_sandbox_write(&box, "/efi/loader/loader.conf", "default b-*\ntimeout 3\n");
        pf_sandbox_write(&box, "/efi/loader/entries/a-1.conf",
                         "title A\nlinux /a\noptions root=UUID=1\n");
        pf_sandbox_write(&box, "/efi/loader/entries/b-1.conf",
                         "title B\nlinux /b\noptions root=UUID=1\n");
        load(&box, &inventory);
        ck_assert_uint_eq(inventory.n_loaders, 1);
        ck_assert_int_eq(inventory.loaders[0].format, PF_BOOT_SYSTEMD_BOOT);
        expect_next(&inventory, "B");
}
END_TEST

/* What the firmware was told goes before the file. */
START_TEST(default_of_the_firmware) {
        static const char value[] = "\x06\0\0\0a\0-\0001\0.\0c\0o\0n\0f\0\0";
        PF_AUTO_SANDBOX PfSandbox box = { 0 };
        PF_AUTO_BOOT_INVENTORY PfBootInventory inventory = { 0 };

        pf_sandbox_new(&box);
        pf_sandbox_write(&box, "/efi/loader/loader.conf", "default b-*\n");
        pf_sandbox_write(&box, "/efi/loader/entries/a-1.conf",
                         "title A\nlinux /a\noptions root=UUID=1\n");
        pf_sandbox_write(&box, "/efi/loader/entries/b-1.conf",
                         "title B\nlinux /b\noptions root=UUID=1\n");
        pf_sandbox_write_bytes(&box, EFIVARS "LoaderEntryDefault" LOADER, value, sizeof(value));
        load(&box, &inventory);
        expect_next(&inventory, "A");
}
END_TEST

START_TEST(default_of_others) {
        PF_AUTO_SANDBOX PfSandbox box = { 0 };
        PF_AUTO_BOOT_INVENTORY PfBootInventory legacy = { 0 };
        PF_AUTO_BOOT_INVENTORY PfBootInventory extlinux = { 0 };

        pf_sandbox_new(&box);
        pf_sandbox_write(&box, "/boot/grub/menu.lst",
                         "default 1\ntitle A\nkernel /a root=/dev/sda1\ntitle B\nkernel /b\n");
        load(&box, &legacy);
        expect_next(&legacy, "B");
        pf_sandbox_remove(&box, "/boot/grub");
        pf_sandbox_write(&box, "/boot/extlinux/extlinux.conf",
                         "DEFAULT two\nLABEL one\nKERNEL /a\nAPPEND root=UUID=1\nLABEL two\n"
                         "MENU LABEL Two\nKERNEL /b\nAPPEND root=UUID=1\n");
        load(&box, &extlinux);
        ck_assert_ptr_nonnull(pf_boot_inventory_next(&extlinux));
        ck_assert_str_eq(pf_boot_inventory_next(&extlinux)->entry->id, "two");
}
END_TEST

/* A load option that ends in \EFI\debian\shimx64.efi. */
static const char option[] = "\x07\0\0\0"
                             "\x01\0\0\0\x3a\0d\0\0\0"
                             "\x04\x04\x36\0\\\0E\0F\0I\0\\\0d\0e\0b\0i\0a\0n\0\\\0s\0h\0i\0m\0"
                             "x\0006\0004\0.\0e\0f\0i\0\0\0"
                             "\x7f\xff\x04";

static void start_by_efi(PfSandbox *box) {
        pf_sandbox_write_bytes(box, EFIVARS "BootCurrent" GLOBAL, "\x06\0\0\0\x03\0", 6);
        pf_sandbox_write_bytes(box, EFIVARS "Boot0003" GLOBAL, option, sizeof(option));
}

START_TEST(firmware_tells_the_loader) {
        PF_AUTO_SANDBOX PfSandbox box = { 0 };
        PF_AUTO_BOOT_INVENTORY PfBootInventory inventory = { 0 };

        pf_sandbox_new(&box);
        start_by_efi(&box);
        pf_sandbox_write(&box, "/boot/efi/EFI/debian/grub.cfg",
                         "search.fs_uuid 1 root hd0,gpt2\nset prefix=($root)'/boot/grub'\n"
                         "configfile $prefix/grub.cfg\n");
        pf_sandbox_write(&box, "/boot/efi/EFI/old/grub.cfg", menu);
        pf_sandbox_write(&box, GRUB, menu);
        pf_sandbox_write(&box, GRUB2, menu);
        load(&box, &inventory);
        ck_assert_int_eq(inventory.efi, PF_YES);
        ck_assert_int_eq(find(&inventory, "/boot/efi/EFI/debian/grub.cfg")->live, PF_YES);
        ck_assert_int_eq(find(&inventory, GRUB)->live, PF_YES);
        ck_assert_int_eq(find(&inventory, GRUB2)->live, PF_NO);
        ck_assert_int_eq(find(&inventory, "/boot/efi/EFI/old/grub.cfg")->live, PF_NO);
}
END_TEST

/* Each byte cut off, and each changed: never more than "not known". */
START_TEST(load_options_that_are_none) {
        for (size_t n = 0; n < sizeof(option); n += 3) {
                PF_AUTO_SANDBOX PfSandbox box = { 0 };
                PF_AUTO_BOOT_INVENTORY PfBootInventory inventory = { 0 };
                char bytes[sizeof(option)];

                memcpy(bytes, option, sizeof(option));
                bytes[n] = (char) 0xff;
                pf_sandbox_new(&box);
                start_by_efi(&box);
                pf_sandbox_write_bytes(&box, EFIVARS "Boot0003" GLOBAL, bytes,
                                       n % 2 ? n : sizeof(option));
                pf_sandbox_write(&box, GRUB, menu);
                load(&box, &inventory);
                ck_assert_int_eq(find(&inventory, GRUB)->live, PF_YES);
        }
}
END_TEST

START_TEST(running_kernel_tells_the_loader) {
        PF_AUTO_SANDBOX PfSandbox box = { 0 };
        PF_AUTO_BOOT_INVENTORY PfBootInventory inventory = { 0 };

        pf_sandbox_new(&box);
        pf_sandbox_write(&box, GRUB, "menuentry a { linux /vmlinuz root=/dev/sda1 ro }\n");
        pf_sandbox_write(&box, GRUB2, menu);
        pf_sandbox_write(&box, "/proc/cmdline", "BOOT_IMAGE=(hd0,gpt2)/vmlinuz-3 root=UUID=1 ro\n");
        load(&box, &inventory);
        ck_assert_int_eq(find(&inventory, GRUB)->live, PF_NO);
        ck_assert_int_eq(find(&inventory, GRUB2)->live, PF_YES);
        ck_assert(find(&inventory, GRUB2)->by_machine);
        for (size_t i = 0; i < inventory.n_items; i++)
                ck_assert_int_eq(inventory.items[i].running,
                                 strcmp(pf_boot_item_title(&inventory.items[i]), "third") == 0);
}
END_TEST

START_TEST(nothing_tells_the_loader) {
        PF_AUTO_SANDBOX PfSandbox box = { 0 };
        PF_AUTO_BOOT_INVENTORY PfBootInventory inventory = { 0 };

        pf_sandbox_new(&box);
        pf_sandbox_write(&box, GRUB, menu);
        pf_sandbox_write(&box, GRUB2, menu);
        load(&box, &inventory);
        ck_assert_int_eq(find(&inventory, GRUB)->live, PF_MAYBE);
        ck_assert_int_eq(find(&inventory, GRUB2)->live, PF_MAYBE);
        ck_assert_ptr_null(pf_boot_inventory_next(&inventory));
}
END_TEST

/* grub.conf is what menu.lst is a link to. */
START_TEST(one_file_of_two_names) {
        PF_AUTO_SANDBOX PfSandbox box = { 0 };
        PF_AUTO_BOOT_INVENTORY PfBootInventory inventory = { 0 };

        pf_sandbox_new(&box);
        pf_sandbox_write(&box, "/boot/grub/grub.conf", "title A\nkernel /a root=/dev/sda1\n");
        pf_sandbox_symlink(&box, "./grub.conf", "/boot/grub/menu.lst");
        load(&box, &inventory);
        ck_assert_uint_eq(inventory.n_loaders, 1);
        ck_assert_uint_eq(inventory.n_statements, 1);
}
END_TEST

START_TEST(what_counts_on_a_line) {
        PF_AUTO_SANDBOX PfSandbox box = { 0 };
        PF_AUTO_BOOT_INVENTORY PfBootInventory inventory = { 0 };
        static const bool counts[] = { false, false, true, true, true };

        pf_sandbox_new(&box);
        pf_sandbox_write(&box, GRUB,
                         "menuentry a { linux /v root=/dev/sda1 resume=UUID=2 root=UUID=1 "
                         "rd.lvm.lv=a/b rd.lvm.lv=a/c noresume -- root=/dev/sdz }\n");
        load(&box, &inventory);
        ck_assert_uint_eq(inventory.n_statements, PF_ELEMENTS(counts));
        for (size_t i = 0; i < PF_ELEMENTS(counts); i++)
                ck_assert_int_eq(inventory.statements[i].counts, counts[i]);
        ck_assert_str_eq(inventory.statements[4].identity, "/dev/a/c");
}
END_TEST

START_TEST(settings_and_tables) {
        PF_AUTO_SANDBOX PfSandbox box = { 0 };
        PF_AUTO_BOOT_INVENTORY PfBootInventory inventory = { 0 };
        static const struct {
                PfBootPlace place;
                const char *path;
                unsigned line;
                const char *identity;
        } wanted[] = {
                { PF_BOOT_IN_SETTING, "/etc/default/grub.d/50.cfg", 2, "/dev/sda2" },
                { PF_BOOT_IN_SETTING, "/etc/kernel/cmdline", 2, "/dev/sda3" },
                { PF_BOOT_IN_INITRAMFS, "/etc/initramfs-tools/conf.d/resume", 1, "/dev/sda4" },
                { PF_BOOT_IN_INITRAMFS, "/etc/dracut.conf.d/a.conf", 1, "/dev/sda5" },
                { PF_BOOT_IN_FSTAB, "/etc/fstab", 1, "/dev/sda6" },
                { PF_BOOT_IN_CRYPTTAB, "/etc/crypttab", 1, "/dev/sda7" },
                { PF_BOOT_IN_RUNNING, "/proc/cmdline", 1, "/dev/sda8" },
        };

        pf_sandbox_new(&box);
        pf_sandbox_write(&box, "/etc/default/grub", "GRUB_CMDLINE_LINUX=root=/dev/sda1\n");
        pf_sandbox_write(&box, "/etc/default/grub.d/50.cfg",
                         "# ours\nGRUB_CMDLINE_LINUX=\"ro root=/dev/sda2\"\n");
        pf_sandbox_write(&box, "/etc/kernel/cmdline", "# root=/dev/sdz\nroot=/dev/sda3 ro\n");
        pf_sandbox_write(&box, "/etc/initramfs-tools/conf.d/resume", "RESUME=/dev/sda4\n");
        pf_sandbox_write(&box, "/etc/dracut.conf.d/a.conf", "add_device+=\" /dev/sda5 \"\n");
        pf_sandbox_write(&box, "/etc/fstab", "/dev/sda6 /x ext4 defaults 0 0\n");
        pf_sandbox_write(&box, "/etc/crypttab", "x /dev/sda7 none\n");
        pf_sandbox_write(&box, "/proc/cmdline", "root=/dev/sda8\n");
        load(&box, &inventory);
        ck_assert_uint_eq(inventory.n_statements, PF_ELEMENTS(wanted));
        for (size_t i = 0; i < PF_ELEMENTS(wanted); i++) {
                const PfBootStatement *statement = &inventory.statements[i];

                ck_assert_int_eq(statement->place, wanted[i].place);
                ck_assert_str_eq(statement->path, wanted[i].path);
                ck_assert_uint_eq(statement->line, wanted[i].line);
                ck_assert_str_eq(statement->identity, wanted[i].identity);
                ck_assert_int_eq(statement->kind, PF_IDENTITY_DEVICE);
        }
}
END_TEST

static char *repeat(const char *text, size_t times) {
        size_t n = strlen(text);
        char *all = malloc(n * times + 1);

        ck_assert_ptr_nonnull(all);
        for (size_t i = 0; i < times; i++)
                memcpy(all + i * n, text, n);
        all[n * times] = '\0';
        return all;
}

/* Too many, too large, without end, not to be read: said, and survived. */
static const struct {
        const char *text;
        size_t times;
        const char *says;
} hostile[] = {
        { "menuentry a { linux /v root=UUID=1 }\n", 20000, "more than can be looked at" },
        { "source /boot/grub/grub.cfg\n", 40, "too many files within files" },
        { "configfile /boot/grub/grub.cfg\n", 40, "too many files within files" },
        { "# nothing, and a lot of it\n", 200000, "more than the limit" },
};

START_TEST(hostile_files) {
        PF_AUTO_SANDBOX PfSandbox box = { 0 };
        PF_AUTO_BOOT_INVENTORY PfBootInventory inventory = { 0 };
        PF_AUTO_FREE char *text = repeat(hostile[_i].text, hostile[_i].times);
        const char *problem;

        pf_sandbox_new(&box);
        pf_sandbox_write(&box, GRUB, text);
        load(&box, &inventory);
        ck_assert_uint_eq(inventory.n_loaders, 1);
        problem = inventory.loaders[0].problem;
        ck_assert_msg(problem && strstr(problem, GRUB) && strstr(problem, hostile[_i].says), "%s",
                      problem ? problem : "(none)");
        ck_assert_int_ne(inventory.loaders[0].live, PF_YES);
}
END_TEST

START_TEST(more_loaders_than_anybody_has) {
        PF_AUTO_SANDBOX PfSandbox box = { 0 };
        PF_AUTO_BOOT_INVENTORY PfBootInventory inventory = { 0 };
        PfErr err = { 0 };

        pf_sandbox_new(&box);
        for (int i = 0; i <= PF_BOOT_LOADERS_MAX; i++) {
                char path[64];

                (void) snprintf(path, sizeof(path), "/boot/efi/EFI/%d/grub.cfg", i);
                pf_sandbox_write(&box, path, menu);
        }
        ck_assert_int_eq(pf_boot_inventory_load(box.target, &inventory, &err), -E2BIG);
        ck_assert_str_eq(err.text, "more than 64 boot loaders are configured");
}
END_TEST

START_TEST(nothing_at_all) {
        PF_AUTO_SANDBOX PfSandbox box = { 0 };
        PF_AUTO_BOOT_INVENTORY PfBootInventory inventory = { 0 };

        pf_sandbox_new(&box);
        load(&box, &inventory);
        ck_assert_uint_eq(inventory.n_loaders + inventory.n_items + inventory.n_statements, 0);
        ck_assert_uint_eq(inventory.problems.n, 0);
        ck_assert_int_eq(inventory.efi, PF_MAYBE);
        ck_assert_ptr_null(inventory.running);
}
END_TEST

static void add_loop(Suite *suite, const char *name, const TTest *test, int n) {
        TCase *tcase = tcase_create(name);

        tcase_add_loop_test(tcase, test, 0, n);
        suite_add_tcase(suite, tcase);
}

int main(void) {
        Suite *suite = suite_create("boot-inventory");

        add_loop(suite, "default_of_grub", default_of_grub, PF_ELEMENTS(defaults));
        PF_TEST(suite, default_of_the_environment_block);
        PF_TEST(suite, entries_of_the_specification);
        PF_TEST(suite, entries_without_a_reader);
        PF_TEST(suite, default_of_systemd_boot);
        PF_TEST(suite, default_of_the_firmware);
        PF_TEST(suite, default_of_others);
        PF_TEST(suite, firmware_tells_the_loader);
        PF_TEST(suite, load_options_that_are_none);
        PF_TEST(suite, running_kernel_tells_the_loader);
        PF_TEST(suite, nothing_tells_the_loader);
        PF_TEST(suite, one_file_of_two_names);
        PF_TEST(suite, what_counts_on_a_line);
        PF_TEST(suite, settings_and_tables);
        add_loop(suite, "hostile_files", hostile_files, PF_ELEMENTS(hostile));
        PF_TEST(suite, more_loaders_than_anybody_has);
        PF_TEST(suite, nothing_at_all);
        return pf_test_main(suite);
}
