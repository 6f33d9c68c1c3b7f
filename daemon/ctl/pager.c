/* SPDX-License-Identifier: MIT */
#include "daemon/ctl/pager.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define NOT_STARTED 127 /* by sh(1), and by us */

/* NULL: none is wanted. */
static const char *pager_command(void) {
        const char *pager = getenv("PAGER");

        if (!pager)
                return "less";
        return *pager == '\0' || strcmp(pager, "cat") == 0 ? NULL : pager;
}

/* In the child. Does not come back. */
static void run_pager(const char *command, int fd) {
        if (dup2(fd, STDIN_FILENO) < 0 || setenv("LESS", "FRX", false) < 0 ||
            setenv("LESSSECURE", "1", true) < 0)
                _exit(NOT_STARTED);
        (void) signal(SIGPIPE, SIG_DFL);
        (void) execl("/bin/sh", "sh", "-c", command, (char *) NULL);
        _exit(NOT_STARTED);
}

static int wait_for(pid_t pid) {
        int status;

        while (waitpid(pid, &status, 0) < 0)
                if (errno != EINTR)
                        return -errno;
        return WIFEXITED(status) ? WEXITSTATUS(status) : 0;
}

/* Starts the pager and gives it the page, which stays as it is. Return: its exit
 * status, or a negative errno. */
static int page_through(const char *command, const PfPage *page) {
        int pipes[2];
        const char *bytes = page->out.data;
        size_t n = page->out.n;
        pid_t pid;

        if (pipe2(pipes, O_CLOEXEC) < 0)
                return -errno;
        pid = fork();
        if (pid == 0)
                run_pager(command, pipes[0]);
        (void) close(pipes[0]);
        while (pid > 0 && n > 0) {
                ssize_t written = write(pipes[1], bytes, n);

                if (written < 0 && errno != EINTR)
                        break; /* it was left before the end */
                bytes += written > 0 ? written : 0;
                n -= written > 0 ? (size_t) written : 0;
        }
        (void) close(pipes[1]);
        return pid < 0 ? -EAGAIN : wait_for(pid);
}

int pf_pager_show(PfPage *page, PfErr *err) {
        const char *command = pager_command();
        int r;

        if (!page->terminal->is_terminal || !command || page->error < 0 || page->out.n == 0)
                return pf_page_write(page, STDOUT_FILENO, err);
        /* Keys that interrupt are for the pager. */
        (void) signal(SIGINT, SIG_IGN);
        r = page_through(command, page);
        (void) signal(SIGINT, SIG_DFL);
        if (r < 0 || r == NOT_STARTED)
                return pf_page_write(page, STDOUT_FILENO, err);
        page->out.n = 0;
        return 0;
}
