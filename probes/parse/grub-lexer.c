/* SPDX-License-Identifier: MIT */
/*
 * Words of GRUB's scripts. Unlike in a shell, '{' and '}' end a word wherever
 * they stand, '#' begins a comment only where a word could begin, and $"…" is
 * text to translate, without variables.
 */
#include "probes/parse/grub-syntax.h"

#include <string.h>

#include "daemon/base/buf.h"

/* A word under construction. */
typedef struct Word {
        PfGrubLexer *lexer;
        PfGrubPart **tail;
        PfBuf text; /* of the part that is not closed yet */
        bool text_quoted;
        bool plain; /* nothing quoted, escaped or put in so far */
} Word;

static bool at_end(const PfGrubLexer *lexer) {
        return lexer->at == lexer->end;
}

static char take(PfGrubLexer *lexer) {
        char c = *lexer->at++;

        lexer->line += c == '\n';
        return c;
}

static bool is_name(char c, bool first) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' ||
               (!first && c >= '0' && c <= '9');
}

static bool is_digit(char c) {
        return c >= '0' && c <= '9';
}

static int add_part(Word *word, const char *text, size_t n, bool variable, bool quoted) {
        PfGrubPart *part = pf_grub_tree_allocate(word->lexer->tree, sizeof(*part) + n + 1);

        if (!part)
                return -ENOMEM;
        if (n > 0)
                memcpy(part + 1, text, n);
        *part = (PfGrubPart){ .text = (const char *) (part + 1),
                              .variable = variable,
                              .quoted = quoted };
        *word->tail = part;
        word->tail = &part->next;
        return 0;
}

/* Closes the text so far, if there is any, or quotes that hold none. */
static int close_text(Word *word) {
        int r = 0;

        if (word->text.n > 0 || word->text_quoted)
                r = add_part(word, word->text.data, word->text.n, false, word->text_quoted);
        word->text.n = 0;
        word->text_quoted = false;
        return r;
}

static int add_char(Word *word, char c) {
        return pf_buf_add(&word->text, &c, 1);
}

/* The length of a variable's name, braces included, or 0 where none stands here. */
static size_t variable_length(const char *text, size_t n) {
        bool braces = n > 0 && *text == '{';
        size_t start = braces, i = start;

        if (i < n && is_name(text[i], true))
                while (i < n && is_name(text[i], false))
                        i++;
        else if (i < n && is_digit(text[i]))
                while (i < n && is_digit(text[i]))
                        i++;
        else if (i < n && strchr("?#*@", text[i]) && text[i])
                i++;
        if (i == start || (braces && (i == n || text[i] != '}')))
                return 0;
        return i + braces;
}

/* Positive outcome: GRUB has no use for this. */
enum { BAD = 1 };

/* Behind a '$'. */
static int take_variable(Word *word, bool quoted) {
        PfGrubLexer *lexer = word->lexer;
        size_t n = variable_length(lexer->at, (size_t) (lexer->end - lexer->at));
        bool braces = n > 0 && *lexer->at == '{';
        int r;

        if (n == 0)
                return BAD;
        r = close_text(word);
        if (r == 0)
                r = add_part(word, lexer->at + braces, n - 2 * (size_t) braces, true, quoted);
        lexer->at += n;
        return r;
}

static int take_single_quoted(Word *word) {
        PfGrubLexer *lexer = word->lexer;
        int r = close_text(word);

        word->text_quoted = true;
        while (r == 0 && !at_end(lexer)) {
                char c = take(lexer);

                if (c == '\'')
                        return close_text(word);
                r = add_char(word, c);
        }
        return r == 0 ? BAD : r;
}

/* Behind a '\' in double quotes. @escapable: what it takes the meaning away from. */
static int take_quoted_escape(Word *word, const char *escapable) {
        PfGrubLexer *lexer = word->lexer;
        int r = 0;

        if (at_end(lexer))
                return BAD;
        if (*lexer->at == '\n') {
                (void) take(lexer);
                return 0;
        }
        if (!strchr(escapable, *lexer->at) || !*lexer->at)
                r = add_char(word, '\\');
        return r == 0 ? add_char(word, take(lexer)) : r;
}

static int take_double_quoted(Word *word, bool translated) {
        PfGrubLexer *lexer = word->lexer;
        int r = close_text(word);

        word->text_quoted = true;
        while (r == 0 && !at_end(lexer)) {
                char c = take(lexer);

                if (c == '"')
                        return close_text(word);
                if (c == '\\')
                        r = take_quoted_escape(word, translated ? "\"\\" : "\"\\$");
                else if (c == '$' && !translated) {
                        r = take_variable(word, true);
                        word->text_quoted = true;
                } else
                        r = add_char(word, c);
        }
        return r == 0 ? BAD : r;
}

/* Behind a '\' outside of quotes. */
static int take_escape(Word *word) {
        if (at_end(word->lexer))
                return BAD;
        if (*word->lexer->at == '\n') {
                (void) take(word->lexer);
                return 0;
        }
        return add_char(word, take(word->lexer));
}

static int take_dollar(Word *word) {
        if (!at_end(word->lexer) && *word->lexer->at == '"') {
                (void) take(word->lexer);
                return take_double_quoted(word, true);
        }
        return take_variable(word, false);
}

static bool ends_word(char c) {
        return c == '\0' || strchr(" \t\n;{}|&<>", c) != NULL;
}

static int take_part(Word *word) {
        char c = take(word->lexer);

        word->plain = word->plain && c != '\'' && c != '"' && c != '\\' && c != '$';
        switch (c) {
        case '\'':
                return take_single_quoted(word);
        case '"':
                return take_double_quoted(word, false);
        case '\\':
                return take_escape(word);
        case '$':
                return take_dollar(word);
        default:
                return add_char(word, c);
        }
}

static void deinit_word(Word *word) {
        pf_buf_deinit(&word->text);
}

static int take_word(PfGrubLexer *lexer, PfGrubToken *ret) {
        PfGrubWord *grub_word = pf_grub_tree_allocate(lexer->tree, sizeof(*grub_word));
        PF_CLEANUP(deinit_word)
        Word word = { .lexer = lexer, .text = PF_BUF_INIT(PF_GRUB_TREE_MAX), .plain = true };
        int r = 0;

        if (!grub_word)
                return -ENOMEM;
        word.tail = &grub_word->parts;
        grub_word->line = lexer->line;
        while (r == 0 && !at_end(lexer) && !ends_word(*lexer->at))
                r = take_part(&word);
        if (r == 0)
                r = close_text(&word);
        if (r < 0)
                return r;
        *ret = (PfGrubToken){
                .kind = r == BAD ? PF_GRUB_TOKEN_BAD : PF_GRUB_TOKEN_WORD,
                .line = grub_word->line,
                .word = grub_word,
                .bare = word.plain && grub_word->parts ? grub_word->parts->text : NULL,
        };
        /* GRUB has names for these two, and no use. */
        if (ret->bare && (strcmp(ret->bare, "[[") == 0 || strcmp(ret->bare, "]]") == 0))
                ret->kind = PF_GRUB_TOKEN_BAD;
        return 0;
}

static void skip_blanks(PfGrubLexer *lexer) {
        for (;;) {
                if (at_end(lexer))
                        return;
                if (*lexer->at == '#') {
                        while (!at_end(lexer) && *lexer->at != '\n')
                                lexer->at++;
                        return;
                }
                if (*lexer->at == ' ' || *lexer->at == '\t')
                        (void) take(lexer);
                else if (*lexer->at == '\\' && lexer->end - lexer->at > 1 && lexer->at[1] == '\n') {
                        lexer->at++;
                        (void) take(lexer);
                } else
                        return;
        }
}

static PfGrubTokenKind kind_of(char c) {
        switch (c) {
        case '\n':
                return PF_GRUB_TOKEN_NEWLINE;
        case ';':
                return PF_GRUB_TOKEN_SEMICOLON;
        case '{':
                return PF_GRUB_TOKEN_OPEN;
        case '}':
                return PF_GRUB_TOKEN_CLOSE;
        default:
                return ends_word(c) ? PF_GRUB_TOKEN_BAD : PF_GRUB_TOKEN_WORD;
        }
}

int pf_grub_lexer_next(PfGrubLexer *lexer, PfGrubToken *ret) {
        PfGrubTokenKind kind;

        skip_blanks(lexer);
        if (at_end(lexer)) {
                *ret = (PfGrubToken){ .kind = PF_GRUB_TOKEN_END, .line = lexer->line };
                return 0;
        }
        kind = kind_of(*lexer->at);
        if (kind == PF_GRUB_TOKEN_WORD)
                return take_word(lexer, ret);
        *ret = (PfGrubToken){ .kind = kind, .line = lexer->line };
        (void) take(lexer);
        if (kind == PF_GRUB_TOKEN_SEMICOLON && !at_end(lexer) && *lexer->at == ';')
                ret->kind = PF_GRUB_TOKEN_BAD;
        return 0;
}

void pf_grub_lexer_skip_line(PfGrubLexer *lexer) {
        while (!at_end(lexer) && take(lexer) != '\n')
                ;
}
