/* SPDX-License-Identifier: MIT */
/*
 * Entries of the Boot Loader Specification, one a file. GRUB and systemd-boot
 * read the same files in different ways: variables, several options lines, order.
 */
#include "probes/parse/bls.h"

#include <string.h>

#include "daemon/base/buf.h"
#include "probes/parse/boot-version.h"

typedef struct Reader {
        const char *path;
        PfBootFormat format;
        const PfBootSettings *variables;
        PfBootMenu *menu;
} Reader;

typedef struct Keys {
        const char *path;
        PfBootSettings *settings;
} Keys;

static int take_key(char *line, unsigned number, void *data) {
        Keys *keys = data;
        char *rest = line, *key = pf_boot_take_word(&rest);

        if (!key || *key == '#')
                return 0;
        return pf_boot_settings_add(keys->settings,
                                    &(PfBootSetting){ .name = key,
                                                      .value = pf_boot_trim_end(rest),
                                                      .path = keys->path,
                                                      .line = number,
                                                      .certain = true });
}

static int take_keys(const char *path, const char *text, size_t n, PfBootSettings *ret) {
        Keys keys = { .path = path, .settings = ret };

        return pf_boot_each_line(text, n, take_key, &keys);
}

/* The next one of a key, from the i-th setting on. */
static const PfBootSetting *next(const PfBootSettings *keys, const char *name, size_t *i) {
        while (*i < keys->n) {
                const PfBootSetting *key = &keys->items[(*i)++];

                if (strcmp(key->name, name) == 0)
                        return key;
        }
        return NULL;
}

static const PfBootSetting *first(const PfBootSettings *keys, const char *name) {
        size_t i = 0;

        return next(keys, name, &i);
}

/* "$name" or "${name}", which begins at the dollar. Return: its length, 0 where it is none. */
static size_t find_name(const char *text, const char **ret_name, size_t *ret_n) {
        static const char chars[] =
                "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_";
        bool braces = text[1] == '{';
        const char *name = text + 1 + braces;
        size_t n = strspn(name, chars);

        if (n == 0 || (braces && name[n] != '}'))
                return 0;
        *ret_name = name;
        *ret_n = n;
        return 1 + n + 2 * (size_t) braces;
}

/* What a variable is put in as. */
typedef struct Putting {
        PfBuf text;
        const PfBootSetting *source; /* of a word that begins with a variable */
        bool certain;
} Putting;

static void deinit_putting(Putting *putting) {
        pf_buf_deinit(&putting->text);
}

static int put_variable(const Reader *reader, Putting *putting, const char *name, size_t n,
                        bool put) {
        PF_AUTO_FREE char *copy = strndup(name, n);
        const PfBootSetting *setting;

        if (!copy)
                return -ENOMEM;
        if (!put || !reader->variables) {
                putting->certain = putting->certain && !put;
                return pf_buf_printf(&putting->text, "${%s}", copy);
        }
        setting = pf_boot_settings_find(reader->variables, copy);
        if (!setting)
                return 0;
        putting->certain = putting->certain && setting->certain;
        if (putting->text.n == 0)
                putting->source = setting;
        return pf_buf_add_string(&putting->text, setting->value);
}

/* A word with its variables put in, or only written in one way. */
static int put(const Reader *reader, const char *word, bool put_in, Putting *ret) {
        int r = pf_buf_reserve(&ret->text, 1);

        if (r == 0)
                ret->text.data[0] = '\0';
        while (r == 0 && *word) {
                size_t plain = strcspn(word, "$"), n_name, n = 0;
                const char *name;

                if (word[plain] == '$')
                        n = find_name(word + plain, &name, &n_name);
                if (word[plain] == '$' && n == 0)
                        plain++;
                r = plain ? pf_buf_add(&ret->text, word, plain) : 0;
                if (r == 0 && n > 0)
                        r = put_variable(reader, ret, name, n_name, put_in);
                word += plain + n;
        }
        return r == -ENOBUFS ? -E2BIG : r;
}

/* One word of a key's value, into both lists of a command. */
static int add_word(Reader *reader, PfBootCommand *command, const PfBootSetting *key,
                    const char *word) {
        bool variables = reader->format == PF_BOOT_BLS;
        PF_CLEANUP(deinit_putting)
        Putting written = { .text = PF_BUF_INIT(PF_BOOT_LINE_MAX), .certain = true };
        PF_CLEANUP(deinit_putting)
        Putting expanded = { .text = PF_BUF_INIT(PF_BOOT_LINE_MAX), .certain = true };
        size_t i = command->expanded.n;
        int r;

        if (!variables) {
                PfBootWord plain = {
                        .text = word, .path = reader->path, .line = key->line, .certain = true
                };

                r = pf_boot_menu_add_word(reader->menu, &command->written, &plain);
                return r < 0 ? r : pf_boot_menu_add_word(reader->menu, &command->expanded, &plain);
        }
        r = put(reader, word, false, &written);
        if (r == 0)
                r = pf_boot_menu_split(reader->menu, &command->written, written.text.data,
                                       written.text.n, reader->path, key->line);
        if (r == 0)
                r = put(reader, word, true, &expanded);
        if (r == 0)
                r = pf_boot_menu_split(reader->menu, &command->expanded, expanded.text.data,
                                       expanded.text.n, reader->path, key->line);
        for (; r == 0 && i < command->expanded.n; i++) {
                PfBootWord *added = &command->expanded.items[i];

                added->certain = expanded.certain;
                if (!expanded.source)
                        continue;
                r = pf_boot_menu_text(reader->menu, expanded.source->path, &added->path);
                added->line = expanded.source->line;
        }
        return r;
}

static int add_words(Reader *reader, PfBootCommand *command, const PfBootSetting *key) {
        PF_AUTO_FREE char *copy = strdup(key->value);
        char *rest = copy, *word;
        int r = copy ? 0 : -ENOMEM;

        while (r == 0 && (word = pf_boot_take_word(&rest)))
                r = add_word(reader, command, key, word);
        return r;
}

static int add_command(Reader *reader, PfBootEntry *entry, PfBootVerb verb,
                       const PfBootSetting *key, PfBootCommand **ret) {
        PfBootCommand command = { .verb = verb, .path = reader->path, .line = key->line };
        int r = pf_boot_menu_text(reader->menu, key->name, &command.name);

        if (r == 0)
                r = pf_boot_menu_add_command(reader->menu, &entry->commands, &command, ret);
        return r < 0 ? r : add_words(reader, *ret, key);
}

static int add_kernel(Reader *reader, PfBootEntry *entry, const PfBootSetting *image,
                      PfBootVerb verb, const PfBootSettings *keys) {
        const PfBootSetting *options;
        PfBootCommand *command;
        size_t i = 0;
        int r = add_command(reader, entry, verb, image, &command);

        while (r == 0 && (options = next(keys, "options", &i))) {
                r = add_words(reader, command, options);
                if (reader->format == PF_BOOT_BLS)
                        break;
        }
        return r;
}

typedef struct Key {
        const char *name;
        PfBootVerb verb;
} Key;

/* What boots: the first that is there counts, the others are as if they were not. */
static const Key images[] = {
        { "linux", PF_BOOT_KERNEL },
        { "efi", PF_BOOT_CHAIN },
        { "uki", PF_BOOT_CHAIN },
        { "uki-url", PF_BOOT_CHAIN },
};

static const Key others[] = {
        { "initrd", PF_BOOT_INITRD },
        { "devicetree", PF_BOOT_DEVICETREE },
        { "devicetree-overlay", PF_BOOT_DEVICETREE },
};

static int add_commands(Reader *reader, PfBootEntry *entry, const PfBootSettings *keys) {
        int r = 0;

        for (size_t i = 0; i < PF_ELEMENTS(images) && entry->commands.n == 0 && r == 0; i++) {
                const PfBootSetting *image = first(keys, images[i].name);

                if (image)
                        r = add_kernel(reader, entry, image, images[i].verb, keys);
        }
        for (size_t i = 0; i < PF_ELEMENTS(others) && r == 0; i++) {
                const PfBootSetting *key;
                PfBootCommand *command;
                size_t at = 0;

                while (r == 0 && (key = next(keys, others[i].name, &at)))
                        r = add_command(reader, entry, others[i].verb, key, &command);
        }
        return r;
}

static int set_text(Reader *reader, const PfBootSettings *keys, const char *name,
                    const char **ret) {
        const PfBootSetting *key = first(keys, name);

        return pf_boot_menu_text(reader->menu, key ? key->value : NULL, ret);
}

static int set_id(Reader *reader, PfBootEntry *entry) {
        const char *slash = strrchr(reader->path, '/'), *name = slash ? slash + 1 : reader->path;
        size_t n = strlen(name);

        if (reader->format == PF_BOOT_BLS && n > 5 && strcmp(name + n - 5, ".conf") == 0)
                n -= 5;
        return pf_boot_texts_add(&reader->menu->texts, name, n, &entry->id);
}

static int add_entry(Reader *reader, const PfBootSettings *keys) {
        PfBootEntry *entry, new = { .format = reader->format, .path = reader->path };
        int r = set_id(reader, &new);

        if (r == 0)
                r = set_text(reader, keys, "title", &new.title);
        if (r == 0)
                r = set_text(reader, keys, "version", &new.version);
        if (r == 0)
                r = set_text(reader, keys, "sort-key", &new.sort_key);
        if (r == 0)
                r = set_text(reader, keys, "machine-id", &new.machine_id);
        new.written = new.title;
        if (r == 0)
                r = pf_boot_menu_add_entry(reader->menu, &new, &entry);
        return r < 0 ? r : add_commands(reader, entry, keys);
}

static bool boots(const PfBootSettings *keys) {
        for (size_t i = 0; i < PF_ELEMENTS(images); i++)
                if (first(keys, images[i].name))
                        return true;
        return false;
}

int pf_bls_parse(const char *path, const char *text, size_t n, PfBootFormat format,
                 const PfBootSettings *variables, PfBootMenu *ret, PfErr *err) {
        PF_AUTO_BOOT_SETTINGS PfBootSettings keys = { 0 };
        Reader reader = { .format = format, .variables = variables, .menu = ret };
        int r = take_keys(path, text, n, &keys);

        if (r == 0 && boots(&keys)) {
                r = pf_boot_menu_text(ret, path, &reader.path);
                if (r == 0)
                        r = add_entry(&reader, &keys);
        }
        return r < 0 ? pf_err_errno(err, r, "%s", path) : 0;
}

int pf_loader_conf_parse(const char *path, const char *text, size_t n, PfBootSettings *ret,
                         PfErr *err) {
        int r = take_keys(path, text, n, ret);

        return r < 0 ? pf_err_errno(err, r, "%s", path) : 0;
}

/* "NAME+0.conf", "NAME+0-3.conf": Automatic Boot Assessment. */
static bool has_no_tries(const PfBootEntry *entry) {
        const char *plus = strrchr(entry->id, '+');

        return plus && plus[1] == '0' && (plus[2] == '-' || plus[2] == '.' || plus[2] == '\0');
}

static int compare_texts(const char *a, const char *b) {
        return strcmp(a ? a : "", b ? b : "");
}

static int compare_keys(const PfBootEntry *a, const PfBootEntry *b) {
        int order = compare_texts(a->sort_key, b->sort_key);

        if (order == 0)
                order = compare_texts(a->machine_id, b->machine_id);
        return order ? order
                     : pf_uapi_version_compare(b->version ? b->version : "",
                                               a->version ? a->version : "");
}

int pf_bls_compare(const PfBootEntry *a, const PfBootEntry *b) {
        int order;

        if (a->format == PF_BOOT_BLS)
                return pf_bls_name_compare(b->id, a->id);
        order = (int) has_no_tries(a) - (int) has_no_tries(b);
        if (order == 0)
                order = (int) !a->sort_key - (int) !b->sort_key;
        if (order == 0 && a->sort_key)
                order = compare_keys(a, b);
        return order ? order : pf_uapi_version_compare(b->id, a->id);
}

static int compare_items(const void *a, const void *b) {
        return pf_bls_compare(a, b);
}

void pf_bls_sort(PfBootMenu *menu, size_t i) {
        if (menu->n > i + 1)
                qsort(menu->entries + i, menu->n - i, sizeof(*menu->entries), compare_items);
}
