/* SPDX-License-Identifier: MIT */
/*
 * Patterns beneath the root of a target.
 *
 * glob(3) of the GNU C library on functions of ours (GLOB_ALTDIRFUNC), so that
 * its rules are those of every program on the system. It hands no argument
 * through to them, hence one variable a thread.
 */
#include "daemon/platform/target-system.h"
#include "daemon/base/overlay-internal.h"
#include "daemon/base/target-internal.h"

#include <dirent.h>
#include <fcntl.h>
#include <glob.h>
#include <limits.h>
#include <string.h>
#include <sys/stat.h>

#include "daemon/platform/linux/target-path.h"

static _Thread_local struct {
        const PfTarget *target;
        const char *pattern;
        unsigned left; /* names and files that may still be looked at */
        int error;     /* that ends the search */
} search;

/* Stars and ".." in turn multiply the names of a directory with each part of a
 * pattern, which somebody else may have written. */
static bool may_go_on(void) {
        if (search.left == 0 && search.error == 0)
                search.error = -E2BIG;
        if (search.error == 0)
                search.left--;
        return search.error == 0;
}

/* What is true of the machine, and met by every program on it; all else means
 * that we could not look. */
static bool is_left_out(int r) {
        return r == -ENOENT || r == -ENOTDIR || r == -ELOOP || r == -ENAMETOOLONG;
}

/* Notes an outcome; false, with errno set, where there is nothing to go on with. */
static bool note(const char *path, PfAccess access, int r) {
        int q;

        if (search.error == 0) {
                q = pf_target_record(search.target, path, access, pf_path_absent_or(r < 0 ? r : 0));
                if (q < 0 && !is_left_out(q))
                        search.error = q;
        }
        errno = r < 0 ? -r : -search.error;
        return r >= 0 && search.error == 0;
}

/* A directory that is being read, and then what an overlay adds to it. */
typedef struct SearchDir {
        DIR *dir;
        uint64_t device, inode; /* of the directory; 0 where there is no overlay */
        size_t next_added;
        struct dirent added;
} SearchDir;

static SearchDir *close_directory(SearchDir *search_dir) {
        if (search_dir)
                (void) pf_path_closedir(search_dir->dir);
        free(search_dir);
        return NULL;
}
PF_DEFINE_CLEANUP(SearchDir, close_directory);

/* The next of the names in a path; its length, 0 at the end. */
static size_t next_name(const char **path) {
        *path += strspn(*path, "/");
        return strcspn(*path, "/");
}

/* What the names in a directory are compared with: as deep in the pattern as it lies.
 * Return: false where that is longer than a name can be. */
static bool pattern_in(const char *directory, char ret[static NAME_MAX + 1]) {
        const char *pattern = search.pattern;
        size_t n = next_name(&pattern);

        for (size_t m; (m = next_name(&directory)) > 0; n = next_name(&pattern)) {
                directory += m;
                pattern += n;
        }
        return n > 0 && snprintf(ret, NAME_MAX + 1, "%.*s", (int) n, pattern) <= NAME_MAX;
}

static int open_directory(const char *path, SearchDir **ret) {
        PF_CLEANUP(close_directoryp) SearchDir *search_dir = calloc(1, sizeof(*search_dir));
        char pattern[NAME_MAX + 1];
        struct stat st;
        int r;

        if (!search_dir)
                return -ENOMEM;
        r = pf_path_opendir_for(search.target, path, pattern_in(path, pattern) ? pattern : NULL,
                                &search_dir->dir);
        if (r < 0)
                return r;
        if (pf_target_overlay(search.target)) {
                if (fstat(dirfd(search_dir->dir), &st) < 0)
                        return -errno;
                search_dir->device = st.st_dev;
                search_dir->inode = st.st_ino;
        }
        *ret = PF_STEAL(search_dir);
        return 0;
}

static void *search_opendir(const char *path) {
        PF_CLEANUP(close_directoryp) SearchDir *search_dir = NULL;
        int r = -E2BIG;

        if (may_go_on())
                r = open_directory(path, &search_dir);
        return note(path, PF_ACCESS_LISTED, r) ? PF_STEAL(search_dir) : NULL;
}

static void search_closedir(void *dir) {
        (void) close_directory(dir);
}

static struct dirent *read_added(SearchDir *search_dir) {
        const char *name = pf_overlay_next_name(search.target, search_dir->device,
                                                search_dir->inode, &search_dir->next_added);

        if (!name)
                return NULL;
        search_dir->added = (struct dirent){ .d_ino = 1, .d_type = DT_REG };
        (void) snprintf(search_dir->added.d_name, sizeof(search_dir->added.d_name), "%s", name);
        return &search_dir->added;
}

static struct dirent *search_readdir(void *data) {
        SearchDir *search_dir = data;
        struct dirent *entry;

        do {
                if (!may_go_on())
                        return NULL;
                entry = readdir(search_dir->dir);
        } while (entry && pf_overlay_decides(search.target, search_dir->device, search_dir->inode,
                                             entry->d_name));
        return entry ? entry : read_added(search_dir);
}

static int search_any_stat(const char *path, struct stat *st, int flags) {
        PF_AUTO_CLOSE int fd = -E2BIG;
        const PfHeld *held;
        int r;

        if (!may_go_on())
                return note(path, PF_ACCESS_OPENED, -E2BIG) ? 0 : -1;
        r = pf_overlay_find(search.target, path, !(flags & O_NOFOLLOW), &held);
        if (r != PF_TARGET_LOOK) {
                *st = (struct stat){ .st_mode = S_IFREG };
                return note(path, PF_ACCESS_OPENED, r == 0 ? 0 : -ENOENT) ? 0 : -1;
        }
        fd = pf_path_look(search.target, path, flags);
        return note(path, PF_ACCESS_OPENED, fd) ? fstat(fd, st) : -1;
}

static int search_stat(const char *path, struct stat *st) {
        return search_any_stat(path, st, 0);
}

static int search_lstat(const char *path, struct stat *st) {
        return search_any_stat(path, st, O_NOFOLLOW);
}

/* Called for a directory that cannot be read; other than 0 ends the search. */
static int search_failed(const char *path, int error) {
        (void) path;
        (void) error;
        return search.error;
}

/* The names are sorted by bytes here, since glob(3) asks the locale. */
static int search_all(const char *pattern, PfStrv *ret) {
        glob_t matches = { .gl_opendir = search_opendir,
                           .gl_closedir = search_closedir,
                           .gl_readdir = search_readdir,
                           .gl_stat = search_stat,
                           .gl_lstat = search_lstat };
        /* That of glibc 2.31 is declared as one that calls nobody back; gcc would believe it. */
        int (*volatile call)(const char *, int, int (*)(const char *, int), glob_t *) = glob;
        int r;

        r = call(pattern, GLOB_ALTDIRFUNC | GLOB_NOSORT, search_failed, &matches);
        r = search.error        ? search.error
            : r == GLOB_NOMATCH ? 0
            : r == GLOB_NOSPACE ? -ENOMEM
            : r != 0            ? -EIO
                                : 0;
        for (size_t i = 0; i < matches.gl_pathc && r == 0; i++)
                r = pf_strv_add(ret, matches.gl_pathv[i]);
        globfree(&matches);
        return r;
}

int pf_system_glob(const PfTarget *target, const char *pattern, PfStrv *ret, PfErr *err) {
        int r;

        search.target = target;
        search.pattern = pattern;
        search.left = PF_TARGET_GLOB_MAX;
        search.error = 0;
        r = search_all(pattern, ret);
        search.target = NULL;
        search.pattern = NULL;
        if (r == -E2BIG)
                return pf_err_set(err, r, "%s: more than the limit of %d names to look at", pattern,
                                  PF_TARGET_GLOB_MAX);
        if (r < 0)
                return pf_err_errno(err, r, "%s", pattern);
        pf_strv_sort(ret);
        return 0;
}
