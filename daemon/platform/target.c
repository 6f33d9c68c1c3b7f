/* SPDX-License-Identifier: MIT */
/*
 * What is answered of a machine: by an overlay, by what was captured, or by looking, which
 * is the matter of each system's folder. Every answer is noted, and kept where a capture
 * is made.
 */
#include "daemon/platform/target-system.h"

#include <string.h>

#include "daemon/base/capture.h"
#include "daemon/base/overlay-internal.h"
#include "daemon/base/target-internal.h"

#define READ_CHUNK 65536

/* Notes the outcome, and gives an error its text. */
static int finish(const PfTarget *target, const char *path, PfAccess access, int r, PfErr *err) {
        r = pf_target_record(target, path, access, r);
        if (r < 0)
                return pf_err_errno(err, r, "%s", path);
        return r;
}

/* Hands the text of an error on to who asked; the first text wins. */
static int hand_on(int r, const PfErr *from, PfErr *err) {
        return r < 0 ? pf_err_set(err, r, "%s", pf_err_text(from, r)) : r;
}

static ssize_t read_again(int fd, void *data, size_t n) {
        ssize_t got;

        do
                got = read(fd, data, n);
        while (got < 0 && errno == EINTR);
        return got;
}

/* How many bytes to make room for next: what the file says that it has, and one, so
 * that one more is noticed. Those of proc(5) say nothing, and change from one read
 * to the next: then it is many. */
static size_t next_room(const PfBuf *buf, uint64_t expected) {
        const size_t spare = buf->allocated > buf->n ? buf->allocated - buf->n - 1 : 0;

        if (spare > expected)
                return spare;
        return expected > 0 ? (size_t) expected + 1 : READ_CHUNK;
}

/*
 * Where a file may be as long as the room that is left, one byte more is asked
 * for, which tells a longer file; it falls on the place of the buffer's NUL.
 */
static int read_all(int fd, const char *path, uint64_t expected, size_t max, PfBuf *buf,
                    PfErr *err) {
        size_t left = max < buf->max - buf->n ? max : buf->max - buf->n;
        const size_t limit = left;
        bool whole;
        ssize_t n;

        do {
                size_t room = next_room(buf, expected);
                bool ends = left <= room;
                int r;

                room = ends ? left : room;
                r = pf_buf_reserve(buf, room);
                if (r < 0)
                        return r;
                n = read_again(fd, buf->data + buf->n, room + ends);
                if (n < 0)
                        return -errno;
                if ((size_t) n > room)
                        return pf_err_set(err, -EFBIG, "%s: more than the limit of %zu bytes", path,
                                          limit);
                buf->n += (size_t) n;
                buf->data[buf->n] = '\0';
                left -= (size_t) n;
                whole = (uint64_t) n == expected;
                expected = 0;
        } while (n > 0 && !whole);
        return 0;
}

static int read_path(const PfTarget *target, const char *path, size_t max, PfBuf *buf,
                     uint64_t *ret_size, PfErr *err) {
        PF_AUTO_CLOSE int fd = -1;
        int r = pf_system_open(target, path, max, &fd, ret_size, err);

        return r == 0 ? read_all(fd, path, *ret_size, max, buf, err) : r;
}

int pf_target_read_file(const PfTarget *target, const char *path, size_t max, PfBuf *buf,
                        PfErr *err) {
        uint64_t size;

        return read_path(target, path, max, buf, &size, err);
}

static int head_path(const PfTarget *target, const char *path, size_t n, PfBuf *buf,
                     uint64_t *ret_size, PfErr *err) {
        PF_AUTO_CLOSE int fd = -1;
        ssize_t got = 1;
        int r = pf_system_open(target, path, UINT64_MAX, &fd, ret_size, err);

        if (r == 0)
                r = pf_buf_reserve(buf, n);
        for (; r == 0 && n > 0 && got > 0; n -= (size_t) got) {
                got = read_again(fd, buf->data + buf->n, n);
                if (got < 0)
                        return -errno;
                buf->n += (size_t) got;
                buf->data[buf->n] = '\0';
        }
        return r;
}

/* What was asked for with pf_target_read() and pf_target_read_head(). */
typedef struct Reading {
        const char *path;
        size_t max;
        bool is_head;
} Reading;

static int read_any(const PfTarget *target, const Reading *reading, PfBuf *buf, PfErr *err) {
        const size_t before = buf->n;
        PfErr detail = { 0 };
        uint64_t size = 0, captured_size = 0;
        int r;

        r = pf_overlay_read(target, reading->path, reading->max, reading->is_head, buf, &size,
                            &detail);
        if (r == PF_TARGET_LOOK)
                r = pf_target_recall_read(target, reading->path, reading->max, reading->is_head,
                                          &captured_size, &detail);
        if (r == PF_TARGET_LOOK)
                r = reading->is_head
                            ? head_path(target, reading->path, reading->max, buf, &size, &detail)
                            : read_path(target, reading->path, reading->max, buf, &size, &detail);
        r = finish(target, reading->path, PF_ACCESS_OPENED, r, &detail);
        if (r != 0) {
                buf->n = before;
                if (buf->data)
                        buf->data[before] = '\0';
        }
        /* Files of proc(5) have no size until they were read; one that is too long
         * for another reason than its size has grown. */
        if (r == 0 && (!reading->is_head || buf->n - before > size))
                size = buf->n - before;
        if (r == -EFBIG && size <= reading->max)
                size = 0;
        if (captured_size > size)
                size = captured_size;
        pf_target_keep_read(target, reading->path, r, size, buf->data ? buf->data + before : "",
                            buf->n - before, &detail);
        return hand_on(r, &detail, err);
}

int pf_target_read(const PfTarget *target, const char *path, size_t max, PfBuf *buf, PfErr *err) {
        return read_any(target, &(Reading){ path, max, false }, buf, err);
}

int pf_target_read_head(const PfTarget *target, const char *path, size_t n, PfBuf *buf,
                        PfErr *err) {
        return read_any(target, &(Reading){ path, n, true }, buf, err);
}

static int stat_any(const PfTarget *target, const char *path, bool follow, PfFileInfo *ret,
                    PfErr *err) {
        const char *book = follow ? "stat" : "lstat";
        PfFileInfo info;
        PfErr detail = { 0 };
        int r;

        r = pf_overlay_stat(target, path, follow, &info);
        if (r == PF_TARGET_LOOK)
                r = pf_target_recall_info(target, book, path, &info, &detail);
        if (r == PF_TARGET_LOOK)
                r = pf_system_stat(target, path, follow, &info);
        r = finish(target, path, PF_ACCESS_OPENED, r, &detail);
        pf_target_keep_info(target, book, path, r, &info, &detail);
        if (r == 0)
                *ret = info;
        return hand_on(r, &detail, err);
}

int pf_target_stat(const PfTarget *target, const char *path, PfFileInfo *ret, PfErr *err) {
        return stat_any(target, path, true, ret, err);
}

int pf_target_lstat(const PfTarget *target, const char *path, PfFileInfo *ret, PfErr *err) {
        return stat_any(target, path, false, ret, err);
}

/* What is said of a regular file that an overlay holds; PF_TARGET_LOOK of all else. */
static int held_as(const PfTarget *target, const char *path, bool follow, int error) {
        const PfHeld *held;
        int r = pf_overlay_find(target, path, follow, &held);

        return r == 0 ? error : r;
}

int pf_target_readlink(const PfTarget *target, const char *path, char **ret, PfErr *err) {
        PF_AUTO_FREE char *text = NULL;
        PfErr detail = { 0 };
        int r;

        r = held_as(target, path, false, -EINVAL);
        if (r == PF_TARGET_LOOK)
                r = pf_target_recall_link(target, path, &text, &detail);
        if (r == PF_TARGET_LOOK)
                r = pf_system_readlink(target, path, &text);
        r = finish(target, path, PF_ACCESS_OPENED, r, &detail);
        pf_target_keep_link(target, path, r, text, &detail);
        if (r == 0)
                *ret = PF_STEAL(text);
        return hand_on(r, &detail, err);
}

int pf_target_list(const PfTarget *target, const char *path, PfStrv *ret, PfErr *err) {
        PF_AUTO_STRV PfStrv names = { 0 };
        PfErr detail = { 0 };
        int r;

        r = held_as(target, path, true, -ENOTDIR);
        if (r == PF_TARGET_LOOK)
                r = pf_target_recall_strv(target, "list", path, &names, &detail);
        if (r == PF_TARGET_LOOK)
                r = pf_system_list(target, path, &names, &detail);
        if (r == 0)
                r = pf_overlay_adjust_list(target, path, &names);
        r = finish(target, path, PF_ACCESS_LISTED, r, &detail);
        if (r == 0)
                pf_strv_sort(&names);
        pf_target_keep_strv(target, "list", path, r, &names, &detail);
        return r == 0 ? pf_strv_copy(&names, ret) : hand_on(r, &detail, err);
}

static int captured_space(const PfTarget *target, const char *path, PfSpace *ret, PfErr *err) {
        PF_AUTO_BUF PfBuf buf = PF_BUF_INIT(PF_CAPTURE_SPACE_MAX);
        int r;

        if (pf_target_is_host(target))
                return PF_TARGET_ABSENT;
        r = pf_target_read_file(target, PF_CAPTURE_SPACE, PF_CAPTURE_SPACE_MAX, &buf, err);
        if (r != 0)
                return r < 0 ? pf_err_errno(err, r, PF_CAPTURE_SPACE) : r;
        return pf_capture_find_space(buf.data ? buf.data : "", buf.n, path, ret, err);
}

static int find_space(const PfTarget *target, const char *path, PfSpace *ret, PfErr *err) {
        int r;

        r = pf_target_recall_space(target, path, ret, err);
        if (r != PF_TARGET_LOOK)
                return r;
        r = captured_space(target, path, ret, err);
        if (r != PF_TARGET_ABSENT)
                return r;
        return pf_system_space(target, path, ret);
}

int pf_target_space(const PfTarget *target, const char *path, PfSpace *ret, PfErr *err) {
        PfSpace space;
        PfErr detail = { 0 };
        int r;

        r = finish(target, path, PF_ACCESS_OPENED, find_space(target, path, &space, &detail),
                   &detail);
        if (r == 0)
                pf_target_observe_question(target, "space", path);
        pf_target_keep_space(target, path, r, &space, &detail);
        if (r == 0)
                *ret = space;
        return hand_on(r, &detail, err);
}

bool pf_target_is_public(const PfTarget *target, const char *path) {
        bool answer;

        if (path[0] != '/')
                return false;
        if (pf_overlay_public(target, path, &answer) == PF_TARGET_LOOK &&
            pf_target_recall_public(target, path, &answer) == PF_TARGET_LOOK)
                answer = pf_system_is_public(target, path);
        pf_target_keep_public(target, path, answer);
        return answer;
}
