/* SPDX-License-Identifier: MIT */
/*
 * Remedy of ssh.root-login: root may log in with a password.
 */
#include "probes/sshd/remedy-place.h"

#include <string.h>

#include "probes/sshd/stages.h"

static const char *const keywords[] = { "permitrootlogin", NULL };
static const PfSshdGoal goal = {
        .keyword = "PermitRootLogin",
        .stages = { pf_sshd_stage_root_login },
        .keywords = keywords,
};

static char *value(const PfSshdSetting *setting) {
        (void) setting;
        return strdup("yes");
}

static int propose(const PfRemedyRoom *room, PfProposal *proposal, PfErr *err) {
        return pf_sshd_place_goal(room, proposal, &goal, value, err);
}

const PfRemedy pf_remedy_sshd_root_login = {
        .check = "ssh.root-login",
        .can_lease = true,
        .wont = "it sets no password, and unlocks no account",
        .propose = propose,
};
