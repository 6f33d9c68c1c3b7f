/* SPDX-License-Identifier: MIT */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

/*
 * What each fuzz-<name>.c defines. Built with -Dfuzz=true libFuzzer calls it,
 * otherwise fuzz-main.c, once for each file of tests/corpus/<name>.
 *
 * Both may be called many times in a process, so they leave nothing behind.
 */

/* Takes any bytes without a crash, a leak, or time and memory without bounds.
 * Returns 0, as libFuzzer wants it. */
int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n);

/* May be left out: is this input accepted? Holds the names of the corpus to
 * their word: y_* are, n_* are not; any other name promises nothing. Returns
 * 1 or 0. */
int pf_fuzz_accepts(const uint8_t *bytes, size_t n) __attribute__((weak));

/* What a parser promised. A broken promise is a crash: libFuzzer keeps the input. */
static inline void check(bool holds) {
        if (!holds)
                abort();
}

/* The bytes, for a parser that is given a function which reads its files. */
typedef struct PfFuzzInput {
        const uint8_t *bytes;
        size_t n;
} PfFuzzInput;
