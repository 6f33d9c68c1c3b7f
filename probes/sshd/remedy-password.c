/* SPDX-License-Identifier: MIT */
/*
 * Remedy of ssh.password-authentication: sshd takes passwords.
 */
#include "probes/sshd/remedy-place.h"

#include <string.h>

#include "probes/sshd/stages.h"

static const char *const keywords[] = { "passwordauthentication", NULL };
static const PfSshdGoal goal = {
        .keyword = "PasswordAuthentication",
        .stages = { pf_sshd_stage_password_method },
        .keywords = keywords,
};

static char *value(const PfSshdSetting *setting) {
        (void) setting;
        return strdup("yes");
}

static int propose(const PfRemedyRoom *room, PfProposal *proposal, PfErr *err) {
        return pf_sshd_place_goal(room, proposal, &goal, value, err);
}

const PfRemedy pf_remedy_sshd_password = {
        .check = "ssh.password-authentication",
        .can_lease = true,
        .wont = "it sets no password, and changes no option of sshd's command line",
        .propose = propose,
};
