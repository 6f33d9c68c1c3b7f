/* SPDX-License-Identifier: MIT */
/*
 * A file that is there is covered by another one with a bind mount. A name that is not there yet,
 * or is not to be, needs a directory of its own: a small tmpfs with the same names, each covered
 * by what it is the name of, so that nothing is copied and every owner and mode stays.
 */
#include "daemon/platform/linux/view.h"

#include <dirent.h>
#include <fcntl.h>
#include <limits.h>
#include <sched.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>

typedef enum StepKind {
        STEP_TMPFS,     /* at to */
        STEP_DIRECTORY, /* to */
        STEP_FILE,      /* to, empty */
        STEP_LINK,      /* to, with the text from */
        STEP_BIND,      /* from at to, with all that is mounted below */
} StepKind;

struct PfViewStep {
        StepKind kind;
        char *from;
        char *to;
        mode_t mode;
};

/* While it is worked out. */
typedef struct Building {
        const PfTool *tool;
        PfView view;
        PfStrv rebuilt; /* directories that have been replaced */
        PfErr *err;
} Building;

void pf_view_deinit(PfView *view) {
        for (size_t i = 0; i < view->n; i++) {
                free(view->steps[i].from);
                free(view->steps[i].to);
        }
        free(view->steps);
        *view = (PfView){ 0 };
}

static void building_deinit(Building *building) {
        pf_view_deinit(&building->view);
        pf_strv_deinit(&building->rebuilt);
}

static int add(Building *building, StepKind kind, const char *from, const char *to, mode_t mode) {
        PfView *view = &building->view;
        PfViewStep *steps = realloc(view->steps, (view->n + 1) * sizeof(*steps));
        PfViewStep step = { .kind = kind, .mode = mode };

        if (!steps)
                return -ENOMEM;
        view->steps = steps;
        step.from = from ? strdup(from) : NULL;
        step.to = strdup(to);
        if (!step.to || (from && !step.from)) {
                free(step.from);
                free(step.to);
                return -ENOMEM;
        }
        steps[view->n++] = step;
        return 0;
}

static char *join(const char *directory, const char *name) {
        char *path = NULL;

        return asprintf(&path, "%s/%s", directory, name) < 0 ? NULL : path;
}

/* Its name, where a path is one of this directory; or NULL. */
static const char *name_in(const char *path, const char *directory) {
        const char *slash = strrchr(path, '/');
        size_t n = slash ? (size_t) (slash - path) : 0;

        return slash && strlen(directory) == n && strncmp(path, directory, n) == 0 ? slash + 1
                                                                                   : NULL;
}

static const PfToolFile *find_file(const PfTool *tool, const char *directory, const char *name) {
        for (size_t i = 0; i < tool->n_files; i++) {
                const char *found = name_in(tool->files[i].path, directory);

                if (found && strcmp(found, name) == 0)
                        return &tool->files[i];
        }
        return NULL;
}

/* --- a directory with other names --- */

static int add_covered(Building *building, const char *from, const char *to, bool is_directory) {
        int r = add(building, is_directory ? STEP_DIRECTORY : STEP_FILE, NULL, to, 0700);

        return r == 0 ? add(building, STEP_BIND, from, to, 0) : r;
}

static int add_link(Building *building, const char *from, const char *to) {
        char text[PATH_MAX];
        ssize_t n = readlink(from, text, sizeof(text) - 1);

        if (n < 0)
                return pf_err_errno(building->err, -errno, "%s", from);
        text[n] = '\0';
        return add(building, STEP_LINK, text, to, 0);
}

/* A name that is in the directory, and stays there. */
static int add_name(Building *building, const char *directory, const char *at, const char *name) {
        const PfToolFile *file = find_file(building->tool, directory, name);
        PF_AUTO_FREE char *from = join(directory, name);
        PF_AUTO_FREE char *to = join(at, name);
        struct stat st;

        if (!from || !to)
                return -ENOMEM;
        if (file)
                return file->staged ? add_covered(building, file->staged, to, false) : 0;
        if (lstat(from, &st) < 0)
                return errno == ENOENT ? 0 : pf_err_errno(building->err, -errno, "%s", from);
        if (S_ISLNK(st.st_mode))
                return add_link(building, from, to);
        return add_covered(building, from, to, S_ISDIR(st.st_mode));
}

static DIR *close_directory(DIR *dir) {
        if (dir)
                (void) closedir(dir);
        return NULL;
}
PF_DEFINE_CLEANUP(DIR, close_directory);

static int add_names(Building *building, const char *directory, const char *at) {
        PF_CLEANUP(close_directoryp) DIR *dir = opendir(directory);
        struct dirent *entry;
        size_t n = 0;
        int r = 0;

        if (!dir)
                return pf_err_errno(building->err, -errno, "%s", directory);
        while (r == 0 && (entry = readdir(dir))) {
                if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0)
                        continue;
                if (++n > PF_VIEW_NAMES_MAX)
                        return pf_err_set(building->err, -E2BIG, "%s: more than %d names",
                                          directory, PF_VIEW_NAMES_MAX);
                r = add_name(building, directory, at, entry->d_name);
        }
        return r;
}

static bool is_there(const char *path) {
        struct stat st;

        return lstat(path, &st) == 0;
}

/* The names that are new in it: files, and directories without contents. */
static int add_new_names(Building *building, const char *directory, const char *at) {
        const PfTool *tool = building->tool;
        int r = 0;

        for (size_t i = 0; i < tool->n_files && r == 0; i++) {
                const char *name = name_in(tool->files[i].path, directory);
                PF_AUTO_FREE char *to = name ? join(at, name) : NULL;

                if (name && !to)
                        return -ENOMEM;
                if (name && tool->files[i].staged && !is_there(tool->files[i].path))
                        r = add_covered(building, tool->files[i].staged, to, false);
        }
        for (size_t i = 0; tool->directories && i < tool->directories->n && r == 0; i++) {
                const char *name = name_in(tool->directories->items[i], directory);
                PF_AUTO_FREE char *to = name ? join(at, name) : NULL;

                if (name && !to)
                        return -ENOMEM;
                if (name && !is_there(tool->directories->items[i]))
                        r = add(building, STEP_DIRECTORY, NULL, to, 0755);
        }
        return r;
}

static int rebuild(Building *building, const char *directory) {
        PF_AUTO_FREE char *at = NULL;
        struct stat st;
        int r;

        if (pf_strv_contains(&building->rebuilt, directory))
                return 0;
        if (asprintf(&at, "%s/view-%zu", building->tool->scratch, building->rebuilt.n) < 0)
                return -ENOMEM;
        if (stat(directory, &st) < 0)
                return pf_err_errno(building->err, -errno, "%s", directory);
        if (mkdir(at, 0700) < 0)
                return pf_err_errno(building->err, -errno, "%s", at);
        r = pf_strv_add(&building->rebuilt, directory);
        if (r == 0)
                r = add(building, STEP_TMPFS, NULL, at, st.st_mode & 07777);
        if (r == 0)
                r = add_names(building, directory, at);
        if (r == 0)
                r = add_new_names(building, directory, at);
        return r == 0 ? add(building, STEP_BIND, at, directory, 0) : r;
}

/* Its directory gets another list of names; "" is the root's, which cannot. */
static int rebuild_parent(Building *building, const char *path) {
        PF_AUTO_FREE char *directory = strdup(path);

        if (!directory)
                return -ENOMEM;
        *strrchr(directory, '/') = '\0';
        if (!directory[0])
                return pf_err_set(building->err, -ENOTSUP, "%s: lies in the root directory", path);
        return rebuild(building, directory);
}

/* --- all of it --- */

/* What is mounted on a directory hides what was mounted below it: those above come first. */
static int compare_lengths(const void *a, const void *b) {
        size_t n = strlen(*(char *const *) a), m = strlen(*(char *const *) b);

        return n < m ? -1 : n > m;
}

static int plan_names(Building *building) {
        const PfTool *tool = building->tool;
        PF_AUTO_STRV PfStrv paths = { 0 };
        int r = 0;

        for (size_t i = 0; i < tool->n_files && r == 0; i++)
                if (!tool->files[i].staged || !is_there(tool->files[i].path))
                        r = pf_strv_add(&paths, tool->files[i].path);
        for (size_t i = 0; tool->directories && i < tool->directories->n && r == 0; i++)
                if (!is_there(tool->directories->items[i]))
                        r = pf_strv_add(&paths, tool->directories->items[i]);
        if (paths.n > 0)
                qsort(paths.items, paths.n, sizeof(paths.items[0]), compare_lengths);
        for (size_t i = 0; i < paths.n && r == 0; i++)
                r = rebuild_parent(building, paths.items[i]);
        return r;
}

/* Files that have been covered with their directory are not covered again. */
static int plan_contents(Building *building) {
        const PfTool *tool = building->tool;
        int r = 0;

        for (size_t i = 0; i < tool->n_files && r == 0; i++) {
                const PfToolFile *file = &tool->files[i];
                bool is_done = false;

                for (size_t j = 0; j < building->rebuilt.n; j++)
                        is_done = is_done || name_in(file->path, building->rebuilt.items[j]);
                if (!is_done)
                        r = add(building, STEP_BIND, file->staged, file->path, 0);
        }
        return r;
}

int pf_view_plan(const PfTool *tool, PfView *ret, PfErr *err) {
        PF_CLEANUP(building_deinit) Building building = { .tool = tool, .err = err };
        int r;

        r = plan_names(&building);
        if (r == 0)
                r = plan_contents(&building);
        if (r < 0)
                return r;
        *ret = building.view;
        building.view = (PfView){ 0 };
        return 0;
}

/* --- in the child --- */

static int do_file(const PfViewStep *step) {
        int fd = open(step->to, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, step->mode);

        return fd < 0 ? -1 : close(fd);
}

static int do_step(const PfViewStep *step) {
        switch (step->kind) {
        case STEP_TMPFS:
                if (mount("tmpfs", step->to, "tmpfs", MS_NOSUID | MS_NODEV, "size=1m") < 0)
                        return -1;
                return chmod(step->to, step->mode);
        case STEP_DIRECTORY:
                return mkdir(step->to, step->mode);
        case STEP_FILE:
                return do_file(step);
        case STEP_LINK:
                return symlink(step->from, step->to);
        case STEP_BIND:
                return mount(step->from, step->to, NULL, MS_BIND | MS_REC, NULL);
        }
        errno = EINVAL;
        return -1;
}

int pf_view_enter(const PfView *view, size_t *ret_step) {
        *ret_step = SIZE_MAX;
        if (unshare(CLONE_NEWNS) < 0 || mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0)
                return -errno;
        for (size_t i = 0; i < view->n; i++) {
                if (do_step(&view->steps[i]) < 0) {
                        *ret_step = i;
                        return -errno;
                }
        }
        return 0;
}

const char *pf_view_step_path(const PfView *view, size_t step) {
        return step < view->n ? view->steps[step].to : "a mount namespace";
}
