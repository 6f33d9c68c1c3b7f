/* SPDX-License-Identifier: MIT */
/*
 * The registry of an image: its hives are files of it, which preflight-hive reads.
 *
 * That program is given the file and the names of keys, and says in lines what is in
 * them. If a hive makes it crash or go on for ever, the key could not be read.
 */
#include "daemon/platform/registry-internal.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <string.h>
#include <strings.h>
#include <sys/wait.h>
#include <unistd.h>

#include "daemon/base/clock.h"
#include "daemon/base/target-file.h"
#include "daemon/platform/linux/target-path.h"

#define READER PF_LIBEXECDIR "/preflight-hive"
#define READER_VARIABLE "PF_HIVE_READER" /* in its place, for tests */
#define DEADLINE_MS 20000
#define ANSWER_MAX (64u << 20)
#define DEPTH_MAX 8
#define CHUNK 65536

static const struct Hive {
        const char *root; /* in the registry */
        const char *path; /* in the image */
} hives[] = {
        { "HKLM\\SYSTEM", "/Windows/System32/config/SYSTEM" },
        { "HKLM\\SOFTWARE", "/Windows/System32/config/SOFTWARE" },
        { "HKLM\\SAM", "/Windows/System32/config/SAM" },
};

static const struct Hive *find_hive(const char *path) {
        for (size_t i = 0; i < PF_ELEMENTS(hives); i++) {
                const size_t n = strlen(hives[i].root);

                if (strncasecmp(hives[i].root, path, n) == 0 && (!path[n] || path[n] == '\\'))
                        return &hives[i];
        }
        return NULL;
}

static const char *reader(void) {
        const char *chosen = secure_getenv(READER_VARIABLE);

        return chosen && *chosen ? chosen : READER;
}

/* --- its process --- */

typedef struct Reader {
        pid_t pid;
        int output;
} Reader;

static int start(const char *key, int hive, Reader *ret, PfErr *err) {
        const char *const argv[] = { reader(), key, NULL };
        static const char *const environment[] = { "LANG=C", NULL };
        PF_AUTO_CLOSE int ours = -1, theirs = -1;
        posix_spawn_file_actions_t actions;
        int ends[2], r;

        if (pipe2(ends, O_CLOEXEC) < 0)
                return pf_err_errno(err, -errno, "cannot make a pipe");
        ours = ends[0];
        theirs = ends[1];
        if (posix_spawn_file_actions_init(&actions) != 0)
                return -ENOMEM;
        r = posix_spawn_file_actions_adddup2(&actions, hive, STDIN_FILENO);
        if (r == 0)
                r = posix_spawn_file_actions_adddup2(&actions, theirs, STDOUT_FILENO);
        if (r == 0)
                r = posix_spawn(&ret->pid, argv[0], &actions, NULL, (char *const *) argv,
                                (char *const *) environment);
        (void) posix_spawn_file_actions_destroy(&actions);
        if (r == ENOENT)
                return pf_err_set(err, -ENOTSUP,
                                  "%s, which reads the registry of an image, is not installed",
                                  argv[0]);
        if (r != 0)
                return pf_err_errno(err, -r, "%s cannot be started", argv[0]);
        ret->output = pf_steal_fd(&ours);
        return 0;
}

/* Waits for more, until the time is over. Return: 1, 0 at the end of time, -errno. */
static int wait_for_output(int fd, uint64_t until_usec) {
        struct pollfd poll_fd = { .fd = fd, .events = POLLIN };
        uint64_t now;
        int r;

        do {
                now = pf_clock_monotonic_usec();
                if (now >= until_usec)
                        return 0;
                r = poll(&poll_fd, 1, (int) ((until_usec - now) / 1000 + 1));
        } while (r == 0 || (r < 0 && errno == EINTR));
        return r < 0 ? -errno : 1;
}

static int read_output(int fd, PfBuf *ret, PfErr *err) {
        const uint64_t until = pf_clock_monotonic_usec() + DEADLINE_MS * UINT64_C(1000);
        ssize_t got = 1;
        int r = 0;

        while (got > 0) {
                r = wait_for_output(fd, until);
                if (r == 0)
                        return pf_err_set(err, -ETIMEDOUT, "its hive took too long to read");
                if (r > 0)
                        r = pf_buf_reserve(ret, CHUNK);
                if (r == -ENOBUFS)
                        return pf_err_set(err, -E2BIG, "the key holds too much");
                if (r < 0)
                        return r;
                got = read(fd, ret->data + ret->n, CHUNK);
                if (got < 0 && errno != EINTR)
                        return pf_err_errno(err, -errno, "cannot hear what reads its hive");
                ret->n += got > 0 ? (size_t) got : 0;
                got = got < 0 ? 1 : got;
        }
        if (ret->data)
                ret->data[ret->n] = '\0';
        return 0;
}

/* The reader is over, whatever it did until now. */
static int end(Reader *started, int r, PfErr *err) {
        int status = 0;

        (void) pf_close(started->output);
        if (r < 0)
                (void) kill(started->pid, SIGKILL);
        while (waitpid(started->pid, &status, 0) < 0 && errno == EINTR) {
        }
        if (r < 0)
                return r;
        if (WIFSIGNALED(status) && WTERMSIG(status) == SIGXCPU)
                return pf_err_set(err, -ETIMEDOUT, "its hive took too long to read");
        if (WIFSIGNALED(status))
                return pf_err_set(err, -EBADMSG, "what reads its hive was killed by signal %d",
                                  WTERMSIG(status));
        if (WEXITSTATUS(status) == 127)
                return pf_err_set(err, -ENOTSUP, "%s cannot be run", reader());
        return WEXITSTATUS(status) == 0
                       ? 0
                       : pf_err_set(err, -EBADMSG, "what reads its hive ended with status %d",
                                    WEXITSTATUS(status));
}

static int run_reader(const char *key, int hive, PfBuf *ret, PfErr *err) {
        Reader started;
        int r = start(key, hive, &started, err);

        if (r < 0)
                return r;
        return end(&started, read_output(started.output, ret, err), err);
}

/* --- the hive --- */

static int open_hive(const PfTarget *target, const struct Hive *hive, char **ret_path, int *ret,
                     PfErr *err) {
        PF_CLEANUP(pf_target_file_closep) PfTargetFile *file = NULL;
        PF_AUTO_FREE char *path = NULL;
        int r = pf_target_find_any_case(target, hive->path, &path, err);

        if (r == 0)
                r = pf_target_open(target, path, &file, err);
        if (r == PF_TARGET_ABSENT)
                return pf_err_set(err, -ENOENT, "%s is not there", hive->path);
        if (r == 0)
                r = pf_target_file_descriptor(file, ret, err);
        if (r == 0)
                *ret_path = PF_STEAL(path);
        return r;
}

static int read_answer(const PfBuf *line, const char *path, PfRegistryKey *ret, PfErr *err) {
        PF_CLEANUP(pf_json_freep) PfJson *answer = NULL;
        int r = pf_json_parse(line->data ? line->data : "", line->n, DEPTH_MAX, &answer, err);

        return r == 0 ? pf_registry_key_from_json(answer, path, ret, err) : r;
}

int pf_registry_ask(const PfTarget *target, const char *path, PfRegistryKey *ret, PfErr *err) {
        const struct Hive *hive = find_hive(path);
        PF_AUTO_BUF PfBuf line = PF_BUF_INIT(ANSWER_MAX);
        PF_AUTO_FREE char *hive_path = NULL;
        PF_AUTO_CLOSE int fd = -1;
        PfErr detail = { 0 };
        const char *below;
        int r;

        if (!hive)
                return pf_err_set(err, -EINVAL, "%s is in no hive that is read", path);
        r = open_hive(target, hive, &hive_path, &fd, err);
        if (r < 0)
                return r;
        below = path + strlen(hive->root);
        r = run_reader(below + (*below == '\\'), fd, &line, &detail);
        if (r == 0)
                r = read_answer(&line, path, ret, &detail);
        if (r == 0)
                ret->hive = PF_STEAL(hive_path);
        return r < 0 ? pf_err_set(err, r, "%s: %s", hive_path, pf_err_text(&detail, r)) : r;
}
