/* SPDX-License-Identifier: MIT */
/*
 * Remedy of ssh.authentication-methods: a password alone is enough. It becomes one more
 * way; those there were are still ways, so that nobody who could log in is kept out.
 */
#include "probes/sshd/remedy-place.h"

#include <string.h>

#include "probes/sshd/stages.h"

static const char *const keywords[] = { "authenticationmethods", NULL };
static const PfSshdGoal goal = {
        .keyword = "AuthenticationMethods",
        .stages = { pf_sshd_stage_methods },
        .keywords = keywords,
};

static char *value(const PfSshdSetting *setting) {
        char *text;

        return asprintf(&text, "%s password", pf_sshd_text_of(setting)) < 0 ? NULL : text;
}

static int propose(const PfRemedyRoom *room, PfProposal *proposal, PfErr *err) {
        return pf_sshd_place_goal(room, proposal, &goal, value, err);
}

const PfRemedy pf_remedy_sshd_methods = {
        .check = "ssh.authentication-methods",
        .can_lease = true,
        .wont = "it takes away no way to log in, and changes nothing of PAM",
        .propose = propose,
};
