/* SPDX-License-Identifier: MIT */
/*
 * Judges a stored password, and the dates of shadow(5).
 *
 * Rule: the observed behaviour of pam_unix 1.1.8 to 1.5.2 and of OpenSSH's
 *       portable sshd; shadow(5) for what the fields are.
 */
#include "probes/account-state.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "probes/crypt-library.h"
#include "probes/parse/nss-switch.h"

#define PASSWD_PATH "/etc/passwd"
#define DAY_SEC (24 * 60 * 60)
#define USEC_PER_SEC 1000000u
#define FOREVER_DAYS 365000 /* what ends then ends never */
#define DES_LENGTH 13       /* for a password of up to eight characters, and of */
#define DES_MAX 178         /* the longest that bigcrypt makes */

/* --- the password --- */

static void set(PfPasswordState *state, PfPasswordKind kind, const char *why) {
        state->kind = kind;
        (void) snprintf(state->why, sizeof(state->why), "%s", why);
}

/* pam_unix looks into /etc/shadow where field two of /etc/passwd says so; sshd
 * wherever there is a line for the account. */
static bool refers_to_shadow(const PfSshdAccount *account) {
        const char *word = account->password;

        return strcmp(word, "x") == 0 || strcmp(word, "*NP*") == 0 ||
               (strncmp(word, "##", 2) == 0 && strcmp(word + 2, account->name) == 0);
}

static bool counts_shadow(const PfSshdAccount *account, const PfShadow *shadow,
                          PfAccountJudge judge) {
        return judge == PF_JUDGE_PAM_UNIX ? refers_to_shadow(account) : !shadow || shadow->exists;
}

/* What pam_unix makes of a hash that does not begin with a dollar: the ageing
 * of HP-UX behind it is cut off, and the rest is plain DES. */
static bool can_match_as_des(const char *hash) {
        char des[DES_MAX + 1];
        size_t n = strlen(hash);

        if (n > DES_LENGTH)
                n = 1 + strspn(hash + 1, "./0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"
                                         "abcdefghijklmnopqrstuvwxyz");
        if (n > DES_MAX)
                return false;
        (void) snprintf(des, sizeof(des), "%.*s", (int) n, hash);
        return pf_crypt_scheme(des) == PF_CRYPT_DES && pf_crypt_is_whole(des);
}

static int judge_hash(const PfTarget *target, const char *hash, PfAccountJudge judge,
                      PfPasswordState *state, PfErr *err) {
        PfCryptScheme scheme = pf_crypt_scheme(hash);
        PfCryptLibrary library = { 0 };
        bool by_module = judge == PF_JUDGE_PAM_UNIX && (*hash != '$' || scheme == PF_CRYPT_MD5);
        bool is_whole;
        int r;

        is_whole = by_module && *hash != '$' ? can_match_as_des(hash) : pf_crypt_is_whole(hash);
        if (!is_whole) {
                set(state, PF_PASSWORD_NEVER, "what is stored is the hash of no password");
                return 0;
        }
        set(state, PF_PASSWORD_CAN_MATCH, "a password can match");
        if (by_module)
                return 0;
        r = pf_crypt_library_detect(target, &library, err);
        if (r == 0 && !(library.schemes & (1u << scheme))) {
                state->kind = PF_PASSWORD_NEVER;
                (void) snprintf(state->why, sizeof(state->why),
                                "%s does not know the password's scheme, %s", library.text,
                                pf_crypt_scheme_to_string(scheme));
        }
        return r;
}

static int judge_password(const PfTarget *target, const char *password, PfAccountJudge judge,
                          PfPasswordState *state, PfErr *err) {
        if (!*password)
                set(state, PF_PASSWORD_EMPTY, "the password is empty");
        else if (*password == '!')
                set(state, PF_PASSWORD_LOCKED, "the password is locked");
        else if (*password == '*')
                set(state, PF_PASSWORD_NEVER, "there is no password: a star stands in its place");
        else
                return judge_hash(target, password, judge, state, err);
        return 0;
}

/* Nothing stored in the files: somebody else may have it. */
static int judge_absent(const PfTarget *target, const PfShadow *shadow, PfPasswordState *state,
                        PfErr *err) {
        char service[32];
        int r;

        if (shadow->skipped) {
                state->line = shadow->skipped_line;
                state->found = shadow->shown;
                set(state, PF_PASSWORD_ABSENT,
                    "the C library cannot read the account's line in " PF_SHADOW_PATH);
                return 0;
        }
        r = pf_nss_switch_find(target, "shadow", service, sizeof(service), err);
        if (r < 0)
                return r;
        set(state, PF_PASSWORD_ABSENT, "the account has no line in " PF_SHADOW_PATH);
        if (*service) {
                state->kind = PF_PASSWORD_UNKNOWN;
                (void) snprintf(state->why, sizeof(state->why),
                                "the account has no line in " PF_SHADOW_PATH
                                ", and %s was not asked",
                                service);
        }
        return 0;
}

int pf_account_password(const PfTarget *target, const PfSshdAccount *account,
                        const PfShadow *shadow, PfAccountJudge judge, PfPasswordState *ret,
                        PfErr *err) {
        PfPasswordState state = { .path = PF_SHADOW_PATH };
        int r = 0;

        if (!counts_shadow(account, shadow, judge)) {
                state.path = PASSWD_PATH;
                state.line = account->line;
                state.found = account->shown;
                r = judge_password(target, account->password, judge, &state, err);
        } else if (!shadow) {
                set(&state, PF_PASSWORD_UNKNOWN, PF_SHADOW_PATH " could not be read");
        } else if (!shadow->exists) {
                r = judge_absent(target, shadow, &state, err);
        } else {
                state.line = shadow->line;
                state.found = shadow->shown;
                r = judge_password(target, shadow->password, judge, &state, err);
        }
        if (r < 0)
                return r;
        *ret = state;
        return 0;
}

const char *pf_password_reason(PfPasswordKind kind) {
        return kind == PF_PASSWORD_LOCKED ? "account-locked" : "no-usable-hash";
}

/* --- the dates --- */

static long today(int64_t now_sec) {
        return (long) (now_sec / DAY_SEC);
}

bool pf_account_has_dates(const PfSshdAccount *account, const PfShadow *shadow,
                          PfAccountJudge judge) {
        return shadow && shadow->exists && counts_shadow(account, shadow, judge);
}

/* PAM's account is dead on its last day, sshd's the day after. */
bool pf_account_is_expired(const PfShadow *shadow, PfAccountJudge judge, int64_t now_sec) {
        long dead = shadow->expire + (judge == PF_JUDGE_SSHD);

        return shadow->expire != -1 && today(now_sec) >= dead;
}

PfAgeing pf_account_ageing(const PfShadow *shadow, PfAccountJudge judge, int64_t now_sec) {
        long age = today(now_sec) - shadow->last_change;

        if (shadow->last_change == 0)
                return PF_AGEING_CHANGE_REQUIRED;
        /* Changed in the future: pam_unix looks no further. */
        if (judge == PF_JUDGE_PAM_UNIX && age < 0)
                return PF_AGEING_FINE;
        if (shadow->maximum == -1 || age <= shadow->maximum)
                return PF_AGEING_FINE;
        if (shadow->inactive != -1 && age > shadow->inactive &&
            age > shadow->maximum + shadow->inactive)
                return PF_AGEING_PASSWORD_INACTIVE;
        return PF_AGEING_CHANGE_REQUIRED;
}

PfAgeing pf_account_dates(const PfShadow *shadow, PfAccountJudge judge, int64_t now_sec) {
        if (pf_account_is_expired(shadow, judge, now_sec))
                return PF_AGEING_ACCOUNT_EXPIRED;
        return pf_account_ageing(shadow, judge, now_sec);
}

typedef struct Words {
        const char *reason;
        const char *why;
} Words;

static const Words words[] = {
        [PF_AGEING_FINE] = { NULL, NULL },
        [PF_AGEING_ACCOUNT_EXPIRED] = { "account-expired", "the account has expired" },
        [PF_AGEING_PASSWORD_INACTIVE] = { "password-inactive",
                                          "the password has expired, and it is too late to "
                                          "change it" },
        [PF_AGEING_CHANGE_REQUIRED] = { "password-change-required",
                                        "the password must be changed" },
};

const char *pf_ageing_reason(PfAgeing ageing) {
        return words[ageing].reason;
}

const char *pf_ageing_why(PfAgeing ageing) {
        return words[ageing].why;
}

long pf_account_days_left(const PfShadow *shadow, int64_t now_sec) {
        long left = LONG_MAX;

        if (shadow->expire != -1)
                left = shadow->expire - today(now_sec);
        /* It is good through the last day. */
        if (shadow->maximum != -1 && shadow->last_change > 0 &&
            shadow->last_change + shadow->maximum + 1 - today(now_sec) < left)
                left = shadow->last_change + shadow->maximum + 1 - today(now_sec);
        return left;
}

void pf_account_await(const PfTarget *target, const PfShadow *shadow, int64_t now_sec,
                      long near_days) {
        long left = shadow->exists ? pf_account_days_left(shadow, now_sec) : LONG_MAX;

        if (left > FOREVER_DAYS)
                return;
        left = left > near_days ? left - near_days : 1;
        pf_target_await(target, (uint64_t) (today(now_sec) + left) * DAY_SEC * USEC_PER_SEC);
}
