/* SPDX-License-Identifier: MIT */
/*
 * pam_time: every rule of time.conf that means the service, the terminal and
 * the user must also hold at this time.
 *
 * Rule: pam_time(8), time.conf(5), and the observed behaviour of 1.5.2: without
 *       its file nothing is refused.
 */
#include <string.h>
#include <time.h>

#include "probes/pam/policy.h"
#include "probes/parse/local-time.h"
#include "probes/parse/time-conf.h"

#define CONF_PATH "/etc/security/time.conf"
#define MINUTE_SEC 60
#define USEC_PER_SEC 1000000u

static const char *tty_name(const char *tty) {
        return strncmp(tty, "/dev/", 5) == 0 ? tty + 5 : tty;
}

static PfMaybe match_users(const char *users, const char *user) {
        const char *first = users + strspn(users, " \t");

        return *first == '@' ? PF_MAYBE : pf_maybe(pf_time_names_match(users, user));
}

static PfMaybe is_meant(const PfPamQuestion *question, const PfTimeRule *rule) {
        char *const *fields = rule->fields;

        if (!pf_time_names_match(fields[PF_TIME_SERVICES], question->service) ||
            !pf_time_names_match(fields[PF_TIME_TTYS], tty_name(question->tty)))
                return PF_NO;
        return match_users(fields[PF_TIME_USERS], question->user);
}

/* Does the rule hold now? PF_MAYBE: in one of two time zones. */
static PfMaybe holds(const PfTimeRule *rule, const PfLocalOffsets *offsets, int64_t now_sec) {
        bool holds[2] = { false, false };

        for (size_t i = 0; i < offsets->n; i++) {
                time_t local = (time_t) (now_sec + offsets->seconds[i]);
                struct tm tm;

                if (!gmtime_r(&local, &tm))
                        return PF_MAYBE;
                holds[i] = pf_time_times_match(rule->fields[PF_TIME_TIMES],
                                               &(PfClock){ .weekday = (unsigned) tm.tm_wday,
                                                           .hour = (unsigned) tm.tm_hour,
                                                           .minute = (unsigned) tm.tm_min });
        }
        return offsets->n == 2 && holds[0] != holds[1] ? PF_MAYBE : pf_maybe(holds[0]);
}

static int refuse(PfPamCode code, const PfPamQuestion *question, const char *path,
                  const PfTimeRule *rule, PfPamAnswer *answer) {
        const PfPamPlace place = { .path = path, .line = rule->line, .text = rule->text };
        int r;

        r = pf_pam_answer_set(answer, code, NULL,
                              code == PF_PAM_UNKNOWN
                                      ? "depends on a rule of pam_time that cannot be decided"
                                      : "pam_time refuses the user at this time");
        return r < 0 ? r : pf_pam_answer_place(answer, question->target, &place, NULL);
}

static int judge(const PfPamQuestion *question, const char *path, const PfTimeConf *conf,
                 const PfLocalOffsets *offsets, PfPamAnswer *answer) {
        const PfTimeRule *doubtful = NULL;

        for (size_t i = 0; i < conf->n; i++) {
                const PfTimeRule *rule = &conf->rules[i];
                PfMaybe refuses =
                        pf_maybe_and(is_meant(question, rule),
                                     pf_maybe_not(holds(rule, offsets, question->now_sec)));

                if (refuses == PF_YES && !rule->too_long)
                        return refuse(PF_PAM_PERM_DENIED, question, path, rule, answer);
                if (refuses != PF_NO && !doubtful)
                        doubtful = rule;
        }
        return doubtful ? refuse(PF_PAM_UNKNOWN, question, path, doubtful, answer) : 0;
}

static int run(const PfPamQuestion *question, PfPamFacility facility, const PfPamLine *line,
               PfPamAnswer *answer, PfErr *err) {
        const char *path = pf_pam_last_argument(line, "conffile");
        PF_AUTO_BUF PfBuf text = PF_BUF_INIT(PF_PAM_FILE_MAX);
        PF_AUTO_TIME_CONF PfTimeConf conf = { 0 };
        PfLocalOffsets offsets;
        int r;

        (void) facility;
        if (!path)
                path = CONF_PATH;
        r = pf_target_read(question->target, path, PF_PAM_FILE_MAX, &text, err);
        if (r == PF_TARGET_ABSENT)
                return 0;
        if (r == 0)
                r = pf_time_conf_parse(text.data ? text.data : "", text.n, &conf);
        if (r < 0)
                return pf_err_errno(err, r, "%s", path);
        if (conf.n == 0)
                return 0;
        /* Its times are minutes, and a zone's change falls on one. */
        pf_target_await(question->target, (uint64_t) (question->now_sec / MINUTE_SEC + 1) *
                                                  MINUTE_SEC * USEC_PER_SEC);
        r = pf_local_offsets_read(question->target, question->now_sec, &offsets, err);
        return r < 0 ? r : judge(question, path, &conf, &offsets, answer);
}

const PfPamModule pf_pam_time = {
        .name = "pam_time",
        .facilities = 1 << PF_PAM_ACCOUNT,
        .run = run,
};
