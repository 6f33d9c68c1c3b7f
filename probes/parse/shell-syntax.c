/* SPDX-License-Identifier: MIT */
/*
 * Puts the tokens of a script together: POSIX.1-2017, Shell Command Language,
 * 2.9 and 2.10, and the "[[ ]]" and "function" of bash.
 */
#include "probes/parse/shell-syntax.h"

#include <stdlib.h>
#include <string.h>

#include "probes/parse/shell-lexer.h"

#define NESTING_MAX 40
#define BLOCK_BYTES 16384
#define MEMORY_MAX (8 << 20)

typedef struct Block {
        struct Block *next;
        max_align_t bytes[];
} Block;

struct PfShellParser {
        PfShellLexer lexer;
        PfShellToken token; /* the next one, not yet taken */
        bool is_started;
        unsigned depth;
        Block *blocks;
        size_t n_free; /* bytes at the end of the first block */
        size_t allocated;
        PfShellSyntax failure;
        unsigned failure_line;
};

/* --- memory and failure --- */

static void *fail(PfShellParser *parser, PfShellSyntax failure) {
        if (parser->failure == PF_SHELL_SYNTAX_COMMAND) {
                parser->failure = failure;
                parser->failure_line = parser->token.line;
        }
        return NULL;
}

static void *allocate(PfShellParser *parser, size_t n) {
        n = (n + sizeof(max_align_t) - 1) / sizeof(max_align_t) * sizeof(max_align_t);
        if (parser->n_free < n) {
                Block *block = parser->allocated < MEMORY_MAX
                                       ? calloc(1, sizeof(*block) + BLOCK_BYTES)
                                       : NULL;

                if (!block)
                        return fail(parser, PF_SHELL_SYNTAX_NO_MEMORY);
                block->next = parser->blocks;
                parser->blocks = block;
                parser->n_free = BLOCK_BYTES;
                parser->allocated += BLOCK_BYTES;
        }
        parser->n_free -= n;
        return (char *) parser->blocks->bytes + parser->n_free;
}

PfShellParser *pf_shell_parser_new(const PfShellSource *source, bool is_bash) {
        PfShellParser *parser = calloc(1, sizeof(*parser));

        if (parser)
                parser->lexer = (PfShellLexer){
                        .source = source, .p = source->text, .line = 1, .is_bash = is_bash
                };
        return parser;
}

PfShellParser *pf_shell_parser_free(PfShellParser *parser) {
        while (parser && parser->blocks) {
                Block *next = parser->blocks->next;

                free(parser->blocks);
                parser->blocks = next;
        }
        free(parser);
        return NULL;
}

const PfShellSource *pf_shell_parser_source(const PfShellParser *parser) {
        return parser->lexer.source;
}

static PfShellNode *new_node(PfShellParser *parser, PfShellNodeType type) {
        PfShellNode *node = allocate(parser, sizeof(*node));

        if (node)
                *node = (PfShellNode){ .type = type,
                                       .source = parser->lexer.source,
                                       .line = parser->token.line };
        return node;
}

/* --- tokens --- */

static bool advance(PfShellParser *parser) {
        pf_shell_lexer_next(&parser->lexer, &parser->token);
        if (parser->token.type != PF_SHELL_TOKEN_BAD)
                return true;
        fail(parser, parser->lexer.failure);
        return false;
}

static bool is(const PfShellParser *parser, const char *text) {
        return pf_shell_token_is(&parser->token, text);
}

static bool is_type(const PfShellParser *parser, PfShellTokenType type) {
        return parser->token.type == type;
}

static bool accept(PfShellParser *parser, const char *text) {
        return is(parser, text) && advance(parser);
}

static bool expect(PfShellParser *parser, const char *text) {
        if (is(parser, text))
                return advance(parser);
        fail(parser, PF_SHELL_SYNTAX_ERROR);
        return false;
}

static bool skip_newlines(PfShellParser *parser) {
        while (is_type(parser, PF_SHELL_TOKEN_NEWLINE))
                if (!advance(parser))
                        return false;
        return parser->failure == PF_SHELL_SYNTAX_COMMAND;
}

/* Words that end what was begun, where a command could stand. */
static bool is_closing(const PfShellParser *parser) {
        static const char *const words[] = { "then", "else", "elif", "fi", "do",
                                             "done", "esac", "}",    ")",  ";;" };

        for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
                if (is(parser, words[i]))
                        return true;
        return false;
}

static PfShellWord *take_word(PfShellParser *parser, PfShellWord ***tail) {
        PfShellWord *word;

        if (!is_type(parser, PF_SHELL_TOKEN_WORD))
                return fail(parser, PF_SHELL_SYNTAX_ERROR);
        word = allocate(parser, sizeof(*word));
        if (!word)
                return NULL;
        *word = (PfShellWord){ .text = parser->token.text, .n = parser->token.n };
        **tail = word;
        *tail = &word->next;
        return advance(parser) ? word : NULL;
}

/* --- redirections --- */

static const struct RedirectOperator {
        const char *text;
        PfShellRedirectKind kind;
        int fd;
} redirect_operators[] = {
        { "<", PF_SHELL_INPUT, 0 },      { "<>", PF_SHELL_INPUT, 0 },
        { ">", PF_SHELL_OUTPUT, 1 },     { ">>", PF_SHELL_OUTPUT, 1 },
        { ">|", PF_SHELL_OUTPUT, 1 },    { "<&", PF_SHELL_DUPLICATE, 0 },
        { ">&", PF_SHELL_DUPLICATE, 1 }, { "&>", PF_SHELL_BOTH, 1 },
        { "&>>", PF_SHELL_BOTH, 1 },     { "<<", PF_SHELL_HERE, 0 },
        { "<<-", PF_SHELL_HERE, 0 },     { "<<<", PF_SHELL_HERE, 0 },
};

static const struct RedirectOperator *redirect_operator(const PfShellParser *parser) {
        if (!is_type(parser, PF_SHELL_TOKEN_OPERATOR))
                return NULL;
        for (size_t i = 0; i < sizeof(redirect_operators) / sizeof(redirect_operators[0]); i++)
                if (is(parser, redirect_operators[i].text))
                        return &redirect_operators[i];
        return NULL;
}

/* The text of a here-document begins on the next line, which the lexer reads. */
static bool note_here(PfShellParser *parser, PfShellRedirect *redirect, const char *operator,
                      const PfShellToken * word) {
        redirect->target = (PfShellWord){ .text = word->text, .n = word->n };
        if (strcmp(operator, "<<<") == 0) {
                redirect->body = word->text;
                redirect->n_body = word->n;
                return true;
        }
        redirect->body = "";
        if (parser->lexer.n_here == PF_SHELL_HERE_MAX) {
                fail(parser, PF_SHELL_SYNTAX_UNSUPPORTED);
                return false;
        }
        redirect->fd = strcmp(operator, "<<-") == 0 ? -2 : -1;
        parser->lexer.here[parser->lexer.n_here++] = redirect;
        return true;
}

static bool parse_redirect(PfShellParser *parser, const struct RedirectOperator *operator,
                           PfShellRedirect *** tail) {
        PfShellRedirect *redirect = allocate(parser, sizeof(*redirect));
        int fd = parser->token.fd;

        if (!redirect || !advance(parser))
                return false;
        *redirect = (PfShellRedirect){ .kind = operator->kind, .fd = fd >= 0 ? fd : operator->fd };
        if (!is_type(parser, PF_SHELL_TOKEN_WORD)) {
                fail(parser, PF_SHELL_SYNTAX_ERROR);
                return false;
        }
        redirect->target = (PfShellWord){ .text = parser->token.text, .n = parser->token.n };
        if (operator->kind ==
            PF_SHELL_HERE && !note_here(parser, redirect, operator->text, &parser->token))
                return false;
        **tail = redirect;
        *tail = &redirect->next;
        return advance(parser);
}

static bool parse_redirects(PfShellParser *parser, PfShellRedirect ***tail) {
        const struct RedirectOperator *operator;

        while ((operator= redirect_operator(parser)))
                if (!parse_redirect(parser, operator, tail))
                        return false;
        return true;
}

/* --- commands --- */

static PfShellNode *parse_command(PfShellParser *parser);
static PfShellNode *parse_and_or(PfShellParser *parser);

/* What must stand between two commands; a word that closes something will do. */
static bool parse_separator(PfShellParser *parser, const PfShellNode *node) {
        if (accept(parser, ";") || node->type == PF_SHELL_BEHIND || is_closing(parser) ||
            is_type(parser, PF_SHELL_TOKEN_NEWLINE) || is_type(parser, PF_SHELL_TOKEN_END))
                return parser->failure == PF_SHELL_SYNTAX_COMMAND;
        fail(parser, PF_SHELL_SYNTAX_ERROR);
        return false;
}

/* Commands up to a word that ends them, which stays. */
static PfShellNode *parse_body(PfShellParser *parser) {
        PfShellNode *list = new_node(parser, PF_SHELL_LIST);
        PfShellNode **tail = list ? &list->first : NULL;

        while (list && skip_newlines(parser) && !is_closing(parser)) {
                *tail = parse_and_or(parser);
                if (!*tail || !parse_separator(parser, *tail))
                        return NULL;
                tail = &(*tail)->next;
        }
        if (parser->failure != PF_SHELL_SYNTAX_COMMAND)
                return NULL;
        return list && list->first ? list : fail(parser, PF_SHELL_SYNTAX_ERROR);
}

static PfShellNode *parse_else(PfShellParser *parser);

static PfShellNode *parse_if(PfShellParser *parser) {
        PfShellNode *node = new_node(parser, PF_SHELL_IF);

        if (!node || !advance(parser) || !(node->first = parse_body(parser)) ||
            !expect(parser, "then") || !(node->second = parse_body(parser)))
                return NULL;
        node->third = parse_else(parser);
        return parser->failure == PF_SHELL_SYNTAX_COMMAND ? node : NULL;
}

static PfShellNode *parse_else(PfShellParser *parser) {
        PfShellNode *node = NULL;

        if (is(parser, "elif"))
                return parse_if(parser); /* which takes the "fi" */
        if (accept(parser, "else") && !(node = parse_body(parser)))
                return NULL;
        return expect(parser, "fi") ? node : NULL;
}

static bool parse_do(PfShellParser *parser, PfShellNode *node) {
        return skip_newlines(parser) && expect(parser, "do") &&
               (node->second = parse_body(parser)) && expect(parser, "done");
}

static PfShellNode *parse_while(PfShellParser *parser) {
        PfShellNode *node = new_node(parser, is(parser, "while") ? PF_SHELL_WHILE : PF_SHELL_UNTIL);

        if (!node || !advance(parser) || !(node->first = parse_body(parser)))
                return NULL;
        return parse_do(parser, node) ? node : NULL;
}

static PfShellNode *parse_for(PfShellParser *parser) {
        PfShellNode *node = new_node(parser, PF_SHELL_FOR_ALL);
        PfShellWord **tail = node ? &node->words : NULL;

        if (!node || !advance(parser))
                return NULL;
        if (is(parser, "(")) /* for (( … )) */
                return fail(parser, PF_SHELL_SYNTAX_UNSUPPORTED);
        if (!take_word(parser, &tail) || !skip_newlines(parser))
                return NULL;
        if (accept(parser, "in")) {
                node->type = PF_SHELL_FOR;
                while (is_type(parser, PF_SHELL_TOKEN_WORD))
                        if (!take_word(parser, &tail))
                                return NULL;
                if (!is(parser, ";") && !is_type(parser, PF_SHELL_TOKEN_NEWLINE))
                        return fail(parser, PF_SHELL_SYNTAX_ERROR);
        }
        (void) accept(parser, ";");
        return parse_do(parser, node) ? node : NULL;
}

static PfShellNode *parse_case_item(PfShellParser *parser) {
        PfShellNode *item = new_node(parser, PF_SHELL_CASE_ITEM);
        PfShellWord **tail = item ? &item->words : NULL;

        if (!item)
                return NULL;
        (void) accept(parser, "(");
        do {
                if (!take_word(parser, &tail))
                        return NULL;
        } while (accept(parser, "|"));
        if (!expect(parser, ")") || !skip_newlines(parser))
                return NULL;
        if (!is(parser, ";;") && !is(parser, "esac") && !(item->first = parse_body(parser)))
                return NULL;
        if (!is(parser, "esac") && !expect(parser, ";;"))
                return NULL;
        /* ";&" of bash goes on with the next item. */
        if (is(parser, "&"))
                return fail(parser, PF_SHELL_SYNTAX_UNSUPPORTED);
        return skip_newlines(parser) ? item : NULL;
}

static PfShellNode *parse_case(PfShellParser *parser) {
        PfShellNode *node = new_node(parser, PF_SHELL_CASE);
        PfShellWord **words = node ? &node->words : NULL;
        PfShellNode **tail = node ? &node->first : NULL;

        if (!node || !advance(parser) || !take_word(parser, &words) || !skip_newlines(parser) ||
            !expect(parser, "in") || !skip_newlines(parser))
                return NULL;
        while (!is(parser, "esac")) {
                *tail = parse_case_item(parser);
                if (!*tail)
                        return NULL;
                tail = &(*tail)->next;
        }
        return expect(parser, "esac") ? node : NULL;
}

static PfShellNode *parse_group(PfShellParser *parser) {
        bool braces = is(parser, "{");
        PfShellNode *node = new_node(parser, braces ? PF_SHELL_GROUP : PF_SHELL_SUBSHELL);

        if (!node || !advance(parser))
                return NULL;
        if (!braces && is(parser, "(")) /* (( arithmetic )), perhaps */
                return fail(parser, PF_SHELL_SYNTAX_UNSUPPORTED);
        node->first = parse_body(parser);
        return node->first && expect(parser, braces ? "}" : ")") ? node : NULL;
}

/* The words of [[ ]], in which some operators are words. */
static PfShellNode *parse_condition(PfShellParser *parser) {
        PfShellNode *node = new_node(parser, PF_SHELL_CONDITION);
        PfShellWord **tail = node ? &node->words : NULL;

        if (!node || !advance(parser))
                return NULL;
        while (!is(parser, "]]")) {
                bool is_operator = is_type(parser, PF_SHELL_TOKEN_OPERATOR);

                if (is_type(parser, PF_SHELL_TOKEN_NEWLINE)) {
                        if (!advance(parser))
                                return NULL;
                        continue;
                }
                if (is_operator)
                        parser->token.type = PF_SHELL_TOKEN_WORD;
                parser->lexer.is_regex = is(parser, "=~");
                (*tail) = NULL;
                PfShellWord *word = take_word(parser, &tail);
                if (!word)
                        return NULL;
                word->is_operator = is_operator;
        }
        return node->words && advance(parser) ? node : fail(parser, PF_SHELL_SYNTAX_ERROR);
}

static PfShellNode *parse_function(PfShellParser *parser, PfShellNode *node) {
        node->type = PF_SHELL_FUNCTION;
        if (!skip_newlines(parser))
                return NULL;
        node->first = parse_command(parser);
        return node->first ? node : NULL;
}

/* "function name" of bash, with or without parentheses. */
static PfShellNode *parse_function_word(PfShellParser *parser) {
        PfShellNode *node = new_node(parser, PF_SHELL_FUNCTION);
        PfShellWord **tail = node ? &node->words : NULL;

        if (!node || !advance(parser) || !take_word(parser, &tail))
                return NULL;
        if (accept(parser, "(") && !expect(parser, ")"))
                return NULL;
        return parse_function(parser, node);
}

static PfShellNode *parse_simple(PfShellParser *parser) {
        PfShellNode *node = new_node(parser, PF_SHELL_SIMPLE);
        PfShellWord **words = node ? &node->words : NULL;
        PfShellRedirect **redirects = node ? &node->redirects : NULL;

        while (node && parse_redirects(parser, &redirects) &&
               is_type(parser, PF_SHELL_TOKEN_WORD)) {
                if (!take_word(parser, &words))
                        return NULL;
                if (is(parser, "(") && !node->words->next && !node->redirects)
                        return advance(parser) && expect(parser, ")") ? parse_function(parser, node)
                                                                      : NULL;
        }
        if (parser->failure != PF_SHELL_SYNTAX_COMMAND)
                return NULL;
        if (is(parser, "(")) /* patterns of bash's extglob are words */
                return fail(parser, PF_SHELL_SYNTAX_UNSUPPORTED);
        return node->words || node->redirects ? node : fail(parser, PF_SHELL_SYNTAX_ERROR);
}

static PfShellNode *parse_unsupported(PfShellParser *parser) {
        return fail(parser, PF_SHELL_SYNTAX_UNSUPPORTED);
}

static const struct Keyword {
        const char *word;
        PfShellNode *(*parse)(PfShellParser *parser);
        bool of_bash;
} keywords[] = {
        { "if", parse_if, false },
        { "while", parse_while, false },
        { "until", parse_while, false },
        { "for", parse_for, false },
        { "case", parse_case, false },
        { "{", parse_group, false },
        { "(", parse_group, false },
        { "[[", parse_condition, true },
        { "function", parse_function_word, true },
        { "select", parse_unsupported, true },
        { "coproc", parse_unsupported, true },
        { "time", parse_unsupported, true },
};

static PfShellNode *parse_inner(PfShellParser *parser) {
        PfShellNode *node;
        PfShellRedirect **tail;

        if (is_closing(parser))
                return fail(parser, PF_SHELL_SYNTAX_ERROR);
        for (size_t i = 0; i < sizeof(keywords) / sizeof(keywords[0]); i++) {
                if (!is(parser, keywords[i].word) ||
                    (keywords[i].of_bash && !parser->lexer.is_bash))
                        continue;
                node = keywords[i].parse(parser);
                tail = node ? &node->redirects : NULL;
                return node && parse_redirects(parser, &tail) ? node : NULL;
        }
        return parse_simple(parser);
}

static PfShellNode *parse_command(PfShellParser *parser) {
        PfShellNode *node = NULL;

        if (parser->depth < NESTING_MAX) {
                parser->depth++;
                node = parse_inner(parser);
                parser->depth--;
        } else {
                fail(parser, PF_SHELL_SYNTAX_UNSUPPORTED);
        }
        return node;
}

static PfShellNode *wrap(PfShellParser *parser, PfShellNodeType type, PfShellNode *first) {
        PfShellNode *node = first ? new_node(parser, type) : NULL;

        if (node) {
                node->first = first;
                node->line = first->line;
        }
        return node;
}

static PfShellNode *parse_pipe(PfShellParser *parser) {
        bool is_negated = accept(parser, "!");
        PfShellNode *node = parse_command(parser);
        PfShellNode **tail;

        if (node && is(parser, "|&"))
                return fail(parser, PF_SHELL_SYNTAX_UNSUPPORTED);
        if (node && is(parser, "|")) {
                node = wrap(parser, PF_SHELL_PIPE, node);
                tail = node ? &node->first->next : NULL;
                while (node && accept(parser, "|")) {
                        if (!skip_newlines(parser) || !(*tail = parse_command(parser)))
                                return NULL;
                        tail = &(*tail)->next;
                }
        }
        return is_negated ? wrap(parser, PF_SHELL_NOT, node) : node;
}

static PfShellNode *parse_and_or(PfShellParser *parser) {
        PfShellNode *node = parse_pipe(parser);

        while (node && (is(parser, "&&") || is(parser, "||"))) {
                node = wrap(parser, is(parser, "&&") ? PF_SHELL_AND : PF_SHELL_OR, node);
                if (!node || !advance(parser) || !skip_newlines(parser) ||
                    !(node->second = parse_pipe(parser)))
                        return NULL;
        }
        if (node && is(parser, "&")) {
                node = wrap(parser, PF_SHELL_BEHIND, node);
                if (!advance(parser))
                        return NULL;
        }
        return parser->failure == PF_SHELL_SYNTAX_COMMAND ? node : NULL;
}

/* All up to the end of a line. */
static PfShellNode *parse_line(PfShellParser *parser) {
        PfShellNode *list = new_node(parser, PF_SHELL_LIST);
        PfShellNode **tail = list ? &list->first : NULL;

        while (list && !is_type(parser, PF_SHELL_TOKEN_NEWLINE) &&
               !is_type(parser, PF_SHELL_TOKEN_END)) {
                *tail = parse_and_or(parser);
                if (!*tail || !parse_separator(parser, *tail))
                        return NULL;
                tail = &(*tail)->next;
        }
        return parser->failure == PF_SHELL_SYNTAX_COMMAND ? list : NULL;
}

PfShellSyntax pf_shell_parser_next(PfShellParser *parser, const PfShellNode **ret_node,
                                   unsigned *ret_line) {
        PfShellNode *node = NULL;

        if (!parser->is_started) {
                parser->is_started = true;
                (void) advance(parser);
        }
        if (skip_newlines(parser)) {
                if (is_type(parser, PF_SHELL_TOKEN_END))
                        return PF_SHELL_SYNTAX_END;
                node = parse_line(parser);
        }
        *ret_line = parser->failure_line;
        *ret_node = node;
        return parser->failure;
}
