/* SPDX-License-Identifier: MIT */
#include "trace.h"

#include <errno.h>
#include <fnmatch.h>
#include <limits.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/user.h>
#include <sys/wait.h>
#include <unistd.h>

#include "calls.h"

void crash_die(const char *fmt, ...) {
        va_list ap;

        va_start(ap, fmt);
        (void) fputs("crash-run: ", stderr);
        (void) vfprintf(stderr, fmt, ap);
        (void) fputs("\n", stderr);
        va_end(ap);
        exit(2);
}

/* --- who is traced --- */

/* Is the thread one of the program's own? */
static bool is_thread_of(pid_t pid, pid_t first) {
        char path[64];
        FILE *file;
        int r;

        if (pid == first)
                return true;
        (void) snprintf(path, sizeof(path), "/proc/%d/task/%d/comm", (int) first, (int) pid);
        file = fopen(path, "re");
        r = file ? fclose(file) : -1;
        return r == 0;
}

static CrashProcess *process_of(CrashRun *run, pid_t pid) {
        CrashProcess *process = run->processes;

        for (size_t i = 0; i < run->n_processes; i++)
                if (process[i].pid == pid)
                        return &process[i];
        if (run->n_processes == CRASH_PROCESSES_MAX)
                crash_die("more than %zu processes at once", run->n_processes);
        process += run->n_processes++;
        *process = (CrashProcess){ .pid = pid, .is_own = is_thread_of(pid, run->first) };
        return process;
}

static void drop_process(CrashRun *run, pid_t pid) {
        for (size_t i = 0; i < run->n_processes; i++)
                if (run->processes[i].pid == pid)
                        run->processes[i] = run->processes[--run->n_processes];
}

static bool concerns(CrashWhose whose, const CrashProcess *process) {
        return whose == CRASH_ALL || (whose == CRASH_OWN) == process->is_own;
}

/* --- how it begins --- */

/* With every point, or faults, all calls stop; else the filter tells which do. */
static bool stops_everywhere(const CrashRun *run) {
        return run->counted == CRASH_EVERY || run->fail_at > 0;
}

static bool has_filter(const CrashRun *run) {
        return run->from || !stops_everywhere(run);
}

static pid_t start(const CrashRun *run, char **argv) {
        pid_t pid = fork();

        if (pid < 0)
                crash_die("fork: %s", strerror(errno));
        if (pid > 0)
                return pid;
        if (ptrace(PTRACE_TRACEME, 0, NULL, NULL) < 0)
                _exit(127);
        (void) raise(SIGSTOP); /* until the options of tracing are set */
        if (has_filter(run) && crash_install_filter(stops_everywhere(run) ? CRASH_AT_BEGINNINGS
                                                                          : CRASH_AT_CHANGES) < 0)
                _exit(127);
        (void) execvp(argv[0], argv);
        (void) fprintf(stderr, "crash-run: %s: %s\n", argv[0], strerror(errno));
        _exit(127);
}

/* Is it the call that --from waits for? */
static bool is_beginning(const CrashRun *run, pid_t pid, const struct __ptrace_syscall_info *info) {
        char name[NAME_MAX + 1] = "";
        struct iovec to = { name, sizeof(name) - 1 };
        struct iovec from = { (void *) (uintptr_t) info->seccomp.args[1], sizeof(name) - 1 };

        if (info->seccomp.nr == SYS_flock)
                return strcmp(run->from, "flock") == 0;
        if (info->seccomp.nr != SYS_mkdirat)
                return false;
        /* A name shorter than that may end where its page does. */
        while (from.iov_len > 0 && process_vm_readv(pid, &to, 1, &from, 1, 0) < 0)
                from.iov_len /= 2;
        return fnmatch(run->from, name, 0) == 0;
}

/* --- what is done at a point --- */

static void kill_them(CrashRun *run) {
        run->is_killed = true;
        for (size_t i = 0; i < run->n_processes; i++)
                if (concerns(run->killed_of, &run->processes[i]))
                        (void) kill(run->processes[i].pid, SIGKILL);
}

/* What a call returned, or, at its entry, that it is none. */
static void set_register(pid_t pid, bool is_entry, long value) {
#ifdef __x86_64__
        size_t where = is_entry ? offsetof(struct user_regs_struct, orig_rax)
                                : offsetof(struct user_regs_struct, rax);

        if (ptrace(PTRACE_POKEUSER, pid, where, value) < 0)
                crash_die("ptrace: %s", strerror(errno));
#else
        (void) pid, (void) is_entry, (void) value;
        crash_die("--fail-at: not on this architecture");
#endif
}

/* The entry of a call that writes: is it the one that fails? */
static void fail_at_entry(CrashRun *run, pid_t pid, unsigned long long call,
                          const unsigned long long *args) {
        if (!crash_may_be_refused(pid, call, args) || ++run->points != run->fail_at)
                return;
        (void) snprintf(run->where, sizeof(run->where), "%llu", call);
        run->failing = pid;
        set_register(pid, true, -1);
}

static void fail_at_exit(CrashRun *run, pid_t pid) {
        if (run->failing != pid)
                return;
        run->failing = 0;
        set_register(pid, false, -(long) run->error);
}

static void count(CrashRun *run, bool is_entry, long long number) {
        if (++run->points != run->kill_at)
                return;
        (void) snprintf(run->where, sizeof(run->where), "%s %lld",
                        is_entry ? "entry of call" : "exit of a call with", number);
        kill_them(run);
}

static void note_overlap(CrashRun *run, const CrashProcess *other, unsigned long long call) {
        run->overlaps++;
        (void) snprintf(run->where, sizeof(run->where), "call %llu while %llu", call, other->call);
}

static void count_entry(CrashRun *run, CrashProcess *process, unsigned long long call,
                        const unsigned long long *args) {
        bool is_change = crash_may_change(process->pid, call, args);

        for (size_t i = 0; is_change && i < run->n_processes; i++)
                if (run->processes[i].is_changing) {
                        note_overlap(run, &run->processes[i], call);
                        break;
                }
        run->changes += is_change;
        process->is_changing = is_change;
        process->call = call;
        if (run->counted == CRASH_EVERY || is_change)
                count(run, true, (long long) call);
        if (is_change && run->counted == CRASH_BOTH)
                run->awaited = process->pid;
}

static void count_exit(CrashRun *run, CrashProcess *process, long long value) {
        bool is_awaited = run->awaited == process->pid;

        process->is_changing = false;
        if (is_awaited)
                run->awaited = 0;
        if (run->counted == CRASH_EVERY || is_awaited)
                count(run, false, value);
}

static void stop_at_call(CrashRun *run, CrashProcess *process,
                         const struct __ptrace_syscall_info *info) {
        bool is_entry = info->op != PTRACE_SYSCALL_INFO_EXIT;
        unsigned long long args[6];

        for (size_t i = 0; is_entry && i < 6; i++) /* entry and seccomp begin alike */
                args[i] = info->entry.args[i];
        if (run->fail_at > 0 && is_entry)
                fail_at_entry(run, process->pid, info->entry.nr, args);
        else if (run->fail_at > 0)
                fail_at_exit(run, process->pid);
        else if (!concerns(run->counted_of, process))
                return;
        else if (is_entry)
                count_entry(run, process, info->entry.nr, args);
        else
                count_exit(run, process, info->exit.rval);
}

/* --- the run --- */

/* What is to be done about a stop; the signal to go on with. */
static int handle_stop(CrashRun *run, pid_t pid, int status) {
        struct __ptrace_syscall_info info = { 0 };
        CrashProcess *process = process_of(run, pid);
        int signal = WSTOPSIG(status);
        bool is_filter = status >> 16 == PTRACE_EVENT_SECCOMP;

        if (run->is_killed && concerns(run->killed_of, process)) /* it was just being made */
                (void) kill(pid, SIGKILL);
        /* Where all calls stop, those of the filter stop twice. */
        if (signal == (SIGTRAP | 0x80) ||
            (is_filter && (!run->is_begun || !stops_everywhere(run)))) {
                if (ptrace(PTRACE_GET_SYSCALL_INFO, pid, sizeof(info), &info) <= 0)
                        return 0; /* killed by somebody else meanwhile */
                if (!run->is_begun)
                        run->is_begun = is_beginning(run, pid, &info);
                if (run->is_begun && !run->is_killed)
                        stop_at_call(run, process, &info);
                return 0;
        }
        if (signal == SIGTRAP && status >> 16)
                return 0; /* fork, clone or exec: what comes of it stops by itself */
        return signal == SIGSTOP ? 0 : signal;
}

static void go_on(const CrashRun *run, pid_t pid, int signal) {
        bool stops = (run->is_begun && stops_everywhere(run)) || run->awaited == pid;

        (void) ptrace(stops ? PTRACE_SYSCALL : PTRACE_CONT, pid, NULL, (long) signal);
}

static void begin(CrashRun *run, char **argv) {
        const long options = PTRACE_O_TRACESYSGOOD | PTRACE_O_TRACEFORK | PTRACE_O_TRACEVFORK |
                             PTRACE_O_TRACECLONE | PTRACE_O_TRACEEXEC | PTRACE_O_TRACESECCOMP |
                             PTRACE_O_EXITKILL;
        int status;

        run->first = start(run, argv);
        if (waitpid(run->first, &status, 0) != run->first || !WIFSTOPPED(status))
                crash_die("%s: cannot be traced", argv[0]);
        if (ptrace(PTRACE_SETOPTIONS, run->first, NULL, options) < 0)
                crash_die("ptrace: %s", strerror(errno));
        (void) process_of(run, run->first);
        run->is_begun = !run->from;
        go_on(run, run->first, 0);
}

/* A process that is no more. */
static void note_end(CrashRun *run, pid_t pid, int status, const char *program) {
        if (pid == run->first && WIFEXITED(status) && WEXITSTATUS(status) == 127)
                crash_die("%s: did not run", program);
        if (pid == run->first)
                run->status = status;
        if (pid == run->awaited)
                run->awaited = 0;
        drop_process(run, pid);
}

void crash_run_program(CrashRun *run, char **argv) {
        begin(run, argv);
        for (;;) {
                int status;
                pid_t pid = waitpid(-1, &status, __WALL);

                if (pid < 0 && errno == EINTR)
                        continue;
                if (pid < 0)
                        return; /* all are gone */
                if (WIFSTOPPED(status))
                        go_on(run, pid, handle_stop(run, pid, status));
                else
                        note_end(run, pid, status, argv[0]);
        }
}
