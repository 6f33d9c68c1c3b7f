/* SPDX-License-Identifier: MIT */
#pragma once

#include <stdbool.h>

#include "daemon/base/buf.h"
#include "daemon/base/err.h"
#include "daemon/ctl/terminal.h"

/*
 * Lines of text with colours, wrapped to a width, in memory until they are
 * written all at once. Texts may come from anywhere: they are made safe.
 *
 * A page remembers that memory ran out, so that the calls which fill it need
 * not be checked one by one; pf_page_write() tells.
 */
typedef enum PfColour {
        PF_COLOUR_NONE,
        PF_COLOUR_BOLD,
        PF_COLOUR_DIM,
        PF_COLOUR_RED,
        PF_COLOUR_GREEN,
        PF_COLOUR_YELLOW,
        PF_COLOUR_MAGENTA,
        PF_COLOUR_CYAN,
} PfColour;

typedef struct PfPage {
        const PfTerminal *terminal; /* borrowed */
        PfBuf out;
        PfBuf word;          /* begun, and not yet placed; with its colours */
        unsigned width;      /* 0: do not wrap */
        unsigned word_width; /* in columns */
        PfColour word_first; /* its first colour, and its last */
        PfColour word_last;
        PfColour last;   /* of what stands in the line */
        unsigned column; /* what stands in the line, without the word */
        unsigned rest;   /* indent of continuation lines */
        unsigned blanks; /* between that and the word */
        uint32_t before; /* the last character; 0: a blank, or none */
        bool fresh;      /* nothing stands in the line yet */
        int error;       /* first error: then nothing is added any more */
} PfPage;

#define PF_PAGE_MAX (64u << 20) /* bytes */

void pf_page_init(PfPage *page, const PfTerminal *terminal);
void pf_page_deinit(PfPage *page);
#define PF_AUTO_PAGE PF_CLEANUP(pf_page_deinit)

/* Begin a paragraph: its first line is indented by @first columns, the lines
 * that it is wrapped into by @rest. */
void pf_page_begin(PfPage *page, unsigned first, unsigned rest);

/* Add to it; the line may break at blanks and beside wide characters, and never
 * inside a word. */
void pf_page_text(PfPage *page, PfColour colour, const char *text);

/* The same for words of ours: in the language of the terminal, by text or by format. */
void pf_page_say(PfPage *page, PfColour colour, const char *english);
/* The same for a sentence of an answer: see pf_language_sentence(). */
void pf_page_sentence(PfPage *page, PfColour colour, const char *english);
void pf_page_printf(PfPage *page, PfColour colour, const char *fmt, ...) PF_PRINTF(3, 4);

/* The same without breaks: a path, a number with its unit. */
void pf_page_word(PfPage *page, PfColour colour, const char *text);

/* Fill with blanks up to a column; at least one where text stands before it. What
 * comes behind is aligned there when it is wrapped. */
void pf_page_column(PfPage *page, unsigned column);

/* End it. */
void pf_page_end(PfPage *page);

void pf_page_empty_line(PfPage *page);

/* Add text as it stands, for formats that programs read: not wrapped, not made
 * safe. What comes from others goes through one of the functions of escape.h. */
typedef int (*PfEscape)(PfBuf *buf, const char *text);
void pf_page_raw(PfPage *page, const char *text);
void pf_page_rawf(PfPage *page, const char *fmt, ...) PF_PRINTF(2, 3);
void pf_page_escaped(PfPage *page, PfEscape escape, const char *text);

/**
 * pf_page_prose() - text of several paragraphs, as the catalogue has it
 * Blank lines separate paragraphs. A line that begins with four blanks is kept as
 * it stands, however long; the others are wrapped anew, or kept where the page
 * has no width. All are indented by @indent.
 */
void pf_page_prose(PfPage *page, unsigned indent, PfColour verbatim, const char *text);

/* The same as steps: where several paragraphs begin one, each of those has its number. One
 * that begins with a small letter goes on with the step before it. */
void pf_page_steps(PfPage *page, unsigned indent, PfColour verbatim, const char *text);

/**
 * pf_page_write() - write everything, and begin anew
 * Return: 0, or with a text -ENOMEM, -ENOBUFS, or what write(2) says: -EPIPE,
 *         -ENOSPC, -EBADF …
 */
int pf_page_write(PfPage *page, int fd, PfErr *err) PF_MUST_CHECK;
