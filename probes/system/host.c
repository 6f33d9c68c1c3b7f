/* SPDX-License-Identifier: MIT */
/*
 * The name of the host, and the language that programs answer in.
 */
#include <string.h>

#include "probes/parse/environment-file.h"
#include "probes/system/prerequisites.h"

#define HOST "host name"
#define RUNNING_NAME "/proc/sys/kernel/hostname"

/* --- host name --- */

/* Does a host that was never given a name have it? */
static bool is_no_name(const char *name) {
        return !*name || strcmp(name, "(none)") == 0;
}

static bool is_anybody(const char *name) {
        return strncmp(name, "localhost", 9) == 0 && (!name[9] || name[9] == '.');
}

static void add_name(PfFindings *findings, const char *path, unsigned line, const char *name) {
        if (is_no_name(name)) {
                pf_finding_add(findings, PF_FINDING_BAD, HOST, "the host has no name");
                pf_finding_reason(findings, "host-name");
                if (*name)
                        pf_finding_vendor(findings, "accepted: \"(none)\" is a text that is not "
                                                    "empty");
                else
                        pf_finding_vendor(findings, "refused: ASRMobilityServiceHostNameNotSet");
        } else if (is_anybody(name)) {
                pf_finding_add(findings, PF_FINDING_DOUBTFUL, HOST,
                               "the host is called %s, as every other without a name", name);
                pf_finding_reason(findings, "host-name");
                pf_finding_vendor(findings, "accepted: any name that is not empty");
        } else {
                pf_finding_add(findings, PF_FINDING_GOOD, HOST, "the host has a name");
        }
        pf_finding_evidence(findings, path, line, name,
                            is_no_name(name) || is_anybody(name) ? "a name of its own" : NULL);
        if (is_no_name(name) || is_anybody(name))
                pf_finding_remedy(findings, "give it one: hostnamectl set-hostname NAME");
}

/* Where each system keeps the name for its next start. */
static const struct NameFile {
        const char *path;
        const char *variable; /* NULL: the first line is the name */
} name_files[] = {
        { "/etc/hostname", NULL },
        { "/etc/HOSTNAME", NULL },
        { "/etc/sysconfig/network", "HOSTNAME" },
};

static int read_variable(const PfSystemRoom *room, const char *path, const char *name,
                         char text[static PF_SYSTEM_WORD_MAX], unsigned *ret_line, PfErr *err) {
        PF_AUTO_BUF PfBuf buf = PF_BUF_INIT(PF_ENVIRONMENT_FILE_MAX);
        PF_AUTO_ENVIRONMENT PfEnvironment environment = { 0 };
        const PfVariable *variable;
        int r = pf_target_read(room->target, path, PF_ENVIRONMENT_FILE_MAX, &buf, err);

        if (r != 0)
                return r;
        r = pf_environment_parse(&environment, buf.data ? buf.data : "", buf.n, path);
        if (r < 0)
                return pf_err_errno(err, r, "%s", path);
        variable = pf_environment_get(&environment, name);
        if (!variable)
                return PF_TARGET_ABSENT;
        (void) snprintf(text, PF_SYSTEM_WORD_MAX, "%s", variable->value);
        *ret_line = variable->line;
        return 0;
}

static int look_in_image(const PfSystemRoom *room, PfFindings *findings) {
        for (size_t i = 0; i < PF_ELEMENTS(name_files); i++) {
                const struct NameFile *file = &name_files[i];
                char name[PF_SYSTEM_WORD_MAX];
                unsigned line = 1;
                PfErr err = { 0 };
                int r = file->variable
                                ? read_variable(room, file->path, file->variable, name, &line, &err)
                                : pf_system_read_word(room, file->path, name, &err);

                if (r < 0)
                        return pf_prerequisite_unknown(findings, HOST, "the host's name", r, &err);
                if (r != 0 || is_no_name(name))
                        continue;
                add_name(findings, file->path, line, name);
                return 0;
        }
        pf_finding_add(findings, PF_FINDING_DOUBTFUL, HOST,
                       "no file of the image gives the host a name");
        pf_finding_evidence(findings, name_files[0].path, 0, NULL, "a name");
        pf_finding_reason(findings, "host-name");
        return 0;
}

int pf_prerequisite_host_name(PfPrerequisites *all, PfFindings *findings) {
        char name[PF_SYSTEM_WORD_MAX];
        PfErr err = { 0 };
        int r;

        if (!all->room->runs)
                return look_in_image(all->room, findings);
        r = pf_system_read_word(all->room, RUNNING_NAME, name, &err);
        if (r == PF_TARGET_ABSENT)
                return look_in_image(all->room, findings);
        if (r < 0)
                return pf_prerequisite_unknown(findings, HOST, "the host's name", r, &err);
        add_name(findings, RUNNING_NAME, 1, name);
        return 0;
}

/* --- locale --- */

#define LOCALE "C locale"

/* Files that give every session, or that of the installer, its language. */
static const char *const locale_files[] = { "/etc/environment", "/etc/default/locale",
                                            "/etc/locale.conf", "/etc/sysconfig/i18n" };

/* Do programs answer in English with it? */
static bool is_english(const char *locale) {
        static const char *const good[] = { "C", "POSIX", "en" };

        for (size_t i = 0; i < PF_ELEMENTS(good); i++) {
                size_t n = strlen(good[i]);

                if (strncmp(locale, good[i], n) == 0 && strchr("._@", locale[n]))
                        return true;
        }
        return false;
}

int pf_prerequisite_locale(PfPrerequisites *all, PfFindings *findings) {
        for (size_t i = 0; i < PF_ELEMENTS(locale_files); i++) {
                char locale[PF_SYSTEM_WORD_MAX];
                unsigned line;
                PfErr err = { 0 };
                int r = read_variable(all->room, locale_files[i], "LC_ALL", locale, &line, &err);

                if (r < 0)
                        return pf_prerequisite_unknown(
                                findings, LOCALE, "the language that programs answer in", r, &err);
                if (r != 0 || is_english(locale))
                        continue;
                pf_finding_add(findings, PF_FINDING_DOUBTFUL, LOCALE,
                               "LC_ALL is set for the whole system, and the installer reads "
                               "English answers of programs");
                pf_finding_evidence(findings, locale_files[i], line, locale, "LC_ALL is not set");
                pf_finding_reason(findings, "c-locale");
                pf_finding_remedy(findings, "take LC_ALL out of %s; LANG does as well",
                                  locale_files[i]);
                return 0;
        }
        pf_finding_add(findings, PF_FINDING_GOOD, LOCALE, "nothing takes the place of locale C");
        pf_finding_evidence_said(findings, NULL, "LC_ALL is not set for the whole system", NULL);
        return 0;
}
