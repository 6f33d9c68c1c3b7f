/* SPDX-License-Identifier: MIT */
/*
 * Just enough of elf(5): program headers, the dynamic section, and its strings; and
 * section headers with their names.
 */
#include "probes/parse/elf-needed.h"

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#define HEADERS_MAX 256
#define NEEDED_MAX 1024

enum { LOAD = 1, DYNAMIC = 2 };                        /* p_type */
enum { TAG_END = 0, TAG_NEEDED = 1, TAG_STRINGS = 5 }; /* d_tag */

/* Where fields are in the headers of 32 and of 64 bits. */
typedef struct Layout {
        size_t word;                     /* bytes of an address */
        size_t headers_at;               /* e_phoff */
        size_t header_size;              /* e_phentsize, in 2 bytes; e_phnum follows */
        size_t smallest;                 /* program header */
        size_t offset, address, in_file; /* p_offset, p_vaddr, p_filesz */
        size_t sections_at;              /* e_shoff */
        size_t section_size;             /* e_shentsize; e_shnum and e_shstrndx follow */
        size_t smallest_section;         /* header */
        size_t section_offset;           /* sh_offset; sh_size follows */
} Layout;
static const Layout layouts[] = { { 4, 28, 42, 32, 4, 8, 16, 32, 46, 40, 16 },
                                  { 8, 32, 54, 56, 8, 16, 32, 40, 58, 64, 24 } };

typedef struct Elf {
        const unsigned char *bytes;
        size_t n;
        const Layout *layout;
        bool is_big_endian;
} Elf;

/* 0 beyond the end: no offset of use is 0. */
static uint64_t read_number(const Elf *elf, uint64_t at, size_t size) {
        uint64_t value = 0;

        if (at > elf->n || size > elf->n - at)
                return 0;
        for (size_t i = 0; i < size; i++)
                value = value << 8 | elf->bytes[at + (elf->is_big_endian ? i : size - 1 - i)];
        return value;
}

static uint64_t read_word(const Elf *elf, uint64_t at) {
        return read_number(elf, at, elf->layout->word);
}

static bool open_elf(const char *bytes, size_t n, Elf *ret) {
        if (n < 64 || memcmp(bytes, "\177ELF", 4) != 0 || bytes[4] < 1 || bytes[4] > 2 ||
            bytes[5] < 1 || bytes[5] > 2)
                return false;
        *ret = (Elf){ (const unsigned char *) bytes, n, &layouts[bytes[4] - 1], bytes[5] == 2 };
        return true;
}

typedef struct Segment {
        uint64_t offset;
        uint64_t address;
        uint64_t size;
} Segment;

/* The first segment of a type that holds @address; any where that is 0. */
static bool find_segment(const Elf *elf, uint32_t type, uint64_t address, Segment *ret) {
        const Layout *layout = elf->layout;
        uint64_t at = read_word(elf, layout->headers_at);
        uint64_t size = read_number(elf, layout->header_size, 2);
        uint64_t n = read_number(elf, layout->header_size + 2, 2);

        if (size < layout->smallest || n > HEADERS_MAX || at > elf->n)
                return false;
        for (uint64_t i = 0; i < n; i++, at += size) {
                const Segment segment = { read_word(elf, at + layout->offset),
                                          read_word(elf, at + layout->address),
                                          read_word(elf, at + layout->in_file) };

                if (read_number(elf, at, 4) != type || segment.offset > elf->n)
                        continue;
                if (address &&
                    (address < segment.address || address - segment.address >= segment.size))
                        continue;
                *ret = segment;
                return true;
        }
        return false;
}

/* The place in the file of the table of strings; 0 where there is none. */
static uint64_t find_strings(const Elf *elf, const Segment *dynamic) {
        size_t word = elf->layout->word;
        Segment load;

        for (uint64_t at = 0; at + 2 * word <= dynamic->size; at += 2 * word) {
                uint64_t tag = read_word(elf, dynamic->offset + at);
                uint64_t address = read_word(elf, dynamic->offset + at + word);

                if (tag == TAG_END)
                        return 0;
                if (tag == TAG_STRINGS)
                        return find_segment(elf, LOAD, address, &load)
                                       ? load.offset + (address - load.address)
                                       : 0;
        }
        return 0;
}

static int add_name(const Elf *elf, uint64_t at, PfStrv *names) {
        const char *name = (const char *) elf->bytes + at;

        if (at >= elf->n || names->n >= NEEDED_MAX || !memchr(name, '\0', elf->n - at))
                return PF_ELF_NOT_DYNAMIC;
        return pf_strv_add(names, name);
}

int pf_elf_needed(const char *bytes, size_t n, PfStrv *ret) {
        PF_AUTO_STRV PfStrv names = { 0 };
        Segment dynamic;
        uint64_t strings;
        size_t word;
        Elf elf;
        int r = 0;

        if (!open_elf(bytes, n, &elf) || !find_segment(&elf, DYNAMIC, 0, &dynamic))
                return PF_ELF_NOT_DYNAMIC;
        word = elf.layout->word;
        strings = find_strings(&elf, &dynamic);
        if (strings == 0 || dynamic.size > n)
                return PF_ELF_NOT_DYNAMIC;
        for (uint64_t at = dynamic.offset; r == 0 && at + 2 * word <= dynamic.offset + dynamic.size;
             at += 2 * word) {
                uint64_t tag = read_word(&elf, at);

                if (tag == TAG_END)
                        break;
                if (tag == TAG_NEEDED)
                        r = add_name(&elf, strings + read_word(&elf, at + word), &names);
        }
        if (r != 0)
                return r;
        *ret = names;
        names = (PfStrv){ 0 };
        return 0;
}

/* The header of section @i holds where it is; false where that is not in the file. */
static bool read_section(const Elf *elf, uint64_t i, const char **ret, size_t *ret_n) {
        const Layout *layout = elf->layout;
        uint64_t header =
                read_word(elf, layout->sections_at) + i * read_number(elf, layout->section_size, 2);
        uint64_t offset = read_word(elf, header + layout->section_offset);
        uint64_t size = read_word(elf, header + layout->section_offset + layout->word);

        if (offset == 0 || offset > elf->n || size > elf->n - offset)
                return false;
        *ret = (const char *) elf->bytes + offset;
        *ret_n = (size_t) size;
        return true;
}

int pf_elf_section(const char *bytes, size_t n, const char *name, const char **ret, size_t *ret_n) {
        size_t n_names, length = strlen(name) + 1;
        const char *names;
        uint64_t sections;
        Elf elf;

        if (!open_elf(bytes, n, &elf) ||
            read_number(&elf, elf.layout->section_size, 2) < elf.layout->smallest_section ||
            read_word(&elf, elf.layout->sections_at) > n ||
            !read_section(&elf, read_number(&elf, elf.layout->section_size + 4, 2), &names,
                          &n_names))
                return PF_ELF_NO_SECTION;
        sections = read_number(&elf, elf.layout->section_size + 2, 2);
        for (uint64_t i = 0; i < sections; i++) {
                uint64_t header = read_word(&elf, elf.layout->sections_at) +
                                  i * read_number(&elf, elf.layout->section_size, 2);
                uint64_t at = read_number(&elf, header, 4);

                if (at < n_names && n_names - at >= length && memcmp(names + at, name, length) == 0)
                        return read_section(&elf, i, ret, ret_n) ? 0 : PF_ELF_NO_SECTION;
        }
        return PF_ELF_NO_SECTION;
}
