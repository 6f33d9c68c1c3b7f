/* SPDX-License-Identifier: MIT */
/* The modules of an image of GRUB are walked by their headers; no code is looked at. */
#include "probes/parse/grub-image.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "probes/parse/decompress.h"
#include "probes/parse/pe.h"

#define SECTOR 512 /* of a disk: its loader is before the rest of a core image */
#define COMPRESSED_SIZE_AT (SECTOR + 0x08)
#define UNCOMPRESSED_SIZE_AT (SECTOR + 0x0c)
#define CORE_HEAD (SECTOR + 0x20)
#define UNCOMPRESSED_MAX (2u << 20)
#define TRIES_MAX 64   /* magic numbers that are looked behind */
#define TEXT_MAX 65536 /* of a configuration */

enum { HEADER_SIZE = 8, INFO_SIZE_32 = 12, INFO_SIZE_64 = 24 };
enum { TYPE_MEMDISK = 1, TYPE_CONFIG = 2, TYPE_PREFIX = 3 };

static const char magic[4] = { 'm', 'i', 'm', 'g' };

void pf_grub_image_deinit(PfGrubImage *image) {
        free(image->prefix);
        free(image->config);
        *image = (PfGrubImage){ 0 };
}

/* The modules, one behind the other. */
typedef struct Modules {
        const uint8_t *at;
        size_t left;
} Modules;

typedef struct Module {
        uint32_t type;
        const char *bytes;
        size_t n;
} Module;

/* Return: whether there was another; *@ret_broken where there should have been one. */
static bool next_module(Modules *modules, Module *ret, bool *ret_broken) {
        uint32_t size;

        *ret_broken = false;
        if (modules->left == 0)
                return false;
        size = modules->left < HEADER_SIZE ? 0 : pf_pe_read32(modules->at + 4);
        *ret_broken = size < HEADER_SIZE || size > modules->left;
        if (*ret_broken)
                return false;
        *ret = (Module){ .type = pf_pe_read32(modules->at),
                         .bytes = (const char *) modules->at + HEADER_SIZE,
                         .n = size - HEADER_SIZE };
        modules->at += size;
        modules->left -= size;
        return true;
}

/* The information in front of the modules: where they begin and what all of it takes. */
static bool read_info(const uint8_t *at, size_t n, Modules *ret) {
        uint64_t offset, size;

        if (n >= INFO_SIZE_64 && pf_pe_read64(at + 8) == INFO_SIZE_64) {
                offset = INFO_SIZE_64;
                size = pf_pe_read64(at + 16);
        } else if (n >= INFO_SIZE_32 && pf_pe_read32(at + 4) == INFO_SIZE_32) {
                offset = INFO_SIZE_32;
                size = pf_pe_read32(at + 8);
        } else {
                return false;
        }
        if (size < offset || size > n)
                return false;
        *ret = (Modules){ .at = at + offset, .left = (size_t) (size - offset) };
        return true;
}

static bool is_whole(Modules modules) {
        bool is_broken;
        Module module;

        while (next_module(&modules, &module, &is_broken))
                ;
        return !is_broken;
}

/* The code has the magic number in it too: what counts has modules behind it. */
static bool find_modules(const uint8_t *bytes, size_t n, Modules *ret) {
        const uint8_t *at = bytes;

        for (unsigned i = 0; i < TRIES_MAX; i++, at++) {
                at = memmem(at, n - (size_t) (at - bytes), magic, sizeof(magic));
                if (!at)
                        return false;
                if (read_info(at, n - (size_t) (at - bytes), ret) && is_whole(*ret))
                        return true;
        }
        return false;
}

static int take_text(const Module *module, char **ret) {
        char *text = strndup(module->bytes, module->n < TEXT_MAX ? module->n : TEXT_MAX);

        if (!text)
                return -ENOMEM;
        free(*ret);
        *ret = text;
        return 0;
}

static int take_modules(Modules modules, PfGrubImage *ret) {
        bool is_broken;
        Module module;
        int r = 0;

        while (r == 0 && next_module(&modules, &module, &is_broken)) {
                if (module.type == TYPE_CONFIG)
                        r = take_text(&module, &ret->config);
                else if (module.type == TYPE_PREFIX)
                        r = take_text(&module, &ret->prefix);
                ret->has_memdisk = ret->has_memdisk || module.type == TYPE_MEMDISK;
        }
        return r;
}

static int parse_efi(const PfPe *pe, PfGrubImage *ret, PfErr *err) {
        for (size_t i = 0; i < pe->n_sections; i++) {
                const PfPeSection section = pf_pe_section(pe, i);
                Modules modules;

                if (strcmp(section.name, "mods") != 0)
                        continue;
                if (!pf_pe_holds(pe, section.offset, section.n) ||
                    !find_modules(pe->bytes + section.offset, section.n, &modules))
                        return pf_err_set(err, -EINVAL, "its section of modules is broken");
                return take_modules(modules, ret);
        }
        return PF_GRUB_IMAGE_NONE;
}

static int parse_core(const uint8_t *bytes, size_t n, PfGrubImage *ret, PfErr *err) {
        const size_t n_in = n > CORE_HEAD ? pf_pe_read32(bytes + COMPRESSED_SIZE_AT) : 0;
        const size_t n_out = n > CORE_HEAD ? pf_pe_read32(bytes + UNCOMPRESSED_SIZE_AT) : 0;
        PF_AUTO_FREE uint8_t *out = NULL;
        Modules modules;
        int r;

        if (n_in == 0 || n_in > n - CORE_HEAD || n_out == 0 || n_out > UNCOMPRESSED_MAX)
                return PF_GRUB_IMAGE_NONE;
        out = malloc(n_out);
        if (!out)
                return -ENOMEM;
        r = pf_lzma_raw(bytes + (n - n_in), n_in, out, n_out); /* it ends with the image */
        if (r == -EINVAL)
                return PF_GRUB_IMAGE_NONE;
        if (r < 0)
                return pf_err_errno(err, r, "decompressing a core image of GRUB");
        if (!find_modules(out, n_out, &modules))
                return pf_err_set(err, -EINVAL, "its modules are broken");
        return take_modules(modules, ret);
}

int pf_grub_image_parse(const void *bytes, size_t n, PfGrubImage *ret, PfErr *err) {
        PfPe pe;

        return pf_pe_open(bytes, n, &pe) ? parse_efi(&pe, ret, err)
                                         : parse_core(bytes, n, ret, err);
}
