/* SPDX-License-Identifier: MIT */
/*
 * What the configuration says of this login: is it one that sshd starts with,
 * and does it let the account in with a password?
 */
#include "probes/sshd/stages.h"

#include <string.h>

#include "probes/parse/nss-files.h"
#include "probes/sshd/ears.h"
#include "probes/sshd/lists.h"

#define PROBLEMS_SHOWN 8
#define GROUP_PATH "/etc/group"
#define GROUPS_MAX (8 << 20)

/* sshd has no defaults without a file: it does not start. */
static int no_configuration(const PfSshdRoom *room, const PfCheck *stage, const char *path) {
        const char *wanted = path ? path : PF_SSHD_CONFIG_PATH;

        (void) pf_report_fail(room->report, stage, "there is no %s: sshd does not start",
                              strcmp(wanted, PF_SSHD_CONFIG_PATH) == 0
                                      ? "sshd_config"
                                      : "file that the option -f names");
        pf_report_reason(room->report, "config-rejected");
        (void) pf_report_evidence(room->report, room->target, wanted, 0, NULL,
                                  "the server's configuration");
        return pf_report_remedy(room->report, "restore %s from the package", wanted);
}

/* Options with which no server comes about. */
static bool answer_command_line(const PfSshdRoom *room, const PfCheck *stage) {
        static const char *const texts[] = {
                [PF_SSHD_INETD] = "sshd is started with -i, for one connection, and has none",
                [PF_SSHD_DEBUGS] = "sshd is started with -d: it serves one connection and ends",
                [PF_SSHD_TESTS] = "sshd is started to test its configuration only, and ends",
                [PF_SSHD_TELLS] = "sshd is started to print its version only, and ends",
                [PF_SSHD_REFUSES] = "sshd refuses an option that it is started with",
        };
        const PfSshdService *service = &room->look->service;
        const PfSshdCommandLine *line = &service->line;

        if (line->mode == PF_SSHD_SERVES ||
            (line->mode == PF_SSHD_INETD && service->starter == PF_SSHD_STARTS_SOCKET))
                return false;
        if (line->mode == PF_SSHD_DEBUGS)
                (void) pf_report_unknown(room->report, stage, "%s", texts[line->mode]);
        else
                (void) pf_report_fail(room->report, stage, "%s", texts[line->mode]);
        pf_report_reason(room->report, "config-rejected");
        (void) pf_report_evidence(room->report, room->target, line->place.path, line->place.line,
                                  line->place.text, line->refused);
        (void) pf_report_remedy(room->report, "take the option away: see sshd(8)");
        return true;
}

static void show_line(const PfSshdRoom *room, const PfSshdLine *line, const char *expected) {
        (void) pf_report_evidence(room->report, room->target, line->path, line->number, line->text,
                                  expected);
}

/* The line, what it is at odds with, and by which Include it came to be read:
 * the one to change may be any of these. */
static void show_problem(const PfSshdRoom *room, const PfSshdProblem *problem) {
        const PfSshdLine *line = problem->line;

        if (line)
                show_line(room, line, problem->text);
        else
                (void) pf_report_evidence(room->report, room->target, problem->path, 0, NULL,
                                          problem->text);
        if (problem->file)
                (void) pf_report_evidence(room->report, room->target, problem->file, 0, NULL,
                                          "a file that can be read, or none");
        if (problem->other)
                show_line(room, problem->other, NULL);
        for (line = line ? line->include : NULL; line; line = line->include)
                show_line(room, line, NULL);
}

static void answer_problems(const PfSshdRoom *room, const PfCheck *stage,
                            const PfSshdProblem *problems, size_t n) {
        if (room->look->version.assumed)
                (void) pf_report_unknown(room->report, stage,
                                         "sshd would refuse its configuration if it is %s, which "
                                         "could not be verified",
                                         room->look->version.text);
        else
                (void) pf_report_fail(room->report, stage, "%s refuses its configuration",
                                      room->look->version.text);
        pf_report_reason(room->report, "config-rejected");
        for (size_t i = 0; i < n && i < PROBLEMS_SHOWN; i++)
                show_problem(room, &problems[i]);
        (void) pf_report_remedy(room->report, "correct or remove the line, then test with sshd -t; "
                                              "the server does not start until it is accepted");
}

/* A name that sshd cannot resolve keeps it from starting. True where answered. */
static int answer_names(const PfSshdRoom *room, const PfCheck *stage,
                        const PfSshdEffective *effective, PfErr *err) {
        const PfSshdSetting *listen = pf_sshd_effective_get(effective, "listenaddress");

        for (size_t i = 0; listen && listen->unresolved && i < listen->n_values; i++) {
                const PfSshdLine *line = listen->values[i].line;
                int r = pf_sshd_ears_find_name(room->target, effective, &listen->values[i], err);

                if (r <= 0 || !line) {
                        if (r < 0)
                                return r;
                        continue;
                }
                if (r == PF_SSHD_NAME_UNKNOWN)
                        (void) pf_report_fail(room->report, stage,
                                              "sshd does not start: nobody can know the name in "
                                              "ListenAddress");
                else
                        (void) pf_report_unknown(room->report, stage,
                                                 "sshd starts only if a name server knows the "
                                                 "name in ListenAddress");
                pf_report_reason(room->report, "config-rejected");
                (void) pf_report_evidence(room->report, room->target, line->path, line->number,
                                          line->text, "an address, or a name in /etc/hosts");
                return pf_report_remedy(room->report, "write the address in place of its name");
        }
        return 0;
}

/* One configuration: that of the server, or the one tested in front of it. */
static int judge_configuration(const PfSshdRoom *room, const PfCheck *stage,
                               const PfSshdEffective *effective, const char *path, PfErr *err) {
        const PfSshdProblem *problems;
        size_t n;

        if (!effective)
                return no_configuration(room, stage, path);
        problems = pf_sshd_effective_problems(effective, &n);
        if (n == 0)
                return answer_names(room, stage, effective, err);
        answer_problems(room, stage, problems, n);
        return 0;
}

int pf_sshd_stage_configuration(const PfSshdRoom *room, const PfCheck *stage, PfErr *err) {
        const PfSshdLook *look = room->look;
        const size_t n = room->report->n;
        int r = 0;

        if (pf_sshd_service_tests_another(&look->service))
                r = judge_configuration(room, stage, look->tested_effective, look->tested_path,
                                        err);
        if (r != 0 || room->report->n > n || answer_command_line(room, stage))
                return r;
        r = judge_configuration(room, stage, look->effective, look->service.line.config_path, err);
        if (r != 0 || room->report->n > n)
                return r;
        if (look->service_error < 0)
                return pf_err_set(err, look->service_error, "%s",
                                  pf_err_text(&look->service_reason, look->service_error));
        if (look->service.doubt) {
                (void) pf_report_unknown(room->report, stage,
                                         "the options that sshd is started with are not known: %s",
                                         look->service.doubt);
                return 0;
        }
        (void) pf_report_pass(room->report, stage, "%s accepts its configuration",
                              look->version.text);
        (void) pf_report_evidence(room->report, NULL, look->path, 0, NULL, NULL);
        return 0;
}

int pf_sshd_stage_password_method(const PfSshdRoom *room, const PfCheck *stage, PfErr *err) {
        const PfSshdSetting *setting = pf_sshd_get(room, stage, "passwordauthentication");
        (void) err;

        if (!setting)
                return 0;
        if (strcmp(pf_sshd_text_of(setting), "yes") == 0) {
                (void) pf_report_pass(room->report, stage, "sshd takes passwords for %s",
                                      PF_SSHD_WHOM(room));
                pf_sshd_evidence_of(room, setting, 0, NULL);
                return 0;
        }
        (void) pf_report_fail(room->report, stage, "sshd refuses passwords for %s",
                              PF_SSHD_WHOM(room));
        pf_report_reason(room->report, "password-off");
        pf_sshd_evidence_of(room, setting, 0, "PasswordAuthentication yes");
        pf_sshd_remedy_setting(room, setting, "PasswordAuthentication yes");
        return 0;
}

int pf_sshd_stage_root_login(const PfSshdRoom *room, const PfCheck *stage, PfErr *err) {
        const PfSshdSetting *setting;
        (void) err;

        if (!pf_sshd_is_root(room)) {
                (void) pf_report_skip(room->report, stage, "%s is not root", room->demand->account);
                return 0;
        }
        setting = pf_sshd_get(room, stage, "permitrootlogin");
        if (!setting)
                return 0;
        if (strcmp(pf_sshd_text_of(setting), "yes") == 0) {
                (void) pf_report_pass(room->report, stage, "sshd lets %s log in with a password",
                                      PF_SSHD_WHOM(room));
                pf_sshd_evidence_of(room, setting, 0, NULL);
                return 0;
        }
        (void) pf_report_fail(room->report, stage, "sshd does not let %s log in with a password",
                              PF_SSHD_WHOM(room));
        pf_report_reason(room->report, "root-login");
        pf_sshd_evidence_of(room, setting, 0, "PermitRootLogin yes");
        pf_sshd_remedy_setting(room, setting, "PermitRootLogin yes");
        return 0;
}

/* Groups that AllowGroups names and that exist: the account may be put into one. */
static void show_groups(const PfSshdRoom *room, const PfSshdSetting *setting) {
        PF_AUTO_BUF PfBuf text = PF_BUF_INIT(GROUPS_MAX);
        PfNssFile file = { 0 };
        size_t n_shown = 0;

        if (pf_target_read(room->target, GROUP_PATH, GROUPS_MAX - 1, &text, NULL) != 0)
                return;
        file = (PfNssFile){ .text = text.data, .n = text.n };
        for (char *line; n_shown < PROBLEMS_SHOWN && (line = pf_nss_next_line(&file));) {
                size_t length = strcspn(line, ":");

                for (size_t i = 0; i < setting->n_values; i++) {
                        const char *name = setting->values[i].text;

                        if (strlen(name) != length || strncmp(name, line, length) != 0)
                                continue;
                        (void) pf_report_evidence(room->report, room->target, GROUP_PATH, file.line,
                                                  line, "the account among its members");
                        n_shown++;
                        break;
                }
        }
}

int pf_sshd_stage_lists(const PfSshdRoom *room, const PfCheck *stage, PfErr *err) {
        PfDemand asked = *room->demand;
        PfSshdListVerdict verdict;
        (void) err;

        asked.source_host = room->look->host;
        pf_sshd_judge_lists(room->look->effective, &room->look->account, &asked, &verdict);
        if (verdict.setting && verdict.setting->doubt) {
                (void) pf_sshd_is_doubtful(room, stage, verdict.setting);
                return 0;
        }
        switch (verdict.answer) {
        case PF_SSHD_LISTS_OPEN:
                (void) pf_report_pass(room->report, stage,
                                      "no list of users or groups keeps %s out",
                                      PF_SSHD_WHOM(room));
                break;
        case PF_SSHD_LISTS_ALLOW:
                (void) pf_report_pass(room->report, stage, "sshd's lists let %s in",
                                      PF_SSHD_WHOM(room));
                break;
        case PF_SSHD_LISTS_DENY:
                (void) pf_report_fail(room->report, stage, "%s keeps %s out", verdict.keyword,
                                      PF_SSHD_WHOM(room));
                pf_report_reason(room->report, verdict.word);
                break;
        case PF_SSHD_LISTS_UNKNOWN:
                (void) pf_report_unknown(room->report, stage, "%s: %s", verdict.keyword,
                                         verdict.reason);
                break;
        }
        if (verdict.setting && verdict.setting->n_values > 0)
                pf_sshd_evidence_of(room, verdict.setting, verdict.value,
                                    verdict.answer == PF_SSHD_LISTS_DENY ? verdict.expected : NULL);
        if (verdict.answer == PF_SSHD_LISTS_DENY && strcmp(verdict.word, "allow-groups") == 0)
                show_groups(room, verdict.setting);
        if (verdict.answer == PF_SSHD_LISTS_DENY)
                (void) pf_report_remedy(room->report, "%s in %s for %s, then reload sshd",
                                        verdict.expected, verdict.keyword, room->demand->account);
        return 0;
}

/* One of the alternatives must be the password alone: the installer knows nothing
 * else, keyboard-interactive included. */
int pf_sshd_stage_methods(const PfSshdRoom *room, const PfCheck *stage, PfErr *err) {
        const PfSshdSetting *setting = pf_sshd_get(room, stage, "authenticationmethods");
        (void) err;

        if (!setting)
                return 0;
        for (const char *word = pf_sshd_text_of(setting); *word;) {
                size_t n = strcspn(word, " ");

                if ((n == strlen("any") && strncmp(word, "any", n) == 0) ||
                    (n == strlen("password") && strncmp(word, "password", n) == 0)) {
                        (void) pf_report_pass(room->report, stage,
                                              "a password alone is enough for %s",
                                              PF_SSHD_WHOM(room));
                        pf_sshd_evidence_of(room, setting, 0, NULL);
                        return 0;
                }
                word += n;
                word += strspn(word, " ");
        }
        (void) pf_report_fail(room->report, stage, "sshd asks %s for more than a password",
                              PF_SSHD_WHOM(room));
        pf_report_reason(room->report, "methods");
        pf_sshd_evidence_of(room, setting, 0, "AuthenticationMethods any");
        pf_sshd_remedy_setting(room, setting, "AuthenticationMethods any");
        return 0;
}
