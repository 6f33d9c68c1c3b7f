/* SPDX-License-Identifier: MIT */
/*
 * A number out of a file may be of another process by now. So the process is held by a
 * descriptor (pidfd_open(2), since Linux 5.3) before it is looked at, and told by that.
 */
#include "daemon/remedy/signal-sshd.h"

#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdbool.h>
#include <string.h>
#include <sys/syscall.h>

#ifndef SYS_pidfd_send_signal
#define SYS_pidfd_send_signal 424
#endif
#ifndef SYS_pidfd_open
#define SYS_pidfd_open 434
#endif

static const char *const pid_files[] = { "/run/sshd.pid", "/var/run/sshd.pid" };

/* Return: a number; 0: there is no such file, or nothing in it. */
static pid_t read_pid(const char *path) {
        PF_AUTO_FCLOSE FILE *file = fopen(path, "re");
        char line[32];
        char *end;
        long pid;

        if (!file || !fgets(line, sizeof(line), file))
                return 0;
        errno = 0;
        pid = strtol(line, &end, 10);
        return errno || end == line || (*end && *end != '\n') || pid < 2 || pid > INT_MAX
                       ? 0
                       : (pid_t) pid;
}

/* The program that a process runs, also where an update has replaced the file. */
static bool is_sshd(pid_t pid) {
        char link[64], target[PATH_MAX];
        const char *name;
        ssize_t n;

        (void) snprintf(link, sizeof(link), "/proc/%d/exe", (int) pid);
        n = readlink(link, target, sizeof(target) - 1);
        if (n <= 0)
                return false;
        target[n] = '\0';
        name = strrchr(target, '/');
        return name && (strcmp(name, "/sshd") == 0 || strcmp(name, "/sshd (deleted)") == 0);
}

static int send_hangup(pid_t pid, int held) {
        long r = held >= 0 ? syscall(SYS_pidfd_send_signal, held, SIGHUP, NULL, 0)
                           : kill(pid, SIGHUP);

        return r < 0 ? -errno : 0;
}

static int tell(const char *path, pid_t pid, PfErr *err) {
        PF_AUTO_CLOSE int held = (int) syscall(SYS_pidfd_open, pid, 0);
        int r;

        if (held < 0 && errno == ESRCH)
                return 0; /* it is gone */
        if (!is_sshd(pid))
                return pf_err_set(err, -ESRCH, "%s: process %d is no sshd", path, (int) pid);
        r = send_hangup(pid, held);
        if (r == -ESRCH)
                return 0;
        return r < 0 ? pf_err_errno(err, r, "sshd, process %d", (int) pid) : 0;
}

int pf_signal_sshd(const char *unit, PfErr *err) {
        if (strcmp(unit, "ssh.service") != 0 && strcmp(unit, "sshd.service") != 0)
                return pf_err_set(err, -ENOTSUP,
                                  "%s: there is no systemd that could be told to reload it", unit);
        for (size_t i = 0; i < PF_ELEMENTS(pid_files); i++) {
                pid_t pid = read_pid(pid_files[i]);

                if (pid > 0)
                        return tell(pid_files[i], pid, err);
        }
        return 0;
}
