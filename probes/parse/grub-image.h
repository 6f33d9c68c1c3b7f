/* SPDX-License-Identifier: MIT */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "daemon/base/err.h"

/*
 * GRUB itself, as grub-mkimage(1) makes it: what is built into it says which
 * configuration it reads.
 */

#define PF_GRUB_IMAGE_MAX (16u << 20) /* bytes of an image; larger ones hold fonts */

/* All zero is empty. */
typedef struct PfGrubImage {
        char *prefix;     /* "(,msdos1)/boot/grub", "/EFI/debian"; NULL: none is built in */
        char *config;     /* commands that are run first; NULL: none */
        bool has_memdisk; /* files are built in, which the commands may read */
} PfGrubImage;

void pf_grub_image_deinit(PfGrubImage *image);
#define PF_AUTO_GRUB_IMAGE PF_CLEANUP(pf_grub_image_deinit)

/* Positive outcome: it is no image of GRUB 2 for EFI or for a BIOS. */
enum { PF_GRUB_IMAGE_NONE = 1 };

/**
 * pf_grub_image_parse() - what is built into an image
 * @bytes: all @n of grubx64.efi, or of core.img, as grub-install(8) leaves it beside
 *         its modules; both are released by the caller also after an error
 *
 * Rule:   include/grub/kernel.h of GRUB 2: an area of modules, each with its type, of
 *         which one is the prefix and one the configuration. For EFI it is the section
 *         "mods"; for a BIOS it lies behind the kernel, compressed with LZMA, whose sizes
 *         are in the part that decompresses it (include/grub/offsets.h).
 * Return: 0; PF_GRUB_IMAGE_NONE; -EINVAL with a text for an image that is broken; -ENOTSUP
 *         where this program was built without LZMA; -ENOMEM.
 */
int pf_grub_image_parse(const void *bytes, size_t n, PfGrubImage *ret, PfErr *err) PF_MUST_CHECK;
