/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * The session that sshd would open for SFTP: which command, as whom, confined
 * to which directory, and with which environment.
 */

#include "probes/parse/file-view.h"
#include "probes/parse/shell-script.h"
#include "probes/sshd/room.h"

typedef enum PfSshdServed {
        PF_SSHD_SERVED_BY_NOBODY,  /* there is no subsystem of that name */
        PF_SSHD_SERVED_BY_COMMAND, /* the account's shell runs it */
        PF_SSHD_SERVED_BY_ITSELF,  /* internal-sftp: sshd needs no program */
} PfSshdServed;

typedef struct PfSshdSession {
        PfSshdServed served;
        bool is_forced;               /* by ForceCommand */
        const PfSshdSetting *setting; /* that gives the command; NULL: none does */
        size_t value;                 /* of it */
        const char *command;          /* with its arguments; borrowed */
        const char *replaced;         /* the subsystem's, where another is forced; or NULL */
        char *confined;               /* directory without links; "": not confined */
        bool has_no_place;            /* the directory it is confined to is not usable */
        PfIdentity who;
        unsigned *groups; /* of who */
        PfStrv environment;
        const char *home;
        const char *shell;
        const char *user; /* its name; NULL: there is no such account */
        PfFileView view;  /* in that directory, as that user, at home */
} PfSshdSession;

void pf_sshd_session_deinit(PfSshdSession *session);
#define PF_AUTO_SSHD_SESSION PF_CLEANUP(pf_sshd_session_deinit)

/* Outcomes of what follows, beside 0. */
enum { PF_SSHD_SESSION_ANSWERED = 1 };

/**
 * pf_sshd_session_open() - what the session would be
 * Rule:   sshd(8), LOGIN PROCESS; sshd_config(5), ForceCommand, Subsystem.
 * Return: 0; PF_SSHD_SESSION_ANSWERED, and @stage is "unknown", where the
 *         configuration or the account does not tell; a negative errno.
 */
int pf_sshd_session_open(const PfSshdRoom *room, const PfCheck *stage, PfSshdSession *ret,
                         PfErr *err) PF_MUST_CHECK;

/* chroot.c: the directory the session is confined to, tokens put in, which the caller
 * frees; "" where it is not. PF_SSHD_CHROOT_BAD_TOKEN, or -ENOMEM. */
enum { PF_SSHD_CHROOT_BAD_TOKEN = 1 };
int pf_sshd_chroot_directory(const PfSshdRoom *room, const char *setting, char **ret) PF_MUST_CHECK;

/* sftp.c: a program where distributions keep the SFTP server, which the session may run;
 * static. NULL: none was found. */
const char *pf_sshd_sftp_place(const PfSshdSession *session);

/* login-shell.c: answers @stage: does the account's shell run a command, and nothing before it? */
int pf_sshd_judge_shell(const PfSshdRoom *room, const PfCheck *stage, const PfSshdSession *session,
                        PfErr *err) PF_MUST_CHECK;
