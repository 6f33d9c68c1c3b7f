/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * What a command line of the session comes to: does an SFTP server answer?
 */

#include "probes/sshd/session.h"

typedef enum PfSshdCommandEnd {
        PF_SSHD_COMMAND_UNKNOWN,
        PF_SSHD_COMMAND_SERVES, /* an SFTP server, with the words in argv */
        PF_SSHD_COMMAND_SHELL,  /* a shell that would run the words behind "-c": see below */
        PF_SSHD_COMMAND_PRINTS, /* something else comes first, on standard output */
        PF_SSHD_COMMAND_FAILS,  /* it cannot start, or ends, or is no SFTP server */
} PfSshdCommandEnd;

/* All zero is "unknown". */
typedef struct PfSshdCommand {
        PfSshdCommandEnd end;
        char *why; /* half a sentence for people: "/bin/false ends at once" */
        PfStrv argv;
        char *path;       /* of the file that is to blame, or decides; NULL: the command itself */
        unsigned line;    /* in it; 0: all of it */
        char *text;       /* that line */
        bool is_missing;  /* path is where a program should be */
        bool is_bash;     /* SHELL: which language it speaks */
        char *shell_name; /* SHELL: "bash", "zsh": the file's own name, or that it has as a link */
} PfSshdCommand;

void pf_sshd_command_deinit(PfSshdCommand *command);
#define PF_AUTO_SSHD_COMMAND PF_CLEANUP(pf_sshd_command_deinit)

/**
 * pf_sshd_command_shell() - the account's shell, as sshd starts it: with "-c"
 * Ends in SHELL where some shell would run the session's command; files that
 * this shell reads at its start are not looked at.
 */
int pf_sshd_command_shell(const PfSshdSession *session, PfSshdCommand *ret,
                          PfErr *err) PF_MUST_CHECK;

/**
 * pf_sshd_command_judge() - a command, in a shell
 * @is_bash: that shell is bash, else a plain sh
 */
int pf_sshd_command_judge(const PfSshdSession *session, const char *text, bool is_bash,
                          PfSshdCommand *ret, PfErr *err) PF_MUST_CHECK;

/* server-words.c: the words that sshd cuts the command of its own server into. 0 or -ENOMEM. */
int pf_sshd_server_split(const char *command, PfStrv *ret) PF_MUST_CHECK;
/* The word, borrowed, that makes an SFTP server end before it serves: one that it does not
 * know, or that only asks it for something, sftp-server(8); or NULL. */
const char *pf_sshd_server_refuses(const PfStrv *argv);

/* May the session's user execute the file at @path? 0, or an outcome of pf_file_view_find(),
 * DENIED also where it is no program for it. */
int pf_sshd_command_find(const PfSshdSession *session, const char *path, PfFoundFile *ret,
                         PfErr *err) PF_MUST_CHECK;
