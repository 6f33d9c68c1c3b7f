/* SPDX-License-Identifier: MIT */
/*
 * The stages in order, and what they come to.
 */
#include "probes/sshd/ladder.h"

#include <string.h>

#include "probes/sshd/stages.h"

typedef struct Rung {
        PfCheck stage;
        const char *where;
        PfSshdStageFn run;
        bool is_about_server; /* can be answered without a configuration */
} Rung;

#define COPY "copy"

static const Rung rungs[] = {
        { { "service" }, "start", pf_sshd_stage_service, true },
        { { "configuration" }, "start", pf_sshd_stage_configuration, true },
        { { "privilege-separation" }, "start", pf_sshd_stage_privilege_separation, true },
        { { "host-keys" }, "start", pf_sshd_stage_host_keys, false },
        { { "listener" }, "listener", pf_sshd_stage_listener, true },
        { { "tcp-wrappers" }, "connect", pf_sshd_stage_tcp_wrappers, true },
        { { "connections" }, "connect", pf_sshd_stage_connections, false },
        { { "algorithms" }, "kex", pf_sshd_stage_algorithms, false },
        { { "account" }, "auth", pf_sshd_stage_account, false },
        { { "account-state" }, "auth", pf_sshd_stage_account_state, false },
        { { "shell" }, "auth", pf_sshd_stage_shell, false },
        { { "lists" }, "auth", pf_sshd_stage_lists, false },
        { { "grace-time" }, "auth", pf_sshd_stage_grace_time, false },
        { { "tries" }, "auth", pf_sshd_stage_tries, false },
        { { "password-method" }, "auth", pf_sshd_stage_password_method, false },
        { { "methods" }, "auth", pf_sshd_stage_methods, false },
        { { "root-login" }, "auth", pf_sshd_stage_root_login, false },
        { { "password" }, "auth", pf_sshd_stage_password, false },
        { { "pam-auth" }, "auth", pf_sshd_stage_pam_auth, false },
        { { "pam-account" }, "auth", pf_sshd_stage_pam_account, false },
        { { "password-age" }, "session", pf_sshd_stage_password_age, false },
        { { "nologin" }, "session", pf_sshd_stage_nologin, false },
        { { "sessions" }, "session", pf_sshd_stage_sessions, false },
        { { "pam-session" }, "session", pf_sshd_stage_pam_session, false },
        { { "chroot" }, "session", pf_sshd_stage_chroot, false },
        { { "forced-command" }, "session", pf_sshd_stage_forced_command, false },
        { { "subsystem" }, "session", pf_sshd_stage_subsystem, false },
        { { "shell-runs" }, "session", pf_sshd_stage_shell_runs, false },
        { { "sftp-program" }, "session", pf_sshd_stage_sftp_program, false },
        { { "upload" }, COPY, pf_sshd_stage_upload, false },
};

static int climb(const PfSshdRoom *room, const Rung *rung) {
        int r;

        if (rung->is_about_server || room->look->effective)
                r = pf_sshd_answer_stage(room, &rung->stage, rung->run);
        else
                r = pf_report_skip(room->report, &rung->stage,
                                   "there is no configuration to look at");
        pf_report_where(room->report, rung->where);
        return r;
}

int pf_sshd_climb(const PfTarget *target, const PfDemand *demand, const PfSshdLook *look,
                  PfReport *ret) {
        const PfSshdRoom room = { target, demand, look, ret };
        int r = 0;

        for (size_t i = 0; i < PF_ELEMENTS(rungs) && r == 0; i++)
                r = climb(&room, &rungs[i]);
        return r;
}

const PfResult *pf_sshd_ladder_find(const PfReport *ladder, PfSshdStageFn run) {
        size_t i = 0;

        while (i < ladder->n && rungs[i].run != run)
                i++;
        return i < ladder->n ? &ladder->results[i] : NULL;
}

/* --- what it comes to --- */

static bool is_of_copy(const PfResult *result) {
        return strcmp(result->where, COPY) == 0;
}

static const PfResult *find(const PfReport *ladder, size_t from, PfVerdict verdict, bool of_copy) {
        for (size_t i = from; i < ladder->n; i++)
                if (ladder->results[i].verdict == verdict &&
                    is_of_copy(&ladder->results[i]) == of_copy)
                        return &ladder->results[i];
        return NULL;
}

static void answer_fail(const PfCheck *check, const PfDemand *demand, const PfReport *ladder,
                        const PfResult *first, PfReport *report) {
        const PfResult *second =
                find(ladder, (size_t) (first - ladder->results) + 1, PF_FAIL, false);

        (void) pf_report_fail(report, check, "%s cannot open SFTP: %s%s%s", demand->account,
                              first->summary, second ? "; and then: " : "",
                              second ? second->summary : "");
        (void) pf_report_grounds(report, first);
        if (!second)
                return;
        (void) pf_report_evidence_copy(report, second->evidence, second->n_evidence);
        if (first->remedy && second->remedy && strcmp(first->remedy, second->remedy) != 0)
                (void) pf_report_remedy(report, "%s; then %s", first->remedy, second->remedy);
}

static void answer_warn(const PfCheck *check, const PfResult *result, PfReport *report) {
        (void) pf_report_warn(report, check, "an SFTP session opens, but %s", result->summary);
        (void) pf_report_grounds(report, result);
}

void pf_sshd_answer_access(const PfDemand *demand, const PfReport *ladder, PfReport *report) {
        const PfCheck *check = &pf_sshd_checks[PF_SSHD_ACCESS];
        const PfResult *result;

        if ((result = find(ladder, 0, PF_FAIL, false)))
                answer_fail(check, demand, ladder, result, report);
        else if ((result = find(ladder, 0, PF_UNKNOWN, false)))
                (void) pf_report_copy(report, check, result);
        else if ((result = find(ladder, 0, PF_FAIL, true)))
                answer_warn(check, result, report);
        else
                (void) pf_report_pass(
                        report, check, "with the right password, %s%s%s can open SFTP on port %u",
                        demand->account, demand->source ? " from " : "",
                        demand->source ? demand->source : "", (unsigned) demand->local_port);
        pf_report_where(report, result ? result->where : NULL);
}

/* --- for people and programs --- */

static int rung_to_json(const PfResult *result, bool privileged, PfJson **ret) {
        PF_CLEANUP(pf_json_freep) PfJson *object = pf_json_new_object();

        if (!object || pf_json_put_string(object, "stage", result->check->id) < 0 ||
            pf_json_put_string(object, "where", result->where) < 0 ||
            pf_json_put_string(object, "verdict", pf_verdict_to_string(result->verdict)) < 0 ||
            pf_json_put_string(object, "summary", result->summary) < 0 ||
            pf_message_put(&result->summary_message, object, "message") < 0)
                return -ENOMEM;
        if (result->reason && pf_json_put_string(object, "reason", result->reason) < 0)
                return -ENOMEM;
        if (result->remedy && pf_json_put_string(object, "remedy", result->remedy) < 0)
                return -ENOMEM;
        if (pf_result_put_evidence(result, privileged, object) < 0)
                return -ENOMEM;
        *ret = PF_STEAL(object);
        return 0;
}

int pf_sshd_ladder_to_json(const PfReport *ladder, bool privileged, PfJson **ret) {
        PF_CLEANUP(pf_json_freep) PfJson *array = pf_json_new_array();

        if (!array)
                return -ENOMEM;
        for (size_t i = 0; i < ladder->n; i++) {
                PfJson *rung = NULL;

                if (rung_to_json(&ladder->results[i], privileged, &rung) < 0 ||
                    pf_json_append_take(array, rung) < 0)
                        return -ENOMEM;
        }
        *ret = PF_STEAL(array);
        return 0;
}
