/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * The kernel's modules in an initramfs, by the kernel that they are for.
 */

#include <stdbool.h>

#include "daemon/base/target.h"

#define PF_MODULE_NAME_MAX 64

/* The name of a module out of the name of its file, "a/dm-mod.ko.xz": "dm_mod". False
 * where the file is none. Rule: modprobe(8): '-' and '_' are alike. */
bool pf_module_name(const char *path, char ret[static PF_MODULE_NAME_MAX]);

/* @version: as uname -r prints it, or "" for a module of no kernel's directory. Returns 0
 * to go on; anything else ends the listing and is passed on. */
typedef int (*PfModuleVisit)(const char *version, const char *name, void *data);

/**
 * pf_initramfs_modules() - the modules in an initramfs of a machine
 * @path: of the image, or of a unified kernel image that holds it
 *
 * The image is read to its end once, and its answer kept as pf_target_derive() does:
 * in the book "initramfs", as lines ":VERSION", each before the names of its modules,
 * and "!ERRNO TEXT" at the end where the image is wrong from there on.
 *
 * Rule:   as pf_initramfs_read(); Unified Kernel Image specification, ".initrd". One
 *         without that section has no initramfs.
 * Return: 0; what @visit returned; PF_TARGET_ABSENT; -EINVAL, -EFBIG, -ENOTSUP, with a
 *         text that begins with the path and after the modules before that place; as
 *         pf_target_open().
 */
int pf_initramfs_modules(const PfTarget *target, const char *path, PfModuleVisit visit, void *data,
                         PfErr *err) PF_MUST_CHECK;
