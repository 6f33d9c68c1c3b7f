/* SPDX-License-Identifier: MIT */
/*
 * The stages that PAM decides. sshd authenticates, asks about the account, sets
 * the credentials and opens the session, in this order; what each stack says
 * is found in probes/pam/.
 */
#include "probes/sshd/pam.h"

#include <string.h>

#include "probes/sshd/stages.h"

#define USEC_PER_SEC 1000000u

typedef struct Stage {
        const char *reason;   /* where a module has no word of its own */
        const char *subject;  /* "PAM refuses the password of": and whom */
        const char *approval; /* "PAM takes the password of" */
} Stage;

static const Stage authenticate = { "pam-auth", "PAM refuses the password of",
                                    "PAM takes the right password of" };
static const Stage account = { "pam-account",
                               "PAM does not let the account in:", "PAM lets the account in:" };
static const Stage credentials = { "pam-session", "PAM sets no credentials for",
                                   "PAM sets the credentials of" };
static const Stage session = { "pam-session", "PAM opens no session for",
                               "PAM opens a session for" };

static bool is_yes(const PfSshdRoom *room, const char *keyword) {
        const char *text = pf_sshd_effective_text(room->look->effective, keyword);

        return text && strcmp(text, "yes") == 0;
}

void pf_sshd_pam_question(const PfSshdRoom *room, PfPamQuestion *ret) {
        const PfDemand *demand = room->demand;

        *ret = (PfPamQuestion){
                .target = room->target,
                .service = PF_SSHD_PAM_SERVICE,
                .user = demand->account,
                .account = &room->look->account,
                .shadow = &room->look->shadow,
                .config = room->look->pam,
                .tty = "ssh",
                .source = demand->source,
                .source_host = room->look->host,
                .permit_empty = is_yes(room, "permitemptypasswords"),
                .now_sec = (int64_t) (pf_target_now_usec(room->target) / USEC_PER_SEC),
        };
}

/* Does PAM have a say? False, and answered, where not. */
static bool is_asked(const PfSshdRoom *room, const PfCheck *stage) {
        const PfSshdSetting *setting = pf_sshd_get(room, stage, "usepam");

        if (!setting)
                return false;
        if (strcmp(pf_sshd_text_of(setting), "yes") == 0)
                return true;
        (void) pf_report_skip(room->report, stage, "sshd does not use PAM");
        pf_sshd_evidence_of(room, setting, 0, NULL);
        return false;
}

static void show(const PfSshdRoom *room, const PfPamVerdict *verdict) {
        (void) pf_report_evidence_copy(room->report, verdict->evidence, verdict->n_evidence);
}

/* A line of shadow(5) is the account's, and nothing that might be removed. */
static void advise(const PfSshdRoom *room, const Stage *about, const char *path) {
        bool is_shadow = strcmp(path, "/etc/shadow") == 0;

        if (is_shadow && about != &account)
                (void) pf_report_remedy(room->report, "set a password: passwd %s",
                                        room->demand->account);
        else if (is_shadow)
                (void) pf_report_remedy(room->report, "chage -l %s tells the dates",
                                        room->demand->account);
        else
                (void) pf_report_remedy(room->report,
                                        "correct or remove what is named in %s, and try "
                                        "another login before closing this one",
                                        path);
}

static int answer_fail(const PfSshdRoom *room, const PfCheck *stage, const Stage *about,
                       const PfPamVerdict *verdict) {
        const PfPamAnswer *answer = &verdict->answer;

        (void) pf_report_fail(room->report, stage, "%s %s: %s", about->subject, PF_SSHD_WHOM(room),
                              answer->why ? answer->why : "it does not say why");
        pf_report_reason(room->report, answer->reason ? answer->reason : about->reason);
        show(room, verdict);
        if (verdict->n_evidence > 0 && verdict->evidence[0].path)
                advise(room, about, verdict->evidence[0].path);
        return room->report->error;
}

static int answer_unknown(const PfSshdRoom *room, const PfCheck *stage,
                          const PfPamVerdict *verdict) {
        const PfPamAnswer *answer = &verdict->answer;

        (void) pf_report_unknown(room->report, stage, "%s",
                                 answer->why ? answer->why : "PAM's answer is not known");
        pf_report_reason(room->report, answer->reason);
        show(room, verdict);
        return room->report->error;
}

static int answer_pass(const PfSshdRoom *room, const PfCheck *stage, const Stage *about,
                       const PfPamVerdict *verdict) {
        (void) pf_report_pass(room->report, stage, "%s %s", about->approval, PF_SSHD_WHOM(room));
        show(room, verdict);
        return room->report->error;
}

/* What the modules read of the account; without it nothing they say counts. */
static int need_shadow(const PfSshdRoom *room, PfErr *err) {
        if (room->look->shadow_error >= 0)
                return 0;
        return pf_err_set(err, room->look->shadow_error, "%s",
                          pf_err_text(&room->look->shadow_reason, room->look->shadow_error));
}

static int evaluate(const PfSshdRoom *room, PfPamFacility facility, PfPamVerdict *ret, PfErr *err) {
        PfPamQuestion question;
        int r = need_shadow(room, err);

        if (r < 0)
                return r;
        pf_sshd_pam_question(room, &question);
        return pf_pam_evaluate(&question, facility, ret, err);
}

static int answer(const PfSshdRoom *room, const PfCheck *stage, const Stage *about,
                  const PfPamVerdict *verdict, bool lets_ageing) {
        if (verdict->code == PF_PAM_UNKNOWN)
                return answer_unknown(room, stage, verdict);
        if (verdict->code == PF_PAM_SUCCESS ||
            (lets_ageing && verdict->code == PF_PAM_NEW_AUTHTOK_REQD))
                return answer_pass(room, stage, about, verdict);
        return answer_fail(room, stage, about, verdict);
}

static bool has_empty_password(const PfSshdRoom *room) {
        const PfShadow *shadow = &room->look->shadow;

        return shadow->exists && shadow->password && !*shadow->password;
}

/* sshd tells PAM whether an empty password may be right. */
static void show_empty_passwords(const PfSshdRoom *room) {
        const PfSshdSetting *setting =
                pf_sshd_effective_get(room->look->effective, "permitemptypasswords");

        if (setting && strcmp(pf_sshd_text_of(setting), "yes") != 0)
                pf_sshd_evidence_of(room, setting, 0, NULL);
}

int pf_sshd_stage_pam_auth(const PfSshdRoom *room, const PfCheck *stage, PfErr *err) {
        PF_AUTO_PAM_VERDICT PfPamVerdict verdict = { 0 };
        int r;

        if (!is_asked(room, stage))
                return 0;
        r = evaluate(room, PF_PAM_AUTH, &verdict, err);
        if (r == 0)
                r = answer(room, stage, &authenticate, &verdict, false);
        if (r == 0 && verdict.code != PF_PAM_SUCCESS && has_empty_password(room))
                show_empty_passwords(room);
        return r;
}

/* A password that has to be changed is no obstacle yet: that comes with the session. */
int pf_sshd_stage_pam_account(const PfSshdRoom *room, const PfCheck *stage, PfErr *err) {
        PF_AUTO_PAM_VERDICT PfPamVerdict verdict = { 0 };
        int r;

        if (!is_asked(room, stage))
                return 0;
        r = evaluate(room, PF_PAM_ACCOUNT, &verdict, err);
        return r < 0 ? r : answer(room, stage, &account, &verdict, true);
}

/* sshd ends a session whose credentials fail, and one that PAM does not open. */
int pf_sshd_stage_pam_session(const PfSshdRoom *room, const PfCheck *stage, PfErr *err) {
        PF_AUTO_PAM_VERDICT PfPamVerdict set = { 0 };
        PF_AUTO_PAM_VERDICT PfPamVerdict opened = { 0 };
        int r;

        if (!is_asked(room, stage))
                return 0;
        r = evaluate(room, PF_PAM_CREDENTIALS, &set, err);
        if (r == 0)
                r = evaluate(room, PF_PAM_SESSION, &opened, err);
        if (r < 0)
                return r;
        if (set.code != PF_PAM_SUCCESS && set.code != PF_PAM_UNKNOWN)
                return answer(room, stage, &credentials, &set, false);
        if (set.code == PF_PAM_UNKNOWN && opened.code == PF_PAM_SUCCESS)
                return answer_unknown(room, stage, &set);
        return answer(room, stage, &session, &opened, false);
}
