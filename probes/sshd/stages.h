/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * Every stage of a password login by SFTP, in the order of ladder.c. Each is a
 * PfSshdStageFn: see room.h.
 */

#include "probes/sshd/room.h"

/* server.c: what starts it */
int pf_sshd_stage_service(const PfSshdRoom *room, const PfCheck *stage, PfErr *err);

/* privilege-separation.c: its user and directory */
int pf_sshd_stage_privilege_separation(const PfSshdRoom *room, const PfCheck *stage, PfErr *err);

/* host-keys.c: at least one */
int pf_sshd_stage_host_keys(const PfSshdRoom *room, const PfCheck *stage, PfErr *err);

/* listener.c: what takes the connection */
int pf_sshd_stage_listener(const PfSshdRoom *room, const PfCheck *stage, PfErr *err);

/* connect.c: before the banner */
int pf_sshd_stage_tcp_wrappers(const PfSshdRoom *room, const PfCheck *stage, PfErr *err);
int pf_sshd_stage_connections(const PfSshdRoom *room, const PfCheck *stage, PfErr *err);

/* algorithms.c: what a client and this server both know */
int pf_sshd_stage_algorithms(const PfSshdRoom *room, const PfCheck *stage, PfErr *err);

/* tries.c: time to log in, and tries */
int pf_sshd_stage_grace_time(const PfSshdRoom *room, const PfCheck *stage, PfErr *err);
int pf_sshd_stage_tries(const PfSshdRoom *room, const PfCheck *stage, PfErr *err);

/* settings.c: what the configuration says */
int pf_sshd_stage_configuration(const PfSshdRoom *room, const PfCheck *stage, PfErr *err);
int pf_sshd_stage_lists(const PfSshdRoom *room, const PfCheck *stage, PfErr *err);
int pf_sshd_stage_password_method(const PfSshdRoom *room, const PfCheck *stage, PfErr *err);
int pf_sshd_stage_methods(const PfSshdRoom *room, const PfCheck *stage, PfErr *err);
int pf_sshd_stage_root_login(const PfSshdRoom *room, const PfCheck *stage, PfErr *err);

/* account.c: the account, as far as sshd itself judges it */
int pf_sshd_stage_account(const PfSshdRoom *room, const PfCheck *stage, PfErr *err);
int pf_sshd_stage_account_state(const PfSshdRoom *room, const PfCheck *stage, PfErr *err);
int pf_sshd_stage_shell(const PfSshdRoom *room, const PfCheck *stage, PfErr *err);
int pf_sshd_stage_password(const PfSshdRoom *room, const PfCheck *stage, PfErr *err);
int pf_sshd_stage_password_age(const PfSshdRoom *room, const PfCheck *stage, PfErr *err);
int pf_sshd_stage_nologin(const PfSshdRoom *room, const PfCheck *stage, PfErr *err);

/* pam.c: what PAM says, where sshd asks it */
int pf_sshd_stage_pam_auth(const PfSshdRoom *room, const PfCheck *stage, PfErr *err);
int pf_sshd_stage_pam_account(const PfSshdRoom *room, const PfCheck *stage, PfErr *err);
int pf_sshd_stage_pam_session(const PfSshdRoom *room, const PfCheck *stage, PfErr *err);

/* chroot.c, login-shell.c: what the session is confined to, and what runs in it */
int pf_sshd_stage_chroot(const PfSshdRoom *room, const PfCheck *stage, PfErr *err);
int pf_sshd_stage_shell_runs(const PfSshdRoom *room, const PfCheck *stage, PfErr *err);

/* sftp.c: the session's SFTP server */
int pf_sshd_stage_sessions(const PfSshdRoom *room, const PfCheck *stage, PfErr *err);
int pf_sshd_stage_forced_command(const PfSshdRoom *room, const PfCheck *stage, PfErr *err);
int pf_sshd_stage_subsystem(const PfSshdRoom *room, const PfCheck *stage, PfErr *err);
int pf_sshd_stage_sftp_program(const PfSshdRoom *room, const PfCheck *stage, PfErr *err);

/* upload.c: what comes behind an open session */
int pf_sshd_stage_writable(const PfSshdRoom *room, const PfCheck *stage, PfErr *err);
int pf_sshd_stage_upload(const PfSshdRoom *room, const PfCheck *stage, PfErr *err);
