/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * Files of lines, as pam_access, pam_limits and pam_time have them: how many
 * entries a text has, and which line is none.
 */

#include <check.h>
#include <stddef.h>

typedef struct PfLinesCase {
        const char *text;
        size_t n;
        unsigned bad_line; /* the first that is refused; 0: none is */
} PfLinesCase;

/* Compares each case with what @read says of its text, in n and bad_line. */
static inline void pf_test_lines(const PfLinesCase *cases, size_t n_cases,
                                 PfLinesCase (*read)(const char *text)) {
        for (size_t i = 0; i < n_cases; i++) {
                PfLinesCase got = read(cases[i].text);

                ck_assert_msg(got.n == cases[i].n && got.bad_line == cases[i].bad_line,
                              "\"%s\": %zu entries, bad line %u", cases[i].text, got.n,
                              got.bad_line);
        }
}
