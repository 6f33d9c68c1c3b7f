/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * The names in cpio archives as an initramfs holds them, given bytes piece by
 * piece: nothing but one header and one name is ever kept.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "daemon/base/err.h"

#define PF_CPIO_HEADER_SIZE 110
#define PF_CPIO_NAME_MAX 4096 /* with its NUL, as PATH_MAX of the kernel */

typedef struct PfCpioEntry {
        const char *name; /* as stored, mostly without a leading '/' */
        uint32_t mode;    /* as st_mode of stat(2) */
        uint32_t size_bytes;
} PfCpioEntry;

/* Returns 0 to go on; anything else ends the reading and is passed on. */
typedef int (*PfCpioVisit)(const PfCpioEntry *entry, void *data);

typedef enum PfCpioState {
        PF_CPIO_BETWEEN, /* before an archive, or behind one; begins here when all zero */
        PF_CPIO_HEADER,
        PF_CPIO_NAME,
        PF_CPIO_BODY,
} PfCpioState;

/* All zero is a reader before its first byte. The members are its own. */
typedef struct PfCpio {
        PfCpioState state;
        uint64_t offset;    /* bytes taken so far; what archives are aligned to */
        uint64_t skip;      /* bytes to pass over in PF_CPIO_BODY */
        size_t n;           /* bytes in text */
        size_t name_size;   /* with NUL, and without padding */
        uint64_t n_entries; /* of all archives */
        PfCpioEntry entry;
        char text[PF_CPIO_NAME_MAX + 4]; /* of a header, then of a name */
} PfCpio;

/**
 * pf_cpio_feed() - take the next bytes
 * @ret_used: fewer than @n only where, outside of an archive, a byte comes that
 *            neither begins one nor is padding; or where @visit ended the reading
 *
 * Rule:   "initramfs buffer format" of the kernel's documentation: archives of magic
 *         070701 or 070702, each begun at a multiple of 4 bytes, with any number of
 *         NULs between them; "TRAILER!!!" ends one. A body and a header are padded to
 *         multiples of 4. A name of 0 or of more than PF_CPIO_NAME_MAX bytes is
 *         passed over, as the kernel does.
 * Return: 0; what @visit returned; -EINVAL with a text for what is no archive.
 */
int pf_cpio_feed(PfCpio *cpio, const void *bytes, size_t n, PfCpioVisit visit, void *data,
                 size_t *ret_used, PfErr *err) PF_MUST_CHECK;

/* How many bytes of a file's contents come next, which need not be fed: instead
 * they may be passed over, all or some, with pf_cpio_skip(). */
uint64_t pf_cpio_skippable(const PfCpio *cpio);
void pf_cpio_skip(PfCpio *cpio, uint64_t n);

/* May the bytes end here? Not within an entry, nor before the end of an archive. */
bool pf_cpio_may_end(const PfCpio *cpio);
