/* SPDX-License-Identifier: MIT */
/*
 * The lines that a lease put into a file, found again after somebody edited it: also those
 * that were copied, and what is left of a block or a copy.
 */
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

static Lines none(Lines text) {
        return (Lines){ text.end, text.end };
}

static Lines behind(Lines text, Lines part) {
        return (Lines){ part.end, text.end };
}

/* A lease as it was written. */
typedef struct Lease {
        Lines block;          /* with its comment lines; empty: there was none */
        Lines settings;       /* from its first setting on; empty: there was none */
        bool first_is_ours;   /* no other line was like the first setting */
        bool copies_are_ours; /* no other lines were like all the settings */
} Lease;

/* From the line that begins a lease to the one that ends it. Where another begins in between
 * the first is of a copy that lost its end. Empty: there is none. */
static Lines find_block(Lines text, const Lease *lease) {
        Lines begin = find_line(text, text_line(PF_LEASE_BEGIN));
        Lines end = find_line(behind(text, begin), text_line(PF_LEASE_END));

        (void) lease;
        if (is_empty(end))
                return none(text);
        for (Lines next = begin; !is_empty(next);) {
                begin = next;
                next = find_line((Lines){ begin.end, end.from }, text_line(PF_LEASE_BEGIN));
        }
        return (Lines){ begin.from, end.end };
}

static bool is_comment(Lines line) {
        return line_is(line, text_line(PF_LEASE_BEGIN)) || line_is(line, text_line(PF_LEASE_END));
}

static bool is_setting(Lines line) {
        while (line.from < line.end && (*line.from == ' ' || *line.from == '\t'))
                line.from++;
        return line.from < line.end && !strchr("#\r\n", *line.from);
}

/* Does @text begin with all of @lines, but for comment lines? */
static bool begins_with(Lines text, Lines lines) {
        while (!is_empty(lines)) {
                Lines wanted = first_line(lines);

                if (!is_comment(wanted)) {
                        if (is_empty(text) || !line_is(first_line(text), wanted))
                                return false;
                        text = behind(text, first_line(text));
                }
                lines = behind(lines, wanted);
        }
        return true;
}

static bool has_copy(Lines text, Lines lines) {
        for (; !is_empty(text); text = behind(text, first_line(text)))
                if (begins_with(text, lines))
                        return true;
        return false;
}

static Lease understand(Lines written) {
        Lease lease = { .block = find_block(written, NULL) };
        Lines before = { written.from, lease.block.from };
        Lines after = behind(written, lease.block);
        Lines first;

        lease.settings = lease.block;
        while (!is_empty(lease.settings) && !is_setting(first_line(lease.settings)))
                lease.settings = behind(lease.settings, first_line(lease.settings));
        if (is_empty(lease.settings))
                return lease;
        first = first_line(lease.settings);
        lease.first_is_ours =
                is_empty(find_line(before, first)) && is_empty(find_line(after, first));
        lease.copies_are_ours =
                !has_copy(before, lease.settings) && !has_copy(after, lease.settings);
        return lease;
}

/* Does @text begin with what only a lease has: one of its two comments, its first setting,
 * or all of them where a line of somebody else's is like the first? */
static bool is_telling(Lines text, const Lease *lease) {
        Lines line = first_line(text);

        if (is_comment(line))
                return true;
        if (is_empty(lease->settings) || !line_is(line, first_line(lease->settings)))
                return false;
        return lease->first_is_ours ||
               (lease->copies_are_ours && begins_with(text, lease->settings));
}

static Lines line_before(Lines text, const char *at) {
        const char *from = at - 1;

        while (from > text.from && from[-1] != '\n')
                from--;
        return (Lines){ from, at };
}

/* What is left of a block that lost its beginning or its end, and copies of it without
 * them: the lines of it that stand together. Empty: there are none. */
static Lines find_remains(Lines text, const Lease *lease) {
        Lines rest = text;
        Lines found;

        while (!is_empty(rest) && !is_telling(rest, lease))
                rest = behind(rest, first_line(rest));
        if (is_empty(rest))
                return none(text);

        found = first_line(rest);
        while (found.end < text.end) {
                Lines next = first_line(behind(text, found));

                if (is_empty(find_line(lease->block, next)))
                        break;
                found.end = next.end;
        }
        while (found.from > text.from) {
                Lines before = line_before(text, found.from);

                if (is_empty(find_line(lease->block, before)))
                        break;
                found.from = before.from;
        }
        return found;
}

typedef Lines (*Find)(Lines text, const Lease *lease);

/* Adds @text to @rest, but for each part that is found. Return: 0 or a negative errno; *@found is
 * set where there was one. */
static int cut_each(Lines text, Find find, const Lease *lease, PfBuf *rest, bool *found) {
        for (;;) {
                Lines cut = find(text, lease);
                int r = pf_buf_add(rest, text.from, (size_t) (cut.from - text.from));

                if (r < 0 || is_empty(cut))
                        return r;
                *found = true;
                text = behind(text, cut);
        }
}

static bool is_blank(const PfBuf *buf) {
        return !buf->data || buf->data[strspn(buf->data, " \t\r\n")] == '\0';
}

int pf_lease_cut(const char *now, size_t n, const char *after, size_t n_after, PfBuf *rest) {
        const Lease lease = understand((Lines){ after, after + n_after });
        PF_AUTO_BUF PfBuf blockless = PF_BUF_INIT(n + 1);
        bool found = false;
        int r;

        r = cut_each((Lines){ now, now + n }, find_block, &lease, &blockless, &found);
        if (r == 0) {
                const char *text = blockless.data ? blockless.data : "";

                r = cut_each((Lines){ text, text + blockless.n }, find_remains, &lease, rest,
                             &found);
        }
        if (r < 0)
                return r;
        if (!found) {
                pf_buf_consume(rest, rest->n);
                return PF_TRANSACTION_CUT_LEAVE;
        }
        return is_blank(rest) ? PF_TRANSACTION_CUT_REMOVE : PF_TRANSACTION_CUT_REPLACE;
}
