/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * grub.cfg: what the menu would hold, and what each entry would load.
 *
 * The script is evaluated as far as a file can tell. A condition that only the
 * machine can decide (firmware, hardware, keys) has both its branches taken, and
 * what stands in them is marked; a condition that is known has the other branch
 * kept too, marked as never reached, since people edit those lines as well.
 */

#include "daemon/base/buf.h"
#include "daemon/base/err.h"
#include "probes/parse/boot-entry.h"

/* Limits; beyond them evaluating fails with -E2BIG. */
#define PF_GRUB_FILE_MAX (4u << 20)   /* bytes of one file */
#define PF_GRUB_FILES_MAX 64          /* read, as often as they are */
#define PF_GRUB_STEPS_MAX (64u << 10) /* statements run */
#define PF_GRUB_CALLS_MAX 32          /* functions, files and menus within each other */
#define PF_GRUB_VARIABLES_MAX 512

/**
 * pf_grub_script_load() - read a script and what it includes
 * @path:   of the script, for evidence
 * @text:   @n bytes of it
 * @preset: variables that are set before it runs: prefix, root, grub_platform; or NULL
 * @files:  for source, configfile, load_env and tests of files, or NULL: not known. A
 *          path has its variables put in, and begins with '/', or with a device in
 *          brackets: "(hd0,gpt2)/grub2/custom.cfg"
 * @ret:    an empty menu; receives entries, commands outside of entries, and in
 *          settings the variables as they are at the end: default, timeout,
 *          saved_entry, next_entry … Also after an error it holds what was found
 *          so far; the caller frees it in any case.
 *
 * A variable that nothing set is empty, but those that GRUB itself sets on a
 * machine (prefix, root, grub_platform, net_…), and any once load_env or source
 * could not be followed, are not known: they stay "${name}" in what is expanded.
 * Assignments are commands of verb PF_BOOT_SET, one written word "NAME=VALUE".
 *
 * Rule:   GRUB manual, "Writing full configuration files directly" and "Commands"; a
 *         menu entry runs with the variables as they are when the script has
 *         ended; a submenu sees what was exported, and so does a configfile.
 * Return: 0, -E2BIG beyond a limit, -ENOMEM.
 */
int pf_grub_script_load(const char *path, const char *text, size_t n, const PfBootSettings *preset,
                        const PfBootFiles *files, PfBootMenu *ret, PfErr *err) PF_MUST_CHECK;
