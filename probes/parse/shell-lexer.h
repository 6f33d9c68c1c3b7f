/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * The tokens of sh, for shell-syntax.c.
 */

#include "probes/parse/shell-syntax.h"

typedef enum PfShellTokenType {
        PF_SHELL_TOKEN_END,
        PF_SHELL_TOKEN_NEWLINE,
        PF_SHELL_TOKEN_WORD,
        PF_SHELL_TOKEN_OPERATOR,
        PF_SHELL_TOKEN_BAD, /* the lexer's failure says how */
} PfShellTokenType;

typedef struct PfShellToken {
        PfShellTokenType type;
        const char *text;
        size_t n;
        unsigned line;
        int fd; /* number before a redirection, or -1 */
} PfShellToken;

#define PF_SHELL_HERE_MAX 16 /* here-documents that begin on one line */

typedef struct PfShellLexer {
        const PfShellSource *source;
        const char *p;
        unsigned line;
        bool is_bash;
        bool is_regex;         /* the next word is one: it ends at white space alone */
        PfShellSyntax failure; /* PF_SHELL_SYNTAX_COMMAND: none */
        PfShellRedirect *here[PF_SHELL_HERE_MAX]; /* whose text begins on the next line */
        size_t n_here;
} PfShellLexer;

/* Takes the next token. */
void pf_shell_lexer_next(PfShellLexer *lexer, PfShellToken *ret);

/* Is the token this operator, or this word without any quotes? */
bool pf_shell_token_is(const PfShellToken *token, const char *text);
