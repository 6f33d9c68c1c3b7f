/* SPDX-License-Identifier: MIT */
#pragma once

/* What the files that load the inventory share. Private to them. */

#include "probes/boot/inventory.h"

/* A copy of a text that lives as long as the inventory. Return: 0, -E2BIG, -ENOMEM. */
int pf_boot_inventory_text(PfBootInventory *inventory, const char *text,
                           const char **ret) PF_MUST_CHECK;

/* Note why something could not be read; -ENOMEM stays an error, as does nothing else. */
int pf_boot_inventory_problem(PfBootInventory *inventory, int code, const char *path,
                              const PfErr *err) PF_MUST_CHECK;

/* Find the loaders and read their menus: loaders.c. */
int pf_boot_load_loaders(const PfTarget *target, PfBootInventory *inventory,
                         PfErr *err) PF_MUST_CHECK;

/* Read what the loaders' files are generated from, the tables, and the running
 * command line: settings.c. */
int pf_boot_load_settings(const PfTarget *target, PfBootInventory *inventory,
                          PfErr *err) PF_MUST_CHECK;

/* Tell which loader is the machine's: live.c. */
int pf_boot_judge_live(const PfTarget *target, PfBootInventory *inventory,
                       PfErr *err) PF_MUST_CHECK;

/* Mark what each loader starts if nobody chooses: default-item.c. */
int pf_boot_mark_next(const PfTarget *target, PfBootInventory *inventory, PfErr *err) PF_MUST_CHECK;

/* The statements of all that was read: statements.c. */
int pf_boot_collect_statements(const PfTarget *target, PfBootInventory *inventory,
                               PfErr *err) PF_MUST_CHECK;

/**
 * pf_boot_locate() - a file as a loader names it, on the machine
 * @path: "/grub2/grub.cfg", "($root)/boot/grub/grub.cfg": on the file system of /, of
 *        /boot, or of the EFI partition; a subvolume "/@" before it does not count
 * @ret:  the caller frees it
 * Return: 0, PF_TARGET_ABSENT, or as pf_target_stat().
 */
int pf_boot_locate(const PfTarget *target, const char *path, char **ret, PfErr *err) PF_MUST_CHECK;

/* Does a loader that names @path mean the file that the machine names @file? The case of
 * names on an EFI partition is free. */
bool pf_boot_is_at(const char *path, const char *file);
