/* SPDX-License-Identifier: MIT */
/*
 * Kills a program at its system calls, and asks whether what it left is good.
 *
 *      crash-run [--points=all|changes|COUNT] [--prepare=CMD] [--recover=CMD] --check=CMD
 *                -- PROGRAM ARGUMENT...
 *      crash-run --kill-at=N [--changes] [--from=NAME] -- PROGRAM ARGUMENT...
 *      crash-run --fail-at=N --error=NUMBER [--from=NAME] -- PROGRAM ARGUMENT...
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
 * The third form does one run, in which the N-th call that writes to a file system is not done, and
 * returns that errno; what the program wrote and ended with is its own. Exit status: that of the
 * program, or 125 where fewer calls were made. Which call it was goes to the file that
 * PF_CRASH_WHERE names; there, the second form writes the number of points that it came to.
 *
 * With --from counting begins with the first directory that is made with a name like that, as
 * fnmatch(3), by mkdirat(2), or with the first flock(2) where NAME is "flock": until then the
 * program runs untraced, at its own speed; of its threads those are counted that stop afterwards.
 *
 * The commands find the number of the point in PF_CRASH_POINT. Prints one line that says how
 * many points were tried; for each that is bad, where it was. Exit status: 0, 1 where one is bad,
 * 2 where something else is wrong.
 */
#include <errno.h>
#include <fcntl.h>
#include <fnmatch.h>
#include <getopt.h>
#include <limits.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/user.h>
#include <sys/wait.h>
#include <unistd.h>

#define BAD_MAX 10 /* then no more points are tried */

static const char *arg_prepare, *arg_recover, *arg_check, *arg_points = "all";
static const char *arg_from;
static unsigned long arg_kill_at, arg_fail_at, arg_error;
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

/* Those that write to a file system, and that it may refuse. */
static const unsigned short writers[] = {
        SYS_mkdirat,      SYS_renameat2,       SYS_unlinkat,  SYS_linkat,    SYS_symlinkat,
        SYS_write,        SYS_pwrite64,        SYS_writev,    SYS_ftruncate, SYS_fallocate,
        SYS_fsync,        SYS_fdatasync,       SYS_syncfs,    SYS_fchmod,    SYS_fchown,
        SYS_fchmodat,     SYS_fchownat,        SYS_fsetxattr, SYS_utimensat, SYS_sendfile,
        SYS_fremovexattr, SYS_copy_file_range,
#ifdef SYS_renameat
        SYS_renameat,
#endif
};

/* Is it a file, and no pipe, terminal or counter? */
static bool is_file(pid_t pid, unsigned long long fd) {
        char path[64], link[PATH_MAX];
        ssize_t n;

        (void) snprintf(path, sizeof(path), "/proc/%d/fd/%llu", (int) pid, fd);
        n = readlink(path, link, sizeof(link));
        return n > 0 && link[0] == '/' && strncmp(link, "/dev/pts", 8) != 0 &&
               strncmp(link, "/dev/null", 9) != 0;
}

static bool may_be_refused(pid_t pid, unsigned long long call, const unsigned long long *args) {
        if (call == SYS_openat)
                return args[2] & O_CREAT;
        for (size_t i = 0; i < sizeof(writers) / sizeof(writers[0]); i++)
                if (call == writers[i])
                        return (call != SYS_write && call != SYS_writev) || is_file(pid, args[0]);
        return false;
}

/* ---- one run ---- */

typedef struct Run {
        pid_t pids[64]; /* the program, its children and threads */
        size_t n_pids;
        unsigned long kill_at; /* 0: never */
        unsigned long fail_at; /* 0: never; counts the calls that write */
        bool changes;
        bool is_begun;        /* what --from waits for was seen */
        unsigned long points; /* that were come to */
        bool is_killed;
        pid_t failing; /* the call of which is not done; 0: none */
        int status;    /* how the program ended, as of waitpid(2) */
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

/* Stops where a directory is made or a file is locked, and nowhere else. */
static void install_filter(void) {
        struct sock_filter program[] = {
                BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
                BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_flock, 1, 0),
                BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_mkdirat, 0, 1),
                BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_TRACE),
                BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
        };
        const struct sock_fprog filter = { sizeof(program) / sizeof(program[0]), program };

        if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0 ||
            prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &filter, 0, 0) < 0)
                _exit(127);
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
        if (arg_from)
                install_filter();
        (void) execvp(argv[0], argv);
        (void) fprintf(stderr, "crash-run: %s: %s\n", argv[0], strerror(errno));
        _exit(127);
}

/* Is it the call that --from waits for? */
static bool is_beginning(pid_t pid, const struct __ptrace_syscall_info *info) {
        char name[NAME_MAX + 1] = "";
        struct iovec to = { name, sizeof(name) - 1 };
        struct iovec from = { (void *) (uintptr_t) info->seccomp.args[1], sizeof(name) - 1 };

        if (info->seccomp.nr == SYS_flock)
                return strcmp(arg_from, "flock") == 0;
        /* A name shorter than that may end where its page does. */
        while (from.iov_len > 0 && process_vm_readv(pid, &to, 1, &from, 1, 0) < 0)
                from.iov_len /= 2;
        return fnmatch(arg_from, name, 0) == 0;
}

static void kill_all(Run *run) {
        run->is_killed = true;
        for (size_t i = 0; i < run->n_pids; i++)
                (void) kill(run->pids[i], SIGKILL);
}

/* What a call returned, or, at its entry, that it is none. */
static void set_register(pid_t pid, bool is_entry, long value) {
#ifdef __x86_64__
        size_t where = is_entry ? offsetof(struct user_regs_struct, orig_rax)
                                : offsetof(struct user_regs_struct, rax);

        if (ptrace(PTRACE_POKEUSER, pid, where, value) < 0)
                die("ptrace: %s", strerror(errno));
#else
        (void) pid, (void) is_entry, (void) value;
        die("--fail-at: not on this architecture");
#endif
}

/* The entry of a call that writes: is it the one that fails? */
static void fail_at_entry(Run *run, pid_t pid, unsigned long long call,
                          const unsigned long long *args) {
        if (!may_be_refused(pid, call, args) || ++run->points != run->fail_at)
                return;
        (void) snprintf(run->where, sizeof(run->where), "%llu", call);
        run->failing = pid;
        set_register(pid, true, -1);
}

static void stop_to_fail(Run *run, pid_t pid, const struct __ptrace_syscall_info *info) {
        unsigned long long args[6];

        if (info->op == PTRACE_SYSCALL_INFO_EXIT && run->failing == pid) {
                run->failing = 0;
                set_register(pid, false, -(long) arg_error);
        }
        if (info->op == PTRACE_SYSCALL_INFO_EXIT)
                return;
        for (size_t i = 0; i < 6; i++) /* entry and seccomp begin alike */
                args[i] = info->entry.args[i];
        fail_at_entry(run, pid, info->entry.nr, args);
}

/* A stop at a system call: counted, and killed there, or failed. */
static void stop_at_call(Run *run, pid_t pid, const struct __ptrace_syscall_info *info) {
        bool is_entry = info->op != PTRACE_SYSCALL_INFO_EXIT;

        if (run->fail_at > 0) {
                stop_to_fail(run, pid, info);
                return;
        }
        if (run->changes && (!is_entry || !may_change(info)))
                return;
        if (++run->points != run->kill_at)
                return;
        if (is_entry)
                (void) snprintf(run->where, sizeof(run->where), "entry of call %llu",
                                (unsigned long long) info->entry.nr);
        else
                (void) snprintf(run->where, sizeof(run->where), "exit of a call with %lld",
                                (long long) info->exit.rval);
        kill_all(run);
}

/* What is to be done about a stop; the signal to go on with. */
static int handle_stop(Run *run, pid_t pid, int status) {
        struct __ptrace_syscall_info info = { 0 };
        int signal = WSTOPSIG(status);
        bool is_filter = status >> 16 == PTRACE_EVENT_SECCOMP;

        add_pid(run, pid);
        if (signal == (SIGTRAP | 0x80) || (is_filter && !run->is_begun)) {
                if (ptrace(PTRACE_GET_SYSCALL_INFO, pid, sizeof(info), &info) <= 0)
                        return 0; /* killed by somebody else meanwhile */
                if (is_filter)
                        run->is_begun = is_beginning(pid, &info);
                if (run->is_begun)
                        stop_at_call(run, pid, &info);
                return 0;
        }
        if (signal == SIGTRAP && status >> 16)
                return 0; /* fork, clone or exec: what comes of it stops by itself */
        return signal == SIGSTOP ? 0 : signal;
}

static void go_on(const Run *run, pid_t pid, int signal) {
        (void) ptrace(run->is_begun ? PTRACE_SYSCALL : PTRACE_CONT, pid, NULL, (long) signal);
}

static void run_program(Run *run, char **argv) {
        const long options = PTRACE_O_TRACESYSGOOD | PTRACE_O_TRACEFORK | PTRACE_O_TRACEVFORK |
                             PTRACE_O_TRACECLONE | PTRACE_O_TRACEEXEC | PTRACE_O_TRACESECCOMP |
                             PTRACE_O_EXITKILL;
        pid_t first = start(argv);
        int status;

        if (waitpid(first, &status, 0) != first || !WIFSTOPPED(status))
                die("%s: cannot be traced", argv[0]);
        if (ptrace(PTRACE_SETOPTIONS, first, NULL, options) < 0)
                die("ptrace: %s", strerror(errno));
        add_pid(run, first);
        run->is_begun = !arg_from;
        go_on(run, first, 0);
        for (;;) {
                pid_t pid = waitpid(-1, &status, __WALL);

                if (pid < 0 && errno == EINTR)
                        continue;
                if (pid < 0)
                        return; /* all are gone */
                if (WIFEXITED(status) && pid == first && WEXITSTATUS(status) == 127)
                        die("%s: did not run", argv[0]);
                if (!WIFSTOPPED(status)) {
                        if (pid == first)
                                run->status = status;
                        drop_pid(run, pid);
                        continue;
                }
                go_on(run, pid, handle_stop(run, pid, status));
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
        { "points", required_argument, NULL, 'p' },  { "prepare", required_argument, NULL, 'b' },
        { "recover", required_argument, NULL, 'r' }, { "check", required_argument, NULL, 'c' },
        { "kill-at", required_argument, NULL, 'k' }, { "changes", no_argument, NULL, 'e' },
        { "fail-at", required_argument, NULL, 'f' }, { "error", required_argument, NULL, 'n' },
        { "from", required_argument, NULL, 'm' },    { NULL, 0, NULL, 0 },
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
                case 'f':
                        arg_fail_at = strtoul(optarg, NULL, 10);
                        break;
                case 'n':
                        arg_error = strtoul(optarg, NULL, 10);
                        break;
                case 'm':
                        arg_from = optarg;
                        break;
                default:
                        exit(2);
                }
}

/* For who asked: where it was, or how many points there are. */
static void tell_where(const Run *run) {
        const char *path = getenv("PF_CRASH_WHERE");
        FILE *file = path ? fopen(path, "we") : NULL;

        if (!file)
                return;
        (void) fprintf(file, "%lu %s\n", run->points, run->where);
        (void) fclose(file);
}

/* The second and the third form. */
static int run_once(char **argv) {
        Run run = { .kill_at = arg_kill_at, .fail_at = arg_fail_at, .changes = arg_changes };

        run_program(&run, argv);
        tell_where(&run);
        if (run.fail_at == 0)
                return run.is_killed ? 0 : 3;
        if (run.points < run.fail_at)
                return 125;
        return WIFEXITED(run.status) ? WEXITSTATUS(run.status) : 124;
}

int main(int argc, char **argv) {
        read_options(argc, argv);
        if (!argv[optind] || (!arg_check && arg_kill_at == 0 && arg_fail_at == 0))
                die("usage: crash-run [--points=P] [--prepare=CMD] [--recover=CMD] --check=CMD -- "
                    "PROGRAM..., or crash-run --kill-at=N|--fail-at=N -- PROGRAM...");
        if (arg_fail_at > 0 && arg_error == 0)
                die("--fail-at needs --error");
        /* What a killed program leaves running is ours to wait for. */
        if (prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) < 0)
                die("prctl: %s", strerror(errno));
        return arg_kill_at > 0 || arg_fail_at > 0 ? run_once(argv + optind)
                                                  : try_all(argv + optind);
}
