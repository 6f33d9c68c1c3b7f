/* SPDX-License-Identifier: MIT */
/*
 * pam_unix: the password in /etc/passwd and /etc/shadow, and the dates there.
 * With the right password; what a wrong one would come to is no question here.
 *
 * Rule: pam_unix(8); shadow(5); observed with 1.5.2.
 */
#include <string.h>

#include "probes/account-state.h"
#include "probes/pam/pam.h"

static int judge_password(const PfPamQuestion *question, PfPasswordState *ret, PfErr *err) {
        return pf_account_password(question->target, question->account, question->shadow,
                                   PF_JUDGE_PAM_UNIX, ret, err);
}

static int refuse(const PfPamQuestion *question, PfPamCode code, const char *reason,
                  const PfPasswordState *state, PfPamAnswer *answer) {
        int r;

        r = pf_pam_answer_set(answer, code, reason, "%s", state->why);
        if (r == 0)
                r = pf_pam_answer_evidence(answer, question->target, state->path, state->line,
                                           state->found, "the hash of a password");
        return r;
}

/* An empty password lets in whoever asks, unless sshd or the line forbids it. */
static int authenticate_empty(const PfPamQuestion *question, const PfPamLine *line,
                              const PfPasswordState *state, PfPamAnswer *answer) {
        bool nullok = pf_pam_has_argument(line, "nullok");

        if (!question->permit_empty)
                return refuse(question, PF_PAM_AUTH_ERR, "no-usable-hash", state, answer);
        if (nullok)
                return 0;
        if (pf_pam_has_argument(line, "nullok_secure"))
                return pf_pam_answer_set(answer, PF_PAM_UNKNOWN, NULL,
                                         "the password is empty, and what nullok_secure means "
                                         "depends on the release");
        /* Without evidence of its own the line of the stack is shown: it lacks the word. */
        return pf_pam_answer_set(answer, PF_PAM_AUTH_ERR, "empty-password",
                                 "the password is empty, and pam_unix is not told nullok");
}

static int authenticate(const PfPamQuestion *question, const PfPamLine *line, PfPamAnswer *answer,
                        PfErr *err) {
        PfPasswordState state;
        int r;

        r = judge_password(question, &state, err);
        if (r < 0)
                return r;
        switch (state.kind) {
        case PF_PASSWORD_CAN_MATCH:
                return 0;
        case PF_PASSWORD_EMPTY:
                return authenticate_empty(question, line, &state, answer);
        case PF_PASSWORD_UNKNOWN:
                return pf_pam_answer_set(answer, PF_PAM_UNKNOWN, NULL, "%s", state.why);
        case PF_PASSWORD_ABSENT:
                return refuse(question, PF_PAM_AUTHINFO_UNAVAIL, "no-usable-hash", &state, answer);
        default:
                return refuse(question, PF_PAM_AUTH_ERR, pf_password_reason(state.kind), &state,
                              answer);
        }
}

static const PfPamCode codes[] = {
        [PF_AGEING_FINE] = PF_PAM_SUCCESS,
        [PF_AGEING_ACCOUNT_EXPIRED] = PF_PAM_ACCT_EXPIRED,
        [PF_AGEING_PASSWORD_INACTIVE] = PF_PAM_AUTHTOK_EXPIRED,
        [PF_AGEING_CHANGE_REQUIRED] = PF_PAM_NEW_AUTHTOK_REQD,
};

/* no_pass_expiry: the age of a password counts only for who used it here; and
 * it was used here if it can match. */
static PfAgeing forgive(const PfPamLine *line, const PfPasswordState *state, PfAgeing ageing) {
        if (ageing != PF_AGEING_ACCOUNT_EXPIRED && state->kind != PF_PASSWORD_CAN_MATCH &&
            pf_pam_has_argument(line, "no_pass_expiry"))
                return PF_AGEING_FINE;
        return ageing;
}

static int account_dates(const PfPamQuestion *question, const PfPamLine *line,
                         const PfPasswordState *state, PfPamAnswer *answer) {
        const PfShadow *shadow = question->shadow;
        PfAgeing ageing = forgive(line, state,
                                  pf_account_dates(shadow, PF_JUDGE_PAM_UNIX, question->now_sec));
        int r;

        if (ageing == PF_AGEING_FINE)
                return 0;
        r = pf_pam_answer_set(answer, codes[ageing], pf_ageing_reason(ageing), "%s",
                              pf_ageing_why(ageing));
        if (r == 0)
                r = pf_pam_answer_evidence(answer, question->target, PF_SHADOW_PATH, shadow->line,
                                           shadow->shown, "later dates");
        return r;
}

static int manage_account(const PfPamQuestion *question, const PfPamLine *line, PfPamAnswer *answer,
                          PfErr *err) {
        PfPasswordState state;
        int r;

        r = judge_password(question, &state, err);
        if (r < 0)
                return r;
        if (pf_account_has_dates(question->account, question->shadow, PF_JUDGE_PAM_UNIX))
                return account_dates(question, line, &state, answer);
        if (state.kind == PF_PASSWORD_UNKNOWN)
                return pf_pam_answer_set(answer, PF_PAM_UNKNOWN, NULL, "%s", state.why);
        if (state.kind == PF_PASSWORD_ABSENT && !pf_pam_has_argument(line, "broken_shadow"))
                return refuse(question, PF_PAM_AUTHINFO_UNAVAIL, "no-usable-hash", &state, answer);
        return 0;
}

static int run(const PfPamQuestion *question, PfPamFacility facility, const PfPamLine *line,
               PfPamAnswer *answer, PfErr *err) {
        if (facility == PF_PAM_SESSION)
                return 0;
        if (!question->account->exists)
                return pf_pam_answer_set(answer, PF_PAM_USER_UNKNOWN, "user-unknown",
                                         "there is no such user");
        if (facility == PF_PAM_AUTH)
                return authenticate(question, line, answer, err);
        return manage_account(question, line, answer, err);
}

const PfPamModule pf_pam_unix = {
        .name = "pam_unix",
        .facilities = 1 << PF_PAM_AUTH | 1 << PF_PAM_ACCOUNT | 1 << PF_PAM_SESSION,
        .run = run,
};
