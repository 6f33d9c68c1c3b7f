/* SPDX-License-Identifier: MIT */
/*
 * Unified kernel images: whatever the headers say, nothing beyond the bytes is
 * read, and every entry has its command; and the modules of the initramfs in one.
 */
#include "tests/fuzz/machine.h"

#include <string.h>

#include "probes/parse/initramfs-modules.h"
#include "probes/parse/uki.h"

static int check_module(const char *version PF_UNUSED, const char *name, void *data) {
        unsigned *n = data;

        check(*name && strlen(name) < PF_MODULE_NAME_MAX && !strchr(name, '/'));
        return ++*n == 100000 ? -E2BIG : 0;
}

static void check_modules(const uint8_t *bytes, size_t n) {
        PF_CLEANUP(pf_target_unrefp) PfTarget *target = pf_fuzz_machine("/boot/x.efi", bytes, n);
        PfErr err = { 0 };
        unsigned modules = 0;
        int r = pf_initramfs_modules(target, "/boot/x.efi", check_module, &modules, &err);

        check(r >= 0 || r == -E2BIG || err.text[0]);
}

int pf_fuzz_accepts(const uint8_t *bytes, size_t n) {
        PF_AUTO_BOOT_MENU PfBootMenu menu = { 0 };

        return pf_uki_parse("/x.efi", bytes, n, &menu, NULL) == 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n) {
        PF_AUTO_BOOT_MENU PfBootMenu menu = { 0 };
        int r = pf_uki_parse("/x.efi", bytes, n, &menu, NULL);

        check(r <= 0 || menu.n == 0);
        for (size_t i = 0; i < menu.n && r == 0; i++) {
                check(menu.entries[i].title && menu.entries[i].commands.n == 1);
                check(pf_boot_command_image(&menu.entries[i].commands.items[0]) != NULL);
        }
        check_modules(bytes, n);
        return 0;
}
