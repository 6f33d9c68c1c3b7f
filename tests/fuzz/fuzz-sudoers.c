/* SPDX-License-Identifier: MIT */
/*
 * sudoers: a line that grants everything is one of the file; a file that includes
 * itself comes to an end.
 */
#include "tests/fuzz/machine.h"

#include <string.h>

#include "probes/parse/sudoers.h"

static char *group_names[] = { (char *) "ops", (char *) "wheel" };

static const PfSshdAccount account = {
        .exists = true,
        .uid = 1000,
        .gid = 1000,
        .name = (char *) "ops",
        .groups = { .items = group_names, .n = 2 },
};

int pf_fuzz_accepts(const uint8_t *bytes, size_t n) {
        PF_CLEANUP(pf_target_unrefp) PfTarget *target = pf_fuzz_machine(PF_SUDOERS_PATH, bytes, n);
        PfSudoers sudoers = { 0 };

        return pf_sudoers_read(target, &account, &sudoers, NULL) == 0 && sudoers.grants_all;
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n) {
        PF_CLEANUP(pf_target_unrefp) PfTarget *target = pf_fuzz_machine(PF_SUDOERS_PATH, bytes, n);
        PfSudoers sudoers = { 0 };
        PfErr err = { 0 };
        int r = pf_sudoers_read(target, &account, &sudoers, &err);

        check(r == 0 || (r < 0 && err.text[0]));
        check(r < 0 || sudoers.exists);
        if (r == 0 && sudoers.grants_all) {
                check(strcmp(sudoers.path, PF_SUDOERS_PATH) == 0);
                check(sudoers.line > 0 && sudoers.line <= n + 1 && sudoers.text[0]);
        }
        return 0;
}
