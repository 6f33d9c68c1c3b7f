/* SPDX-License-Identifier: MIT */
/*
 * Becomes a service under the filter of system calls of its unit:
 *
 *     filtered LIST PROGRAM [ARGUMENT]...
 *
 * with the calls that it may make in LIST, a name a line. Under systemd what the filter
 * forbids fails, and a program may well go on without; here a process beside it says on
 * standard error which call it was, and kills it. The program keeps its number, its
 * descriptors and its parent. Where LIST is empty, or the kernel tells nobody of such calls
 * (before 5.0), it runs without a filter.
 *
 * Built as the stand-in of one program, PF_FILTERED_LIST and PF_FILTERED_PROGRAM are what is
 * run, with this one's arguments.
 */
#include <errno.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#define CALLS_MAX 600
#define NAME_MAX_BYTES 64

#if defined(__x86_64__)
#define ARCHITECTURE AUDIT_ARCH_X86_64
#elif defined(__aarch64__)
#define ARCHITECTURE AUDIT_ARCH_AARCH64
#elif defined(__s390x__)
#define ARCHITECTURE AUDIT_ARCH_S390X
#elif defined(__powerpc64__)
#define ARCHITECTURE AUDIT_ARCH_PPC64LE
#endif

static const struct Call {
        const char *name;
        long number;
} calls[] = {
#include "system-calls.h"
};

#define N_CALLS (sizeof(calls) / sizeof(calls[0]))

/* What the service asks knowing that it may be refused: see pf_kernel_clock(). */
static const char *const refused[] = { "adjtimex", "clock_adjtime" };

static _Noreturn void give_up(const char *what) {
        fprintf(stderr, "filtered: %s: %s\n", what, strerror(errno));
        exit(EXIT_FAILURE);
}

static const char *name_of(long number) {
        for (size_t i = 0; i < N_CALLS; i++)
                if (calls[i].number == number)
                        return calls[i].name;
        return "unknown";
}

/* Return: how many calls @numbers received; names of other architectures are none here. */
static size_t read_list(const char *path, long numbers[static CALLS_MAX]) {
        FILE *file = fopen(path, "re");
        char name[NAME_MAX_BYTES];
        size_t n = 0;

        if (!file)
                give_up(path);
        while (fscanf(file, "%63s", name) == 1)
                for (size_t i = 0; i < N_CALLS && n < CALLS_MAX; i++)
                        if (strcmp(calls[i].name, name) == 0)
                                numbers[n++] = calls[i].number;
        (void) fclose(file);
        return n;
}

/* Return: a descriptor that tells of every call but those of @numbers, or -1. */
static int install(const long *numbers, size_t n) {
        static struct sock_filter code[2 * CALLS_MAX + 8];
        struct sock_fprog program = { .filter = code };
        size_t at = 0;

#ifdef ARCHITECTURE
        code[at++] = (struct sock_filter) BPF_STMT(BPF_LD | BPF_W | BPF_ABS,
                                                   offsetof(struct seccomp_data, arch));
        code[at++] = (struct sock_filter) BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, ARCHITECTURE, 1, 0);
        code[at++] = (struct sock_filter) BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_KILL_PROCESS);
#endif
        code[at++] = (struct sock_filter) BPF_STMT(BPF_LD | BPF_W | BPF_ABS,
                                                   offsetof(struct seccomp_data, nr));
        for (size_t i = 0; i < n; i++) {
                code[at++] = (struct sock_filter) BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K,
                                                           (unsigned) numbers[i], 0, 1);
                code[at++] = (struct sock_filter) BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW);
        }
        code[at++] = (struct sock_filter) BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_USER_NOTIF);
        program.len = (unsigned short) at;
        if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
                return -1;
        return (int) syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, SECCOMP_FILTER_FLAG_NEW_LISTENER,
                             &program);
}

static void send_descriptor(int to, int fd) {
        union {
                struct cmsghdr header;
                char space[CMSG_SPACE(sizeof(int))];
        } control = { .header = { .cmsg_level = SOL_SOCKET,
                                  .cmsg_type = SCM_RIGHTS,
                                  .cmsg_len = CMSG_LEN(sizeof(int)) } };
        char byte = 0;
        struct iovec data = { .iov_base = &byte, .iov_len = 1 };
        struct msghdr message = { .msg_iov = &data,
                                  .msg_iovlen = 1,
                                  .msg_control = &control,
                                  .msg_controllen = sizeof(control) };

        memcpy(CMSG_DATA(&control.header), &fd, sizeof(fd));
        if (sendmsg(to, &message, 0) < 0)
                give_up("handing on the filter");
}

/* Return: -1 where the other end was closed without one: there is no filter. */
static int receive_descriptor(int from) {
        union {
                struct cmsghdr header;
                char space[CMSG_SPACE(sizeof(int))];
        } control;
        char byte;
        struct iovec data = { .iov_base = &byte, .iov_len = 1 };
        struct msghdr message = { .msg_iov = &data,
                                  .msg_iovlen = 1,
                                  .msg_control = &control,
                                  .msg_controllen = sizeof(control) };
        int fd = -1;

        if (recvmsg(from, &message, MSG_CMSG_CLOEXEC) == 1 && CMSG_FIRSTHDR(&message))
                memcpy(&fd, CMSG_DATA(CMSG_FIRSTHDR(&message)), sizeof(fd));
        return fd;
}

static bool is_refused(const char *name) {
        for (size_t i = 0; i < sizeof(refused) / sizeof(refused[0]); i++)
                if (strcmp(refused[i], name) == 0)
                        return true;
        return false;
}

/* Answers for each call that is not in the list, until the program has ended. */
static void judge(int listener, const char *program) {
        struct pollfd item = { .fd = listener, .events = POLLIN };
        struct seccomp_notif call;
        struct seccomp_notif_resp answer;

        while (poll(&item, 1, -1) > 0 && !(item.revents & POLLHUP)) {
                memset(&call, 0, sizeof(call));
                if (ioctl(listener, SECCOMP_IOCTL_NOTIF_RECV, &call) < 0)
                        continue;
                if (!is_refused(name_of(call.data.nr))) {
                        fprintf(stderr,
                                "%s: system call %s (%d) is outside the filter of its unit\n",
                                program, name_of(call.data.nr), call.data.nr);
                        (void) kill((pid_t) call.pid, SIGKILL);
                }
                answer = (struct seccomp_notif_resp){ .id = call.id, .error = -EPERM };
                (void) ioctl(listener, SECCOMP_IOCTL_NOTIF_SEND, &answer);
        }
}

/* Beside the program, and no child of it. */
static void start_judge(int socket, int other, const char *program) {
        pid_t child = fork();

        if (child < 0)
                give_up("fork");
        if (child > 0) {
                (void) waitpid(child, NULL, 0);
                return;
        }
        (void) close(other);
        if (fork() == 0) {
                int listener;

                (void) setsid();
                /* Pipes and sockets of the program are its own. */
                for (int fd = 0; fd < 1024; fd++)
                        if (fd != STDERR_FILENO && fd != socket)
                                (void) close(fd);
                listener = receive_descriptor(socket);
                (void) close(socket);
                if (listener >= 0)
                        judge(listener, program);
        }
        _exit(0);
}

int main(int argc, char **argv) {
        long numbers[CALLS_MAX];
        int ends[2], listener;
        size_t n;
#ifdef PF_FILTERED_PROGRAM
        const char *list = PF_FILTERED_LIST, *program = PF_FILTERED_PROGRAM;

        (void) argc;
        argv[0] = (char *) program;
#else
        const char *list = argc > 2 ? argv[1] : NULL, *program = argc > 2 ? argv[2] : NULL;

        if (!program) {
                fprintf(stderr, "filtered LIST PROGRAM [ARGUMENT]...\n");
                return EXIT_FAILURE;
        }
        argv += 2;
#endif
        n = read_list(list, numbers);
        if (n > 0) {
                if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) < 0)
                        give_up("socketpair");
                start_judge(ends[0], ends[1], program);
                (void) close(ends[0]);
                listener = install(numbers, n);
                if (listener >= 0) {
                        send_descriptor(ends[1], listener);
                        (void) close(listener);
                }
                (void) close(ends[1]);
        }
        (void) execv(program, argv);
        give_up(program);
}
