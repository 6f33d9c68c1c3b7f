/* SPDX-License-Identifier: MIT */
/*
 * Which lines somebody edited, for a person who decides what to do about it. A line that was
 * moved counts as edited; nothing is computed that a short look would not tell.
 */
#include "daemon/remedy/transaction-internal.h"

#include <string.h>

#define RANGES_MAX 8  /* that are named */
#define REACH_MAX 200 /* lines within which both texts must agree again */

typedef struct Lines {
        const char **at; /* @n beginnings, and the end */
        size_t n;
} Lines;

static void lines_deinit(Lines *lines) {
        free(lines->at);
}

static int split(const char *text, size_t n, Lines *ret) {
        const char *end = text + n;
        size_t count = 0;

        for (const char *p = text; p < end; count++)
                p = (p = memchr(p, '\n', (size_t) (end - p))) ? p + 1 : end;
        ret->at = calloc(count + 1, sizeof(*ret->at));
        if (!ret->at)
                return -ENOMEM;
        for (const char *p = text; p < end;) {
                const char *newline = memchr(p, '\n', (size_t) (end - p));

                ret->at[ret->n++] = p;
                p = newline ? newline + 1 : end;
        }
        ret->at[ret->n] = end;
        return 0;
}

static bool is_same(const Lines *a, size_t i, const Lines *b, size_t j) {
        size_t n = (size_t) (a->at[i + 1] - a->at[i]);

        return n == (size_t) (b->at[j + 1] - b->at[j]) && memcmp(a->at[i], b->at[j], n) == 0;
}

/* Do both go on alike from here: to their ends, or for two lines at least? */
static bool is_agreed(const Lines *a, size_t i, const Lines *b, size_t j) {
        for (int k = 0; k < 2; k++, i++, j++) {
                if (i == a->n || j == b->n)
                        return i == a->n && j == b->n;
                if (!is_same(a, i, b, j))
                        return false;
        }
        return true;
}

/* The nearest lines behind @i and @j from which on both agree; their ends where there are none. */
static void find_agreement(const Lines *a, size_t *i, const Lines *b, size_t *j) {
        for (size_t sum = 1; sum <= REACH_MAX; sum++)
                for (size_t k = 0; k <= sum; k++) {
                        size_t x = *i + k, y = *j + sum - k;

                        if (x <= a->n && y <= b->n && is_agreed(a, x, b, y)) {
                                *i = x;
                                *j = y;
                                return;
                        }
                }
        *i = a->n;
        *j = b->n;
}

/* Lines @from to before @to, from 0; where none are left, the one they were in front of. */
static int name_range(size_t from, size_t to, size_t n_before, PfBuf *ret) {
        const char *comma = n_before > 0 ? ", " : "";

        if (n_before == RANGES_MAX)
                return pf_buf_add_string(ret, " and more");
        if (n_before > RANGES_MAX)
                return 0;
        if (to <= from)
                return pf_buf_printf(ret, "%sbefore line %zu", comma, from + 1);
        if (to == from + 1)
                return pf_buf_printf(ret, "%sline %zu", comma, to);
        return pf_buf_printf(ret, "%slines %zu-%zu", comma, from + 1, to);
}

int pf_edited_describe(const char *from, size_t n_from, const char *to, size_t n_to, PfBuf *ret) {
        PF_CLEANUP(lines_deinit) Lines a = { 0 };
        PF_CLEANUP(lines_deinit) Lines b = { 0 };
        size_t ranges = 0;
        int r = split(from, n_from, &a);

        if (r == 0)
                r = split(to, n_to, &b);
        for (size_t i = 0, j = 0; r == 0 && (i < a.n || j < b.n);) {
                size_t begin = j;

                if (i < a.n && j < b.n && is_same(&a, i, &b, j)) {
                        i++;
                        j++;
                        continue;
                }
                find_agreement(&a, &i, &b, &j);
                r = name_range(begin, j, ranges++, ret);
        }
        return r;
}
