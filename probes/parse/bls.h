/* SPDX-License-Identifier: MIT */
#pragma once

#include "daemon/base/err.h"
#include "probes/parse/boot-entry.h"

/**
 * pf_bls_parse() - an entry of the Boot Loader Specification: /boot/loader/entries/NAME.conf
 * @path:      of the file; its name is the entry's id, for GRUB without ".conf"
 * @text:      @n bytes
 * @format:    PF_BOOT_BLS: as GRUB's blscfg reads it; PF_BOOT_SYSTEMD_BOOT
 * @variables: of GRUB, put in where "$name" stands; one that is not there is empty.
 *             NULL: not known; they stay, and are not certain. systemd-boot has none.
 * @ret:       the entry is added to it; one that boots nothing is not
 *
 * A kernel is one command "linux", its words the image and the options; each
 * initrd line is a command; "efi" is PF_BOOT_CHAIN. "${name}" is how a variable is written,
 * whichever way it stood.
 *
 * Rule:   The Boot Loader Specification, type 1; of several options lines GRUB takes
 *         the first, systemd-boot all.
 * Return: 0, -E2BIG, -ENOMEM.
 */
int pf_bls_parse(const char *path, const char *text, size_t n, PfBootFormat format,
                 const PfBootSettings *variables, PfBootMenu *ret, PfErr *err) PF_MUST_CHECK;

/**
 * pf_bls_compare() - the order of two entries in the menu: less than 0 if @a stands before @b
 * Rule:   PF_BOOT_BLS: by name, as rpm compares, the newest first. Otherwise the
 *         specification, "Sorting": entries with a sort-key first, by it, machine-id
 *         and version, the newest first; then by name, the newest first. What has no
 *         tries left ("+0" in its name) comes last.
 */
int pf_bls_compare(const PfBootEntry *a, const PfBootEntry *b);

/* The menu's entries from the i-th on in that order. */
void pf_bls_sort(PfBootMenu *menu, size_t i);

/**
 * pf_loader_conf_parse() - settings of systemd-boot: loader.conf
 * Rule:   loader.conf(5): a key, blanks, a value; '#' begins a comment.
 * Return: 0, -E2BIG, -ENOMEM.
 */
int pf_loader_conf_parse(const char *path, const char *text, size_t n, PfBootSettings *ret,
                         PfErr *err) PF_MUST_CHECK;
