/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * The options that sshd is started with, and what they change of its
 * configuration: sshd(8).
 */

#include "probes/parse/sshd-config.h"
#include "probes/parse/systemd-command.h"

/* Where a word of the command line stands. Borrowed. */
typedef struct PfSshdPlace {
        const char *path;
        unsigned line;
        const char *text;
} PfSshdPlace;

typedef enum PfSshdRunMode {
        PF_SSHD_SERVES,  /* a server that listens */
        PF_SSHD_INETD,   /* -i: one connection, on its standard input */
        PF_SSHD_DEBUGS,  /* -d: one connection, then it ends */
        PF_SSHD_TESTS,   /* -t, -T, -G: says whether it could start, and ends */
        PF_SSHD_TELLS,   /* -V: its version, and ends */
        PF_SSHD_REFUSES, /* to start, because of an option */
} PfSshdRunMode;

/* All zero is a server without options. */
typedef struct PfSshdCommandLine {
        PfSshdRunMode mode;
        PfSshdPlace place;      /* of what makes it other than a server, and of -f */
        char *refused;          /* why it refuses */
        char *config_path;      /* of -f; NULL: the default */
        bool has_no_file;       /* -f none */
        PfSshdGivenLine *given; /* options as lines of sshd_config; words are owned */
        size_t n_given;
} PfSshdCommandLine;

void pf_sshd_command_line_deinit(PfSshdCommandLine *line);
#define PF_AUTO_SSHD_COMMAND_LINE PF_CLEANUP(pf_sshd_command_line_deinit)

/**
 * pf_sshd_command_line_read() - take the options apart
 * @command: sshd with its arguments; borrowed like @place: both outlive *@ret
 * @place:   of the command itself, for words that come out of no variable
 * Rule:     sshd(8); getopt(3): options may be glued together and to their
 *           values. -4, -6 and -g beat any -o, which beat the file; -h adds.
 * Return:   0 or -ENOMEM.
 */
int pf_sshd_command_line_read(const PfCommand *command, const PfSshdPlace *place,
                              const PfSshdVersion *version, PfSshdCommandLine *ret) PF_MUST_CHECK;

/* Is @command's program an sshd? By its name. */
bool pf_sshd_command_is_sshd(const PfCommand *command);
