/* SPDX-License-Identifier: MIT */
#pragma once

#include "daemon/base/target.h"

/*
 * A machine as it would be after changes that nobody has made yet: a target that
 * reads as another one does, but for some files. A plan's probes look at it.
 *
 * A file is known by what it is, not by its name: it is the same one through a
 * symbolic link, a hard link or a bind mount; a file that is not there yet, by its
 * directory and its name, so that lists and wildcards find it.
 *
 * Everything is put into it before anybody else uses it.
 */

/**
 * pf_overlay_new() - a target that reads as @under does
 * @under: a reference is taken. It records nothing of what is asked of *@ret.
 * Return: 0, -ENOMEM, or as pf_target_new().
 */
int pf_overlay_new(PfTarget *under, PfTarget **ret, PfErr *err) PF_MUST_CHECK;

/**
 * pf_overlay_put() - from now on the file holds these bytes
 * @path: followed as pf_target_read() does. Where nothing is there it becomes a
 *        file of root's with mode 0644, for which its directory must be there.
 * @bytes: @n of them, copied
 * Return: 0, -ENOMEM, -ENOENT, -EISDIR, -EINVAL (no regular file) … with a text.
 */
int pf_overlay_put(PfTarget *overlay, const char *path, const void *bytes, size_t n,
                   PfErr *err) PF_MUST_CHECK;

/* From now on there is no such file. Return: as pf_overlay_put(); -ENOENT where there is none. */
int pf_overlay_remove(PfTarget *overlay, const char *path, PfErr *err) PF_MUST_CHECK;

/**
 * pf_overlay_answer() - what the machine's kernel or service manager would say then
 * @book, @question: as in pf_target_recall(), which finds this before it finds
 *                   what was captured, and instead of what the host says now
 * @answer_take:     taken over, also on error
 */
int pf_overlay_answer(PfTarget *overlay, const char *book, const char *question,
                      PfJson *answer_take) PF_MUST_CHECK;
