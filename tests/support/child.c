/* SPDX-License-Identifier: MIT */
#include "tests/support/child.h"

#include <check.h>
#include <errno.h>
#include <grp.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#define NOBODY 65534

char *pf_child_text(PfChildRun run, void *data) {
        char *text = NULL, part[4096];
        size_t n, size;
        int ends[2], status;
        FILE *in, *all;
        pid_t child;

        ck_assert_int_eq(pipe(ends), 0);
        (void) fflush(NULL);
        child = fork();
        ck_assert_int_ge(child, 0);
        if (child == 0) {
                FILE *out = fdopen(ends[1], "w");

                (void) close(ends[0]);
                run(out, data);
                _exit(fclose(out) == 0 ? 0 : 1);
        }

        (void) close(ends[1]);
        in = fdopen(ends[0], "r");
        all = open_memstream(&text, &size);
        while ((n = fread(part, 1, sizeof(part), in)) > 0)
                (void) fwrite(part, 1, n, all);
        (void) fclose(in);
        (void) fclose(all);
        ck_assert_int_eq(waitpid(child, &status, 0), child);
        ck_assert_msg(status == 0, "child ended with status 0x%x after: %s", status, text);
        return text;
}

int pf_child_filter(long number, int error) {
        const unsigned action =
                error ? SECCOMP_RET_ERRNO | (unsigned) error : SECCOMP_RET_KILL_PROCESS;
        struct sock_filter code[] = {
                BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
                BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (unsigned) number, 0, 1),
                BPF_STMT(BPF_RET | BPF_K, action),
                BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
        };
        const struct sock_fprog program = { .len = sizeof(code) / sizeof(code[0]), .filter = code };

        if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0 ||
            prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) < 0)
                return -errno;
        return 0;
}

int pf_child_drop_privileges(void) {
        if (geteuid() != 0)
                return 0;
        if (setgroups(0, NULL) < 0 || setresgid(NOBODY, NOBODY, NOBODY) < 0 ||
            setresuid(NOBODY, NOBODY, NOBODY) < 0)
                return -errno;
        return 0;
}
