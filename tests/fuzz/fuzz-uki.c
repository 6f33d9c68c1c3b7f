/* SPDX-License-Identifier: MIT */
/*
 * Unified kernel images: whatever the headers say, nothing beyond the bytes is
 * read, and every entry has its command.
 */
#include "tests/fuzz/fuzz.h"

#include "probes/parse/uki.h"

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
        return 0;
}
