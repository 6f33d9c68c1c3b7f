/* SPDX-License-Identifier: MIT */
/*
 * Tells what the reader of shell scripts makes of a script: its end, its status
 * and its words, each on a line. For shell-script.py, which has the real shells.
 *
 *      shell-script ROOT sh|bash|bashrc SCRIPT [NAME=VALUE…]
 */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "probes/parse/shell-script.h"

static const char *const ends[] = {
        [PF_SHELL_UNKNOWN] = "unknown", [PF_SHELL_ENDS] = "ends", [PF_SHELL_EXITS] = "exits",
        [PF_SHELL_PRINTS] = "prints",   [PF_SHELL_RUNS] = "runs", [PF_SHELL_EXECS] = "execs",
};

static void tell(const PfShellOutcome *outcome) {
        (void) printf("%s %d %u\n", ends[outcome->end], outcome->status, outcome->line);
        for (size_t i = 0; i < outcome->argv.n; i++)
                (void) printf("%s\n", outcome->argv.items[i]);
        if (outcome->why)
                (void) printf("%s: %s\n", outcome->why, outcome->text ? outcome->text : "");
}

int main(int argc, char **argv) {
        PF_CLEANUP(pf_target_unrefp) PfTarget *target = NULL;
        PF_AUTO_SHELL_OUTCOME PfShellOutcome outcome = { 0 };
        PF_AUTO_STRV PfStrv environment = { 0 };
        const PfIdentity who = { .uid = getuid(), .gid = getgid() };
        PfShellSetup setup = { .user = "root", .environment = &environment };
        PfErr err = { 0 };
        int r;

        if (argc < 4)
                return 2;
        r = pf_target_new(argv[1], PF_TARGET_DEFAULT, &target, &err);
        for (int i = 4; i < argc && r == 0; i++)
                r = pf_strv_add(&environment, argv[i]);
        setup.is_bash = argv[2][0] == 'b';
        setup.is_sourced = strcmp(argv[2], "bashrc") == 0;
        setup.view = (PfFileView){ .target = target, .who = &who };
        if (r == 0)
                r = pf_shell_script_run_file(&setup, argv[3], &outcome, &err);
        if (r != 0) {
                (void) fprintf(stderr, "shell-script: %s\n", pf_err_text(&err, r));
                return 1;
        }
        tell(&outcome);
        return 0;
}
