/* SPDX-License-Identifier: MIT */
/*
 * pam_rhosts: /etc/hosts.equiv and ~/.rhosts.
 *
 * Rule: pam_rhosts(8): it needs the name of the user at the other end
 *       (PAM_RUSER), and sshd never says one.
 */
#include "probes/pam/policy.h"

static int run(const PfPamQuestion *question, PfPamFacility facility, const PfPamLine *line,
               PfPamAnswer *answer, PfErr *err) {
        (void) question;
        (void) facility;
        (void) line;
        (void) err;
        return pf_pam_answer_set(answer, PF_PAM_AUTH_ERR, NULL,
                                 "pam_rhosts asks for a remote user, whom sshd does not name");
}

const PfPamModule pf_pam_rhosts = {
        .name = "pam_rhosts",
        .facilities = 1 << PF_PAM_AUTH,
        .run = run,
};
