/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * The shared libraries that a program names, DT_NEEDED of elf(5), and what is in a
 * section of an object file.
 */

#include <stddef.h>

#include "daemon/base/strv.h"

/* Positive outcome: no dynamic program of this kind of machine. */
enum { PF_ELF_NOT_DYNAMIC = 1 };

/**
 * pf_elf_needed() - "libc.so.6" …, in their order
 * @bytes: the whole file, @n bytes; of either size and byte order
 * Return: 0; PF_ELF_NOT_DYNAMIC for what is no ELF file, is linked statically, or
 *         does not hold what its headers promise; -ENOMEM.
 */
int pf_elf_needed(const char *bytes, size_t n, PfStrv *ret) PF_MUST_CHECK;

/* Positive outcome: no ELF file, or none with that section. */
enum { PF_ELF_NO_SECTION = 1 };

/**
 * pf_elf_section() - the bytes of a section by its name: ".modinfo"
 * @bytes: as above
 * @ret:   receives them, borrowed from @bytes
 * Return: 0; PF_ELF_NO_SECTION, also for a file that does not hold what its headers
 *         promise.
 */
int pf_elf_section(const char *bytes, size_t n, const char *name, const char **ret,
                   size_t *ret_n) PF_MUST_CHECK;
