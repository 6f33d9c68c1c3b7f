/* SPDX-License-Identifier: MIT */
/*
 * pam_group: gives groups by group.conf when credentials are set, and has no say
 * in whether somebody is let in.
 *
 * Rule: pam_group(8).
 */
#include "probes/pam/policy.h"

static int run(const PfPamQuestion *question, PfPamFacility facility, const PfPamLine *line,
               PfPamAnswer *answer, PfErr *err) {
        (void) question;
        (void) facility;
        (void) line;
        (void) err;
        return pf_pam_answer_set(answer, PF_PAM_IGNORE, NULL, "pam_group does not authenticate");
}

const PfPamModule pf_pam_group = {
        .name = "pam_group",
        .facilities = 1 << PF_PAM_AUTH,
        .run = run,
};
