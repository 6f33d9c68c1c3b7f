/* SPDX-License-Identifier: MIT */
/*
 * Command lines of units, and sshd's options in them: the first line is the
 * command, what follows is the environment.
 */
#include "tests/fuzz/fuzz.h"

#include <string.h>

#include "probes/parse/systemd-command.h"
#include "probes/sshd/command-line.h"

static void read_options(const PfCommand *command) {
        PF_AUTO_SSHD_COMMAND_LINE PfSshdCommandLine line = { 0 };
        const PfSshdVersion version = pf_sshd_version_make(9, 2, 1, PF_SSHD_DEBIAN);
        const PfSshdPlace place = { "/unit", 1, "ExecStart=" };

        check(pf_sshd_command_line_read(command, &place, &version, &line) == 0);
        check((line.mode == PF_SSHD_REFUSES) == (line.refused != NULL));
        for (size_t i = 0; i < line.n_given; i++)
                check(line.given[i].words && line.given[i].path && line.given[i].text);
}

static int parse(const uint8_t *bytes, size_t n) {
        PF_AUTO_ENVIRONMENT PfEnvironment environment = { 0 };
        PF_AUTO_COMMAND PfCommand command = { 0 };
        const uint8_t *newline = n > 0 ? memchr(bytes, '\n', n) : NULL;
        size_t n_line = newline ? (size_t) (newline - bytes) : n;
        PF_AUTO_FREE char *line = strndup((const char *) bytes, n_line);
        PfErr err = { 0 };
        int r;

        check(line != NULL);
        if (newline && pf_environment_parse(&environment, (const char *) newline + 1,
                                            n - n_line - 1, "/f") < 0)
                return -E2BIG;
        r = pf_command_parse(line, &environment, &command, &err);
        check(r == 0 || r == -EINVAL || r == -E2BIG);
        check((r == 0) == (command.n > 0));
        if (r == 0)
                read_options(&command);
        return r;
}

int pf_fuzz_accepts(const uint8_t *bytes, size_t n) {
        return parse(bytes, n) == 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n) {
        (void) parse(bytes, n);
        return 0;
}
