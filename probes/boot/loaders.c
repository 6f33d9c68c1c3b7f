/* SPDX-License-Identifier: MIT */
/*
 * The boot loaders of a machine: every place where one keeps its configuration,
 * and what the reader of its format makes of it.
 */
#include "probes/boot/inventory-internal.h"

#include <string.h>

#include "probes/parse/bls.h"
#include "probes/parse/extlinux.h"
#include "probes/parse/grub-env.h"
#include "probes/parse/grub-legacy.h"
#include "probes/parse/grub-script.h"
#include "probes/parse/uki.h"

typedef struct Gather {
        const PfTarget *target;
        PfBootInventory *inventory;
        PfBootLoader *loader; /* that is being read */
        PfErr *err;
} Gather;

/* Reads one file into the menu of the loader. Return: 0 or a negative errno with a text. */
typedef int (*ReadFn)(Gather *gather, const char *path, PfErr *err);

typedef struct Source {
        const char *pattern; /* as glob(3); the case of names on an EFI partition is free */
        PfBootFormat format;
        ReadFn read;
} Source;

static int read_text(Gather *gather, const char *path, size_t max, PfBuf *buf, PfErr *err) {
        int r = pf_target_read(gather->target, path, max, buf, err);

        return r == PF_TARGET_ABSENT
                       ? pf_err_set(err, -ENOENT, "%s: went away while it was read", path)
                       : r;
}

/* What a loader's file includes. */
static int read_included(void *data, const char *path, size_t max, PfBuf *buf, PfErr *err) {
        Gather *gather = data;
        PF_AUTO_FREE char *found = NULL;
        int r = pf_boot_locate(gather->target, path, &found, err);

        return r != 0 ? r : pf_target_read(gather->target, found, max, buf, err);
}

/* A path beside the file: "/boot/extlinux/x" for "x" in /boot/extlinux/extlinux.conf. */
static int read_beside(void *data, const char *path, size_t max, PfBuf *buf, PfErr *err) {
        Gather *gather = data;
        const char *base = gather->loader->path;
        char beside[4096];

        if (*path == '/')
                return read_included(data, path, max, buf, err);
        if (snprintf(beside, sizeof(beside), "%.*s%s", (int) (strrchr(base, '/') - base + 1), base,
                     path) >= (int) sizeof(beside))
                return -ENAMETOOLONG;
        return pf_target_read(gather->target, beside, max, buf, err);
}

static int preset(PfBootSettings *settings, const char *name, const char *value) {
        return pf_boot_settings_add(
                settings,
                &(PfBootSetting){ .name = name, .value = value, .path = "", .certain = true });
}

/* What GRUB sets before it reads its file, as far as it can be told from outside. */
static int make_presets(const PfBootInventory *inventory, const char *path, PfBootSettings *ret) {
        PF_AUTO_FREE char *directory = strndup(path, (size_t) (strrchr(path, '/') - path));
        int r = directory ? preset(ret, "prefix", directory) : -ENOMEM;

        if (r == 0)
                r = preset(ret, "config_directory", directory);
        if (r == 0 && inventory->efi != PF_MAYBE)
                r = preset(ret, "grub_platform", inventory->efi == PF_YES ? "efi" : "pc");
        return r;
}

static int read_grub(Gather *gather, const char *path, PfErr *err) {
        const PfBootFiles files = { .read = read_included, .data = gather };
        PF_AUTO_BOOT_SETTINGS PfBootSettings presets = { 0 };
        PF_AUTO_BUF PfBuf buf = PF_BUF_INIT(PF_GRUB_FILE_MAX);
        int r = read_text(gather, path, PF_GRUB_FILE_MAX, &buf, err);

        if (r == 0)
                r = make_presets(gather->inventory, path, &presets);
        return r < 0 ? r
                     : pf_grub_script_load(path, buf.data ? buf.data : "", buf.n, &presets, &files,
                                           &gather->loader->menu, err);
}

static int read_menu_lst(Gather *gather, const char *path, PfErr *err) {
        PF_AUTO_BUF PfBuf buf = PF_BUF_INIT(PF_GRUB_FILE_MAX);
        int r = read_text(gather, path, PF_GRUB_FILE_MAX, &buf, err);

        return r < 0 ? r
                     : pf_grub_legacy_parse(path, buf.data ? buf.data : "", buf.n,
                                            &gather->loader->menu, err);
}

static int read_extlinux(Gather *gather, const char *path, PfErr *err) {
        const PfBootFiles files = { .read = read_beside, .data = gather };
        PF_AUTO_BUF PfBuf buf = PF_BUF_INIT(PF_EXTLINUX_FILE_MAX);
        int r = read_text(gather, path, PF_EXTLINUX_FILE_MAX, &buf, err);

        return r < 0 ? r
                     : pf_extlinux_load(path, buf.data ? buf.data : "", buf.n, &files,
                                        &gather->loader->menu, err);
}

#define BLS_FILE_MAX (1u << 20)

/* The GRUB that reads entries of the specification; its variables stand in them. */
static const PfBootLoader *find_blscfg(const PfBootInventory *inventory) {
        for (size_t i = 0; i < inventory->n_loaders; i++) {
                const PfBootLoader *loader = &inventory->loaders[i];

                for (size_t j = 0; loader->format == PF_BOOT_GRUB && j < loader->menu.outside.n;
                     j++)
                        if (loader->menu.outside.items[j].verb == PF_BOOT_BLSCFG &&
                            loader->menu.outside.items[j].when != PF_BOOT_NEVER)
                                return loader;
        }
        return NULL;
}

/* The variables of the GRUB that reads the entries; without its configuration, those
 * of the environment block that it would load. */
static const PfBootSettings *bls_variables(const Gather *gather) {
        const PfBootLoader *grub = find_blscfg(gather->inventory);

        if (grub)
                return &grub->menu.settings;
        return gather->inventory->files.n ? &gather->inventory->files : NULL;
}

static int read_entry(Gather *gather, const char *path, PfErr *err) {
        PF_AUTO_BUF PfBuf buf = PF_BUF_INIT(BLS_FILE_MAX);
        int r = read_text(gather, path, BLS_FILE_MAX, &buf, err);

        return r < 0 ? r
                     : pf_bls_parse(path, buf.data ? buf.data : "", buf.n, gather->loader->format,
                                    bls_variables(gather), &gather->loader->menu, err);
}

static int read_image(Gather *gather, const char *path, PfErr *err) {
        PF_AUTO_BUF PfBuf buf = PF_BUF_INIT(PF_UKI_HEAD_MAX);
        int r = pf_target_read_head(gather->target, path, PF_UKI_HEAD_MAX, &buf, err);

        if (r != 0)
                return r < 0 ? r : -ENOENT;
        r = pf_uki_parse(path, buf.data ? buf.data : "", buf.n, &gather->loader->menu, err);
        if (r == PF_UKI_CUT)
                return pf_err_set(err, -EFBIG,
                                  "%s: its command line stands behind the first %u MiB", path,
                                  PF_UKI_HEAD_MAX >> 20);
        return r < 0 ? r : 0;
}

/* A loader has one file, and what it includes. */
static const Source files[] = {
        { "/boot/grub/grub.cfg", PF_BOOT_GRUB, read_grub },
        { "/boot/grub2/grub.cfg", PF_BOOT_GRUB, read_grub },
        { "/boot/grub2-efi/grub.cfg", PF_BOOT_GRUB, read_grub },
        { "/boot/efi/[Ee][Ff][Ii]/*/grub.cfg", PF_BOOT_GRUB, read_grub },
        { "/efi/[Ee][Ff][Ii]/*/grub.cfg", PF_BOOT_GRUB, read_grub },
        { "/boot/[Ee][Ff][Ii]/*/grub.cfg", PF_BOOT_GRUB, read_grub },
        { "/boot/efi/[Ee][Ff][Ii]/*/grub2/grub.cfg", PF_BOOT_GRUB, read_grub },
        { "/boot/grub/menu.lst", PF_BOOT_MENU_LST, read_menu_lst },
        { "/boot/grub/grub.conf", PF_BOOT_MENU_LST, read_menu_lst },
        { "/boot/efi/[Ee][Ff][Ii]/*/grub.conf", PF_BOOT_MENU_LST, read_menu_lst },
        { "/boot/extlinux/extlinux.conf", PF_BOOT_EXTLINUX, read_extlinux },
        { "/boot/extlinux.conf", PF_BOOT_EXTLINUX, read_extlinux },
        { "/extlinux/extlinux.conf", PF_BOOT_EXTLINUX, read_extlinux },
        { "/boot/syslinux/syslinux.cfg", PF_BOOT_EXTLINUX, read_extlinux },
        { "/boot/syslinux/extlinux.conf", PF_BOOT_EXTLINUX, read_extlinux },
        { "/boot/efi/[Ee][Ff][Ii]/*/syslinux.cfg", PF_BOOT_EXTLINUX, read_extlinux },
        { "/efi/[Ee][Ff][Ii]/*/syslinux.cfg", PF_BOOT_EXTLINUX, read_extlinux },
};

/* Entries that have a file each. What reads the first directory, GRUB or
 * systemd-boot, is found out. */
static const Source directories[] = {
        { "/boot/loader/entries/*.conf", PF_BOOT_BLS, read_entry },
        { "/boot/efi/loader/entries/*.conf", PF_BOOT_SYSTEMD_BOOT, read_entry },
        { "/efi/loader/entries/*.conf", PF_BOOT_SYSTEMD_BOOT, read_entry },
        { "/boot/efi/[Ee][Ff][Ii]/[Ll][Ii][Nn][Uu][Xx]/*.[Ee][Ff][Ii]", PF_BOOT_UKI, read_image },
        { "/efi/[Ee][Ff][Ii]/[Ll][Ii][Nn][Uu][Xx]/*.[Ee][Ff][Ii]", PF_BOOT_UKI, read_image },
        { "/boot/[Ee][Ff][Ii]/[Ll][Ii][Nn][Uu][Xx]/*.[Ee][Ff][Ii]", PF_BOOT_UKI, read_image },
};

static int add_loader(Gather *gather, PfBootFormat format, const char *path) {
        PfBootInventory *inventory = gather->inventory;
        PfBootLoader loader = { .format = format, .live = PF_MAYBE };
        int r = pf_boot_grow((void **) &inventory->loaders, inventory->n_loaders, sizeof(loader),
                             PF_BOOT_LOADERS_MAX);

        if (r == -E2BIG)
                return pf_err_set(gather->err, r, "more than %d boot loaders are configured",
                                  PF_BOOT_LOADERS_MAX);
        if (r == 0)
                r = pf_boot_inventory_text(inventory, path, &loader.path);
        if (r < 0)
                return r;
        inventory->loaders[inventory->n_loaders++] = loader;
        gather->loader = &inventory->loaders[inventory->n_loaders - 1];
        return 0;
}

/* Why, with the path. What a limit of a list is called by the system means nothing here. */
static void name_problem(int code, const char *path, PfErr *err) {
        const char *why = pf_err_text(err, code);
        bool limit = code == -E2BIG && (!err->text[0] || strstr(why, strerror(E2BIG)));
        PfErr named = { 0 };

        if (!limit && strstr(why, path))
                return;
        (void) pf_err_set(&named, code, "%s: %s", path,
                          limit ? "holds more than can be looked at" : why);
        *err = named;
}

/* A file that could not be read whole is no error, but no evidence either. */
static int read_into(Gather *gather, const Source *source, const char *path) {
        PfErr err = { 0 };
        int r = source->read(gather, path, &err);

        if (r == 0 || r == -ENOMEM)
                return r;
        if (gather->loader->problem)
                return 0;
        name_problem(r, path, &err);
        return pf_boot_inventory_text(gather->inventory, err.text, &gather->loader->problem);
}

/* Is it another name of a file that was read already? */
static int is_known(const Gather *gather, const char *path, bool *ret) {
        PfFileInfo info, other;
        PfErr err = { 0 };
        int r = pf_target_stat(gather->target, path, &info, &err);

        *ret = false;
        for (size_t i = 0; i < gather->inventory->n_loaders && r == 0 && !*ret; i++) {
                int s = pf_target_stat(gather->target, gather->inventory->loaders[i].path, &other,
                                       &err);

                *ret = s == 0 && info.device == other.device && info.inode == other.inode;
        }
        return r == -ENOMEM ? r : 0;
}

static int find(Gather *gather, const Source *source, PfStrv *ret) {
        PfErr err = { 0 };
        int r = pf_target_glob(gather->target, source->pattern, ret, &err);

        return pf_boot_inventory_problem(gather->inventory, r, source->pattern, &err);
}

static int load_files(Gather *gather, const Source *source) {
        PF_AUTO_STRV PfStrv paths = { 0 };
        int r = find(gather, source, &paths);

        for (size_t i = 0; i < paths.n && r == 0; i++) {
                bool known;

                r = is_known(gather, paths.items[i], &known);
                if (r < 0 || known)
                        continue;
                r = add_loader(gather, source->format, paths.items[i]);
                if (r == 0)
                        r = read_into(gather, source, paths.items[i]);
        }
        return r;
}

/* Is systemd-boot what reads the entries in a directory? Its settings are beside it. */
static int read_loader_conf(Gather *gather, const char *directory, bool *ret) {
        PF_AUTO_BUF PfBuf buf = PF_BUF_INIT(BLS_FILE_MAX);
        char path[4096];
        PfErr err = { 0 };
        int r;

        (void) snprintf(path, sizeof(path), "%.*s/loader.conf",
                        (int) (strrchr(directory, '/') - directory), directory);
        r = pf_target_read(gather->target, path, BLS_FILE_MAX, &buf, &err);
        *ret = r == 0;
        if (r != 0)
                return pf_boot_inventory_problem(gather->inventory, r, path, &err);
        return pf_loader_conf_parse(path, buf.data ? buf.data : "", buf.n,
                                    &gather->loader->menu.settings, gather->err);
}

static int load_directory(Gather *gather, const Source *source) {
        PF_AUTO_STRV PfStrv paths = { 0 };
        PF_AUTO_FREE char *directory = NULL;
        bool known, has_conf = false;
        int r = find(gather, source, &paths);

        if (r < 0 || paths.n == 0)
                return r;
        directory =
                strndup(paths.items[0], (size_t) (strrchr(paths.items[0], '/') - paths.items[0]));
        r = directory ? is_known(gather, directory, &known) : -ENOMEM;
        if (r < 0 || known)
                return r;
        r = add_loader(gather, source->format, directory);
        if (r == 0 && source->read == read_entry)
                r = read_loader_conf(gather, directory, &has_conf);
        if (r == 0 && has_conf && !find_blscfg(gather->inventory))
                gather->loader->format = PF_BOOT_SYSTEMD_BOOT;
        for (size_t i = 0; i < paths.n && r == 0; i++)
                r = read_into(gather, source, paths.items[i]);
        if (r == 0)
                pf_bls_sort(&gather->loader->menu, 0);
        return r;
}

static const char *const environments[] = {
        "/boot/grub/grubenv",
        "/boot/grub2/grubenv",
        "/boot/efi/[Ee][Ff][Ii]/*/grubenv",
};

/* Read before the entries, which may be nothing but one of its variables. */
static int load_environment(Gather *gather, const char *pattern) {
        const Source source = { .pattern = pattern };
        PF_AUTO_STRV PfStrv paths = { 0 };
        int r = find(gather, &source, &paths);

        for (size_t i = 0; i < paths.n && r == 0; i++) {
                PF_AUTO_BUF PfBuf buf = PF_BUF_INIT(PF_GRUB_ENV_MAX);
                PfErr err = { 0 };

                r = pf_target_read(gather->target, paths.items[i], PF_GRUB_ENV_MAX, &buf, &err);
                if (r == 0)
                        r = pf_grub_env_parse(paths.items[i], buf.data ? buf.data : "", buf.n,
                                              &gather->inventory->files, &err);
                r = pf_boot_inventory_problem(gather->inventory, r, paths.items[i], &err);
        }
        return r;
}

int pf_boot_load_loaders(const PfTarget *target, PfBootInventory *inventory, PfErr *err) {
        Gather gather = { .target = target, .inventory = inventory, .err = err };
        int r = 0;

        for (size_t i = 0; i < PF_ELEMENTS(environments) && r == 0; i++)
                r = load_environment(&gather, environments[i]);
        for (size_t i = 0; i < PF_ELEMENTS(files) && r == 0; i++)
                r = load_files(&gather, &files[i]);
        for (size_t i = 0; i < PF_ELEMENTS(directories) && r == 0; i++)
                r = load_directory(&gather, &directories[i]);
        return r;
}
