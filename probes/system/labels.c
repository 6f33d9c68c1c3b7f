/* SPDX-License-Identifier: MIT */
/*
 * Do files that the login and the installer depend on carry the labels that SELinux
 * lets their readers in by? One that was moved in from another directory keeps its own.
 */
#include <string.h>

#include "daemon/platform/kernel-facts.h"
#include "probes/parse/environment-file.h"
#include "probes/system/prerequisites.h"

#define NAME "SELinux labels"
#define CONFIG "/etc/selinux/config"
#define ENFORCE "/sys/fs/selinux/enforce"

/* Types of the targeted policy; an older one has another type for some of them. */
static const struct Labelled {
        const char *path;
        const char *types[3];
} files[] = {
        { "/etc/ssh/sshd_config", { "etc_t", "sshd_config_t" } },
        { "/etc/shadow", { "shadow_t" } },
        { "/etc/passwd", { "passwd_file_t", "etc_t" } },
        { "/etc/fstab", { "etc_t", "fstab_t" } },
        { "/etc/pam.d/sshd", { "etc_t" } },
        { "/usr/sbin/sshd", { "sshd_exec_t" } },
        { "/boot/grub2/grub.cfg", { "boot_t", "bootloader_etc_t", "dosfs_t" } },
};

/* "system_u:object_r:etc_t:s0": its third part. */
static bool has_type(const char *label, const struct Labelled *file) {
        const char *type = strchr(label, ':');

        type = type ? strchr(type + 1, ':') : NULL;
        for (size_t i = 0; type && i < PF_ELEMENTS(file->types) && file->types[i]; i++) {
                size_t n = strlen(file->types[i]);

                if (strncmp(type + 1, file->types[i], n) == 0 && strchr(":", type[1 + n]))
                        return true;
        }
        return false;
}

typedef enum Mode { OFF, WATCHES, ENFORCES } Mode;

/* What the running kernel says; of an image, what the next start will. */
static int read_mode(const PfSystemRoom *room, const PfEnvironment *config, Mode *ret, PfErr *err) {
        const PfVariable *setting = pf_environment_get(config, "SELINUX");
        char word[PF_SYSTEM_WORD_MAX];
        int r;

        if (!room->runs) {
                *ret = !setting || strcmp(setting->value, "disabled") == 0 ? OFF
                       : strcmp(setting->value, "enforcing") == 0          ? ENFORCES
                                                                           : WATCHES;
                return 0;
        }
        r = pf_system_read_word(room, ENFORCE, word, err);
        if (r == 0)
                *ret = strcmp(word, "1") == 0 ? ENFORCES : WATCHES;
        else if (r == PF_TARGET_ABSENT)
                *ret = OFF;
        return r < 0 ? r : 0;
}

/* Adds a finding for a file with a wrong label; 1 where it was seen at all. */
static int judge_file(const PfSystemRoom *room, PfFindings *findings, const struct Labelled *file) {
        char label[PF_FILE_LABEL_MAX];
        PfErr err = { 0 };
        int r = pf_file_label(room->target, file->path, label, &err);

        if (r == -ENOMEM || r > 0)
                return r < 0 ? r : 0;
        if (r < 0) {
                pf_finding_add(findings, PF_FINDING_DOUBTFUL, NAME,
                               "the label of a file could not be looked at");
                pf_finding_evidence_said(findings, file->path, pf_err_text(&err, r),
                                         file->types[0]);
                return 1;
        }
        if (has_type(label, file))
                return 1;
        pf_finding_add(findings, PF_FINDING_DOUBTFUL, NAME,
                       "%s carries a label of SELinux that is not the one of its place",
                       file->path);
        pf_finding_evidence_said(findings, file->path, *label ? label : "no label", file->types[0]);
        pf_finding_reason(findings, "selinux-label");
        pf_finding_remedy(findings, "restorecon -v %s", file->path);
        return 1;
}

static int judge_files(const PfSystemRoom *room, PfFindings *findings) {
        size_t before = findings->n;
        int n = 0;

        for (size_t i = 0; i < PF_ELEMENTS(files); i++) {
                int r = judge_file(room, findings, &files[i]);

                if (r < 0)
                        return r;
                n += r;
        }
        if (findings->n > before)
                return 0;
        if (n == 0) {
                pf_finding_add(findings, PF_FINDING_IDLE, NAME, "no file has one to be seen");
                return 0;
        }
        pf_finding_add(findings, PF_FINDING_GOOD, NAME, "files carry the labels of their places");
        pf_finding_evidence_said(findings, files[0].path, files[0].types[0], NULL);
        return 0;
}

int pf_prerequisite_labels(PfPrerequisites *all, PfFindings *findings) {
        PF_AUTO_BUF PfBuf buf = PF_BUF_INIT(PF_ENVIRONMENT_FILE_MAX);
        PF_AUTO_ENVIRONMENT PfEnvironment config = { 0 };
        const PfVariable *policy;
        PfErr err = { 0 };
        Mode mode = OFF;
        int r = pf_target_read(all->room->target, CONFIG, PF_ENVIRONMENT_FILE_MAX, &buf, &err);

        if (r == 0)
                r = pf_environment_parse(&config, buf.data ? buf.data : "", buf.n, CONFIG);
        if (r >= 0 && buf.n > 0)
                r = read_mode(all->room, &config, &mode, &err);
        if (r < 0)
                return pf_prerequisite_unknown(findings, NAME, "whether SELinux is enforcing", r,
                                               &err);
        policy = pf_environment_get(&config, "SELINUXTYPE");
        if (mode == ENFORCES && (!policy || strcmp(policy->value, "targeted") == 0))
                return judge_files(all->room, findings);
        pf_finding_add(findings, PF_FINDING_IDLE, NAME,
                       "SELinux is not enforcing, or another policy than targeted");
        return 0;
}
