/* SPDX-License-Identifier: MIT */
/*
 * Unit files: their syntax, and where they are looked for.
 */
#include "probes/parse/systemd-unit.h"

#include <string.h>
#include <strings.h>

#include "daemon/base/buf.h"

#define LINKS_MAX 8
#define BLANKS " \t\n\r"

/* Highest priority first: systemd.unit(5). */
static const char *const directories[] = {
        "/etc/systemd/system.control",  "/run/systemd/system.control",   "/run/systemd/transient",
        "/run/systemd/generator.early", "/etc/systemd/system",           "/run/systemd/system",
        "/run/systemd/generator",       "/usr/local/lib/systemd/system", "/usr/lib/systemd/system",
        "/lib/systemd/system",          "/run/systemd/generator.late",
};

static void setting_deinit(PfUnitSetting *setting) {
        free(setting->section);
        free(setting->key);
        free(setting->value);
        free(setting->path);
        free(setting->text);
}

void pf_systemd_unit_deinit(PfSystemdUnit *unit) {
        for (size_t i = 0; i < unit->n; i++)
                setting_deinit(&unit->settings[i]);
        free(unit->settings);
        free(unit->name);
        free(unit->path);
        free(unit->mask);
        *unit = (PfSystemdUnit){ 0 };
}

/* --- syntax --- */

static bool begins(const char *text, const char *prefix) {
        return strncmp(text, prefix, strlen(prefix)) == 0;
}

/* Does an empty value of @key take back @other, too? */
static bool resets(const char *key, const char *other) {
        static const char *const families[] = { "Condition", "Assert", "Listen" };

        for (size_t i = 0; i < PF_ELEMENTS(families); i++)
                if (begins(key, families[i]) && begins(other, families[i]))
                        return true;
        return strcmp(key, other) == 0;
}

static void reset(PfSystemdUnit *unit, const char *section, const char *key) {
        size_t kept = 0;

        for (size_t i = 0; i < unit->n; i++) {
                PfUnitSetting *setting = &unit->settings[i];

                if (strcmp(setting->section, section) == 0 && resets(key, setting->key))
                        setting_deinit(setting);
                else
                        unit->settings[kept++] = *setting;
        }
        unit->n = kept;
}

static int add_setting(PfSystemdUnit *unit, const PfUnitSetting *borrowed) {
        PfUnitSetting copy = { .section = strdup(borrowed->section),
                               .key = strdup(borrowed->key),
                               .value = strdup(borrowed->value),
                               .path = strdup(borrowed->path),
                               .line = borrowed->line,
                               .text = strdup(borrowed->text) };
        PfUnitSetting *settings = NULL;

        if (unit->n < PF_SYSTEMD_SETTINGS_MAX && copy.section && copy.key && copy.value &&
            copy.path && copy.text)
                settings = realloc(unit->settings, (unit->n + 1) * sizeof(*settings));
        if (!settings) {
                setting_deinit(&copy);
                return unit->n == PF_SYSTEMD_SETTINGS_MAX ? -E2BIG : -ENOMEM;
        }
        unit->settings = settings;
        settings[unit->n++] = copy;
        return 0;
}

/* The text without white space around it, in place. */
static char *strip(char *text) {
        size_t n;

        text += strspn(text, BLANKS);
        n = strlen(text);
        while (n > 0 && strchr(BLANKS, text[n - 1]))
                n--;
        text[n] = '\0';
        return text;
}

static bool is_continued(const char *line) {
        size_t n = strlen(line), backslashes = 0;

        while (backslashes < n && line[n - 1 - backslashes] == '\\')
                backslashes++;
        return backslashes % 2 == 1;
}

typedef struct Reader {
        PfSystemdUnit *unit;
        const char *path;
        char *section;
        PfBuf joined;   /* the lines of one assignment */
        PfBuf text;     /* its first line */
        unsigned start; /* number of that */
} Reader;

static int take_statement(Reader *reader) {
        char *statement = strip(reader->joined.data ? reader->joined.data : (char[1]){ "" });
        char *first = strip(reader->text.data ? reader->text.data : (char[1]){ "" });
        char *value = strchr(statement, '=');
        size_t n = strlen(statement);
        PfUnitSetting setting;

        if (n > 1 && statement[0] == '[' && statement[n - 1] == ']') {
                free(reader->section);
                reader->section = strndup(statement + 1, n - 2);
                return reader->section ? 0 : -ENOMEM;
        }
        if (!value || !reader->section)
                return 0; /* systemd says so, and goes on */
        *value++ = '\0';
        setting = (PfUnitSetting){ .section = reader->section,
                                   .key = strip(statement),
                                   .value = strip(value),
                                   .path = (char *) reader->path,
                                   .line = reader->start,
                                   .text = first };
        if (!*setting.value) {
                reset(reader->unit, setting.section, setting.key);
                return 0;
        }
        return add_setting(reader->unit, &setting);
}

static int end_statement(Reader *reader) {
        int r = reader->start ? take_statement(reader) : 0;

        reader->start = 0;
        pf_buf_consume(&reader->joined, reader->joined.n);
        pf_buf_consume(&reader->text, reader->text.n);
        return r;
}

static int take_line(Reader *reader, char *line, unsigned number) {
        bool continued;
        int r = 0;

        line += strspn(line, BLANKS);
        if (*line == '#' || *line == ';')
                return 0; /* also between joined lines */
        if (!reader->start) {
                if (!*line)
                        return 0;
                reader->start = number;
                r = pf_buf_add_string(&reader->text, line);
        }
        continued = is_continued(line);
        if (continued)
                line[strlen(line) - 1] = ' ';
        if (r == 0)
                r = pf_buf_add_string(&reader->joined, line);
        return r == 0 && !continued ? end_statement(reader) : r;
}

int pf_systemd_unit_parse(PfSystemdUnit *unit, const char *text, size_t n, const char *path) {
        PF_AUTO_FREE char *copy = strndup(text, n);
        Reader reader = { .unit = unit,
                          .path = path,
                          .joined = PF_BUF_INIT(PF_SYSTEMD_FILE_MAX),
                          .text = PF_BUF_INIT(PF_SYSTEMD_FILE_MAX) };
        char *rest = copy;
        unsigned number = 1;
        int r = copy ? 0 : -ENOMEM;

        for (char *line; r == 0 && (line = strsep(&rest, "\n")); number++) {
                line[strcspn(line, "\r")] = '\0';
                r = take_line(&reader, line, number);
        }
        if (r == 0)
                r = end_statement(&reader);
        pf_buf_deinit(&reader.joined);
        pf_buf_deinit(&reader.text);
        free(reader.section);
        return r == -ENOBUFS ? -E2BIG : r;
}

const PfUnitSetting *pf_systemd_unit_next(const PfSystemdUnit *unit, const char *section,
                                          const char *key, const PfUnitSetting *previous) {
        size_t i = previous ? (size_t) (previous - unit->settings) + 1 : 0;

        for (; i < unit->n; i++)
                if (strcmp(unit->settings[i].section, section) == 0 &&
                    strcmp(unit->settings[i].key, key) == 0)
                        return &unit->settings[i];
        return NULL;
}

const PfUnitSetting *pf_systemd_unit_get(const PfSystemdUnit *unit, const char *section,
                                         const char *key) {
        const PfUnitSetting *last = NULL;
        const PfUnitSetting *setting = NULL;

        while ((setting = pf_systemd_unit_next(unit, section, key, setting)))
                last = setting;
        return last;
}

int pf_systemd_boolean(const char *value) {
        static const char *const words[2][6] = { { "no", "n", "false", "f", "off", "0" },
                                                 { "yes", "y", "true", "t", "on", "1" } };

        for (int truth = 0; truth < 2; truth++)
                for (size_t i = 0; i < PF_ELEMENTS(words[truth]); i++)
                        if (strcasecmp(value, words[truth][i]) == 0)
                                return truth;
        return -EINVAL;
}

/* --- where the files are --- */

static char *join(const char *directory, const char *name) {
        char *path;

        return asprintf(&path, "%s/%s", directory, name) < 0 ? NULL : path;
}

/* Positive outcomes of what follows. */
enum { NOT_HERE = 1, IS_ALIAS = 2 };

static bool is_in_load_path(const char *link) {
        const char *slash = strrchr(link, '/');

        if (!slash)
                return true; /* beside the link */
        for (size_t i = 0; i < PF_ELEMENTS(directories); i++)
                if (strlen(directories[i]) == (size_t) (slash - link) &&
                    begins(link, directories[i]))
                        return true;
        return link[0] != '/';
}

/* A link to another name is an alias; one out of the load path is a file that
 * merely lies elsewhere. */
static int look_at_link(const PfTarget *target, const char *path, const char *name,
                        PfSystemdUnit *unit, PfErr *err) {
        PF_AUTO_FREE char *link = NULL;
        const char *base;
        int r;

        r = pf_target_readlink(target, path, &link, err);
        if (r != 0)
                return r;
        if (strcmp(link, "/dev/null") == 0) {
                unit->mask = strdup(path);
                return unit->mask ? 0 : -ENOMEM;
        }
        base = strrchr(link, '/') ? strrchr(link, '/') + 1 : link;
        if (strcmp(base, name) == 0 || !is_in_load_path(link))
                return 0;
        free(unit->name);
        unit->name = strdup(base);
        return unit->name ? IS_ALIAS : -ENOMEM;
}

static int look_at(const PfTarget *target, const char *path, PfSystemdUnit *unit, PfErr *err) {
        PF_AUTO_FREE char *name = strdup(unit->name);
        PfFileInfo info;
        int r;

        if (!name)
                return -ENOMEM;
        r = pf_target_lstat(target, path, &info, err);
        if (r != 0)
                return r < 0 ? r : NOT_HERE;
        if (info.type == PF_FILE_SYMLINK) {
                r = look_at_link(target, path, name, unit, err);
                if (r != 0 || unit->mask)
                        return r;
                r = pf_target_stat(target, path, &info, err);
                if (r != 0)
                        return r < 0 ? r : NOT_HERE;
        }
        if (info.type != PF_FILE_REGULAR)
                return NOT_HERE;
        if (info.size_bytes == 0)
                unit->mask = strdup(path);
        else
                unit->path = strdup(path);
        return unit->mask || unit->path ? 0 : -ENOMEM;
}

/* Sets unit->path, or unit->mask; the name may become another one. */
static int find_file(const PfTarget *target, PfSystemdUnit *unit, PfErr *err) {
        for (unsigned links = 0; links < LINKS_MAX; links++) {
                int r = NOT_HERE;

                for (size_t i = 0; i < PF_ELEMENTS(directories) && r == NOT_HERE; i++) {
                        PF_AUTO_FREE char *path = join(directories[i], unit->name);

                        r = path ? look_at(target, path, unit, err) : -ENOMEM;
                }
                if (r != IS_ALIAS)
                        return r;
        }
        return pf_err_set(err, -ELOOP, "%s: too many links to units", unit->name);
}

static int read_file(const PfTarget *target, const char *path, PfSystemdUnit *unit, PfErr *err) {
        PF_AUTO_BUF PfBuf buf = PF_BUF_INIT(PF_SYSTEMD_FILE_MAX + 1);
        int r;

        r = pf_target_read(target, path, PF_SYSTEMD_FILE_MAX, &buf, err);
        if (r != 0)
                return r < 0 ? r : 0;
        r = pf_systemd_unit_parse(unit, buf.data ? buf.data : "", buf.n, path);
        return r < 0 ? pf_err_errno(err, r, "%s", path) : 0;
}

/* --- drop-ins --- */

static const char *base_of(const char *path) {
        return strrchr(path, '/') + 1;
}

static bool has_base(const PfStrv *paths, const char *name) {
        for (size_t i = 0; i < paths->n; i++)
                if (strcmp(base_of(paths->items[i]), name) == 0)
                        return true;
        return false;
}

static bool is_drop_in(const char *name) {
        size_t n = strlen(name);

        return n > strlen(".conf") && strcmp(name + n - strlen(".conf"), ".conf") == 0 &&
               name[0] != '.';
}

static int collect_from(const PfTarget *target, const char *directory, PfStrv *paths, PfErr *err) {
        PF_AUTO_STRV PfStrv names = { 0 };
        int r;

        r = pf_target_list(target, directory, &names, err);
        if (r != 0)
                return r == -ENOTDIR || r > 0 ? 0 : r;
        for (size_t i = 0; i < names.n && r == 0; i++) {
                PF_AUTO_FREE char *path = NULL;

                if (!is_drop_in(names.items[i]) || has_base(paths, names.items[i]))
                        continue;
                path = join(directory, names.items[i]);
                r = path ? pf_strv_add(paths, path) : -ENOMEM;
        }
        return r;
}

static int collect(const PfTarget *target, const char *name, PfStrv *paths, PfErr *err) {
        int r = 0;

        for (size_t i = 0; i < PF_ELEMENTS(directories) && r == 0; i++) {
                PF_AUTO_FREE char *directory = NULL;

                if (asprintf(&directory, "%s/%s.d", directories[i], name) < 0) {
                        directory = NULL;
                        return -ENOMEM;
                }
                r = collect_from(target, directory, paths, err);
        }
        return r;
}

static int compare_bases(const void *a, const void *b) {
        return strcmp(base_of(*(char *const *) a), base_of(*(char *const *) b));
}

static bool is_null_link(const PfTarget *target, const char *path) {
        PF_AUTO_FREE char *link = NULL;

        return pf_target_readlink(target, path, &link, NULL) == 0 && strcmp(link, "/dev/null") == 0;
}

static int read_drop_ins(const PfTarget *target, const PfStrv *names, PfSystemdUnit *unit,
                         PfErr *err) {
        PF_AUTO_STRV PfStrv paths = { 0 };
        const char *type = strrchr(unit->name, '.');
        int r = 0;

        for (size_t i = 0; i < names->n && r == 0; i++)
                r = collect(target, names->items[i], &paths, err);
        if (r == 0 && type)
                r = collect(target, type + 1, &paths, err);
        if (r < 0)
                return r;
        if (paths.n > 1)
                qsort(paths.items, paths.n, sizeof(*paths.items), compare_bases);
        for (size_t i = 0; i < paths.n && r == 0; i++)
                if (!is_null_link(target, paths.items[i]))
                        r = read_file(target, paths.items[i], unit, err);
        return r;
}

/* --- all of it --- */

/* The unit that @name stands for, without what is in it. */
static int resolve(const PfTarget *target, const char *name, PfSystemdUnit *ret, PfErr *err) {
        PF_AUTO_SYSTEMD_UNIT PfSystemdUnit unit = { .name = strdup(name) };
        int r;

        if (!unit.name)
                return -ENOMEM;
        r = find_file(target, &unit, err);
        if (r != 0)
                return r;
        *ret = unit;
        unit = (PfSystemdUnit){ 0 };
        return 0;
}

/* Is @name another name of @unit? Then its drop-ins count as well. */
static int add_alias(const PfTarget *target, const char *name, const PfSystemdUnit *unit,
                     PfStrv *names, PfErr *err) {
        PF_AUTO_SYSTEMD_UNIT PfSystemdUnit other = { 0 };
        int r;

        if (pf_strv_contains(names, name))
                return 0;
        r = resolve(target, name, &other, err);
        if (r != 0)
                return r < 0 ? r : 0;
        return strcmp(other.name, unit->name) == 0 ? pf_strv_add(names, name) : 0;
}

int pf_systemd_unit_load(const PfTarget *target, const char *const *names, size_t n,
                         PfSystemdUnit *ret, PfErr *err) {
        PF_AUTO_SYSTEMD_UNIT PfSystemdUnit unit = { 0 };
        PF_AUTO_STRV PfStrv all = { 0 };
        int r = NOT_HERE;

        for (size_t i = 0; i < n && r == NOT_HERE; i++)
                r = resolve(target, names[i], &unit, err);
        if (r != 0)
                return r < 0 ? r : PF_SYSTEMD_UNIT_ABSENT;
        if (!unit.mask) {
                r = pf_strv_add(&all, unit.name);
                for (size_t i = 0; i < n && r == 0; i++)
                        r = add_alias(target, names[i], &unit, &all, err);
                if (r == 0)
                        r = read_file(target, unit.path, &unit, err);
                if (r == 0)
                        r = read_drop_ins(target, &all, &unit, err);
        }
        if (r < 0)
                return r;
        *ret = unit;
        unit = (PfSystemdUnit){ 0 };
        return 0;
}
