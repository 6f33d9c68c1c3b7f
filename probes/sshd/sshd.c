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

/* Which check is the answer of which stage. */
static const PfSshdStageFn stages[PF_SSHD_N_CHECKS] = {
        [PF_SSHD_CONFIGURATION] = pf_sshd_stage_configuration,
        [PF_SSHD_PASSWORD] = pf_sshd_stage_password_method,
        [PF_SSHD_ROOT_LOGIN] = pf_sshd_stage_root_login,
        [PF_SSHD_ACCOUNT_ALLOWED] = pf_sshd_stage_lists,
        [PF_SSHD_METHODS] = pf_sshd_stage_methods,
        [PF_SSHD_SFTP] = pf_sshd_stage_sftp,
};

static void skip(PfReport *report, PfSshdCheck from, PfSshdCheck to, const char *reason) {
        for (size_t i = from; i < to; i++)
                (void) pf_report_skip(report, &pf_sshd_checks[i], "%s", reason);
}

static void check_stage(const PfSshdRoom *room, PfSshdCheck check) {
        const PfCheck *id = &pf_sshd_checks[check];
        size_t n = room->report->n;
        PfErr err = { 0 };
        int r;

        r = stages[check](room, id, &err);
        if (r < 0 && room->report->n == n)
                (void) pf_report_unknown(room->report, id, "%s", pf_err_text(&err, r));
}

static void check_configuration(const PfSshdRoom *room) {
        if (!room->look->is_installed) {
                skip(room->report, PF_SSHD_CONFIGURATION, PF_SSHD_ACCESS,
                     "no OpenSSH server is installed");
                return;
        }
        check_stage(room, PF_SSHD_CONFIGURATION);
        if (!room->look->conf) {
                skip(room->report, PF_SSHD_PASSWORD, PF_SSHD_ACCESS,
                     "sshd does not start without sshd_config");
                return;
        }
        for (size_t i = PF_SSHD_PASSWORD; i < PF_SSHD_ACCESS; i++)
                check_stage(room, i);
}

static int run(const PfTarget *target, const PfDemand *demand, PfReport *report, PfErr *err) {
        PF_AUTO_SSHD_LOOK PfSshdLook look = { 0 };
        PF_AUTO_REPORT PfReport ladder = { 0 };
        const PfSshdRoom room = { target, demand, &look, report };
        int r;

        r = pf_sshd_look_at_version(target, &look, err);
        if (r < 0)
                return r;
        r = pf_sshd_look_at_configuration(target, demand, &look, err);
        pf_sshd_check_server(target, demand, &look, report);
        if (r < 0)
                return r;
        check_configuration(&room);
        r = pf_sshd_climb(target, demand, &look, &ladder);
        if (r < 0)
                return r;
        pf_sshd_answer_access(demand, &ladder, report);
        return report->error;
}

const PfProbe pf_probe_sshd = {
        .name = "sshd",
        .checks = pf_sshd_checks,
        .n_checks = PF_SSHD_N_CHECKS,
        .deadline_ms = 3000,
        .run = run,
        .inspect = pf_sshd_inspect,
        .subject = "ssh",
};
