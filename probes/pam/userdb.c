/* SPDX-License-Identifier: MIT */
/*
 * pam_userdb: a password of its own, in a Berkeley DB. It asks for it itself,
 * and sshd gives every question the same answer.
 *
 * Rule: pam_userdb(8), and the observed behaviour of 1.5.2: a database that is
 *       not there is an error of the service; one that is is not read here.
 */
#include "probes/pam/policy.h"

#define REASON "pam-second-factor"

static int run(const PfPamQuestion *question, PfPamFacility facility, const PfPamLine *line,
               PfPamAnswer *answer, PfErr *err) {
        const char *reason = facility == PF_PAM_AUTH ? REASON : NULL;
        const char *base = pf_pam_last_argument(line, "db");
        PF_AUTO_FREE char *path = NULL;
        PfFileInfo info;
        int r;

        if (!base)
                return facility == PF_PAM_AUTH
                               ? pf_pam_answer_set(answer, PF_PAM_SERVICE_ERR, reason,
                                                   "pam_userdb is given no database")
                               : pf_pam_answer_set(
                                         answer, PF_PAM_UNKNOWN, NULL,
                                         "depends on what pam_userdb does without a database");
        if (asprintf(&path, "%s.db", base) < 0)
                return -ENOMEM;
        r = *base == '/' ? pf_target_stat(question->target, path, &info, err) : PF_TARGET_ABSENT;
        if (r == 0)
                return pf_pam_answer_set(
                        answer, PF_PAM_UNKNOWN, reason,
                        "depends on the database of pam_userdb, which is not read");
        if (r < 0)
                return r;
        return pf_pam_answer_set(answer, PF_PAM_SERVICE_ERR, reason,
                                 "pam_userdb asks for a password of its own, and its database is "
                                 "not there");
}

const PfPamModule pf_pam_userdb = {
        .name = "pam_userdb",
        .facilities = 1 << PF_PAM_AUTH | 1 << PF_PAM_ACCOUNT,
        .run = run,
};
