/* SPDX-License-Identifier: MIT */
/*
 * The steps by which a file is replaced: a new one beside it, then its name.
 *
 * The old file stays open until its place is freed. So what it held is not given to
 * another file before the directory that leads to the new one is on the disk: a reader that
 * finds the directory as it was finds the old contents whole, on every file system.
 */
#include "daemon/remedy/replace-internal.h"

#include <fcntl.h>
#include <string.h>

#include "daemon/base/sha256.h"

#define PIECE 65536

/* --- reading --- */

static ssize_t read_at(int fd, void *bytes, size_t n, off_t at) {
        ssize_t got;

        do
                got = pread(fd, bytes, n, at);
        while (got < 0 && errno == EINTR);
        return got < 0 ? -errno : got;
}

typedef int (*Take)(void *data, const void *bytes, size_t n);

/* Hands over a file from its beginning, piece by piece, but no more than @max bytes.
 * Return: how many there were, or a negative errno. */
static int64_t each_piece(int fd, uint64_t max, Take take, void *data) {
        PF_AUTO_FREE char *piece = malloc(PIECE);
        uint64_t at = 0;
        ssize_t n = 1;
        int r = 0;

        if (!piece)
                return -ENOMEM;
        while (r == 0 && n > 0 && at < max) {
                n = read_at(fd, piece, max - at < PIECE ? (size_t) (max - at) : PIECE, (off_t) at);
                if (n < 0)
                        return n;
                r = take(data, piece, (size_t) n);
                at += (uint64_t) n;
        }
        return r < 0 ? r : (int64_t) at;
}

static int take_to_buf(void *data, const void *bytes, size_t n) {
        int r = pf_buf_add(data, bytes, n);

        return r == -ENOBUFS ? -EFBIG : r;
}

int pf_place_read(const PfPlace *place, PfBuf *buf, PfErr *err) {
        int64_t n;

        if (place->fd < 0)
                return pf_err_errno(err, -ENOENT, "%s", place->path);
        n = each_piece(place->fd, UINT64_MAX, take_to_buf, buf);
        return n < 0 ? pf_err_errno(err, (int) n, "%s", place->path) : 0;
}

static int check_size(const char *path, uint64_t n, PfErr *err) {
        if (n <= PF_PLACE_MAX)
                return 0;
        return pf_err_set(err, -EFBIG, "%s: %llu MiB are more than any file that is changed here",
                          path, (unsigned long long) n >> 20);
}

static int take_to_sha256(void *data, const void *bytes, size_t n) {
        pf_sha256_add(data, bytes, n);
        return 0;
}

static int digest_of(int fd, uint64_t size, const char *path, char ret[static 65], PfErr *err) {
        PF_CLEANUP(pf_sha256_freep) PfSha256 *sha256 = pf_sha256_new();
        int64_t n;
        int r;

        if (!sha256)
                return -ENOMEM;
        r = check_size(path, size, err);
        if (r < 0)
                return r;
        n = each_piece(fd, PF_PLACE_MAX + 1, take_to_sha256, sha256);
        if (n < 0)
                return pf_err_errno(err, (int) n, "%s", path);
        pf_sha256_end(sha256, ret);
        return 0;
}

int pf_place_digest(const PfPlace *place, char ret[static 65], PfErr *err) {
        if (place->fd >= 0)
                return digest_of(place->fd, (uint64_t) place->seen.st_size, place->path, ret, err);
        ret[0] = '\0';
        return 0;
}

/* --- a new file --- */

/* What a new file is made of. */
typedef struct Source {
        const void *bytes; /* @n; NULL: those of @fd */
        int fd;
        uint64_t n;
        int model; /* whose attributes it gets; -1: nobody's */
        struct stat seen;
        bool same; /* it is to be the model itself again, with its times */
} Source;

typedef struct Sink {
        const PfFsOps *ops;
        int fd;
} Sink;

static int take_to_file(void *data, const void *bytes, size_t n) {
        const Sink *sink = data;

        for (size_t at = 0; at < n;) {
                ssize_t done = sink->ops->write(sink->fd, (const char *) bytes + at, n - at);

                if (done <= 0)
                        return done < 0 ? (int) done : -EIO;
                at += (size_t) done;
        }
        return 0;
}

static int write_contents(const PfFsOps *ops, int to, const Source *source) {
        Sink sink = { ops, to };
        int64_t n;

        if (source->bytes)
                return take_to_file(&sink, source->bytes, source->n);
        n = each_piece(source->fd, source->n, take_to_file, &sink);
        if (n < 0)
                return (int) n;
        return (uint64_t) n == source->n ? 0 : -EIO;
}

static int fill(const PfRoot *root, int directory, int to, const Source *source, PfErr *err) {
        const PfFsOps *ops = root->ops;
        int r = 0;

        if (source->model >= 0)
                r = pf_attributes_begin(ops, source->model, to, err);
        if (r == 0) {
                r = write_contents(ops, to, source);
                if (r < 0)
                        return pf_err_errno(err, r, "its contents cannot be written");
        }
        if (r == 0)
                r = source->model >= 0 ? pf_attributes_copy(ops, source->model, &source->seen, to,
                                                            source->same, err)
                                       : pf_attributes_make(root, directory, to, err);
        if (r == 0) {
                r = ops->fsync(to);
                if (r < 0)
                        return pf_err_errno(err, r, "it cannot be synced");
        }
        return r;
}

/* A new file with the name, whole and synced, or none. */
static int make_file(const PfRoot *root, int directory, const char *name, const Source *source,
                     PfErr *err) {
        PF_AUTO_CLOSE int to = -1;
        PfErr detail = { 0 };
        int r;

        to = root->ops->openat(directory, name, O_CREAT | O_EXCL | O_NOFOLLOW | O_RDWR | O_CLOEXEC,
                               0600);
        if (to < 0)
                return pf_err_errno(err, to, "%s cannot be made", name);
        r = fill(root, directory, to, source, &detail);
        if (r < 0) {
                (void) root->ops->unlinkat(directory, name, 0);
                return pf_err_set(err, r, "%s: %s", name, pf_err_text(&detail, r));
        }
        return 0;
}

static bool is_plain_name(const char *name) {
        return name[0] && !strchr(name, '/') && strcmp(name, ".") != 0 && strcmp(name, "..") != 0;
}

static int check_staged_name(const char *name, PfErr *err) {
        const size_t n = strlen(PF_STAGED_PREFIX);

        if (is_plain_name(name) && strncmp(name, PF_STAGED_PREFIX, n) == 0 && name[n])
                return 0;
        return pf_err_set(err, -EINVAL, "%s: is no name for a new file", name);
}

/*
 * The same for a boot loader, which may find the directory in any state that it has for
 * a while. The file is in its place before it gets a name, and gets that just before the name
 * is taken away again by the rename: a small directory of xfs, kept in its inode, would move
 * to a block for one more name, and for a moment be nowhere.
 * Return: 0, PF_NOT_NAMELESS where the system has no files without a name, or an error.
 */
enum { PF_NOT_NAMELESS = 1 };

static int make_nameless(const PfPlace *place, const char *name, const Source *source, PfErr *err) {
        const PfFsOps *ops = place->root->ops;
        const int staging = pf_place_staging(place);
        PF_AUTO_CLOSE int to = -1;
        PfErr detail = { 0 };
        int r;

        to = ops->openat(staging, ".", O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
        if (to == -EOPNOTSUPP || to == -EISDIR || to == -EINVAL || to == -ENOENT)
                return PF_NOT_NAMELESS;
        if (to < 0)
                return pf_err_errno(err, to, "%s cannot be made", name);
        r = fill(place->root, staging, to, source, &detail);
        if (r < 0)
                return pf_err_set(err, r, "%s: %s", name, pf_err_text(&detail, r));
        r = pf_place_settle(place, err);
        if (r < 0)
                return r;
        r = ops->linkat(to, staging, name);
        if (r == -ENOENT || r == -EPERM) /* no /proc, or a file system without links */
                return PF_NOT_NAMELESS;
        return r < 0 ? pf_err_errno(err, r, "%s cannot be made", name) : 0;
}

static int make_staged(const PfPlace *place, const char *name, const Source *source, PfErr *err) {
        const int staging = pf_place_staging(place);
        int r = PF_NOT_NAMELESS;

        if (pf_place_is_for_loader(place))
                r = make_nameless(place, name, source, err);
        if (r != PF_NOT_NAMELESS)
                return r;
        r = make_file(place->root, staging, name, source, err);
        if (r < 0)
                return r;
        r = pf_place_settle(place, err);
        if (r < 0)
                (void) place->root->ops->unlinkat(staging, name, 0);
        return r;
}

int pf_place_keep(const PfPlace *place, int directory, const char *name, PfErr *err) {
        const Source source = { .fd = place->fd,
                                .n = (uint64_t) place->seen.st_size,
                                .model = place->fd,
                                .seen = place->seen,
                                .same = true };
        int r;

        if (place->fd < 0)
                return 0;
        if (!is_plain_name(name))
                return pf_err_set(err, -EINVAL, "%s: is no name for a copy", name);
        r = make_file(place->root, directory, name, &source, err);
        if (r < 0)
                return r;
        r = place->root->ops->fsync(directory);
        return r < 0 ? pf_err_errno(err, r, "%s: its directory cannot be synced", name) : 0;
}

int pf_place_stage(const PfPlace *place, const char *name, const void *bytes, size_t n, int fd,
                   PfErr *err) {
        const Source source = {
                .bytes = bytes, .fd = fd, .n = n, .model = place->fd, .seen = place->seen
        };
        int r;

        r = check_staged_name(name, err);
        if (r == 0)
                r = check_size(place->path, n, err);
        return r < 0 ? r : make_staged(place, name, &source, err);
}

int pf_place_stage_kept(const PfPlace *place, const char *name, int directory, const char *kept,
                        PfErr *err) {
        PF_AUTO_CLOSE int fd = -1;
        Source source = { .same = true };
        int r;

        r = check_staged_name(name, err);
        if (r < 0)
                return r;
        fd = openat(directory, kept, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
        if (fd < 0 || fstat(fd, &source.seen) < 0)
                return pf_err_errno(err, -errno, "%s: what was kept cannot be read", kept);
        if (!S_ISREG(source.seen.st_mode))
                return pf_err_set(err, -EINVAL, "%s: is no file that was kept", kept);
        source.fd = fd;
        source.model = fd;
        source.n = (uint64_t) source.seen.st_size;
        r = check_size(kept, source.n, err);
        return r < 0 ? r : make_staged(place, name, &source, err);
}

int pf_place_staged_digest(const PfPlace *place, const char *name, char ret[static 65],
                           PfErr *err) {
        PF_AUTO_CLOSE int fd = -1;
        struct stat st;
        int r;

        r = check_staged_name(name, err);
        if (r < 0)
                return r;
        fd = openat(pf_place_staging(place), name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
        if (fd < 0 || fstat(fd, &st) < 0)
                return pf_err_errno(err, -errno, "%s", name);
        if (!S_ISREG(st.st_mode))
                return pf_err_set(err, -EINVAL, "%s: is not a regular file", name);
        return digest_of(fd, (uint64_t) st.st_size, name, ret, err);
}

/* --- its name --- */

static bool is_same_time(const struct timespec *a, const struct timespec *b) {
        return a->tv_sec == b->tv_sec && a->tv_nsec == b->tv_nsec;
}

static bool is_unchanged(const struct stat *now, const struct stat *seen) {
        return now->st_dev == seen->st_dev && now->st_ino == seen->st_ino &&
               now->st_size == seen->st_size && is_same_time(&now->st_mtim, &seen->st_mtim) &&
               is_same_time(&now->st_ctim, &seen->st_ctim);
}

/* Does the path still lead to this directory, and there to the file that was seen? */
static int check_unchanged(const PfPlace *place, PfErr *err) {
        PF_CLEANUP(pf_place_freep) PfPlace *now = NULL;
        int r;

        r = pf_place_find(place->root, place->asked, &now, err);
        if (r < 0)
                return r == -ENOENT || r == -EAGAIN ? -ENODATA : r;
        if (now->directory_seen.st_dev != place->directory_seen.st_dev ||
            now->directory_seen.st_ino != place->directory_seen.st_ino ||
            strcmp(now->name, place->name) != 0)
                return pf_err_set(err, -ENODATA, "%s leads to another place since it was looked at",
                                  place->asked);
        if ((now->fd < 0) != (place->fd < 0) ||
            (now->fd >= 0 && !is_unchanged(&now->seen, &place->seen)))
                return pf_err_set(err, -ENODATA, "%s was changed since it was looked at",
                                  place->path);
        return 0;
}

static int sync_directory(const PfPlace *place, PfErr *err) {
        int r = place->root->ops->fsync(place->directory);

        return r < 0 ? pf_err_errno(err, r, "%s: its directory cannot be synced", place->path) : 0;
}

/* The name is in its place before the old file is given up: see at the top. */
int pf_place_commit(const PfPlace *place, const char *name, PfErr *err) {
        int r;

        r = check_staged_name(name, err);
        if (r == 0)
                r = check_unchanged(place, err);
        if (r < 0)
                return r;
        r = place->root->ops->renameat(pf_place_staging(place), name, place->directory,
                                       place->name);
        if (r < 0)
                return pf_err_errno(err, r, "%s cannot be replaced", place->path);
        r = sync_directory(place, err);
        return r == 0 ? pf_place_settle(place, err) : r;
}

int pf_place_remove(const PfPlace *place, PfErr *err) {
        int r;

        r = check_unchanged(place, err);
        if (r < 0 || place->fd < 0)
                return r;
        r = place->root->ops->unlinkat(place->directory, place->name, 0);
        if (r < 0)
                return pf_err_errno(err, r, "%s cannot be removed", place->path);
        r = sync_directory(place, err);
        return r == 0 ? pf_place_settle(place, err) : r;
}

static int discard_in(const PfPlace *place, int directory, const char *name, PfErr *err) {
        const PfFsOps *ops = place->root->ops;
        int r = ops->unlinkat(directory, name, 0);

        if (r == -ENOENT)
                return 0;
        if (r == 0)
                r = ops->fsync(directory);
        return r < 0 ? pf_err_errno(err, r, "%s, made for %s, cannot be removed", name, place->path)
                     : 0;
}

/* In both directories: which of them it was made in may have been another by then. */
int pf_place_discard(const PfPlace *place, const char *name, PfErr *err) {
        int r, other = 0;

        r = check_staged_name(name, err);
        if (r < 0)
                return r;
        r = discard_in(place, place->directory, name, err);
        if (place->lost_found >= 0)
                other = discard_in(place, place->lost_found, name, err);
        return r < 0 ? r : other;
}
