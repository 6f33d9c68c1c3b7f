/* SPDX-License-Identifier: MIT */
#include "daemon/publish/kvp-pool.h"

#include <fcntl.h>
#include <poll.h>
#include <string.h>
#include <sys/stat.h>

#include "daemon/base/buf.h"
#include "daemon/base/clock.h"

#define LOCK_USEC 2000000
#define LOCK_LOOK_MS 20
#define REPLACED_TRIES 3

int pf_kvp_pool_find(const char *bytes, size_t n, const char *key, size_t *ret, PfErr *err) {
        size_t found = n;

        if (n % PF_KVP_RECORD_SIZE != 0)
                return pf_err_set(err, -EBADMSG, "ends in half a record");
        if (n / PF_KVP_RECORD_SIZE > PF_KVP_RECORDS_MAX)
                return pf_err_set(err, -EBADMSG, "has more than %u records", PF_KVP_RECORDS_MAX);
        for (size_t at = 0; at < n; at += PF_KVP_RECORD_SIZE) {
                const char *its = bytes + at;
                const size_t length = strnlen(its, PF_KVP_KEY_SIZE);

                if (length == 0 || length == PF_KVP_KEY_SIZE)
                        return pf_err_set(err, -EBADMSG, "record %zu has %s",
                                          at / PF_KVP_RECORD_SIZE,
                                          length == 0 ? "no key" : "a key without an end");
                if (strcmp(its, key) != 0)
                        continue;
                if (found < n)
                        return pf_err_set(err, -EBADMSG, "has %s more than once", key);
                found = at;
        }
        *ret = found;
        return found < n ? 0 : PF_KVP_ABSENT;
}

/* --- the file --- */

/* As the daemon's own, on all of it; of the open file, so that no other descriptor of ours
 * loses it. */
static int lock(int fd) {
        const uint64_t end_usec = pf_clock_monotonic_usec() + LOCK_USEC;
        struct flock all = { .l_type = F_WRLCK, .l_whence = SEEK_SET };

        while (fcntl(fd, F_OFD_SETLK, &all) < 0) {
                if (errno != EAGAIN && errno != EACCES && errno != EINTR)
                        return -errno;
                if (pf_clock_monotonic_usec() >= end_usec)
                        return -ETIMEDOUT;
                (void) poll(NULL, 0, LOCK_LOOK_MS);
        }
        return 0;
}

/* Another file of that name by now, and ours is one that nobody reads? */
static bool is_replaced(int fd, const char *path) {
        struct stat ours, now;

        return fstat(fd, &ours) < 0 || lstat(path, &now) < 0 || ours.st_dev != now.st_dev ||
               ours.st_ino != now.st_ino;
}

/* Return: a locked descriptor, or a negative errno. */
static int open_locked(const char *path) {
        for (int i = 0; i < REPLACED_TRIES; i++) {
                PF_AUTO_CLOSE int fd = open(path, O_RDWR | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
                struct stat st;
                int r;

                if (fd < 0 || fstat(fd, &st) < 0)
                        return -errno;
                if (!S_ISREG(st.st_mode))
                        return -EINVAL;
                r = lock(fd);
                if (r < 0)
                        return r;
                if (!is_replaced(fd, path))
                        return pf_steal_fd(&fd);
        }
        return -EAGAIN;
}

static int read_all(int fd, PfBuf *buf) {
        for (;;) {
                ssize_t n;
                int r = pf_buf_reserve(buf, PF_KVP_RECORD_SIZE);

                if (r < 0)
                        return r;
                n = pread(fd, buf->data + buf->n, PF_KVP_RECORD_SIZE, (off_t) buf->n);
                if (n < 0 && errno == EINTR)
                        continue;
                if (n <= 0)
                        return n < 0 ? -errno : 0;
                buf->n += (size_t) n;
        }
}

static int write_at(const PfFsOps *ops, int fd, size_t at, const char *bytes, size_t n) {
        int r = lseek(fd, (off_t) at, SEEK_SET) < 0 ? -errno : 0;

        if (r == 0)
                r = pf_fs_write_all(ops, fd, bytes, n);
        return r == 0 ? ops->fsync(fd) : r;
}

/* Return: 0, or why it could not be; then the pool is as before, or @err says that not even
 * that could be. */
static int append(const PfFsOps *ops, int fd, size_t size, const char *record, PfErr *err) {
        int r = write_at(ops, fd, size, record, PF_KVP_RECORD_SIZE);

        if (r < 0 && ops->ftruncate(fd, (off_t) size) < 0)
                return pf_err_errno(err, r, "half a record is left at its end");
        return r;
}

static int overwrite(const PfFsOps *ops, int fd, size_t at, const char *old, const char *value,
                     PfErr *err) {
        int r = write_at(ops, fd, at, value, PF_KVP_VALUE_SIZE);

        if (r < 0 && write_at(ops, fd, at, old, PF_KVP_VALUE_SIZE) < 0)
                return pf_err_errno(err, r, "a value is left that may be half the old one");
        return r;
}

/* Those behind it move up, and are not lost where the file cannot be made shorter. */
static int take_out(const PfFsOps *ops, int fd, size_t at, const char *pool, size_t n, PfErr *err) {
        const size_t behind = at + PF_KVP_RECORD_SIZE;
        int r = 0;

        if (behind < n)
                r = write_at(ops, fd, at, pool + behind, n - behind);
        if (r == 0)
                r = ops->ftruncate(fd, (off_t) (n - PF_KVP_RECORD_SIZE));
        if (r == 0)
                r = ops->fsync(fd);
        if (r < 0 && write_at(ops, fd, at, pool + at, n - at) < 0)
                return pf_err_errno(err, r, "a record is left twice, or lost");
        return r;
}

/* What is to become of the record of a key in a locked pool. */
typedef struct Change {
        const char *key;
        const char *value; /* NULL: it goes */
} Change;

static int put(const PfFsOps *ops, int fd, const Change *change, size_t at, bool is_there,
               const PfBuf *pool, PfErr *err) {
        char record[PF_KVP_RECORD_SIZE] = { 0 };
        char *fresh = record + PF_KVP_KEY_SIZE;

        memcpy(record, change->key, strlen(change->key));
        memcpy(fresh, change->value, strlen(change->value));
        if (!is_there)
                return append(ops, fd, at, record, err);
        at += PF_KVP_KEY_SIZE;
        if (memcmp(pool->data + at, fresh, PF_KVP_VALUE_SIZE) == 0)
                return 0;
        return overwrite(ops, fd, at, pool->data + at, fresh, err);
}

static int make(const PfFsOps *ops, int fd, const Change *change, PfErr *err) {
        PF_AUTO_BUF PfBuf pool = PF_BUF_INIT((PF_KVP_RECORDS_MAX + 2) * PF_KVP_RECORD_SIZE);
        size_t at = 0;
        int r;

        r = read_all(fd, &pool);
        if (r == 0 || r == -ENOBUFS)
                r = pf_kvp_pool_find(pool.data ? pool.data : "", pool.n, change->key, &at, err);
        if (r < 0)
                return r;
        if (change->value)
                return put(ops, fd, change, at, r == 0, &pool, err);
        return r == PF_KVP_ABSENT ? r : take_out(ops, fd, at, pool.data, pool.n, err);
}

static int change_pool(const PfFsOps *ops, const char *path, const Change *change, PfErr *err) {
        PF_AUTO_CLOSE int fd = open_locked(path);
        PfErr what = { 0 };
        int r;

        if (fd == -ENOENT)
                return PF_KVP_ABSENT;
        if (fd == -ETIMEDOUT)
                return pf_err_set(err, fd, "%s: somebody keeps it locked", path);
        if (fd < 0)
                return pf_err_errno(err, fd, "%s", path);
        r = make(ops, fd, change, &what);
        return r < 0 ? pf_err_set(err, r, "%s: %s", path, pf_err_text(&what, r)) : r;
}

int pf_kvp_pool_put(const PfFsOps *ops, const char *path, const char *key, const char *value,
                    PfErr *err) {
        if (strlen(key) >= PF_KVP_KEY_SIZE || strlen(value) > PF_KVP_VALUE_MAX)
                return pf_err_set(err, -EINVAL, "%s: the key or the value is too long", path);
        return change_pool(ops, path, &(Change){ .key = key, .value = value }, err);
}

int pf_kvp_pool_remove(const PfFsOps *ops, const char *path, const char *key, PfErr *err) {
        return change_pool(ops, path, &(Change){ .key = key }, err);
}
