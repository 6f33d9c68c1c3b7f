/* SPDX-License-Identifier: MIT */
/*
 * /etc/default/grub: a shell script that is nearly always nothing but
 * assignments. It is followed as far as strings go; where a shell would be
 * needed, what it may have changed is marked.
 */
#include "probes/parse/grub-default.h"

#include <stdio.h>
#include <string.h>

#include "daemon/base/buf.h"

#define DEPTH_MAX 64 /* constructs, and expansions, within each other */
#define WORDS_MAX 16 /* of a test; no test of strings has more */

typedef enum Truth { FALSE, TRUE, UNKNOWN } Truth;

/* Whether statements run, within one construct. */
typedef struct Block {
        const char *end; /* the word that closes it */
        Truth runs;
        Truth done; /* of an if: whether a branch was taken already */
} Block;

typedef struct Parser {
        const char *at;
        const char *end;
        unsigned line;
        unsigned depth; /* of expansions */
        const char *path;
        PfBootSettings *settings;
        Block blocks[DEPTH_MAX];
        size_t n_blocks;
        Truth status; /* of the last command */
        Truth chain;  /* whether the next command runs, behind && or || */
        bool negated; /* behind '!' */
        unsigned unknown_line;
} Parser;

/* A word that a shell would make of the text. */
typedef struct Word {
        PfBuf text;
        unsigned line;
        bool certain;
        bool quoted;   /* something of it was in quotes: no keyword */
        size_t n_name; /* of NAME=…; 0: no assignment */
        bool append;   /* NAME+=… */
} Word;

static void deinit_word(Word *word) {
        pf_buf_deinit(&word->text);
}

static bool at_end(const Parser *parser) {
        return parser->at == parser->end;
}

static char peek(const Parser *parser) {
        return at_end(parser) ? '\0' : *parser->at;
}

static char peek_second(const Parser *parser) {
        return parser->end - parser->at > 1 ? parser->at[1] : '\0';
}

static char take(Parser *parser) {
        char c = *parser->at++;

        parser->line += c == '\n';
        return c;
}

static bool is_name(char c, bool first) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' ||
               (!first && c >= '0' && c <= '9');
}

static size_t name_length(const char *text, const char *end) {
        size_t n = 0;

        while (text + n < end && is_name(text[n], n == 0))
                n++;
        return n;
}

static int add(Word *word, const char *text, size_t n) {
        int r = n ? pf_buf_add(&word->text, text, n) : pf_buf_reserve(&word->text, 1);

        return r == -ENOBUFS ? -E2BIG : r;
}

/* Behind an opening bracket or backquote; to behind what closes it. */
static void skip_to(Parser *parser, char open, char close) {
        unsigned depth = 1;

        while (!at_end(parser) && depth > 0) {
                char c = take(parser);

                if (c == '\\' && !at_end(parser))
                        (void) take(parser);
                else if (c == '\'' && close != '`')
                        while (!at_end(parser) && take(parser) != '\'')
                                ;
                else if (c == close)
                        depth--;
                else if (c == open)
                        depth++;
        }
}

static int take_part(Parser *parser, Word *word, bool quoted, const char *stops);

/* The value of a variable; one of the environment is not known. */
static int add_variable(const Parser *parser, Word *word, const PfBootSetting *setting,
                        const char *name, size_t n) {
        (void) parser;
        if (!setting) {
                word->certain = word->certain && n > 5 && strncmp(name, "GRUB_", 5) == 0;
                return add(word, "", 0);
        }
        word->certain = word->certain && setting->certain;
        return add(word, setting->value, strlen(setting->value));
}

/* What stands behind ":-" and the like, up to '}', put in or thrown away. */
static int take_alternative(Parser *parser, Word *word, bool use) {
        bool certain = word->certain;
        size_t n = word->text.n;
        int r = 0;

        while (r == 0 && !at_end(parser) && *parser->at != '}')
                r = take_part(parser, word, true, "}");
        if (!at_end(parser))
                (void) take(parser);
        if (!use) {
                word->text.n = n;
                word->certain = certain;
        }
        return r;
}

/* ${…}, whose brace is taken. */
static int take_braces(Parser *parser, Word *word) {
        const char *name = parser->at;
        size_t n = name_length(name, parser->end);
        PF_AUTO_FREE char *copy = strndup(name, n);
        const PfBootSetting *setting;
        bool colon, is_set;
        char sign;
        int r;

        if (!copy)
                return -ENOMEM;
        parser->at += n;
        setting = pf_boot_settings_find(parser->settings, copy);
        colon = peek(parser) == ':';
        parser->at += colon;
        sign = peek(parser);
        if (n > 0 && !colon && sign == '}') {
                (void) take(parser);
                return add_variable(parser, word, setting, name, n);
        }
        if (n == 0 || !sign || !strchr("-=+", sign)) {
                word->certain = false; /* ${#a}, ${a%b}, ${a/b/c} … */
                skip_to(parser, '{', '}');
                return add(word, "", 0);
        }
        (void) take(parser);
        if ((setting && !setting->certain) || (!setting && strncmp(copy, "GRUB_", 5) != 0))
                word->certain = false;
        is_set = setting && (!colon || *setting->value);
        r = take_alternative(parser, word, is_set == (sign == '+'));
        if (r == 0 && is_set && sign != '+')
                r = add_variable(parser, word, setting, name, n);
        return r;
}

/* Behind '$'. */
static int take_dollar(Parser *parser, Word *word) {
        size_t n = name_length(parser->at, parser->end);

        if (n > 0) {
                PF_AUTO_FREE char *name = strndup(parser->at, n);

                if (!name)
                        return -ENOMEM;
                parser->at += n;
                if (peek(parser) == '\\' && peek_second(parser) == '\n')
                        word->certain = false; /* the name goes on */
                return add_variable(parser, word, pf_boot_settings_find(parser->settings, name),
                                    name, n);
        }
        if (peek(parser) == '{') {
                (void) take(parser);
                return take_braces(parser, word);
        }
        if (peek(parser) == '(') {
                (void) take(parser);
                skip_to(parser, '(', ')');
                word->certain = false;
                return add(word, "", 0);
        }
        if (peek(parser) && strchr("0123456789@*#?$!-", peek(parser))) {
                (void) take(parser);
                word->certain = false;
                return add(word, "", 0);
        }
        return add(word, "$", 1);
}

static int take_single_quoted(Parser *parser, Word *word) {
        const char *start = parser->at;

        while (!at_end(parser) && *parser->at != '\'')
                (void) take(parser);
        if (at_end(parser))
                word->certain = false;
        word->quoted = true;
        return add(word, start, (size_t) ((at_end(parser) ? parser->at : parser->at++) - start));
}

static int take_double_quoted(Parser *parser, Word *word) {
        int r = add(word, "", 0);

        word->quoted = true;
        while (r == 0 && !at_end(parser) && *parser->at != '"')
                r = take_part(parser, word, true, "\"");
        if (at_end(parser))
                word->certain = false;
        else
                (void) take(parser);
        return r;
}

/* Behind '\\'. Within double quotes it stays before most characters. */
static int take_escaped(Parser *parser, Word *word, bool quoted) {
        char c;

        if (at_end(parser))
                return add(word, "\\", 1);
        c = take(parser);
        if (c == '\n')
                return 0;
        if (quoted && !(c && strchr("$`\"\\}", c)) && add(word, "\\", 1) < 0)
                return -ENOMEM;
        word->quoted = true;
        return add(word, &c, 1);
}

/* A character, or what it begins. @stops: what would end the part around it. */
static int take_part(Parser *parser, Word *word, bool quoted, const char *stops) {
        char c = take(parser);
        int r;

        if (++parser->depth > DEPTH_MAX)
                return -E2BIG;
        if (c == '\\')
                r = take_escaped(parser, word, quoted);
        else if (c == '$')
                r = take_dollar(parser, word);
        else if (c == '`') {
                skip_to(parser, '\0', '`');
                word->certain = false;
                r = add(word, "", 0);
        } else if (c == '"' && *stops != '"')
                r = take_double_quoted(parser, word);
        else if (c == '\'' && !quoted)
                r = take_single_quoted(parser, word);
        else
                r = add(word, c ? &c : " ", 1);
        parser->depth--;
        return r;
}

static bool ends_word(char c) {
        return c == '\0' || strchr(" \t\r\n;&|()<>", c) != NULL;
}

/* Whether NAME= or NAME+= is complete with what comes; nothing of it may be quoted. */
static void find_name(const Parser *parser, Word *word) {
        char c = *parser->at;

        if (word->text.n == 0 || (c != '=' && !(c == '+' && peek_second(parser) == '=')))
                return;
        word->n_name = word->text.n;
        word->append = c == '+';
}

/* A word; an empty one where an operator stands. */
static int take_word(Parser *parser, Word *word) {
        bool literal = true;
        int r = add(word, "", 0);

        word->line = parser->line;
        word->certain = true;
        while (r == 0 && !at_end(parser) && !ends_word(*parser->at)) {
                char c = *parser->at;

                if (literal)
                        find_name(parser, word);
                literal = literal && (is_name(c, word->text.n == 0) ||
                                      (c == '\\' && peek_second(parser) == '\n'));
                r = take_part(parser, word, false, "");
        }
        if (r == 0)
                word->text.data[word->text.n] = '\0';
        return r;
}

static Truth both(Truth a, Truth b) {
        return a == FALSE || b == FALSE ? FALSE : a == TRUE && b == TRUE ? TRUE : UNKNOWN;
}

static Truth negate(Truth a) {
        return a == UNKNOWN ? UNKNOWN : a == TRUE ? FALSE : TRUE;
}

/* Whether the next command is run. */
static Truth runs(const Parser *parser) {
        Truth truth = parser->chain;

        for (size_t i = 0; i < parser->n_blocks; i++)
                truth = both(truth, parser->blocks[i].runs);
        return truth;
}

static int open_block(Parser *parser, const char *end, Truth truth) {
        if (parser->n_blocks == DEPTH_MAX)
                return -E2BIG;
        parser->blocks[parser->n_blocks++] = (Block){ .end = end, .runs = truth, .done = FALSE };
        return 0;
}

static int assign(Parser *parser, const Word *word) {
        const char *value = word->text.data + word->n_name + 1 + word->append;
        PF_AUTO_FREE char *name = strndup(word->text.data, word->n_name);
        PF_AUTO_BUF PfBuf text = PF_BUF_INIT(PF_BOOT_LINE_MAX);
        PfBootSetting setting = { .name = name, .path = parser->path, .line = word->line };
        const PfBootSetting *before = name ? pf_boot_settings_find(parser->settings, name) : NULL;
        Truth truth = runs(parser);
        bool keep = truth == UNKNOWN;
        int r = 0;

        if (!name)
                return -ENOMEM;
        if (truth == FALSE)
                return 0;
        setting.certain = !keep && word->certain && (!word->append || !before || before->certain);
        if ((keep || word->append) && before)
                r = pf_buf_add_string(&text, before->value);
        if (r == 0 && !keep)
                r = pf_buf_add_string(&text, value);
        setting.value = text.data ? text.data : "";
        return r < 0 ? r == -ENOBUFS ? -E2BIG : r
                     : pf_boot_settings_add(parser->settings, &setting);
}

typedef struct Words {
        Word items[WORDS_MAX];
        size_t n;
        size_t n_all; /* also what did not fit */
} Words;

static void deinit_words(Words *words) {
        for (size_t i = 0; i < words->n; i++)
                deinit_word(&words->items[i]);
}

static bool word_is(const Word *word, const char *text) {
        return strcmp(word->text.data, text) == 0;
}

/* [ … ] on strings: one, two or three operands, behind any number of '!'. */
static Truth test_words(const Word *words, size_t n) {
        Truth truth = UNKNOWN;
        bool negated = false;

        for (size_t i = 0; i < n; i++)
                if (!words[i].certain)
                        return UNKNOWN;
        while (n > 1 && word_is(words, "!")) {
                negated = !negated;
                words++;
                n--;
        }
        if (n == 0)
                truth = FALSE;
        else if (n == 1)
                truth = words[0].text.n > 0 ? TRUE : FALSE;
        else if (n == 2 && (word_is(words, "-n") || word_is(words, "-z")))
                truth = (words[1].text.n > 0) == word_is(words, "-n") ? TRUE : FALSE;
        else if (n == 3 && (word_is(&words[1], "=") || word_is(&words[1], "==")))
                truth = word_is(&words[0], words[2].text.data) ? TRUE : FALSE;
        else if (n == 3 && word_is(&words[1], "!="))
                truth = word_is(&words[0], words[2].text.data) ? FALSE : TRUE;
        return negated ? negate(truth) : truth;
}

static int run_assignments(Parser *parser, const Words *words, size_t i) {
        int r = 0;

        for (; i < words->n && r == 0; i++)
                if (words->items[i].n_name > 0)
                        r = assign(parser, &words->items[i]);
        return r;
}

static bool is_variable_name(const Word *word) {
        const char *text = word->text.data;

        return word->text.n > 0 && name_length(text, text + word->text.n) == word->text.n;
}

/* Empty from here on, where it is reached. */
static int run_unset(Parser *parser, const Words *words) {
        PfBootSetting setting = { .value = "", .path = parser->path, .certain = true };
        int r = 0;

        for (size_t i = 1; i < words->n && r == 0; i++) {
                const Word *word = &words->items[i];
                const PfBootSetting *before =
                        pf_boot_settings_find(parser->settings, word->text.data);
                Truth truth = runs(parser);

                if (truth == FALSE || !is_variable_name(word))
                        continue;
                setting.name = word->text.data;
                setting.line = word->line;
                setting.certain = truth == TRUE && word->certain;
                setting.value = truth == UNKNOWN && before ? before->value : "";
                r = pf_boot_settings_add(parser->settings, &setting);
        }
        return r;
}

static bool is_one_of(const Word *word, const char *const *names) {
        for (size_t i = 0; names[i]; i++)
                if (word_is(word, names[i]))
                        return true;
        return false;
}

static int run_command(Parser *parser, const Words *words) {
        static const char *const declare[] = { "export", "readonly", "declare", "typeset", NULL };
        static const char *const unknown[] = { ".", "source", "eval", "read", NULL };
        const Word *first = &words->items[0];
        bool fits = words->n == words->n_all;

        parser->status = UNKNOWN;
        if (first->n_name > 0) {
                bool only = fits, certain = true;

                for (size_t i = 0; i < words->n; i++) {
                        only = only && words->items[i].n_name > 0;
                        certain = certain && words->items[i].certain;
                }
                parser->status = only && certain ? TRUE : UNKNOWN;
                return only ? run_assignments(parser, words, 0) : 0;
        }
        if (is_one_of(first, declare))
                return run_assignments(parser, words, 1);
        if (word_is(first, "unset"))
                return run_unset(parser, words);
        if (is_one_of(first, unknown) && runs(parser) != FALSE && parser->unknown_line == 0)
                parser->unknown_line = first->line;
        if (fits && word_is(first, "[") && word_is(&words->items[words->n - 1], "]"))
                parser->status = test_words(words->items + 1, words->n - 2);
        else if (fits && word_is(first, "test"))
                parser->status = test_words(words->items + 1, words->n - 1);
        else if (word_is(first, "true") || word_is(first, ":"))
                parser->status = TRUE;
        else if (word_is(first, "false"))
                parser->status = FALSE;
        return 0;
}

static void branch(Parser *parser, Truth condition) {
        Block *block = &parser->blocks[parser->n_blocks - 1];

        block->runs = both(condition, negate(block->done));
        if (condition == TRUE || (condition == UNKNOWN && block->done == FALSE))
                block->done = condition;
}

/* The condition of an if, or an elif, runs where no branch was taken. */
static int begin_condition(Parser *parser, bool again) {
        if (!again)
                return open_block(parser, "fi", TRUE);
        if (parser->n_blocks > 0)
                parser->blocks[parser->n_blocks - 1].runs =
                        negate(parser->blocks[parser->n_blocks - 1].done);
        return 0;
}

typedef struct Keyword {
        const char *word;
        const char *end; /* what closes the block that it opens */
        Truth runs;
} Keyword;

static const Keyword blocks[] = {
        { "for", "done", UNKNOWN },  { "while", "done", UNKNOWN },  { "until", "done", UNKNOWN },
        { "case", "esac", UNKNOWN }, { "select", "done", UNKNOWN }, { "{", "}", TRUE },
};

/* Positive outcome: a keyword, behind which another command begins. */
enum { KEYWORD = 1 };

static int take_keyword(Parser *parser, const Word *word) {
        bool in_if =
                parser->n_blocks > 0 && strcmp(parser->blocks[parser->n_blocks - 1].end, "fi") == 0;
        int r = 0;

        if (word->quoted)
                return 0;
        if (word_is(word, "if") || (word_is(word, "elif") && in_if))
                r = begin_condition(parser, word_is(word, "elif"));
        else if (word_is(word, "then") && in_if)
                branch(parser, parser->status);
        else if (word_is(word, "else") && in_if)
                branch(parser, TRUE);
        else if (parser->n_blocks > 0 && word_is(word, parser->blocks[parser->n_blocks - 1].end)) {
                parser->n_blocks--;
                parser->status = UNKNOWN;
        } else if (word_is(word, "!"))
                parser->negated = !parser->negated;
        else if (!word_is(word, "do")) {
                for (size_t i = 0; i < PF_ELEMENTS(blocks); i++)
                        if (word_is(word, blocks[i].word)) {
                                r = open_block(parser, blocks[i].end, blocks[i].runs);
                                return r < 0 ? r : KEYWORD;
                        }
                return 0;
        }
        return r < 0 ? r : KEYWORD;
}

static void skip_blanks(Parser *parser) {
        while (!at_end(parser) &&
               (*parser->at == ' ' || *parser->at == '\t' || *parser->at == '\r' ||
                (*parser->at == '\\' && parser->end - parser->at > 1 && parser->at[1] == '\n')))
                parser->line += *parser->at++ == '\\' && *parser->at++ == '\n';
        if (peek(parser) == '#')
                while (!at_end(parser) && *parser->at != '\n')
                        parser->at++;
}

/* Blanks, comments, and ends of lines, where the statement goes on. */
static void skip_lines(Parser *parser) {
        skip_blanks(parser);
        while (peek(parser) == '\n') {
                (void) take(parser);
                skip_blanks(parser);
        }
}

/* The file of a redirection. */
static int skip_word(Parser *parser) {
        PF_CLEANUP(deinit_word) Word word = { .text = PF_BUF_INIT(PF_BOOT_LINE_MAX) };

        skip_blanks(parser);
        return at_end(parser) || ends_word(*parser->at) ? 0 : take_word(parser, &word);
}

/* What stands between two commands: ; & | && || newline ( ) and redirections. */
static int take_operator(Parser *parser, bool after_name) {
        char c = take(parser);
        bool twice = peek(parser) == c && (c == '&' || c == '|' || c == ';' || c == '<');

        if (twice)
                (void) take(parser);
        parser->chain = TRUE;
        if (c == '|' || (c == '&' && twice))
                skip_lines(parser);
        if (c == '&' && twice)
                parser->chain = parser->status;
        else if (c == '|')
                parser->chain = twice ? negate(parser->status) : UNKNOWN;
        else if (c == '<' && twice) {
                if (parser->unknown_line == 0)
                        parser->unknown_line = parser->line;
                return open_block(parser, "", UNKNOWN);
        } else if (c == '(' && after_name && peek(parser) == ')') {
                (void) take(parser);
                skip_lines(parser);
                if (peek(parser) == '{') {
                        (void) take(parser);
                        return open_block(parser, "}", UNKNOWN);
                }
        } else if (c == '(')
                skip_to(parser, '(', ')');
        else if (c == '<' || c == '>')
                return skip_word(parser);
        return 0;
}

/* In a pipeline, or behind the script's back: what it assigns is lost. */
static bool runs_apart(const Parser *parser) {
        char c = peek(parser);

        return (c == '|' || c == '&') && peek_second(parser) != c;
}

/* One simple command, up to the operator that ends it. */
static int take_command(Parser *parser) {
        PF_CLEANUP(deinit_words) Words words = { 0 };
        int r = 0;

        for (;;) {
                Word *word = &words.items[words.n];
                bool spare = words.n == WORDS_MAX;
                PF_CLEANUP(deinit_word) Word lost = { .text = PF_BUF_INIT(PF_BOOT_LINE_MAX) };

                skip_blanks(parser);
                if (at_end(parser) || ends_word(*parser->at))
                        break;
                if (spare)
                        word = &lost;
                else
                        *word = lost;
                r = take_word(parser, word);
                words.n += !spare;
                words.n_all++;
                if (r == 0 && words.n_all == 1)
                        r = take_keyword(parser, word);
                if (r != 0)
                        return r < 0 ? r : 0;
        }
        if (words.n > 0 && runs_apart(parser))
                parser->status = UNKNOWN;
        else if (words.n > 0) {
                r = run_command(parser, &words);
                if (parser->negated)
                        parser->status = negate(parser->status);
                parser->negated = false;
        }
        if (r == 0 && !at_end(parser))
                r = take_operator(parser, words.n == 1);
        return r;
}

int pf_grub_default_parse(const char *path, const char *text, size_t n, PfBootSettings *ret,
                          unsigned *ret_unknown_line, PfErr *err) {
        Parser parser = { .at = text,
                          .end = text + n,
                          .line = 1,
                          .path = path,
                          .settings = ret,
                          .status = TRUE,
                          .chain = TRUE };
        int r = 0;

        while (r == 0 && !at_end(&parser))
                r = take_command(&parser);
        if (r < 0)
                return pf_err_errno(err, r, "%s", path);
        if (ret_unknown_line)
                *ret_unknown_line = parser.unknown_line;
        return 0;
}
