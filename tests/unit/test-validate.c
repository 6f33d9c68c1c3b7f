/* SPDX-License-Identifier: MIT */
/*
 * The owners' real programs judge files that are not there yet. Each case is a process of its
 * own with a mount namespace of its own, in which /etc/ssh, /etc/fstab and /boot are the test's.
 */
#include "daemon/remedy/validate.h"

#include <fcntl.h>
#include <sched.h>
#include <spawn.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include "tests/support/child.h"
#include "tests/support/sandbox.h"
#include "tests/support/test-main.h"

#define MAIN "/etc/ssh/sshd_config"
#define DROP_IN "/etc/ssh/sshd_config.d/50-test.conf"
#define NEW_DROP_IN "/etc/ssh/sshd_config.d/00-new.conf"
#define INCLUDE "Include /etc/ssh/sshd_config.d/*.conf\n"
#define GRUB "/boot/grub/grub.cfg"
#define FSTAB "/etc/fstab"
#define NO_DISK "UUID=1234-5678 /mnt ext4 defaults 0 0\n"

typedef struct Case {
        const char *path;   /* of the file that is to be changed */
        const char *before; /* NULL: it is not there */
        const char *after;  /* NULL: it is to go */
        const char *main;   /* sshd_config; NULL: one that includes */
        int r;
        const char *text;    /* in the error */
        const char *program; /* that is needed, or NULL */
        bool has_no_view;
        bool has_no_runtime; /* there is no /run/sshd */
} Case;

static const Case cases[] = {
        { NEW_DROP_IN, NULL, "PermitRootLogin yes\n", NULL, 0, NULL, "sshd", false, false },
        { NEW_DROP_IN, NULL, "PermitRootLogin yes\n", NULL, 0, NULL, "sshd", false, true },
        { NEW_DROP_IN, NULL, "NoSuchOption yes\n", NULL, -EBADMSG, "NoSuchOption", "sshd", false,
          false },
        { NEW_DROP_IN, NULL, "NoSuchOption yes\n", NULL, -EBADMSG, NEW_DROP_IN ": line 1", "sshd",
          false, false },
        { DROP_IN, "UseDNS no\n", "UseDNS maybe\n", NULL, -EBADMSG, DROP_IN " line 1", "sshd",
          false, false },
        { DROP_IN, "NoSuchOption yes\n", "UseDNS no\n", NULL, 0, NULL, "sshd", false, false },
        { DROP_IN, "NoSuchOption yes\n", NULL, NULL, 0, NULL, "sshd", false, false },
        { MAIN, INCLUDE, "Port no\n", NULL, -EBADMSG, MAIN " line 1", "sshd", false, false },
        { MAIN, INCLUDE, "Port 22\n", NULL, 0, NULL, "sshd", false, false },
        /* Without a namespace: a copy of a file that stands alone, or nothing. */
        { MAIN, "", "Port 22\n", "", 0, NULL, "sshd", true, false },
        { MAIN, "", "Port no\n", "", -EBADMSG, "line 1", "sshd", true, false },
        { MAIN, "", INCLUDE, "", 0, NULL, "sshd", true, false },
        { NEW_DROP_IN, NULL, "NoSuchOption yes\n", NULL, -ENOTSUP, "could not be validated", "sshd",
          true, false },
        { GRUB, "set a=b\n", "set a=c\n", NULL, 0, NULL, "grub-script-check", false, false },
        { GRUB, "set a=b\n", "if true; then\n", NULL, -EBADMSG, "grub-script-check",
          "grub-script-check", false, false },
        { GRUB, "set a=b\n", "if true; then\n", NULL, -EBADMSG, "grub-script-check",
          "grub-script-check", true, false },
        { FSTAB, "tmpfs /mnt tmpfs defaults 0 0\n", "tmpfs /srv tmpfs defaults 0 0\n", NULL, 0,
          NULL, "findmnt", false, false },
        { FSTAB, "tmpfs /mnt tmpfs defaults 0 0\n", NO_DISK, NULL, -EBADMSG, "UUID=1234-5678",
          "findmnt", false, false },
        /* What is wrong already is not the plan's fault. */
        { FSTAB, NO_DISK, NO_DISK "tmpfs /srv tmpfs defaults 0 0\n", NULL, 0, NULL, "findmnt",
          false, false },
        { FSTAB, NO_DISK, NO_DISK "UUID=4321-0 /srv ext4 defaults 0 0\n", NULL, -EBADMSG,
          "UUID=4321-0", "findmnt", false, false },
        { FSTAB, NO_DISK, NO_DISK "LABEL\n", NULL, -EBADMSG, "parse error", "findmnt", false,
          false },
        { "/etc/ssh/moduli", "", "x\n", NULL, -ENOTSUP, "no program", NULL, false, false },
};

/* --- the machine of a case --- */

static int write_text(const char *path, const char *text, mode_t mode) {
        PF_AUTO_CLOSE int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, mode);
        size_t n = strlen(text);

        return fd < 0 || write(fd, text, n) != (ssize_t) n ? -errno : 0;
}

static int make_host_key(void) {
        char *const argv[] = { "ssh-keygen", "-q", "-t", "ed25519",
                               "-N",         "",   "-f", "/etc/ssh/ssh_host_ed25519_key",
                               NULL };
        char *const environment[] = { "PATH=/usr/bin:/bin", NULL };
        int status = -1;
        pid_t pid;

        if (posix_spawn(&pid, "/usr/bin/ssh-keygen", NULL, NULL, argv, environment) != 0 ||
            waitpid(pid, &status, 0) != pid)
                return -1;
        return status == 0 ? 0 : -1;
}

/* Below a directory that is a tmpfs of the case; what is bound there is gone with it. */
static int cover(const char *path, bool is_file) {
        if (!is_file)
                return mount("tmpfs", path, "tmpfs", 0, "mode=755");
        if (write_text("/boot/covered", "", 0644) < 0 ||
            mount("/boot/covered", path, NULL, MS_BIND, NULL) < 0)
                return -1;
        return 0;
}

static int prepare(const Case *one) {
        const char *main = one->main ? one->main : INCLUDE;

        if (cover("/boot", false) < 0 || cover("/etc/ssh", false) < 0 || cover(FSTAB, true) < 0 ||
            cover("/run", false) < 0)
                return -1;
        if (mkdir("/boot/grub", 0755) < 0 || mkdir("/etc/ssh/sshd_config.d", 0755) < 0 ||
            (!one->has_no_runtime && mkdir("/run/sshd", 0755) < 0))
                return -1;
        if (write_text(MAIN, main, 0644) < 0 || make_host_key() < 0)
                return -1;
        return one->before ? write_text(one->path, one->before, 0644) : 0;
}

/* --- judging --- */

static void fill(const Case *one, PfPlanFile *ret) {
        *ret = (PfPlanFile){
                .edit = { .path = (char *) one->path,
                          .bytes = (char *) one->after,
                          .n = one->after ? strlen(one->after) : 0 },
                .was_absent = !one->before,
                .before = { .mode = 0644 },
        };
}

/* What was laid out is not left behind. What programs keep there for themselves may be. */
static bool is_left_behind(void) {
        PF_CLEANUP(pf_target_unrefp) PfTarget *host = NULL;
        PF_AUTO_STRV PfStrv paths = { 0 };

        return pf_target_new("/", PF_TARGET_DEFAULT, &host, NULL) < 0 ||
               pf_target_glob(host, "/run/preflight*", &paths, NULL) < 0 || paths.n > 0;
}

/* Is the real file as it was, and nothing left over? */
static bool is_untouched(const Case *one) {
        PF_AUTO_FCLOSE FILE *file = fopen(one->path, "re");
        char text[256] = "";

        if (file)
                text[fread(text, 1, sizeof(text) - 1, file)] = '\0';
        return (file != NULL) == (one->before != NULL) &&
               strcmp(text, one->before ? one->before : "") == 0 && !is_left_behind();
}

static void judge(FILE *out, void *data) {
        PF_CLEANUP(pf_target_unrefp) PfTarget *host = NULL;
        const Case *one = data;
        PfPlanFile file;
        PfPlan plan = { .files = &file, .n_files = 1 };
        PfErr err = { 0 };
        int r;

        if (unshare(CLONE_NEWNS) < 0 || mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0) {
                (void) fprintf(out, "skip");
                return;
        }
        if (prepare(one) < 0 || (one->has_no_view && pf_child_filter(SYS_unshare, EPERM) < 0) ||
            pf_target_new("/", PF_TARGET_DEFAULT, &host, &err) < 0) {
                (void) fprintf(out, "cannot prepare: %s %s", strerror(errno), err.text);
                return;
        }
        fill(one, &file);
        r = pf_validate(&plan, host, &err);
        (void) fprintf(out, "%d %s%s", r, is_untouched(one) ? "" : "(touched) ", err.text);
}

static bool has_program(const char *name) {
        static const char *const places[] = { "/usr/sbin", "/usr/bin" };
        char path[128];

        for (size_t i = 0; i < PF_ELEMENTS(places); i++) {
                (void) snprintf(path, sizeof(path), "%s/%s", places[i], name);
                if (access(path, X_OK) == 0)
                        return true;
        }
        return false;
}

START_TEST(judged_before) {
        const Case *one = &cases[_i];
        PF_AUTO_FREE char *text = NULL;
        char code[16];

        if (one->program && !has_program(one->program)) {
                pf_test_skip("the program is not installed");
                return;
        }
        text = pf_child_text(judge, (void *) one);
        if (strcmp(text, "skip") == 0) {
                pf_test_skip("no mount namespace can be made here");
                return;
        }
        (void) snprintf(code, sizeof(code), "%d ", one->r);
        ck_assert_msg(strncmp(text, code, strlen(code)) == 0, "%s, \"%s\": %s", one->path,
                      one->after ? one->after : "(gone)", text);
        ck_assert_msg(!strstr(text, "(touched)"), "%s", text);
        ck_assert_msg(!one->text || strstr(text, one->text), "%s: %s", one->path, text);
}
END_TEST

int main(void) {
        Suite *suite = suite_create("validate");
        TCase *tcase = tcase_create("judged_before");

        tcase_add_loop_test(tcase, judged_before, 0, (int) PF_ELEMENTS(cases));
        suite_add_tcase(suite, tcase);
        return pf_test_main(suite);
}
