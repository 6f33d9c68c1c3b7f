/* SPDX-License-Identifier: MIT */
/*
 * The shortest difference of two texts, line by line.
 *
 * Rule: E. Myers, "An O(ND) Difference Algorithm and Its Variations" (1986), the greedy
 * one: for each number of edits d, how far it goes on each diagonal k = x - y. What was
 * reached for each d is kept, d + 1 numbers, and the way is read from it backwards.
 */
#include "daemon/remedy/diff.h"

#include <stdint.h>
#include <string.h>

#define CONTEXT 3
#define EDITS_MAX 1000 /* then what was reached takes 2 MB */

typedef struct Line {
        const char *text;
        size_t n; /* with its '\n', which the last may lack */
        uint32_t hash;
} Line;

/* One of the two texts. */
typedef struct Side {
        Line *lines;
        bool *is_changed; /* by line: the other text does not have it */
        size_t n;
} Side;

static void side_deinit(Side *side) {
        free(side->lines);
        free(side->is_changed);
}

static size_t count_lines(const char *text, size_t n) {
        size_t n_lines = n > 0 && text[n - 1] != '\n';
        const char *end = text + n;

        for (const char *at = text; n > 0 && (at = memchr(at, '\n', (size_t) (end - at))); at++)
                n_lines++;
        return n_lines;
}

/* FNV-1a; lines of one hash are compared all the same. */
static uint32_t hash_of(const char *text, size_t n) {
        uint32_t hash = 2166136261u;

        for (size_t i = 0; i < n; i++)
                hash = (hash ^ (unsigned char) text[i]) * 16777619u;
        return hash;
}

static int split(const char *text, size_t n, Side *side) {
        size_t n_lines = text ? count_lines(text, n) : 0;

        side->lines = calloc(n_lines + 1, sizeof(*side->lines));
        side->is_changed = calloc(n_lines + 1, sizeof(*side->is_changed));
        if (!side->lines || !side->is_changed)
                return -ENOMEM;
        while (side->n < n_lines) {
                const char *end = memchr(text, '\n', n);
                size_t n_line = end ? (size_t) (end - text) + 1 : n;

                side->lines[side->n++] = (Line){ text, n_line, hash_of(text, n_line) };
                text += n_line;
                n -= n_line;
        }
        return 0;
}

static bool is_same(const Line *a, const Line *b) {
        return a->hash == b->hash && a->n == b->n && memcmp(a->text, b->text, a->n) == 0;
}

/* The lines between those that both texts begin with, and those they end with. */
typedef struct Middle {
        const Line *a, *b;
        bool *a_changed, *b_changed;
        int32_t n_a, n_b;
} Middle;

static Middle middle_of(const Side *a, const Side *b) {
        size_t shorter = a->n < b->n ? a->n : b->n;
        size_t head = 0, tail = 0;

        while (head < shorter && is_same(&a->lines[head], &b->lines[head]))
                head++;
        while (tail < shorter - head &&
               is_same(&a->lines[a->n - 1 - tail], &b->lines[b->n - 1 - tail]))
                tail++;
        return (Middle){
                .a = a->lines + head,
                .b = b->lines + head,
                .a_changed = a->is_changed + head,
                .b_changed = b->is_changed + head,
                .n_a = (int32_t) (a->n - head - tail),
                .n_b = (int32_t) (b->n - head - tail),
        };
}

/* What @d edits reach, x by diagonal: those from -d to d by two. */
static int32_t *row_of(int32_t *reached, int32_t d) {
        return reached + (ptrdiff_t) d * (d + 1) / 2;
}

/* Does the way to diagonal @k with @d edits come down from k + 1, by a line of b? Otherwise it
 * comes from k - 1, by a line of a. @before: what d - 1 edits reach */
static bool comes_down(const int32_t *before, int32_t d, int32_t k) {
        int32_t i = (k + d) / 2; /* of k + 1 in that row; k - 1 is the one in front of it */

        return k == -d || (k != d && before[i - 1] < before[i]);
}

static int32_t start_of(const int32_t *before, int32_t d, int32_t k) {
        int32_t i = (k + d) / 2;

        if (d == 0)
                return 0;
        return comes_down(before, d, k) ? before[i] : before[i - 1] + 1;
}

/* Follows the lines that both have. */
static int32_t slide(const Middle *middle, int32_t x, int32_t k) {
        while (x < middle->n_a && x - k < middle->n_b && is_same(&middle->a[x], &middle->b[x - k]))
                x++;
        return x;
}

/* Return: how many edits it takes, or -1: too many. */
static int32_t search(const Middle *middle, int32_t edits_max, int32_t *reached) {
        for (int32_t d = 0; d <= edits_max; d++) {
                const int32_t *before = d > 0 ? row_of(reached, d - 1) : NULL;
                int32_t *row = row_of(reached, d);

                for (int32_t k = -d; k <= d; k += 2) {
                        int32_t x = slide(middle, start_of(before, d, k), k);

                        row[(k + d) / 2] = x;
                        if (k == middle->n_a - middle->n_b && x >= middle->n_a)
                                return d;
                }
        }
        return -1;
}

static void trace_back(const Middle *middle, int32_t *reached, int32_t d) {
        int32_t k = middle->n_a - middle->n_b;

        for (; d > 0; d--) {
                const int32_t *before = row_of(reached, d - 1);
                int32_t x = start_of(before, d, k);

                if (comes_down(before, d, k)) {
                        middle->b_changed[x - k - 1] = true;
                        k++;
                } else {
                        middle->a_changed[x - 1] = true;
                        k--;
                }
        }
}

static int compare(const Side *a, const Side *b) {
        PF_AUTO_FREE int32_t *reached = NULL;
        Middle middle = middle_of(a, b);
        int32_t most = middle.n_a + middle.n_b; /* all out, all in */
        int32_t d = -1;

        if (middle.n_a > 0 && middle.n_b > 0) {
                most = most < EDITS_MAX ? most : EDITS_MAX;
                reached = malloc((size_t) (most + 1) * (size_t) (most + 2) / 2 * sizeof(*reached));
                if (!reached)
                        return -ENOMEM;
                d = search(&middle, most, reached);
        }
        if (d >= 0) {
                trace_back(&middle, reached, d);
        } else {
                memset(middle.a_changed, true, (size_t) middle.n_a);
                memset(middle.b_changed, true, (size_t) middle.n_b);
        }
        return 0;
}

/* --- writing --- */

/* A place in both texts at once. */
typedef struct At {
        size_t a, b;
} At;

typedef struct Hunk {
        At begin, end;
} Hunk;

static bool is_end(const Side *a, const Side *b, At at) {
        return at.a == a->n && at.b == b->n;
}

/* Moves over one line: of a, of b, or one that both have. Return: the mark of patch(1). */
static char step(const Side *a, const Side *b, At *at) {
        if (at->a < a->n && a->is_changed[at->a]) {
                at->a++;
                return '-';
        }
        if (at->b < b->n && b->is_changed[at->b]) {
                at->b++;
                return '+';
        }
        at->a++;
        at->b++;
        return ' ';
}

/* The next changes that are not far from each other, and the lines around them.
 * @hunk: the one before; at first all zero */
static bool next_hunk(const Side *a, const Side *b, Hunk *hunk) {
        At at = hunk->end, last;
        size_t n_same = 0, n_around;

        for (last = at; !is_end(a, b, at) && step(a, b, &at) == ' '; last = at)
                n_same++;
        if (is_end(a, b, last))
                return false;
        n_around = n_same < CONTEXT ? n_same : CONTEXT;
        hunk->begin = (At){ last.a - n_around, last.b - n_around };

        last = at; /* behind the last change */
        for (n_same = 0; !is_end(a, b, at) && n_same <= 2 * CONTEXT;) {
                if (step(a, b, &at) == ' ') {
                        n_same++;
                } else {
                        n_same = 0;
                        last = at;
                }
        }
        n_around = n_same < CONTEXT ? n_same : CONTEXT;
        hunk->end = (At){ last.a + n_around, last.b + n_around };
        return true;
}

/* "-3,7", "+12"; of nothing, the line behind which it is. */
static int write_range(char mark, size_t begin, size_t n, PfBuf *ret) {
        if (n == 1)
                return pf_buf_printf(ret, "%c%zu", mark, begin + 1);
        return pf_buf_printf(ret, "%c%zu,%zu", mark, n == 0 ? begin : begin + 1, n);
}

static int write_line(char mark, const Line *line, PfBuf *ret) {
        int r = pf_buf_add(ret, &mark, 1);

        if (r == 0)
                r = pf_buf_add(ret, line->text, line->n);
        if (r == 0 && line->text[line->n - 1] != '\n')
                r = pf_buf_add_string(ret, "\n\\ No newline at end of file\n");
        return r;
}

static int write_hunk(const Side *a, const Side *b, const Hunk *hunk, PfBuf *ret) {
        At at = hunk->begin;
        int r = pf_buf_add_string(ret, "@@ ");

        if (r == 0)
                r = write_range('-', at.a, hunk->end.a - at.a, ret);
        if (r == 0)
                r = pf_buf_add_string(ret, " ");
        if (r == 0)
                r = write_range('+', at.b, hunk->end.b - at.b, ret);
        if (r == 0)
                r = pf_buf_add_string(ret, " @@\n");
        while (r == 0 && (at.a < hunk->end.a || at.b < hunk->end.b)) {
                char mark = step(a, b, &at);

                r = write_line(mark, mark == '+' ? &b->lines[at.b - 1] : &a->lines[at.a - 1], ret);
        }
        return r;
}

static bool is_control(char c) {
        return (unsigned char) c < 0x20 || c == 0x7f;
}

/* The name as patch(1) finds its end: behind a space a TAB, and in quotes what holds more. */
static int write_name(const char *mark, const char *path, PfBuf *ret) {
        bool is_quoted = false;
        int r = 0;

        for (const char *at = path; *at; at++)
                is_quoted = is_quoted || is_control(*at) || strchr("\"\\", *at);
        if (!is_quoted)
                return pf_buf_printf(ret, "%s%s%s\n", mark, path, strchr(path, ' ') ? "\t" : "");
        r = pf_buf_printf(ret, "%.4s\"%s", mark, mark + 4);
        for (const char *at = path; *at && r == 0; at++)
                r = is_control(*at)
                            ? pf_buf_printf(ret, "\\%03o", (unsigned char) *at)
                            : pf_buf_printf(ret, "%s%c", strchr("\"\\", *at) ? "\\" : "", *at);
        return r == 0 ? pf_buf_add_string(ret, "\"\n") : r;
}

static int write_names(const char *path, bool was_absent, bool is_absent, PfBuf *ret) {
        int r = was_absent ? pf_buf_add_string(ret, "--- /dev/null\n")
                           : write_name("--- a", path, ret);

        if (r < 0)
                return r;
        return is_absent ? pf_buf_add_string(ret, "+++ /dev/null\n")
                         : write_name("+++ b", path, ret);
}

int pf_diff(const char *path, const char *before, size_t n_before, const char *after,
            size_t n_after, PfBuf *ret) {
        PF_CLEANUP(side_deinit) Side a = { 0 };
        PF_CLEANUP(side_deinit) Side b = { 0 };
        Hunk hunk = { 0 };
        bool is_first = true;
        int r;

        if (n_before > PF_DIFF_MAX || n_after > PF_DIFF_MAX)
                return -ENOBUFS;
        r = split(before, n_before, &a);
        if (r == 0)
                r = split(after, n_after, &b);
        if (r == 0)
                r = compare(&a, &b);
        while (r == 0 && next_hunk(&a, &b, &hunk)) {
                if (is_first)
                        r = write_names(path, !before, !after, ret);
                if (r == 0)
                        r = write_hunk(&a, &b, &hunk, ret);
                is_first = false;
        }
        return r;
}
