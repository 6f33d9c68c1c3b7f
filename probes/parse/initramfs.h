/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * The files in an initramfs, as the kernel would unpack it: cpio archives one behind
 * the other, the early ones as they are, others compressed. Read for their names,
 * piece by piece; what it unpacks to is never kept.
 */

#include <stdbool.h>

#include "daemon/base/err.h"
#include "probes/parse/cpio.h"

/* Bytes that archives may unpack to, and files in them: more is a bomb. */
#define PF_INITRAMFS_UNPACKED_MAX (UINT64_C(2) << 30)
#define PF_INITRAMFS_ENTRIES_MAX (1u << 20)

/* Where the bytes come from; as pf_target_file_read() and pf_target_file_skip(). */
typedef struct PfInitramfsInput {
        int (*read)(void *data, void *bytes, size_t n, size_t *ret_n, PfErr *err);
        int (*skip)(void *data, uint64_t n, uint64_t *ret_n, PfErr *err);
        void *data;
} PfInitramfsInput;

/**
 * pf_initramfs_read() - the names in all archives, in their order
 * @visit: gets each file, directory and link; ends the reading with what is not 0
 *
 * Rule:   "initramfs buffer format" of the kernel's documentation, and what
 *         init/initramfs.c does with it: archives begin at multiples of 4 bytes; NULs
 *         lie between them; what a compressed stream holds is archives too.
 * Return: 0; what @visit returned; -EINVAL with a text for an image that the kernel
 *         would not take, or that is cut off; -ENOTSUP for a compression that this
 *         program was built without; -EFBIG beyond a limit; -EIO, -ENOMEM.
 */
int pf_initramfs_read(const PfInitramfsInput *input, PfCpioVisit visit, void *data,
                      PfErr *err) PF_MUST_CHECK;
