/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * The syntax of GRUB's scripts: bytes in, a tree of statements out. What they
 * do is in grub-script.h.
 */

#include <stdbool.h>
#include <stddef.h>

#include "daemon/base/cleanup.h"

/* Limits of one file; beyond them parsing fails with -E2BIG. */
#define PF_GRUB_TREE_MAX (32u << 20) /* bytes of the tree */
#define PF_GRUB_DEPTH_MAX 64         /* statements within statements */

/* A part of a word: text, or a variable. */
typedef struct PfGrubPart {
        const char *text; /* what it says, or the variable's name */
        bool variable;
        bool quoted; /* stands in quotes: is there even if empty, and never split */
        struct PfGrubPart *next;
} PfGrubPart;

typedef struct PfGrubWord {
        PfGrubPart *parts;
        unsigned line; /* from 1 */
        struct PfGrubWord *next;
} PfGrubWord;

typedef enum PfGrubKind {
        PF_GRUB_COMMAND,
        PF_GRUB_IF,
        PF_GRUB_FOR,
        PF_GRUB_WHILE, /* and until */
        PF_GRUB_FUNCTION,
} PfGrubKind;

typedef struct PfGrubNode {
        PfGrubKind kind;
        unsigned line;
        const char *name;             /* of a function, or of the variable of a for */
        PfGrubWord *words;            /* of a command; items of a for */
        struct PfGrubNode *condition; /* of an if or while: a list, whose last one decides */
        struct PfGrubNode *body; /* what then, do, a function or the block of a command holds */
        struct PfGrubNode *otherwise; /* else; of an elif, an if again */
        bool has_block;               /* a command with { … }, which may be empty */
        struct PfGrubNode *next;
} PfGrubNode;

typedef struct PfGrubTree {
        PfGrubNode *first;
        unsigned bad_line; /* the first one with an error of syntax; 0: none */
        void *memory;      /* private */
        size_t n_bytes;
        bool full; /* private: the limit was reached */
} PfGrubTree;

/**
 * pf_grub_parse() - the statements of a script
 * @text: @n bytes
 *
 * Ownership: the caller frees *@ret with pf_grub_tree_free(). @text is not
 *            needed afterwards.
 * Rule:      GRUB manual, "Shell-like scripting". As GRUB does when it reads a
 *            file: a statement with an error of syntax is dropped, and reading goes
 *            on with the line behind the error.
 * Return:    0, -E2BIG beyond the limits above, -ENOMEM.
 */
int pf_grub_parse(const char *text, size_t n, PfGrubTree **ret) PF_MUST_CHECK;
PfGrubTree *pf_grub_tree_free(PfGrubTree *tree);
PF_DEFINE_CLEANUP(PfGrubTree, pf_grub_tree_free);

/* Memory that lives as long as the tree, zeroed; NULL where it ran out or the
 * limit is reached. */
void *pf_grub_tree_allocate(PfGrubTree *tree, size_t n);

/* What the lexer gives. Private to the parser and its tests. */
typedef enum PfGrubTokenKind {
        PF_GRUB_TOKEN_END,
        PF_GRUB_TOKEN_NEWLINE,
        PF_GRUB_TOKEN_SEMICOLON,
        PF_GRUB_TOKEN_WORD,
        PF_GRUB_TOKEN_OPEN,
        PF_GRUB_TOKEN_CLOSE,
        PF_GRUB_TOKEN_BAD, /* what GRUB has no use for: | & < > ;; $ */
} PfGrubTokenKind;

typedef struct PfGrubToken {
        PfGrubTokenKind kind;
        unsigned line;
        PfGrubWord *word;
        const char *bare; /* of a word without quotes and variables, its text: may be a keyword */
} PfGrubToken;

typedef struct PfGrubLexer {
        const char *at;
        const char *end;
        unsigned line;
        PfGrubTree *tree;
} PfGrubLexer;

/* The next token. Return: 0, -ENOMEM. */
int pf_grub_lexer_next(PfGrubLexer *lexer, PfGrubToken *ret) PF_MUST_CHECK;
/* Goes behind the next end of a line. */
void pf_grub_lexer_skip_line(PfGrubLexer *lexer);
