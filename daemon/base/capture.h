/* SPDX-License-Identifier: MIT */
#pragma once

#include "daemon/base/err.h"
#include "daemon/base/json.h"
#include "daemon/base/target.h"

/*
 * What a captured machine answered that no copy of its files can: kept with the
 * copy, and given again when the copy is checked elsewhere.
 *
 * PF_CAPTURE_SPACE is one object. Each member is a path as the machine was
 * asked for it, and what its file system said, in the words of PfSpace:
 *
 *   { "/tmp": { "device": 36, "freeBytes": 1024, "rootFreeBytes": 1024,
 *               "totalBytes": 2048, "freeInodes": 7, "totalInodes": 9,
 *               "readOnly": false, "noExec": true, "tmpfs": true } }
 *
 * totalBytes and both numbers of free bytes have to be there; what else is left
 * out is 0 or false, so that one can be written by hand.
 */
#define PF_CAPTURE_DIRECTORY "/.preflight"
#define PF_CAPTURE_SPACE PF_CAPTURE_DIRECTORY "/statfs.json"
#define PF_CAPTURE_SPACE_MAX (1u << 20) /* bytes of the file */

/**
 * pf_capture_find_space() - the answer for one path
 * @text: @n bytes: the file
 * Return: 0; PF_TARGET_ABSENT where the path was not asked for; -EINVAL with a
 *         text for a file or a number that is wrong; -ENOMEM.
 */
int pf_capture_find_space(const char *text, size_t n, const char *path, PfSpace *ret,
                          PfErr *err) PF_MUST_CHECK;

/* The answer as a member of such an object, which the caller frees; NULL: out of memory. */
PfJson *pf_capture_space_to_json(const PfSpace *space);
