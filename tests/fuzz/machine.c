/* SPDX-License-Identifier: MIT */
/*
 * The directories of a machine, made once in a process and removed at its end.
 */
#include "tests/fuzz/machine.h"

#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

/* Each behind the one that it lies in. */
static const char *const directories[] = {
        "", "/boot", "/etc", "/etc/systemd", "/etc/systemd/system", "/usr", "/usr/sbin", "/proc",
};

static char root[] = "/tmp/fuzz-machine-XXXXXX";

static void remove_root(void) {
        char path[128];

        for (size_t i = PF_ELEMENTS(directories); i > 0; i--) {
                (void) snprintf(path, sizeof(path), "%s%s", root, directories[i - 1]);
                (void) rmdir(path);
        }
}

static PfTarget *make_root(void) {
        PfTarget *target = NULL;
        char path[128];

        check(mkdtemp(root) != NULL);
        for (size_t i = 1; i < PF_ELEMENTS(directories); i++) {
                (void) snprintf(path, sizeof(path), "%s%s", root, directories[i]);
                check(mkdir(path, 0755) == 0);
        }
        check(atexit(remove_root) == 0);
        check(pf_target_new(root, PF_TARGET_DEFAULT, &target, NULL) == 0);
        return target;
}

PfTarget *pf_fuzz_machine(const char *path, const uint8_t *bytes, size_t n) {
        static PfTarget *empty;
        PfTarget *machine = NULL;

        if (!empty)
                empty = make_root();
        check(pf_overlay_new(empty, &machine, NULL) == 0);
        check(pf_overlay_put(machine, path, bytes, n, NULL) == 0);
        return machine;
}
