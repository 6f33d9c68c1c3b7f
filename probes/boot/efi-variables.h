/* SPDX-License-Identifier: MIT */
#pragma once

/* Variables of EFI as the kernel shows them in efivarfs. */

#include "daemon/base/buf.h"
#include "daemon/base/err.h"
#include "daemon/base/target.h"

#define PF_EFI_VARIABLES "/sys/firmware/efi/efivars"
#define PF_EFI_VARIABLE_MAX 65536 /* bytes of one */

/* Whose variables: of the specification, of shim, of the Boot Loader Interface. */
#define PF_EFI_GLOBAL "8be4df61-93ca-11d2-aa0d-00e098032b8c"
#define PF_EFI_SHIM "605dab50-e046-4300-abb6-3dd810dd8b23"
#define PF_EFI_LOADER "4a67b082-0a4c-41cf-b6c7-440b29bb8c4f"

/**
 * pf_efi_variable_read() - the value of a variable, without its attributes
 * @ret: empty; with a maximum of PF_EFI_VARIABLE_MAX
 * Rule:   the kernel's Documentation/filesystems/efivarfs.rst: four bytes of
 *         attributes, then the value.
 * Return: 0, PF_TARGET_ABSENT, -EINVAL for a file of less than four bytes, or as
 *         pf_target_read(), with a text.
 */
int pf_efi_variable_read(const PfTarget *target, const char *name, const char *vendor, PfBuf *ret,
                         PfErr *err) PF_MUST_CHECK;

/* The same, of a variable that is a text. The caller frees it. */
int pf_efi_variable_text(const PfTarget *target, const char *name, const char *vendor, char **ret,
                         PfErr *err) PF_MUST_CHECK;

/**
 * pf_efi_started_from() - the file that the firmware started: "/EFI/debian/shimx64.efi"
 * Rule:   UEFI specification, "Boot Manager": BootCurrent names a load option, whose
 *         device path ends in the file. "/EFI/BOOT/BOOTX64.EFI" is not put in where it
 *         names a disk alone.
 * Return: 0; PF_TARGET_ABSENT where it cannot be told; as pf_target_read().
 */
int pf_efi_started_from(const PfTarget *target, char **ret, PfErr *err) PF_MUST_CHECK;
