/* SPDX-License-Identifier: MIT */
/*
 * Which SFTP server the session gets, and whether it runs.
 */
#include "probes/sshd/stages.h"

#include <string.h>

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

static void sftp_fail(const PfSshdRoom *room, const PfSshdSetting *setting, size_t i,
                      const char *expected) {
        pf_sshd_evidence_of(room, setting, i, expected);
        (void) pf_report_remedy(room->report,
                                "use \"Subsystem sftp internal-sftp\", which needs no program, "
                                "and reload sshd");
}

/* The program, on the machine or in the directory that the session is confined to. */
static void check_sftp_program(const PfSshdRoom *room, const PfCheck *stage,
                               const PfSshdSetting *setting, size_t i, const char *command) {
        const char *chroot = pf_sshd_effective_text(room->look->effective, "chrootdirectory");
        PF_AUTO_BUF PfBuf path = PF_BUF_INIT(8192);
        PfFileInfo info = { 0 };
        PfErr err = { 0 };
        int r = 0;

        if (chroot && strcmp(chroot, "none") != 0) {
                if (strchr(chroot, '%')) {
                        (void) pf_report_unknown(room->report, stage,
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
                (void) pf_report_unknown(room->report, stage, "the SFTP program: %s",
                                         pf_err_text(&err, r));
        } else if (r == PF_TARGET_ABSENT) {
                (void) pf_report_fail(room->report, stage, "the SFTP program is missing");
                sftp_fail(room, setting, i, "an existing program, or internal-sftp");
        } else if (info.type != PF_FILE_REGULAR || !may_execute(&info, &room->look->account)) {
                (void) pf_report_fail(room->report, stage, "%s cannot execute the SFTP program",
                                      room->demand->account);
                sftp_fail(room, setting, i, "an executable program, or internal-sftp");
        } else {
                (void) pf_report_pass(room->report, stage, "SFTP is served");
                pf_sshd_evidence_of(room, setting, i, NULL);
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
static bool is_forced_away(const PfSshdRoom *room, const PfCheck *stage) {
        const PfSshdSetting *force = pf_sshd_effective_get(room->look->effective, "forcecommand");
        const char *text = force ? pf_sshd_text_of(force) : "none";

        if (force && pf_sshd_is_doubtful(room, stage, force))
                return true;
        if (strcmp(text, "none") == 0 || is_internal(text))
                return false;
        (void) pf_report_fail(room->report, stage,
                              "ForceCommand runs something else in place of SFTP");
        pf_sshd_evidence_of(room, force, 0, "no ForceCommand for this account");
        (void) pf_report_remedy(room->report, "keep %s out of this ForceCommand with a Match block",
                                room->demand->account);
        return true;
}

int pf_sshd_stage_sftp(const PfSshdRoom *room, const PfCheck *stage, PfErr *err) {
        const PfSshdSetting *setting = pf_sshd_effective_get(room->look->effective, "subsystem");
        const char *command = NULL;
        size_t i;

        (void) err;

        if (is_forced_away(room, stage) || (setting && pf_sshd_is_doubtful(room, stage, setting)))
                return 0;
        for (i = 0; setting && i < setting->n_values && !command; i++)
                if (strncmp(setting->values[i].text, "sftp ", 5) == 0)
                        command = setting->values[i].text + 5;
        if (!command) {
                (void) pf_report_fail(room->report, stage, "sshd has no SFTP subsystem");
                (void) pf_report_evidence(room->report, NULL, room->look->path, 0, NULL,
                                          "Subsystem sftp internal-sftp");
                (void) pf_report_remedy(room->report,
                                        "add \"Subsystem sftp internal-sftp\" to %s, outside of "
                                        "any Match block, and reload sshd",
                                        room->look->path);
                return 0;
        }
        i--;
        if (is_read_only(command)) {
                (void) pf_report_fail(room->report, stage,
                                      "SFTP is read-only: nothing can be copied");
                pf_sshd_evidence_of(room, setting, i, "the same without -R");
                (void) pf_report_remedy(room->report, "remove -R from the Subsystem line");
        } else if (is_internal(command)) {
                (void) pf_report_pass(room->report, stage, "sshd serves SFTP itself");
                pf_sshd_evidence_of(room, setting, i, NULL);
        } else {
                check_sftp_program(room, stage, setting, i, command);
        }
        return 0;
}
