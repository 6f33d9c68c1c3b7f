/* SPDX-License-Identifier: MIT */
/*
 * pam_securetty: root only on terminals that /etc/securetty lists.
 *
 * Rule: pam_securetty(8). sshd names the terminal "ssh", which is neither a
 *       console of the kernel's command line nor an active one.
 */
#include <string.h>

#include "probes/pam/policy.h"

#define SECURETTY_PATH "/etc/securetty"
#define LINE_BYTES 255

static int run(const PfPamQuestion *question, PfPamFacility facility, const PfPamLine *line,
               PfPamAnswer *answer, PfErr *err) {
        const char *tty =
                strncmp(question->tty, "/dev/", 5) == 0 ? question->tty + 5 : question->tty;
        PF_AUTO_BUF PfBuf buf = PF_BUF_INIT(PF_PAM_FILE_MAX);
        PF_AUTO_FREE char *text = NULL;
        unsigned number;
        int r;

        (void) facility;
        (void) line;
        if (question->account->exists && question->account->uid != 0)
                return 0;
        r = pf_pam_read_plain(question->target, SECURETTY_PATH, &buf, err);
        if (r == PF_TARGET_ABSENT)
                return 0; /* every terminal is as good as any other */
        if (r == 0 && !question->account->exists)
                return pf_pam_answer_unknown_user(answer);
        if (r == 0)
                r = pf_pam_find_line(&buf, LINE_BYTES, pf_pam_line_is, tty, &number, &text);
        if (r <= 0)
                return r;
        r = pf_pam_answer_set(
                answer, PF_PAM_AUTH_ERR, NULL,
                r == PF_PAM_FILE_REFUSED
                        ? "/etc/securetty is not a plain file, or anybody may write it"
                        : "root may not log in on the terminal \"%s\"",
                tty);
        return r < 0 ? r
                     : pf_pam_answer_evidence(answer, question->target, SECURETTY_PATH, 0, NULL,
                                              tty);
}

const PfPamModule pf_pam_securetty = {
        .name = "pam_securetty",
        .facilities = 1 << PF_PAM_AUTH | 1 << PF_PAM_ACCOUNT,
        .run = run,
};
