/* SPDX-License-Identifier: MIT */
#include "tests/support/fault-target.h"

#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "daemon/base/target-file.h"
#include "daemon/base/target.h"

static const struct {
        const char *name;
        int r; /* 0: what is read is spoilt */
} faults[PF_N_FAULTS] = {
        [PF_FAULT_ENOENT] = { "ENOENT", PF_TARGET_ABSENT },
        [PF_FAULT_EACCES] = { "EACCES", -EACCES },
        [PF_FAULT_EIO] = { "EIO", -EIO },
        [PF_FAULT_ENOMEM] = { "ENOMEM", -ENOMEM },
        [PF_FAULT_TRUNCATED] = { "truncated", 0 },
        [PF_FAULT_GARBAGE] = { "garbage", 0 },
};

static const char *faulty_path; /* NULL: nothing goes wrong */
static PfFault active;
static const PfTargetFile *faulty_file; /* the one that was opened last on that path */

const char *pf_fault_to_string(PfFault fault) {
        return faults[fault].name;
}

void pf_fault_target_begin(const char *path, PfFault fault) {
        faulty_path = path;
        active = fault;
        faulty_file = NULL;
}

void pf_fault_target_end(void) {
        faulty_path = NULL;
        faulty_file = NULL;
}

static bool is_faulty(const char *path) {
        return faulty_path && strcmp(path, faulty_path) == 0;
}

/* Is this the answer already? Then it is in *@ret_r. */
static bool fails(const char *path, int *ret_r, PfErr *err) {
        if (!is_faulty(path) || faults[active].r == 0)
                return false;
        *ret_r = faults[active].r;
        if (*ret_r < 0)
                (void) pf_err_errno(err, *ret_r, "%s", path);
        return true;
}

static bool is_spoilt(const char *path) {
        return is_faulty(path) && faults[active].r == 0;
}

static void make_garbage(char *bytes, size_t n) {
        uint32_t state = 2463534242u;

        for (size_t i = 0; i < n; i++) {
                state ^= state << 13; /* xorshift */
                state ^= state >> 17;
                state ^= state << 5;
                bytes[i] = (char) state;
        }
}

/* Of a text that was read: from @start to its end. */
static void spoil(PfBuf *buf, size_t start) {
        if (active == PF_FAULT_TRUNCATED)
                buf->n = start + (buf->n - start) / 2;
        else
                make_garbage(buf->data + start, buf->n - start);
        if (buf->data)
                buf->data[buf->n] = '\0';
}

#define WRAP(type, name, ...)                                                                      \
        type __real_##name(__VA_ARGS__);                                                           \
        type __wrap_##name(__VA_ARGS__);                                                           \
        type __wrap_##name(__VA_ARGS__)

WRAP(int, pf_target_read, const PfTarget *target, const char *path, size_t max, PfBuf *buf,
     PfErr *err) {
        size_t start = buf->n;
        int r;

        if (fails(path, &r, err))
                return r;
        r = __real_pf_target_read(target, path, max, buf, err);
        if (r == 0 && is_spoilt(path))
                spoil(buf, start);
        return r;
}

WRAP(int, pf_target_read_head, const PfTarget *target, const char *path, size_t n, PfBuf *buf,
     PfErr *err) {
        size_t start = buf->n;
        int r;

        if (fails(path, &r, err))
                return r;
        r = __real_pf_target_read_head(target, path, n, buf, err);
        if (r == 0 && is_spoilt(path))
                spoil(buf, start);
        return r;
}

WRAP(int, pf_target_stat, const PfTarget *target, const char *path, PfFileInfo *ret, PfErr *err) {
        int r;

        return fails(path, &r, err) ? r : __real_pf_target_stat(target, path, ret, err);
}

WRAP(int, pf_target_lstat, const PfTarget *target, const char *path, PfFileInfo *ret, PfErr *err) {
        int r;

        return fails(path, &r, err) ? r : __real_pf_target_lstat(target, path, ret, err);
}

WRAP(int, pf_target_readlink, const PfTarget *target, const char *path, char **ret, PfErr *err) {
        int r;

        return fails(path, &r, err) ? r : __real_pf_target_readlink(target, path, ret, err);
}

WRAP(int, pf_target_list, const PfTarget *target, const char *path, PfStrv *ret, PfErr *err) {
        int r;

        return fails(path, &r, err) ? r : __real_pf_target_list(target, path, ret, err);
}

/* A pattern goes wrong with the directory that it begins in. */
static bool is_pattern_of(const char *pattern, const char *path) {
        size_t n = strcspn(pattern, "*?[");

        while (n > 1 && pattern[n - 1] != '/')
                n--;
        return strlen(path) == n - 1 && strncmp(pattern, path, n - 1) == 0;
}

WRAP(int, pf_target_glob, const PfTarget *target, const char *pattern, PfStrv *ret, PfErr *err) {
        if (!faulty_path || faults[active].r == 0 ||
            (strcmp(pattern, faulty_path) != 0 && !is_pattern_of(pattern, faulty_path)))
                return __real_pf_target_glob(target, pattern, ret, err);
        if (faults[active].r < 0)
                return pf_err_errno(err, faults[active].r, "%s", pattern);
        return 0; /* no such directory: nothing matches */
}

WRAP(int, pf_target_space, const PfTarget *target, const char *path, PfSpace *ret, PfErr *err) {
        int r;

        return fails(path, &r, err) ? r : __real_pf_target_space(target, path, ret, err);
}

WRAP(int, pf_target_open, const PfTarget *target, const char *path, PfTargetFile **ret,
     PfErr *err) {
        int r;

        if (fails(path, &r, err))
                return r;
        r = __real_pf_target_open(target, path, ret, err);
        if (r == 0 && is_spoilt(path))
                faulty_file = *ret;
        return r;
}

WRAP(int, pf_target_file_read, PfTargetFile *file, void *bytes, size_t n, size_t *ret_n,
     PfErr *err) {
        int r;

        r = __real_pf_target_file_read(file, bytes, n, ret_n, err);
        if (r < 0 || !file || file != faulty_file)
                return r;
        if (active == PF_FAULT_TRUNCATED)
                *ret_n /= 2;
        else
                make_garbage(bytes, *ret_n);
        return r;
}

WRAP(int, pf_target_recall, const PfTarget *target, const char *book, const char *question,
     const PfJson **ret, PfErr *err) {
        char key[4096];
        int r;

        (void) snprintf(key, sizeof(key), "%s:%s", book, question);
        return fails(key, &r, err) ? r : __real_pf_target_recall(target, book, question, ret, err);
}
