/* SPDX-License-Identifier: MIT */
/* The lines that a lease put into a file, found again after somebody edited it. */
#include <string.h>

#include "daemon/remedy/lease.h"

/* A part of a text, made of whole lines. */
typedef struct Lines {
        const char *from;
        const char *end;
} Lines;

static const char *end_of_line(const char *at, const char *end) {
        const char *newline = memchr(at, '\n', (size_t) (end - at));

        return newline ? newline + 1 : end;
}

static Lines first_line(Lines lines) {
        return (Lines){ lines.from, end_of_line(lines.from, lines.end) };
}

/* Without what ends it, which in a file from elsewhere is "\r\n". */
static size_t length_of(Lines line) {
        size_t n = (size_t) (line.end - line.from);

        if (n > 0 && line.from[n - 1] == '\n')
                n--;
        if (n > 0 && line.from[n - 1] == '\r')
                n--;
        return n;
}

static bool line_is(Lines line, Lines other) {
        size_t n = length_of(line);

        return n == length_of(other) && memcmp(line.from, other.from, n) == 0;
}

/* The first line of @lines that is @wanted, which is what is returned; empty: none. */
static Lines find_line(Lines lines, Lines wanted) {
        while (lines.from < lines.end) {
                Lines line = first_line(lines);

                if (line_is(line, wanted))
                        return line;
                lines.from = line.end;
        }
        return (Lines){ lines.end, lines.end };
}

static Lines text_line(const char *text) {
        return (Lines){ text, text + strlen(text) };
}

static bool is_empty(Lines lines) {
        return lines.from == lines.end;
}

/* From the line that begins a lease to the one that ends it; empty: one is missing. */
static Lines find_block(Lines text) {
        Lines begin = find_line(text, text_line(PF_LEASE_BEGIN));
        Lines end = find_line((Lines){ begin.from, text.end }, text_line(PF_LEASE_END));

        if (is_empty(begin) || is_empty(end))
                return (Lines){ text.end, text.end };
        return (Lines){ begin.from, end.end };
}

static bool is_setting(Lines line) {
        while (line.from < line.end && (*line.from == ' ' || *line.from == '\t'))
                line.from++;
        return line.from < line.end && !strchr("#\r\n", *line.from);
}

/* A line that only the block has: one of its two comments, or its first setting. */
static bool is_telling(Lines line, Lines block) {
        Lines rest = block;

        if (line_is(line, text_line(PF_LEASE_BEGIN)) || line_is(line, text_line(PF_LEASE_END)))
                return true;
        while (!is_empty(rest)) {
                Lines first = first_line(rest);

                if (is_setting(first))
                        return line_is(line, first);
                rest.from = first.end;
        }
        return false;
}

static Lines line_before(Lines text, const char *at) {
        const char *from = at - 1;

        while (from > text.from && from[-1] != '\n')
                from--;
        return (Lines){ from, at };
}

/* What is left of a block that lost its beginning or its end: the lines of it that
 * stand together. */
static Lines find_remains(Lines text, Lines block) {
        Lines at = { text.from, text.from };
        Lines found;

        do {
                if (at.end == text.end)
                        return (Lines){ text.end, text.end };
                at = first_line((Lines){ at.end, text.end });
        } while (!is_telling(at, block));

        found = at;
        while (found.end < text.end) {
                Lines next = first_line((Lines){ found.end, text.end });

                if (is_empty(find_line(block, next)))
                        break;
                found.end = next.end;
        }
        while (found.from > text.from) {
                Lines before = line_before(text, found.from);

                if (is_empty(find_line(block, before)))
                        break;
                found.from = before.from;
        }
        return found;
}

static bool is_blank(const PfBuf *buf) {
        return !buf->data || buf->data[strspn(buf->data, " \t\r\n")] == '\0';
}

int pf_lease_cut(const char *now, size_t n, const char *after, size_t n_after, PfBuf *rest) {
        Lines text = { now, now + n };
        Lines written = { after, after + n_after };
        Lines block = find_block(written);
        Lines cut = find_block(text);
        size_t before;
        int r;

        if (is_empty(cut)) /* of no block only its two comments are left */
                cut = find_remains(text, block);
        if (is_empty(cut))
                return PF_TRANSACTION_CUT_LEAVE;

        before = (size_t) (cut.from - text.from);
        r = pf_buf_add(rest, text.from, before);
        if (r == 0)
                r = pf_buf_add(rest, cut.end, (size_t) (text.end - cut.end));
        if (r < 0)
                return r;
        return is_blank(rest) ? PF_TRANSACTION_CUT_REMOVE : PF_TRANSACTION_CUT_REPLACE;
}
