/* SPDX-License-Identifier: MIT */
#include "probes/parse/pe.h"

#include <string.h>

enum {
        PE_OFFSET_AT = 0x3c,
        COFF_SIZE = 20,
        COFF_SECTIONS_AT = 2,
        COFF_OPTIONAL_SIZE_AT = 16,
        SECTION_SIZE = 40,
        SECTION_VIRTUAL_SIZE_AT = 8,
        SECTION_RAW_SIZE_AT = 16,
        SECTION_RAW_AT = 20,
};

static unsigned read16(const uint8_t *at) {
        return at[0] | (unsigned) at[1] << 8;
}

uint32_t pf_pe_read32(const uint8_t *at) {
        return read16(at) | (uint32_t) read16(at + 2) << 16;
}

uint64_t pf_pe_read64(const uint8_t *at) {
        return pf_pe_read32(at) | (uint64_t) pf_pe_read32(at + 4) << 32;
}

bool pf_pe_holds(const PfPe *pe, size_t offset, size_t n) {
        return offset <= pe->n && n <= pe->n - offset;
}

bool pf_pe_open(const void *bytes, size_t n, PfPe *ret) {
        PfPe pe = { .bytes = bytes, .n = n };
        size_t coff;

        if (!pf_pe_holds(&pe, 0, PE_OFFSET_AT + 4) || memcmp(bytes, "MZ", 2) != 0)
                return false;
        coff = pf_pe_read32(pe.bytes + PE_OFFSET_AT);
        if (!pf_pe_holds(&pe, coff, 4 + COFF_SIZE) || memcmp(pe.bytes + coff, "PE\0\0", 4) != 0)
                return false;
        coff += 4;
        pe.n_sections = read16(pe.bytes + coff + COFF_SECTIONS_AT);
        pe.table = coff + COFF_SIZE + read16(pe.bytes + coff + COFF_OPTIONAL_SIZE_AT);
        if (pe.n_sections > PF_PE_SECTIONS_MAX ||
            !pf_pe_holds(&pe, pe.table, pe.n_sections * SECTION_SIZE))
                return false;
        *ret = pe;
        return true;
}

PfPeSection pf_pe_section(const PfPe *pe, size_t i) {
        const uint8_t *at = pe->bytes + pe->table + i * SECTION_SIZE;
        const uint32_t virtual_size = pf_pe_read32(at + SECTION_VIRTUAL_SIZE_AT);
        const uint32_t raw_size = pf_pe_read32(at + SECTION_RAW_SIZE_AT);
        PfPeSection section = { .offset = pf_pe_read32(at + SECTION_RAW_AT) };

        memcpy(section.name, at, sizeof(section.name) - 1);
        section.n = virtual_size && virtual_size < raw_size ? virtual_size : raw_size;
        return section;
}
