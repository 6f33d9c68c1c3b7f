/* SPDX-License-Identifier: MIT */
/*
 * Paths of a machine as text. Which mount holds a path is a matter of its real
 * name, and the installer makes directories that are not there yet.
 */
#include "probes/path.h"

#include <string.h>

#define LINKS_MAX 40 /* as the kernel's MAXSYMLINKS */
#define REAL_MAX 4096
#define LEFT_MAX ((size_t) 64 * REAL_MAX)

typedef struct Walk {
        const PfTarget *target;
        PfBuf reached; /* without links; "" is the root */
        PfBuf left;    /* what is still to do */
        size_t n_existing;
        bool absent; /* from here on there is nothing to look at */
        unsigned links;
} Walk;

static int step_up(Walk *walk) {
        size_t n = walk->reached.n;

        while (n > 0 && walk->reached.data[n - 1] != '/')
                n--;
        walk->reached.n = n > 0 ? n - 1 : 0;
        if (walk->reached.data)
                walk->reached.data[walk->reached.n] = '\0';
        if (walk->n_existing > walk->reached.n)
                walk->n_existing = walk->reached.n;
        walk->absent = false;
        return 0;
}

/* Puts the text of a link, which is what was reached last, before what is left. */
static int step_link(Walk *walk, PfErr *err) {
        PF_AUTO_FREE char *text = NULL;
        PF_AUTO_BUF PfBuf left = PF_BUF_INIT(LEFT_MAX);
        int r;

        if (++walk->links > LINKS_MAX)
                return pf_err_errno(err, -ELOOP, "%s", walk->reached.data);
        r = pf_target_readlink(walk->target, walk->reached.data, &text, err);
        if (r != 0)
                return r < 0 ? r
                             : pf_err_set(err, -EAGAIN, "%s: has just gone", walk->reached.data);
        r = pf_buf_printf(&left, "%s/%s", text, walk->left.data ? walk->left.data : "");
        if (r < 0)
                return r;
        (void) step_up(walk);
        if (text[0] == '/') {
                walk->reached.n = walk->n_existing = 0;
                walk->reached.data[0] = '\0';
        }
        pf_buf_deinit(&walk->left);
        walk->left = left;
        left = (PfBuf){ 0 };
        return 0;
}

static int step_into(Walk *walk, const char *name, size_t n, PfErr *err) {
        PfFileInfo info;
        int r;

        r = pf_buf_printf(&walk->reached, "/%.*s", (int) n, name);
        if (r < 0)
                return pf_err_errno(err, r == -ENOBUFS ? -ENAMETOOLONG : r, "path of a link");
        if (walk->absent)
                return 0;
        r = pf_target_lstat(walk->target, walk->reached.data, &info, err);
        if (r < 0)
                return r;
        walk->absent = r == PF_TARGET_ABSENT;
        if (walk->absent)
                return 0;
        if (info.type == PF_FILE_SYMLINK)
                return step_link(walk, err);
        walk->n_existing = walk->reached.n;
        return 0;
}

/* The next component; @name lies in what is left, and is consumed after use. */
static int step(Walk *walk, PfErr *err) {
        PF_AUTO_FREE char *name = NULL;
        size_t n = strcspn(walk->left.data, "/");

        name = strndup(walk->left.data, n);
        if (!name)
                return -ENOMEM;
        pf_buf_consume(&walk->left, n + (walk->left.data[n] == '/'));
        if (n == 0 || strcmp(name, ".") == 0)
                return 0;
        return strcmp(name, "..") == 0 ? step_up(walk) : step_into(walk, name, n, err);
}

static char *copy_path(const Walk *walk, size_t n) {
        return n == 0 ? strdup("/") : strndup(walk->reached.data, n);
}

int pf_path_resolve(const PfTarget *target, const char *path, char **ret_real, char **ret_existing,
                    PfErr *err) {
        Walk walk = { .target = target,
                      .reached = PF_BUF_INIT(REAL_MAX),
                      .left = PF_BUF_INIT(LEFT_MAX) };
        PF_AUTO_FREE char *real = NULL;
        PF_AUTO_FREE char *existing = NULL;
        int r;

        if (path[0] != '/')
                return pf_err_set(err, -EINVAL, "%s: is not an absolute path", path);
        r = pf_buf_add_string(&walk.left, path);
        while (r == 0 && walk.left.n > 0)
                r = step(&walk, err);
        if (r == 0) {
                real = copy_path(&walk, walk.reached.n);
                existing = copy_path(&walk, walk.n_existing);
                r = real && existing ? 0 : -ENOMEM;
        }
        pf_buf_deinit(&walk.reached);
        pf_buf_deinit(&walk.left);
        if (r < 0)
                return r;
        *ret_real = PF_STEAL(real);
        *ret_existing = PF_STEAL(existing);
        return 0;
}
