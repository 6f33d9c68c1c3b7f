/* SPDX-License-Identifier: MIT */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "daemon/base/err.h"
#include "probes/parse/boot-entry.h"

/* As much of an image as is looked at: its texts stand before the kernel. */
#define PF_UKI_HEAD_MAX (4u << 20)

/* Positive outcomes. */
enum {
        PF_UKI_NONE = 1, /* a PE image, but no unified kernel image: no .linux, or no .osrel */
        PF_UKI_CUT = 2,  /* a text lies beyond the bytes that were given */
};

/**
 * pf_uki_parse() - the entries of a unified kernel image: /efi/EFI/Linux/NAME.efi
 * @path:  of the file; its name is the entry's id
 * @bytes: the first @n bytes of it
 * @ret:   an entry for each profile is added to it, of one command "linux": the
 *         image's path and the words of .cmdline. title and version are from .osrel
 *         and .uname. As it was unless 0 is returned.
 *
 * Lines count within .cmdline.
 *
 * Rule:   UAPI Group, Unified Kernel Image specification; PE/COFF as Microsoft's PE
 *         Format has it. Sections before the first .profile are every profile's; one
 *         of the same name in a profile takes their place.
 * Return: 0, a positive outcome, -EINVAL with a text for what is no PE image,
 *         -E2BIG, -ENOMEM.
 */
int pf_uki_parse(const char *path, const void *bytes, size_t n, PfBootMenu *ret,
                 PfErr *err) PF_MUST_CHECK;

/**
 * pf_uki_find_initrd() - where the initramfs lies in a unified kernel image
 * @bytes: the first @n bytes of it
 * Rule:   as above; what systemd-stub(7) adds from files beside the image is not in it.
 * Return: 0; PF_UKI_NONE, where it has no .initrd; -EINVAL with a text for what is no
 *         such image; -ENOTSUP with a text where its profiles have one each.
 */
int pf_uki_find_initrd(const void *bytes, size_t n, uint64_t *ret_offset, uint64_t *ret_size_bytes,
                       PfErr *err) PF_MUST_CHECK;
