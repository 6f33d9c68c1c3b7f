/* SPDX-License-Identifier: MIT */

/*
 * Asks the real sshd many times for the price of one start.
 *
 * Preloaded into sshd, this takes the place of its main(): it waits for
 * questions, and forks for each a child that runs the real main() with the
 * arguments of the question. What sshd then does is all its own; only the
 * loading and relocating of some thirty libraries, 9 of 11 ms, is shared.
 *
 * A question is a 32-bit length and that many bytes of arguments, each ended by
 * a NUL, on standard input. The answer, on standard output, is three 32-bit
 * numbers (exit status, or minus the signal; bytes of output; bytes of errors)
 * and then the output and the errors. All in the machine's byte order.
 */

#include <dlfcn.h>
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#define MAX_ARGUMENTS 64
#define MAX_QUESTION 65536
#define DEADLINE_MS 20000 /* a child that takes longer is killed, and shows as signal 9 */

typedef int (*Main)(int, char **, char **);
typedef int (*StartMain)(Main, int, char **, void (*)(void), void (*)(void), void (*)(void),
                         void *);

static Main real_main;

static void give_up(const char *what) {
        fprintf(stderr, "sshd-zygote: %s: %s\n", what, strerror(errno));
        _exit(125);
}

/* False at the end of the input; nothing else may end it. */
static bool read_all(int fd, void *data, size_t n) {
        for (size_t done = 0; done < n;) {
                ssize_t r = read(fd, (char *) data + done, n - done);

                if (r < 0 && errno != EINTR)
                        give_up("read");
                if (r == 0)
                        return false;
                if (r > 0)
                        done += (size_t) r;
        }
        return true;
}

static void write_all(int fd, const void *data, size_t n) {
        for (size_t done = 0; done < n;) {
                ssize_t r = write(fd, (const char *) data + done, n - done);

                if (r < 0 && errno != EINTR)
                        give_up("write");
                if (r > 0)
                        done += (size_t) r;
        }
}

/* The file's bytes since it was last emptied; copied to standard output. */
static void forward(int fd, size_t n) {
        char block[8192];

        if (lseek(fd, 0, SEEK_SET) < 0)
                give_up("lseek");
        while (n > 0) {
                size_t part = n < sizeof(block) ? n : sizeof(block);

                if (!read_all(fd, block, part))
                        give_up("short file");
                write_all(STDOUT_FILENO, block, part);
                n -= part;
        }
}

static int empty_file(int fd) {
        if (ftruncate(fd, 0) < 0 || lseek(fd, 0, SEEK_SET) < 0)
                give_up("ftruncate");
        return fd;
}

static int wait_for(pid_t child) {
        struct pollfd end = { .fd = (int) syscall(SYS_pidfd_open, child, 0), .events = POLLIN };
        int status;

        if (end.fd < 0)
                give_up("pidfd_open");
        if (poll(&end, 1, DEADLINE_MS) == 0)
                (void) kill(child, SIGKILL);
        (void) close(end.fd);
        if (waitpid(child, &status, 0) != child)
                give_up("waitpid");
        return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
}

static void answer(pid_t child, int output, int errors) {
        int32_t head[3] = { wait_for(child) };

        head[1] = (int32_t) lseek(output, 0, SEEK_END);
        head[2] = (int32_t) lseek(errors, 0, SEEK_END);
        write_all(STDOUT_FILENO, head, sizeof(head));
        forward(output, (size_t) head[1]);
        forward(errors, (size_t) head[2]);
}

/* Splits the question in place. */
static int split(char *question, size_t n, char **argv) {
        int argc = 0;

        for (size_t at = 0; at < n; at += strlen(question + at) + 1) {
                if (argc == MAX_ARGUMENTS - 1)
                        give_up("too many arguments");
                argv[argc++] = question + at;
        }
        argv[argc] = NULL;
        return argc;
}

static int child_main(char *question, size_t n, int output, int errors, char **envp) {
        static char *argv[MAX_ARGUMENTS];

        (void) close(STDIN_FILENO);
        if (dup2(output, STDOUT_FILENO) < 0 || dup2(errors, STDERR_FILENO) < 0)
                give_up("dup2");
        return real_main(split(question, n, argv), argv, envp);
}

/* Done once here, libcrypto's own preparations are not done in every child. */
static void warm_up(void) {
        int (*prepare)(uint64_t, const void *) =
                (int (*)(uint64_t, const void *)) dlsym(RTLD_DEFAULT, "OPENSSL_init_crypto");
        int (*seed)(void) = (int (*)(void)) dlsym(RTLD_DEFAULT, "RAND_status");

        if (prepare)
                (void) prepare(0x4c, NULL); /* ciphers, digests, openssl.cnf: as sshd asks */
        if (seed)
                (void) seed();
}

static int serve(int argc, char **argv, char **envp) {
        static char question[MAX_QUESTION + 1];
        int output = memfd_create("output", MFD_CLOEXEC);
        int errors = memfd_create("errors", MFD_CLOEXEC);
        uint32_t n;

        (void) argc;
        (void) argv;
        if (output < 0 || errors < 0)
                give_up("memfd_create");
        warm_up();
        while (read_all(STDIN_FILENO, &n, sizeof(n))) {
                pid_t child;

                if (n > MAX_QUESTION || !read_all(STDIN_FILENO, question, n))
                        give_up("question");
                question[n] = '\0';
                child = fork();
                if (child < 0)
                        give_up("fork");
                if (child == 0)
                        return child_main(question, n, empty_file(output), empty_file(errors),
                                          envp);
                answer(child, output, errors);
        }
        _exit(0);
}

/* Without the destructors of every library, a sixth of the time. */
void exit(int status) {
        (void) fflush(NULL);
        _exit(status);
}

/* What the loader's start code calls in every program. */
int __libc_start_main(Main main_function, int argc, char **argv, void (*init)(void),
                      void (*fini)(void), void (*rtld_fini)(void), void *stack_end);

int __libc_start_main(Main main_function, int argc, char **argv, void (*init)(void),
                      void (*fini)(void), void (*rtld_fini)(void), void *stack_end) {
        StartMain next = (StartMain) dlsym(RTLD_NEXT, "__libc_start_main");

        if (!next)
                give_up("dlsym");
        real_main = main_function;
        return next(serve, argc, argv, init, fini, rtld_fini, stack_end);
}
