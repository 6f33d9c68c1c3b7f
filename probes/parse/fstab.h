/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * Tables of devices: fstab(5) and crypttab(5), with the line of each entry, and
 * with the lines that are none.
 */

#include "daemon/base/err.h"
#include "probes/parse/boot-entry.h"

#define PF_FSTAB_ENTRIES_MAX 4096

typedef struct PfFstabEntry {
        const char *spec; /* the device; all texts borrowed from the table, "\040" decoded */
        const char *file; /* where it is mounted */
        const char *type;
        const char *options; /* "" where there are none */
        int freq;
        int passno;
        const char *path;
        unsigned line;
} PfFstabEntry;

/* All zero is empty. */
typedef struct PfFstab {
        PfFstabEntry *entries;
        size_t n;
        PfBootTexts texts;
        unsigned bad_line; /* the first one that mount(8) would ignore; 0: none */
} PfFstab;

/**
 * pf_fstab_parse() - the entries of /etc/fstab
 * @ret: an empty table; the caller frees it in any case
 *
 * Rule:   fstab(5), as libmount reads it: fields separated by blanks and tabs; '#'
 *         begins a comment where a line begins; device and directory must be there,
 *         and the last two fields numbers, else the line is ignored. "swap" stands
 *         for a directory as it is written.
 * Return: 0, -E2BIG, -ENOMEM.
 */
int pf_fstab_parse(const char *path, const char *text, size_t n, PfFstab *ret,
                   PfErr *err) PF_MUST_CHECK;
void pf_fstab_deinit(PfFstab *fstab);
#define PF_AUTO_FSTAB PF_CLEANUP(pf_fstab_deinit)

/* The entry that is mounted on a directory: the last one; NULL where there is none. */
const PfFstabEntry *pf_fstab_find(const PfFstab *fstab, const char *directory);

/* Is one of the words that ',' separates this one, or "NAME=…"? Return: what stands
 * behind the '=', or behind the name; NULL where there is none. Ends at ',' or the end. */
const char *pf_fstab_option(const char *options, const char *name);

typedef struct PfCrypttabEntry {
        const char *name;   /* of the mapping: /dev/mapper/NAME */
        const char *source; /* the device that is encrypted */
        const char *key;    /* "" where there is none, as for "-" and "none" */
        const char *options;
        const char *path;
        unsigned line;
} PfCrypttabEntry;

typedef struct PfCrypttab {
        PfCrypttabEntry *entries;
        size_t n;
        PfBootTexts texts;
        unsigned bad_line;
} PfCrypttab;

/**
 * pf_crypttab_parse() - the entries of /etc/crypttab
 * Rule:   crypttab(5): name, device, key file, options; the last two may be missing.
 * Return: as pf_fstab_parse().
 */
int pf_crypttab_parse(const char *path, const char *text, size_t n, PfCrypttab *ret,
                      PfErr *err) PF_MUST_CHECK;
void pf_crypttab_deinit(PfCrypttab *crypttab);
#define PF_AUTO_CRYPTTAB PF_CLEANUP(pf_crypttab_deinit)
