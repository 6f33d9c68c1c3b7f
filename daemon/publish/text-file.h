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
