/* SPDX-License-Identifier: MIT */
/*
 * ChrootDirectory: sshd confines the session to it only if nobody but root can
 * change it, or any directory above it; else it ends the session.
 *
 * Rule: sshd_config(5), ChrootDirectory and TOKENS. Seen in OpenSSH 9.2: each
 *       directory on the way is asked for through links, its owner is the user
 *       number 0, and neither group nor others may write; the group is free.
 */
#include "probes/sshd/stages.h"

#include <string.h>

#include "probes/sshd/session.h"

#define DIRECTORY_MAX 4096

static const char *token_text(const PfSshdRoom *room, char token, char *uid, size_t size) {
        const PfSshdAccount *account = &room->look->account;

        switch (token) {
        case '%':
                return "%";
        case 'h':
                return account->home;
        case 'u':
                return account->name;
        case 'U':
                (void) snprintf(uid, size, "%u", account->uid);
                return uid;
        default:
                return NULL;
        }
}

int pf_sshd_chroot_directory(const PfSshdRoom *room, const char *setting, char **ret) {
        PF_AUTO_BUF PfBuf path = PF_BUF_INIT(DIRECTORY_MAX);
        const char *none = strcasecmp(setting, "none") == 0 ? "" : setting;
        int r = 0;

        for (const char *p = none; *p && r == 0; p++) {
                char uid[16];
                const char *text;

                if (*p != '%') {
                        r = pf_buf_add(&path, p, 1);
                        continue;
                }
                text = token_text(room, *++p, uid, sizeof(uid));
                if (!text)
                        return PF_SSHD_CHROOT_BAD_TOKEN;
                r = pf_buf_add_string(&path, text);
        }
        if (r < 0)
                return r == -ENOBUFS ? PF_SSHD_CHROOT_BAD_TOKEN : r;
        *ret = pf_buf_steal(&path);
        return *ret ? 0 : -ENOMEM;
}

static int refuse(const PfSshdRoom *room, const PfCheck *stage, const PfSshdSetting *setting,
                  const char *summary) {
        (void) pf_report_fail(room->report, stage, "%s", summary);
        pf_report_reason(room->report, "chroot");
        pf_sshd_evidence_of(room, setting, 0, "ChrootDirectory none");
        (void) pf_report_remedy(room->report,
                                "keep %s out of this ChrootDirectory with a Match block, or make "
                                "it a directory that only root can change, as all above it",
                                room->demand->account);
        return 0;
}

/* A directory that others can change is itself to blame. */
static int refuse_mode(const PfSshdRoom *room, const PfCheck *stage, const PfSshdSetting *setting,
                       const char *path, const PfFileInfo *info) {
        char found[64];

        (void) pf_report_fail(room->report, stage,
                              "sshd ends the session: not only root may write in %s, to which, or "
                              "below which, it would be confined",
                              path);
        pf_report_reason(room->report, "chroot");
        (void) snprintf(found, sizeof(found), "mode %04o, owner %u", (unsigned) info->mode,
                        (unsigned) info->uid);
        (void) pf_report_evidence(room->report, NULL, path, 0, found, "mode 0755, owner 0");
        pf_sshd_evidence_of(room, setting, 0, NULL);
        (void) pf_report_remedy(room->report, "chmod go-w %s", path);
        return 0;
}

/* Return: 0; 1, and answered, where sshd would not take it; a negative errno. */
static int check_component(const PfSshdRoom *room, const PfCheck *stage,
                           const PfSshdSetting *setting, const char *path, PfErr *err) {
        PfFileInfo info;
        int r = pf_target_stat(room->target, path, &info, err);

        if (r == -ENOTDIR || r == -ELOOP)
                r = PF_TARGET_ABSENT;
        if (r < 0)
                return r;
        if (r == PF_TARGET_ABSENT)
                (void) refuse(room, stage, setting,
                              "sshd ends the session: the directory that it would be confined to "
                              "is not there");
        else if (info.uid != 0)
                (void) refuse(room, stage, setting,
                              "sshd ends the session: the directory that it would be confined to, "
                              "or one above it, does not belong to root");
        else if ((info.mode & 022) != 0)
                (void) refuse_mode(room, stage, setting, path, &info);
        else if (info.type != PF_FILE_DIRECTORY)
                (void) refuse(room, stage, setting,
                              "sshd ends the session: what it would be confined to is no "
                              "directory");
        else
                return 0;
        return 1;
}

/* With a slash at its end a path is a directory's, which is looked at anyway. */
static void trim(char *path) {
        size_t n = strlen(path);

        while (n > 1 && path[n - 1] == '/')
                path[--n] = '\0';
}

/* The path up to each slash, then all of it. */
static int check_all(const PfSshdRoom *room, const PfCheck *stage, const PfSshdSetting *setting,
                     const char *path, PfErr *err) {
        int r = 0;

        for (const char *slash = path; slash && r == 0;) {
                PF_AUTO_FREE char *component = NULL;

                slash = strchr(slash, '/');
                if (slash)
                        slash++;
                component = slash ? strndup(path, (size_t) (slash - path)) : strdup(path);
                if (!component)
                        return -ENOMEM;
                trim(component);
                r = check_component(room, stage, setting, component, err);
        }
        return r;
}

static int pass(const PfSshdRoom *room, const PfSshdSetting *setting) {
        pf_sshd_evidence_of(room, setting, 0, NULL);
        return 0;
}

int pf_sshd_stage_chroot(const PfSshdRoom *room, const PfCheck *stage, PfErr *err) {
        const PfSshdSetting *setting = pf_sshd_get(room, stage, "chrootdirectory");
        PF_AUTO_FREE char *path = NULL;
        int r;

        if (!setting)
                return 0;
        r = pf_sshd_chroot_directory(room, pf_sshd_text_of(setting), &path);
        if (r < 0)
                return r;
        if (r == 0 && !*path) {
                (void) pf_report_pass(room->report, stage,
                                      "the session is not confined to a "
                                      "directory");
                return pass(room, setting);
        }
        if (strchr(pf_sshd_text_of(setting), '%') && !room->look->account.exists) {
                (void) pf_report_unknown(room->report, stage,
                                         "ChrootDirectory depends on the account, which is in no "
                                         "file of the machine");
                return pass(room, setting);
        }
        if (r == PF_SSHD_CHROOT_BAD_TOKEN)
                return refuse(room, stage, setting,
                              "sshd ends the session: ChrootDirectory has a token it does not "
                              "know");
        if (path[0] == '~') {
                (void) pf_report_unknown(room->report, stage,
                                         "ChrootDirectory begins with \"~\", whose meaning was "
                                         "not determined");
                return pass(room, setting);
        }
        if (path[0] != '/')
                return refuse(room, stage, setting,
                              "sshd ends the session: ChrootDirectory is not an absolute path");
        r = check_all(room, stage, setting, path, err);
        if (r != 0)
                return r < 0 ? r : 0;
        (void) pf_report_pass(room->report, stage,
                              "only root can change the directory that the "
                              "session is confined to");
        return pass(room, setting);
}
