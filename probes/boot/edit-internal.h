/* SPDX-License-Identifier: MIT */
#pragma once

/* A word taken out of its quotes, with where each of its characters stood. Private to
 * the editor's files. */

#include <stdbool.h>

#include "probes/boot/edit.h"

/* How a text hides characters. */
typedef enum PfBootQuoting {
        PF_BOOT_QUOTING_NONE,
        PF_BOOT_QUOTING_LINES,     /* '\\' before the end of a line, as in menu.lst */
        PF_BOOT_QUOTING_BACKSLASH, /* '\\' before anything, as in grubenv */
        PF_BOOT_QUOTING_OCTAL,     /* "\040", as in fstab */
        PF_BOOT_QUOTING_GRUB,
        PF_BOOT_QUOTING_SHELL,
} PfBootQuoting;

/* In place of what only the loader knows: the value of a variable. In no name of a device. */
#define PF_BOOT_OPAQUE '\x01'

typedef struct PfBootOrigin {
        size_t begin; /* in the text, with what escapes it */
        size_t end;
        char quote; /* that it stands in; 0: none */
} PfBootOrigin;

typedef struct PfBootDecoded {
        PfBuf text;
        PfBuf origins; /* a PfBootOrigin for each byte of it */
} PfBootDecoded;

#define PF_BOOT_DECODED_INIT                                                                       \
        { .text = PF_BUF_INIT(4u << 20), .origins = PF_BUF_INIT(96u << 20) }

void pf_boot_decoded_deinit(PfBootDecoded *decoded);
#define PF_AUTO_BOOT_DECODED PF_CLEANUP(pf_boot_decoded_deinit)

/**
 * pf_boot_decode() - what is meant by text[begin] and what follows, up to @end
 * @stops: characters that end it where they stand outside of quotes; "": none do
 * @ret:   emptied first
 * @ret_next: receives where it ended
 * Return: 0, -E2BIG, -ENOMEM.
 */
int pf_boot_decode(PfBootQuoting quoting, const char *stops, const char *text, size_t begin,
                   size_t end, PfBootDecoded *ret, size_t *ret_next) PF_MUST_CHECK;

typedef struct PfBootEditor {
        const char *text;
        size_t n;
        PfBootSwap *swaps;
        size_t n_swaps;
        size_t copied; /* bytes of the text that were dealt with */
        PfBuf *ret;
} PfBootEditor;

/* Each goes over a part of what was decoded, from the @from-th character on, and makes
 * the swaps that are there. Return: 0, -E2BIG, -ENOBUFS, -ENOMEM. */
int pf_boot_swap_arguments(PfBootEditor *editor, const PfBootDecoded *decoded,
                           size_t from) PF_MUST_CHECK;
/* NAME=VALUE, whose name ends at @n_name. */
int pf_boot_swap_assignment(PfBootEditor *editor, const PfBootDecoded *decoded, size_t n_name,
                            size_t from) PF_MUST_CHECK;
int pf_boot_swap_field(PfBootEditor *editor, const PfBootDecoded *decoded,
                       unsigned line) PF_MUST_CHECK;
