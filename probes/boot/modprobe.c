/* SPDX-License-Identifier: MIT */
/*
 * What modprobe.d(5) forbids.
 */
#include "probes/boot/modprobe.h"

#include <string.h>

#define FILE_MAX_BYTES (1u << 20)

static const char *const directories[] = { "/etc/modprobe.d", "/run/modprobe.d",
                                           "/usr/local/lib/modprobe.d", "/usr/lib/modprobe.d",
                                           "/lib/modprobe.d" };

/* Commands of "install" that load nothing. */
static const char *const nothing[] = { "true", "false", "nologin", ":" };

void pf_module_bans_deinit(PfModuleBans *bans) {
        free(bans->items);
        pf_boot_texts_deinit(&bans->texts);
        *bans = (PfModuleBans){ 0 };
}

static bool does_nothing(const char *command) {
        const char *base;

        if (!command)
                return false;
        base = strrchr(command, '/');
        base = base ? base + 1 : command;
        for (size_t i = 0; i < PF_ELEMENTS(nothing); i++)
                if (strcmp(base, nothing[i]) == 0)
                        return true;
        return strcmp(command, "/dev/null") == 0;
}

typedef struct Reading {
        PfModuleBans *bans;
        const char *path;
} Reading;

static int add_ban(const Reading *reading, PfModuleBan ban, char *module, const char *text) {
        PfModuleBans *bans = reading->bans;
        int r = pf_boot_grow((void **) &bans->items, bans->n, sizeof(*bans->items),
                             PF_MODULE_BANS_MAX);

        for (char *c = module; *c; c++)
                if (*c == '-')
                        *c = '_';
        if (r == 0)
                r = pf_boot_texts_add(&bans->texts, module, strlen(module), &ban.module);
        if (r == 0)
                r = pf_boot_texts_add(&bans->texts, text, strlen(text), &ban.text);
        if (r == 0)
                r = pf_boot_texts_add(&bans->texts, reading->path, strlen(reading->path),
                                      &ban.path);
        if (r == 0)
                bans->items[bans->n++] = ban;
        return r;
}

static int take_line(char *line, unsigned number, void *data) {
        PF_AUTO_FREE char *text = strdup(pf_boot_trim_end(line));
        char *rest = line, *word, *module;
        bool install;

        if (!text)
                return -ENOMEM;
        word = pf_boot_take_word(&rest);
        module = word ? pf_boot_take_word(&rest) : NULL;
        if (!module)
                return 0;
        install = strcmp(word, "install") == 0;
        if (install ? !does_nothing(pf_boot_take_word(&rest)) : strcmp(word, "blacklist") != 0)
                return 0;
        return add_ban(data, (PfModuleBan){ .line = number, .install = install }, module, text);
}

static int read_file(const PfTarget *target, const char *path, PfModuleBans *bans, PfErr *err) {
        PF_AUTO_BUF PfBuf buf = PF_BUF_INIT(FILE_MAX_BYTES);
        Reading reading = { bans, path };
        int r = pf_target_read(target, path, FILE_MAX_BYTES, &buf, err);

        if (r != 0)
                return r == PF_TARGET_ABSENT ? 0 : r;
        return pf_boot_each_line(buf.data ? buf.data : "", buf.n, take_line, &reading);
}

static int read_directory(const PfTarget *target, const char *directory, PfStrv *seen,
                          PfModuleBans *bans, PfErr *err) {
        PF_AUTO_STRV PfStrv names = { 0 };
        int r = pf_target_list(target, directory, &names, err);

        if (r == PF_TARGET_ABSENT)
                return 0;
        for (size_t i = 0; i < names.n && r == 0; i++) {
                const char *ending = strrchr(names.items[i], '.');
                char path[512];

                if (!ending || strcmp(ending, ".conf") != 0 ||
                    pf_strv_contains(seen, names.items[i]))
                        continue;
                r = pf_strv_add(seen, names.items[i]);
                (void) snprintf(path, sizeof(path), "%s/%s", directory, names.items[i]);
                if (r == 0)
                        r = read_file(target, path, bans, err);
        }
        return r;
}

int pf_module_bans_load(const PfTarget *target, PfModuleBans *ret, PfErr *err) {
        PF_AUTO_STRV PfStrv seen = { 0 };
        int r = 0;

        for (size_t i = 0; i < PF_ELEMENTS(directories) && r == 0; i++)
                r = read_directory(target, directories[i], &seen, ret, err);
        return r;
}

const PfModuleBan *pf_module_bans_find(const PfModuleBans *bans, const char *module) {
        const PfModuleBan *found = NULL;

        for (size_t i = 0; i < bans->n; i++)
                if (strcmp(bans->items[i].module, module) == 0 &&
                    (!found || (bans->items[i].install && !found->install)))
                        found = &bans->items[i];
        return found;
}
