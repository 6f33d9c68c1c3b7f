/* SPDX-License-Identifier: MIT */
/*
 * shell-script: any bytes, as one of the shells would have them, on a machine without
 * files. An answer must be one, the same each time, and its line in the text.
 */
#include "tests/fuzz/fuzz.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "probes/parse/shell-script.h"

static PfTarget *open_empty(void) {
        char root[] = "/tmp/fuzz-shell-script-XXXXXX";
        PfTarget *target = NULL;

        check(mkdtemp(root) != NULL);
        check(pf_target_new(root, PF_TARGET_DEFAULT, &target, NULL) == 0);
        check(rmdir(root) == 0);
        return target;
}

static int run(PfTarget *target, unsigned how, const uint8_t *bytes, size_t n,
               PfShellOutcome *ret) {
        static char *items[] = { "PATH=/bin", "HOME=/root", "USER=root", "MAYBE" };
        static const PfIdentity who = { 0 };
        const PfStrv environment = { .items = items, .n = 4 };
        const PfShellSetup setup = { .view = { .target = target, .who = &who },
                                     .user = "root",
                                     .is_bash = how & 1,
                                     .is_sourced = how & 1,
                                     .is_deaf = how & 2,
                                     .environment = &environment };

        return pf_shell_script_run(&setup, "/script", (const char *) bytes, n, ret, NULL);
}

static unsigned count_lines(const uint8_t *bytes, size_t n) {
        unsigned lines = 1;

        for (size_t i = 0; i < n; i++)
                lines += bytes[i] == '\n';
        return lines;
}

static void check_outcome(const PfShellOutcome *outcome, const uint8_t *bytes, size_t n) {
        check(outcome->end != PF_SHELL_UNKNOWN || outcome->why);
        check(outcome->status >= -1 && outcome->status <= 255);
        check(outcome->line <= count_lines(bytes, n));
        check((outcome->end != PF_SHELL_RUNS && outcome->end != PF_SHELL_EXECS) ||
              outcome->argv.n > 0);
}

/* Is it decided, for a plain sh? */
int pf_fuzz_accepts(const uint8_t *bytes, size_t n) {
        PF_AUTO_SHELL_OUTCOME PfShellOutcome outcome = { 0 };
        PF_CLEANUP(pf_target_unrefp) PfTarget *target = open_empty();

        check(run(target, 0, bytes, n, &outcome) == 0);
        return outcome.end != PF_SHELL_UNKNOWN;
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n) {
        PF_CLEANUP(pf_target_unrefp) PfTarget *target = open_empty();
        PF_AUTO_SHELL_OUTCOME PfShellOutcome outcome = { 0 };
        PF_AUTO_SHELL_OUTCOME PfShellOutcome again = { 0 };
        unsigned how = (unsigned) n % 4; /* so that a blank more is another shell */

        if (run(target, how, bytes, n, &outcome) < 0)
                return 0; /* a path that is too long */
        check_outcome(&outcome, bytes, n);
        check(run(target, how, bytes, n, &again) == 0);
        check(again.end == outcome.end && again.status == outcome.status &&
              again.line == outcome.line);
        return 0;
}
