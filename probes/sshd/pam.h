/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * What sshd tells PAM of a login.
 */

#include "probes/pam/pam.h"
#include "probes/sshd/room.h"

/* Fills in what PAM is asked. All is borrowed from the room. PAM_RHOST is the
 * name sshd found with UseDNS, else the address; PAM_TTY is "ssh". */
void pf_sshd_pam_question(const PfSshdRoom *room, PfPamQuestion *ret);
