/* SPDX-License-Identifier: MIT */
/*
 * Which SFTP server the session gets, and whether it would answer: MaxSessions,
 * Subsystem, ForceCommand, and the program behind them.
 *
 * Rule: sshd_config(5); sftp-server(8).
 */
#include "probes/sshd/stages.h"

#include <string.h>

#include "probes/sshd/command.h"

#define NO_SERVER "there is no SFTP subsystem, so nothing would be run"
#define COMMENTS_SHOWN 4
#define REMEDY_INTERNAL                                                                            \
        "use \"Subsystem sftp internal-sftp\", which needs no program, and reload sshd"

int pf_sshd_stage_sessions(const PfSshdRoom *room, const PfCheck *stage, PfErr *err) {
        const PfSshdSetting *setting = pf_sshd_get(room, stage, "maxsessions");
        (void) err;

        if (!setting)
                return 0;
        if (strcmp(pf_sshd_text_of(setting), "0") != 0) {
                (void) pf_report_pass(room->report, stage, "sshd allows a session");
                pf_sshd_evidence_of(room, setting, 0, NULL);
                return 0;
        }
        (void) pf_report_fail(room->report, stage, "sshd opens no session for %s",
                              PF_SSHD_WHOM(room));
        pf_report_reason(room->report, "max-sessions");
        pf_sshd_evidence_of(room, setting, 0, "MaxSessions 10");
        pf_sshd_remedy_setting(room, setting, "MaxSessions 10");
        return 0;
}

/* --- Subsystem --- */

/* Lines that "#" switches off: is there one? */
static bool evidence_of_comment(const PfSshdRoom *room) {
        const PfSshdLine *line = NULL;
        size_t n = 0;

        while (n < COMMENTS_SHOWN &&
               (line = pf_sshd_config_find_comment(room->look->conf, "subsystem", "sftp", line))) {
                (void) pf_report_evidence(room->report, room->target, line->path, line->number,
                                          line->text, "the same without \"#\"");
                n++;
        }
        return n > 0;
}

/* A line that defines something else may be meant for it: "SFTP", "scp". */
static void evidence_of_no_subsystem(const PfSshdRoom *room, const PfSshdSetting *setting) {
        for (size_t i = 0; setting && i < setting->n_values; i++)
                pf_sshd_evidence_of(room, setting, i, "Subsystem sftp internal-sftp");
        if (!evidence_of_comment(room))
                (void) pf_report_evidence(room->report, NULL, room->look->path, 0, NULL,
                                          "Subsystem sftp internal-sftp");
}

int pf_sshd_stage_subsystem(const PfSshdRoom *room, const PfCheck *stage, PfErr *err) {
        const PfSshdSetting *setting = pf_sshd_effective_get(room->look->effective, "subsystem");
        const PfSshdLine *line = NULL;
        (void) err;

        if (setting && pf_sshd_is_doubtful(room, stage, setting))
                return 0;
        if (pf_sshd_effective_subsystem(room->look->effective, "sftp", &line)) {
                (void) pf_report_pass(room->report, stage, "sshd has an SFTP subsystem");
                if (line)
                        (void) pf_report_evidence(room->report, room->target, line->path,
                                                  line->number, line->text, NULL);
                return 0;
        }
        (void) pf_report_fail(room->report, stage, "sshd has no SFTP subsystem");
        pf_report_reason(room->report, "subsystem-missing");
        evidence_of_no_subsystem(room, setting);
        (void) pf_report_remedy(room->report,
                                "add \"Subsystem sftp internal-sftp\" to %s, outside of any Match "
                                "block, and reload sshd",
                                room->look->path);
        return 0;
}

/* --- the program --- */

/* Where distributions keep the server. */
static const char *const places[] = {
        "/usr/lib/openssh/sftp-server", "/usr/libexec/openssh/sftp-server",
        "/usr/lib/ssh/sftp-server",     "/usr/libexec/sftp-server",
        "/usr/lib/misc/sftp-server",    "/usr/libexec/ssh/sftp-server",
};

const char *pf_sshd_sftp_place(const PfSshdSession *session) {
        for (size_t i = 0; i < PF_ELEMENTS(places); i++) {
                PF_AUTO_FOUND_FILE PfFoundFile file = { 0 };

                if (pf_sshd_command_find(session, places[i], &file, NULL) == 0)
                        return places[i];
        }
        return NULL;
}

static void evidence_of_file(const PfSshdRoom *room, const PfSshdCommand *command) {
        if (command->path)
                (void) pf_report_evidence(room->report, room->target, command->path, command->line,
                                          command->text, NULL);
}

/* The line is to blame where the program lies elsewhere, is not what it should be, or
 * is forced; the file where only that is wrong. */
static void evidence_of_command(const PfSshdRoom *room, const PfSshdSession *session,
                                const PfSshdCommand *command) {
        const char *other = command->is_missing ? pf_sshd_sftp_place(session) : NULL;
        bool is_line = !command->path || other || session->is_forced;

        if (!is_line)
                evidence_of_file(room, command);
        pf_sshd_evidence_of(room, session->setting, session->value,
                            other ? other : "internal-sftp");
        if (is_line && !command->is_missing)
                evidence_of_file(room, command);
        if (session->is_forced)
                (void) pf_report_remedy(room->report,
                                        "keep %s out of this ForceCommand with a Match block",
                                        room->demand->account);
        else
                (void) pf_report_remedy(room->report, REMEDY_INTERNAL);
}

static void answer_command(const PfSshdRoom *room, const PfCheck *stage,
                           const PfSshdSession *session, const PfSshdCommand *command) {
        const char *what = session->is_forced ? "ForceCommand" : "the SFTP subsystem";

        switch (command->end) {
        case PF_SSHD_COMMAND_SERVES:
                (void) pf_report_pass(room->report, stage, "%s starts an SFTP server", what);
                pf_sshd_evidence_of(room, session->setting, session->value, NULL);
                return;
        case PF_SSHD_COMMAND_UNKNOWN:
        case PF_SSHD_COMMAND_SHELL:
                (void) pf_report_unknown(room->report, stage,
                                         "whether %s starts an SFTP server: "
                                         "%s",
                                         what, command->why);
                evidence_of_file(room, command);
                pf_sshd_evidence_of(room, session->setting, session->value, NULL);
                return;
        case PF_SSHD_COMMAND_PRINTS:
        case PF_SSHD_COMMAND_FAILS:
                (void) pf_report_fail(room->report, stage, "%s starts no SFTP server: %s", what,
                                      command->why);
                pf_report_reason(room->report,
                                 session->is_forced ? "forced-command" : "subsystem-program");
                evidence_of_command(room, session, command);
                return;
        }
}

static int skip(const PfSshdRoom *room, const PfCheck *stage, const char *why) {
        (void) pf_report_skip(room->report, stage, "%s", why);
        return 0;
}

/* sshd serves itself; its own server too ends where its words are wrong. */
static int judge_internal(const PfSshdRoom *room, const PfCheck *stage,
                          const PfSshdSession *session) {
        PF_AUTO_STRV PfStrv words = { 0 };
        PF_AUTO_SSHD_COMMAND PfSshdCommand command = { 0 };
        int r = pf_sshd_server_split(session->command, &words);
        const char *word = pf_sshd_server_refuses(&words);

        if (r == 0 && word) {
                command.end = PF_SSHD_COMMAND_FAILS;
                if (asprintf(&command.why, "with %s the SFTP server ends at once", word) < 0) {
                        command.why = NULL;
                        r = -ENOMEM;
                }
        }
        if (r < 0)
                return r;
        if (word) {
                answer_command(room, stage, session, &command);
                return 0;
        }
        (void) pf_report_pass(room->report, stage, "sshd serves SFTP itself");
        pf_sshd_evidence_of(room, session->setting, session->value, NULL);
        return 0;
}

/* The command, in the language of the account's shell where that is one, else of sh. */
static int judge_command(const PfSshdRoom *room, const PfCheck *stage, const PfSshdSession *session,
                         PfErr *err) {
        PF_AUTO_SSHD_COMMAND PfSshdCommand shell = { 0 };
        PF_AUTO_SSHD_COMMAND PfSshdCommand command = { 0 };
        int r;

        if (session->served == PF_SSHD_SERVED_BY_ITSELF)
                return judge_internal(room, stage, session);
        if (session->has_no_place)
                return skip(room, stage,
                            "the directory that the session is confined to is not "
                            "usable");
        r = pf_sshd_command_shell(session, &shell, err);
        if (r == 0 && shell.end == PF_SSHD_COMMAND_SERVES)
                return pf_report_pass(room->report, stage,
                                      "the account's shell is an SFTP server itself, whatever it "
                                      "is told to run");
        if (r == 0)
                r = pf_sshd_command_judge(session, session->command,
                                          shell.end == PF_SSHD_COMMAND_SHELL && shell.is_bash,
                                          &command, err);
        if (r < 0)
                return r;
        answer_command(room, stage, session, &command);
        return 0;
}

static int judge(const PfSshdRoom *room, const PfCheck *stage, bool forced, PfErr *err) {
        PF_AUTO_SSHD_SESSION PfSshdSession session = { 0 };
        int r = pf_sshd_session_open(room, stage, &session, err);

        if (r != 0)
                return r < 0 ? r : 0;
        session.view.who = &session.who;
        if (session.served == PF_SSHD_SERVED_BY_NOBODY)
                return skip(room, stage, NO_SERVER);
        if (session.is_forced != forced)
                return skip(room, stage,
                            forced ? "no command is forced"
                                   : "a forced command is run in place of the subsystem");
        return judge_command(room, stage, &session, err);
}

int pf_sshd_stage_forced_command(const PfSshdRoom *room, const PfCheck *stage, PfErr *err) {
        return judge(room, stage, true, err);
}

int pf_sshd_stage_sftp_program(const PfSshdRoom *room, const PfCheck *stage, PfErr *err) {
        return judge(room, stage, false, err);
}
