/* SPDX-License-Identifier: MIT */
/*
 * pam_faillock: locks an account after several failed logins in a while.
 */
#include <stdio.h>
#include <string.h>

#include "daemon/base/buf.h"
#include "probes/pam/lockout.h"
#include "probes/pam/policy.h"

#define TALLY_MAX (((size_t) PF_FAILLOCK_RECORDS_MAX + 1) * PF_FAILLOCK_RECORD_SIZE)

static int broken(PfLockout *lockout, PfPamCode code, const char *path, const char *why) {
        lockout->state = PF_LOCKOUT_BROKEN;
        lockout->code = code;
        if (path != lockout->path)
                (void) snprintf(lockout->path, sizeof(lockout->path), "%s", path);
        (void) snprintf(lockout->why, sizeof(lockout->why), "%s", why);
        return 0;
}

/* Only the file that the line names must be there. */
static int read_conf(const PfPamQuestion *question, const char *named, PfFaillockSettings *settings,
                     PfLockout *ret, PfErr *err) {
        const char *path = named ? named : PF_FAILLOCK_CONF_PATH;
        PF_AUTO_BUF PfBuf buf = PF_BUF_INIT(PF_PAM_FILE_MAX);
        int r;

        r = pf_target_read(question->target, path, PF_PAM_FILE_MAX, &buf, err);
        if (r == PF_TARGET_ABSENT)
                return named ? broken(ret, PF_PAM_SERVICE_ERR, path,
                                      "pam_faillock does not find its file of settings")
                             : 0;
        if (r < 0 || buf.n == 0)
                return r;
        if (pf_faillock_parse_conf(buf.data, buf.n, settings) < 0)
                return broken(ret, PF_PAM_SERVICE_ERR, path,
                              "pam_faillock finds a line too long in its settings");
        return 0;
}

/* The words that say when it is asked are no settings, and change none. */
static void take_words(const PfPamLine *line, PfFaillockSettings *settings) {
        for (size_t i = 0; i < line->args->n; i++) {
                const char *word = line->args->items[i];
                size_t n = strcspn(word, "=");
                char name[64];

                if (n >= sizeof(name))
                        continue;
                (void) snprintf(name, sizeof(name), "%.*s", (int) n, word);
                (void) pf_faillock_set(settings, name, word[n] ? word + n + 1 : "");
        }
}

/* Root, and whoever is in the group of administrators. */
static int is_admin(const PfPamQuestion *question, const PfFaillockSettings *settings, bool *ret,
                    PfErr *err) {
        *ret = question->account->uid == 0;
        if (*ret || !*settings->admin_group)
                return 0;
        return pf_pam_is_member(question, settings->admin_group, ret, err);
}

static void judge_tally(const PfPamQuestion *question, const PfFaillockSettings *settings,
                        bool admin, const PfFaillockTally *tally, PfLockout *ret) {
        uint32_t unlock_sec = admin && settings->has_root_unlock ? settings->root_unlock_sec
                                                                 : settings->unlock_sec;
        int64_t opens_sec = (int64_t) (tally->latest_sec + unlock_sec);

        ret->failures = tally->failures;
        ret->deny = settings->deny;
        if (settings->deny == 0 || tally->failures < settings->deny)
                return;
        if (unlock_sec != 0 && opens_sec < question->now_sec)
                return;
        ret->state = PF_LOCKOUT_LOCKED;
        ret->unlock_sec = unlock_sec == 0 ? 0 : opens_sec + 1;
        (void) snprintf(ret->why, sizeof(ret->why), "the account is locked after %u failed logins",
                        tally->failures);
}

static int read_tally(const PfPamQuestion *question, const PfFaillockSettings *settings, bool admin,
                      PfLockout *ret, PfErr *err) {
        PF_AUTO_BUF PfBuf buf = PF_BUF_INIT(TALLY_MAX);
        PfFaillockTally tally = { 0 };
        PfErr reason = { 0 };
        int r;

        (void) snprintf(ret->path, sizeof(ret->path), "%s/%s", settings->dir,
                        question->account->name);
        r = pf_target_read_head(question->target, ret->path, TALLY_MAX, &buf, &reason);
        if (r == PF_TARGET_ABSENT)
                return 0;
        if (r == -EISDIR)
                return broken(ret, PF_PAM_SYSTEM_ERR, ret->path, "the tally is a directory");
        if (r == -ENOMEM)
                return r;
        if (r < 0) {
                ret->state = PF_LOCKOUT_UNKNOWN;
                (void) snprintf(ret->why, sizeof(ret->why), "%s", pf_err_text(&reason, r));
                return 0;
        }
        (void) err;
        if (pf_faillock_parse_tally(buf.data, buf.n, settings->interval_sec, &tally) < 0)
                return broken(ret, PF_PAM_SYSTEM_ERR, ret->path, "the tally is too long");
        if (admin && !settings->even_deny_root)
                ret->state = PF_LOCKOUT_EXEMPT;
        else
                judge_tally(question, settings, admin, &tally, ret);
        return 0;
}

int pf_faillock_judge(const PfPamQuestion *question, const PfPamLine *line, PfLockout *ret,
                      PfErr *err) {
        PfFaillockSettings settings = pf_faillock_defaults();
        PfLockout lockout = { .state = PF_LOCKOUT_OPEN };
        bool admin = false;
        int r;

        r = read_conf(question, pf_pam_argument(line, "conf"), &settings, &lockout, err);
        if (r < 0)
                return r;
        take_words(line, &settings);
        if (lockout.state == PF_LOCKOUT_OPEN && question->account->exists) {
                r = is_admin(question, &settings, &admin, err);
                if (r == 0)
                        r = read_tally(question, &settings, admin, &lockout, err);
        }
        if (r < 0)
                return r;
        *ret = lockout;
        return 0;
}

/* For the account part it only counts the login as a good one. */
static int run(const PfPamQuestion *question, PfPamFacility facility, const PfPamLine *line,
               PfPamAnswer *answer, PfErr *err) {
        PfLockout lockout;
        int r;

        if (!question->account->exists) {
                answer->code = PF_PAM_IGNORE;
                return 0;
        }
        r = pf_faillock_judge(question, line, &lockout, err);
        if (r < 0)
                return r;
        if (facility == PF_PAM_ACCOUNT && lockout.state == PF_LOCKOUT_LOCKED)
                lockout.state = PF_LOCKOUT_OPEN;
        r = pf_lockout_answer(question, &lockout, answer);
        /* Asked after a failure it counts it, and is to be passed over. */
        if (r == 0 && answer->code == PF_PAM_SUCCESS && pf_pam_has_argument(line, "authfail"))
                answer->code = PF_PAM_IGNORE;
        return r;
}

const PfPamModule pf_pam_faillock = {
        .name = "pam_faillock",
        .facilities = 1 << PF_PAM_AUTH | 1 << PF_PAM_ACCOUNT,
        .run = run,
};
