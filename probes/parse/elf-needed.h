/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * The shared libraries that a program names: DT_NEEDED of elf(5).
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
