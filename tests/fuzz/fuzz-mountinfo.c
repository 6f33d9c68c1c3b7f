/* SPDX-License-Identifier: MIT */
/*
 * Tables of mounts, as the kernel prints them and as fstab(5) has them: each has a
 * directory, and the mount that holds it is found again.
 */
#include "tests/fuzz/fuzz.h"

#include <string.h>

#include "probes/parse/mountinfo.h"

static int parse(const char *path, const uint8_t *bytes, size_t n) {
        PF_CLEANUP(pf_mounts_freep) PfMounts *mounts = NULL;
        PfErr err = { 0 };
        int r = pf_mounts_parse(path, (const char *) bytes, n, &mounts, &err);

        check(r == 0 || (r < 0 && err.text[0]));
        for (size_t i = 0; r == 0 && i < pf_mounts_count(mounts); i++) {
                const PfMount *mount = pf_mounts_at(mounts, i);
                const PfMount *found;

                check(mount->directory && mount->source && mount->type && mount->options);
                check(mount->line <= n + 1);
                if (mount->directory[0] != '/')
                        continue;
                found = pf_mounts_find(mounts, mount->directory);
                check(found || !mount->automatic);
        }
        return r;
}

int pf_fuzz_accepts(const uint8_t *bytes, size_t n) {
        return parse("/proc/1/mountinfo", bytes, n) == 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n) {
        (void) parse("/proc/1/mountinfo", bytes, n);
        (void) parse("/etc/fstab", bytes, n);
        return 0;
}
