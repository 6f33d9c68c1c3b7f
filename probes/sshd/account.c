/* SPDX-License-Identifier: MIT */
/*
 * Whom it is about: is there such an account, and what does sshd itself make
 * of its dates, shell and password? With UsePAM most of that is PAM's to say,
 * and is said by the stages that ask PAM.
 */
#include "probes/sshd/stages.h"

#include <string.h>

#include "probes/account-state.h"
#include "probes/sshd/pam.h"
#include "probes/sshd/session.h"

#define PASSWD_PATH "/etc/passwd"
#define NOLOGIN_PATH "/etc/nologin"
#define ANY_EXECUTE 0111

static int64_t now_sec(const PfTarget *target) {
        return (int64_t) (pf_target_now_usec(target) / 1000000);
}

static bool is_on(const PfSshdRoom *room, const char *keyword) {
        const char *text = pf_sshd_effective_text(room->look->effective, keyword);

        return text && strcmp(text, "yes") == 0;
}

static int skip_for_pam(const PfSshdRoom *room, const PfCheck *stage) {
        return pf_report_skip(room->report, stage, "UsePAM is on: PAM decides");
}

static int skip_without_account(const PfSshdRoom *room, const PfCheck *stage) {
        return pf_report_skip(room->report, stage, "there is no such account");
}

/* --- is it there? --- */

int pf_sshd_stage_account(const PfSshdRoom *room, const PfCheck *stage, PfErr *err) {
        const PfSshdAccount *account = &room->look->account;
        const char *name = room->demand->account;
        (void) err;

        if (account->exists) {
                (void) pf_report_pass(room->report, stage, "there is an account %s", name);
                return pf_report_evidence(room->report, room->target, PASSWD_PATH, account->line,
                                          account->shown, NULL);
        }
        if (*account->service) {
                (void) pf_report_unknown(room->report, stage,
                                         "%s is not in %s, and whether %s knows it could not be "
                                         "asked",
                                         name, PASSWD_PATH, account->service);
                return pf_report_evidence(room->report, room->target, "/etc/nsswitch.conf", 0,
                                          account->service, NULL);
        }
        (void) pf_report_fail(room->report, stage, "there is no account %s%s", name,
                              account->skipped_line ? " that the C library can read" : "");
        pf_report_reason(room->report, "user-unknown");
        (void) pf_report_evidence(room->report, room->target, PASSWD_PATH, account->skipped_line,
                                  NULL, "a line for the account");
        return pf_report_remedy(room->report, "ask with an account that this machine has");
}

/* --- what of it sshd judges itself --- */

static int answer_dates(const PfSshdRoom *room, const PfCheck *stage, PfAgeing ageing) {
        const PfShadow *shadow = &room->look->shadow;
        const char *name = room->demand->account;

        if (ageing == PF_AGEING_FINE)
                return pf_report_pass(room->report, stage, "no date keeps %s out", name);
        (void) pf_report_fail(room->report, stage, "%s: %s", name, pf_ageing_why(ageing));
        pf_report_reason(room->report, pf_ageing_reason(ageing));
        (void) pf_report_evidence(
                room->report, room->target, PF_SHADOW_PATH, shadow->line, shadow->shown,
                ageing == PF_AGEING_ACCOUNT_EXPIRED ? "no expiry, or a later one"
                                                    : "a password changed in time");
        if (ageing == PF_AGEING_ACCOUNT_EXPIRED)
                return pf_report_remedy(room->report, "chage -E -1 %s, if the account is wanted",
                                        name);
        return pf_report_remedy(room->report, "set a new password with passwd %s", name);
}

static int answer_unreadable(const PfSshdRoom *room, const PfCheck *stage) {
        return pf_report_unknown(room->report, stage, "%s",
                                 pf_err_text(&room->look->shadow_reason, room->look->shadow_error));
}

static int fail_password(const PfSshdRoom *room, const PfCheck *stage,
                         const PfPasswordState *state) {
        const char *name = room->demand->account;

        (void) pf_report_fail(room->report, stage, "%s: %s", name, state->why);
        pf_report_reason(room->report, pf_password_reason(state->kind));
        (void) pf_report_evidence(room->report, room->target, state->path, state->line,
                                  state->found, "the hash of a password");
        return pf_report_remedy(room->report, "set a password with passwd %s", name);
}

static int judge_password(const PfSshdRoom *room, PfPasswordState *ret, PfErr *err) {
        const PfSshdLook *look = room->look;

        return pf_account_password(room->target, &look->account,
                                   look->shadow_error < 0 ? NULL : &look->shadow, PF_JUDGE_SSHD,
                                   ret, err);
}

int pf_sshd_stage_account_state(const PfSshdRoom *room, const PfCheck *stage, PfErr *err) {
        const PfSshdLook *look = room->look;
        PfPasswordState state;
        int r;

        if (is_on(room, "usepam"))
                return skip_for_pam(room, stage);
        if (!look->account.exists)
                return skip_without_account(room, stage);
        if (look->shadow_error < 0)
                return answer_unreadable(room, stage);
        r = judge_password(room, &state, err);
        if (r < 0)
                return r;
        if (look->shadow.exists &&
            pf_account_is_expired(&look->shadow, PF_JUDGE_SSHD, now_sec(room->target)))
                return answer_dates(room, stage, PF_AGEING_ACCOUNT_EXPIRED);
        if (state.kind == PF_PASSWORD_LOCKED)
                return fail_password(room, stage, &state);
        return pf_report_pass(room->report, stage, "%s is neither locked nor expired",
                              room->demand->account);
}

/* An empty password is asked for by the method "none", before any is sent. */
static int answer_empty(const PfSshdRoom *room, const PfCheck *stage,
                        const PfPasswordState *state) {
        if (is_on(room, "permitemptypasswords"))
                return pf_report_pass(room->report, stage, "%s has no password, and needs none",
                                      room->demand->account);
        (void) fail_password(room, stage, state);
        return pf_report_remedy(room->report,
                                "set a password with passwd %s; sshd takes no empty "
                                "one",
                                room->demand->account);
}

int pf_sshd_stage_password(const PfSshdRoom *room, const PfCheck *stage, PfErr *err) {
        PfPasswordState state;
        int r;

        if (is_on(room, "usepam"))
                return skip_for_pam(room, stage);
        if (!room->look->account.exists)
                return skip_without_account(room, stage);
        r = judge_password(room, &state, err);
        if (r < 0)
                return r;
        switch (state.kind) {
        case PF_PASSWORD_UNKNOWN:
                return pf_report_unknown(room->report, stage, "%s", state.why);
        case PF_PASSWORD_EMPTY:
                return answer_empty(room, stage, &state);
        case PF_PASSWORD_CAN_MATCH:
                (void) pf_report_pass(room->report, stage, "%s has a password",
                                      room->demand->account);
                return pf_report_evidence(room->report, room->target, state.path, state.line,
                                          state.found, NULL);
        default:
                return fail_password(room, stage, &state);
        }
}

/* --- the shell --- */

static int fail_shell(const PfSshdRoom *room, const PfCheck *stage, const char *why) {
        const PfSshdAccount *account = &room->look->account;

        (void) pf_report_fail(room->report, stage, "the shell of %s, %s, %s", room->demand->account,
                              account->shell, why);
        pf_report_reason(room->report, "shell-missing");
        (void) pf_report_evidence(room->report, room->target, PASSWD_PATH, account->line,
                                  account->shown, "a shell that can be executed");
        (void) pf_report_evidence(room->report, NULL, account->shell, 0, NULL,
                                  "an executable file");
        return pf_report_remedy(room->report, "give %s a shell that exists: chsh -s /bin/sh %s",
                                room->demand->account, room->demand->account);
}

/* sshd looks at it from outside, so not at all where the session goes into a
 * chroot; and it is in / when it does. */
int pf_sshd_stage_shell(const PfSshdRoom *room, const PfCheck *stage, PfErr *err) {
        const PfSshdAccount *account = &room->look->account;
        const PfSshdSetting *chroot;
        PF_AUTO_FREE char *path = NULL;
        PfFileInfo info;
        int r;

        if (!account->exists)
                return skip_without_account(room, stage);
        chroot = pf_sshd_get(room, stage, "chrootdirectory");
        if (!chroot)
                return 0;
        if (strcasecmp(pf_sshd_text_of(chroot), "none") != 0)
                return pf_report_skip(room->report, stage,
                                      "sshd does not look for a shell where there is a "
                                      "ChrootDirectory");
        if (asprintf(&path, "%s%s", *account->shell == '/' ? "" : "/", account->shell) < 0) {
                path = NULL;
                return -ENOMEM;
        }
        r = pf_target_stat(room->target, path, &info, err);
        if (r == PF_TARGET_ABSENT || r == -ENOTDIR || r == -ENAMETOOLONG || r == -ELOOP)
                return fail_shell(room, stage, "does not exist");
        if (r < 0)
                return r;
        if (info.type != PF_FILE_REGULAR)
                return fail_shell(room, stage, "is not a file");
        if (!(info.mode & ANY_EXECUTE))
                return fail_shell(room, stage, "is not executable");
        return pf_report_pass(room->report, stage, "the shell of %s exists: %s",
                              room->demand->account, account->shell);
}

/* --- once it is let in --- */

static int age_by_pam(const PfSshdRoom *room, const PfCheck *stage, PfErr *err) {
        PF_AUTO_PAM_VERDICT PfPamVerdict verdict = { 0 };
        PfPamQuestion question;
        int r;

        pf_sshd_pam_question(room, &question);
        if (room->look->shadow_error < 0)
                question.shadow = NULL;
        r = pf_pam_evaluate(&question, PF_PAM_ACCOUNT, &verdict, err);
        if (r < 0)
                return r;
        if (verdict.code == PF_PAM_NEW_AUTHTOK_REQD)
                return answer_dates(room, stage, PF_AGEING_CHANGE_REQUIRED);
        if (verdict.code == PF_PAM_UNKNOWN)
                return pf_report_unknown(room->report, stage,
                                         "whether PAM wants a new password could not be told: %s",
                                         verdict.answer.why ? verdict.answer.why : "no reason");
        return pf_report_pass(room->report, stage, "PAM wants no new password of %s",
                              room->demand->account);
}

/* Who must change the password is let in, and gets passwd(1), which wants a
 * terminal, in place of the session. */
int pf_sshd_stage_password_age(const PfSshdRoom *room, const PfCheck *stage, PfErr *err) {
        const PfSshdLook *look = room->look;

        if (!look->account.exists)
                return skip_without_account(room, stage);
        if (is_on(room, "usepam"))
                return age_by_pam(room, stage, err);
        if (look->shadow_error < 0)
                return answer_unreadable(room, stage);
        if (!look->shadow.exists)
                return pf_report_pass(room->report, stage, "%s has no dates",
                                      room->demand->account);
        return answer_dates(room, stage,
                            pf_account_ageing(&look->shadow, PF_JUDGE_SSHD, now_sec(room->target)));
}

/* sshd looks for it when the session is confined already. The caller frees *@ret. */
static int nologin_path(const PfSshdRoom *room, char **ret) {
        const PfSshdSetting *setting =
                pf_sshd_effective_get(room->look->effective, "chrootdirectory");
        PF_AUTO_FREE char *directory = NULL;
        int r = setting ? pf_sshd_chroot_directory(room, pf_sshd_text_of(setting), &directory) : 0;

        if (r < 0)
                return r;
        *ret = NULL;
        if (asprintf(ret, "%s" NOLOGIN_PATH, r == 0 && directory ? directory : "") < 0)
                return -ENOMEM;
        return 0;
}

int pf_sshd_stage_nologin(const PfSshdRoom *room, const PfCheck *stage, PfErr *err) {
        PF_AUTO_FREE char *path = NULL;
        PfFileInfo info;
        int r;

        if (is_on(room, "usepam"))
                return skip_for_pam(room, stage);
        if (pf_sshd_is_root(room))
                return pf_report_skip(room->report, stage, NOLOGIN_PATH " does not concern root");
        r = nologin_path(room, &path);
        if (r < 0)
                return r;
        r = pf_target_stat(room->target, path, &info, err);
        if (r == PF_TARGET_ABSENT)
                return pf_report_pass(room->report, stage, "there is no %s", path);
        if (r < 0)
                return r;
        (void) pf_report_fail(room->report, stage, "%s keeps everybody but root out", path);
        pf_report_reason(room->report, "nologin");
        (void) pf_report_evidence(room->report, NULL, path, 0, NULL, "no such file");
        return pf_report_remedy(room->report, "remove %s when the maintenance is over", path);
}
