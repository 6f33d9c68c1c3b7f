/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * Every stage of a password login by SFTP, in the order of ladder.c. Each is a
 * PfSshdStageFn: see room.h.
 */

#include "probes/sshd/room.h"

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

/* sftp.c: the session's SFTP server */
int pf_sshd_stage_sftp(const PfSshdRoom *room, const PfCheck *stage, PfErr *err);
