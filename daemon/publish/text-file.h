/* SPDX-License-Identifier: MIT */
#pragma once

#include "daemon/base/err.h"
#include "daemon/platform/fsops.h"

/**
 * pf_text_file_write() - a file whose readers see the old text or the new one
 * @ops:  the calls that change a file system
 * @path: absolute; its directory is there
 *
 * The new one is written beside it, with a name that begins with a dot and does not end
 * as its own does, mode 0644, brought to the disk and renamed. Of a failure nothing is left.
 * Return: 0; with a text -ENOENT, -EROFS, -ENOSPC, -EACCES …
 */
int pf_text_file_write(const PfFsOps *ops, const char *path, const char *bytes, size_t n,
                       PfErr *err) PF_MUST_CHECK;

/* Positive outcome: there is no such file. */
enum { PF_TEXT_FILE_ABSENT = 1 };

/**
 * pf_text_file_remove() - remove the file, and what one that was killed left beside it
 * @mark: with which every file that we write begins; another one is somebody else's, and stays
 * Return: 0, PF_TEXT_FILE_ABSENT; with a text -EBADMSG (not ours), -EROFS, -EACCES, -EIO …
 */
int pf_text_file_remove(const PfFsOps *ops, const char *path, const char *mark,
                        PfErr *err) PF_MUST_CHECK;
