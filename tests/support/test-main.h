/* SPDX-License-Identifier: MIT */
#pragma once

#include <check.h>

/* A test is a case of its own, named like its function: check tells no more of
 * a result than the name of its case. */
#define PF_TEST(suite, test) pf_test_add(suite, #test, test)
void pf_test_add(Suite *suite, const char *name, const TTest *test);

/* The same @n times, with _i from 0: a row of a table each. */
#define PF_TEST_LOOP(suite, test, n) pf_test_add_loop(suite, #test, test, (int) (n))
void pf_test_add_loop(Suite *suite, const char *name, const TTest *test, int n);

/**
 * pf_test_main() - run a suite; the last thing in each test's main()
 * Prints TAP, one line a test, and nothing else on standard output.
 * Return: the exit status: 0, or 1 where a test failed.
 */
int pf_test_main(Suite *suite);

/**
 * pf_test_shared() - the material kept beside the project, or NULL
 * The directory named by PF_SHARED, if there is one. Tests that need it call
 * pf_test_skip() without it.
 */
const char *pf_test_shared(void);

/* Marks the running test as skipped, with the reason; then return from it. */
void pf_test_skip(const char *reason);

/* The same from within, where the test cannot go on: what it needs this system has not. */
_Noreturn void pf_test_leave(const char *reason);

/* Where the source tree is: PF_SOURCE_ROOT, which meson sets. */
const char *pf_test_source_root(void);
