/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * Changes what a boot loader's file calls a device, and not one byte beside it.
 *
 * A file is taken apart as its loader does: comments, quotes, escapes and lines
 * that go on. A name is found where the loader would hand it on, as the value of
 * a parameter of the kernel or of a variable, and replaced where it stands;
 * "/dev/sda1" within "/dev/sda10" or "notroot=/dev/sda1" is not it. What is put
 * together from parts is left alone, and so not counted.
 */

#include <stddef.h>

#include "daemon/base/buf.h"
#include "daemon/base/err.h"

typedef enum PfBootSyntax {
        PF_BOOT_SYNTAX_GRUB,     /* grub.cfg: kernels' arguments, and what variables are set to */
        PF_BOOT_SYNTAX_MENU_LST, /* menu.lst: kernels' arguments, and "# kopt=" */
        PF_BOOT_SYNTAX_BLS,      /* an entry of the Boot Loader Specification: options */
        PF_BOOT_SYNTAX_EXTLINUX, /* append, linux, kernel */
        PF_BOOT_SYNTAX_CMDLINE,  /* kernel/cmdline: all lines but comments */
        PF_BOOT_SYNTAX_GRUBENV,  /* values of all variables; the size of the block stays */
        PF_BOOT_SYNTAX_SHELL,    /* /etc/default/grub: what variables are set to */
        PF_BOOT_SYNTAX_TABLE,    /* fstab: the first field of a line */
        PF_BOOT_SYNTAXES,
} PfBootSyntax;

typedef enum PfBootSwapKind {
        PF_BOOT_SWAP_ARGUMENT, /* a parameter of the kernel, wherever it is given one */
        PF_BOOT_SWAP_VARIABLE, /* a variable that holds @from and nothing else */
        PF_BOOT_SWAP_FIELD,    /* of a table */
} PfBootSwapKind;

typedef struct PfBootSwap {
        PfBootSwapKind kind;
        const char *name; /* of the parameter or variable; NULL for a field */
        const char *from; /* as a reader gives it: without quotes and escapes */
        const char *to;   /* of letters, digits and "=-_/.+:" alone, so that it needs no quotes */
        unsigned line;    /* of a field: the only line it counts on */
        size_t n;         /* receives how often it was replaced; added to */
} PfBootSwap;

/* Can this text stand anywhere without quotes? */
bool pf_boot_swap_is_plain(const char *text);

/* Positive outcome: an environment block has no room for the longer text. */
enum { PF_BOOT_EDIT_FULL = 1 };

/**
 * pf_boot_edit() - the text with all of @swaps made
 * @text: @n bytes
 * @ret:  empty; receives the new text. Its maximum counts.
 *
 * Rule:   GRUB manual, "Shell-like scripting", "The GRUB environment block", and the
 *         legacy manual; the Boot Loader Specification; sh(1); fstab(5); and of an
 *         argument next_arg() of the kernel, as kernel-cmdline.h has it.
 * Return: 0, PF_BOOT_EDIT_FULL, -E2BIG, -ENOBUFS, -ENOMEM.
 */
int pf_boot_edit(PfBootSyntax syntax, const char *text, size_t n, PfBootSwap *swaps, size_t n_swaps,
                 PfBuf *ret) PF_MUST_CHECK;
