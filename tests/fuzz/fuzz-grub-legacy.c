/* SPDX-License-Identifier: MIT */
/*
 * menu.lst: every entry and command must stand on a line of the file.
 */
#include "tests/fuzz/fuzz.h"

#include "probes/parse/grub-legacy.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n) {
        PF_AUTO_BOOT_MENU PfBootMenu menu = { 0 };
        size_t n_lines = 1;

        for (size_t i = 0; i < n; i++)
                n_lines += bytes[i] == '\n';
        if (pf_grub_legacy_parse("m", (const char *) bytes, n, &menu, NULL) < 0)
                return 0;
        for (size_t i = 0; i < menu.settings.n; i++)
                check(menu.settings.items[i].line >= 1 && menu.settings.items[i].line <= n_lines);
        for (size_t i = 0; i < menu.n; i++) {
                const PfBootEntry *entry = &menu.entries[i];

                check(entry->title && entry->line >= 1 && entry->line <= n_lines);
                for (size_t j = 0; j < entry->commands.n; j++) {
                        const PfBootCommand *command = &entry->commands.items[j];

                        check(command->line > entry->line && command->line <= n_lines);
                        check(command->written.n == command->expanded.n);
                        check(command->i_image <= command->written.n);
                }
        }
        return 0;
}
