/* SPDX-License-Identifier: MIT */
/*
 * Statements of GRUB's scripts: a parser by recursive descent, with a token to
 * look ahead and a limit to how deep it goes.
 */
#include "probes/parse/grub-syntax.h"

#include <string.h>

/* Positive outcomes, beside negative errors. */
enum { BAD = 1 };

typedef struct Chunk {
        struct Chunk *next;
        max_align_t data[];
} Chunk;

void *pf_grub_tree_allocate(PfGrubTree *tree, size_t n) {
        Chunk *chunk;

        tree->full = tree->full || n > PF_GRUB_TREE_MAX - tree->n_bytes;
        if (tree->full)
                return NULL;
        chunk = calloc(1, sizeof(*chunk) + n);
        if (!chunk)
                return NULL;
        tree->n_bytes += n;
        chunk->next = tree->memory;
        tree->memory = chunk;
        return chunk->data;
}

PfGrubTree *pf_grub_tree_free(PfGrubTree *tree) {
        if (!tree)
                return NULL;
        for (Chunk *chunk = tree->memory; chunk;) {
                Chunk *next = chunk->next;

                free(chunk);
                chunk = next;
        }
        free(tree);
        return NULL;
}

typedef struct Parser {
        PfGrubLexer lexer;
        PfGrubToken token; /* the one to come */
        unsigned depth;
} Parser;

static int advance(Parser *parser) {
        return pf_grub_lexer_next(&parser->lexer, &parser->token);
}

static bool is_keyword(const Parser *parser, const char *keyword) {
        return parser->token.kind == PF_GRUB_TOKEN_WORD && parser->token.bare &&
               strcmp(parser->token.bare, keyword) == 0;
}

/* Words that cannot begin a command. */
static bool is_reserved(const Parser *parser) {
        static const char *const reserved[] = { "case", "do", "done", "elif",   "else",
                                                "esac", "fi", "in",   "select", "then" };

        for (size_t i = 0; i < PF_ELEMENTS(reserved); i++)
                if (is_keyword(parser, reserved[i]))
                        return true;
        return false;
}

static int expect_keyword(Parser *parser, const char *keyword) {
        return is_keyword(parser, keyword) ? advance(parser) : BAD;
}

static int expect(Parser *parser, PfGrubTokenKind kind) {
        return parser->token.kind == kind ? advance(parser) : BAD;
}

static int skip_newlines(Parser *parser) {
        int r = 0;

        while (r == 0 && parser->token.kind == PF_GRUB_TOKEN_NEWLINE)
                r = advance(parser);
        return r;
}

static bool is_delimiter(const Parser *parser) {
        return parser->token.kind == PF_GRUB_TOKEN_NEWLINE ||
               parser->token.kind == PF_GRUB_TOKEN_SEMICOLON;
}

/* What ends a statement: an end of line or one ';', and any number of ends of lines. */
static int skip_delimiters(Parser *parser) {
        int r = advance(parser);

        return r == 0 ? skip_newlines(parser) : r;
}

static PfGrubNode *new_node(Parser *parser, PfGrubKind kind) {
        PfGrubNode *node = pf_grub_tree_allocate(parser->lexer.tree, sizeof(*node));

        if (node)
                *node = (PfGrubNode){ .kind = kind, .line = parser->token.line };
        return node;
}

static int parse_statement(Parser *parser, PfGrubNode **ret);

/* Statements up to what cannot begin one: a keyword that closes, '}', the end. */
static int parse_list(Parser *parser, PfGrubNode **ret) {
        PfGrubNode **tail = ret;
        int r = skip_newlines(parser);

        while (r == 0 && parser->token.kind == PF_GRUB_TOKEN_WORD && !is_reserved(parser)) {
                r = parse_statement(parser, tail);
                if (r == 0 && *tail)
                        tail = &(*tail)->next;
                if (r != 0 || !is_delimiter(parser))
                        break;
                r = skip_delimiters(parser);
        }
        return r;
}

static int parse_words(Parser *parser, PfGrubWord **ret) {
        int r = 0;

        while (r == 0 && parser->token.kind == PF_GRUB_TOKEN_WORD) {
                *ret = parser->token.word;
                ret = &parser->token.word->next;
                r = advance(parser);
        }
        return r;
}

/* { … }, whose '{' is to come. */
static int parse_block(Parser *parser, PfGrubNode **ret) {
        int r = expect(parser, PF_GRUB_TOKEN_OPEN);

        if (r == 0)
                r = parse_list(parser, ret);
        return r == 0 ? expect(parser, PF_GRUB_TOKEN_CLOSE) : r;
}

static int parse_command(Parser *parser, PfGrubNode *node) {
        int r = parse_words(parser, &node->words);

        if (r == 0 && parser->token.kind == PF_GRUB_TOKEN_OPEN) {
                node->has_block = true;
                r = parse_block(parser, &node->body);
        }
        return r;
}

/* Behind if or elif; up to fi. */
static int parse_if(Parser *parser, PfGrubNode *node) {
        int r = parse_list(parser, &node->condition);

        if (r == 0)
                r = expect_keyword(parser, "then");
        if (r == 0)
                r = parse_list(parser, &node->body);
        if (r != 0 || !is_keyword(parser, "elif")) {
                if (r == 0 && is_keyword(parser, "else")) {
                        r = advance(parser);
                        if (r == 0)
                                r = parse_list(parser, &node->otherwise);
                }
                return r == 0 ? expect_keyword(parser, "fi") : r;
        }

        if (++parser->depth > PF_GRUB_DEPTH_MAX)
                return -E2BIG;
        node->otherwise = new_node(parser, PF_GRUB_IF);
        r = node->otherwise ? advance(parser) : -ENOMEM;
        if (r == 0)
                r = parse_if(parser, node->otherwise);
        parser->depth--;
        return r;
}

static int parse_loop_body(Parser *parser, PfGrubNode *node) {
        int r = expect_keyword(parser, "do");

        if (r == 0)
                r = parse_list(parser, &node->body);
        return r == 0 ? expect_keyword(parser, "done") : r;
}

/* The name behind function or for. */
static int parse_name(Parser *parser, PfGrubNode *node) {
        if (parser->token.kind != PF_GRUB_TOKEN_WORD || !parser->token.bare)
                return BAD;
        node->name = parser->token.bare;
        return advance(parser);
}

static int parse_for(Parser *parser, PfGrubNode *node) {
        int r = parse_name(parser, node);

        if (r == 0)
                r = expect_keyword(parser, "in");
        if (r == 0)
                r = parse_words(parser, &node->words);
        if (r == 0)
                r = is_delimiter(parser) ? skip_delimiters(parser) : BAD;
        return r == 0 ? parse_loop_body(parser, node) : r;
}

static int parse_while(Parser *parser, PfGrubNode *node) {
        int r = parse_list(parser, &node->condition);

        return r == 0 ? parse_loop_body(parser, node) : r;
}

static int parse_function(Parser *parser, PfGrubNode *node) {
        int r = parse_name(parser, node);

        if (r == 0)
                r = skip_newlines(parser);
        return r == 0 ? parse_block(parser, &node->body) : r;
}

typedef struct Compound {
        const char *keyword;
        PfGrubKind kind;
        int (*parse)(Parser *parser, PfGrubNode *node);
} Compound;

static const Compound compounds[] = {
        { "if", PF_GRUB_IF, parse_if },
        { "for", PF_GRUB_FOR, parse_for },
        { "while", PF_GRUB_WHILE, parse_while },
        { "until", PF_GRUB_WHILE, parse_while },
        { "function", PF_GRUB_FUNCTION, parse_function },
};

static int parse_compound(Parser *parser, const Compound *compound, PfGrubNode **ret) {
        PfGrubNode *node = new_node(parser, compound->kind);
        int r = node ? advance(parser) : -ENOMEM;

        if (r == 0)
                r = compound->parse(parser, node);
        *ret = node;
        return r;
}

static int parse_statement(Parser *parser, PfGrubNode **ret) {
        PfGrubNode *node = NULL;
        int r = BAD;

        if (++parser->depth > PF_GRUB_DEPTH_MAX)
                return -E2BIG;
        for (size_t i = 0; i < PF_ELEMENTS(compounds); i++)
                if (is_keyword(parser, compounds[i].keyword)) {
                        r = parse_compound(parser, &compounds[i], &node);
                        break;
                }
        if (!node) {
                node = new_node(parser, PF_GRUB_COMMAND);
                r = node ? parse_command(parser, node) : -ENOMEM;
        }
        parser->depth--;
        if (r == 0)
                *ret = node;
        return r;
}

/* Behind an error: notes the line and goes on with the next one. */
static int recover(Parser *parser) {
        PfGrubTree *tree = parser->lexer.tree;
        bool line_is_over = parser->token.kind == PF_GRUB_TOKEN_NEWLINE;

        if (tree->bad_line == 0)
                tree->bad_line = parser->token.line;
        parser->depth = 0;
        if (!line_is_over)
                pf_grub_lexer_skip_line(&parser->lexer);
        return advance(parser);
}

static int parse_file(Parser *parser) {
        PfGrubNode **tail = &parser->lexer.tree->first;
        int r = advance(parser);

        while (r == 0 && parser->token.kind != PF_GRUB_TOKEN_END) {
                PfGrubNode *node = NULL;

                r = skip_newlines(parser);
                if (r != 0 || parser->token.kind == PF_GRUB_TOKEN_END)
                        break;
                r = parser->token.kind == PF_GRUB_TOKEN_WORD && !is_reserved(parser)
                            ? parse_statement(parser, &node)
                            : BAD;
                if (r == 0 && parser->token.kind != PF_GRUB_TOKEN_END)
                        r = is_delimiter(parser) ? skip_delimiters(parser) : BAD;
                if (r == BAD)
                        r = recover(parser);
                else if (r == 0) {
                        *tail = node;
                        tail = &node->next;
                }
        }
        return r;
}

/* GRUB reads over carriage returns, wherever they stand. */
static size_t copy_without_returns(const char *text, size_t n, char *to) {
        size_t n_to = 0;

        for (size_t i = 0; i < n; i++)
                if (text[i] != '\r')
                        to[n_to++] = text[i];
        return n_to;
}

int pf_grub_parse(const char *text, size_t n, PfGrubTree **ret) {
        PF_CLEANUP(pf_grub_tree_freep) PfGrubTree *tree = calloc(1, sizeof(*tree));
        PF_AUTO_FREE char *copy = malloc(n + 1);
        Parser parser = { .lexer = { .at = copy, .line = 1, .tree = tree } };
        int r;

        if (!tree || !copy)
                return -ENOMEM;
        parser.lexer.end = copy + copy_without_returns(text, n, copy);
        r = parse_file(&parser);
        if (r < 0)
                return tree->full ? -E2BIG : r;
        *ret = PF_STEAL(tree);
        return 0;
}
