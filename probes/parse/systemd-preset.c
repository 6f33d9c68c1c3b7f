/* SPDX-License-Identifier: MIT */
/*
 * Presets: which units an image enables when it boots for the first time.
 */
#include "probes/parse/systemd-preset.h"

#include <fnmatch.h>
#include <string.h>

#define BLANKS " \t\r\n"
#define PATTERN_MAX 256 /* no unit has a longer name */
#define STARS_MAX 8     /* with more of them matching takes for ever */

/* Highest priority first. */
static const char *const directories[] = {
        "/etc/systemd/system-preset",           "/run/systemd/system-preset",
        "/usr/local/lib/systemd/system-preset", "/usr/lib/systemd/system-preset",
        "/lib/systemd/system-preset",
};

void pf_preset_deinit(PfPreset *preset) {
        free(preset->path);
        free(preset->text);
        *preset = (PfPreset){ 0 };
}

static bool matches(const char *pattern, const char *unit) {
        unsigned stars = 0;

        for (const char *c = pattern; *c; c++)
                stars += *c == '*';
        return stars <= STARS_MAX && strlen(pattern) <= PATTERN_MAX &&
               fnmatch(pattern, unit, FNM_NOESCAPE) == 0;
}

/* "enable ssh.service", with an optional list of instances behind it. */
static bool read_line(char *line, const char *unit, PfPresetAction *ret) {
        static const char *const verbs[] = { [PF_PRESET_ENABLE] = "enable",
                                             [PF_PRESET_DISABLE] = "disable",
                                             [PF_PRESET_IGNORE] = "ignore" };
        char *save;
        const char *verb = strtok_r(line, BLANKS, &save);
        const char *pattern = verb ? strtok_r(NULL, BLANKS, &save) : NULL;

        if (!pattern || *verb == '#' || *verb == ';' || !matches(pattern, unit))
                return false;
        for (size_t i = 0; i < PF_ELEMENTS(verbs); i++) {
                if (strcmp(verb, verbs[i]) != 0)
                        continue;
                *ret = (PfPresetAction) i;
                return true;
        }
        return false;
}

static int keep(const char *path, unsigned number, const char *line, PfPreset *preset) {
        size_t n;

        line += strspn(line, BLANKS);
        n = strlen(line);
        while (n > 0 && strchr(BLANKS, line[n - 1]))
                n--;
        preset->path = strdup(path);
        preset->line = number;
        preset->text = strndup(line, n);
        return preset->path && preset->text ? 0 : -ENOMEM;
}

int pf_preset_parse(const char *text, size_t n, const char *path, const char *unit, PfPreset *ret) {
        PF_AUTO_FREE char *copy = strndup(text, n);
        char *rest = copy;
        unsigned number = 1;

        if (!copy)
                return -ENOMEM;
        for (char *line; (line = strsep(&rest, "\n")); number++) {
                PF_AUTO_PRESET PfPreset preset = { 0 };
                PF_AUTO_FREE char *whole = strdup(line);
                int r;

                if (!whole)
                        return -ENOMEM;
                if (!read_line(line, unit, &preset.action))
                        continue;
                r = keep(path, number, whole, &preset);
                if (r < 0)
                        return r;
                *ret = preset;
                preset = (PfPreset){ 0 };
                return 0;
        }
        return PF_PRESET_SILENT;
}

static const char *base_of(const char *path) {
        return strrchr(path, '/') + 1;
}

static bool has_base(const PfStrv *paths, const char *path) {
        for (size_t i = 0; i < paths->n; i++)
                if (strcmp(base_of(paths->items[i]), base_of(path)) == 0)
                        return true;
        return false;
}

static int compare_bases(const void *a, const void *b) {
        return strcmp(base_of(*(char *const *) a), base_of(*(char *const *) b));
}

static int collect(const PfTarget *target, PfStrv *ret, PfErr *err) {
        int r = 0;

        for (size_t i = 0; i < PF_ELEMENTS(directories) && r == 0; i++) {
                PF_AUTO_STRV PfStrv paths = { 0 };
                char pattern[128];

                (void) snprintf(pattern, sizeof(pattern), "%s/*.preset", directories[i]);
                r = pf_target_glob(target, pattern, &paths, err);
                for (size_t j = 0; j < paths.n && r == 0; j++)
                        if (!has_base(ret, paths.items[j]))
                                r = pf_strv_add(ret, paths.items[j]);
        }
        if (ret->n > 1)
                qsort(ret->items, ret->n, sizeof(*ret->items), compare_bases);
        return r;
}

int pf_preset_find(const PfTarget *target, const char *unit, PfPreset *ret, PfErr *err) {
        PF_AUTO_STRV PfStrv paths = { 0 };
        PfPreset preset = { .action = PF_PRESET_ENABLE };
        int r;

        r = collect(target, &paths, err);
        if (r < 0)
                return r;
        r = PF_PRESET_SILENT;
        for (size_t i = 0; i < paths.n && r == PF_PRESET_SILENT; i++) {
                PF_AUTO_BUF PfBuf buf = PF_BUF_INIT(PF_PRESET_FILE_MAX + 1);

                r = pf_target_read(target, paths.items[i], PF_PRESET_FILE_MAX, &buf, err);
                r = r == -EINVAL || r > 0 ? PF_PRESET_SILENT /* a link to /dev/null */
                    : r < 0               ? r
                            : pf_preset_parse(buf.data ? buf.data : "", buf.n, paths.items[i], unit,
                                              &preset);
        }
        if (r < 0)
                return r;
        preset.any_file = paths.n > 0;
        *ret = preset;
        return 0;
}
