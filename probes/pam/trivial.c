/* SPDX-License-Identifier: MIT */
/*
 * Modules whose answer rests on nothing that a machine has, or on their words
 * alone. What each returns in which function is from its manual page, and from
 * calling it: pam_deny(8), pam_permit(8), pam_env(8) …
 */
#include "probes/pam/modules.h"

#include <string.h>

#include "probes/pam/control.h"

#define AUTH (1u << PF_PAM_AUTH)
#define ACCOUNT (1u << PF_PAM_ACCOUNT)
#define SESSION (1u << PF_PAM_SESSION)
#define PASSWORD (1u << PF_PAM_PASSWORD)
#define CREDENTIALS (1u << PF_PAM_CREDENTIALS)
#define ALL (AUTH | ACCOUNT | SESSION | PASSWORD)

/* The same code in whatever it has a function for. */
static int always(PfPamCode code, PfPamAnswer *answer) {
        answer->code = code;
        return 0;
}

static int succeeds(const PfPamQuestion *question, PfPamFacility facility, const PfPamLine *line,
                    PfPamAnswer *answer, PfErr *err) {
        (void) question;
        (void) facility;
        (void) line;
        (void) err;
        return always(PF_PAM_SUCCESS, answer);
}

static int ignores(const PfPamQuestion *question, PfPamFacility facility, const PfPamLine *line,
                   PfPamAnswer *answer, PfErr *err) {
        (void) question;
        (void) facility;
        (void) line;
        (void) err;
        return always(PF_PAM_IGNORE, answer);
}

/* About the user's things in a session; before that it has nothing to say. */
static int serves_user(const PfPamQuestion *question, PfPamFacility facility, const PfPamLine *line,
                       PfPamAnswer *answer, PfErr *err) {
        (void) err;
        if (facility == PF_PAM_AUTH)
                return always(PF_PAM_IGNORE, answer);
        if (question->account->exists)
                return always(PF_PAM_SUCCESS, answer);
        return pf_pam_answer_set(answer, PF_PAM_USER_UNKNOWN, NULL, "%s finds no such account",
                                 line->name);
}

static int deny(const PfPamQuestion *question, PfPamFacility facility, const PfPamLine *line,
                PfPamAnswer *answer, PfErr *err) {
        static const PfPamCode codes[] = {
                [PF_PAM_AUTH] = PF_PAM_AUTH_ERR,        [PF_PAM_ACCOUNT] = PF_PAM_AUTH_ERR,
                [PF_PAM_SESSION] = PF_PAM_SESSION_ERR,  [PF_PAM_PASSWORD] = PF_PAM_AUTHTOK_ERR,
                [PF_PAM_CREDENTIALS] = PF_PAM_CRED_ERR,
        };
        (void) question;
        (void) line;
        (void) err;

        return pf_pam_answer_set(answer, codes[facility], NULL, "pam_deny denies everybody");
}

/* pam_debug(8): auth=auth_err, acct=…; a word that is no code counts for nothing. */
static int debug(const PfPamQuestion *question, PfPamFacility facility, const PfPamLine *line,
                 PfPamAnswer *answer, PfErr *err) {
        static const char *const words[] = {
                [PF_PAM_AUTH] = "auth",
                [PF_PAM_ACCOUNT] = "acct",
                [PF_PAM_SESSION] = "open_session",
                [PF_PAM_PASSWORD] = "chauthtok",
                [PF_PAM_CREDENTIALS] = "cred",
        };
        const char *value = pf_pam_argument(line, words[facility]);
        (void) question;
        (void) err;

        for (PfPamCode code = PF_PAM_OPEN_ERR; value && code < PF_PAM_N_CODES; code++)
                if (strcmp(value, pf_pam_code_to_string(code)) == 0)
                        return pf_pam_answer_set(answer, code, NULL, "pam_debug is told to say %s",
                                                 value);
        return always(PF_PAM_SUCCESS, answer);
}

/* pam_env(8): a file of variables that is missing is no error, the module's own
 * file is. Of an account it says that nobody should ask it. */
static int env(const PfPamQuestion *question, PfPamFacility facility, const PfPamLine *line,
               PfPamAnswer *answer, PfErr *err) {
        const char *path = pf_pam_argument(line, "conffile");
        PfFileInfo info;
        int r;

        if (facility == PF_PAM_AUTH)
                return always(PF_PAM_IGNORE, answer);
        if (facility == PF_PAM_ACCOUNT || facility == PF_PAM_PASSWORD)
                return pf_pam_answer_set(answer, PF_PAM_SERVICE_ERR, NULL,
                                         "pam_env cannot be asked about an account");
        if (!path)
                return always(PF_PAM_SUCCESS, answer);
        r = pf_target_stat(question->target, path, &info, err);
        if (r < 0)
                return r;
        return always(r == PF_TARGET_ABSENT ? PF_PAM_IGNORE : PF_PAM_SUCCESS, answer);
}

/* pam_sepermit(8): only those its file names are its business. */
static int sepermit(const PfPamQuestion *question, PfPamFacility facility, const PfPamLine *line,
                    PfPamAnswer *answer, PfErr *err) {
        const char *path = pf_pam_argument(line, "conf");
        PF_AUTO_BUF PfBuf file = PF_BUF_INIT(1u << 20);
        size_t n = strlen(question->user);
        int r;
        (void) facility;

        r = pf_target_read(question->target, path ? path : "/etc/security/sepermit.conf", 1u << 20,
                           &file, err);
        if (r < 0)
                return r;
        for (const char *at = file.data; at && *at; at = strchr(at, '\n')) {
                at += strspn(at, " \t\n");
                if (*at == '@' || *at == '%' ||
                    (strncmp(at, question->user, n) == 0 && strchr(" \t:\r\n", at[n])))
                        return pf_pam_answer_set(answer, PF_PAM_UNKNOWN, NULL,
                                                 "pam_sepermit asks SELinux about %s",
                                                 question->user);
        }
        return always(PF_PAM_IGNORE, answer);
}

/* Its reader is for people at the machine: who comes over the network is not asked. */
static int fprintd(const PfPamQuestion *question, PfPamFacility facility, const PfPamLine *line,
                   PfPamAnswer *answer, PfErr *err) {
        (void) question;
        (void) facility;
        (void) line;
        (void) err;
        return pf_pam_answer_set(answer, PF_PAM_AUTHINFO_UNAVAIL, NULL,
                                 "pam_fprintd takes no fingerprints over the network");
}

static int ftp(const PfPamQuestion *question, PfPamFacility facility, const PfPamLine *line,
               PfPamAnswer *answer, PfErr *err) {
        const char *users = pf_pam_argument(line, "users");
        (void) facility;
        (void) err;

        if (users || strcmp(question->user, "ftp") == 0 || strcmp(question->user, "anonymous") == 0)
                return pf_pam_answer_set(answer, PF_PAM_UNKNOWN, NULL,
                                         "pam_ftp takes a mail address for the password");
        return pf_pam_answer_set(answer, PF_PAM_AUTH_ERR, NULL, "pam_ftp knows only guests");
}

/* Asks for something besides the password. sshd answers every question with the
 * password, but whether this account is asked at all lies with the service. */
static int second_factor(const PfPamQuestion *question, PfPamFacility facility,
                         const PfPamLine *line, PfPamAnswer *answer, PfErr *err) {
        (void) question;
        (void) err;
        if (facility != PF_PAM_AUTH)
                return always(PF_PAM_SUCCESS, answer);
        return pf_pam_answer_set(answer, PF_PAM_UNKNOWN, "pam-second-factor",
                                 "%s may ask for more than the password", line->name);
}

/* Without a secret of the user's it has nothing to compare with: "nullok" lets
 * such in. With one, the password is not the code it wants. */
static int google_authenticator(const PfPamQuestion *question, PfPamFacility facility,
                                const PfPamLine *line, PfPamAnswer *answer, PfErr *err) {
        PF_AUTO_BUF PfBuf path = PF_BUF_INIT(8192);
        PfFileInfo info;
        int r;

        if (facility != PF_PAM_AUTH || pf_pam_argument(line, "secret"))
                return second_factor(question, facility, line, answer, err);
        r = pf_buf_printf(&path, "%s/.google_authenticator",
                          question->account->home ? question->account->home : "");
        if (r == 0)
                r = pf_target_stat(question->target, path.data, &info, err);
        if (r < 0)
                return r;
        if (r == PF_TARGET_ABSENT && pf_pam_has_argument(line, "nullok"))
                return always(PF_PAM_IGNORE, answer);
        return pf_pam_answer_set(answer, PF_PAM_AUTH_ERR, "pam-second-factor",
                                 "%s wants a code besides the password", line->name);
}

const PfPamModule pf_pam_trivial[] = {
        { "pam_permit", ALL, PF_PAM_SUCCESS, succeeds },
        { "pam_deny", ALL | CREDENTIALS, PF_PAM_CRED_ERR, deny },
        { "pam_debug", ALL | CREDENTIALS, PF_PAM_SUCCESS, debug },
        { "pam_warn", ALL, PF_PAM_IGNORE, ignores },
        { "pam_echo", ALL, PF_PAM_IGNORE, succeeds },
        { "pam_env", ALL | CREDENTIALS, PF_PAM_SUCCESS, env },
        { "pam_faildelay", AUTH, PF_PAM_IGNORE, ignores },
        { "pam_issue", AUTH, PF_PAM_IGNORE, ignores },
        { "pam_rootok", AUTH | ACCOUNT | PASSWORD, PF_PAM_SUCCESS, succeeds }, /* sshd is root */
        { "pam_ftp", AUTH, PF_PAM_IGNORE, ftp },
        { "pam_sepermit", AUTH | ACCOUNT, PF_PAM_IGNORE, sepermit },
        { "pam_fprintd", AUTH, PF_PAM_SUCCESS, fprintd },
        { "pam_keyinit", AUTH | SESSION, PF_PAM_SUCCESS, serves_user },
        { "pam_loginuid", ACCOUNT | SESSION, PF_PAM_SUCCESS, serves_user },
        { "pam_mail", AUTH | SESSION, PF_PAM_SUCCESS, serves_user },
        { "pam_lastlog", SESSION, PF_PAM_SUCCESS, serves_user },
        { "pam_mkhomedir", SESSION, PF_PAM_SUCCESS, serves_user },
        { "pam_oddjob_mkhomedir", SESSION, PF_PAM_SUCCESS, serves_user },
        { "pam_umask", SESSION, PF_PAM_SUCCESS, serves_user },
        { "pam_motd", SESSION, PF_PAM_SUCCESS, ignores },
        { "pam_selinux", SESSION, PF_PAM_SUCCESS, succeeds },
        { "pam_xauth", SESSION, PF_PAM_SUCCESS, succeeds },
        { "pam_cracklib", PASSWORD, PF_PAM_SUCCESS, succeeds },
        { "pam_passwdqc", PASSWORD, PF_PAM_SUCCESS, succeeds },
        { "pam_pwhistory", PASSWORD, PF_PAM_SUCCESS, succeeds },
        { "pam_pwquality", PASSWORD, PF_PAM_SUCCESS, succeeds },
        { "pam_google_authenticator", AUTH | SESSION, PF_PAM_SUCCESS, google_authenticator },
        { "pam_duo", AUTH | ACCOUNT | SESSION, PF_PAM_SUCCESS, second_factor },
        { "pam_oath", AUTH, PF_PAM_SUCCESS, second_factor },
        { "pam_otpw", AUTH | SESSION, PF_PAM_SUCCESS, second_factor },
        { "pam_securid", AUTH, PF_PAM_SUCCESS, second_factor },
        { "pam_u2f", AUTH, PF_PAM_SUCCESS, second_factor },
        { "pam_yubico", AUTH, PF_PAM_SUCCESS, second_factor },
};
const size_t pf_pam_n_trivial = PF_ELEMENTS(pf_pam_trivial);
