/* SPDX-License-Identifier: MIT */
/*
 * pam_tally2 and pam_tally: lock an account after so many failed logins. They
 * count the login that is tried as a failure first, and take it back once it
 * has succeeded.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/base/buf.h"
#include "probes/pam/lockout.h"

#define RECORDS_MAX_BYTES (4u << 20) /* of a sparse file, up to the account's own */

static const char *const default_paths[] = {
        [PF_TALLY_FAILLOG] = "/var/log/faillog",
        [PF_TALLY_LOG] = "/var/log/tallylog",
};

typedef struct TallySettings {
        const char *path;
        unsigned long deny;
        unsigned long unlock_sec;
        unsigned long root_unlock_sec;
        unsigned long lock_sec;
        bool even_deny_root;
        bool magic_root;
} TallySettings;

static unsigned long number_of(const PfPamLine *line, const char *name) {
        const char *text = pf_pam_argument(line, name);

        return text ? strtoul(text, NULL, 10) : 0;
}

static TallySettings settings_of(const PfPamLine *line, PfTallyFormat format) {
        const char *path = pf_pam_argument(line, "file");

        return (TallySettings){
                .path = path && *path == '/' ? path : default_paths[format],
                .deny = number_of(line, "deny"),
                .unlock_sec = number_of(line, "unlock_time"),
                .root_unlock_sec = number_of(line, "root_unlock_time"),
                .lock_sec = number_of(line, "lock_time"),
                /* A time for root says that it is meant too. */
                .even_deny_root = pf_pam_has_argument(line, "even_deny_root") ||
                                  pf_pam_has_argument(line, "even_deny_root_account") ||
                                  pf_pam_argument(line, "root_unlock_time"),
                .magic_root = pf_pam_has_argument(line, "magic_root"),
        };
}

static void lock(PfLockout *lockout, int64_t unlock_sec) {
        lockout->state = PF_LOCKOUT_LOCKED;
        lockout->unlock_sec = unlock_sec;
        (void) snprintf(lockout->why, sizeof(lockout->why),
                        "the account is locked after %u failed logins", lockout->failures);
}

static void judge(const PfPamQuestion *question, const TallySettings *settings,
                  const PfTallyRecord *record, PfLockout *ret) {
        unsigned long unlock_sec =
                question->account->uid == 0 ? settings->root_unlock_sec : settings->unlock_sec;
        int64_t latest_sec = (int64_t) record->latest_sec;

        if (record->failures == 0)
                return;
        if (settings->lock_sec && latest_sec + (int64_t) settings->lock_sec > question->now_sec)
                lock(ret, latest_sec + (int64_t) settings->lock_sec);
        else if (settings->deny && record->failures >= settings->deny &&
                 !(unlock_sec && latest_sec &&
                   latest_sec + (int64_t) unlock_sec <= question->now_sec))
                lock(ret, unlock_sec ? latest_sec + (int64_t) unlock_sec : 0);
}

/* The file is made where there is none. */
static int read_record(const PfPamQuestion *question, PfTallyFormat format, PfLockout *ret,
                       PfTallyRecord *record) {
        uint64_t needed = pf_tally_needs(format, question->account->uid);
        PF_AUTO_BUF PfBuf buf = PF_BUF_INIT(RECORDS_MAX_BYTES);
        PfErr reason = { 0 };
        int r;

        if (needed > RECORDS_MAX_BYTES) {
                ret->state = PF_LOCKOUT_UNKNOWN;
                (void) snprintf(ret->why, sizeof(ret->why),
                                "the account's number is too high for its failures to be looked "
                                "up");
                return 0;
        }
        r = pf_target_read_head(question->target, ret->path, needed, &buf, &reason);
        if (r == -ENOMEM)
                return r;
        if (r < 0) {
                ret->state = PF_LOCKOUT_UNKNOWN;
                (void) snprintf(ret->why, sizeof(ret->why), "%s", pf_err_text(&reason, r));
        } else if (r == 0) {
                *record = pf_tally_parse(format, buf.data ? buf.data : "", buf.n,
                                         question->account->uid);
        }
        return 0;
}

int pf_tally_judge(const PfPamQuestion *question, const PfPamLine *line, PfTallyFormat format,
                   PfLockout *ret, PfErr *err) {
        TallySettings settings = settings_of(line, format);
        PfLockout lockout = { .state = PF_LOCKOUT_OPEN, .deny = (unsigned) settings.deny };
        PfTallyRecord record = { 0 };
        int r = 0;

        (void) err;
        (void) snprintf(lockout.path, sizeof(lockout.path), "%s", settings.path);
        /* sshd asks as root, whom magic_root never stops. */
        if (settings.magic_root || (question->account->uid == 0 && !settings.even_deny_root)) {
                lockout.state = PF_LOCKOUT_EXEMPT;
        } else if (question->account->exists) {
                r = read_record(question, format, &lockout, &record);
                lockout.failures = record.failures;
                if (r == 0 && lockout.state == PF_LOCKOUT_OPEN)
                        judge(question, &settings, &record, &lockout);
        }
        if (r < 0)
                return r;
        *ret = lockout;
        return 0;
}

static int answer_tally(const PfPamQuestion *question, PfPamFacility facility,
                        const PfPamLine *line, PfTallyFormat format, PfPamAnswer *answer,
                        PfErr *err) {
        PfLockout lockout;
        int r;

        if (!question->account->exists)
                return pf_pam_answer_set(answer, PF_PAM_USER_UNKNOWN, NULL,
                                         "there is no such user");
        r = pf_tally_judge(question, line, format, &lockout, err);
        if (r < 0)
                return r;
        if (facility == PF_PAM_ACCOUNT)
                lockout.state = PF_LOCKOUT_OPEN;
        return pf_lockout_answer(question, &lockout, answer);
}

static int run_tally2(const PfPamQuestion *question, PfPamFacility facility, const PfPamLine *line,
                      PfPamAnswer *answer, PfErr *err) {
        return answer_tally(question, facility, line, PF_TALLY_LOG, answer, err);
}

static int run_tally(const PfPamQuestion *question, PfPamFacility facility, const PfPamLine *line,
                     PfPamAnswer *answer, PfErr *err) {
        return answer_tally(question, facility, line, PF_TALLY_FAILLOG, answer, err);
}

#define FACILITIES (1 << PF_PAM_AUTH | 1 << PF_PAM_ACCOUNT)

const PfPamModule pf_pam_tally2 = {
        .name = "pam_tally2",
        .facilities = FACILITIES,
        .run = run_tally2,
};

const PfPamModule pf_pam_tally = {
        .name = "pam_tally",
        .facilities = FACILITIES,
        .run = run_tally,
};
