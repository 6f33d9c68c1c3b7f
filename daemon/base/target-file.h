/* SPDX-License-Identifier: MIT */
#pragma once

#include "daemon/base/target.h"

/*
 * A regular file that is read piece by piece, where all of it would be too much:
 * the archive a machine boots from. It does not need the target any more.
 */
typedef struct PfTargetFile PfTargetFile;

/* Return: as pf_target_read(), without a limit of size. */
int pf_target_open(const PfTarget *target, const char *path, PfTargetFile **ret,
                   PfErr *err) PF_MUST_CHECK;
PfTargetFile *pf_target_file_close(PfTargetFile *file);
PF_DEFINE_CLEANUP(PfTargetFile, pf_target_file_close);

/* The next @n bytes; *@ret_n is less only at the end. Return: 0, -EIO … with a text. */
int pf_target_file_read(PfTargetFile *file, void *bytes, size_t n, size_t *ret_n,
                        PfErr *err) PF_MUST_CHECK;

/* All that is left, added to @buf. Return: as above, or as pf_buf_add(). */
int pf_target_file_read_all(PfTargetFile *file, PfBuf *buf, PfErr *err) PF_MUST_CHECK;

/* Passes over @n bytes without reading them, or over what is left. Return: as above. */
int pf_target_file_skip(PfTargetFile *file, uint64_t n, uint64_t *ret_n, PfErr *err) PF_MUST_CHECK;

/* Which file it is, and as of when: while it stays equal, so do the contents. */
typedef struct PfFileIdentity {
        uint64_t device;
        uint64_t inode;
        uint64_t size_bytes;
        int64_t modified_nsec; /* since 1970 */
        int64_t changed_nsec;  /* the same of its metadata; 0 where the system has none */
} PfFileIdentity;

/* As it is now, though it be open since long ago. Return: 0, -EIO … with a text. */
int pf_target_file_identify(const PfTargetFile *file, PfFileIdentity *ret,
                            PfErr *err) PF_MUST_CHECK;

/**
 * PfDerive - works an answer out of a file, which is at its beginning
 * @ret: empty; receives lines of text, each with its '\n'
 * Return: 0, or a negative errno with a text that names the path where that helps.
 *         What is wrong with the file, and will be as long as it is the same, is
 *         better said in a line: an error is worked out anew each time.
 */
typedef int (*PfDerive)(PfTargetFile *file, void *data, PfBuf *ret, PfErr *err);

/**
 * pf_target_derive() - what one file says, where that is dear to find out
 * @subject: what is asked of it, and the book of a capture that keeps it: "initramfs"
 * @work:    finds it out; its answer depends on the file alone
 * @ret:     empty; receives the answer
 *
 * The target keeps some answers, each as long as its file is the same: by device,
 * inode, size and times. One about a file that was changed in the last seconds is
 * not kept, since it might change again under the same times. A capture keeps the
 * answer in place of the file.
 *
 * Return: 0; PF_TARGET_ABSENT; as pf_target_open(); what @work returned.
 */
int pf_target_derive(const PfTarget *target, const char *subject, const char *path, PfDerive work,
                     void *data, PfBuf *ret, PfErr *err) PF_MUST_CHECK;
