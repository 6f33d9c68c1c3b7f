/* SPDX-License-Identifier: MIT */
/*
 * What runs before the SFTP server, and what runs it: /etc/ssh/sshrc, the
 * account's shell, and the files that the shell reads at its start. A word on
 * standard output among them, and the client takes it for the protocol.
 *
 * Rule: sshd(8), LOGIN PROCESS and SSHRC (~/.ssh/rc is not run for a
 *       subsystem); bash(1), INVOCATION: a shell under sshd reads ~/.bashrc,
 *       and before it what the distribution has built in; zsh(1).
 */
#include "probes/sshd/stages.h"

#include <string.h>

#include "probes/sshd/command.h"

#define SSHRC "/etc/ssh/sshrc"

static int answer_noise(const PfSshdRoom *room, const PfCheck *stage, const PfShellOutcome *outcome,
                        const char *what) {
        (void) pf_report_fail(room->report, stage,
                              "%s writes to standard output before the SFTP server does", what);
        pf_report_reason(room->report, "shell-noise");
        (void) pf_report_evidence(room->report, room->target, outcome->path, outcome->line,
                                  outcome->text, "nothing, or >&2 behind it");
        (void) pf_report_remedy(room->report,
                                "write it to standard error (>&2), or only where there is a "
                                "terminal");
        return 1;
}

static int answer_unknown(const PfSshdRoom *room, const PfCheck *stage,
                          const PfShellOutcome *outcome, const char *what) {
        (void) pf_report_unknown(
                room->report, stage, "whether %s keeps standard output clean: %s", what,
                outcome->why ? outcome->why : "what a program writes is not known");
        (void) pf_report_evidence(room->report, room->target, outcome->path, outcome->line,
                                  outcome->text, NULL);
        return 1;
}

/* --- sshrc --- */

/* Run by /bin/sh, whose exit status nobody asks for. 1: answered. */
static int check_sshrc(const PfSshdRoom *room, const PfCheck *stage, const PfSshdSession *session,
                       PfErr *err) {
        PF_AUTO_SHELL_OUTCOME PfShellOutcome outcome = { 0 };
        PF_AUTO_FOUND_FILE PfFoundFile shell = { 0 };
        PF_AUTO_FOUND_FILE PfFoundFile file = { 0 };
        const PfShellSetup setup = { .view = session->view,
                                     .user = session->user,
                                     .has_no_input = true,
                                     .environment = &session->environment };
        int r;

        r = pf_file_view_find(&session->view, SSHRC, &file, err);
        if (r != 0)
                return r < 0 ? r : 0;
        r = pf_sshd_command_find(session, "/bin/sh", &shell, err);
        if (r != 0 || !pf_identity_may(&session->who, &file.info, PF_FILE_MAY_READ) ||
            file.info.type != PF_FILE_REGULAR)
                return r < 0 ? r : 0;
        r = pf_shell_script_run_file(&setup, SSHRC, &outcome, err);
        if (r != 0)
                return r < 0 ? r : 0;
        if (outcome.end == PF_SHELL_PRINTS)
                return answer_noise(room, stage, &outcome, SSHRC);
        if (outcome.end == PF_SHELL_ENDS || outcome.end == PF_SHELL_EXITS)
                return 0;
        return answer_unknown(room, stage, &outcome, SSHRC);
}

/* --- the shell --- */

static void evidence_of_shell(const PfSshdRoom *room, const PfSshdCommand *shell) {
        const PfSshdAccount *account = &room->look->account;

        if (shell->path)
                (void) pf_report_evidence(room->report, room->target, shell->path, shell->line,
                                          shell->text, NULL);
        if (account->shown)
                (void) pf_report_evidence(room->report, NULL, "/etc/passwd", account->line,
                                          account->shown, "a shell such as /bin/sh");
}

/* 1: answered. */
static int check_shell(const PfSshdRoom *room, const PfCheck *stage, const PfSshdSession *session,
                       const PfSshdCommand *shell) {
        switch (shell->end) {
        case PF_SSHD_COMMAND_SHELL:
                return 0;
        case PF_SSHD_COMMAND_SERVES:
                (void) pf_report_pass(room->report, stage, "the account's shell is an SFTP server");
                break;
        case PF_SSHD_COMMAND_UNKNOWN:
                (void) pf_report_unknown(room->report, stage,
                                         "whether the shell %s runs the "
                                         "session's command: %s",
                                         session->shell, shell->why);
                break;
        case PF_SSHD_COMMAND_PRINTS:
                (void) pf_report_fail(room->report, stage,
                                      "the shell %s writes to standard output before the SFTP "
                                      "server does",
                                      session->shell);
                pf_report_reason(room->report, "shell-noise");
                (void) pf_report_remedy(room->report, "write it to standard error (>&2)");
                break;
        case PF_SSHD_COMMAND_FAILS:
                (void) pf_report_fail(room->report, stage,
                                      "the shell %s does not run the session's command: %s",
                                      session->shell, shell->why);
                pf_report_reason(room->report, "shell-refuses");
                (void) pf_report_remedy(room->report,
                                        "use \"Subsystem sftp internal-sftp\", which needs no "
                                        "shell, or give %s one",
                                        room->demand->account);
                break;
        }
        evidence_of_shell(room, shell);
        return 1;
}

/* --- what it reads at its start --- */

/* Bash is told to read them as it would by itself. */
static const char bash_start[] = "if [ -f /etc/bash.bashrc ]; then . /etc/bash.bashrc; fi\n"
                                 "if [ -f \"$HOME/.bashrc\" ]; then . \"$HOME/.bashrc\"; fi\n";

/* Zsh's own language is close enough for what is decided here: the rest is not understood. */
static const char zsh_start[] = "if [ -f /etc/zshenv ]; then . /etc/zshenv; fi\n"
                                "if [ -f /etc/zsh/zshenv ]; then . /etc/zsh/zshenv; fi\n"
                                "if [ -f \"$HOME/.zshenv\" ]; then . \"$HOME/.zshenv\"; fi\n";

/* Shells whose language is another one: their files must be absent. %s is the home. */
static const struct {
        const char *shell;
        const char *path;
} foreign_files[] = {
        { "csh", "/etc/csh.cshrc" },
        { "csh", "%s/.cshrc" },
        { "tcsh", "/etc/csh.cshrc" },
        { "tcsh", "%s/.tcshrc" },
        { "tcsh", "%s/.cshrc" },
        { "fish", "/etc/fish/config.fish" },
        { "fish", "%s/.config/fish/config.fish" },
};

static const struct {
        const char *shell;
        const char *text;
} starts[] = { { "bash", bash_start }, { "rbash", bash_start }, { "zsh", zsh_start } };

static bool is_only_comments(const char *text) {
        while (*text) {
                text += strspn(text, " \t\r\n");
                if (*text && *text != '#')
                        return false;
                text += strcspn(text, "\n");
        }
        return true;
}

static int check_foreign(const PfSshdRoom *room, const PfCheck *stage, const PfSshdSession *session,
                         const char *name, PfErr *err) {
        for (size_t i = 0; i < PF_ELEMENTS(foreign_files); i++) {
                PF_AUTO_FOUND_FILE PfFoundFile file = { 0 };
                PF_AUTO_BUF PfBuf text = PF_BUF_INIT(PF_SHELL_SCRIPT_MAX);
                const char *path = foreign_files[i].path;
                char buffer[4096];
                int r;

                if (strcmp(foreign_files[i].shell, name) != 0)
                        continue;
                (void) snprintf(buffer, sizeof(buffer), "%s%s", path[0] == '%' ? session->home : "",
                                path[0] == '%' ? path + 2 : path);
                r = pf_file_view_find(&session->view, buffer, &file, err);
                if (r == 0)
                        r = pf_target_read(room->target, file.path, PF_SHELL_SCRIPT_MAX, &text,
                                           err);
                if (r < 0)
                        return r;
                if (r > 0 || !text.data || is_only_comments(text.data))
                        continue;
                (void) pf_report_unknown(room->report, stage,
                                         "whether %s keeps standard output clean: the language of "
                                         "%s is not understood",
                                         buffer, name);
                (void) pf_report_evidence(room->report, NULL, file.path, 0, NULL, NULL);
                return 1;
        }
        return 0;
}

static int check_start(const PfSshdRoom *room, const PfCheck *stage, const PfSshdSession *session,
                       const char *text, PfErr *err) {
        PF_AUTO_SHELL_OUTCOME PfShellOutcome outcome = { 0 };
        const PfShellSetup setup = { .view = session->view,
                                     .user = session->user,
                                     .is_bash = true,
                                     .is_sourced = true,
                                     .environment = &session->environment };
        char what[256];
        int r;

        r = pf_shell_script_run(&setup, NULL, text, strlen(text), &outcome, err);
        if (r < 0)
                return r;
        (void) snprintf(what, sizeof(what), "%s", outcome.path ? outcome.path : "the shell");
        if (outcome.end == PF_SHELL_ENDS)
                return 0;
        if (outcome.end == PF_SHELL_PRINTS)
                return answer_noise(room, stage, &outcome, what);
        if (outcome.end == PF_SHELL_UNKNOWN || outcome.end == PF_SHELL_RUNS)
                return answer_unknown(room, stage, &outcome, what);
        (void) pf_report_fail(room->report, stage, "%s ends the shell before it runs the command",
                              what);
        pf_report_reason(room->report, "shell-refuses");
        (void) pf_report_evidence(room->report, room->target, outcome.path, outcome.line,
                                  outcome.text, NULL);
        return 1;
}

static int check_startup(const PfSshdRoom *room, const PfCheck *stage, const PfSshdSession *session,
                         const PfSshdCommand *shell, PfErr *err) {
        for (size_t i = 0; i < PF_ELEMENTS(starts); i++)
                if (strcmp(starts[i].shell, shell->shell_name) == 0)
                        return check_start(room, stage, session, starts[i].text, err);
        return check_foreign(room, stage, session, shell->shell_name, err);
}

/* bash(1), RESTRICTED SHELL: no command with a slash in its name. */
static int check_restricted(const PfSshdRoom *room, const PfCheck *stage,
                            const PfSshdSession *session, const PfSshdCommand *shell) {
        const char *command = session->command + strspn(session->command, " \t");

        if (strcmp(shell->shell_name, "rbash") != 0 ||
            !memchr(command, '/', strcspn(command, " \t")))
                return 0;
        (void) pf_report_fail(room->report, stage,
                              "the shell %s does not run the session's command: it is restricted "
                              "to commands without \"/\"",
                              session->shell);
        pf_report_reason(room->report, "shell-refuses");
        evidence_of_shell(room, shell);
        return 1;
}

int pf_sshd_judge_shell(const PfSshdRoom *room, const PfCheck *stage, const PfSshdSession *session,
                        PfErr *err) {
        PF_AUTO_SSHD_COMMAND PfSshdCommand shell = { 0 };
        int r = pf_sshd_command_shell(session, &shell, err);

        if (r == 0)
                r = check_shell(room, stage, session, &shell);
        if (r == 0)
                r = check_restricted(room, stage, session, &shell);
        if (r == 0)
                r = check_startup(room, stage, session, &shell, err);
        if (r != 0)
                return r < 0 ? r : 0;
        (void) pf_report_pass(room->report, stage, "the shell %s runs the session's command",
                              session->shell);
        evidence_of_shell(room, &shell);
        return 0;
}

/* Without one that anybody may execute nobody is let in: that is another stage's. */
static bool has_shell(const PfSshdRoom *room) {
        PfFileInfo info;
        int r = pf_target_stat(room->target, room->look->account.shell, &info, NULL);

        return r < 0 || (r == 0 && info.type == PF_FILE_REGULAR && (info.mode & 0111) != 0);
}

int pf_sshd_stage_shell_runs(const PfSshdRoom *room, const PfCheck *stage, PfErr *err) {
        PF_AUTO_SSHD_SESSION PfSshdSession session = { 0 };
        const char *why = NULL;
        int r;

        r = pf_sshd_session_open(room, stage, &session, err);
        if (r != 0)
                return r < 0 ? r : 0;
        session.view.who = &session.who;
        if (session.served == PF_SSHD_SERVED_BY_NOBODY)
                why = "there is no SFTP subsystem, so nothing would be run";
        else if (!room->look->account.exists)
                why = "the account is in no file of the machine, and neither is its shell";
        else if (!has_shell(room))
                why = "the account has no shell that could be started";
        else if (session.has_no_place)
                why = "the directory that the session is confined to is not usable";
        if (why) {
                (void) pf_report_skip(room->report, stage, "%s", why);
                return 0;
        }
        r = check_sshrc(room, stage, &session, err);
        if (r != 0)
                return r < 0 ? r : 0;
        if (session.served == PF_SSHD_SERVED_BY_COMMAND)
                return pf_sshd_judge_shell(room, stage, &session, err);
        (void) pf_report_pass(room->report, stage, "sshd serves SFTP itself, without a shell");
        pf_sshd_evidence_of(room, session.setting, session.value, NULL);
        return 0;
}
