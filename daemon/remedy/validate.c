/* SPDX-License-Identifier: MIT */
/*
 * Lays the files of a plan out in a private directory, and asks the programs that they are for.
 */
#include "daemon/remedy/validate-internal.h"

#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "daemon/base/overlay.h"
#include "daemon/base/write-all.h"
#include "daemon/platform/fsops.h"
#include "daemon/remedy/replace.h"

#define DEADLINE_MS 10000
#define WORDS_MAX 64
#define QUOTE_MAX 400 /* bytes of what a tool says, in a text for people */

/* --- laying out --- */

static void trial_deinit(PfTrial *trial) {
        for (size_t i = 0; i < trial->n_files; i++) {
                free((char *) trial->files[i].path);
                free((char *) trial->files[i].staged);
        }
        free(trial->files);
        pf_scratch_deinit(&trial->scratch);
        (void) pf_target_unref(trial->overlay);
}

static int make_scratch(PfTrial *trial, PfErr *err) {
        static const char *const templates[] = { PF_SCRATCH_TRIALS, PF_SCRATCH_TRIALS_ELSEWHERE };
        int r = -ENOENT;

        for (size_t i = 0; i < PF_ELEMENTS(templates) && r != 0 && r != -ENOMEM; i++)
                r = pf_scratch_make(templates[i], &trial->scratch);
        return r < 0 ? pf_err_errno(err, r, "%s", PF_SCRATCH_TRIALS_ELSEWHERE) : 0;
}

/* With the owner and mode that the real one will have: some tools look at those. */
static int write_staged(const PfPlanFile *file, const char *path, PfErr *err) {
        PF_AUTO_CLOSE int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
        uint32_t mode = file->was_absent ? 0644 : file->before.mode;
        int r = fd < 0 ? -errno : pf_write_all(fd, file->edit.bytes, file->edit.n);

        if (r == 0 && !file->was_absent && fchown(fd, file->before.uid, file->before.gid) < 0)
                r = -errno;
        if (r == 0 && fchmod(fd, mode) < 0)
                r = -errno;
        return r < 0 ? pf_err_errno(err, r, "%s", path) : 0;
}

static int stage(PfTrial *trial, const PfPlanFile *file, PfToolFile *ret, PfErr *err) {
        PF_AUTO_FREE char *path = NULL;
        int r = 0;

        if (!file->edit.bytes && !file->edit.spool)
                return 0;
        if (file->edit.spool)
                path = strdup(file->edit.spool);
        else if (asprintf(&path, "%s/file-%zu", trial->scratch.path, trial->n_files) < 0)
                path = NULL;
        if (!path)
                return -ENOMEM;
        if (!file->edit.spool)
                r = write_staged(file, path, err);
        if (r == 0)
                ret->staged = PF_STEAL(path);
        return r;
}

static int put(PfTarget *overlay, const PfEdit *edit, PfErr *err) {
        PF_AUTO_CLOSE int fd = -1;

        if (edit->bytes)
                return pf_overlay_put(overlay, edit->path, edit->bytes, edit->n, err);
        if (!edit->spool)
                return pf_overlay_remove(overlay, edit->path, err);
        fd = open(edit->spool, O_RDONLY | O_CLOEXEC);
        return fd < 0 ? pf_err_errno(err, -errno, "%s", edit->spool)
                      : pf_overlay_put_fd(overlay, edit->path, fd, err);
}

static int lay_out_one(PfTrial *trial, const PfRoot *root, const PfPlanFile *file, PfErr *err) {
        PF_CLEANUP(pf_place_freep) PfPlace *place = NULL;
        PfToolFile *laid = &trial->files[trial->n_files];
        int r = pf_place_find(root, file->edit.path, &place, err);

        if (r < 0)
                return r;
        laid->path = strdup(pf_place_path(place));
        if (!laid->path)
                return -ENOMEM;
        r = stage(trial, file, laid, err);
        trial->n_files++;
        return r == 0 ? put(trial->overlay, &file->edit, err) : r;
}

static int lay_out(PfTrial *trial, PfTarget *host, PfErr *err) {
        PF_CLEANUP(pf_root_freep) PfRoot *root = NULL;
        int r;

        trial->files = calloc(trial->plan->n_files + 1, sizeof(*trial->files));
        if (!trial->files)
                return -ENOMEM;
        r = pf_root_open(pf_target_root(host), &pf_fs_ops, &root, err);
        if (r == 0)
                r = make_scratch(trial, err);
        if (r == 0)
                r = pf_overlay_new(host, &trial->overlay, err);
        for (size_t i = 0; i < trial->plan->n_files && r == 0; i++)
                r = lay_out_one(trial, root, &trial->plan->files[i], err);
        return r;
}

/* --- asking --- */

bool pf_trial_has(const char *path) {
        return access(path, X_OK) == 0;
}

int pf_trial_run(const PfTrial *trial, const PfStrv *words, const PfStrv *directories, bool in_view,
                 PfBuf *output, int *ret_status, PfErr *err) {
        const char *argv[WORDS_MAX + 1] = { NULL };
        const PfTool tool = { .argv = argv,
                              .files = trial->files,
                              .n_files = in_view ? trial->n_files : 0,
                              .directories = in_view ? directories : NULL,
                              .scratch = trial->scratch.path,
                              .deadline_ms = DEADLINE_MS };
        int r;

        if (words->n > WORDS_MAX)
                return pf_err_set(err, -E2BIG, "%s: more than %d words", trial->name, WORDS_MAX);
        for (size_t i = 0; i < words->n; i++)
                argv[i] = words->items[i];
        r = pf_tool_run(&tool, output, ret_status, err);
        return r == PF_TOOL_NO_VIEW ? PF_TRIAL_NO_TOOL : r;
}

/* Its lines, for one sentence. */
static void quote(const PfBuf *output, char ret[static QUOTE_MAX]) {
        size_t n = 0;

        for (size_t i = 0; i < output->n && n + 3 < QUOTE_MAX; i++) {
                char c = output->data[i];

                if (c == '\r')
                        continue;
                if (c != '\n') {
                        ret[n++] = c;
                } else if (i + 1 < output->n) {
                        ret[n++] = ';';
                        ret[n++] = ' ';
                }
        }
        ret[n] = '\0';
}

int pf_trial_judge(const PfTrial *trial, int status, const PfBuf *output, PfErr *err) {
        char text[QUOTE_MAX];

        if (WIFEXITED(status) && WEXITSTATUS(status) == 0)
                return 0;
        quote(output, text);
        if (WIFSIGNALED(status))
                return pf_err_set(err, -EBADMSG, "%s: ended by signal %d%s%s", trial->name,
                                  WTERMSIG(status), text[0] ? ": " : "", text);
        return pf_err_set(err, -EBADMSG, "%s: %s", trial->name, text[0] ? text : "refuses");
}

/* --- GRUB, fstab --- */

static bool is_named(const char *path, const char *name) {
        return strcmp(strrchr(path, '/') + 1, name) == 0;
}

static int add_words(PfStrv *words, const char *const *items, size_t n) {
        int r = 0;

        for (size_t i = 0; i < n && r == 0; i++)
                r = pf_strv_add(words, items[i]);
        return r;
}

static int try_grub_script(PfTrial *trial, const char *tool, const PfToolFile *file, PfErr *err) {
        PF_AUTO_BUF PfBuf output = PF_BUF_INIT(PF_TOOL_OUTPUT_MAX);
        PF_AUTO_STRV PfStrv words = { 0 };
        int status, r;

        trial->name = strrchr(tool, '/') + 1;
        r = add_words(&words, (const char *const[]){ tool, file->staged }, 2);
        if (r == 0)
                r = pf_trial_run(trial, &words, NULL, false, &output, &status, err);
        return r == 0 ? pf_trial_judge(trial, status, &output, err) : r;
}

static int validate_grub(PfTrial *trial, PfErr *err) {
        static const char *const tools[] = { "/usr/bin/grub-script-check",
                                             "/usr/bin/grub2-script-check" };
        size_t tool = 0;
        int r = PF_TRIAL_NOT_MINE;

        while (tool < PF_ELEMENTS(tools) && !pf_trial_has(tools[tool]))
                tool++;
        for (size_t i = 0; i < trial->n_files && r >= 0; i++) {
                const PfToolFile *file = &trial->files[i];

                if (!file->staged || !is_named(file->path, "grub.cfg"))
                        continue;
                r = tool < PF_ELEMENTS(tools) ? try_grub_script(trial, tools[tool], file, err)
                                              : PF_TRIAL_NO_TOOL;
        }
        return r;
}

#define FSTAB "/etc/fstab"

static size_t count_line(const PfBuf *text, const char *line, size_t n) {
        size_t found = 0;

        for (const char *at = text->data ? text->data : ""; *at;) {
                const size_t length = strcspn(at, "\n");

                found += length == n && memcmp(at, line, n) == 0;
                at += length + (at[length] == '\n');
        }
        return found;
}

/* Where findmnt(8) complains of an error, or NULL; its warnings do not count. */
static const char *find_complaint(const char *line, size_t n) {
        const char *error = memmem(line, n, "[E]", 3);

        return error ? error : memmem(line, n, "parse error at", 14);
}

/* Of a machine that has an entry for a disk that is not there it complains before and after.
 * It must not do so more often. */
static int judge_fstab(const PfTrial *trial, const PfBuf *before, const PfBuf *after, PfErr *err) {
        for (const char *at = after->data ? after->data : ""; *at;) {
                const size_t n = strcspn(at, "\n");
                const char *complaint = find_complaint(at, n);

                if (complaint && count_line(after, at, n) > count_line(before, at, n))
                        return pf_err_set(err, -EBADMSG, "%s: %.*s", trial->name,
                                          (int) (at + n - complaint), complaint);
                at += n + (at[n] == '\n');
        }
        return 0;
}

static int ask_findmnt(PfTrial *trial, bool in_view, PfBuf *output, int *ret_status, PfErr *err) {
        PF_AUTO_STRV PfStrv words = { 0 };
        int r = add_words(
                &words,
                (const char *const[]){ "/usr/bin/findmnt", "--verify", "--tab-file", FSTAB }, 4);

        return r == 0 ? pf_trial_run(trial, &words, NULL, in_view, output, ret_status, err) : r;
}

static int validate_fstab(PfTrial *trial, PfErr *err) {
        PF_AUTO_BUF PfBuf before = PF_BUF_INIT(PF_TOOL_OUTPUT_MAX);
        PF_AUTO_BUF PfBuf after = PF_BUF_INIT(PF_TOOL_OUTPUT_MAX);
        bool is_mine = false;
        int status, r;

        for (size_t i = 0; i < trial->n_files; i++)
                is_mine = is_mine || strcmp(trial->files[i].path, FSTAB) == 0;
        if (!is_mine)
                return PF_TRIAL_NOT_MINE;
        if (!pf_trial_has("/usr/bin/findmnt"))
                return PF_TRIAL_NO_TOOL;
        trial->name = "findmnt --verify";
        r = ask_findmnt(trial, true, &after, &status, err);
        if (r != 0 || (WIFEXITED(status) && WEXITSTATUS(status) == 0))
                return r;
        if (after.data && strstr(after.data, "unrecognized option"))
                return PF_TRIAL_NO_TOOL; /* before util-linux 2.29 */
        if (!find_complaint(after.data ? after.data : "", after.n))
                return pf_trial_judge(trial, status, &after, err);
        r = ask_findmnt(trial, false, &before, &status, err);
        return r == 0 ? judge_fstab(trial, &before, &after, err) : r;
}

/* --- all of them --- */

int pf_validate(const PfPlan *plan, PfTarget *host, PfErr *err) {
        static int (*const validators[])(PfTrial *, PfErr *) = { pf_trial_sshd, validate_grub,
                                                                 validate_fstab };
        PF_CLEANUP(trial_deinit) PfTrial trial = { .plan = plan, .scratch = PF_SCRATCH_INIT };
        bool was_asked = false, has_no_tool = false;
        int r;

        r = lay_out(&trial, host, err);
        for (size_t i = 0; i < PF_ELEMENTS(validators) && r >= 0; i++) {
                r = validators[i](&trial, err);
                was_asked = was_asked || r == 0;
                has_no_tool = has_no_tool || r == PF_TRIAL_NO_TOOL;
        }
        if (r < 0)
                return r;
        if (has_no_tool || !was_asked)
                return pf_err_set(err, -ENOTSUP, "could not be validated before: %s",
                                  has_no_tool ? "the program that could cannot be asked here"
                                              : "there is no program for these files");
        return 0;
}
