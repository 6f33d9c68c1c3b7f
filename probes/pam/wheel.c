/* SPDX-License-Identifier: MIT */
/*
 * pam_wheel: is who runs the service in the group wheel? Made for su; for sshd
 * that is root.
 *
 * Rule: pam_wheel(8), and the observed behaviour of Debian's 1.5.2, which always
 *       asks for the process's own user; elsewhere that takes the word use_uid,
 *       and without it the module looks for a terminal's user, of which sshd's
 *       child has none that is certain.
 */
#include "probes/pam/policy.h"

/* Is root in the group that is asked for? */
static int is_in_group(const PfPamQuestion *question, const char *group, bool *ret_exists,
                       bool *ret, PfErr *err) {
        PF_AUTO_SSHD_ACCOUNT PfSshdAccount root = { 0 };
        PfPamQuestion for_root = *question;
        int r;

        r = pf_sshd_account_read(question->target, "root", &root, err);
        if (r < 0)
                return r;
        for_root.account = &root;
        if (!root.exists)
                return pf_err_set(err, -ENOENT, "there is no account root");
        r = pf_pam_find_group(&for_root, group ? group : "wheel", ret_exists, ret, err);
        if (r == 0 && !group && !*ret_exists) {
                *ret_exists = true;
                *ret = root.gid == 0;
        }
        return r;
}

static PfPamCode judge(bool is_member, bool deny, bool trust) {
        if (is_member == deny)
                return PF_PAM_PERM_DENIED;
        return trust ? PF_PAM_SUCCESS : PF_PAM_IGNORE;
}

static int run(const PfPamQuestion *question, PfPamFacility facility, const PfPamLine *line,
               PfPamAnswer *answer, PfErr *err) {
        bool deny = pf_pam_has_argument(line, "deny");
        bool exists, is_member;
        PfPamCode code;
        int r;

        (void) facility;
        if (!question->account->exists)
                return pf_pam_answer_unknown_user(answer);
        if (pf_pam_has_argument(line, "root_only") && question->account->uid != 0)
                return pf_pam_answer_set(answer, PF_PAM_IGNORE, NULL, "the user is not root");
        if (!pf_pam_has_argument(line, "use_uid") && !pf_pam_is_debian_like(question->target))
                return pf_pam_answer_set(answer, PF_PAM_UNKNOWN, NULL,
                                         "depends on which terminal sshd was started from");
        r = is_in_group(question, pf_pam_last_argument(line, "group"), &exists, &is_member, err);
        if (r < 0)
                return r;
        code = exists ? judge(is_member, deny, pf_pam_has_argument(line, "trust"))
               : deny ? PF_PAM_IGNORE
                      : PF_PAM_AUTH_ERR;
        return code == PF_PAM_SUCCESS
                       ? 0
                       : pf_pam_answer_set(answer, code, NULL,
                                           "pam_wheel asks for the group of root, who runs sshd");
}

const PfPamModule pf_pam_wheel = {
        .name = "pam_wheel",
        .facilities = 1 << PF_PAM_AUTH | 1 << PF_PAM_ACCOUNT,
        .run = run,
};
