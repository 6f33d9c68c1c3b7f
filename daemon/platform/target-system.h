/* SPDX-License-Identifier: MIT */
#pragma once

#include "daemon/base/target-file.h"
#include "daemon/base/target.h"

/*
 * What each system does for a target: it looks at what lies below its root. Records, overlays
 * and captured machines are the matter of the files that call these: target.c and target-file.c.
 *
 * Paths are as in daemon/base/target.h. Functions return 0, PF_TARGET_ABSENT where the path is
 * not there, or a negative errno, with a text where there is more to say than the path and the
 * system's words.
 */

/**
 * pf_system_open() - a regular file, to be read from its beginning
 * @max:      a file that says that it has more bytes is refused with -EFBIG
 * @ret_fd:   a descriptor that the caller closes
 * @ret_size: bytes, as the file says; also where it is refused for them
 */
int pf_system_open(const PfTarget *target, const char *path, uint64_t max, int *ret_fd,
                   uint64_t *ret_size, PfErr *err) PF_MUST_CHECK;

/* Which file it is that was opened. Return: 0 or a negative errno. */
int pf_system_file_identity(int fd, PfFileIdentity *ret) PF_MUST_CHECK;

/* @follow: also a link at the end of the path. */
int pf_system_stat(const PfTarget *target, const char *path, bool follow,
                   PfFileInfo *ret) PF_MUST_CHECK;

int pf_system_readlink(const PfTarget *target, const char *path, char **ret) PF_MUST_CHECK;

/* The names are added in any order. */
int pf_system_list(const PfTarget *target, const char *path, PfStrv *ret, PfErr *err) PF_MUST_CHECK;

/* With overlay and record, as pf_target_glob() in all else; for the system that has glob(3). */
int pf_system_glob(const PfTarget *target, const char *pattern, PfStrv *ret,
                   PfErr *err) PF_MUST_CHECK;

/* Also PF_TARGET_ELSEWHERE. */
int pf_system_space(const PfTarget *target, const char *path, PfSpace *ret) PF_MUST_CHECK;

bool pf_system_is_public(const PfTarget *target, const char *path);

/* For who hands a file to another process. */
struct PfBlob;
struct PfTargetFile {
        int fd;              /* -1: see blob */
        struct PfBlob *blob; /* of an overlay */
        uint64_t size_bytes; /* of the blob */
        uint64_t left_bytes; /* by the size it had when it was opened */
        char *path;
};
