/* SPDX-License-Identifier: MIT */
#include "daemon/remedy/cover.h"

#include <dirent.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/syscall.h>

#include "daemon/remedy/journal.h"
#include "daemon/remedy/replace-internal.h"
#include "daemon/remedy/run-directory.h"
#include "probes/parse/mountinfo.h"

#define DIRECTORY "ended" /* the last of PF_COVERS_PATH */
#define DIRECTORY_MODE 0700
#define MOUNTS_MAX (16u << 20) /* bytes of a table of mounts */
#define COVERS_MAX 4096        /* of one transaction */
#define NAME_SIZE (PF_JOURNAL_ID_SIZE + 32)
#define LOCKED (MS_RDONLY | MS_NOSUID | MS_NODEV | MS_NOEXEC)

static void cover_name(const char *id, size_t file, const char *suffix,
                       char ret[static NAME_SIZE]) {
        (void) snprintf(ret, NAME_SIZE, "%s-%04zu%s", id, file, suffix);
}

/* "20261123T101500Z-1f3a" itself, or with "-" and more behind it. */
static bool is_of(const char *name, const char *id) {
        size_t n = strlen(id);

        return strncmp(name, id, n) == 0 && (name[n] == '\0' || name[n] == '-');
}

/* --- the table of mounts --- */

/* Where there is no proc(5), none of them is ours: it takes one to mount it. */
static int load_mounts(PfMounts **ret, PfErr *err) {
        PF_AUTO_BUF PfBuf text = PF_BUF_INIT(MOUNTS_MAX);
        char path[64];
        int r;

        (void) snprintf(path, sizeof(path), "/proc/self/task/%ld/mountinfo", syscall(SYS_gettid));
        r = pf_journal_get(AT_FDCWD, path, &text, err);
        if (r < 0)
                return r;
        return pf_mounts_parse(path, text.data ? text.data : "", text.n, ret, err);
}

/* What of its file system is mounted there: ".../ended/20261123T101500Z-1f3a-0000". */
static bool is_cover(const PfMount *mount, const char *id) {
        static const char above[] = "/" DIRECTORY "/";
        const char *slash = strrchr(mount->root, '/');

        /* Of a file without a name: "…-0000//deleted". */
        if (slash && strcmp(slash, "/deleted") == 0)
                slash = memrchr(mount->root, '/', (size_t) (slash - 1 - mount->root));
        if (!slash || slash - mount->root < (ptrdiff_t) strlen(above) - 1)
                return false;
        return strncmp(slash + 1 - strlen(above), above, strlen(above)) == 0 &&
               is_of(slash + 1, id);
}

/* Is it what who opens the path reads? */
static bool is_on_top(const PfMounts *mounts, const PfMount *mount) {
        return mount == pf_mounts_find(mounts, mount->directory);
}

int pf_cover_is_over(const char *path, const char *id, bool *ret, PfErr *err) {
        PF_CLEANUP(pf_mounts_freep) PfMounts *mounts = NULL;
        const PfMount *over;
        int r = load_mounts(&mounts, err);

        if (r < 0)
                return r;
        over = pf_mounts_find(mounts, path);
        *ret = over && strcmp(over->directory, path) == 0 && is_cover(over, id);
        return 0;
}

/* The last that can be taken away; NULL: there is none. */
static const PfMount *find_last(const PfMounts *mounts, const char *id) {
        for (size_t i = pf_mounts_count(mounts); i-- > 0;) {
                const PfMount *mount = pf_mounts_at(mounts, i);

                if (is_cover(mount, id) && is_on_top(mounts, mount))
                        return mount;
        }
        return NULL;
}

/* One may lie elsewhere, too: in what is the same directory by a bind mount. */
int pf_cover_take_away(const PfFsOps *ops, const char *id, PfErr *err) {
        for (unsigned i = 0; i < COVERS_MAX; i++) {
                PF_CLEANUP(pf_mounts_freep) PfMounts *mounts = NULL;
                const PfMount *last;
                int r = load_mounts(&mounts, err);

                last = r < 0 ? NULL : find_last(mounts, id);
                if (!last)
                        return r;
                r = ops->umount(last->directory, MNT_DETACH | UMOUNT_NOFOLLOW);
                if (r < 0)
                        return pf_err_errno(err, r, "%s: its cover cannot be taken away",
                                            last->directory);
        }
        return pf_err_set(err, -ELOOP, "transaction %s: too many covers", id);
}

/* --- a cover --- */

/* Its label is the kernel's to choose where it lets nobody else; all that reads a label says so
 * itself. */
static int dress(const PfFsOps *ops, const PfPlace *place, int fd) {
        PF_AUTO_BUF PfBuf label = PF_BUF_INIT(PF_XATTR_MAX);
        int r = ops->fchown(fd, place->seen.st_uid, place->seen.st_gid);

        if (r == 0)
                r = ops->fchmod(fd, place->seen.st_mode & 07777);
        if (r == 0 && pf_attribute_read(place->fd, "security.selinux", &label) == 0) {
                r = ops->fsetxattr(fd, "security.selinux", label.data, label.n);
                if (r == -EOPNOTSUPP)
                        r = 0;
        }
        return r;
}

static int make_file(const PfFsOps *ops, const PfPlace *place, int directory, const char *name,
                     const char *fresh, const PfBuf *wanted, PfErr *err) {
        PF_AUTO_CLOSE int fd = -1;
        int r = ops->unlinkat(directory, fresh, 0); /* of somebody who was killed */

        if (r < 0 && r != -ENOENT)
                return pf_err_errno(err, r, "%s/%s", PF_COVERS_PATH, fresh);
        fd = ops->openat(directory, fresh, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
        r = fd < 0 ? fd : pf_fs_write_all(ops, fd, wanted->data, wanted->n);
        if (r == 0)
                r = dress(ops, place, fd);
        if (r == 0)
                r = ops->renameat(directory, fresh, directory, name);
        if (r == 0)
                return 0;
        if (fd >= 0)
                (void) ops->unlinkat(directory, fresh, 0);
        return pf_err_errno(err, r, "%s/%s", PF_COVERS_PATH, name);
}

/* Through the descriptor, so that it is the very file that was opened, wherever names lead. */
static int lay_over(const PfFsOps *ops, int directory, const char *name, const char *path,
                    PfErr *err) {
        PF_AUTO_CLOSE int fd = openat(directory, name, O_PATH | O_NOFOLLOW | O_CLOEXEC);
        char source[64];
        int r = fd < 0 ? -errno : 0;

        (void) snprintf(source, sizeof(source), "/proc/self/fd/%d", fd);
        if (r == 0)
                r = ops->mount(source, path, MS_BIND);
        return r < 0 ? pf_err_errno(err, r, "%s cannot be covered", path) : 0;
}

/* Does the path lead to a cover of ours that says what it is to say? */
static int look_through(const char *path, const char *id, const PfBuf *wanted, bool *ret,
                        PfErr *err) {
        PF_AUTO_BUF PfBuf found = PF_BUF_INIT(PF_COVER_MAX);
        bool is_over = false;
        int r = pf_cover_is_over(path, id, &is_over, err);

        *ret = false;
        if (r < 0 || !is_over)
                return r;
        r = pf_journal_get(AT_FDCWD, path, &found, err);
        *ret = r == 0 && found.n == wanted->n &&
               (found.n == 0 || memcmp(found.data, wanted->data, found.n) == 0);
        return r < 0 ? r : 0;
}

int pf_cover_put(const PfFsOps *ops, const PfPlace *place, const char *id, size_t file,
                 const PfBuf *wanted, PfErr *err) {
        PF_AUTO_CLOSE int directory = -1;
        char name[NAME_SIZE], fresh[NAME_SIZE];
        bool is_right = false;
        int r = look_through(place->path, id, wanted, &is_right, err);

        if (r == 0 && !is_right) {
                cover_name(id, file, "", name);
                cover_name(id, file, ".new", fresh);
                directory = pf_run_directory("/", DIRECTORY, DIRECTORY_MODE, err);
                if (directory < 0)
                        return directory;
                r = make_file(ops, place, directory, name, fresh, wanted, err);
                if (r == 0)
                        r = lay_over(ops, directory, name, place->path, err);
        }
        if (r < 0)
                return r;
        r = ops->mount(NULL, place->path, MS_REMOUNT | MS_BIND | LOCKED);
        if (r < 0)
                return pf_err_errno(err, r, "%s: its cover cannot be made read-only", place->path);
        r = look_through(place->path, id, wanted, &is_right, err);
        return r < 0 || is_right
                       ? r
                       : pf_err_set(err, -EBADMSG, "%s: something else lies over it", place->path);
}

/* --- what there is of them --- */

/* Calls @visit for each name that is of the transaction until one is not 0. */
static int each_name(const char *id, int (*visit)(int directory, const char *name, void *data),
                     void *data) {
        PF_AUTO_CLOSE int copy =
                open(PF_COVERS_PATH, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
        const struct dirent *entry;
        DIR *stream;
        int r = 0;

        if (copy < 0)
                return errno == ENOENT ? 0 : -errno;
        stream = fdopendir(copy);
        if (!stream)
                return -errno;
        (void) pf_steal_fd(&copy); /* the stream's */
        while (r == 0 && (entry = readdir(stream)))
                if (is_of(entry->d_name, id))
                        r = visit(dirfd(stream), entry->d_name, data);
        (void) closedir(stream);
        return r;
}

static int stop(int directory, const char *name, void *data) {
        (void) directory;
        (void) name;
        (void) data;
        return 1;
}

bool pf_covers_are_known(const char *id) {
        return each_name(id, stop, NULL) != 0;
}

static int remove_name(int directory, const char *name, void *data) {
        const PfFsOps *ops = data;
        int r = ops->unlinkat(directory, name, 0);

        return r == -ENOENT ? 0 : r;
}

int pf_covers_forget(const PfFsOps *ops, const char *id, PfErr *err) {
        int r = each_name(id, remove_name, (void *) ops);

        if (r == 0)
                r = ops->unlinkat(AT_FDCWD, PF_COVERS_PATH, AT_REMOVEDIR);
        if (r == 0 || r == -ENOENT || r == -ENOTEMPTY) /* others may need it */
                return 0;
        return pf_err_errno(err, r, "%s", PF_COVERS_PATH);
}

int pf_covers_mark(const PfFsOps *ops, const char *id, PfErr *err) {
        PF_AUTO_CLOSE int directory = pf_run_directory("/", DIRECTORY, DIRECTORY_MODE, err);
        PF_AUTO_CLOSE int fd = -1;

        if (directory < 0)
                return directory;
        fd = ops->openat(directory, id, O_WRONLY | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600);
        return fd < 0 ? pf_err_errno(err, fd, "%s/%s", PF_COVERS_PATH, id) : 0;
}

bool pf_covers_are_marked(const char *id) {
        char path[sizeof(PF_COVERS_PATH) + NAME_SIZE];

        (void) snprintf(path, sizeof(path), "%s/%s", PF_COVERS_PATH, id);
        return access(path, F_OK) == 0;
}
