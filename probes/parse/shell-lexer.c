/* SPDX-License-Identifier: MIT */
/*
 * Cuts the text of a script into tokens: POSIX.1-2017, Shell Command Language,
 * 2.3, and what bash adds to it.
 */
#include "probes/parse/shell-lexer.h"

#include <string.h>

#define NESTING_MAX 32

static const char *skip(const char *p, const char *end, unsigned depth, bool *ret_unsupported);

/* Behind the byte @close, over quotes and expansions. */
static const char *skip_to(const char *p, const char *end, char close, unsigned depth,
                           bool *ret_unsupported) {
        while (p && p < end && *p != close)
                p = skip(p, end, depth + 1, ret_unsupported);
        return p && p < end ? p + 1 : NULL;
}

/* Within double quotes a single quote and a comment are nothing special. */
static const char *skip_double(const char *p, const char *end, unsigned depth,
                               bool *ret_unsupported) {
        while (p && p < end && *p != '"')
                p = *p == '$' || *p == '`' || *p == '\\' ? skip(p, end, depth + 1, ret_unsupported)
                                                         : p + 1;
        return p && p < end ? p + 1 : NULL;
}

/* A "case" has parentheses that close nothing, and so may a comment. */
static bool is_too_hard(const char *p, const char *end) {
        for (; p < end; p++)
                if (*p == '#' || (end - p > 4 && memcmp(p, "case", 4) == 0))
                        return true;
        return false;
}

static const char *skip_parentheses(const char *p, const char *end, unsigned depth,
                                    bool *ret_unsupported) {
        const char *start = p;

        while (p && p < end && *p != ')')
                p = *p == '(' ? skip_parentheses(p + 1, end, depth + 1, ret_unsupported)
                              : skip(p, end, depth + 1, ret_unsupported);
        if (!p || p >= end || depth > NESTING_MAX || is_too_hard(start, p)) {
                *ret_unsupported |= p != end;
                return NULL;
        }
        return p + 1;
}

static const char *skip_dollar(const char *p, const char *end, unsigned depth,
                               bool *ret_unsupported) {
        if (end - p < 2)
                return p + 1;
        switch (p[1]) {
        case '(':
                return skip_parentheses(p + 2, end, depth, ret_unsupported);
        case '{': /* a quote within one within quotes is a matter of taste */
                p = skip_to(p + 2, end, '}', depth, ret_unsupported);
                *ret_unsupported |= !p;
                return p;
        case '\'': /* $'…' of bash has escapes; in other shells it is a dollar and a string */
                *ret_unsupported = true;
                return NULL;
        default:
                return p + 1;
        }
}

static const char *skip_plain(const char *p, const char *end, char close) {
        p = memchr(p, close, (size_t) (end - p));
        return p ? p + 1 : NULL;
}

static const char *skip_backquotes(const char *p, const char *end) {
        while (p < end && *p != '`')
                p += *p == '\\' && end - p > 1 ? 2 : 1;
        return p < end ? p + 1 : NULL;
}

static const char *skip(const char *p, const char *end, unsigned depth, bool *ret_unsupported) {
        if (depth > NESTING_MAX) {
                *ret_unsupported = true;
                return NULL;
        }
        switch (*p) {
        case '\\':
                return end - p > 1 ? p + 2 : p + 1;
        case '\'':
                return skip_plain(p + 1, end, '\'');
        case '"':
                return skip_double(p + 1, end, depth, ret_unsupported);
        case '`':
                return skip_backquotes(p + 1, end);
        case '$':
                return skip_dollar(p, end, depth, ret_unsupported);
        default:
                return p + 1;
        }
}

const char *pf_shell_skip(const char *p, const char *end, bool *ret_unsupported) {
        return skip(p, end, 0, ret_unsupported);
}

size_t pf_shell_name_length(const char *text, size_t n) {
        size_t i = 0;

        while (i < n && ((text[i] >= 'a' && text[i] <= 'z') || (text[i] >= 'A' && text[i] <= 'Z') ||
                         text[i] == '_' || (i > 0 && text[i] >= '0' && text[i] <= '9')))
                i++;
        return i;
}

bool pf_shell_token_is(const PfShellToken *token, const char *text) {
        return (token->type == PF_SHELL_TOKEN_WORD || token->type == PF_SHELL_TOKEN_OPERATOR) &&
               token->n == strlen(text) && memcmp(token->text, text, token->n) == 0;
}

/* --- here-documents --- */

static bool is_delimiter(const PfShellRedirect *here, const char *line, size_t n) {
        const char *word = here->target.text;
        size_t i = 0;

        for (size_t k = 0; k < here->target.n; k++) {
                if (word[k] == '\'' || word[k] == '"' || word[k] == '\\')
                        continue;
                if (i == n || line[i++] != word[k])
                        return false;
        }
        return i == n;
}

/* From the beginning of a line; "<<-" takes tabs off. The end of the text ends it too. */
static void read_here(PfShellLexer *lexer, PfShellRedirect *here) {
        const char *end = lexer->source->text + lexer->source->n;
        bool strip = here->fd == -2;

        here->fd = -1;
        here->body = lexer->p;
        while (lexer->p < end) {
                const char *line = lexer->p;
                const char *newline = memchr(line, '\n', (size_t) (end - line));
                const char *stop = newline ? newline : end;

                while (strip && line < stop && *line == '\t')
                        line++;
                here->n_body = (size_t) (lexer->p - here->body);
                lexer->p = newline ? newline + 1 : end;
                lexer->line++;
                if (is_delimiter(here, line, (size_t) (stop - line)))
                        return;
                here->n_body = (size_t) (lexer->p - here->body);
        }
}

/* --- tokens --- */

static const char *const operators[] = { "&>>", "<<<", "<<-", "&&", "||", ";;", "<<",
                                         ">>",  "<&",  ">&",  "<>", ">|", "&>", "|&",
                                         ";",   "&",   "|",   "(",  ")",  "<",  ">" };

static size_t operator_length(const PfShellLexer *lexer, const char *p, const char *end) {
        for (size_t i = 0; i < sizeof(operators) / sizeof(operators[0]); i++) {
                size_t n = strlen(operators[i]);
                bool of_bash = operators[i][0] == '&' && n > 1 && operators[i][1] == '>';

                of_bash |= strcmp(operators[i], "<<<") == 0 || strcmp(operators[i], "|&") == 0;
                if ((size_t) (end - p) >= n && memcmp(p, operators[i], n) == 0 &&
                    (lexer->is_bash || !of_bash))
                        return n;
        }
        return 0;
}

static bool is_white(char c) {
        return c == ' ' || c == '\t';
}

static void skip_white(PfShellLexer *lexer, const char *end) {
        while (lexer->p < end) {
                if (is_white(*lexer->p)) {
                        lexer->p++;
                } else if (end - lexer->p > 1 && lexer->p[0] == '\\' && lexer->p[1] == '\n') {
                        lexer->p += 2;
                        lexer->line++;
                } else if (*lexer->p == '#') {
                        while (lexer->p < end && *lexer->p != '\n')
                                lexer->p++;
                } else {
                        return;
                }
        }
}

static bool ends_word(const PfShellLexer *lexer, char c) {
        if (c == '\n' || is_white(c))
                return true;
        return !lexer->is_regex && strchr(";&|<>()", c) != NULL;
}

static const char *skip_char(PfShellLexer *lexer, const char *p, const char *end) {
        bool unsupported = *p == '\0';
        const char *next = unsupported ? NULL : pf_shell_skip(p, end, &unsupported);

        if (!next)
                lexer->failure = unsupported ? PF_SHELL_SYNTAX_UNSUPPORTED : PF_SHELL_SYNTAX_ERROR;
        return next;
}

/* name=( … ): an array of bash is one word. */
static const char *skip_array(PfShellLexer *lexer, const char *start, const char *p,
                              const char *end) {
        size_t n = pf_shell_name_length(start, (size_t) (p - start));
        bool unsupported = false;

        n += n > 0 && start[n] == '+';
        if (!lexer->is_bash || *p != '(' || n == 0 || start + n + 1 != p || start[n] != '=')
                return p;
        p = skip_parentheses(p + 1, end, 0, &unsupported);
        if (!p)
                lexer->failure = unsupported ? PF_SHELL_SYNTAX_UNSUPPORTED : PF_SHELL_SYNTAX_ERROR;
        return p;
}

static void take_word(PfShellLexer *lexer, PfShellToken *ret, const char *end) {
        const char *p = lexer->p;

        while (p && p < end && !ends_word(lexer, *p))
                p = skip_char(lexer, p, end);
        if (p && p < end)
                p = skip_array(lexer, ret->text, p, end);
        if (!p) {
                ret->type = PF_SHELL_TOKEN_BAD;
                return;
        }
        for (const char *c = lexer->p; c < p; c++)
                lexer->line += *c == '\n';
        lexer->is_regex = false;
        lexer->p = p;
        ret->n = (size_t) (p - ret->text);
        ret->type = PF_SHELL_TOKEN_WORD;
}

static void take_newline(PfShellLexer *lexer) {
        lexer->p++;
        lexer->line++;
        for (size_t i = 0; i < lexer->n_here; i++)
                read_here(lexer, lexer->here[i]);
        lexer->n_here = 0;
}

/* A number directly before a redirection is its descriptor. */
static void take_number(PfShellLexer *lexer, PfShellToken *ret, const char *end) {
        const char *p = lexer->p;

        ret->fd = -1;
        if (end - p > 1 && p[0] >= '0' && p[0] <= '9' && (p[1] == '<' || p[1] == '>')) {
                ret->fd = p[0] - '0';
                lexer->p++;
        }
}

void pf_shell_lexer_next(PfShellLexer *lexer, PfShellToken *ret) {
        const char *end = lexer->source->text + lexer->source->n;

        skip_white(lexer, end);
        take_number(lexer, ret, end);
        ret->text = lexer->p;
        ret->line = lexer->line;
        ret->n = 0;
        if (lexer->p == end) {
                ret->type = PF_SHELL_TOKEN_END;
        } else if (*lexer->p == '\n') {
                ret->type = PF_SHELL_TOKEN_NEWLINE;
                take_newline(lexer);
        } else if (!lexer->is_regex && (ret->n = operator_length(lexer, lexer->p, end)) > 0) {
                ret->type = PF_SHELL_TOKEN_OPERATOR;
                lexer->p += ret->n;
        } else {
                take_word(lexer, ret, end);
        }
}
