/* SPDX-License-Identifier: MIT */
/*
 * The session is open: can the installer copy its files, and start them? It
 * makes a directory in /tmp, writes into it, and has a command run on the same
 * connection.
 */
#include "probes/sshd/stages.h"

#include <string.h>

#include "probes/sshd/command.h"

#define PARENT "/tmp"
#define DIRECTORY "/tmp/remoteinstall"

/* Requests of the protocol without which nothing is copied. */
static const char *const requests[] = { "open", "write", "close", "mkdir" };

static bool is_in_list(const char *list, const char *name) {
        size_t n = strlen(name);

        for (const char *p = list; *p; p += strcspn(p, ","), p += *p == ',')
                if (strncmp(p, name, n) == 0 && (p[n] == ',' || !p[n]))
                        return true;
        return false;
}

/* sftp-server(8): -R refuses to write, -P refuses requests, -p allows only some. */
static bool is_read_only(const PfStrv *argv) {
        const char *denied = NULL;
        const char *allowed = NULL;

        for (size_t i = 1; i < argv->n; i++) {
                const char *p = argv->items[i];

                if (*p != '-')
                        break;
                while (*++p) {
                        const char *value = p[1]              ? p + 1
                                            : i + 1 < argv->n ? argv->items[i + 1]
                                                              : "";

                        if (*p == 'R')
                                return true;
                        if (!strchr("dflPpQu", *p))
                                continue;
                        denied = *p == 'P' ? value : denied;
                        allowed = *p == 'p' ? value : allowed;
                        i += !p[1];
                        break;
                }
        }
        for (size_t i = 0; i < PF_ELEMENTS(requests); i++)
                if ((denied && is_in_list(denied, requests[i])) ||
                    (allowed && !is_in_list(allowed, requests[i])))
                        return true;
        return false;
}

/* The server's words. Return: 0; 1 where there is no server; a negative errno. */
static int server_words(const PfSshdSession *session, PfStrv *ret, PfErr *err) {
        PF_AUTO_SSHD_COMMAND PfSshdCommand command = { 0 };
        int r;

        if (session->served == PF_SSHD_SERVED_BY_ITSELF)
                return pf_sshd_server_split(session->command, ret);
        r = session->has_no_place
                    ? 0
                    : pf_sshd_command_judge(session, session->command, false, &command, err);
        if (r < 0)
                return r;
        return command.end == PF_SSHD_COMMAND_SERVES ? pf_strv_copy(&command.argv, ret) : 1;
}

/* 1: answered. */
static int check_read_only(const PfSshdRoom *room, const PfCheck *stage,
                           const PfSshdSession *session, PfErr *err) {
        PF_AUTO_STRV PfStrv argv = { 0 };
        int r = server_words(session, &argv, err);

        if (r < 0)
                return r;
        if (r > 0) {
                (void) pf_report_skip(room->report, stage,
                                      "no SFTP server was found to write with");
                return 1;
        }
        if (!is_read_only(&argv))
                return 0;
        (void) pf_report_fail(room->report, stage, "SFTP is read-only: nothing can be copied");
        pf_report_reason(room->report, "read-only");
        pf_sshd_evidence_of(room, session->setting, session->value,
                            "the same without -R, -P and -p");
        (void) pf_report_remedy(room->report, "remove -R, -P and -p from this line");
        return 1;
}

/* --- the directory --- */

static int fail_at(const PfSshdRoom *room, const PfCheck *stage, const char *reason,
                   const char *path, const char *summary, const char *expected) {
        (void) pf_report_fail(room->report, stage, "%s", summary);
        pf_report_reason(room->report, reason);
        (void) pf_report_evidence(room->report, NULL, path, 0, NULL, expected);
        return 1;
}

static bool may_use(const PfSshdSession *session, const PfFoundFile *file) {
        return pf_identity_may(&session->who, &file->info, PF_FILE_MAY_WRITE | PF_FILE_MAY_EXECUTE);
}

/* 1: answered. */
static int check_directory(const PfSshdRoom *room, const PfCheck *stage,
                           const PfSshdSession *session, PfErr *err) {
        PF_AUTO_FOUND_FILE PfFoundFile parent = { 0 };
        PF_AUTO_FOUND_FILE PfFoundFile directory = { 0 };
        char path[8192];
        int r;

        (void) snprintf(path, sizeof(path), "%s%s", session->confined, PARENT);
        r = pf_file_view_find(&session->view, PARENT, &parent, err);
        if (r < 0)
                return r;
        if (r > 0 || parent.info.type != PF_FILE_DIRECTORY)
                return fail_at(room, stage, "no-tmp", path,
                               "there is no directory /tmp to copy to in what the session sees",
                               "a directory, mode 1777");
        r = pf_file_view_find(&session->view, DIRECTORY, &directory, err);
        if (r < 0)
                return r;
        if (r == 0 && directory.info.type != PF_FILE_DIRECTORY)
                return fail_at(room, stage, "remoteinstall-taken", directory.path,
                               "what is at /tmp/remoteinstall is no directory",
                               "a directory, or "
                               "nothing");
        if (!may_use(session, r == 0 ? &directory : &parent))
                return fail_at(room, stage, "tmp-not-writable",
                               r == 0 ? directory.path : parent.path,
                               "the account may not write where files are copied to",
                               "a directory that it may write in");
        return 0;
}

/* --- a command --- */

/* 1: answered. */
static int check_exec(const PfSshdRoom *room, const PfCheck *stage, const PfSshdSession *session,
                      PfErr *err) {
        PF_AUTO_REPORT PfReport report = { 0 };
        const PfSshdRoom inner = { room->target, room->demand, room->look, &report };
        const PfResult *result;
        int r;

        if (session->is_forced) {
                (void) pf_report_fail(room->report, stage,
                                      "ForceCommand runs in place of every other command");
                pf_report_reason(room->report, "exec-refused");
                pf_sshd_evidence_of(room, session->setting, session->value, "none");
                return 1;
        }
        r = pf_sshd_judge_shell(&inner, stage, session, err);
        if (r < 0 || report.error < 0 || report.n == 0)
                return r < 0 ? r : report.error;
        result = &report.results[0];
        if (result->verdict == PF_PASS &&
            !(result->n_evidence > 0 &&
              strcmp(result->summary, "the account's shell is an SFTP server") == 0))
                return 0;
        if (result->verdict == PF_UNKNOWN)
                (void) pf_report_unknown(room->report, stage, "%s", result->summary);
        else
                (void) pf_report_fail(room->report, stage,
                                      "the installer's commands do not run: %s", result->summary);
        pf_report_reason(room->report, "exec-refused");
        (void) pf_report_evidence_copy(room->report, result->evidence, result->n_evidence);
        return 1;
}

/* Where the first channel stays open, a second one is refused. */
static int check_second_session(const PfSshdRoom *room, const PfCheck *stage) {
        const PfSshdSetting *setting = pf_sshd_effective_get(room->look->effective, "maxsessions");

        if (!setting || setting->doubt || strcmp(pf_sshd_text_of(setting), "1") != 0)
                return 0;
        (void) pf_report_fail(room->report, stage,
                              "no command can be started while an SFTP session is open");
        pf_report_reason(room->report, "max-sessions");
        pf_sshd_evidence_of(room, setting, 0, "MaxSessions 10");
        pf_sshd_remedy_setting(room, setting, "MaxSessions 10");
        return 1;
}

/* --- the stages --- */

/* Return: 0; 1, and answered; a negative errno. */
static int open_session(const PfSshdRoom *room, const PfCheck *stage, PfSshdSession *session,
                        PfErr *err) {
        int r = pf_sshd_session_open(room, stage, session, err);

        if (r != 0)
                return r;
        session->view.who = &session->who;
        if (session->served != PF_SSHD_SERVED_BY_NOBODY)
                return 0;
        (void) pf_report_skip(room->report, stage, "there is no SFTP subsystem");
        return 1;
}

int pf_sshd_stage_writable(const PfSshdRoom *room, const PfCheck *stage, PfErr *err) {
        PF_AUTO_SSHD_SESSION PfSshdSession session = { 0 };
        int r = open_session(room, stage, &session, err);

        if (r == 0)
                r = check_read_only(room, stage, &session, err);
        if (r != 0)
                return r < 0 ? r : 0;
        (void) pf_report_pass(room->report, stage, "the SFTP server lets files be written");
        pf_sshd_evidence_of(room, session.setting, session.value, NULL);
        return 0;
}

int pf_sshd_stage_upload(const PfSshdRoom *room, const PfCheck *stage, PfErr *err) {
        PF_AUTO_SSHD_SESSION PfSshdSession session = { 0 };
        int r = open_session(room, stage, &session, err);

        if (r == 0 && (!room->look->account.exists || session.has_no_place)) {
                (void) pf_report_skip(room->report, stage, "there is no session to copy in");
                return 0;
        }
        if (r == 0)
                r = check_read_only(room, stage, &session, err);
        if (r == 0)
                r = check_directory(room, stage, &session, err);
        if (r == 0)
                r = check_second_session(room, stage);
        if (r == 0)
                r = check_exec(room, stage, &session, err);
        if (r != 0)
                return r < 0 ? r : 0;
        (void) pf_report_pass(room->report, stage, "files can be copied to %s, and commands run",
                              DIRECTORY);
        return 0;
}
