/* SPDX-License-Identifier: MIT */
/*
 * Entries, commands and settings of boot loaders: lists that grow up to a limit.
 */
#include "probes/parse/boot-entry.h"

#include <string.h>

static const char *const format_names[PF_BOOT_FORMATS] = {
        [PF_BOOT_GRUB] = "grub", [PF_BOOT_MENU_LST] = "menu.lst",
        [PF_BOOT_BLS] = "bls",   [PF_BOOT_SYSTEMD_BOOT] = "systemd-boot",
        [PF_BOOT_UKI] = "uki",   [PF_BOOT_EXTLINUX] = "extlinux",
};

const char *pf_boot_format_name(PfBootFormat format) {
        return format_names[format];
}

int pf_boot_grow(void **items, size_t n, size_t size, size_t max) {
        void *grown;

        if (n >= max)
                return -E2BIG;
        /* It doubles at 0, 1, 2, 4 …: the count alone tells when the room is used up. */
        if ((n & (n - 1)) != 0)
                return 0;
        grown = reallocarray(*items, n ? n * 2 : 1, size);
        if (!grown)
                return -ENOMEM;
        *items = grown;
        return 0;
}

void pf_boot_texts_deinit(PfBootTexts *texts) {
        pf_strv_deinit(&texts->strv);
        texts->n_bytes = 0;
}

int pf_boot_texts_add(PfBootTexts *texts, const char *text, size_t n, const char **ret) {
        int r;

        if (n >= PF_BOOT_TEXT_MAX - texts->n_bytes)
                return -E2BIG;
        r = pf_strv_add_n(&texts->strv, text, n);
        if (r < 0)
                return r;
        texts->n_bytes += n + 1;
        *ret = texts->strv.items[texts->strv.n - 1];
        return 0;
}

void pf_boot_settings_deinit(PfBootSettings *settings) {
        free(settings->items);
        pf_boot_texts_deinit(&settings->texts);
        *settings = (PfBootSettings){ 0 };
}

/* The path that the item before had, or a copy. */
static int add_path(PfBootTexts *texts, const char *path, const char *before, const char **ret) {
        if (before && strcmp(path, before) == 0) {
                *ret = before;
                return 0;
        }
        return pf_boot_texts_add(texts, path, strlen(path), ret);
}

int pf_boot_settings_add(PfBootSettings *settings, const PfBootSetting *setting) {
        PfBootSetting copy = *setting;
        int r;

        r = pf_boot_grow((void **) &settings->items, settings->n, sizeof(copy),
                         PF_BOOT_SETTINGS_MAX);
        if (r == 0)
                r = pf_boot_texts_add(&settings->texts, setting->name, strlen(setting->name),
                                      &copy.name);
        if (r == 0)
                r = pf_boot_texts_add(&settings->texts, setting->value, strlen(setting->value),
                                      &copy.value);
        if (r == 0)
                r = add_path(&settings->texts, setting->path,
                             settings->n ? settings->items[settings->n - 1].path : NULL,
                             &copy.path);
        if (r == 0)
                settings->items[settings->n++] = copy;
        return r;
}

const PfBootSetting *pf_boot_settings_find(const PfBootSettings *settings, const char *name) {
        for (size_t i = settings->n; i-- > 0;)
                if (strcmp(settings->items[i].name, name) == 0)
                        return &settings->items[i];
        return NULL;
}

const char *pf_boot_settings_value(const PfBootSettings *settings, const char *name,
                                   const char *otherwise) {
        const PfBootSetting *setting = pf_boot_settings_find(settings, name);

        return setting ? setting->value : otherwise;
}

void pf_boot_words_deinit(PfBootWords *words) {
        free(words->items);
        *words = (PfBootWords){ 0 };
}

static void deinit_commands(PfBootCommands *commands) {
        for (size_t i = 0; i < commands->n; i++) {
                pf_boot_words_deinit(&commands->items[i].written);
                pf_boot_words_deinit(&commands->items[i].expanded);
        }
        free(commands->items);
}

void pf_boot_menu_deinit(PfBootMenu *menu) {
        for (size_t i = 0; i < menu->n; i++) {
                pf_boot_words_deinit(&menu->entries[i].submenu);
                deinit_commands(&menu->entries[i].commands);
        }
        free(menu->entries);
        deinit_commands(&menu->outside);
        pf_boot_settings_deinit(&menu->settings);
        pf_boot_texts_deinit(&menu->texts);
        *menu = (PfBootMenu){ 0 };
}

int pf_boot_menu_text(PfBootMenu *menu, const char *text, const char **ret) {
        if (!text) {
                *ret = NULL;
                return 0;
        }
        return pf_boot_texts_add(&menu->texts, text, strlen(text), ret);
}

int pf_boot_menu_add_entry(PfBootMenu *menu, const PfBootEntry *entry, PfBootEntry **ret) {
        int r = pf_boot_grow((void **) &menu->entries, menu->n, sizeof(*entry),
                             PF_BOOT_ENTRIES_MAX);

        if (r < 0)
                return r;
        menu->entries[menu->n] = *entry;
        *ret = &menu->entries[menu->n++];
        return 0;
}

int pf_boot_menu_add_command(PfBootMenu *menu, PfBootCommands *to, const PfBootCommand *command,
                             PfBootCommand **ret) {
        int r;

        if (menu->n_commands >= PF_BOOT_COMMANDS_MAX)
                return -E2BIG;
        r = pf_boot_grow((void **) &to->items, to->n, sizeof(*command), PF_BOOT_COMMANDS_MAX);
        if (r < 0)
                return r;
        menu->n_commands++;
        to->items[to->n] = *command;
        *ret = &to->items[to->n++];
        return 0;
}

static int append_word(PfBootWords *words, const PfBootWord *word) {
        int r = pf_boot_grow((void **) &words->items, words->n, sizeof(*word), PF_BOOT_WORDS_MAX);

        if (r == 0)
                words->items[words->n++] = *word;
        return r;
}

static int add_word_n(PfBootMenu *menu, PfBootWords *words, const PfBootWord *word, size_t n) {
        PfBootWord copy = *word;
        int r = pf_boot_texts_add(&menu->texts, word->text, n, &copy.text);

        return r < 0 ? r : append_word(words, &copy);
}

int pf_boot_menu_add_word(PfBootMenu *menu, PfBootWords *words, const PfBootWord *word) {
        return add_word_n(menu, words, word, strlen(word->text));
}

int pf_boot_words_copy(const PfBootWords *from, PfBootWords *words) {
        int r = 0;

        for (size_t i = 0; i < from->n && r == 0; i++)
                r = append_word(words, &from->items[i]);
        return r;
}

static bool is_blank(char c) {
        return c == ' ' || c == '\t';
}

int pf_boot_menu_split(PfBootMenu *menu, PfBootWords *words, const char *text, size_t n,
                       const char *path, unsigned line) {
        int r = 0;

        for (size_t i = 0, end; r == 0; i = end) {
                while (i < n && is_blank(text[i]))
                        i++;
                if (i == n)
                        break;
                for (end = i; end < n && !is_blank(text[end]);)
                        end++;
                r = add_word_n(
                        menu, words,
                        &(PfBootWord){
                                .text = text + i, .path = path, .line = line, .certain = true },
                        end - i);
        }
        return r;
}

const PfBootWord *pf_boot_command_image(const PfBootCommand *command) {
        return command->verb == PF_BOOT_KERNEL && command->i_image < command->expanded.n
                       ? &command->expanded.items[command->i_image]
                       : NULL;
}

int pf_boot_each_line(const char *text, size_t n, PfBootLineVisit visit, void *data) {
        const char *end = text + n;
        unsigned number = 0;
        int r = 0;

        while (r == 0 && text < end) {
                const char *newline = memchr(text, '\n', (size_t) (end - text));
                size_t length = (size_t) ((newline ? newline : end) - text);
                PF_AUTO_FREE char *line = NULL;

                if (length > PF_BOOT_LINE_MAX)
                        return -E2BIG;
                line = strndup(text, length);
                if (!line)
                        return -ENOMEM;
                r = visit(line, ++number, data);
                text = newline ? newline + 1 : end;
        }
        return r;
}

char *pf_boot_take_word(char **rest) {
        char *word = *rest + strspn(*rest, " \t");
        char *end = word + strcspn(word, " \t");

        if (*word == '\0')
                return NULL;
        *rest = end + strspn(end, " \t");
        *end = '\0';
        return word;
}

char *pf_boot_trim_end(char *text) {
        size_t n = strlen(text);

        while (n > 0 && (is_blank(text[n - 1]) || text[n - 1] == '\r'))
                n--;
        text[n] = '\0';
        return text;
}
