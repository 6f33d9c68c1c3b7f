/* SPDX-License-Identifier: MIT */
/*
 * An initramfs, built aside. The tool sees the planned configuration in a mount namespace of
 * its own, and has its working files where they are removed whatever becomes of it.
 */
#include "probes/boot/remedy-drivers.h"

#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "daemon/base/write-all.h"
#include "daemon/platform/remove-tree.h"

#define DEADLINE_MS (5 * 60 * 1000)
#define MEMORY_MAX (4ull << 30) /* of addresses: compressors with a thread a processor */
#define FILE_MAX (1ull << 30)   /* of an archive that is not compressed yet */
#define QUOTE_MAX 300
#define QUOTE_LINES 3

/* Where the tool works. */
typedef struct Bench {
        char *top;
        char *view;
        char *tmp;
        char *staged; /* the configuration */
        char *image;  /* not below top: it stays */
} Bench;

/* No mount is below it: those of the tool's view are nobody else's. */
static void bench_deinit(Bench *bench) {
        if (bench->top)
                pf_remove_tree(bench->top);
        if (bench->image)
                (void) unlink(bench->image);
        free(bench->top);
        free(bench->view);
        free(bench->tmp);
        free(bench->staged);
        free(bench->image);
}

static int make_directory(const char *top, const char *name, char **ret) {
        if (asprintf(ret, "%s/%s", top, name) < 0) {
                *ret = NULL;
                return -ENOMEM;
        }
        return mkdir(*ret, 0700) < 0 ? -errno : 0;
}

static int stage(const PfInitramfsOrder *order, Bench *bench) {
        PF_AUTO_CLOSE int fd = -1;

        if (asprintf(&bench->staged, "%s/configuration", bench->top) < 0) {
                bench->staged = NULL;
                return -ENOMEM;
        }
        fd = open(bench->staged, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644);
        return fd < 0 ? -errno : pf_write_all(fd, order->configuration, order->n);
}

static int make_names(const PfInitramfsOrder *order, Bench *bench) {
        if (asprintf(&bench->top, "%s/building-XXXXXX", order->scratch) < 0) {
                bench->top = NULL;
                return -ENOMEM;
        }
        if (asprintf(&bench->image, "%s/initramfs-XXXXXX", order->scratch) < 0) {
                bench->image = NULL;
                return -ENOMEM;
        }
        if (mkdtemp(bench->top))
                return 0;
        bench->top = (free(bench->top), NULL);
        return -EIO;
}

static int set_up(const PfInitramfsOrder *order, Bench *bench, PfErr *err) {
        PF_AUTO_CLOSE int fd = -1;
        int r = make_names(order, bench);

        if (r == 0)
                r = make_directory(bench->top, "view", &bench->view);
        if (r == 0)
                r = make_directory(bench->top, "tmp", &bench->tmp);
        if (r == 0 && order->configuration)
                r = stage(order, bench);
        if (r == 0) {
                fd = mkostemp(bench->image, O_CLOEXEC);
                r = fd < 0 ? -errno : 0;
        }
        return r < 0 && r != -ENOMEM ? pf_err_errno(err, r, "%s", order->scratch) : r;
}

/* Its last lines, for one sentence. */
static void quote(const PfBuf *output, char ret[static QUOTE_MAX]) {
        size_t end = output->n, at, n = 0;
        unsigned lines = 0;

        while (end > 0 && output->data[end - 1] == '\n')
                end--;
        for (at = end; at > 0 && end - at < QUOTE_MAX / 2; at--)
                if (output->data[at - 1] == '\n' && ++lines == QUOTE_LINES)
                        break;
        for (; at < end && n + 3 < QUOTE_MAX; at++) {
                char c = output->data[at];

                if (c == '\n')
                        ret[n++] = ';';
                ret[n++] = (char) (c == '\n' || c == '\t' ? ' ' : c < ' ' || c > '~' ? '?' : c);
        }
        ret[n] = '\0';
}

static int judge(const PfInitramfsOrder *order, int status, const PfBuf *output, PfErr *err) {
        char text[QUOTE_MAX];

        if (WIFEXITED(status) && WEXITSTATUS(status) == 0)
                return 0;
        quote(output, text);
        if (WIFSIGNALED(status))
                return pf_err_set(err, -EBADMSG, "%s: ended by signal %d%s%s", order->program,
                                  WTERMSIG(status), text[0] ? ": " : "", text);
        return pf_err_set(err, -EBADMSG, "%s: status %d%s%s", order->program, WEXITSTATUS(status),
                          text[0] ? ": " : "", text);
}

/* A tool that fails silently leaves the empty file. */
static int look_at_image(const PfInitramfsOrder *order, const Bench *bench, PfErr *err) {
        struct stat st;

        if (lstat(bench->image, &st) < 0)
                return pf_err_errno(err, -errno, "%s: the image", order->program);
        if (!S_ISREG(st.st_mode) || st.st_size == 0)
                return pf_err_set(err, -EBADMSG, "%s: has written no image", order->program);
        if ((uint64_t) st.st_size > PF_INITRAMFS_MAX)
                return pf_err_set(err, -EFBIG, "%s: has written an image of more than %llu MiB",
                                  order->program, PF_INITRAMFS_MAX >> 20);
        return 0;
}

static int run_tool(const PfInitramfsOrder *order, const Bench *bench, PfInitramfsRun run,
                    PfErr *err) {
        const char *const by_path[] = { order->program, "--force",    "--kver",
                                        order->version, bench->image, NULL };
        const char *const by_option[] = { order->program, "-o", bench->image, order->version,
                                          NULL };
        const PfToolFile file = { .path = order->maker->file, .staged = bench->staged };
        const PfTool tool = { .argv = order->maker->takes_path ? by_path : by_option,
                              .files = &file,
                              .n_files = bench->staged ? 1 : 0,
                              .scratch = bench->view,
                              .tmpdir = bench->tmp,
                              .deadline_ms = DEADLINE_MS,
                              .memory_max = MEMORY_MAX,
                              .file_max = FILE_MAX };
        PF_AUTO_BUF PfBuf output = PF_BUF_INIT(PF_TOOL_OUTPUT_MAX);
        int status, r = run(&tool, &output, &status, err);

        if (r == PF_TOOL_NO_VIEW)
                return pf_err_set(err, -EPERM, "%s cannot be shown another %s here", order->program,
                                  order->maker->file);
        return r == 0 ? judge(order, status, &output, err) : r;
}

int pf_initramfs_build(const PfInitramfsOrder *order, PfInitramfsRun run, char **ret, PfErr *err) {
        PF_CLEANUP(bench_deinit) Bench bench = { 0 };
        int r = set_up(order, &bench, err);

        if (r == 0)
                r = run_tool(order, &bench, run, err);
        if (r == 0)
                r = look_at_image(order, &bench, err);
        if (r == 0)
                *ret = PF_STEAL(bench.image);
        return r;
}
