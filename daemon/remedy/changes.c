/* SPDX-License-Identifier: MIT */
/* Changes that were kept: on an overlay while the plan is made, then as its files. */
#include "daemon/remedy/changes.h"

#include <fcntl.h>
#include <string.h>

#include "daemon/base/overlay.h"
#include "daemon/base/sha256.h"
#include "daemon/base/target-file.h"
#include "daemon/base/wildcard.h"
#include "daemon/remedy/diff.h"
#include "daemon/remedy/setting.h"

#define CHUNK (64u << 10)

static void file_deinit(PfPlanFile *file) {
        pf_edit_deinit(&file->edit);
        free(file->before_bytes);
}

void pf_changes_deinit(PfChanges *changes) {
        for (size_t i = 0; i < changes->n; i++)
                pf_candidate_deinit(&changes->items[i]);
        for (size_t i = 0; i < changes->n_files; i++)
                file_deinit(&changes->files[i]);
        free(changes->items);
        free(changes->files);
        *changes = (PfChanges){ 0 };
}

/* --- on an overlay --- */

static int put_edit(PfTarget *overlay, const PfEdit *edit, PfErr *err) {
        PF_AUTO_CLOSE int fd = -1;

        if (!edit->spool)
                return edit->bytes ? pf_overlay_put(overlay, edit->path, edit->bytes, edit->n, err)
                                   : pf_overlay_remove(overlay, edit->path, err);
        fd = open(edit->spool, O_RDONLY | O_CLOEXEC);
        if (fd < 0)
                return pf_err_errno(err, -errno, "%s", edit->spool);
        return pf_overlay_put_fd(overlay, edit->path, fd, err);
}

static int put_assumption(PfTarget *overlay, const PfAssumption *assumption, PfErr *err) {
        const char *text = pf_json_string(assumption->answer);

        if (strcmp(assumption->book, PF_ASSUMPTION_FILE) == 0 && text)
                return pf_overlay_put(overlay, assumption->question, text, strlen(text), err);
        return pf_overlay_answer(overlay, assumption->book, assumption->question,
                                 pf_json_copy(assumption->answer));
}

static int put_candidate(PfTarget *overlay, const PfCandidate *candidate, PfErr *err) {
        int r = 0;

        for (size_t i = 0; i < candidate->n_edits && r == 0; i++)
                r = put_edit(overlay, &candidate->edits[i], err);
        for (size_t i = 0; i < candidate->n_settings && r == 0; i++)
                r = pf_setting_assume(overlay, &candidate->settings[i], err);
        for (size_t i = 0; i < candidate->n_assumptions && r == 0; i++)
                r = put_assumption(overlay, &candidate->assumptions[i], err);
        return r;
}

int pf_changes_overlay(const PfChanges *changes, size_t but, const PfCandidate *more,
                       PfTarget **ret, PfErr *err) {
        PF_CLEANUP(pf_target_unrefp) PfTarget *overlay = NULL;
        int r = pf_overlay_new(changes->target, &overlay, err);

        for (size_t i = 0; i < changes->n && r == 0; i++)
                if (i != but)
                        r = put_candidate(overlay, &changes->items[i], err);
        if (r == 0 && more)
                r = put_candidate(overlay, more, err);
        if (r == 0)
                *ret = PF_STEAL(overlay);
        return r;
}

/* --- which file --- */

/* Where a file is, or would be. */
typedef struct Spot {
        PfFileInfo info; /* of it, or of the directory where it is absent */
        const char *name;
        bool is_there;
        bool is_known;
} Spot;

static Spot spot_of(const PfTarget *target, const char *path) {
        const char *name = strrchr(path, '/');
        PF_AUTO_FREE char *directory = NULL;
        Spot spot = { .name = name ? name + 1 : path };
        int r = pf_target_stat(target, path, &spot.info, NULL);

        spot.is_there = spot.is_known = r == 0;
        if (r != PF_TARGET_ABSENT || !name)
                return spot;
        directory = name == path ? strdup("/") : strndup(path, (size_t) (name - path));
        spot.is_known = directory && pf_target_stat(target, directory, &spot.info, NULL) == 0;
        return spot;
}

/* Do two paths lead to one file, through links and all? */
static bool is_same_file(const PfTarget *target, const char *a, const char *b) {
        Spot one, other;

        if (strcmp(a, b) == 0)
                return true;
        one = spot_of(target, a);
        other = spot_of(target, b);
        return one.is_known && other.is_known && one.is_there == other.is_there &&
               one.info.device == other.info.device && one.info.inode == other.info.inode &&
               (one.is_there || strcmp(one.name, other.name) == 0);
}

static PfPlanFile *find_file(const PfChanges *changes, const char *path) {
        for (size_t i = 0; i < changes->n_files; i++)
                if (is_same_file(changes->target, changes->files[i].edit.path, path))
                        return &changes->files[i];
        return NULL;
}

bool pf_changes_is_rested_on(const PfChanges *changes, size_t i) {
        const PfCandidate *one = &changes->items[i];

        for (size_t j = i + 1; j < changes->n; j++)
                for (size_t k = 0; k < changes->items[j].n_edits; k++)
                        for (size_t l = 0; l < one->n_edits; l++)
                                if (is_same_file(changes->target, one->edits[l].path,
                                                 changes->items[j].edits[k].path))
                                        return true;
        return false;
}

/* --- what it is now --- */

/* SHA-256 of a file of any size. */
static int hash_file(const PfTarget *target, const char *path, char ret[static PF_SHA256_HEX_SIZE],
                     PfErr *err) {
        PF_CLEANUP(pf_target_file_closep) PfTargetFile *file = NULL;
        PF_CLEANUP(pf_sha256_freep) PfSha256 *sha256 = pf_sha256_new();
        PF_AUTO_FREE char *chunk = malloc(CHUNK);
        size_t n = 0;
        int r;

        if (!sha256 || !chunk)
                return -ENOMEM;
        r = pf_target_open(target, path, &file, err);
        if (r == PF_TARGET_ABSENT)
                return pf_err_set(err, -EAGAIN, "%s: is gone meanwhile; plan again", path);
        while (r == 0) {
                r = pf_target_file_read(file, chunk, CHUNK, &n, err);
                if (r == 0)
                        pf_sha256_add(sha256, chunk, n);
                if (n < CHUNK)
                        break;
        }
        if (r == 0)
                pf_sha256_end(sha256, ret);
        return r;
}

/* The contents too, for the diff. */
static int read_whole(const PfTarget *target, PfPlanFile *file, PfErr *err) {
        PF_AUTO_BUF PfBuf buf = PF_BUF_INIT(PF_DIFF_MAX);
        int r = pf_target_read(target, file->edit.path, PF_DIFF_MAX, &buf, err);

        if (r == PF_TARGET_ABSENT)
                return pf_err_set(err, -EAGAIN, "%s: is gone meanwhile; plan again",
                                  file->edit.path);
        if (r < 0)
                return r;
        pf_sha256_hex(buf.data ? buf.data : "", buf.n, file->before_sha256);
        file->before_n = buf.n;
        file->before_bytes = pf_buf_steal(&buf);
        return file->before_bytes ? 0 : -ENOMEM;
}

static int look_at(const PfTarget *target, PfPlanFile *file, PfErr *err) {
        int r = pf_target_stat(target, file->edit.path, &file->before, err);

        if (r == PF_TARGET_ABSENT) {
                file->was_absent = true;
                return 0;
        }
        if (r < 0)
                return r;
        if (file->before.size_bytes > PF_DIFF_MAX)
                return hash_file(target, file->edit.path, file->before_sha256, err);
        return read_whole(target, file, err);
}

static int add_file(PfChanges *changes, const char *path, PfErr *err) {
        PfPlanFile *files =
                reallocarray(changes->files, changes->n_files + 1, sizeof(*changes->files));
        PfPlanFile file = { 0 };
        int r;

        if (!files)
                return -ENOMEM;
        changes->files = files;
        file.edit.path = strdup(path);
        r = file.edit.path ? look_at(changes->target, &file, err) : -ENOMEM;
        if (r == 0)
                files[changes->n_files++] = file;
        else
                file_deinit(&file);
        return r;
}

int pf_changes_look(PfChanges *changes, const PfCandidate *candidate, PfErr *err) {
        int r = 0;

        for (size_t i = 0; i < candidate->n_edits && r == 0; i++)
                if (!find_file(changes, candidate->edits[i].path))
                        r = add_file(changes, candidate->edits[i].path, err);
        return r;
}

int pf_changes_keep_take(PfChanges *changes, PfCandidate *candidate_take) {
        PfCandidate *items = reallocarray(changes->items, changes->n + 1, sizeof(*changes->items));

        if (!items)
                return -ENOMEM;
        changes->items = items;
        items[changes->n++] = *candidate_take;
        *candidate_take = (PfCandidate){ 0 };
        return 0;
}

void pf_changes_drop(PfChanges *changes, size_t i) {
        pf_candidate_deinit(&changes->items[i]);
        changes->n--;
        memmove(&changes->items[i], &changes->items[i + 1],
                (changes->n - i) * sizeof(*changes->items));
}

/* --- secrets --- */

const char *pf_changes_find_secret(const PfTarget *overlay, const PfCandidate *candidate) {
        static const char *const files[] = { "/etc/shadow", "/etc/shadow-", "/etc/gshadow",
                                             "/etc/gshadow-", "/etc/security/opasswd" };
        static const char *const patterns[] = { "/etc/ssh/ssh_host_*_key", "*/.ssh/id_*", "*.key",
                                                "*/private/*" };

        for (size_t i = 0; i < PF_ELEMENTS(files); i++)
                if (pf_overlay_holds(overlay, files[i]))
                        return files[i];
        for (size_t i = 0; i < candidate->n_edits; i++)
                for (size_t j = 0; j < PF_ELEMENTS(patterns); j++)
                        if (pf_wildcard_match(patterns[j], candidate->edits[i].path))
                                return patterns[j];
        return NULL;
}

/* --- as a plan --- */

/* The last edit of each file counts; its path stays the one by which the file was looked at. */
static void move_edits(PfChanges *changes, PfCandidate *candidate) {
        for (size_t i = 0; i < candidate->n_edits; i++) {
                PfEdit *from = &candidate->edits[i];
                PfPlanFile *file = find_file(changes, from->path);
                char *path = PF_STEAL(file->edit.path);

                pf_edit_deinit(&file->edit);
                file->edit = *from;
                free(file->edit.path);
                file->edit.path = path;
                *from = (PfEdit){ 0 };
        }
}

static int move_actions(PfCandidate *candidate, PfCandidate *all) {
        int r = 0;

        for (size_t i = 0; i < candidate->n_actions && r == 0; i++)
                r = pf_candidate_act(all, candidate->actions[i].kind,
                                     candidate->actions[i].subject);
        return r;
}

static int move_settings(PfCandidate *candidate, PfCandidate *all) {
        int r = 0;

        for (size_t i = 0; i < candidate->n_settings && r == 0; i++) {
                const PfSetting *setting = &candidate->settings[i];

                r = pf_candidate_set(all, setting->kind, setting->subject, setting->name,
                                     setting->value);
        }
        return r;
}

static bool is_value(const char *a, const char *b) {
        return a && b ? strcmp(a, b) == 0 : a == b;
}

/* With what they are now; those that are so already are none. */
static int plan_settings(const PfTarget *target, PfCandidate *all, PfPlan *plan, PfErr *err) {
        plan->settings = calloc(all->n_settings + 1, sizeof(*plan->settings));
        if (!plan->settings)
                return -ENOMEM;
        for (size_t i = 0; i < all->n_settings; i++) {
                PF_AUTO_FREE char *before = NULL;
                int r = pf_setting_read(target, &all->settings[i], &before, err);

                if (r < 0)
                        return r;
                if (is_value(before, all->settings[i].value))
                        continue;
                plan->settings[plan->n_settings++] =
                        (PfPlanSetting){ all->settings[i], PF_STEAL(before) };
                all->settings[i] = (PfSetting){ 0 };
        }
        return 0;
}

static void drop_file(PfChanges *changes, size_t i) {
        file_deinit(&changes->files[i]);
        changes->n_files--;
        memmove(&changes->files[i], &changes->files[i + 1],
                (changes->n_files - i) * sizeof(*changes->files));
}

static bool is_edited(const PfChanges *changes, const PfPlanFile *file) {
        for (size_t i = 0; i < changes->n; i++)
                for (size_t j = 0; j < changes->items[i].n_edits; j++)
                        if (find_file(changes, changes->items[i].edits[j].path) == file)
                                return true;
        return false;
}

int pf_changes_move(PfChanges *changes, PfPlan *plan, PfErr *err) {
        PF_AUTO_CANDIDATE PfCandidate all = { 0 };
        int r = 0;

        for (size_t i = changes->n_files; i-- > 0;)
                if (!is_edited(changes, &changes->files[i]))
                        drop_file(changes, i);
        for (size_t i = 0; i < changes->n && r == 0; i++) {
                move_edits(changes, &changes->items[i]);
                r = move_settings(&changes->items[i], &all);
                if (r == 0)
                        r = move_actions(&changes->items[i], &all);
        }
        if (r == 0)
                r = plan_settings(changes->target, &all, plan, err);
        for (size_t i = 0; i < changes->n_files && r == 0; i++)
                r = pf_edit_digest(&changes->files[i].edit, changes->files[i].after_sha256, err);
        if (r < 0)
                return r;

        /* Equal texts: it stays what it is, or it is not there and will not be. */
        for (size_t i = changes->n_files; i-- > 0;)
                if (strcmp(changes->files[i].before_sha256, changes->files[i].after_sha256) == 0)
                        drop_file(changes, i);
        plan->n_files = changes->n_files;
        plan->files = PF_STEAL(changes->files);
        plan->n_actions = all.n_actions;
        plan->actions = PF_STEAL(all.actions);
        all.n_actions = changes->n_files = 0;
        pf_changes_deinit(changes);
        return 0;
}
