/* SPDX-License-Identifier: MIT */
/*
 * fstab and crypttab: no field is empty that must not be, no line is twice an
 * entry, and the entries are in the order of the file.
 */
#include "tests/fuzz/fuzz.h"

#include "probes/parse/device-identity.h"
#include "probes/parse/fstab.h"

static void check_identity(const char *spec) {
        PF_AUTO_FREE char *value = NULL;

        check(pf_identity_kind(spec) < PF_IDENTITY_KINDS && pf_identity_value(spec, &value) == 0);
}

int pf_fuzz_accepts(const uint8_t *bytes, size_t n) {
        PF_AUTO_FSTAB PfFstab fstab = { 0 };

        return pf_fstab_parse("f", (const char *) bytes, n, &fstab, NULL) == 0 &&
               fstab.bad_line == 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n) {
        PF_AUTO_FSTAB PfFstab fstab = { 0 };
        PF_AUTO_CRYPTTAB PfCrypttab crypttab = { 0 };

        if (pf_fstab_parse("f", (const char *) bytes, n, &fstab, NULL) < 0 ||
            pf_crypttab_parse("c", (const char *) bytes, n, &crypttab, NULL) < 0)
                return 0;
        for (size_t i = 0; i < fstab.n; i++) {
                const PfFstabEntry *entry = &fstab.entries[i];

                check(*entry->spec && *entry->file && *entry->type);
                check(entry->line > (i ? fstab.entries[i - 1].line : 0));
                check(fstab.bad_line != entry->line);
                check(!pf_fstab_option(entry->options, "a,b"));
                check_identity(entry->spec);
        }
        for (size_t i = 0; i < crypttab.n; i++)
                check(*crypttab.entries[i].name && *crypttab.entries[i].source);
        return 0;
}
