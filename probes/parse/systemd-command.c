/* SPDX-License-Identifier: MIT */
/*
 * Words of a unit's command line, and of a variable's value.
 */
#include "probes/parse/systemd-command.h"

#include <stdlib.h>
#include <string.h>

#include "daemon/base/buf.h"

#define WORD_MAX (1 << 20)
#define BLANKS " \t\n\r"

void pf_command_deinit(PfCommand *command) {
        for (size_t i = 0; i < command->n; i++)
                free(command->words[i].text);
        free(command->words);
        *command = (PfCommand){ 0 };
}

static int add_word_take(PfCommand *command, char *text, const PfVariable *variable) {
        PF_AUTO_FREE char *owned = text;
        PfCommandWord *words;

        if (!owned)
                return -ENOMEM;
        if (command->n == PF_COMMAND_WORDS_MAX)
                return -E2BIG;
        words = realloc(command->words, (command->n + 1) * sizeof(*words));
        if (!words)
                return -ENOMEM;
        command->words = words;
        words[command->n++] = (PfCommandWord){ .text = PF_STEAL(owned), .variable = variable };
        return 0;
}

/* --- words --- */

/* How a value of a variable differs from a line of a unit. */
typedef enum SplitFlags {
        SPLIT_ESCAPES = 1 << 0, /* "\t" is a tab, and "\?" an error; else it is "?" */
        SPLIT_RELAXED = 1 << 1, /* a quote may stay open */
} SplitFlags;

/* @digits of base @base behind an escape. */
static int take_number(const char **at, int digits, int base, PfBuf *word) {
        char text[4] = { 0 };
        char *end;
        char c;

        for (int i = 0; i < digits && (*at)[i]; i++)
                text[i] = (*at)[i];
        c = (char) strtoul(text, &end, base);
        if (end != text + digits || c == '\0')
                return -EINVAL;
        *at += digits;
        return pf_buf_add(word, &c, 1);
}

static int take_escape(const char **at, PfBuf *word) {
        static const char plain[][2] = { { 'a', '\a' },  { 'b', '\b' },  { 'f', '\f' },
                                         { 'n', '\n' },  { 'r', '\r' },  { 't', '\t' },
                                         { 'v', '\v' },  { '\\', '\\' }, { '"', '"' },
                                         { '\'', '\'' }, { 's', ' ' } };
        char c = *(*at)++;

        for (size_t i = 0; i < PF_ELEMENTS(plain); i++)
                if (plain[i][0] == c)
                        return pf_buf_add(word, &plain[i][1], 1);
        if (c == 'x')
                return take_number(at, 2, 16, word);
        if (c < '0' || c > '7')
                return -EINVAL;
        (*at)--;
        return take_number(at, 3, 8, word);
}

/* Takes the next word; *ret_any is false where there is none. */
static int take_word(const char **at, unsigned flags, PfBuf *word, bool *ret_any) {
        char quote = '\0';
        int r = 0;

        *at += strspn(*at, BLANKS);
        *ret_any = **at != '\0';
        while (r == 0 && **at && (quote || !strchr(BLANKS, **at))) {
                char c = *(*at)++;

                if (c == '\\' && **at)
                        r = flags & SPLIT_ESCAPES ? take_escape(at, word)
                                                  : pf_buf_add(word, (*at)++, 1);
                else if (c == quote)
                        quote = '\0';
                else if (!quote && (c == '"' || c == '\''))
                        quote = c;
                else if (c != '\\' || !(flags & SPLIT_RELAXED))
                        r = c == '\\' ? -EINVAL : pf_buf_add(word, &c, 1);
        }
        return r == 0 && quote && !(flags & SPLIT_RELAXED) ? -EINVAL : r;
}

static int split(const char *text, unsigned flags, const PfVariable *variable, PfCommand *command) {
        bool any = true;
        int r = 0;

        while (r == 0) {
                PF_AUTO_BUF PfBuf word = PF_BUF_INIT(WORD_MAX);

                r = take_word(&text, flags, &word, &any);
                if (r < 0 || !any)
                        break;
                r = add_word_take(command, pf_buf_steal(&word), variable);
        }
        return r;
}

int pf_command_split(const char *value, PfCommand *ret, PfErr *err) {
        PF_AUTO_COMMAND PfCommand command = { 0 };
        int r;

        r = split(value, SPLIT_ESCAPES, NULL, &command);
        if (r < 0)
                return pf_err_set(err, r == -ENOBUFS ? -E2BIG : r, "cannot be split into words");
        *ret = command;
        command = (PfCommand){ 0 };
        return 0;
}

/* --- variables --- */

static size_t name_length(const char *text) {
        size_t n = 0;

        while ((text[n] >= 'a' && text[n] <= 'z') || (text[n] >= 'A' && text[n] <= 'Z') ||
               text[n] == '_' || (n > 0 && text[n] >= '0' && text[n] <= '9'))
                n++;
        return n;
}

static const PfVariable *find(const PfEnvironment *environment, const char *name, size_t n) {
        for (size_t i = 0; i < environment->n; i++)
                if (strlen(environment->variables[i].name) == n &&
                    strncmp(environment->variables[i].name, name, n) == 0)
                        return &environment->variables[i];
        return NULL;
}

/* Puts in what ${NAME} and "$$" stand for. */
static int substitute(const char *text, const PfEnvironment *environment, PfBuf *word,
                      const PfVariable **ret_variable) {
        int r = 0;

        while (r == 0 && *text) {
                size_t n = text[0] == '$' && text[1] == '{' ? name_length(text + 2) : 0;

                if (n > 0 && text[2 + n] == '}') {
                        const PfVariable *variable = find(environment, text + 2, n);

                        if (variable) {
                                r = pf_buf_add_string(word, variable->value);
                                *ret_variable = variable;
                        }
                        text += n + 3;
                        continue;
                }
                if (text[0] == '$' && text[1] == '$')
                        text++;
                r = pf_buf_add(word, text++, 1);
        }
        return r;
}

static int expand_word(const char *text, const PfEnvironment *environment, PfCommand *command) {
        PF_AUTO_BUF PfBuf word = PF_BUF_INIT(WORD_MAX);
        const PfVariable *variable = NULL;
        size_t n = text[0] == '$' ? name_length(text + 1) : 0;
        int r;

        if (n > 0 && text[1 + n] == '\0') {
                variable = find(environment, text + 1, n);
                return variable ? split(variable->value, SPLIT_RELAXED, variable, command) : 0;
        }
        r = substitute(text, environment, &word, &variable);
        return r < 0 ? r : add_word_take(command, pf_buf_steal(&word), variable);
}

/* "%%" is "%"; what other specifiers stand for is not looked up. */
static void unescape_specifiers(char *text) {
        char *to = text;

        for (; *text; text++) {
                if (text[0] == '%' && text[1] == '%')
                        text++;
                *to++ = *text;
        }
        *to = '\0';
}

typedef struct Prefixes {
        bool may_fail;
        bool is_plain; /* ":": variables have no meaning */
        bool has_argv0;
        size_t n;
} Prefixes;

static Prefixes read_prefixes(const char *program) {
        Prefixes prefixes = { 0 };

        for (; program[prefixes.n] && strchr("-@:+!|", program[prefixes.n]); prefixes.n++) {
                prefixes.may_fail |= program[prefixes.n] == '-';
                prefixes.is_plain |= program[prefixes.n] == ':';
                prefixes.has_argv0 |= program[prefixes.n] == '@';
        }
        return prefixes;
}

static int expand(const PfCommand *line, const Prefixes *prefixes, const PfEnvironment *environment,
                  PfCommand *command) {
        int r;

        r = add_word_take(command, strdup(line->words[0].text + prefixes->n), NULL);
        for (size_t i = prefixes->has_argv0 ? 2 : 1; i < line->n && r == 0; i++) {
                char *text = line->words[i].text;

                if (strcmp(text, ";") == 0)
                        break;
                unescape_specifiers(text);
                r = prefixes->is_plain ? add_word_take(command, strdup(text), NULL)
                                       : expand_word(text, environment, command);
        }
        return r;
}

int pf_command_parse(const char *value, const PfEnvironment *environment, PfCommand *ret,
                     PfErr *err) {
        PF_AUTO_COMMAND PfCommand line = { 0 };
        PF_AUTO_COMMAND PfCommand command = { 0 };
        Prefixes prefixes;
        int r;

        r = pf_command_split(value, &line, err);
        if (r < 0)
                return r;
        if (line.n == 0)
                return pf_err_set(err, -EINVAL, "there is no program");
        prefixes = read_prefixes(line.words[0].text);
        if (!line.words[0].text[prefixes.n])
                return pf_err_set(err, -EINVAL, "there is no program");
        r = expand(&line, &prefixes, environment, &command);
        if (r < 0)
                return pf_err_set(err, r == -ENOBUFS ? -E2BIG : r, "cannot be expanded");
        command.may_fail = prefixes.may_fail;
        *ret = command;
        command = (PfCommand){ 0 };
        return 0;
}
