/* SPDX-License-Identifier: MIT */
/*
 * What the modules share that count failed logins: whom they concern, and when
 * a lock opens.
 */
#include "probes/pam/lockout.h"

#include <string.h>

int pf_lockout_answer(const PfPamQuestion *question, const PfLockout *lockout,
                      PfPamAnswer *answer) {
        int r;

        switch (lockout->state) {
        case PF_LOCKOUT_LOCKED:
                r = pf_pam_answer_set(answer, PF_PAM_AUTH_ERR, "faillock", "%s", lockout->why);
                if (r == 0)
                        r = pf_pam_answer_evidence(answer, question->target, lockout->path, 0, NULL,
                                                   "fewer failed logins");
                return r;
        case PF_LOCKOUT_BROKEN:
                r = pf_pam_answer_set(answer, lockout->code, "faillock", "%s", lockout->why);
                if (r == 0 && *lockout->path)
                        r = pf_pam_answer_evidence(answer, question->target, lockout->path, 0, NULL,
                                                   NULL);
                return r;
        case PF_LOCKOUT_UNKNOWN:
                return pf_pam_answer_set(answer, PF_PAM_UNKNOWN, NULL, "%s", lockout->why);
        default:
                answer->code = PF_PAM_SUCCESS;
                return 0;
        }
}
