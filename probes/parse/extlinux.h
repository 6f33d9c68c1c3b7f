/* SPDX-License-Identifier: MIT */
#pragma once

#include "daemon/base/err.h"
#include "probes/parse/boot-entry.h"

#define PF_EXTLINUX_FILE_MAX (1u << 20)
#define PF_EXTLINUX_FILES_MAX 64 /* read, as often as they are included */

/**
 * pf_extlinux_load() - extlinux.conf, syslinux.cfg, isolinux.cfg, and what they include
 * @path:  of the file, for evidence
 * @text:  @n bytes
 * @files: for INCLUDE and MENU INCLUDE, as the line names them; or NULL: they are only
 *         put on record, as PF_BOOT_CONFIG outside of entries
 * @ret:   an empty menu; the caller frees it in any case
 *
 * An entry's id is its LABEL; "default" and "ontimeout" are settings, and
 * "menu default" is the label that has this line. A kernel is one command, its
 * words the image and what APPEND gives it; an "initrd=" of APPEND is a command too.
 *
 * Rule:   the SYSLINUX project's doc/syslinux.txt and menu.txt; U-Boot's
 *         doc/README.pxe. Keywords in any case; APPEND before the first label is for
 *         all that have none of their own; "APPEND -" is none.
 * Return: 0, -E2BIG, -ENOMEM.
 */
int pf_extlinux_load(const char *path, const char *text, size_t n, const PfBootFiles *files,
                     PfBootMenu *ret, PfErr *err) PF_MUST_CHECK;
