/* SPDX-License-Identifier: MIT */
/*
 * Between fork(2) and execve(2) nothing but system calls is made: other threads of this
 * process may hold any lock.
 */
#include "daemon/platform/run-tool.h"

#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "daemon/base/clock.h"
#include "daemon/platform/linux/view.h"

#define MEMORY_MAX (1ull << 30)
#define FILE_SIZE_MAX (16ull << 20)
#define FILES_MAX 256

/* Between two looks at whether it has ended, where it keeps its output open. */
#define LOOK_MS 20

#define SEARCH_PATH "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"

/* What the child says where it does not become the program. */
typedef struct Refusal {
        int error;
        bool is_view; /* it was the view that failed */
        size_t step;
} Refusal;

typedef struct Child {
        pid_t pid;
        int output;  /* of ours, which does not block */
        int refusal; /* of ours; closed when the program runs */
        int status;
        bool has_ended;
} Child;

/* --- the child's side --- */

static void reset_signals(void) {
        const struct sigaction normal = { .sa_handler = SIG_DFL };
        sigset_t none;

        for (int i = 1; i < NSIG; i++)
                (void) sigaction(i, &normal, NULL);
        (void) sigemptyset(&none);
        (void) sigprocmask(SIG_SETMASK, &none, NULL);
}

static int limit(int resource, rlim_t value) {
        const struct rlimit both = { value, value };

        return setrlimit(resource, &both);
}

static int set_limits(const PfTool *tool) {
        if (limit(RLIMIT_CORE, 0) < 0 ||
            limit(RLIMIT_FSIZE, tool->file_max ? tool->file_max : FILE_SIZE_MAX) < 0 ||
            limit(RLIMIT_AS, tool->memory_max ? tool->memory_max : MEMORY_MAX) < 0 ||
            limit(RLIMIT_NOFILE, FILES_MAX) < 0)
                return -1;
        return limit(RLIMIT_CPU, (rlim_t) (tool->deadline_ms / 1000 + 1));
}

static int redirect(int output) {
        int null = open("/dev/null", O_RDONLY | O_CLOEXEC);

        if (null < 0 || dup2(null, STDIN_FILENO) < 0 || dup2(output, STDOUT_FILENO) < 0 ||
            dup2(output, STDERR_FILENO) < 0)
                return -1;
        return 0;
}

/* Return: only where it cannot be; then errno says why. */
static void become(const PfTool *tool, const char *const *environment, const PfView *view,
                   pid_t parent, int output, Refusal *refusal) {
        if (prctl(PR_SET_PDEATHSIG, SIGKILL) < 0 || getppid() != parent || setsid() < 0)
                return;
        reset_signals();
        (void) umask(022);
        if (redirect(output) < 0 || chdir("/") < 0)
                return;
        if (view->n > 0) {
                int r = pf_view_enter(view, &refusal->step);

                refusal->is_view = r < 0;
                errno = -r;
                if (r < 0)
                        return;
        }
        if (set_limits(tool) == 0)
                (void) execve(tool->argv[0], (char *const *) tool->argv,
                              (char *const *) environment);
}

_Noreturn static void run_child(const PfTool *tool, const char *tmpdir, const PfView *view,
                                pid_t parent, int output, int report) {
        const char *const environment[] = { SEARCH_PATH, "LC_ALL=C", "LANG=C", tmpdir, NULL };
        Refusal refusal = { 0 };

        become(tool, environment, view, parent, output, &refusal);
        refusal.error = errno ? errno : EIO;
        (void) !write(report, &refusal, sizeof(refusal));
        _exit(127);
}

/* --- ours --- */

/* What hangs in the kernel is not waited for any longer than that. */
#define REAP_MS 1000

static void reap(Child *child) {
        for (int waited = 0; waited < REAP_MS; waited += LOOK_MS) {
                if (waitpid(child->pid, &child->status, WNOHANG) != 0)
                        return;
                (void) poll(NULL, 0, LOOK_MS);
        }
}

static void child_deinit(Child *child) {
        if (child->pid > 0) {
                /* While it is not waited for, its number is nobody else's. */
                (void) kill(-child->pid, SIGKILL);
                (void) kill(child->pid, SIGKILL);
                reap(child);
        }
        child->output = pf_close(child->output);
        child->refusal = pf_close(child->refusal);
}

static int start(const PfTool *tool, const PfView *view, Child *child, PfErr *err) {
        int output[2] = { -1, -1 }, report[2] = { -1, -1 };
        PF_AUTO_FREE char *tmpdir = NULL;
        const pid_t parent = getpid();
        int r = 0;

        if (tool->tmpdir && asprintf(&tmpdir, "TMPDIR=%s", tool->tmpdir) < 0) {
                tmpdir = NULL;
                return -ENOMEM;
        }
        if (pipe2(output, O_CLOEXEC) < 0 || pipe2(report, O_CLOEXEC) < 0 ||
            fcntl(output[0], F_SETFL, O_NONBLOCK) < 0)
                r = pf_err_errno(err, -errno, "pipe");
        child->output = output[0];
        child->refusal = report[0];
        if (r == 0) {
                child->pid = fork();
                if (child->pid == 0)
                        run_child(tool, tmpdir, view, parent, output[1], report[1]);
                if (child->pid < 0)
                        r = pf_err_errno(err, -errno, "%s", tool->argv[0]);
        }
        (void) pf_close(output[1]);
        (void) pf_close(report[1]);
        return r;
}

static int too_late(const PfTool *tool, PfErr *err) {
        return pf_err_set(err, -ETIMEDOUT, "%s: did not end within %llu s", tool->argv[0],
                          (unsigned long long) (tool->deadline_ms / 1000));
}

/* Did it become the program? To look at what is to be in a view may take for ever. */
static int read_refusal(const PfTool *tool, const PfView *view, Child *child, PfErr *err) {
        struct pollfd fd = { .fd = child->refusal, .events = POLLIN };
        Refusal refusal;
        ssize_t n;

        do
                n = poll(&fd, 1, (int) tool->deadline_ms);
        while (n < 0 && errno == EINTR);
        if (n == 0)
                return too_late(tool, err);
        do
                n = read(child->refusal, &refusal, sizeof(refusal));
        while (n < 0 && errno == EINTR);
        if (n != (ssize_t) sizeof(refusal))
                return 0;
        if (!refusal.is_view)
                return pf_err_errno(err, -refusal.error, "%s: cannot be started", tool->argv[0]);
        if (refusal.step == SIZE_MAX || refusal.error == EPERM)
                return PF_TOOL_NO_VIEW;
        return pf_err_errno(err, -refusal.error, "%s: cannot be shown to %s",
                            pf_view_step_path(view, refusal.step), tool->argv[0]);
}

/* Reads what there is; what is too much is read all the same, so that nobody waits for us.
 * Return: false at the end of it. */
static bool read_output(Child *child, PfBuf *output, size_t *left) {
        char bytes[4096];
        ssize_t n;

        for (;;) {
                n = read(child->output, bytes, sizeof(bytes));
                if (n < 0 && errno == EINTR)
                        continue;
                if (n <= 0)
                        return n < 0 && errno == EAGAIN;
                if ((size_t) n > *left)
                        n = (ssize_t) *left;
                if (n > 0 && pf_buf_add(output, bytes, (size_t) n) < 0)
                        n = (ssize_t) *left; /* no more of it */
                *left -= (size_t) n;
        }
}

/* Looks without reaping it. */
static int look(Child *child) {
        siginfo_t info = { 0 };

        if (waitid(P_PID, (id_t) child->pid, &info, WEXITED | WNOHANG | WNOWAIT) < 0)
                return errno == EINTR ? 0 : -errno;
        child->has_ended = info.si_pid == child->pid;
        return 0;
}

/* Ends what it left running, too. */
static int end(Child *child) {
        pid_t pid;

        (void) kill(-child->pid, SIGKILL);
        do
                pid = waitpid(child->pid, &child->status, 0);
        while (pid < 0 && errno == EINTR);
        child->pid = 0;
        return pid < 0 ? -errno : 0;
}

/* Until it has ended; what it started may keep the output open for longer. */
static int wait_for(const PfTool *tool, Child *child, PfBuf *output, PfErr *err) {
        const uint64_t end_usec = pf_clock_monotonic_usec() + tool->deadline_ms * 1000;
        size_t left = PF_TOOL_OUTPUT_MAX;
        bool is_open = true;
        int r = 0;

        while (r == 0 && !child->has_ended) {
                struct pollfd fd = { .fd = is_open ? child->output : -1, .events = POLLIN };

                if (pf_clock_monotonic_usec() >= end_usec)
                        return too_late(tool, err);
                (void) poll(&fd, 1, LOOK_MS);
                if (is_open)
                        is_open = read_output(child, output, &left);
                r = look(child);
        }
        if (is_open)
                (void) read_output(child, output, &left);
        return r < 0 ? pf_err_errno(err, r, "%s", tool->argv[0]) : 0;
}

int pf_tool_run(const PfTool *tool, PfBuf *output, int *ret_status, PfErr *err) {
        PF_CLEANUP(child_deinit) Child child = { .output = -1, .refusal = -1 };
        PF_AUTO_VIEW PfView view = { 0 };
        int r = 0;

        if (tool->n_files > 0 || (tool->directories && tool->directories->n > 0))
                r = pf_view_plan(tool, &view, err);
        if (r == 0)
                r = start(tool, &view, &child, err);
        if (r == 0)
                r = read_refusal(tool, &view, &child, err);
        if (r == 0)
                r = wait_for(tool, &child, output, err);
        if (r == 0)
                r = end(&child);
        if (r == 0)
                *ret_status = child.status;
        return r;
}
