/* SPDX-License-Identifier: MIT */
#include "tests/support/test-main.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

/* With CK_FORK=no a test runs in this process, so what it notes is still here. */
#define SKIPS_MAX 256
static struct {
        char test[64];
        char reason[160];
} skips[SKIPS_MAX];
static size_t n_skips;

const char *pf_test_shared(void) {
        const char *path = getenv("PF_SHARED");
        struct stat st;

        return path && path[0] && stat(path, &st) == 0 && S_ISDIR(st.st_mode) ? path : NULL;
}

const char *pf_test_source_root(void) {
        const char *path = getenv("PF_SOURCE_ROOT");

        return path && path[0] ? path : ".";
}

void pf_test_skip(const char *reason) {
        const char *test = tcase_name();

        if (n_skips == SKIPS_MAX)
                return;
        (void) snprintf(skips[n_skips].test, sizeof(skips[0].test), "%s", test ? test : "");
        (void) snprintf(skips[n_skips].reason, sizeof(skips[0].reason), "%s", reason);
        n_skips++;
}

_Noreturn void pf_test_leave(const char *reason) {
        pf_test_skip(reason);
        ck_abort_msg("%s", reason);
        abort(); /* it does not return */
}

void pf_test_add_loop(Suite *suite, const char *name, const TTest *test, int n) {
        TCase *tcase = tcase_create(name);

        tcase_add_loop_test(tcase, test, 0, n);
        suite_add_tcase(suite, tcase);
}

void pf_test_add(Suite *suite, const char *name, const TTest *test) {
        pf_test_add_loop(suite, name, test, 1);
}

static const char *skip_reason(TestResult *result) {
        for (size_t i = 0; i < n_skips; i++)
                if (strcmp(skips[i].test, tr_tcname(result)) == 0)
                        return skips[i].reason;
        return NULL;
}

/* Did it leave by itself, with this message? */
static bool has_left(TestResult *result, const char *reason) {
        return reason && tr_rtype(result) == CK_FAILURE && strcmp(tr_msg(result), reason) == 0;
}

static void print_diagnostic(const char *text) {
        for (; text && *text; text += strcspn(text, "\n"), text += *text == '\n')
                printf("#   %.*s\n", (int) strcspn(text, "\n"), text);
}

/* Return: it failed. */
static bool print_result(int number, TestResult *result) {
        const char *reason = skip_reason(result);

        if (tr_rtype(result) != CK_PASS && !has_left(result, reason)) {
                printf("not ok %d - %s: %s:%d\n", number, tr_tcname(result), tr_lfile(result),
                       tr_lno(result));
                print_diagnostic(tr_msg(result));
                return true;
        }
        if (reason)
                printf("ok %d - %s # SKIP %s\n", number, tr_tcname(result), reason);
        else
                printf("ok %d - %s\n", number, tr_tcname(result));
        return false;
}

int pf_test_main(Suite *suite) {
        SRunner *runner = srunner_create(suite);
        TestResult **results;
        bool failed = false;
        int n;

        srunner_set_fork_status(runner, CK_NOFORK);
        srunner_run_all(runner, CK_SILENT);
        results = srunner_results(runner);
        n = srunner_ntests_run(runner);

        printf("1..%d\n", n);
        for (int i = 0; i < n; i++)
                failed |= print_result(i + 1, results[i]);

        /* Before a leak, such as a failed test leaves, ends the process at exit. */
        (void) fflush(stdout);
        free(results);
        srunner_free(runner);
        return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
