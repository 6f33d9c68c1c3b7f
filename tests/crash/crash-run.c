/* SPDX-License-Identifier: MIT */
/*
 * Kills a program at its system calls, and asks whether what it left is good.
 *
 *      crash-run [--points=all|changes|COUNT] [--prepare=CMD] [--recover=CMD] --check=CMD
 *                -- PROGRAM ARGUMENT...
 *      crash-run --kill-at=N -- PROGRAM ARGUMENT...
 *
 * In the first form the program is run once for each point: before that the shell runs
 * --prepare, which makes the machine anew; then the program runs under ptrace(2) until it comes
 * to that point, where it and all of its children get SIGKILL; then the shell runs --recover,
 * which is to go on with what was interrupted, and --check, which looks at what there is.
 * All of the three have to succeed. The last run comes to its end without being killed; its exit
 * status does not matter, and what it left is checked as well. Example:
 *
 *      crash-run --prepare='rm -rf $D && cp -a image $D' --recover='preflightctl history --root=$D'
 *                --check='check-tree $D' -- preflightctl fix --root=$D ssh.sftp-subsystem
 *
 * A point is the entry of a system call, where it was not done, or its exit, where it was, of
 * the program or any of its children and threads, counted from 1 in the order in which they come.
 *      all      every point
 *      changes  the entries of calls that may change something that outlives the program: between
 *               them all points leave the same. Of a program with one thread nothing is left out.
 *      COUNT    so many of these, evenly spread, the first and the last among them
 *
 * The second form does one run, killed at the point N of "all": for --prepare of another. With
 * --changes N counts the points of "changes". Its exit status is 0, or 3 where the program had
 * ended before.
 *
 * The commands find the number of the point in PF_CRASH_POINT. Prints one line that says how
 * many points were tried; for each that is bad, where it was. Exit status: 0, 1 where one is bad,
 * 2 where something else is wrong.
 */
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#define BAD_MAX 10 /* then no more points are tried */

static const char *arg_prepare, *arg_recover, *arg_check, *arg_points = "all";
static unsigned long arg_kill_at;
static bool arg_changes;

static void die(const char *fmt, ...) __attribute__((noreturn, format(printf, 1, 2)));

static void die(const char *fmt, ...) {
        va_list ap;

        va_start(ap, fmt);
        (void) fputs("crash-run: ", stderr);
        (void) vfprintf(stderr, fmt, ap);
        (void) fputs("\n", stderr);
        va_end(ap);
        exit(2);
}

/* ---- which system calls ---- */

/* Those after which everything outside of the program is as before. */
static const unsigned short harmless[] = {
        SYS_read,
        SYS_pread64,
        SYS_readv,
        SYS_close,
        SYS_fstat,
        SYS_newfstatat,
        SYS_statx,
        SYS_lseek,
        SYS_mmap,
        SYS_munmap,
        SYS_mremap,
        SYS_mprotect,
        SYS_brk,
        SYS_madvise,
        SYS_getdents64,
        SYS_rt_sigaction,
        SYS_rt_sigreturn,
        SYS_rt_sigprocmask,
        SYS_getpid,
        SYS_gettid,
        SYS_getppid,
        SYS_getuid,
        SYS_geteuid,
        SYS_getgid,
        SYS_getegid,
        SYS_openat2,
        SYS_readlinkat,
        SYS_fgetxattr,
        SYS_flistxattr,
        SYS_faccessat,
        SYS_faccessat2,
        SYS_statfs,
        SYS_fstatfs,
        SYS_getrandom,
        SYS_clock_gettime,
        SYS_prlimit64,
        SYS_set_tid_address,
        SYS_set_robust_list,
        SYS_rseq,
        SYS_futex,
        SYS_wait4,
        SYS_fsync,
        SYS_fdatasync,
        SYS_fcntl,
        SYS_dup,
        SYS_uname,
        SYS_sched_getaffinity,
        SYS_sched_yield,
        SYS_fadvise64,
        SYS_nanosleep,
        SYS_clock_nanosleep,
        SYS_sysinfo,
        SYS_getcwd,
#ifdef SYS_arch_prctl
        SYS_arch_prctl,
#endif
#ifdef SYS_access
        SYS_access,
#endif
#ifdef SYS_stat
        SYS_stat,
        SYS_lstat,
        SYS_readlink,
        SYS_poll,
#endif
};

static bool may_change(const struct __ptrace_syscall_info *info) {
        if (info->entry.nr == SYS_openat)
                return info->entry.args[2] & (O_CREAT | O_TRUNC);
        for (size_t i = 0; i < sizeof(harmless) / sizeof(harmless[0]); i++)
                if (info->entry.nr == harmless[i])
                        return false;
        return true;
}

/* ---- one run ---- */

typedef struct Run {
        pid_t pids[64]; /* the program, its children and threads */
        size_t n_pids;
        unsigned long kill_at; /* 0: never */
        bool changes;
        unsigned long points; /* that were come to */
        bool is_killed;
        char where[64];
} Run;

static void add_pid(Run *run, pid_t pid) {
        for (size_t i = 0; i < run->n_pids; i++)
                if (run->pids[i] == pid)
                        return;
        if (run->n_pids == sizeof(run->pids) / sizeof(run->pids[0]))
                die("more than %zu processes at once", run->n_pids);
        run->pids[run->n_pids++] = pid;
}

static void drop_pid(Run *run, pid_t pid) {
        for (size_t i = 0; i < run->n_pids; i++)
                if (run->pids[i] == pid)
                        run->pids[i] = run->pids[--run->n_pids];
}

static pid_t start(char **argv) {
        pid_t pid = fork();

        if (pid < 0)
                die("fork: %s", strerror(errno));
        if (pid > 0)
                return pid;
        if (ptrace(PTRACE_TRACEME, 0, NULL, NULL) < 0)
                _exit(127);
        (void) raise(SIGSTOP); /* until the options of tracing are set */
        (void) execvp(argv[0], argv);
        (void) fprintf(stderr, "crash-run: %s: %s\n", argv[0], strerror(errno));
        _exit(127);
}

/* A stop at a system call: counted, and killed there. */
static void stop_at_call(Run *run, pid_t pid) {
        struct __ptrace_syscall_info info = { 0 };
        bool is_entry;

        if (ptrace(PTRACE_GET_SYSCALL_INFO, pid, sizeof(info), &info) <= 0)
                return; /* killed by somebody else meanwhile */
        is_entry = info.op == PTRACE_SYSCALL_INFO_ENTRY;
        if (run->changes && (!is_entry || !may_change(&info)))
                return;
        if (++run->points != run->kill_at)
                return;
        run->is_killed = true;
        if (is_entry)
                (void) snprintf(run->where, sizeof(run->where), "entry of call %llu",
                                (unsigned long long) info.entry.nr);
        else
                (void) snprintf(run->where, sizeof(run->where), "exit of a call with %lld",
                                (long long) info.exit.rval);
        for (size_t i = 0; i < run->n_pids; i++)
                (void) kill(run->pids[i], SIGKILL);
}

/* What is to be done about a stop; the signal to go on with. */
static int handle_stop(Run *run, pid_t pid, int status) {
        int signal = WSTOPSIG(status);

        add_pid(run, pid);
        if (signal == (SIGTRAP | 0x80)) {
                stop_at_call(run, pid);
                return 0;
        }
        if (signal == SIGTRAP && status >> 16)
                return 0; /* fork, clone or exec: what comes of it stops by itself */
        return signal == SIGSTOP ? 0 : signal;
}

static void run_program(Run *run, char **argv) {
        const long options = PTRACE_O_TRACESYSGOOD | PTRACE_O_TRACEFORK | PTRACE_O_TRACEVFORK |
                             PTRACE_O_TRACECLONE | PTRACE_O_TRACEEXEC | PTRACE_O_EXITKILL;
        pid_t first = start(argv);
        int status;

        if (waitpid(first, &status, 0) != first || !WIFSTOPPED(status))
                die("%s: cannot be traced", argv[0]);
        if (ptrace(PTRACE_SETOPTIONS, first, NULL, options) < 0)
                die("ptrace: %s", strerror(errno));
        add_pid(run, first);
        (void) ptrace(PTRACE_SYSCALL, first, NULL, NULL);
        for (;;) {
                pid_t pid = waitpid(-1, &status, __WALL);

                if (pid < 0 && errno == EINTR)
                        continue;
                if (pid < 0)
                        return; /* all are gone */
                if (WIFEXITED(status) && pid == first && WEXITSTATUS(status) == 127)
                        die("%s: did not run", argv[0]);
                if (!WIFSTOPPED(status)) {
                        drop_pid(run, pid);
                        continue;
                }
                (void) ptrace(PTRACE_SYSCALL, pid, NULL, (long) handle_stop(run, pid, status));
        }
}

/* ---- all of them ---- */

static bool run_command(const char *what, const char *command, const Run *run) {
        int status;

        if (!command)
                return true;
        status = system(command);
        if (status == 0)
                return true;
        (void) printf("# point %lu (%s): %s: status %d\n", run->kill_at,
                      run->is_killed ? run->where : "not killed", what,
                      WIFEXITED(status) ? WEXITSTATUS(status) : -1);
        (void) fflush(stdout);
        return false;
}

static void prepare(unsigned long point) {
        Run none = { .kill_at = point };
        char number[32];

        (void) snprintf(number, sizeof(number), "%lu", point);
        (void) setenv("PF_CRASH_POINT", number, 1);
        if (!run_command("prepare", arg_prepare, &none))
                exit(2);
}

/* One point: was what it left good? */
static bool try_point(char **argv, unsigned long point, bool changes) {
        Run run = { .kill_at = point, .changes = changes };

        prepare(point);
        run_program(&run, argv);
        return run_command("recover", arg_recover, &run) && run_command("check", arg_check, &run);
}

static unsigned long count_points(char **argv, bool changes) {
        Run run = { .changes = changes };

        prepare(0);
        run_program(&run, argv);
        return run.points;
}

/*
 * Point @i of @tried out of @n. The one behind the last is never come to, since the
 * program ends before.
 */
static unsigned long spread(unsigned long i, unsigned long tried, unsigned long n) {
        return tried < 2 || tried > n ? i + 1 : 1 + i * n / (tried - 1);
}

static int try_all(char **argv) {
        bool changes = strcmp(arg_points, "all") != 0;
        unsigned long n = count_points(argv, changes);
        unsigned long tried = n + 1, bad = 0, done = 0;

        if (changes && strcmp(arg_points, "changes") != 0)
                tried = strtoul(arg_points, NULL, 10);
        if (tried == 0)
                die("--points=%s: all, changes, or a number", arg_points);
        if (tried > n + 1)
                tried = n + 1;
        for (unsigned long i = 0; i < tried && bad < BAD_MAX; i++, done++)
                bad += !try_point(argv, spread(i, tried, n), changes);
        (void) printf("# %lu of %lu kill points tried, %lu bad\n", done, n + 1, bad);
        return bad ? 1 : 0;
}

static const struct option options[] = {
        { "points", required_argument, NULL, 'p' },
        { "prepare", required_argument, NULL, 'b' },
        { "recover", required_argument, NULL, 'r' },
        { "check", required_argument, NULL, 'c' },
        { "kill-at", required_argument, NULL, 'k' },
        { "changes", no_argument, NULL, 'e' },
        { NULL, 0, NULL, 0 },
};

static void read_options(int argc, char **argv) {
        int c;

        while ((c = getopt_long(argc, argv, "+", options, NULL)) >= 0)
                switch (c) {
                case 'p':
                        arg_points = optarg;
                        break;
                case 'b':
                        arg_prepare = optarg;
                        break;
                case 'r':
                        arg_recover = optarg;
                        break;
                case 'c':
                        arg_check = optarg;
                        break;
                case 'k':
                        arg_kill_at = strtoul(optarg, NULL, 10);
                        break;
                case 'e':
                        arg_changes = true;
                        break;
                default:
                        exit(2);
                }
}

int main(int argc, char **argv) {
        read_options(argc, argv);
        if (!argv[optind] || (!arg_check && arg_kill_at == 0))
                die("usage: crash-run [--points=P] [--prepare=CMD] [--recover=CMD] --check=CMD -- "
                    "PROGRAM..., or crash-run --kill-at=N -- PROGRAM...");
        /* What a killed program leaves running is ours to wait for. */
        if (prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) < 0)
                die("prctl: %s", strerror(errno));
        if (arg_kill_at > 0) {
                Run run = { .kill_at = arg_kill_at, .changes = arg_changes };

                run_program(&run, argv + optind);
                return run.is_killed ? 0 : 3;
        }
        return try_all(argv + optind);
}
