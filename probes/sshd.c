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
#include "probes/sshd-look.h"

#include <string.h>

#include "probes/sshd-lists.h"

const PfCheck pf_sshd_checks[PF_SSHD_N_CHECKS] = {
        [PF_SSHD_SERVER] = { "ssh.server" },
        [PF_SSHD_CONFIGURATION] = { "ssh.configuration" },
        [PF_SSHD_PASSWORD] = { "ssh.password-authentication" },
        [PF_SSHD_ROOT_LOGIN] = { "ssh.root-login" },
        [PF_SSHD_ACCOUNT_ALLOWED] = { "ssh.account-allowed" },
        [PF_SSHD_METHODS] = { "ssh.authentication-methods" },
        [PF_SSHD_SFTP] = { "ssh.sftp-subsystem" },
};

#define PROBLEMS_SHOWN 8

/* All that a check of the configuration needs. */
typedef struct Room {
        const PfTarget *target;
        const PfDemand *demand;
        const PfSshdLook *look;
        PfReport *report;
} Room;

/* "root", or "root from 192.0.2.7": whom it is about. */
static const char *whom(const Room *room, char *buffer, size_t size) {
        if (room->demand->source)
                (void) snprintf(buffer, size, "%s from %s", room->demand->account,
                                room->demand->source);
        else
                (void) snprintf(buffer, size, "%s", room->demand->account);
        return buffer;
}
#define WHOM(room) whom(room, (char[600]){ 0 }, 600)

/* The line that decided, or that none did. */
static void evidence_of(const Room *room, const PfSshdSetting *setting, size_t i,
                        const char *expected) {
        const PfSshdLine *line = i < setting->n_values ? setting->values[i].line : NULL;
        PF_AUTO_BUF PfBuf found = PF_BUF_INIT(1024);

        if (line) {
                (void) pf_report_evidence(room->report, room->target, line->path, line->number,
                                          line->text, expected);
                return;
        }
        if (pf_buf_printf(&found, "%s is not set; the default of %s is %s", setting->keyword,
                          room->look->version.text,
                          setting->n_values ? setting->values[0].text : "none") == 0)
                (void) pf_report_evidence(room->report, NULL, room->look->path, 0, found.data,
                                          expected);
}

/* Where a line that lost would have done, people wonder why it has no effect. */
static void remedy_setting(const Room *room, const PfSshdSetting *setting, const char *wanted) {
        const PfSshdLine *line = setting->n_values ? setting->values[0].line : NULL;

        if (!line)
                (void) pf_report_remedy(room->report,
                                        "add the line \"%s\" at the top of %s, before any Match "
                                        "and Include, then reload sshd",
                                        wanted, room->look->path);
        else if (setting->n_shadowed > 0)
                (void) pf_report_remedy(room->report,
                                        "change line %u of %s to \"%s\" and reload sshd; line %u "
                                        "of %s comes later and has no effect: the first counts",
                                        line->number, line->path, wanted,
                                        setting->shadowed[0]->number, setting->shadowed[0]->path);
        else
                (void) pf_report_remedy(room->report,
                                        "change line %u of %s to \"%s\" and reload sshd",
                                        line->number, line->path, wanted);
}

/* True, and answered, where a Match that nobody can decide would set this. */
static bool is_doubtful(const Room *room, PfSshdCheck check, const PfSshdSetting *setting) {
        if (!setting->doubt)
                return false;
        (void) pf_report_unknown(room->report, &pf_sshd_checks[check],
                                 "%s depends on where the connection comes from: ask with "
                                 "--source",
                                 setting->keyword);
        (void) pf_report_evidence(room->report, room->target, setting->doubt->path,
                                  setting->doubt->number, setting->doubt->text, NULL);
        return true;
}

/* The setting of a keyword that every version has; answered where it is missing. */
static const PfSshdSetting *get(const Room *room, PfSshdCheck check, const char *keyword) {
        const PfSshdSetting *setting = pf_sshd_effective_get(room->look->effective, keyword);

        if (!setting) {
                (void) pf_report_unknown(room->report, &pf_sshd_checks[check],
                                         "%s is not known to %s", keyword,
                                         room->look->version.text);
                return NULL;
        }
        return is_doubtful(room, check, setting) ? NULL : setting;
}

static const char *text_of(const PfSshdSetting *setting) {
        return setting->n_values > 0 ? setting->values[0].text : "";
}

/* --- the checks --- */

static void check_configuration(const Room *room) {
        const PfCheck *check = &pf_sshd_checks[PF_SSHD_CONFIGURATION];
        const PfSshdProblem *problems;
        size_t n;

        problems = pf_sshd_effective_problems(room->look->effective, &n);
        if (n == 0) {
                (void) pf_report_pass(room->report, check, "%s accepts its configuration",
                                      room->look->version.text);
                (void) pf_report_evidence(room->report, NULL, room->look->path, 0, NULL, NULL);
                return;
        }
        if (room->look->version.assumed)
                (void) pf_report_unknown(room->report, check,
                                         "sshd would refuse its configuration if it is %s, which "
                                         "could not be verified",
                                         room->look->version.text);
        else
                (void) pf_report_fail(room->report, check, "%s refuses its configuration",
                                      room->look->version.text);
        for (size_t i = 0; i < n && i < PROBLEMS_SHOWN; i++) {
                const PfSshdLine *line = problems[i].line;

                (void) pf_report_evidence(
                        room->report, room->target, line ? line->path : problems[i].path,
                        line ? line->number : 0, line ? line->text : NULL, problems[i].text);
        }
        (void) pf_report_remedy(room->report, "correct or remove the line, then test with sshd -t; "
                                              "the server does not start until it is accepted");
}

static void check_password(const Room *room) {
        const PfCheck *check = &pf_sshd_checks[PF_SSHD_PASSWORD];
        const PfSshdSetting *setting = get(room, PF_SSHD_PASSWORD, "passwordauthentication");

        if (!setting)
                return;
        if (strcmp(text_of(setting), "yes") == 0) {
                (void) pf_report_pass(room->report, check, "sshd takes passwords for %s",
                                      WHOM(room));
                evidence_of(room, setting, 0, NULL);
                return;
        }
        (void) pf_report_fail(room->report, check, "sshd refuses passwords for %s", WHOM(room));
        evidence_of(room, setting, 0, "PasswordAuthentication yes");
        remedy_setting(room, setting, "PasswordAuthentication yes");
}

static bool is_root(const Room *room) {
        if (room->look->account.exists)
                return room->look->account.uid == 0;
        return strcmp(room->demand->account, "root") == 0;
}

static void check_root_login(const Room *room) {
        const PfCheck *check = &pf_sshd_checks[PF_SSHD_ROOT_LOGIN];
        const PfSshdSetting *setting;

        if (!is_root(room)) {
                (void) pf_report_skip(room->report, check, "%s is not root", room->demand->account);
                return;
        }
        setting = get(room, PF_SSHD_ROOT_LOGIN, "permitrootlogin");
        if (!setting)
                return;
        if (strcmp(text_of(setting), "yes") == 0) {
                (void) pf_report_pass(room->report, check, "sshd lets %s log in with a password",
                                      WHOM(room));
                evidence_of(room, setting, 0, NULL);
                return;
        }
        (void) pf_report_fail(room->report, check, "sshd does not let %s log in with a password",
                              WHOM(room));
        evidence_of(room, setting, 0, "PermitRootLogin yes");
        remedy_setting(room, setting, "PermitRootLogin yes");
}

static void check_account_allowed(const Room *room) {
        const PfCheck *check = &pf_sshd_checks[PF_SSHD_ACCOUNT_ALLOWED];
        PfSshdListVerdict verdict;

        pf_sshd_judge_lists(room->look->effective, &room->look->account, room->demand, &verdict);
        if (verdict.setting && verdict.setting->doubt) {
                (void) is_doubtful(room, PF_SSHD_ACCOUNT_ALLOWED, verdict.setting);
                return;
        }
        switch (verdict.answer) {
        case PF_SSHD_LISTS_OPEN:
                (void) pf_report_pass(room->report, check,
                                      "no list of users or groups keeps %s out", WHOM(room));
                break;
        case PF_SSHD_LISTS_ALLOW:
                (void) pf_report_pass(room->report, check, "sshd's lists let %s in", WHOM(room));
                break;
        case PF_SSHD_LISTS_DENY:
                (void) pf_report_fail(room->report, check, "%s keeps %s out", verdict.keyword,
                                      WHOM(room));
                break;
        case PF_SSHD_LISTS_UNKNOWN:
                (void) pf_report_unknown(room->report, check, "%s: %s", verdict.keyword,
                                         verdict.reason);
                break;
        }
        if (verdict.setting && verdict.setting->n_values > 0)
                evidence_of(room, verdict.setting, verdict.value,
                            verdict.answer == PF_SSHD_LISTS_DENY ? verdict.expected : NULL);
        if (verdict.answer == PF_SSHD_LISTS_DENY)
                (void) pf_report_remedy(room->report, "%s in %s for %s, then reload sshd",
                                        verdict.expected, verdict.keyword, room->demand->account);
}

/* One of the alternatives must be the password alone: the installer knows nothing
 * else, keyboard-interactive included. */
static void check_methods(const Room *room) {
        const PfCheck *check = &pf_sshd_checks[PF_SSHD_METHODS];
        const PfSshdSetting *setting = get(room, PF_SSHD_METHODS, "authenticationmethods");

        if (!setting)
                return;
        for (const char *word = text_of(setting); *word;) {
                size_t n = strcspn(word, " ");

                if ((n == strlen("any") && strncmp(word, "any", n) == 0) ||
                    (n == strlen("password") && strncmp(word, "password", n) == 0)) {
                        (void) pf_report_pass(room->report, check,
                                              "a password alone is enough for %s", WHOM(room));
                        evidence_of(room, setting, 0, NULL);
                        return;
                }
                word += n;
                word += strspn(word, " ");
        }
        (void) pf_report_fail(room->report, check, "sshd asks %s for more than a password",
                              WHOM(room));
        evidence_of(room, setting, 0, "AuthenticationMethods any");
        remedy_setting(room, setting, "AuthenticationMethods any");
}

/* --- sftp --- */

/* May the account execute this file? Root may where anybody may. */
static bool may_execute(const PfFileInfo *info, const PfSshdAccount *account) {
        if (!account->exists || account->uid == 0)
                return info->mode & 0111;
        if (info->uid == account->uid)
                return info->mode & 0100;
        if (info->gid == account->gid)
                return info->mode & 0010;
        return info->mode & 0001;
}

static void sftp_fail(const Room *room, const PfSshdSetting *setting, size_t i,
                      const char *expected) {
        evidence_of(room, setting, i, expected);
        (void) pf_report_remedy(room->report,
                                "use \"Subsystem sftp internal-sftp\", which needs no program, "
                                "and reload sshd");
}

/* The program, on the machine or in the directory that the session is confined to. */
static void check_sftp_program(const Room *room, const PfSshdSetting *setting, size_t i,
                               const char *command) {
        const PfCheck *check = &pf_sshd_checks[PF_SSHD_SFTP];
        const char *chroot = pf_sshd_effective_text(room->look->effective, "chrootdirectory");
        PF_AUTO_BUF PfBuf path = PF_BUF_INIT(8192);
        PfFileInfo info = { 0 };
        PfErr err = { 0 };
        int r = 0;

        if (chroot && strcmp(chroot, "none") != 0) {
                if (strchr(chroot, '%')) {
                        (void) pf_report_unknown(room->report, check,
                                                 "ChrootDirectory depends on the account; whether "
                                                 "the SFTP program is in it was not determined");
                        return;
                }
                r = pf_buf_add_string(&path, chroot);
        }
        if (r == 0)
                r = pf_buf_add(&path, command, strcspn(command, " \t"));
        if (r == 0)
                r = pf_target_stat(room->target, path.data, &info, &err);
        if (r < 0) {
                (void) pf_report_unknown(room->report, check, "the SFTP program: %s",
                                         pf_err_text(&err, r));
        } else if (r == PF_TARGET_ABSENT) {
                (void) pf_report_fail(room->report, check, "the SFTP program is missing");
                sftp_fail(room, setting, i, "an existing program, or internal-sftp");
        } else if (info.type != PF_FILE_REGULAR || !may_execute(&info, &room->look->account)) {
                (void) pf_report_fail(room->report, check, "%s cannot execute the SFTP program",
                                      room->demand->account);
                sftp_fail(room, setting, i, "an executable program, or internal-sftp");
        } else {
                (void) pf_report_pass(room->report, check, "SFTP is served");
                evidence_of(room, setting, i, NULL);
        }
}

/* sftp-server(8), -R: uploads are refused. */
static bool is_read_only(const char *command) {
        for (const char *word = command + strcspn(command, " "); *word;
             word += strcspn(word, " ")) {
                word += strspn(word, " ");
                if (word[0] == '-' && memchr(word, 'R', strcspn(word, " ")))
                        return true;
        }
        return false;
}

static bool is_internal(const char *command) {
        size_t n = strcspn(command, " ");

        return n == strlen("internal-sftp") && strncmp(command, "internal-sftp", n) == 0;
}

/* ForceCommand replaces the subsystem as well: sshd_config(5). */
static bool is_forced_away(const Room *room) {
        const PfSshdSetting *force = pf_sshd_effective_get(room->look->effective, "forcecommand");
        const char *text = force ? text_of(force) : "none";

        if (force && is_doubtful(room, PF_SSHD_SFTP, force))
                return true;
        if (strcmp(text, "none") == 0 || is_internal(text))
                return false;
        (void) pf_report_fail(room->report, &pf_sshd_checks[PF_SSHD_SFTP],
                              "ForceCommand runs something else in place of SFTP");
        evidence_of(room, force, 0, "no ForceCommand for this account");
        (void) pf_report_remedy(room->report, "keep %s out of this ForceCommand with a Match block",
                                room->demand->account);
        return true;
}

static void check_sftp(const Room *room) {
        const PfCheck *check = &pf_sshd_checks[PF_SSHD_SFTP];
        const PfSshdSetting *setting = pf_sshd_effective_get(room->look->effective, "subsystem");
        const char *command = NULL;
        size_t i;

        if (is_forced_away(room) || (setting && is_doubtful(room, PF_SSHD_SFTP, setting)))
                return;
        for (i = 0; setting && i < setting->n_values && !command; i++)
                if (strncmp(setting->values[i].text, "sftp ", 5) == 0)
                        command = setting->values[i].text + 5;
        if (!command) {
                (void) pf_report_fail(room->report, check, "sshd has no SFTP subsystem");
                (void) pf_report_evidence(room->report, NULL, room->look->path, 0, NULL,
                                          "Subsystem sftp internal-sftp");
                (void) pf_report_remedy(room->report,
                                        "add \"Subsystem sftp internal-sftp\" to %s, outside of "
                                        "any Match block, and reload sshd",
                                        room->look->path);
                return;
        }
        i--;
        if (is_read_only(command)) {
                (void) pf_report_fail(room->report, check,
                                      "SFTP is read-only: nothing can be copied");
                evidence_of(room, setting, i, "the same without -R");
                (void) pf_report_remedy(room->report, "remove -R from the Subsystem line");
        } else if (is_internal(command)) {
                (void) pf_report_pass(room->report, check, "sshd serves SFTP itself");
                evidence_of(room, setting, i, NULL);
        } else {
                check_sftp_program(room, setting, i, command);
        }
}

/* --- the probe --- */

typedef void (*Check)(const Room *room);
static const Check configuration_checks[] = {
        check_configuration,   check_password, check_root_login,
        check_account_allowed, check_methods,  check_sftp,
};

static int skip_the_rest(PfReport *report, PfSshdCheck from, const char *reason) {
        for (size_t i = from; i < PF_SSHD_N_CHECKS; i++)
                (void) pf_report_skip(report, &pf_sshd_checks[i], "%s", reason);
        return report->error;
}

static int no_configuration(PfReport *report, const PfTarget *target) {
        (void) pf_report_fail(report, &pf_sshd_checks[PF_SSHD_CONFIGURATION],
                              "there is no sshd_config: sshd does not start");
        (void) pf_report_evidence(report, target, PF_SSHD_CONFIG_PATH, 0, NULL,
                                  "the server's configuration");
        (void) pf_report_remedy(report, "restore %s from the package", PF_SSHD_CONFIG_PATH);
        return skip_the_rest(report, PF_SSHD_PASSWORD, "sshd does not start without sshd_config");
}

static int run(const PfTarget *target, const PfDemand *demand, PfReport *report, PfErr *err) {
        PF_AUTO_SSHD_LOOK PfSshdLook look = { 0 };
        const Room room = { target, demand, &look, report };
        int r;

        r = pf_sshd_look_at_version(target, &look, err);
        if (r < 0)
                return r;
        r = pf_sshd_look_at_configuration(target, demand, &look, err);
        pf_sshd_check_server(target, demand, &look, report);
        if (r < 0)
                return r;
        if (!look.is_installed)
                return skip_the_rest(report, PF_SSHD_CONFIGURATION,
                                     "no OpenSSH server is installed");
        if (!look.conf)
                return no_configuration(report, target);
        for (size_t i = 0; i < PF_ELEMENTS(configuration_checks); i++)
                configuration_checks[i](&room);
        return 0;
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
