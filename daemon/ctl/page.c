/* SPDX-License-Identifier: MIT */
/*
 * Filling lines: words are collected with their colours and placed when the
 * next blank shows that they are complete.
 */
#include "daemon/ctl/page.h"

#include <stdarg.h>
#include <string.h>

#include "daemon/base/utf8.h"
#include "daemon/ctl/here.h"
#include "daemon/ctl/text.h"
#include "daemon/ctl/width.h"

static const char *const colours[] = {
        [PF_COLOUR_NONE] = "",
        [PF_COLOUR_BOLD] = "\x1b[1m",
        [PF_COLOUR_DIM] = "\x1b[2m",
        [PF_COLOUR_RED] = "\x1b[1;31m",
        [PF_COLOUR_GREEN] = "\x1b[32m",
        [PF_COLOUR_YELLOW] = "\x1b[33m",
        [PF_COLOUR_MAGENTA] = "\x1b[35m",
        [PF_COLOUR_CYAN] = "\x1b[36m",
};
static const char colour_off[] = "\x1b[0m";

void pf_page_init(PfPage *page, const PfTerminal *terminal) {
        *page = (PfPage){
                .terminal = terminal,
                .out = PF_BUF_INIT(PF_PAGE_MAX),
                .word = PF_BUF_INIT(PF_PAGE_MAX),
                .width = terminal->width,
        };
}

void pf_page_deinit(PfPage *page) {
        pf_buf_deinit(&page->out);
        pf_buf_deinit(&page->word);
}

static void add(PfPage *page, PfBuf *buf, const char *bytes, size_t n) {
        if (page->error == 0 && n > 0)
                page->error = pf_buf_add(buf, bytes, n);
}

static void add_blanks(PfPage *page, unsigned n) {
        for (unsigned i = 0; i < n; i++)
                add(page, &page->out, " ", 1);
        page->column += n;
}

static void start_line(PfPage *page, unsigned indent) {
        page->column = 0;
        add_blanks(page, indent);
        page->fresh = true;
        page->blanks = 0;
        page->before = 0;
        page->last = PF_COLOUR_NONE;
}

void pf_page_begin(PfPage *page, unsigned first, unsigned rest) {
        /* On a narrow terminal the text matters more than where it is aligned. */
        page->rest = page->width > 0 && rest > page->width / 2 ? page->width / 4 : rest;
        start_line(page, first);
}

/* A word is complete: into this line, or where it does not fit into the next. */
static void place_word(PfPage *page) {
        unsigned blanks = page->fresh ? 0 : page->blanks;
        size_t skip = 0;

        if (page->word.n == 0 || page->error < 0)
                return;
        if (page->width > 0 && !page->fresh &&
            page->column + blanks + page->word_width > page->width) {
                add(page, &page->out, "\n", 1);
                start_line(page, page->rest);
                blanks = 0;
        }
        /* A colour that goes on is not ended and begun again. */
        if (page->last == page->word_first && page->last != PF_COLOUR_NONE) {
                skip = strlen(colours[page->last]);
                page->out.n -= strlen(colour_off);
        }
        add_blanks(page, blanks);
        add(page, &page->out, page->word.data + skip, page->word.n - skip);
        page->last = page->word_last;
        page->column += page->word_width;
        page->fresh = false;
        page->blanks = 0;

        page->word.n = 0;
        page->word_width = 0;
}

/* Adds @n bytes that hold no blank to the word, in their colour. */
static void extend_word(PfPage *page, PfColour colour, const char *bytes, size_t n,
                        unsigned columns) {
        if (!page->terminal->colour)
                colour = PF_COLOUR_NONE;
        if (n == 0 || page->error < 0)
                return;
        if (page->word.n == 0)
                page->word_first = colour;
        if (page->word.n > 0 && colour == page->word_last && colour != PF_COLOUR_NONE)
                page->word.n -= strlen(colour_off);
        else
                add(page, &page->word, colours[colour], strlen(colours[colour]));
        add(page, &page->word, bytes, n);
        if (colour != PF_COLOUR_NONE)
                add(page, &page->word, colour_off, strlen(colour_off));
        page->word_last = colour;
        page->word_width += columns;
}

/* May the line end before this character, which is no blank? */
static bool is_break(const PfPage *page, const PfTextChar *one) {
        return page->before != 0 && pf_char_may_break(page->before, one->code_point);
}

static void add_text(PfPage *page, PfColour colour, const char *text, bool may_break) {
        PF_AUTO_BUF PfBuf piece = PF_BUF_INIT(PF_PAGE_MAX);
        unsigned columns = 0;
        size_t n = strlen(text);
        PfTextChar one;

        for (size_t i = 0; i < n;) {
                i += pf_text_next(text + i, n - i, page->terminal->utf8, &one);
                if (may_break && (one.is_space || is_break(page, &one))) {
                        extend_word(page, colour, piece.data, piece.n, columns);
                        piece.n = 0;
                        columns = 0;
                        place_word(page);
                }
                page->before = one.is_space ? 0 : one.code_point;
                if (one.is_space && may_break) {
                        page->blanks++;
                        continue;
                }
                add(page, &piece, one.bytes, one.n);
                columns += one.columns;
        }
        extend_word(page, colour, piece.data, piece.n, columns);
}

void pf_page_text(PfPage *page, PfColour colour, const char *text) {
        add_text(page, colour, text, true);
}

void pf_page_word(PfPage *page, PfColour colour, const char *text) {
        add_text(page, colour, text, false);
}

void pf_page_printf(PfPage *page, PfColour colour, const char *fmt, ...) {
        PF_AUTO_FREE char *text = NULL;
        va_list args;

        va_start(args, fmt);
        text = pf_language_print(page->terminal->language, fmt, args);
        va_end(args);
        if (text)
                pf_page_text(page, colour, text);
        else
                page->error = page->error ? page->error : -ENOMEM;
}

void pf_page_say(PfPage *page, PfColour colour, const char *english) {
        pf_page_text(page, colour, pf_language_text(page->terminal->language, english));
}

void pf_page_sentence(PfPage *page, PfColour colour, const char *english) {
        PF_AUTO_FREE char *text =
                pf_language_sentence(page->terminal->language, english ? english : "", NULL);

        if (text)
                pf_page_text(page, colour, text);
        else
                page->error = page->error ? page->error : -ENOMEM;
}

void pf_page_column(PfPage *page, unsigned column) {
        place_word(page);
        if (page->column < column)
                add_blanks(page, column - page->column);
        else if (!page->fresh)
                add_blanks(page, 1);
        page->blanks = 0;
        page->before = 0;
        page->fresh = true;
        page->last = PF_COLOUR_NONE;
}

void pf_page_end(PfPage *page) {
        place_word(page);
        /* No blanks at the end of a line. */
        while (page->out.n > 0 && page->out.data[page->out.n - 1] == ' ')
                page->out.n--;
        add(page, &page->out, "\n", 1);
}

void pf_page_empty_line(PfPage *page) {
        add(page, &page->out, "\n", 1);
}

void pf_page_raw(PfPage *page, const char *text) {
        add(page, &page->out, text, strlen(text));
}

void pf_page_rawf(PfPage *page, const char *fmt, ...) {
        PF_AUTO_FREE char *text = NULL;
        va_list args;
        int r;

        va_start(args, fmt);
        r = vasprintf(&text, fmt, args);
        va_end(args);
        if (r < 0) {
                text = NULL;
                page->error = page->error ? page->error : -ENOMEM;
                return;
        }
        pf_page_raw(page, text);
}

void pf_page_escaped(PfPage *page, PfEscape escape, const char *text) {
        if (page->error == 0)
                page->error = escape(&page->out, text);
}

/* Adds one line of @n bytes, as words or as it stands. */
static void prose_line(PfPage *page, PfColour colour, const char *line, size_t n, bool may_break) {
        PF_AUTO_FREE char *text = strndup(line, n);

        if (!text) {
                page->error = page->error ? page->error : -ENOMEM;
                return;
        }
        add_text(page, colour, text, may_break);
}

/* Japanese has no blank where a line ended. */
static bool wants_blank(uint32_t before, const char *line, size_t n) {
        uint32_t after;

        return pf_utf8_decode(line, n, &after) == 0 || !pf_char_is_wide(before) ||
               !pf_char_is_wide(after);
}

static bool is_kept(const char *line) {
        return strncmp(line, "    ", 4) == 0;
}

/* Does a paragraph begin a step? What begins small goes on with a sentence; a language
 * without small letters has a blank there. */
static bool begins_step(const char *line) {
        return !is_kept(line) && *line != ' ' && !(*line >= 'a' && *line <= 'z');
}

/* How many steps there are. */
static unsigned count_steps(const char *text) {
        unsigned n = 0;
        bool open = false;

        for (const char *line = text; *line;) {
                size_t length = strcspn(line, "\n");
                bool prose = length > 0 && !is_kept(line);

                n += prose && !open && begins_step(line);
                open = prose;
                line += length + (line[length] == '\n');
        }
        return n;
}

#define STEP_COLUMNS 3 /* "1. " */

/* @number: of the first step, or 0: they have none. */
static void add_paragraphs(PfPage *page, unsigned indent, PfColour verbatim, const char *text,
                           unsigned number) {
        unsigned rest = indent + (number > 0 ? STEP_COLUMNS : 0);
        bool open = false;  /* a line is begun */
        bool going = false; /* in a paragraph */

        for (const char *line = text; *line;) {
                size_t n = strcspn(line, "\n");
                bool kept = is_kept(line);

                if (open && (kept || n == 0 || page->width == 0)) {
                        pf_page_end(page);
                        open = false;
                }
                if (n == 0) {
                        pf_page_empty_line(page);
                        going = false;
                } else {
                        bool begins = number > 0 && !going && begins_step(line);

                        if (!open)
                                pf_page_begin(page, kept || begins ? indent : rest, rest);
                        else if (wants_blank(page->before, line, n))
                                pf_page_text(page, PF_COLOUR_NONE, " ");
                        if (begins) {
                                pf_page_printf(page, PF_COLOUR_BOLD, "%u.", number++);
                                pf_page_column(page, rest);
                        }
                        prose_line(page, kept ? verbatim : PF_COLOUR_NONE, line, n, !kept);
                        going = open = !kept;
                        if (kept)
                                pf_page_end(page);
                }
                line += n + (line[n] == '\n');
        }
        if (open)
                pf_page_end(page);
}

void pf_page_prose(PfPage *page, unsigned indent, PfColour verbatim, const char *text) {
        add_paragraphs(page, indent, verbatim, text, 0);
}

void pf_page_steps(PfPage *page, unsigned indent, PfColour verbatim, const char *text) {
        add_paragraphs(page, indent, verbatim, text, count_steps(text) > 1);
}

int pf_page_write(PfPage *page, int fd, PfErr *err) {
        int r = page->error;

        if (r < 0)
                return pf_err_errno(err, r, "cannot format the output");
        r = pf_here_write(fd, page->out.data, page->out.n);
        page->out.n = 0;
        if (r < 0)
                return pf_err_errno(err, r, "cannot write the output");
        return 0;
}
