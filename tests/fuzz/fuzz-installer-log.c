/* SPDX-License-Identifier: MIT */
/*
 * Any bytes as the log of the agent's installer, in whatever encoding they seem to be in.
 */
#include "tests/fuzz/fuzz.h"

#include <string.h>

#include "daemon/base/utf8.h"
#include "probes/parse/installer-log.h"

#define SIZE_MAX_HERE ((size_t) 1 << 16)

static void check_failure(const PfInstallerLog *log, const PfInstallerFailure *failure) {
        check(failure->has_error || failure->has_exit);
        check(failure->has_error == (failure->error_line > 0));
        check(failure->has_exit == (failure->exit_line > 0));
        check(failure->error_line <= log->n_lines && failure->exit_line <= log->n_lines);
        check(!failure->has_error || !failure->has_exit ||
              failure->error_line <= failure->exit_line);
        check(failure->exit >= -INT64_C(0xFFFFFFFF) && failure->exit <= INT64_C(0xFFFFFFFF));
}

static void check_log(const PfInstallerLog *log) {
        check(log->n <= PF_INSTALLER_FAILURES_MAX);
        check(log->run_line <= log->n_lines && log->package_line <= log->n_lines &&
              log->dtc_line <= log->n_lines);
        check(log->end_line == 0 ||
              (log->end_line >= log->run_line && log->end_line <= log->n_lines));
        check(!log->ends_in_line || log->n_lines > 0);
        for (size_t i = 0; i < log->n; i++)
                check_failure(log, &log->failures[i]);
}

static bool is_same(const PfInstallerLog *a, const PfInstallerLog *b) {
        bool same = a->n == b->n && a->run_line == b->run_line && a->end_line == b->end_line &&
                    a->package_line == b->package_line && a->dtc_line == b->dtc_line;

        for (size_t i = 0; i < a->n && same; i++) {
                const PfInstallerFailure *x = &a->failures[i], *y = &b->failures[i];

                same = x->error_line == y->error_line && x->exit_line == y->exit_line &&
                       x->error == y->error && x->exit == y->exit;
        }
        return same;
}

static void parse(const void *bytes, size_t n, bool is_tail, PfInstallerLog *ret) {
        check(pf_installer_log_parse(bytes, n, is_tail, ret) == 0);
        check_log(ret);
}

/* Whatever the encoding was: the text in UTF-8 says the same. A line that somebody is still
 * writing says nothing. */
static void check_text(const PfBuf *text, const PfInstallerLog *log) {
        const char *newline = text->n > 0 ? memrchr(text->data, '\n', text->n) : NULL;
        PfInstallerLog again;

        /* With zeroes it looks like UTF-16, and a mark is left out. */
        if (text->n == 0 || memchr(text->data, '\0', text->n) ||
            strncmp(text->data, "\xEF\xBB\xBF", 3) == 0)
                return;
        parse(text->data, text->n, false, &again);
        check(is_same(log, &again) && log->n_lines == again.n_lines);
        parse(text->data, newline ? (size_t) (newline + 1 - text->data) : 0, false, &again);
        check(is_same(log, &again));
}

int pf_fuzz_accepts(const uint8_t *bytes, size_t n) {
        PfInstallerLog log;

        parse(bytes, n, false, &log);
        return log.n > 0 || log.package_line > 0 || log.dtc_line > 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n) {
        PF_AUTO_BUF PfBuf text = PF_BUF_INIT(3 * SIZE_MAX_HERE + 16);
        PfInstallerLog log;

        if (n > SIZE_MAX_HERE)
                return 0;
        parse(bytes, n, false, &log);
        check(pf_installer_log_decode(bytes, n, &text) == 0);
        check(text.n == 0 || pf_utf8_is_valid(text.data, text.n));
        check_text(&text, &log);

        parse(bytes, n, true, &log);
        check(log.run_line != 1 && log.end_line != 1 && log.package_line != 1 && log.dtc_line != 1);
        for (size_t i = 0; i < log.n; i++)
                check(log.failures[i].error_line != 1 && log.failures[i].exit_line != 1);
        return 0;
}
