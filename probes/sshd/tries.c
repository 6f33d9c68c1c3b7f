/* SPDX-License-Identifier: MIT */
/*
 * Is there time enough to log in, and a try?
 */
#include "probes/sshd/stages.h"

#include <string.h>

#include "probes/parse/resolver.h"
#include "probes/parse/sshd-values.h"

/* --- LoginGraceTime --- */

static void answer_too_slow(const PfSshdRoom *room, const PfCheck *stage,
                            const PfSshdSetting *grace, const PfReverseAnswer *answer) {
        const PfSshdSetting *usedns = pf_sshd_effective_get(room->look->effective, "usedns");

        (void) pf_report_fail(room->report, stage,
                              "looking up the caller's name takes %u s, and sshd hangs up after "
                              "%s s: the name server cannot exist",
                              answer->delay_seconds, pf_sshd_text_of(grace));
        pf_report_reason(room->report, "grace-time");
        pf_sshd_evidence_of(room, grace, 0, "LoginGraceTime 120");
        if (usedns)
                pf_sshd_evidence_of(room, usedns, 0, "UseDNS no");
        (void) pf_report_evidence(room->report, NULL, answer->path, answer->line, NULL,
                                  "a name server that answers");
        if (usedns)
                pf_sshd_remedy_setting(room, usedns, "UseDNS no");
}

/* More than one process of a connection may ask, each for itself: twice the delay
 * is certain to be too long only where once is. */
static void answer_lookup(const PfSshdRoom *room, const PfCheck *stage, const PfSshdSetting *grace,
                          unsigned seconds, const PfReverseAnswer *answer) {
        if (answer->delay_seconds >= seconds) {
                answer_too_slow(room, stage, grace, answer);
                return;
        }
        if (2 * answer->delay_seconds >= seconds) {
                (void) pf_report_unknown(room->report, stage,
                                         "looking up the caller's name takes %u s, which leaves "
                                         "little of the %u s to log in",
                                         answer->delay_seconds, seconds);
                pf_sshd_evidence_of(room, grace, 0, NULL);
                return;
        }
        if (answer->delay_seconds > 0)
                (void) pf_report_pass(room->report, stage,
                                      "looking up the caller's name takes %u of %u s to log in",
                                      answer->delay_seconds, seconds);
        else
                (void) pf_report_pass(room->report, stage,
                                      "nothing is known to delay a login: sshd waits %u s for it",
                                      seconds);
}

static int judge_lookup(const PfSshdRoom *room, const PfCheck *stage, const PfSshdSetting *grace,
                        unsigned seconds, PfErr *err) {
        PF_AUTO_REVERSE_ANSWER PfReverseAnswer answer = { 0 };
        PfIpAddress address = { 0 };
        int r;

        /* An address that nobody has is in no file either: the worst is shown. */
        if (room->demand->source && pf_ip_address_parse(room->demand->source, &address) < 0)
                return pf_err_set(err, -EINVAL, "%s is no address", room->demand->source);
        r = pf_resolver_reverse(room->target, &address, &answer, err);
        if (r < 0)
                return r;
        if (!room->demand->source && answer.delay_seconds >= seconds) {
                (void) pf_report_unknown(room->report, stage,
                                         "whether the caller's name is looked up in time depends "
                                         "on where it comes from: ask with --source");
                pf_sshd_evidence_of(room, grace, 0, NULL);
                return 0;
        }
        answer_lookup(room, stage, grace, seconds, &answer);
        return 0;
}

int pf_sshd_stage_grace_time(const PfSshdRoom *room, const PfCheck *stage, PfErr *err) {
        const PfSshdSetting *grace = pf_sshd_get(room, stage, "logingracetime");
        const PfSshdSetting *usedns;
        int seconds;

        if (!grace)
                return 0;
        usedns = pf_sshd_get(room, stage, "usedns");
        if (!usedns)
                return 0;
        seconds = pf_sshd_value_time(pf_sshd_text_of(grace));
        if (seconds == 0)
                return pf_report_pass(room->report, stage,
                                      "there is no limit on the time to log in");
        if (seconds > 0 && strcmp(pf_sshd_text_of(usedns), "yes") == 0 &&
            !room->demand->source_host)
                return judge_lookup(room, stage, grace, (unsigned) seconds, err);
        (void) pf_report_pass(room->report, stage, "sshd waits %s s for a login",
                              pf_sshd_text_of(grace));
        pf_sshd_evidence_of(room, grace, 0, NULL);
        return 0;
}

/* --- MaxAuthTries --- */

/* Asking which methods there are is no try, and the password is right at once. */
int pf_sshd_stage_tries(const PfSshdRoom *room, const PfCheck *stage, PfErr *err) {
        const PfSshdSetting *setting = pf_sshd_get(room, stage, "maxauthtries");
        (void) err;

        if (!setting)
                return 0;
        if (strcmp(pf_sshd_text_of(setting), "0") != 0) {
                (void) pf_report_pass(room->report, stage, "sshd lets %s try %s times",
                                      PF_SSHD_WHOM(room), pf_sshd_text_of(setting));
                pf_sshd_evidence_of(room, setting, 0, NULL);
                return 0;
        }
        (void) pf_report_fail(room->report, stage, "sshd lets %s try no password at all",
                              PF_SSHD_WHOM(room));
        pf_report_reason(room->report, "max-auth-tries");
        pf_sshd_evidence_of(room, setting, 0, "MaxAuthTries 6");
        pf_sshd_remedy_setting(room, setting, "MaxAuthTries 6");
        return 0;
}
