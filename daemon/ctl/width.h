/* SPDX-License-Identifier: MIT */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * How wide characters are, and where a line of them may end. Not what wcwidth(3)
 * says: that depends on the locale, and where that is missing it knows none.
 */

typedef struct PfCharRange {
        uint32_t first;
        uint32_t last;
} PfCharRange;

/* Is it in one of @n ranges that are sorted? */
bool pf_char_is_in(uint32_t c, const PfCharRange *ranges, size_t n);

bool pf_char_is_wide(uint32_t c);

/* 0, 1 or 2 columns; -1 for what Unicode has not assigned. @c is above 0x7f. */
int pf_char_width(uint32_t c);

/**
 * pf_char_may_break() - may a line end between two characters that no blank separates?
 * Rule: beside a wide character it may, but no line begins with a closing bracket, a
 *       full stop, a small kana or a mark of repetition, nor ends with an opening
 *       bracket: JIS X 4051, kinsoku. Quotes of ASCII stay at what is beside them.
 */
bool pf_char_may_break(uint32_t before, uint32_t after);

/* Written by generate-width.py. */
extern const PfCharRange pf_width_combining[], pf_width_unassigned[], pf_width_wide[];
extern const size_t pf_width_n_combining, pf_width_n_unassigned, pf_width_n_wide;
