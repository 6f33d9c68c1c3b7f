/* SPDX-License-Identifier: MIT */
/*
 * The agent's filter driver, in memory and on disk.
 */
#include "probes/system/driver.h"

#include <string.h>

#include "probes/parse/decompress.h"
#include "probes/parse/elf-needed.h"

#define LOADED "/sys/module/" PF_DRIVER_MODULE
#define MODULE_MAX (32u << 20) /* bytes, unpacked */
#define OUT_SIZE (64u << 10)

/* --- a module --- */

/* "version=9.65" among strings that end in NUL. */
static void take_field(const char *info, size_t n, const char *key,
                       char text[static PF_SYSTEM_WORD_MAX]) {
        size_t n_key = strlen(key);

        text[0] = '\0';
        for (size_t at = 0; at < n;) {
                size_t length = strnlen(info + at, n - at);

                if (length > n_key && memcmp(info + at, key, n_key) == 0 &&
                    info[at + n_key] == '=') {
                        (void) snprintf(text, PF_SYSTEM_WORD_MAX, "%.*s",
                                        (int) (length - n_key - 1), info + at + n_key + 1);
                        return;
                }
                at += length + 1;
        }
}

static int unpack(const char *bytes, size_t n, PfCompression compression, PfBuf *module,
                  PfErr *err) {
        PF_CLEANUP(pf_decompressor_freep) PfDecompressor *decompressor = NULL;
        PfDecompressBuffers buffers = { .in = (const uint8_t *) bytes, .n_in = n };
        int r = pf_decompressor_new(compression, &decompressor, err);

        while (r == 0) {
                size_t before = buffers.n_in;

                r = pf_buf_reserve(module, OUT_SIZE);
                if (r < 0)
                        return r == -ENOBUFS ? pf_err_set(err, -EFBIG, "it unpacks to too much")
                                             : r;
                buffers.out = (uint8_t *) module->data + module->n;
                buffers.n_out = OUT_SIZE;
                r = pf_decompressor_step(decompressor, &buffers, true, err);
                module->n += OUT_SIZE - buffers.n_out;
                if (r == 0 && buffers.n_in == before && buffers.n_out == OUT_SIZE)
                        r = pf_err_set(err, -EINVAL, "it is cut off");
        }
        return r < 0 ? r : 0;
}

int pf_driver_build_read(const char *bytes, size_t n, PfDriverBuild *ret, PfErr *err) {
        PF_AUTO_BUF PfBuf module = PF_BUF_INIT(MODULE_MAX);
        PfCompression compression = pf_compression_of(bytes, n);
        const char *info;
        size_t n_info;

        if (compression != PF_COMPRESSION_NONE) {
                int r = unpack(bytes, n, compression, &module, err);

                if (r < 0)
                        return r;
                bytes = module.data;
                n = module.n;
        }
        if (pf_elf_section(bytes ? bytes : "", n, ".modinfo", &info, &n_info) != 0)
                return pf_err_set(err, -EINVAL, "it is no module of the kernel");
        take_field(info, n_info, "version", ret->version);
        take_field(info, n_info, "srcversion", ret->source);
        return 0;
}

/* --- in memory --- */

static int look_loaded(const PfSystemRoom *room, PfFilterDriver *driver, PfErr *err) {
        const struct {
                const char *path;
                char *text;
        } fields[] = { { LOADED "/version", driver->loaded.version },
                       { LOADED "/srcversion", driver->loaded.source } };
        int r = 0;

        driver->is_loaded = room->runs ? pf_system_has(room, LOADED, err) : PF_NO;
        for (size_t i = 0; i < PF_ELEMENTS(fields) && driver->is_loaded == PF_YES && r >= 0; i++)
                r = pf_system_read_word(room, fields[i].path, fields[i].text, err);
        return r < 0 ? r : driver->is_loaded == PF_MAYBE ? err->code : 0;
}

/* --- on disk --- */

/* Where it may lie below /lib/modules/VERSION. */
static const char *const places[] = { "kernel/drivers/char", "extra", "updates" };
static const char *const endings[] = { ".ko", ".ko.xz", ".ko.zst", ".ko.gz" };

static int find_on_disk(const PfSystemRoom *room, PfFilterDriver *driver, PfErr *err) {
        for (size_t i = 0; i < PF_ELEMENTS(places) * PF_ELEMENTS(endings); i++) {
                char path[PF_SYSTEM_PATH_MAX];
                PfMaybe has;

                (void) snprintf(path, sizeof(path), "/lib/modules/%s/%s/" PF_DRIVER_MODULE "%s",
                                room->kernel, places[i / PF_ELEMENTS(endings)],
                                endings[i % PF_ELEMENTS(endings)]);
                has = pf_system_has(room, path, err);
                if (has == PF_MAYBE)
                        return err->code;
                if (has == PF_YES) {
                        memcpy(driver->path, path, sizeof(path));
                        return 0;
                }
        }
        return 0;
}

static int look_on_disk(const PfSystemRoom *room, PfFilterDriver *driver, PfErr *err) {
        PF_AUTO_BUF PfBuf file = PF_BUF_INIT(MODULE_MAX);
        PfErr detail = { 0 };
        int r = find_on_disk(room, driver, err);

        if (r < 0 || !*driver->path || driver->is_loaded != PF_YES)
                return r;
        r = pf_target_read(room->target, driver->path, MODULE_MAX, &file, err);
        if (r != 0)
                return r;
        r = pf_driver_build_read(file.data ? file.data : "", file.n, &driver->on_disk, &detail);
        return r < 0 ? pf_err_set(err, r, "%s: %s", driver->path, pf_err_text(&detail, r)) : 0;
}

int pf_filter_driver_look(const PfSystemRoom *room, PfFilterDriver *ret) {
        PfErr err = { 0 };
        int r;

        *ret = (PfFilterDriver){ .is_loaded = PF_NO };
        r = look_loaded(room, ret, &err);
        if (r == 0 && room->runs)
                r = look_on_disk(room, ret, &err);
        if (r < 0)
                (void) snprintf(ret->reason, sizeof(ret->reason), "%s", pf_err_text(&err, r));
        return r == -ENOMEM ? r : 0;
}

PfMaybe pf_filter_driver_is_current(const PfFilterDriver *driver) {
        if (*driver->loaded.source && *driver->on_disk.source)
                return pf_maybe(strcmp(driver->loaded.source, driver->on_disk.source) == 0);
        if (*driver->loaded.version && *driver->on_disk.version)
                return pf_maybe(strcmp(driver->loaded.version, driver->on_disk.version) == 0);
        return PF_MAYBE;
}
