/* SPDX-License-Identifier: MIT */
/*
 * pam_shells: the account's shell must stand in /etc/shells.
 *
 * Rule: pam_shells(8): the file must be a plain one that not everybody may write.
 */
#include "probes/pam/policy.h"

#define SHELLS_PATH "/etc/shells"
#define REASON "pam-shells"

static int refuse(const PfPamQuestion *question, PfPamAnswer *answer, const char *why,
                  const char *expected) {
        int r = pf_pam_answer_set(answer, PF_PAM_AUTH_ERR, REASON, "%s", why);

        return r < 0 ? r
                     : pf_pam_answer_evidence(answer, question->target, SHELLS_PATH, 0, NULL,
                                              expected);
}

static int run(const PfPamQuestion *question, PfPamFacility facility, const PfPamLine *line,
               PfPamAnswer *answer, PfErr *err) {
        PF_AUTO_BUF PfBuf buf = PF_BUF_INIT(PF_PAM_FILE_MAX);
        PF_AUTO_FREE char *text = NULL;
        unsigned number;
        int r;

        (void) facility;
        (void) line;
        if (!question->account->exists)
                return pf_pam_answer_set(answer, PF_PAM_AUTH_ERR, REASON,
                                         "there is no such account");
        r = pf_pam_read_plain(question->target, SHELLS_PATH, &buf, err);
        if (r == PF_TARGET_ABSENT)
                return refuse(question, answer, "/etc/shells is not there",
                              question->account->shell);
        if (r == PF_PAM_FILE_REFUSED)
                return refuse(question, answer,
                              "/etc/shells is not a plain file, or anybody may write it",
                              "a file of mode 0644");
        if (r == 0)
                r = pf_pam_find_line(&buf, 0, pf_pam_line_is, question->account->shell, &number,
                                     &text);
        return r == PF_TARGET_ABSENT
                       ? refuse(question, answer, "the account's shell is not in /etc/shells",
                                question->account->shell)
                       : r;
}

const PfPamModule pf_pam_shells = {
        .name = "pam_shells",
        .facilities = 1 << PF_PAM_AUTH | 1 << PF_PAM_ACCOUNT,
        .run = run,
};
