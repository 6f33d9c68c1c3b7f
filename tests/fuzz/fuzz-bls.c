/* SPDX-License-Identifier: MIT */
/*
 * Entries of the Boot Loader Specification, read in both ways; and the order of
 * versions, which must be one: of the file's two halves as names.
 */
#include "tests/fuzz/fuzz.h"

#include <string.h>

#include "probes/parse/bls.h"
#include "probes/parse/boot-version.h"

static void check_entry(const PfBootEntry *entry) {
        check(entry->id && entry->path && entry->commands.n > 0);
        for (size_t i = 0; i < entry->commands.n; i++) {
                const PfBootCommand *command = &entry->commands.items[i];

                check(command->name && command->line > 0);
                for (size_t j = 0; j < command->expanded.n; j++)
                        check(*command->expanded.items[j].text != '\0');
        }
}

static int sign(int order) {
        return (order > 0) - (order < 0);
}

static void check_order(int (*compare)(const char *, const char *), const char *a, const char *b) {
        check(compare(a, a) == 0 && sign(compare(a, b)) == -sign(compare(b, a)));
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n) {
        PF_AUTO_BOOT_MENU PfBootMenu menu = { 0 };
        PF_AUTO_BOOT_SETTINGS PfBootSettings settings = { 0 };
        PF_AUTO_FREE char *a = strndup((const char *) bytes, n / 2);
        PF_AUTO_FREE char *b = strndup((const char *) bytes + n / 2, n - n / 2);
        const char *text = (const char *) bytes;

        check(a && b);
        check_order(pf_rpm_version_compare, a, b);
        check_order(pf_bls_name_compare, a, b);
        check_order(pf_uapi_version_compare, a, b);
        if (pf_loader_conf_parse("l", text, n, &settings, NULL) < 0 ||
            pf_bls_parse("/a-1.conf", text, n, PF_BOOT_SYSTEMD_BOOT, NULL, &menu, NULL) < 0 ||
            pf_bls_parse("/b-1.conf", text, n, PF_BOOT_BLS, NULL, &menu, NULL) < 0 ||
            pf_bls_parse("/c-1.conf", text, n, PF_BOOT_BLS, &settings, &menu, NULL) < 0)
                return 0;
        for (size_t i = 0; i < menu.n; i++)
                check_entry(&menu.entries[i]);
        return 0;
}
