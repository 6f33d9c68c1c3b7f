/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * A boot loader's file with every device in it called something else: whatever it
 * names for root= and resume=, or in the first field of a table, and made up what it
 * becomes. For the tests of the editor, with our readers and with other programs.
 */

#include "probes/boot/edit.h"
#include "probes/parse/boot-entry.h"

#define PF_BOOT_RENAMED_MAX 512

typedef struct PfBootRenaming {
        PfBootSwap swaps[PF_BOOT_RENAMED_MAX];
        size_t n;
        PfBootTexts texts; /* of the swaps */
} PfBootRenaming;

void pf_boot_renaming_deinit(PfBootRenaming *renaming);
#define PF_AUTO_BOOT_RENAMING PF_CLEANUP(pf_boot_renaming_deinit)

/* What a reader makes of a file, as words and values: all that the edit may not change, but
 * for the swaps. For each syntax its own reader. */
typedef struct PfBootReading {
        PfBootMenu menu;
        PfBootSettings settings; /* of grubenv, /etc/default/grub, and the fields of fstab */
} PfBootReading;

void pf_boot_reading_deinit(PfBootReading *reading);
#define PF_AUTO_BOOT_READING PF_CLEANUP(pf_boot_reading_deinit)

/* Return: 0; -EINVAL for an environment block that GRUB refuses; other errors of the reader. */
int pf_boot_read(PfBootSyntax syntax, const char *text, size_t n, PfBootReading *ret) PF_MUST_CHECK;

/* A swap for every name in it; what they become is of the same file always. */
int pf_boot_rename_all(PfBootSyntax syntax, const PfBootReading *reading,
                       PfBootRenaming *ret) PF_MUST_CHECK;

/* "grub", "menu.lst" … as the folders of the corpus are called; PF_BOOT_SYNTAXES: none. */
PfBootSyntax pf_boot_syntax_of(const char *folder, const char *file);
