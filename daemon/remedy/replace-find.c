/* SPDX-License-Identifier: MIT */
/*
 * Where a file really is: its path walked by hand beneath the root, component by
 * component, with O_PATH | O_NOFOLLOW, and each directory on the way held open.
 *
 * ".." goes back to the descriptor that the walk came through, never to what the kernel
 * calls the parent by then: whoever moves a directory meanwhile leads nobody out. No call
 * needs more than Linux 3.10.
 */
#include "daemon/remedy/replace-internal.h"

#include <fcntl.h>
#include <limits.h>
#include <string.h>

#define LOOK (O_PATH | O_NOFOLLOW | O_CLOEXEC)

#define LINKS_MAX 40  /* as the kernel's MAXSYMLINKS */
#define DEPTH_MAX 100 /* directories below each other: none of a system's own has a tenth */

/* All that a walk can have before it: the path, and the text of each link. */
#define LEFT_MAX ((size_t) (LINKS_MAX + 1) * PATH_MAX)

typedef struct Step {
        int fd; /* a directory, O_PATH */
        dev_t device;
        char name[NAME_MAX + 1];
} Step;

typedef struct Walk {
        const PfRoot *root;
        const char *asked;
        Step steps[DEPTH_MAX]; /* the root, and each directory from there to here */
        size_t n;
        PfBuf left; /* path still to go, from its byte at on */
        size_t at;
        unsigned links;
        char name[NAME_MAX + 1]; /* of the last component */
        int looked;              /* the file, O_PATH; -1: it is absent */
        struct stat seen;
        bool is_found;
        PfErr *err;
} Walk;

static Walk *walk_free(Walk *walk) {
        if (!walk)
                return NULL;
        for (size_t i = 0; i < walk->n; i++)
                (void) pf_close(walk->steps[i].fd);
        (void) pf_close(walk->looked);
        pf_buf_deinit(&walk->left);
        free(walk);
        return NULL;
}
PF_DEFINE_CLEANUP(Walk, walk_free);

static void walk_back_to(Walk *walk, size_t n) {
        while (walk->n > n)
                (void) pf_close(walk->steps[--walk->n].fd);
}

static int walk_push_take(Walk *walk, int fd, const struct stat *st, const char *name) {
        if (walk->n == DEPTH_MAX) {
                (void) pf_close(fd);
                return -ENAMETOOLONG;
        }
        walk->steps[walk->n].fd = fd;
        walk->steps[walk->n].device = st->st_dev;
        (void) snprintf(walk->steps[walk->n].name, sizeof(walk->steps[walk->n].name), "%s", name);
        walk->n++;
        return 0;
}

static Walk *walk_new(const PfRoot *root, const char *path, PfErr *err) {
        PF_CLEANUP(walk_freep) Walk *walk = calloc(1, sizeof(*walk));
        struct stat st;
        int fd;

        if (!walk || fstat(root->fd, &st) < 0)
                return NULL;
        walk->root = root;
        walk->asked = path;
        walk->looked = -1;
        walk->err = err;
        walk->left = (PfBuf) PF_BUF_INIT(LEFT_MAX);
        if (pf_buf_add_string(&walk->left, path) < 0)
                return NULL;
        fd = fcntl(root->fd, F_DUPFD_CLOEXEC, 0);
        if (fd < 0 || walk_push_take(walk, fd, &st, "") < 0)
                return NULL;
        return PF_STEAL(walk);
}

static int here(const Walk *walk) {
        return walk->steps[walk->n - 1].fd;
}

/* The highest directory on the way that is on the file system of this one. */
static int top_of_file_system(const Walk *walk) {
        size_t i = walk->n - 1;

        while (i > 0 && walk->steps[i - 1].device == walk->steps[i].device)
                i--;
        return walk->steps[i].fd;
}

/* The directory's path, with @name in it where that is not NULL; the caller frees it. */
static char *walk_path(const Walk *walk, const char *name) {
        PfBuf path = PF_BUF_INIT((size_t) DEPTH_MAX * (NAME_MAX + 1) + NAME_MAX + 2);
        int r = 0;

        for (size_t i = 1; i < walk->n && r == 0; i++)
                r = pf_buf_printf(&path, "/%s", walk->steps[i].name);
        if (r == 0 && (name || walk->n == 1))
                r = pf_buf_printf(&path, "/%s", name ? name : "");
        if (r < 0)
                pf_buf_deinit(&path);
        return r < 0 ? NULL : pf_buf_steal(&path);
}

/* O_DIRECTORY has an automount point mounted, as boot partitions often are; it refuses a
 * link, which is then looked at for what it is. */
static int look_at(int directory, const char *name) {
        int fd = openat(directory, name, LOOK | O_DIRECTORY);

        if (fd < 0 && (errno == ENOTDIR || errno == ELOOP))
                fd = openat(directory, name, LOOK);
        return fd < 0 ? -errno : fd;
}

/* Puts the text of the link @fd in front of what is left. */
static int walk_link(Walk *walk, int fd) {
        PF_AUTO_BUF PfBuf left = PF_BUF_INIT(LEFT_MAX);
        char text[PATH_MAX];
        PfBuf before;
        ssize_t n;
        int r;

        if (++walk->links > LINKS_MAX)
                return -ELOOP;
        n = readlinkat(fd, "", text, sizeof(text) - 1);
        if (n <= 0)
                return n < 0 ? -errno : -ENOENT;
        text[n] = '\0';

        r = pf_buf_printf(&left, "%s%s", text, walk->left.data + walk->at);
        if (r < 0)
                return r;
        before = walk->left;
        walk->left = left;
        left = before;
        walk->at = 0;
        if (text[0] == '/')
                walk_back_to(walk, 1);
        return 0;
}

/* The path is at its end: is this a file that can be replaced? */
static int walk_end(Walk *walk, int *looked_take) {
        if (*looked_take >= 0 && !S_ISREG(walk->seen.st_mode))
                return pf_err_set(walk->err, -EINVAL, "%s: is not a regular file", walk->asked);
        walk->looked = pf_steal_fd(looked_take);
        walk->is_found = true;
        return 0;
}

/* Is nothing left to go, not even a slash, which only a directory may have behind it? */
static bool is_last(const Walk *walk) {
        return walk->left.data[walk->at] == '\0';
}

static int walk_trust(Walk *walk, bool is_there) {
        PF_AUTO_FREE char *path = walk_path(walk, NULL);

        if (!path)
                return -ENOMEM;
        return pf_trust_check(walk->root, here(walk), is_there ? &walk->seen : NULL, path,
                              walk->err);
}

static int walk_into(Walk *walk) {
        PF_AUTO_CLOSE int fd = -1;
        int r;

        fd = look_at(here(walk), walk->name);
        if (fd < 0 && !(fd == -ENOENT && is_last(walk)))
                return fd;
        if (fd >= 0 && fstat(fd, &walk->seen) < 0)
                return -errno;
        r = walk_trust(walk, fd >= 0);
        if (r < 0)
                return r;
        if (fd >= 0 && S_ISLNK(walk->seen.st_mode))
                return walk_link(walk, fd);
        if (fd >= 0 && S_ISDIR(walk->seen.st_mode))
                return walk_push_take(walk, pf_steal_fd(&fd), &walk->seen, walk->name);
        return is_last(walk) ? walk_end(walk, &fd) : -ENOTDIR;
}

static int walk_step(Walk *walk) {
        const char *start = walk->left.data + walk->at;
        size_t n;

        start += strspn(start, "/");
        n = strcspn(start, "/");
        walk->at = (size_t) (start - walk->left.data) + n;
        if (n > NAME_MAX)
                return -ENAMETOOLONG;
        (void) snprintf(walk->name, sizeof(walk->name), "%.*s", (int) n, start);
        if (n == 0 || strcmp(walk->name, ".") == 0)
                return 0;
        if (strcmp(walk->name, "..") != 0)
                return walk_into(walk);
        walk_back_to(walk, walk->n > 1 ? walk->n - 1 : 1);
        return 0;
}

static int walk_all(Walk *walk) {
        int r = 0;

        while (r == 0 && !walk->is_found && walk->left.data[walk->at])
                r = walk_step(walk);
        if (r == 0 && !walk->is_found)
                r = -EISDIR;
        return r < 0 ? pf_err_errno(walk->err, r, "%s", walk->asked) : 0;
}

static int same_file(const struct stat *a, const struct stat *b) {
        return a->st_dev == b->st_dev && a->st_ino == b->st_ino;
}

/* Reading leaves no trace where we may ask for that: open(2), O_NOATIME. */
static int open_to_read(int directory, const char *name) {
        const int flags = O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC;
        int fd = openat(directory, name, flags | O_NOATIME);

        if (fd < 0 && errno == EPERM)
                fd = openat(directory, name, flags);
        return fd < 0 ? -errno : fd;
}

/* From what was looked at to what can be read; it is the same, or it is refused. */
static int place_open(PfPlace *place, const Walk *walk, PfErr *err) {
        place->directory = openat(here(walk), ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        if (place->directory < 0 || fstat(place->directory, &place->directory_seen) < 0)
                return pf_err_errno(err, -errno, "%s: its directory", place->path);
        if (walk->looked < 0)
                return 0;
        place->fd = open_to_read(place->directory, place->name);
        if (place->fd < 0)
                return pf_err_errno(err, place->fd, "%s", place->path);
        if (fstat(place->fd, &place->seen) < 0)
                return pf_err_errno(err, -errno, "%s", place->path);
        if (!same_file(&place->seen, &walk->seen))
                return pf_err_set(err, -EAGAIN, "%s: was replaced while it was looked at",
                                  place->path);
        return 0;
}

static int place_of_walk(const Walk *walk, PfPlace **ret, PfErr *err) {
        PF_CLEANUP(pf_place_freep) PfPlace *place = calloc(1, sizeof(*place));
        int r;

        if (!place)
                return -ENOMEM;
        place->root = walk->root;
        place->directory = -1;
        place->lost_found = -1;
        place->fd = -1;
        place->asked = strdup(walk->asked);
        place->path = walk_path(walk, walk->name);
        place->name = strdup(walk->name);
        if (!place->asked || !place->path || !place->name)
                return -ENOMEM;
        r = place_open(place, walk, err);
        if (r < 0)
                return r;
        pf_staging_find(place, top_of_file_system(walk));
        *ret = PF_STEAL(place);
        return 0;
}

int pf_place_find(const PfRoot *root, const char *path, PfPlace **ret, PfErr *err) {
        PF_CLEANUP(walk_freep) Walk *walk = NULL;
        int r;

        if (path[0] != '/' || strlen(path) >= PATH_MAX)
                return pf_err_set(err, -EINVAL, "%s: is not an absolute path", path);
        walk = walk_new(root, path, err);
        if (!walk)
                return -ENOMEM;
        r = walk_all(walk);
        return r < 0 ? r : place_of_walk(walk, ret, err);
}

PfPlace *pf_place_free(PfPlace *place) {
        if (!place)
                return NULL;
        (void) pf_close(place->directory);
        (void) pf_close(place->lost_found);
        (void) pf_close(place->fd);
        free(place->asked);
        free(place->path);
        free(place->name);
        free(place);
        return NULL;
}

const char *pf_place_path(const PfPlace *place) {
        return place->path;
}

bool pf_place_is_absent(const PfPlace *place) {
        return place->fd < 0;
}

unsigned pf_place_links(const PfPlace *place) {
        return place->fd < 0 ? 0 : (unsigned) place->seen.st_nlink;
}

static int look_at_root(PfRoot *root, const char *path) {
        PF_AUTO_CLOSE int above = -1;
        struct stat st, st_above;

        root->fd = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
        if (root->fd < 0)
                return -errno;
        above = openat(root->fd, "..", O_PATH | O_DIRECTORY | O_CLOEXEC);
        if (above < 0 || fstat(above, &st_above) < 0 || fstat(root->fd, &st) < 0)
                return -errno;
        root->is_running = same_file(&st, &st_above);
        root->outside = st_above.st_dev;
        return 0;
}

int pf_root_open(const char *path, const PfFsOps *ops, PfRoot **ret, PfErr *err) {
        PF_CLEANUP(pf_root_freep) PfRoot *root = calloc(1, sizeof(*root));
        int r;

        if (!root)
                return -ENOMEM;
        root->ops = ops;
        root->uid = geteuid();
        root->gid = root->uid == 0 ? 0 : getegid();
        root->fd = -1;
        r = look_at_root(root, path);
        if (r < 0)
                return pf_err_errno(err, r, "%s", path);
        *ret = PF_STEAL(root);
        return 0;
}

bool pf_root_is_running(const PfRoot *root) {
        return root->is_running;
}

PfRoot *pf_root_free(PfRoot *root) {
        if (!root)
                return NULL;
        (void) pf_close(root->fd);
        free(root);
        return NULL;
}
