/* SPDX-License-Identifier: MIT */
#include "daemon/ctl/here.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/wait.h>

const char *const pf_here_pager = "less";

/* In the child. Does not come back. */
static void run_pager(const char *command, int fd) {
        if (dup2(fd, STDIN_FILENO) < 0 || setenv("LESS", "FRX", false) < 0 ||
            setenv("LESSSECURE", "1", true) < 0)
                _exit(PF_HERE_NOT_STARTED);
        (void) signal(SIGPIPE, SIG_DFL);
        (void) execl("/bin/sh", "sh", "-c", command, (char *) NULL);
        _exit(PF_HERE_NOT_STARTED);
}

static int wait_for(pid_t pid) {
        int status;

        while (waitpid(pid, &status, 0) < 0)
                if (errno != EINTR)
                        return -errno;
        return WIFEXITED(status) ? WEXITSTATUS(status) : 0;
}

int pf_here_page(const char *command, const char *bytes, size_t n) {
        int pipes[2];
        pid_t pid;

        if (pipe2(pipes, O_CLOEXEC) < 0)
                return -errno;
        pid = fork();
        if (pid == 0)
                run_pager(command, pipes[0]);
        (void) close(pipes[0]);
        if (pid > 0)
                (void) !pf_here_write(pipes[1], bytes, n); /* it may be left before the end */
        (void) close(pipes[1]);
        return pid < 0 ? -EAGAIN : wait_for(pid);
}
