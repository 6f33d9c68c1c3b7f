/* SPDX-License-Identifier: MIT */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The sections of a PE image, as far as programs of EFI are kept in it. */

#define PF_PE_SECTIONS_MAX 96 /* the loader of Windows takes no more */

typedef struct PfPe {
        const uint8_t *bytes; /* the first @n of the image; borrowed */
        size_t n;
        size_t table; /* offset of the table of sections */
        size_t n_sections;
} PfPe;

typedef struct PfPeSection {
        char name[9];
        size_t offset; /* may lie beyond the bytes that were given */
        size_t n;      /* the smaller of both sizes: what is beyond one is no content */
} PfPeSection;

/**
 * pf_pe_open() - find the table of sections
 * Rule:   Microsoft, PE Format: "MS-DOS Stub", "COFF File Header", "Section Table".
 * Return: whether this is a PE image whose table lies within the bytes.
 */
bool pf_pe_open(const void *bytes, size_t n, PfPe *ret);

/* The section at @i, which is below n_sections. */
PfPeSection pf_pe_section(const PfPe *pe, size_t i);

/* Does all of this lie within the bytes? */
bool pf_pe_holds(const PfPe *pe, size_t offset, size_t n);

/* Little-endian numbers; they lie within the bytes. */
uint32_t pf_pe_read32(const uint8_t *at);
uint64_t pf_pe_read64(const uint8_t *at);
