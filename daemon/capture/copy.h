/* SPDX-License-Identifier: MIT */
#pragma once

#include "daemon/base/err.h"
#include "daemon/base/json.h"
#include "daemon/base/target.h"
#include "daemon/capture/mask.h"

/*
 * The directory of a captured machine while it is written. It is made beside the
 * place where it will be, and has the name that it was given only once all is
 * there. What is in it is for its owner alone: 0700.
 */
typedef struct PfCopy PfCopy;

typedef struct PfCopied {
        size_t files;
        uint64_t bytes; /* in these files */
        PfMasked masked;
} PfCopied;

/**
 * pf_copy_new() - begin
 * @directory: must not be there, or must be an empty directory
 * Return: 0; -ENOTEMPTY, -ENOTDIR, -EACCES, -EROFS … with a text.
 */
int pf_copy_new(const char *directory, PfCopy **ret, PfErr *err) PF_MUST_CHECK;

/* Removes what was not finished. */
PfCopy *pf_copy_free(PfCopy *copy);
PF_DEFINE_CLEANUP(PfCopy, pf_copy_free);

/* Keeps the contents of a file, without secrets: a PfTargetContents, whose data
 * is the copy. A file that is given again is replaced. The text of an error is
 * kept for pf_copy_finish(). */
int pf_copy_contents(const char *path, const char *bytes, size_t n, void *copy);

/**
 * pf_copy_finish() - put every file in its place, with the links that lead there
 * @files: the machine's root, as files (PF_TARGET_AS_FILES): which links there are
 * @about: what PF_CAPTURE_ABOUT will say
 * @books: an object of objects, as from pf_target_stop_recording()
 * Return: 0; -EAGAIN where a link became a directory meanwhile; -ENOSPC, -EEXIST
 *         … with a text that names the file.
 */
int pf_copy_finish(PfCopy *copy, const PfTarget *files, const PfJson *about, const PfJson *books,
                   PfErr *err) PF_MUST_CHECK;

/* Valid as long as the copy. */
const PfCopied *pf_copy_counts(const PfCopy *copy);

/* What the first pf_copy_contents() that failed had to say. */
const PfErr *pf_copy_error(const PfCopy *copy);
