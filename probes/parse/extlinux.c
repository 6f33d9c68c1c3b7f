/* SPDX-License-Identifier: MIT */
/*
 * The configuration of extlinux and its kin, which U-Boot reads as well.
 */
#include "probes/parse/extlinux.h"

#include <string.h>
#include <strings.h>

typedef struct Reader {
        const char *path; /* of the file that is read now */
        const PfBootFiles *files;
        PfBootMenu *menu;
        PfBootSettings global; /* APPEND before the first label */
        PfBootSettings label;  /* lines of the label that is open; none: no label */
        unsigned n_files;
        PfErr *err;
} Reader;

typedef struct Keyword {
        const char *words; /* one or two */
        const char *name;  /* of the setting it becomes */
        PfBootVerb verb;   /* within a label */
} Keyword;

static const Keyword keywords[] = {
        { "linux", "linux", PF_BOOT_KERNEL },
        { "kernel", "kernel", PF_BOOT_KERNEL },
        { "initrd", "initrd", PF_BOOT_INITRD },
        { "fdt", "fdt", PF_BOOT_DEVICETREE },
        { "devicetree", "fdt", PF_BOOT_DEVICETREE },
        { "boot", "boot", PF_BOOT_CHAIN },
        { "bss", "bss", PF_BOOT_CHAIN },
        { "com32", "com32", PF_BOOT_CHAIN },
        { "localboot", "localboot", PF_BOOT_CHAIN },
        { "config", "config", PF_BOOT_CONFIG },
        { "append", "append", PF_BOOT_OTHER },
        { "menu label", "menu label", PF_BOOT_OTHER },
        { "menu title", "menu title", PF_BOOT_OTHER },
        { "menu default", "menu default", PF_BOOT_OTHER },
        { "menu include", "include", PF_BOOT_OTHER },
        { "include", "include", PF_BOOT_OTHER },
        { "label", "label", PF_BOOT_OTHER },
        { "default", "default", PF_BOOT_OTHER },
        { "ontimeout", "ontimeout", PF_BOOT_OTHER },
        { "timeout", "timeout", PF_BOOT_OTHER },
        { "prompt", "prompt", PF_BOOT_OTHER },
        { "ui", "ui", PF_BOOT_OTHER },
};

/* What stands behind a keyword of one or two words; NULL where the line has another one. */
static char *behind(char *line, const char *words) {
        size_t n = strcspn(words, " ");

        if (strncasecmp(line, words, n) != 0 || !strchr(" \t", line[n]))
                return NULL;
        line += n;
        line += strspn(line, " \t");
        return words[n] ? behind(line, words + n + 1) : line;
}

static const Keyword *find_keyword(char *line, char **ret_value) {
        for (size_t i = 0; i < PF_ELEMENTS(keywords); i++) {
                *ret_value = behind(line, keywords[i].words);
                if (*ret_value)
                        return &keywords[i];
        }
        return NULL;
}

static PfBootVerb verb_of(const char *name) {
        for (size_t i = 0; i < PF_ELEMENTS(keywords); i++)
                if (strcmp(keywords[i].name, name) == 0)
                        return keywords[i].verb;
        return PF_BOOT_OTHER;
}

static int add_setting(Reader *reader, PfBootSettings *to, const char *name, const char *value,
                       unsigned line) {
        return pf_boot_settings_add(to, &(PfBootSetting){ .name = name,
                                                          .value = value,
                                                          .path = reader->path,
                                                          .line = line,
                                                          .certain = true });
}

static int start_command(Reader *reader, size_t i_entry, const PfBootSetting *line, PfBootVerb verb,
                         const char *name, PfBootCommand **ret) {
        PfBootCommand command = { .verb = verb, .line = line->line };
        int r = pf_boot_menu_text(reader->menu, line->path, &command.path);

        if (r == 0)
                r = pf_boot_menu_text(reader->menu, name, &command.name);
        if (r == 0)
                r = pf_boot_menu_add_command(reader->menu, &reader->menu->entries[i_entry].commands,
                                             &command, ret);
        return r;
}

/* Words of a line; an image and an initrd may be several with ',' between them. */
static int add_words(Reader *reader, PfBootCommand *command, const PfBootSetting *line,
                     const char *text, bool commas) {
        PF_AUTO_FREE char *copy = strdup(text);
        const char *path;
        int r = copy ? pf_boot_menu_text(reader->menu, line->path, &path) : -ENOMEM;

        for (char *p = copy; r == 0 && commas && *p; p++)
                *p = *p == ',' ? ' ' : *p;
        return r < 0 ? r
                     : pf_boot_menu_split(reader->menu, &command->written, copy, strlen(copy), path,
                                          line->line);
}

static int end_command(PfBootCommand *command) {
        return pf_boot_words_copy(&command->written, &command->expanded);
}

/* What APPEND gives to the label; NULL for nothing. */
static const PfBootSetting *find_append(const Reader *reader) {
        const PfBootSetting *append = pf_boot_settings_find(&reader->label, "append");

        if (!append)
                append = pf_boot_settings_find(&reader->global, "append");
        return append && strcmp(append->value, "-") != 0 ? append : NULL;
}

static int add_kernel(Reader *reader, size_t i_entry, const PfBootSetting *line) {
        const PfBootSetting *append = find_append(reader);
        PfBootCommand *command;
        int r = start_command(reader, i_entry, line, PF_BOOT_KERNEL, line->name, &command);

        if (r == 0)
                r = add_words(reader, command, line, line->value, false);
        if (r == 0 && append)
                r = add_words(reader, command, append, append->value, false);
        return r == 0 ? end_command(command) : r;
}

static int add_command(Reader *reader, size_t i_entry, const PfBootSetting *line, PfBootVerb verb,
                       const char *text) {
        const char *name = verb == PF_BOOT_INITRD ? "initrd" : line->name;
        PfBootCommand *command;
        int r = start_command(reader, i_entry, line, verb, name, &command);

        if (r == 0)
                r = add_words(reader, command, line, text, verb == PF_BOOT_INITRD);
        return r == 0 ? end_command(command) : r;
}

/* "initrd=…" among what APPEND gives: the last one. */
static int add_appended_initrd(Reader *reader, size_t i_entry) {
        const PfBootSetting *append = find_append(reader);
        PF_AUTO_FREE char *copy = append ? strdup(append->value) : NULL;
        char *rest = copy, *word, *last = NULL;

        if (!append)
                return 0;
        if (!copy)
                return -ENOMEM;
        while ((word = pf_boot_take_word(&rest)))
                if (strncmp(word, "initrd=", 7) == 0)
                        last = word + 7;
        return last ? add_command(reader, i_entry, append, PF_BOOT_INITRD, last) : 0;
}

/* MENU LABEL, in which '^' marks the key that selects it. */
static int set_title(Reader *reader, const char *label, PfBootEntry *entry) {
        PF_AUTO_FREE char *title =
                strdup(pf_boot_settings_value(&reader->label, "menu label", label));
        char *mark = title ? strchr(title, '^') : NULL;

        if (!title)
                return -ENOMEM;
        if (mark)
                memmove(mark, mark + 1, strlen(mark));
        return pf_boot_menu_text(reader->menu, title, &entry->title);
}

/* The label that is open becomes an entry. */
static int end_label(Reader *reader) {
        const PfBootSetting *label = reader->label.n > 0 ? &reader->label.items[0] : NULL;
        PfBootEntry *entry, new = { .format = PF_BOOT_EXTLINUX, .line = label ? label->line : 0 };
        bool has_kernel = false;
        size_t i_entry;
        int r;

        if (!label)
                return 0;
        r = pf_boot_menu_text(reader->menu, label->path, &new.path);
        if (r == 0)
                r = pf_boot_menu_text(reader->menu, label->value, &new.id);
        if (r == 0)
                r = set_title(reader, label->value, &new);
        new.written = new.title;
        i_entry = reader->menu->n;
        if (r == 0)
                r = pf_boot_menu_add_entry(reader->menu, &new, &entry);
        for (size_t i = 1; i < reader->label.n && r == 0; i++) {
                const PfBootSetting *line = &reader->label.items[i];
                PfBootVerb verb = verb_of(line->name);

                has_kernel = has_kernel || verb == PF_BOOT_KERNEL;
                if (verb == PF_BOOT_KERNEL)
                        r = add_kernel(reader, i_entry, line);
                else if (verb != PF_BOOT_OTHER)
                        r = add_command(reader, i_entry, line, verb, line->value);
        }
        if (r == 0 && has_kernel)
                r = add_appended_initrd(reader, i_entry);
        pf_boot_settings_deinit(&reader->label);
        return r;
}

static int read_text(Reader *reader, const char *path, const char *text, size_t n);

static int take_include(Reader *reader, const char *path, unsigned line) {
        PfBootCommand *command, new = { .verb = PF_BOOT_CONFIG, .name = "include", .line = line };
        PF_AUTO_BUF PfBuf buf = PF_BUF_INIT(PF_EXTLINUX_FILE_MAX);
        int r = pf_boot_menu_text(reader->menu, reader->path, &new.path);

        if (r == 0)
                r = pf_boot_menu_add_command(reader->menu, &reader->menu->outside, &new, &command);
        if (r == 0)
                r = pf_boot_menu_split(reader->menu, &command->written, path, strlen(path),
                                       new.path, line);
        if (r == 0)
                r = end_command(command);
        if (r < 0 || !reader->files)
                return r;
        r = reader->files->read(reader->files->data, path, PF_EXTLINUX_FILE_MAX, &buf, NULL);
        if (r != 0)
                return r == -ENOMEM ? r : 0; /* what it holds is not known: it is on record */
        return read_text(reader, path, buf.data ? buf.data : "", buf.n);
}

static int take_line(char *line, unsigned number, void *data) {
        Reader *reader = data;
        char *start = line + strspn(line, " \t"), *value;
        const Keyword *keyword = find_keyword(pf_boot_trim_end(start), &value);
        const char *name = keyword ? keyword->name : NULL;
        bool in_label = reader->label.n > 0;
        int r = 0;

        if (!keyword)
                return 0;
        if (strcmp(name, "include") == 0)
                return take_include(reader, value, number);
        if (strcmp(name, "label") == 0) {
                r = end_label(reader);
                return r == 0 ? add_setting(reader, &reader->label, name, value, number) : r;
        }
        if (strcmp(name, "menu default") == 0 && in_label)
                return add_setting(reader, &reader->menu->settings, name,
                                   reader->label.items[0].value, number);
        if (in_label && (keyword->verb != PF_BOOT_OTHER || strcmp(name, "append") == 0 ||
                         strcmp(name, "menu label") == 0))
                return add_setting(reader, &reader->label, name, value, number);
        return add_setting(reader,
                           strcmp(name, "append") == 0 ? &reader->global : &reader->menu->settings,
                           name, value, number);
}

static int read_text(Reader *reader, const char *path, const char *text, size_t n) {
        const char *outer = reader->path;
        int r;

        if (reader->n_files == PF_EXTLINUX_FILES_MAX)
                return pf_err_set(reader->err, -E2BIG, "%s: too many files within files", path);
        reader->n_files++;
        reader->path = path;
        r = pf_boot_each_line(text, n, take_line, reader);
        reader->path = outer;
        return r;
}

static void deinit_reader(Reader *reader) {
        pf_boot_settings_deinit(&reader->global);
        pf_boot_settings_deinit(&reader->label);
}

int pf_extlinux_load(const char *path, const char *text, size_t n, const PfBootFiles *files,
                     PfBootMenu *ret, PfErr *err) {
        PF_CLEANUP(deinit_reader) Reader reader = { .files = files, .menu = ret, .err = err };
        int r = read_text(&reader, path, text, n);

        if (r == 0)
                r = end_label(&reader);
        return r < 0 ? pf_err_errno(err, r, "%s", path) : 0;
}
