/* SPDX-License-Identifier: MIT */
/*
 * What inotify(7) tells of the files that are watched.
 */
#include "daemon/watch/linux/files.h"

#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <sys/inotify.h>

#define BUFFER_BYTES 4096

/* Something else may be found under the name now. */
#define MOVES (IN_CREATE | IN_DELETE | IN_MOVED_FROM | IN_MOVED_TO)

int pf_watch_files_new(const char *root, PfWatchFiles **ret, PfErr *err) {
        PfWatchFiles *files = calloc(1, sizeof(*files));

        if (!files)
                return -ENOMEM;
        if (uv_mutex_init(&files->lock) < 0) {
                free(files);
                return -ENOMEM;
        }
        atomic_init(&files->references, 1);
        files->root_wd = -1;
        files->await_usec = UINT64_MAX;
        files->root = open(root, O_PATH | O_DIRECTORY | O_CLOEXEC);
        files->inotify = files->root < 0 ? -1 : inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
        if (files->inotify < 0) {
                int r = pf_err_errno(err, -errno, "watching %s", root);

                (void) pf_watch_files_unref(files);
                return r;
        }
        *ret = files;
        return 0;
}

PfWatchFiles *pf_watch_files_ref(PfWatchFiles *files) {
        atomic_fetch_add(&files->references, 1);
        return files;
}

PfWatchFiles *pf_watch_files_unref(PfWatchFiles *files) {
        if (!files || atomic_fetch_sub(&files->references, 1) > 1)
                return NULL;
        pf_tree_deinit(&files->tree);
        pf_strv_deinit(&files->units);
        (void) pf_close(files->inotify);
        (void) pf_close(files->root);
        uv_mutex_destroy(&files->lock);
        free(files);
        return NULL;
}

/* --- what has happened --- */

static void forget_node_locked(PfWatchFiles *files, PfNode *node) {
        if (node->wd == files->root_wd)
                files->root_wd = -1;
        pf_tree_remove(&files->tree, node);
}

/* Of a name in a directory. The change of a file is told by its own watch as well; what
 * has none, a link or a device, is told of here. */
static bool take_name_locked(PfWatchFiles *files, const PfNode *node,
                             const struct inotify_event *event) {
        PfName *name = pf_tree_find_name(&files->tree, node->wd, event->name);

        if (name && ((event->mask & MOVES) || name->kind == PF_NAME_SILENT))
                pf_name_doubt(name);
        return name || ((event->mask & MOVES) && pf_node_lists(node, event->name));
}

static unsigned take_locked(PfWatchFiles *files, const struct inotify_event *event) {
        PfNode *node;

        if (event->mask & IN_Q_OVERFLOW) {
                files->n_lost++;
                pf_tree_doubt_all(&files->tree);
                return PF_WATCH_LOST;
        }
        node = pf_tree_find(&files->tree, event->wd);
        if (!node)
                return 0; /* of one that is not watched any more */
        if (event->mask & IN_IGNORED) {
                forget_node_locked(files, node);
                return PF_WATCH_FILES;
        }
        if (event->len > 0)
                return take_name_locked(files, node, event) ? PF_WATCH_FILES : 0;
        return PF_WATCH_FILES;
}

unsigned pf_watch_files_read(PfWatchFiles *files) {
        _Alignas(struct inotify_event) char buffer[BUFFER_BYTES];
        unsigned reasons = 0;
        ssize_t n;

        do {
                n = read(files->inotify, buffer, sizeof(buffer));
                uv_mutex_lock(&files->lock);
                for (ssize_t at = 0; at < n;) {
                        const struct inotify_event *event = (const void *) (buffer + at);

                        reasons |= take_locked(files, event);
                        at += (ssize_t) (sizeof(*event) + event->len);
                }
                uv_mutex_unlock(&files->lock);
        } while (n > 0 || (n < 0 && errno == EINTR));
        return reasons;
}

/* --- what is believed --- */

void pf_watch_files_doubt(PfWatchFiles *files) {
        uv_mutex_lock(&files->lock);
        files->n_devices = 0;
        pf_tree_doubt_all(&files->tree);
        uv_mutex_unlock(&files->lock);
}

static void unwatch(int wd, void *data) {
        PfWatchFiles *files = data;

        if (wd == files->root_wd)
                files->root_wd = -1;
        (void) inotify_rm_watch(files->inotify, wd);
}

void pf_watch_files_sweep(PfWatchFiles *files, uint64_t oldest) {
        uv_mutex_lock(&files->lock);
        pf_tree_sweep(&files->tree, oldest, unwatch, files);
        uv_mutex_unlock(&files->lock);
}
