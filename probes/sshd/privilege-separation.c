/* SPDX-License-Identifier: MIT */
/*
 * Stage privilege-separation: the user and the empty directory without which
 * sshd does not start, nor passes `sshd -t`.
 */
#include "probes/sshd/stages.h"

#include <string.h>

#include "probes/parse/sshd-keywords.h"
#include "probes/parse/systemd-command.h"

#define TMPFILES_MAX (1 << 20)

/* --- the user --- */

/* Does nsswitch.conf(5) name a source of users besides files? */
static bool has_directory(const PfTarget *target) {
        PF_AUTO_BUF PfBuf buf = PF_BUF_INIT(65537);
        PfErr ignored = { 0 };
        char *rest, *save = NULL;

        if (pf_target_read(target, "/etc/nsswitch.conf", 65536, &buf, &ignored) != 0 || !buf.data)
                return false;
        rest = buf.data;
        for (char *line; (line = strsep(&rest, "\n"));) {
                const char *word;

                line[strcspn(line, "#")] = '\0';
                word = strtok_r(line, " \t", &save);
                if (!word || strcmp(word, "passwd:") != 0)
                        continue;
                while ((word = strtok_r(NULL, " \t", &save)))
                        if (strcmp(word, "files") != 0 && strcmp(word, "compat") != 0 &&
                            strcmp(word, "systemd") != 0 && word[0] != '[')
                                return true;
        }
        return false;
}

/* Up to 7.4 privilege separation could be switched off. */
static bool is_switched_off(const PfSshdRoom *room) {
        const char *value;

        if (pf_sshd_version_number(&room->look->version) >= 705 || !room->look->effective)
                return false;
        value = pf_sshd_effective_text(room->look->effective, "useprivilegeseparation");
        return value && strcmp(value, "no") == 0;
}

/* Answered where the user is missing. */
static int judge_user(const PfSshdRoom *room, const PfCheck *stage, PfErr *err) {
        PF_AUTO_SSHD_ACCOUNT PfSshdAccount account = { 0 };
        int r;

        r = pf_sshd_account_read(room->target, "sshd", &account, err);
        if (r < 0 || account.exists)
                return r;
        if (has_directory(room->target)) {
                (void) pf_report_unknown(room->report, stage,
                                         "/etc/passwd has no user sshd; the machine's directory "
                                         "could not be asked");
                (void) pf_report_evidence(room->report, room->target, "/etc/nsswitch.conf", 0, NULL,
                                          NULL);
                return 0;
        }
        (void) pf_report_fail(room->report, stage,
                              "sshd does not start: its user for privilege separation is missing");
        pf_report_reason(room->report, "config-rejected");
        (void) pf_report_evidence(room->report, room->target, "/etc/passwd", 0, NULL,
                                  "a user sshd");
        return pf_report_remedy(room->report, "create the system user sshd, or install the package "
                                              "openssh-server again");
}

/* --- the directory --- */

/* Compiled in; where distributions moved it, any of them that is there will do. */
static const struct {
        PfSshdFlavour flavour;
        const char *path;
} places[] = {
        { PF_SSHD_DEBIAN, "/run/sshd" },
        { PF_SSHD_REDHAT, "/usr/share/empty.sshd" },
        { PF_SSHD_REDHAT, "/var/empty/sshd" },
        { PF_SSHD_SUSE, "/var/lib/empty" },
        { PF_SSHD_SUSE, "/run/sshd" },
        { PF_SSHD_SUSE, "/var/empty" },
        { PF_SSHD_UPSTREAM, "/var/empty" },
        { PF_SSHD_UPSTREAM, "/var/empty/sshd" },
        { PF_SSHD_UPSTREAM, "/usr/share/empty.sshd" },
        { PF_SSHD_UPSTREAM, "/run/sshd" },
};

static bool is_volatile(const char *path) {
        return strncmp(path, "/run/", strlen("/run/")) == 0;
}

/* The unit makes /run/sshd by itself: systemd.exec(5), RuntimeDirectory=. */
static const PfUnitSetting *find_runtime_directory(const PfSshdRoom *room, const char *path) {
        const PfSystemdUnit *unit = &room->look->service.unit;
        const PfUnitSetting *setting = NULL;

        while ((setting = pf_systemd_unit_next(unit, "Service", "RuntimeDirectory", setting))) {
                PF_AUTO_COMMAND PfCommand names = { 0 };
                PfErr ignored = { 0 };

                if (pf_command_split(setting->value, &names, &ignored) < 0)
                        continue;
                for (size_t i = 0; i < names.n; i++)
                        if (strcmp(names.words[i].text, path + strlen("/run/")) == 0)
                                return setting;
        }
        return NULL;
}

/* "d /run/sshd 0755 root root": tmpfiles.d(5). */
static bool makes_directory(const char *line, const char *path) {
        PF_AUTO_COMMAND PfCommand words = { 0 };
        PfErr ignored = { 0 };
        const char *made;

        if (pf_command_split(line, &words, &ignored) < 0 || words.n < 2)
                return false;
        made = words.words[1].text;
        if (strncmp(made, "/var/run/", strlen("/var/run/")) == 0)
                made += strlen("/var");
        return strchr("dDvqQ", words.words[0].text[0]) && strcmp(made, path) == 0;
}

static int find_in_tmpfiles(const PfTarget *target, const char *file, const char *path,
                            unsigned *ret_line, PfErr *err) {
        PF_AUTO_BUF PfBuf buf = PF_BUF_INIT(TMPFILES_MAX + 1);
        unsigned number = 1;
        char *rest;
        int r;

        *ret_line = 0;
        r = pf_target_read(target, file, TMPFILES_MAX, &buf, err);
        if (r != 0 || !buf.data)
                return r == -EINVAL || r > 0 ? 0 : r;
        rest = buf.data;
        for (char *line; (line = strsep(&rest, "\n")) && *ret_line == 0; number++)
                if (*line != '#' && makes_directory(line, path))
                        *ret_line = number;
        return 0;
}

/* Positive where something makes the directory at boot: then @ret_path is where. */
static int find_maker(const PfSshdRoom *room, const char *path, char **ret_path, unsigned *ret_line,
                      PfErr *err) {
        static const char *const patterns[] = { "/etc/tmpfiles.d/*.conf",
                                                "/usr/lib/tmpfiles.d/*.conf" };
        const PfUnitSetting *setting = find_runtime_directory(room, path);

        if (setting) {
                *ret_line = setting->line;
                *ret_path = strdup(setting->path);
                return *ret_path ? 1 : -ENOMEM;
        }
        for (size_t i = 0; i < PF_ELEMENTS(patterns); i++) {
                PF_AUTO_STRV PfStrv files = { 0 };
                int r;

                r = pf_target_glob(room->target, patterns[i], &files, err);
                for (size_t j = 0; j < files.n && r == 0; j++) {
                        r = find_in_tmpfiles(room->target, files.items[j], path, ret_line, err);
                        if (r < 0 || *ret_line == 0)
                                continue;
                        *ret_path = PF_STEAL(files.items[j]);
                        return 1;
                }
                if (r < 0)
                        return r;
        }
        return 0;
}

/* Debian's job and script make it themselves. */
static bool is_made_by_script(const PfSshdRoom *room) {
        return room->look->service.starter == PF_SSHD_STARTS_JOB ||
               room->look->service.starter == PF_SSHD_STARTS_SCRIPT;
}

typedef enum Directory {
        DIRECTORY_GOOD,
        DIRECTORY_MISSING,
        DIRECTORY_UNSAFE, /* somebody else could write to it */
} Directory;

static int look_at_directory(const PfTarget *target, const char *path, Directory *ret, PfErr *err) {
        PfFileInfo info;
        int r = pf_target_stat(target, path, &info, err);

        if (r < 0)
                return r;
        *ret = r > 0 || info.type != PF_FILE_DIRECTORY    ? DIRECTORY_MISSING
               : info.uid != 0 || (info.mode & 0022) != 0 ? DIRECTORY_UNSAFE
                                                          : DIRECTORY_GOOD;
        return 0;
}

static void answer_good(const PfSshdRoom *room, const PfCheck *stage, const char *path,
                        unsigned line) {
        (void) pf_report_pass(room->report, stage,
                              "the user sshd and its empty directory are there at boot");
        (void) pf_report_evidence(room->report, NULL, path, line, NULL, NULL);
}

static void answer_unsafe(const PfSshdRoom *room, const PfCheck *stage, const char *path) {
        (void) pf_report_fail(room->report, stage,
                              "sshd does not start: its empty directory is not root's alone");
        pf_report_reason(room->report, "config-rejected");
        (void) pf_report_evidence(room->report, room->target, path, 0, NULL,
                                  "owner root, and nobody else may write to it");
        (void) pf_report_remedy(room->report, "chown root %s && chmod 0755 %s", path, path);
}

/* Positive where answered: the directory at @path is there, or will be, or is unsafe. */
static int judge_place(const PfSshdRoom *room, const PfCheck *stage, const char *path, PfErr *err) {
        Directory directory = DIRECTORY_MISSING; /* also what an image has in /run */
        PF_AUTO_FREE char *maker = NULL;
        unsigned line = 0;
        int r = 0;

        if (!is_volatile(path) || pf_target_is_live(room->target))
                r = look_at_directory(room->target, path, &directory, err);
        if (r < 0)
                return r;
        if (directory == DIRECTORY_UNSAFE) {
                answer_unsafe(room, stage, path);
                return 1;
        }
        if (directory == DIRECTORY_GOOD) {
                answer_good(room, stage, path, 0);
                return 1;
        }
        r = is_volatile(path) && is_made_by_script(room)
                    ? 1
                    : find_maker(room, path, &maker, &line, err);
        if (r > 0)
                answer_good(room, stage, maker ? maker : room->look->service.by, line);
        return r;
}

static int judge_directory(const PfSshdRoom *room, const PfCheck *stage, PfErr *err) {
        const char *first = NULL;

        for (size_t i = 0; i < PF_ELEMENTS(places); i++) {
                int r;

                if (places[i].flavour != room->look->version.flavour)
                        continue;
                first = first ? first : places[i].path;
                r = judge_place(room, stage, places[i].path, err);
                if (r != 0)
                        return r < 0 ? r : 0;
        }
        if (room->look->service.starter == PF_SSHD_STARTS_NOT && is_volatile(first)) {
                (void) pf_report_skip(room->report, stage,
                                      "nothing starts sshd, so nothing makes its directory");
                return 0;
        }
        (void) pf_report_fail(room->report, stage,
                              "sshd does not start: its empty directory is missing, and nothing "
                              "makes it");
        pf_report_reason(room->report, "config-rejected");
        (void) pf_report_evidence(room->report, room->target, first, 0, NULL, "a directory");
        return pf_report_remedy(room->report,
                                "let the unit make it (RuntimeDirectory=sshd), or install the "
                                "package openssh-server again");
}

int pf_sshd_stage_privilege_separation(const PfSshdRoom *room, const PfCheck *stage, PfErr *err) {
        const size_t n = room->report->n;
        int r;

        if (!room->look->is_installed || is_switched_off(room)) {
                (void) pf_report_skip(room->report, stage,
                                      room->look->is_installed ? "privilege separation is off"
                                                               : "no SSH server is installed");
                return 0;
        }
        r = judge_user(room, stage, err);
        return r < 0 || room->report->n > n ? r : judge_directory(room, stage, err);
}
