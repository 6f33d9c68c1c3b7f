/* SPDX-License-Identifier: MIT */
#include "calls.h"

#include <fcntl.h>
#include <limits.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

/* A glibc before 2.33 has no names for what Linux has since 5.8. */
#ifndef SYS_openat2
#define SYS_openat2 437
#endif
#ifndef SYS_faccessat2
#define SYS_faccessat2 439
#endif

#define ELEMENTS(array) (sizeof(array) / sizeof((array)[0]))

/* Those after which everything outside of the program is as before. openat2(2) is: the programs
 * look with it, and make nothing (daemon/platform/linux/target-path.c). */
static const unsigned short harmless[] = {
        /* to read, and to look */
        SYS_read,
        SYS_pread64,
        SYS_readv,
        SYS_close,
        SYS_fstat,
        SYS_newfstatat,
        SYS_statx,
        SYS_lseek,
        SYS_getdents64,
        SYS_openat2,
        SYS_readlinkat,
        SYS_getxattr,
        SYS_lgetxattr,
        SYS_fgetxattr,
        SYS_listxattr,
        SYS_llistxattr,
        SYS_flistxattr,
        SYS_faccessat,
        SYS_faccessat2,
        SYS_statfs,
        SYS_fstatfs,
        SYS_fadvise64,
        SYS_getcwd,
        SYS_chdir,
        SYS_fchdir,
        SYS_umask,
        /* what is written already */
        SYS_fsync,
        SYS_fdatasync,
        /* of descriptors, and of waiting */
        SYS_fcntl,
        SYS_dup,
        SYS_dup3,
        SYS_pipe2,
        SYS_eventfd2,
        SYS_epoll_create1,
        SYS_epoll_ctl,
        SYS_epoll_pwait,
        SYS_ppoll,
        SYS_pselect6,
        SYS_timerfd_create,
        SYS_timerfd_settime,
        SYS_inotify_init1,
        SYS_inotify_add_watch,
        SYS_socket,
        SYS_socketpair,
        SYS_accept4,
        SYS_bind, /* the name that a service is called by: the next one takes its place */
        SYS_listen,
        SYS_getsockopt,
        SYS_setsockopt,
        SYS_getsockname,
        SYS_getpeername,
        SYS_recvmsg,
        SYS_recvfrom,
        SYS_nanosleep,
        SYS_clock_nanosleep,
        /* of memory, threads and children, which go with the program */
        SYS_mmap,
        SYS_munmap,
        SYS_mremap,
        SYS_mprotect,
        SYS_brk,
        SYS_madvise,
        SYS_memfd_create,
        SYS_futex,
        SYS_clone,
        SYS_clone3,
        SYS_execve,
        SYS_wait4,
        SYS_waitid,
        SYS_exit,
        SYS_exit_group,
        SYS_set_tid_address,
        SYS_set_robust_list,
        SYS_rseq,
        SYS_setsid,
        SYS_prctl,
        SYS_prlimit64,
        SYS_rt_sigaction,
        SYS_rt_sigreturn,
        SYS_rt_sigprocmask,
        SYS_rt_sigtimedwait,
        SYS_sigaltstack,
        SYS_sched_getaffinity,
        SYS_sched_yield,
        /* of who we are, and when */
        SYS_getpid,
        SYS_gettid,
        SYS_getppid,
        SYS_getuid,
        SYS_geteuid,
        SYS_getgid,
        SYS_getegid,
        SYS_uname,
        SYS_sysinfo,
        SYS_getrusage,
        SYS_getrandom,
        SYS_clock_gettime,
        SYS_clock_getres,
        SYS_clock_adjtime, /* whether the clock is right */
#ifdef __x86_64__
        SYS_arch_prctl,
        SYS_access,
        SYS_stat,
        SYS_lstat,
        SYS_readlink,
        SYS_poll,
        SYS_select,
        SYS_epoll_wait,
        SYS_dup2,
        SYS_pipe,
        SYS_fork,
        SYS_vfork,
        SYS_time,
        SYS_alarm,
        SYS_getpgrp,
#endif
};

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

static bool is_in(const unsigned short *calls, size_t n, unsigned long long call) {
        for (size_t i = 0; i < n; i++)
                if (calls[i] == call)
                        return true;
        return false;
}

/* What a descriptor leads to: "/etc/fstab", "socket:[7]", "pipe:[8]"; empty: nothing. */
static void describe(pid_t pid, unsigned long long fd, char ret[static PATH_MAX]) {
        char path[64];
        ssize_t n;

        (void) snprintf(path, sizeof(path), "/proc/%d/fd/%llu", (int) pid, fd);
        n = readlink(path, ret, PATH_MAX - 1);
        ret[n < 0 ? 0 : n] = '\0';
}

static bool is_file(const char *link) {
        return link[0] == '/' && strncmp(link, "/dev/pts", 8) != 0 &&
               strcmp(link, "/dev/null") != 0;
}

/* Who is at the other end of such a socket may do what it is told; what the kernel or a server
 * of names is asked over another one changes nothing. */
static bool is_local_socket(pid_t pid, const char *link) {
        char path[64], line[512];
        unsigned long wanted, inode;
        bool found = false;
        FILE *table;

        if (sscanf(link, "socket:[%lu]", &wanted) != 1)
                return false;
        (void) snprintf(path, sizeof(path), "/proc/%d/net/unix", (int) pid);
        table = fopen(path, "re");
        while (table && !found && fgets(line, sizeof(line), table))
                found = sscanf(line, "%*s %*s %*s %*s %*s %*s %lu", &inode) == 1 && inode == wanted;
        if (table)
                (void) fclose(table);
        return found || !table;
}

/* What is in a pipe or a counter is gone with those who have it. */
static bool leads_outside(pid_t pid, unsigned long long fd, bool is_write) {
        char link[PATH_MAX];

        describe(pid, fd, link);
        return (is_write && is_file(link)) || is_local_socket(pid, link);
}

/* Bytes of the program's memory; fewer where it ends. Return: how many. */
static size_t peek(pid_t pid, unsigned long long at, void *ret, size_t n) {
        struct iovec to = { ret, n }, from = { (void *) (uintptr_t) at, n };
        ssize_t got = process_vm_readv(pid, &to, 1, &from, 1, 0);

        return got < 0 ? 0 : (size_t) got;
}

/* A call on the system bus that only asks: which object a unit has, and for a property of it. */
static bool is_question(pid_t pid, unsigned long long message) {
        static const char *const members[] = { "LoadUnit", "org.freedesktop.DBus.Properties" };
        struct iovec first;
        struct msghdr header;
        char bytes[256];
        size_t n;

        if (peek(pid, message, &header, sizeof(header)) < sizeof(header) || header.msg_iovlen == 0)
                return false;
        if (peek(pid, (uintptr_t) header.msg_iov, &first, sizeof(first)) < sizeof(first))
                return false;
        n = peek(pid, (uintptr_t) first.iov_base, bytes,
                 first.iov_len < sizeof(bytes) ? first.iov_len : sizeof(bytes));
        if (n < 2 || bytes[0] != 'l' || bytes[1] != 1) /* little endian, a method call */
                return false;
        for (size_t i = 0; i < ELEMENTS(members); i++)
                if (memmem(bytes, n, members[i], strlen(members[i]) + 1))
                        return !memmem(bytes, n, "Set", sizeof("Set"));
        return false;
}

bool crash_may_change(pid_t pid, unsigned long long call, const unsigned long long *args) {
        if (is_in(harmless, ELEMENTS(harmless), call))
                return false;
        switch (call) {
        case SYS_openat:
                return args[2] & (O_CREAT | O_TRUNC);
        case SYS_ioctl:
                return args[1] != FIONBIO && args[1] != FIONREAD && args[1] != FIOCLEX;
        case SYS_write:
        case SYS_writev:
                return leads_outside(pid, args[0], true);
        case SYS_sendto:
                return leads_outside(pid, args[0], false);
        case SYS_sendmsg:
                return leads_outside(pid, args[0], false) && !is_question(pid, args[1]);
        default:
                return true;
        }
}

bool crash_may_be_refused(pid_t pid, unsigned long long call, const unsigned long long *args) {
        char link[PATH_MAX];

        if (call == SYS_openat)
                return args[2] & O_CREAT;
        if (!is_in(writers, ELEMENTS(writers), call))
                return false;
        if (call != SYS_write && call != SYS_writev)
                return true;
        describe(pid, args[0], link);
        return is_file(link);
}

/* --- filters --- */

#define LOAD(field)                                                                                \
        (struct sock_filter)                                                                       \
                BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, field))
#define JUMP_IF_EQUAL(value, steps)                                                                \
        (struct sock_filter) BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, value, steps, 0)
#define END(action) (struct sock_filter) BPF_STMT(BPF_RET | BPF_K, action)

static int install(struct sock_filter *program, size_t n) {
        const struct sock_fprog filter = { (unsigned short) n, program };

        if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
                return -1;
        return prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &filter, 0, 0);
}

static int stop_at_beginnings(void) {
        struct sock_filter program[] = {
                LOAD(nr),
                JUMP_IF_EQUAL(SYS_flock, 2),
                JUMP_IF_EQUAL(SYS_mkdirat, 1),
                END(SECCOMP_RET_ALLOW),
                END(SECCOMP_RET_TRACE),
        };

        return install(program, ELEMENTS(program));
}

/* The harmless ones, and openat(2) that makes nothing, run at their own speed. */
static int stop_at_changes(void) {
        struct sock_filter program[ELEMENTS(harmless) + 6];
        const size_t n = ELEMENTS(harmless);

        _Static_assert(ELEMENTS(harmless) < 250, "a jump is of eight bits");
        program[0] = LOAD(nr);
        for (size_t i = 0; i < n; i++)
                program[i + 1] = JUMP_IF_EQUAL(harmless[i], (unsigned char) (n - i + 3));
        program[n + 1] = (struct sock_filter) BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_openat, 0, 2);
        program[n + 2] = LOAD(args[2]); /* the lower half */
        program[n + 3] =
                (struct sock_filter) BPF_JUMP(BPF_JMP | BPF_JSET | BPF_K, O_CREAT | O_TRUNC, 0, 1);
        program[n + 4] = END(SECCOMP_RET_TRACE);
        program[n + 5] = END(SECCOMP_RET_ALLOW);
        return install(program, ELEMENTS(program));
}

int crash_install_filter(CrashFilter filter) {
        return filter == CRASH_AT_CHANGES ? stop_at_changes() : stop_at_beginnings();
}
