/* SPDX-License-Identifier: MIT */
#pragma once

#include "daemon/base/err.h"
#include "daemon/base/maybe.h"
#include "daemon/base/target.h"

/* Positive outcomes. */
enum {
        PF_BOOT_BUILT_IN_NONE = 1, /* there is no such file, or it is no image of GRUB */
        PF_BOOT_BUILT_IN_OPEN,     /* it depends on what only the machine can tell */
};

/**
 * pf_boot_built_in() - the configuration that an image of GRUB reads: "/boot/grub/grub.cfg"
 * @path: of the image on the machine
 * @ret:  receives its path on the file system that it lies on, without the device; the
 *        caller frees it. pf_boot_is_at() finds it on the machine.
 *
 * Rule:  GRUB manual, "Embedded configuration": commands that are built in are run; they may
 *        set prefix, or hand over. Then $prefix/grub.cfg is read.
 * Return: 0; a positive outcome; a negative errno with a text.
 */
int pf_boot_built_in(const PfTarget *target, const char *path, char **ret,
                     PfErr *err) PF_MUST_CHECK;

/**
 * pf_boot_built_in_all() - the configuration that every image of GRUB on the machine reads
 * @efi: was it started by EFI? Then the images on its partition count: where the firmware
 *       tells, those of the directory that it started. Else the core images of a BIOS; or both.
 * Return: 0; PF_BOOT_BUILT_IN_NONE: there is no image; PF_BOOT_BUILT_IN_OPEN: they do not
 *         agree, or one cannot be told; -ENOMEM.
 */
int pf_boot_built_in_all(const PfTarget *target, PfMaybe efi, char **ret) PF_MUST_CHECK;
