/* SPDX-License-Identifier: MIT */
/*
 * The way to a path, watched.
 *
 * The way is walked name by name, links followed beneath the root, as a target does
 * without openat2(2). A directory is watched before a name is looked for in it, and what
 * is found before it is looked at. What is known of a name since then, because no change
 * of it was told, needs no look: a way that was walked before costs no system call.
 */
#include "daemon/watch/linux/files.h"

#include <fcntl.h>
#include <limits.h>
#include <linux/magic.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <sys/statfs.h>

#include "daemon/base/buf.h"

#define LINKS_MAX 40 /* as the kernel's MAXSYMLINKS */
#define DEPTH_MAX 256
#define RACES_MAX 16 /* while somebody renames what is walked through */
#define LEFT_MAX ((size_t) (LINKS_MAX + 1) * PATH_MAX)
#define LINK_OF_FD_MAX (sizeof("/proc/self/fd/") + 3 * sizeof(int))

#define WATCH_SELF (IN_ATTRIB | IN_DELETE_SELF | IN_MOVE_SELF)
#define WATCH_FILE (WATCH_SELF | IN_MODIFY | IN_CLOSE_WRITE)
#define WATCH_NAMES (WATCH_SELF | IN_CREATE | IN_DELETE | IN_MOVED_FROM | IN_MOVED_TO)

/* File systems that others than this machine change, without a word to inotify(7). */
#define TYPE_CEPH 0x00c36400u
#define TYPE_CIFS 0xff534d42u
#define TYPE_SMB2 0xfe534d42u
#define TYPE_FUSE 0x65735546u
#define TYPE_LUSTRE 0x0bd00bd0u
#define TYPE_GFS2 0x01161970u
#define TYPE_OCFS2 0x7461636fu

/* Outcomes of a step, beside 0: go on. */
enum { AT_END = 1 };

typedef struct Walk {
        PfWatchFiles *files;
        PfTargetLook how;
        const char *pattern;  /* of a list; or NULL */
        int fd;               /* of the directory it is in, or -1: not opened yet */
        int trail[DEPTH_MAX]; /* watch descriptors of the directories from the root to here */
        size_t depth;
        PfBuf here; /* path of it from the root, without links: "etc/ssh" */
        PfBuf left;
        size_t at;
        unsigned links;
} Walk;

#define WALK_INIT                                                                                  \
        { .fd = -1, .here = PF_BUF_INIT(PATH_MAX), .left = PF_BUF_INIT(LEFT_MAX) }

static void walk_deinit(Walk *walk) {
        walk->fd = pf_close(walk->fd);
        pf_buf_deinit(&walk->here);
        pf_buf_deinit(&walk->left);
}

/* What cannot be watched has to be sampled. */
static int give_up_locked(PfWatchFiles *files, const char *trouble) {
        files->is_sampled = true;
        if (trouble && !files->trouble)
                files->trouble = trouble;
        return AT_END;
}

/* Return: a watch descriptor, or a negative errno. */
static int arm_locked(PfWatchFiles *files, int fd, uint32_t mask) {
        char link[LINK_OF_FD_MAX];
        PfNode *node;
        int wd;

        (void) snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
        wd = inotify_add_watch(files->inotify, link, mask | IN_MASK_ADD);
        if (wd < 0)
                return -errno;
        node = pf_tree_add(&files->tree, wd);
        if (!node) {
                (void) inotify_rm_watch(files->inotify, wd);
                return -ENOMEM;
        }
        node->mask |= mask;
        node->used = files->look;
        return wd;
}

static int cannot_arm_locked(PfWatchFiles *files, int r) {
        return give_up_locked(files, r == -ENOSPC   ? "the kernel's limit of watches is reached: "
                                                      "fs.inotify.max_user_watches"
                                     : r == -ENOMEM ? "out of memory"
                                     : r == -ENOENT ? "there is no /proc"
                                                    : NULL);
}

/* --- what a name leads to --- */

typedef struct Found {
        PfNameKind kind;
        int fd;     /* O_PATH of a directory or a file, or -1 */
        char *text; /* of a link */
} Found;

static PfNameKind kind_of_type(unsigned type) {
        static const struct {
                unsigned type;
                PfNameKind kind;
        } kinds[] = {
                { PROC_SUPER_MAGIC, PF_NAME_PROC },  { SYSFS_MAGIC, PF_NAME_SYS },
                { NFS_SUPER_MAGIC, PF_NAME_SILENT }, { TYPE_CIFS, PF_NAME_SILENT },
                { TYPE_SMB2, PF_NAME_SILENT },       { SMB_SUPER_MAGIC, PF_NAME_SILENT },
                { TYPE_FUSE, PF_NAME_SILENT },       { TYPE_CEPH, PF_NAME_SILENT },
                { V9FS_MAGIC, PF_NAME_SILENT },      { AFS_SUPER_MAGIC, PF_NAME_SILENT },
                { TYPE_LUSTRE, PF_NAME_SILENT },     { TYPE_GFS2, PF_NAME_SILENT },
                { TYPE_OCFS2, PF_NAME_SILENT },      { CODA_SUPER_MAGIC, PF_NAME_SILENT },
        };

        for (size_t i = 0; i < PF_ELEMENTS(kinds); i++)
                if (kinds[i].type == type)
                        return kinds[i].kind;
        return PF_NAME_DIRECTORY;
}

/* Of a directory, by its file system, which is asked once. */
static PfNameKind kind_of_directory(PfWatchFiles *files, int fd, uint64_t device) {
        PfNameKind kind = PF_NAME_ABSENT;
        struct statfs st;

        uv_mutex_lock(&files->lock);
        for (size_t i = 0; i < files->n_devices && i < PF_ELEMENTS(files->devices); i++)
                if (files->devices[i].device == device)
                        kind = files->devices[i].kind;
        uv_mutex_unlock(&files->lock);
        if (kind != PF_NAME_ABSENT || fstatfs(fd, &st) < 0)
                return kind != PF_NAME_ABSENT ? kind : PF_NAME_SILENT;

        kind = kind_of_type((unsigned) st.f_type);
        uv_mutex_lock(&files->lock);
        files->devices[files->n_devices % PF_ELEMENTS(files->devices)].kind = kind;
        files->devices[files->n_devices++ % PF_ELEMENTS(files->devices)].device = device;
        uv_mutex_unlock(&files->lock);
        return kind;
}

/* O_DIRECTORY has what autofs(5) keeps there mounted, as a look at it would. */
static int open_name(int directory, const char *name, bool goes_on) {
        const int flags = O_PATH | O_NOFOLLOW | O_CLOEXEC;
        int fd = goes_on ? openat(directory, name, flags | O_DIRECTORY) : -1;

        if (fd < 0 && (!goes_on || errno == ENOTDIR || errno == ELOOP))
                fd = openat(directory, name, flags);
        return fd < 0 ? -errno : fd;
}

/* Kept from the stack of who finds no link: there are many threads. */
__attribute__((noinline)) static int read_link(int fd, char **ret) {
        char text[PATH_MAX];
        ssize_t n = readlinkat(fd, "", text, sizeof(text) - 1);

        if (n < 0)
                return -errno;
        *ret = strndup(text, (size_t) n);
        return *ret ? 0 : -ENOMEM;
}

/* Return: 0; a negative errno where it cannot be told what is there. */
static int find(PfWatchFiles *files, int directory, const char *name, bool goes_on, Found *ret) {
        PF_AUTO_CLOSE int fd = open_name(directory, name, goes_on);
        struct stat st;

        *ret = (Found){ .kind = PF_NAME_ABSENT, .fd = -1 };
        if (fd == -ENOENT || fd == -ENAMETOOLONG)
                return 0;
        if (fd < 0)
                return fd;
        if (fstat(fd, &st) < 0)
                return -errno;
        ret->kind = PF_NAME_OTHER;
        if (S_ISDIR(st.st_mode))
                ret->kind = kind_of_directory(files, fd, st.st_dev);
        if (S_ISLNK(st.st_mode)) {
                ret->kind = PF_NAME_LINK;
                return read_link(fd, &ret->text);
        }
        if (S_ISREG(st.st_mode) || ret->kind == PF_NAME_DIRECTORY)
                ret->fd = pf_steal_fd(&fd);
        return 0;
}

/* --- a look --- */

/* The directory it is in, opened; -EAGAIN where another one stands there by now. */
static int open_here(Walk *walk) {
        PfWatchFiles *files = walk->files;
        int wd;

        if (walk->fd < 0)
                walk->fd = openat(files->root, walk->here.n ? walk->here.data : ".",
                                  O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
        if (walk->fd < 0)
                return errno == ENOENT || errno == ENOTDIR || errno == ELOOP ? -EAGAIN : -errno;
        uv_mutex_lock(&files->lock);
        wd = arm_locked(files, walk->fd, WATCH_NAMES);
        if (wd >= 0 && wd != walk->trail[walk->depth - 1]) {
                pf_tree_doubt_all(&files->tree);
                wd = -EAGAIN;
        }
        uv_mutex_unlock(&files->lock);
        return wd < 0 ? wd : 0;
}

/* What was found is known from now on, unless its directory has told of a change meanwhile. */
static int keep_locked(Walk *walk, const char *name, unsigned stamp, Found *found) {
        PfWatchFiles *files = walk->files;
        PfName *entry = pf_tree_find_name(&files->tree, walk->trail[walk->depth - 1], name);
        int child = -1;

        if (found->fd >= 0) {
                child = arm_locked(files, found->fd,
                                   found->kind == PF_NAME_DIRECTORY ? WATCH_SELF : WATCH_FILE);
                if (child == -EACCES || child == -EPERM)
                        found->kind = PF_NAME_SILENT;
                else if (child < 0)
                        return child;
        }
        if (!entry || entry->stamp != stamp)
                return -EAGAIN;
        free(entry->text);
        entry->text = PF_STEAL(found->text);
        entry->kind = found->kind;
        entry->child = child < 0 ? -1 : child;
        entry->is_known = true;
        return 0;
}

/* With the lock held; without it while it looks. */
static int look_locked(Walk *walk, const char *name, bool goes_on) {
        PfWatchFiles *files = walk->files;
        Found found = { .fd = -1 };
        unsigned stamp = 0;
        PfName *entry;
        PfNode *node;
        int r;

        uv_mutex_unlock(&files->lock);
        r = open_here(walk);
        uv_mutex_lock(&files->lock);
        node = r == 0 ? pf_tree_find(&files->tree, walk->trail[walk->depth - 1]) : NULL;
        entry = node ? pf_tree_add_name(&files->tree, node, name) : NULL;
        if (r < 0 || !entry)
                return r < 0 ? r : -EAGAIN;
        entry->used = files->look;
        stamp = entry->stamp;

        uv_mutex_unlock(&files->lock);
        r = find(files, walk->fd, name, goes_on, &found);
        uv_mutex_lock(&files->lock);
        if (r == 0)
                r = keep_locked(walk, name, stamp, &found);
        (void) pf_close(walk->fd);
        walk->fd =
                r == 0 && found.kind == PF_NAME_DIRECTORY && goes_on ? pf_steal_fd(&found.fd) : -1;
        (void) pf_close(found.fd);
        free(found.text);
        return r;
}

/* --- a step --- */

static int to_root_locked(Walk *walk) {
        PfWatchFiles *files = walk->files;
        PfNode *node = pf_tree_find(&files->tree, files->root_wd);

        if (!node) {
                int wd = arm_locked(files, files->root, WATCH_NAMES);

                if (wd < 0)
                        return cannot_arm_locked(files, wd);
                files->root_wd = wd;
                node = pf_tree_find(&files->tree, wd);
        }
        node->used = files->look;
        walk->trail[0] = node->wd;
        walk->depth = 1;
        walk->here.n = 0;
        walk->fd = pf_close(walk->fd);
        return 0;
}

static int step_up_locked(Walk *walk) {
        char *slash = walk->here.n ? strrchr(walk->here.data, '/') : NULL;

        if (walk->depth == 1)
                return 0;
        walk->depth--;
        walk->here.n = slash ? (size_t) (slash - walk->here.data) : 0;
        walk->here.data[walk->here.n] = '\0';
        walk->fd = pf_close(walk->fd);
        return 0;
}

static int step_into_locked(Walk *walk, const PfName *name) {
        PfNode *node = pf_tree_find(&walk->files->tree, name->child);
        int r;

        if (!node)
                return -EAGAIN;
        node->used = walk->files->look;
        if (walk->depth == DEPTH_MAX)
                return give_up_locked(walk->files, NULL);
        r = walk->here.n ? pf_buf_add(&walk->here, "/", 1) : 0;
        if (r == 0)
                r = pf_buf_add_string(&walk->here, name->name);
        if (r < 0)
                return give_up_locked(walk->files, NULL);
        walk->trail[walk->depth++] = node->wd;
        return 0;
}

static int step_link_locked(Walk *walk, const PfName *name) {
        PfBuf left = PF_BUF_INIT(LEFT_MAX);
        int r;

        walk->fd = pf_close(walk->fd);
        if (++walk->links > LINKS_MAX || !name->text[0])
                return AT_END;
        r = pf_buf_printf(&left, "%s%s", name->text, walk->left.data + walk->at);
        if (r < 0) {
                pf_buf_deinit(&left);
                return r;
        }
        pf_buf_deinit(&walk->left);
        walk->left = left;
        walk->at = 0;
        return name->text[0] == '/' ? to_root_locked(walk) : 0;
}

/* Of proc(5) what is mounted and swapped to is watched. */
static int end_in_proc_locked(Walk *walk) {
        static const char *const told[] = { "mounts",   "self/mounts", "self/mountinfo",
                                            "1/mounts", "1/mountinfo", "swaps" };
        const char *left = walk->left.data + walk->at;

        left += strspn(left, "/");
        for (size_t i = 0; i < PF_ELEMENTS(told); i++)
                if (strcmp(told[i], left) == 0)
                        return AT_END;
        return give_up_locked(walk->files, NULL);
}

static int follow_locked(Walk *walk, const PfName *name, bool is_last) {
        PfNode *node;

        switch (name->kind) {
        case PF_NAME_DIRECTORY:
                return step_into_locked(walk, name);
        case PF_NAME_LINK:
                if (is_last && walk->how == PF_TARGET_LOOK_AT_LINK)
                        return AT_END;
                return step_link_locked(walk, name);
        case PF_NAME_PROC:
                return end_in_proc_locked(walk);
        case PF_NAME_SYS:
                return walk->files->tells_devices ? AT_END : give_up_locked(walk->files, NULL);
        case PF_NAME_SILENT:
                return give_up_locked(walk->files, NULL);
        case PF_NAME_OTHER:
                node = pf_tree_find(&walk->files->tree, name->child);
                if (node)
                        node->used = walk->files->look;
                return node || name->child < 0 ? AT_END : -EAGAIN;
        case PF_NAME_ABSENT:
                break;
        }
        return AT_END;
}

static int step_locked(Walk *walk) {
        const int directory = walk->trail[walk->depth - 1];
        char text[NAME_MAX + 1];
        const char *start = walk->left.data + walk->at;
        bool is_last;
        PfName *name;
        size_t n;
        int r = 0;

        start += strspn(start, "/");
        n = strcspn(start, "/");
        is_last = start[n + strspn(start + n, "/")] == '\0';
        walk->at = (size_t) (start - walk->left.data) + n;
        if (n == 0 || (n == 1 && start[0] == '.'))
                return 0;
        if (n > NAME_MAX)
                return AT_END;
        if (n == 2 && start[0] == '.' && start[1] == '.')
                return step_up_locked(walk);

        memcpy(text, start, n);
        text[n] = '\0';
        name = pf_tree_find_name(&walk->files->tree, directory, text);
        if (!name || !name->is_known) {
                r = look_locked(walk, text, !is_last || walk->how == PF_TARGET_LOOK_LIST);
                name = pf_tree_find_name(&walk->files->tree, directory, text);
        } else {
                walk->fd = pf_close(walk->fd);
        }
        if (r < 0 || !name)
                return r < 0 ? r : -EAGAIN;
        name->used = walk->files->look;
        r = follow_locked(walk, name, is_last);
        if (r == -EAGAIN)
                pf_name_doubt(name);
        return r;
}

/* The names of a directory are going to be read. */
static int end_in_directory(Walk *walk) {
        PfWatchFiles *files = walk->files;
        PfNode *node = pf_tree_find(&files->tree, walk->trail[walk->depth - 1]);
        int r = 0;

        if (walk->how != PF_TARGET_LOOK_LIST)
                return 0;
        if (node && (node->mask & WATCH_NAMES) == WATCH_NAMES) {
                pf_node_list(node, walk->pattern);
                return 0;
        }
        uv_mutex_unlock(&files->lock);
        r = open_here(walk);
        uv_mutex_lock(&files->lock);
        node = r == 0 ? pf_tree_find(&files->tree, walk->trail[walk->depth - 1]) : NULL;
        if (node)
                pf_node_list(node, walk->pattern);
        return r == 0 && !node ? -EAGAIN : r;
}

static int walk_locked(Walk *walk, const char *path) {
        int r = pf_buf_add_string(&walk->left, path);

        if (r == 0)
                r = to_root_locked(walk);
        while (r == 0 && walk->left.data[walk->at])
                r = step_locked(walk);
        return r == 0 ? end_in_directory(walk) : r;
}

void pf_watch_files_look(PfWatchFiles *files, const char *path, PfTargetLook how,
                         const char *pattern) {
        int r = -EAGAIN;

        uv_mutex_lock(&files->lock);
        for (int tries = 0; tries < RACES_MAX && r == -EAGAIN; tries++) {
                PF_CLEANUP(walk_deinit) Walk walk = WALK_INIT;

                walk.files = files;
                walk.how = how;
                walk.pattern = pattern;
                r = walk_locked(&walk, path);
        }
        if (r < 0)
                (void) cannot_arm_locked(files, r);
        uv_mutex_unlock(&files->lock);
}
