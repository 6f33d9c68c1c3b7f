/* SPDX-License-Identifier: MIT */
/*
 * The menu of GRUB 0.97: a list of titles, each with commands. It has no
 * variables and no conditions.
 */
#include "probes/parse/grub-legacy.h"

#include <string.h>

#include "daemon/base/buf.h"

typedef struct Reader {
        const char *at;
        const char *end;
        unsigned line; /* of the character to come */
        const char *path;
        PfBootMenu *menu;
        PfBootEntry *entry; /* the one that commands go to; NULL before the first title */
} Reader;

typedef struct Verb {
        const char *name;
        PfBootVerb verb;
} Verb;

static const Verb verbs[] = {
        { "kernel", PF_BOOT_KERNEL },        { "module", PF_BOOT_KERNEL },
        { "modulenounzip", PF_BOOT_KERNEL }, { "initrd", PF_BOOT_INITRD },
        { "root", PF_BOOT_SEARCH },          { "rootnoverify", PF_BOOT_SEARCH },
        { "uuid", PF_BOOT_SEARCH },          { "find", PF_BOOT_SEARCH },
        { "chainloader", PF_BOOT_CHAIN },    { "halt", PF_BOOT_CHAIN },
        { "reboot", PF_BOOT_CHAIN },         { "configfile", PF_BOOT_CONFIG },
};

static PfBootVerb find_verb(const char *name) {
        for (size_t i = 0; i < PF_ELEMENTS(verbs); i++)
                if (strcmp(verbs[i].name, name) == 0)
                        return verbs[i].verb;
        return PF_BOOT_OTHER;
}

/* The next character as GRUB has it: a tab is a blank, and so is an end of line
 * behind a '\\'. Return: false at an end of line. */
static bool take(Reader *reader, char *ret) {
        char c = *reader->at++;
        bool goes_on = c == '\\' && reader->at < reader->end && *reader->at == '\n';

        if (goes_on)
                reader->at++;
        reader->line += goes_on || c == '\n';
        *ret = goes_on || c == '\t' ? ' ' : c;
        return c != '\n';
}

/* A comment, in which a '\\' keeps nothing. */
static int take_rest_of_comment(Reader *reader, PfBuf *line) {
        const char *newline = memchr(reader->at, '\n', (size_t) (reader->end - reader->at));
        const char *end = newline ? newline : reader->end;
        int r = end > reader->at ? pf_buf_add(line, reader->at, (size_t) (end - reader->at)) : 0;

        reader->at = newline ? newline + 1 : end;
        reader->line += newline != NULL;
        return r;
}

/* A line, put together from several where it is; from the first character that is no blank. */
static int take_line(Reader *reader, PfBuf *line, unsigned *ret_number) {
        bool go_on = true;
        int r = pf_buf_reserve(line, 1);

        line->n = 0;
        *ret_number = reader->line;
        while (r == 0 && go_on && reader->at < reader->end) {
                char c;

                go_on = take(reader, &c);
                if (!go_on || c == '\r' || (line->n == 0 && c == ' '))
                        continue;
                r = pf_buf_add(line, &c, 1);
                if (r == 0 && line->n == 1 && c == '#') {
                        r = take_rest_of_comment(reader, line);
                        go_on = false;
                }
        }
        if (r == 0)
                line->data[line->n] = '\0';
        return r == -ENOBUFS ? -E2BIG : r;
}

static int add_setting(Reader *reader, const char *name, const char *value, unsigned line) {
        bool secret = strcmp(name, "password") == 0;

        return pf_boot_settings_add(&reader->menu->settings,
                                    &(PfBootSetting){ .name = name,
                                                      .value = secret ? "" : value,
                                                      .path = reader->path,
                                                      .line = line,
                                                      .certain = !secret });
}

/* "# kopt=…": one '#', a name, '='. The other comments say nothing. */
static int take_comment(Reader *reader, char *text, unsigned line) {
        char *name = text + 1 + strspn(text + 1, " \t"), *start = name - 2;
        char *equals = name + strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789_");

        if (*equals != '=' || equals == name || name == text + 1)
                return 0;
        *equals = '\0';
        start[0] = '#';
        start[1] = ' ';
        return add_setting(reader, start, pf_boot_trim_end(equals + 1), line);
}

static int take_title(Reader *reader, const char *title, unsigned line) {
        PfBootEntry entry = { .format = PF_BOOT_MENU_LST, .path = reader->path, .line = line };
        int r = pf_boot_menu_text(reader->menu, title, &entry.title);

        entry.written = entry.title;
        return r < 0 ? r : pf_boot_menu_add_entry(reader->menu, &entry, &reader->entry);
}

/* The words before the image are options of the command itself. */
static size_t find_image(const PfBootWords *words) {
        size_t i = 0;

        while (i < words->n && strncmp(words->items[i].text, "--", 2) == 0)
                i++;
        return i;
}

static int take_command(Reader *reader, const char *name, const char *rest, unsigned line) {
        PfBootCommand *command,
                new = { .verb = find_verb(name), .path = reader->path, .line = line };
        int r = pf_boot_menu_text(reader->menu, name, &new.name);

        if (r == 0)
                r = pf_boot_menu_add_command(reader->menu, &reader->entry->commands, &new,
                                             &command);
        if (r == 0)
                r = pf_boot_menu_split(reader->menu, &command->written, rest, strlen(rest),
                                       reader->path, line);
        if (r == 0)
                r = pf_boot_words_copy(&command->written, &command->expanded);
        if (r == 0 && new.verb == PF_BOOT_KERNEL)
                command->i_image = find_image(&command->written);
        return r;
}

static int take_statement(Reader *reader, char *text, unsigned line) {
        size_t n = strcspn(text, " =");
        char *rest = text + n + strspn(text + n, " =");
        bool is_title;

        if (*text == '\0')
                return 0;
        if (*text == '#')
                return take_comment(reader, text, line);
        text[n] = '\0';
        is_title = strcmp(text, "title") == 0;
        if (is_title)
                return take_title(reader, rest, line);
        return reader->entry ? take_command(reader, text, rest, line)
                             : add_setting(reader, text, pf_boot_trim_end(rest), line);
}

int pf_grub_legacy_parse(const char *path, const char *text, size_t n, PfBootMenu *ret,
                         PfErr *err) {
        PF_AUTO_BUF PfBuf line = PF_BUF_INIT(PF_BOOT_LINE_MAX);
        Reader reader = { .at = text, .end = text + n, .line = 1, .menu = ret };
        int r = pf_boot_menu_text(ret, path, &reader.path);

        while (r == 0 && reader.at < reader.end) {
                unsigned number;

                r = take_line(&reader, &line, &number);
                if (r == 0)
                        r = take_statement(&reader, line.data, number);
        }
        return r < 0 ? pf_err_errno(err, r, "%s", path) : 0;
}
