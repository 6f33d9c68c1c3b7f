/* SPDX-License-Identifier: MIT */
/*
 * Probe sshd: would the SSH server take the installer's account, with a
 * password, from where it comes, and give it SFTP?
 *
 * Reads the configuration as sshd does, for the one connection that is asked
 * about. Without a server its checks are skipped, not passed. A Match block
 * that cannot be decided, because the question does not say where the installer
 * comes from, makes what it would set unknown.
 */
#include "probes/sshd/ladder.h"
#include "probes/sshd/stages.h"

const PfCheck pf_sshd_checks[PF_SSHD_N_CHECKS] = {
        [PF_SSHD_SERVER] = { "ssh.server" },
        [PF_SSHD_CONFIGURATION] = { "ssh.configuration" },
        [PF_SSHD_PASSWORD] = { "ssh.password-authentication" },
        [PF_SSHD_ROOT_LOGIN] = { "ssh.root-login" },
        [PF_SSHD_ACCOUNT_ALLOWED] = { "ssh.account-allowed" },
        [PF_SSHD_METHODS] = { "ssh.authentication-methods" },
        [PF_SSHD_SFTP] = { "ssh.sftp-subsystem" },
        [PF_SSHD_ACCESS] = { "ssh.access" },
};

/* Which check is the answer of which stage alone. */
static const PfSshdStageFn stages[PF_SSHD_N_CHECKS] = {
        [PF_SSHD_CONFIGURATION] = pf_sshd_stage_configuration,
        [PF_SSHD_PASSWORD] = pf_sshd_stage_password_method,
        [PF_SSHD_ROOT_LOGIN] = pf_sshd_stage_root_login,
        [PF_SSHD_ACCOUNT_ALLOWED] = pf_sshd_stage_lists,
        [PF_SSHD_METHODS] = pf_sshd_stage_methods,
};

static void skip(PfReport *report, PfSshdCheck from, const char *reason) {
        for (size_t i = from; i < PF_SSHD_ACCESS; i++)
                (void) pf_report_skip(report, &pf_sshd_checks[i], "%s", reason);
}

/* Does something start it, and will that listen? The first that is not so. */
static void answer_server(const PfReport *ladder, PfReport *report) {
        const PfResult *result = pf_sshd_ladder_find(ladder, pf_sshd_stage_service);

        if (result->verdict == PF_PASS)
                result = pf_sshd_ladder_find(ladder, pf_sshd_stage_listener);
        (void) pf_report_copy(report, &pf_sshd_checks[PF_SSHD_SERVER], result);
}

static const PfResult *worse(const PfResult *a, const PfResult *b) {
        static const unsigned ranks[PF_N_VERDICTS] = {
                [PF_PASS] = 1, [PF_WARN] = 2, [PF_UNKNOWN] = 3, [PF_FAIL] = 4
        };

        return !a || ranks[b->verdict] > ranks[a->verdict] ? b : a;
}

/* The worst of what gives the session its server, and of whether that lets files be
 * written, which the ladder asks of the whole copy only. */
static int answer_sftp(const PfSshdRoom *room, const PfReport *ladder) {
        static const PfSshdStageFn parts[] = { pf_sshd_stage_forced_command,
                                               pf_sshd_stage_subsystem,
                                               pf_sshd_stage_sftp_program };
        const PfCheck *check = &pf_sshd_checks[PF_SSHD_SFTP];
        PF_AUTO_REPORT PfReport written = { 0 };
        const PfSshdRoom inner = { room->target, room->demand, room->look, &written };
        const PfResult *result = NULL;
        int r;

        for (size_t i = 0; i < PF_ELEMENTS(parts); i++)
                result = worse(result, pf_sshd_ladder_find(ladder, parts[i]));
        r = pf_sshd_answer_stage(&inner, check, pf_sshd_stage_writable);
        return r < 0 ? r : pf_report_copy(room->report, check, worse(result, written.results));
}

static int answer_configuration(const PfSshdRoom *room, const PfReport *ladder) {
        PfReport *report = room->report;

        if (!room->look->is_installed) {
                skip(report, PF_SSHD_CONFIGURATION, "no OpenSSH server is installed");
                return report->error;
        }
        for (size_t i = PF_SSHD_CONFIGURATION; i < PF_SSHD_SFTP; i++) {
                if (i > PF_SSHD_CONFIGURATION && !room->look->conf) {
                        skip(report, i, "sshd does not start without sshd_config");
                        return report->error;
                }
                (void) pf_report_copy(report, &pf_sshd_checks[i],
                                      pf_sshd_ladder_find(ladder, stages[i]));
        }
        return answer_sftp(room, ladder);
}

/* The ladder is climbed once; the checks are what its rungs say. Where the
 * configuration could not be looked at, whether the server is there still can. */
static int run(const PfTarget *target, const PfDemand *demand, PfReport *report, PfErr *err) {
        PF_AUTO_SSHD_LOOK PfSshdLook look = { 0 };
        PF_AUTO_REPORT PfReport ladder = { 0 };
        const PfSshdRoom room = { target, demand, &look, report };
        int looked, r;

        r = pf_sshd_look_at_version(target, &look, err);
        if (r < 0)
                return r;
        looked = pf_sshd_look_at_configuration(target, demand, &look, err);
        r = pf_sshd_climb(target, demand, &look, &ladder);
        if (r < 0)
                return r;
        answer_server(&ladder, report);
        if (looked < 0)
                return looked;
        r = answer_configuration(&room, &ladder);
        if (r < 0)
                return r;
        pf_sshd_answer_access(demand, &ladder, report);
        return report->error;
}

const PfProbe pf_probe_sshd = {
        .name = "sshd",
        .checks = pf_sshd_checks,
        .n_checks = PF_SSHD_N_CHECKS,
        .platforms = PF_PLATFORM_LINUX,
        .deadline_ms = 3000,
        .run = run,
        .inspect = pf_sshd_inspect,
        .subject = "ssh",
};
