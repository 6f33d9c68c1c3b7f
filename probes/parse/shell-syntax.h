/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * The grammar of sh: text in, one complete command at a time out. Used by
 * shell-script.h alone.
 *
 * A shell executes a complete command before it reads the next one, so what is
 * wrong further down matters only to a script that gets there.
 */

#include <stdbool.h>
#include <stddef.h>

/* A text that is read: a script, or the words of eval. Outlives its nodes. */
typedef struct PfShellSource {
        const char *path; /* NULL: not a file's */
        const char *text;
        size_t n;
} PfShellSource;

/* A word as it stands in the text, quotes and all. */
typedef struct PfShellWord {
        const char *text;
        size_t n;
        bool is_operator; /* within [[ ]]: && || ( ) < > */
        struct PfShellWord *next;
} PfShellWord;

typedef enum PfShellRedirectKind {
        PF_SHELL_INPUT,     /* < and <> */
        PF_SHELL_OUTPUT,    /* > >> >| */
        PF_SHELL_DUPLICATE, /* <& >& */
        PF_SHELL_BOTH,      /* &> &>> of bash */
        PF_SHELL_HERE,      /* << <<- <<<: the text is in body */
} PfShellRedirectKind;

typedef struct PfShellRedirect {
        PfShellRedirectKind kind;
        int fd;             /* -1: that of the kind */
        PfShellWord target; /* of <<: the delimiter */
        const char *body;
        size_t n_body;
        struct PfShellRedirect *next;
} PfShellRedirect;

typedef enum PfShellNodeType {
        PF_SHELL_SIMPLE,    /* words and redirects */
        PF_SHELL_LIST,      /* first, and what follows it */
        PF_SHELL_AND,       /* first && second */
        PF_SHELL_OR,        /* first || second */
        PF_SHELL_NOT,       /* ! first */
        PF_SHELL_PIPE,      /* first, and what follows it */
        PF_SHELL_BEHIND,    /* first & */
        PF_SHELL_IF,        /* first: condition, second: then, third: else or NULL */
        PF_SHELL_WHILE,     /* first: condition, second: body */
        PF_SHELL_UNTIL,     /* the same */
        PF_SHELL_FOR,       /* words: the name, then the list; second: body */
        PF_SHELL_FOR_ALL,   /* without "in": over "$@" */
        PF_SHELL_CASE,      /* words: the subject; first: items */
        PF_SHELL_CASE_ITEM, /* words: patterns; first: body or NULL */
        PF_SHELL_GROUP,     /* { first } */
        PF_SHELL_SUBSHELL,  /* ( first ) */
        PF_SHELL_FUNCTION,  /* words: the name; first: body */
        PF_SHELL_CONDITION, /* [[ words ]] */
} PfShellNodeType;

typedef struct PfShellNode {
        PfShellNodeType type;
        const PfShellSource *source;
        unsigned line; /* it begins on */
        PfShellWord *words;
        PfShellRedirect *redirects;
        struct PfShellNode *first;
        struct PfShellNode *second;
        struct PfShellNode *third;
        struct PfShellNode *next; /* in a list, a pipe, the items of a case */
} PfShellNode;

typedef enum PfShellSyntax {
        PF_SHELL_SYNTAX_COMMAND,     /* here it is */
        PF_SHELL_SYNTAX_END,         /* of the text */
        PF_SHELL_SYNTAX_ERROR,       /* any shell would refuse it */
        PF_SHELL_SYNTAX_UNSUPPORTED, /* it may be right; it is not understood here */
        PF_SHELL_SYNTAX_NO_MEMORY,
} PfShellSyntax;

typedef struct PfShellParser PfShellParser;

/* A parser of a text, which owns all nodes it returns. NULL: no memory. */
PfShellParser *pf_shell_parser_new(const PfShellSource *source, bool is_bash);
PfShellParser *pf_shell_parser_free(PfShellParser *parser);
const PfShellSource *pf_shell_parser_source(const PfShellParser *parser);

/**
 * pf_shell_parser_next() - the next complete command
 * @ret_node: receives it where the outcome is PF_SHELL_SYNTAX_COMMAND
 * @ret_line: receives the line of what is wrong where it is ERROR or UNSUPPORTED
 */
PfShellSyntax pf_shell_parser_next(PfShellParser *parser, const PfShellNode **ret_node,
                                   unsigned *ret_line);

/**
 * pf_shell_skip() - behind what begins at @p: a quoted part, an expansion, a character
 * Return: NULL where it has no end, or is beyond what is understood: then
 *         *@ret_unsupported tells the two apart.
 */
const char *pf_shell_skip(const char *p, const char *end, bool *ret_unsupported);

/* How many bytes of @text are the name of a variable? */
size_t pf_shell_name_length(const char *text, size_t n);
