/* SPDX-License-Identifier: MIT */
#pragma once

#include "daemon/base/err.h"
#include "daemon/base/target.h"

/**
 * pf_path_resolve() - where a path leads, whether or not it is there yet
 * @path:         absolute
 * @ret_real:     the path without links, "." and ".."; what does not exist yet is
 *                appended as it stands
 * @ret_existing: the part of it that exists: all of it, or the nearest directory
 *
 * Ownership:     the caller frees both.
 * Return:        0; -ELOOP, -ENAMETOOLONG, -EACCES, -ENOMEM … with a text.
 */
int pf_path_resolve(const PfTarget *target, const char *path, char **ret_real, char **ret_existing,
                    PfErr *err) PF_MUST_CHECK;
