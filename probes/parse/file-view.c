/* SPDX-License-Identifier: MIT */
/*
 * Looks a path up as the kernel would for one process: component by component,
 * since each directory on the way must let it pass, and a link means what it
 * means below that process's root.
 */
#include "probes/parse/file-view.h"

#include <string.h>

#define LINKS_MAX 40 /* as the kernel's MAXSYMLINKS */
#define PATH_LENGTH_MAX 4096
#define LEFT_MAX ((size_t) 64 * PATH_LENGTH_MAX)

typedef struct Walk {
        const PfFileView *view;
        PfBuf reached;   /* without links; empty is the target's root */
        size_t n_root;   /* bytes of it that are the view's root: ".." stays behind them */
        PfFileInfo info; /* of what was reached */
        PfBuf left;      /* what is still to do */
        unsigned links;
} Walk;

static void walk_deinit(Walk *walk) {
        pf_buf_deinit(&walk->reached);
        pf_buf_deinit(&walk->left);
}

void pf_found_file_deinit(PfFoundFile *file) {
        free(file->path);
        *file = (PfFoundFile){ 0 };
}

static bool is_in_group(const PfIdentity *who, unsigned gid) {
        if (who->gid == gid)
                return true;
        for (size_t i = 0; i < who->n_groups; i++)
                if (who->groups[i] == gid)
                        return true;
        return false;
}

bool pf_identity_may(const PfIdentity *who, const PfFileInfo *info, unsigned rights) {
        unsigned granted = info->mode;

        if (who->uid == 0)
                return !(rights & PF_FILE_MAY_EXECUTE) || info->type == PF_FILE_DIRECTORY ||
                       (info->mode & 0111) != 0;
        if (info->uid == who->uid)
                granted >>= 6;
        else if (is_in_group(who, info->gid))
                granted >>= 3;
        return (granted & rights) == rights;
}

static void cut_reached(Walk *walk, size_t n) {
        walk->reached.n = n;
        if (walk->reached.data)
                walk->reached.data[n] = '\0';
}

static void step_up(Walk *walk) {
        size_t n = walk->reached.n;

        while (n > walk->n_root && walk->reached.data[n - 1] != '/')
                n--;
        cut_reached(walk, n > walk->n_root ? n - 1 : n);
}

static int look(Walk *walk, PfErr *err) {
        int r = pf_target_lstat(walk->view->target, walk->reached.n ? walk->reached.data : "/",
                                &walk->info, err);

        return r == PF_TARGET_ABSENT ? PF_FILE_VIEW_ABSENT : r;
}

static int set_left(Walk *walk, const char *first, const char *then) {
        PF_AUTO_BUF PfBuf left = PF_BUF_INIT(LEFT_MAX);
        int r = pf_buf_printf(&left, "%s/%s", first, then);

        if (r < 0)
                return r == -ENOBUFS ? -ENAMETOOLONG : r;
        pf_buf_deinit(&walk->left);
        walk->left = left;
        left = (PfBuf){ 0 };
        return 0;
}

/* Puts the text of a link, which is what was reached last, before what is left. */
static int follow_link(Walk *walk, const char *rest, PfErr *err) {
        PF_AUTO_FREE char *text = NULL;
        int r;

        if (++walk->links > LINKS_MAX)
                return pf_err_errno(err, -ELOOP, "%s", walk->reached.data);
        r = pf_target_readlink(walk->view->target, walk->reached.data, &text, err);
        if (r != 0)
                return r == PF_TARGET_ABSENT ? PF_FILE_VIEW_ABSENT : r;
        if (text[0] == '/')
                cut_reached(walk, walk->n_root);
        else
                step_up(walk);
        /* What a link is followed by must not make a file of it into a directory. */
        r = *rest ? set_left(walk, text, rest + 1) : set_left(walk, "", text);
        return r < 0 ? r : look(walk, err);
}

static int step_into(Walk *walk, const char *name, size_t n, const char *rest, PfErr *err) {
        int r;

        r = pf_buf_printf(&walk->reached, "/%.*s", (int) n, name);
        if (r < 0)
                return pf_err_errno(err, r == -ENOBUFS ? -ENAMETOOLONG : r, "a path");
        r = look(walk, err);
        if (r == 0 && walk->info.type == PF_FILE_SYMLINK)
                return follow_link(walk, rest, err);
        pf_buf_consume(&walk->left, (size_t) (rest - walk->left.data));
        return r;
}

/* The top of a tree that is kept in a directory has the mode of whoever keeps it,
 * mktemp(1) 0700 for one; the machine's own / is another matter. */
static bool may_search(const Walk *walk) {
        if (walk->reached.n == 0 && !pf_target_is_live(walk->view->target))
                return true;
        return pf_identity_may(walk->view->who, &walk->info, PF_FILE_MAY_EXECUTE);
}

/* One name of what is left. */
static int step(Walk *walk, PfErr *err) {
        const char *name = walk->left.data + strspn(walk->left.data, "/");
        size_t n = strcspn(name, "/");

        if (walk->info.type != PF_FILE_DIRECTORY)
                return PF_FILE_VIEW_ABSENT;
        if (n > 0 && !may_search(walk))
                return PF_FILE_VIEW_DENIED;
        if (n > 2 || (n > 0 && strncmp(name, "..", n) != 0))
                return step_into(walk, name, n, name + n, err);
        if (n == 2)
                step_up(walk);
        pf_buf_consume(&walk->left, (size_t) (name + n - walk->left.data));
        return n == 2 ? look(walk, err) : 0;
}

static int start(Walk *walk, const char *path, PfErr *err) {
        const char *current = walk->view->current ? walk->view->current : "/";
        const char *root = walk->view->root ? walk->view->root : "";
        size_t n = strlen(root);
        int r;

        while (n > 0 && root[n - 1] == '/')
                n--;
        r = pf_buf_add(&walk->reached, root, n);
        if (r == 0)
                r = path[0] == '/' ? set_left(walk, "", path + 1) : set_left(walk, current, path);
        if (r < 0)
                return pf_err_errno(err, r == -ENOBUFS ? -ENAMETOOLONG : r, "a path");
        walk->n_root = n;
        return look(walk, err);
}

int pf_file_view_find(const PfFileView *view, const char *path, PfFoundFile *ret, PfErr *err) {
        PF_CLEANUP(walk_deinit)
        Walk walk = { .view = view,
                      .reached = PF_BUF_INIT(PATH_LENGTH_MAX),
                      .left = PF_BUF_INIT(LEFT_MAX) };
        PF_AUTO_FREE char *found = NULL;
        int r;

        if (!*path)
                return PF_FILE_VIEW_ABSENT;
        r = start(&walk, path, err);
        while (r == 0 && walk.left.n > 0)
                r = step(&walk, err);
        if (r != 0)
                return r;
        found = strdup(walk.reached.n ? walk.reached.data : "/");
        if (!found)
                return -ENOMEM;
        *ret = (PfFoundFile){ .path = PF_STEAL(found), .info = walk.info };
        return 0;
}
