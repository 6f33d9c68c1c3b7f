/* SPDX-License-Identifier: MIT */
/* Differences: as the format says, as few lines as can be, and what patch(1) makes of them. */
#include "daemon/remedy/diff.h"

#include <fcntl.h>
#include <spawn.h>
#include <stdint.h>
#include <string.h>
#include <sys/wait.h>

#include "tests/support/sandbox.h"
#include "tests/support/test-main.h"

#define BUF_MAX (64u << 20)

static char *diff_of(const char *path, const char *before, const char *after) {
        PF_AUTO_BUF PfBuf buf = PF_BUF_INIT(BUF_MAX);

        ck_assert_int_eq(pf_diff(path, before, before ? strlen(before) : 0, after,
                                 after ? strlen(after) : 0, &buf),
                         0);
        return pf_buf_steal(&buf);
}

static void assert_diff(const char *before, const char *after, const char *expected) {
        PF_AUTO_FREE char *text = diff_of("/etc/f", before, after);

        ck_assert_str_eq(text, expected);
}

#define NAMES "--- a/etc/f\n+++ b/etc/f\n"

START_TEST(what_differs_and_three_lines_around_it) {
        assert_diff("1\n2\n3\n4\n5\n6\n7\n8\n9\n", "1\n2\n3\n4\nx\n6\n7\n8\n9\n",
                    NAMES "@@ -2,7 +2,7 @@\n 2\n 3\n 4\n-5\n+x\n 6\n 7\n 8\n");
        assert_diff("1\n2\n", "0\n1\n2\n", NAMES "@@ -1,2 +1,3 @@\n+0\n 1\n 2\n");
        assert_diff("1\n", "2\n", NAMES "@@ -1 +1 @@\n-1\n+2\n");
        assert_diff("1\n", "1\n", "");
        assert_diff("", "", "");
        assert_diff(NULL, NULL, "");
}
END_TEST

/* Six lines between two changes are shown once; seven make two hunks of them. */
START_TEST(changes_far_from_each_other_are_two_hunks) {
        assert_diff("a\n1\n2\n3\n4\n5\n6\nb\n", "A\n1\n2\n3\n4\n5\n6\nB\n",
                    NAMES "@@ -1,8 +1,8 @@\n-a\n+A\n 1\n 2\n 3\n 4\n 5\n 6\n-b\n+B\n");
        assert_diff("a\n1\n2\n3\n4\n5\n6\n7\nb\n", "A\n1\n2\n3\n4\n5\n6\n7\nB\n",
                    NAMES "@@ -1,4 +1,4 @@\n-a\n+A\n 1\n 2\n 3\n"
                          "@@ -6,4 +6,4 @@\n 5\n 6\n 7\n-b\n+B\n");
}
END_TEST

START_TEST(a_file_that_is_not_there) {
        assert_diff(NULL, "1\n2\n", "--- /dev/null\n+++ b/etc/f\n@@ -0,0 +1,2 @@\n+1\n+2\n");
        assert_diff("1\n", NULL, "--- a/etc/f\n+++ /dev/null\n@@ -1 +0,0 @@\n-1\n");
        assert_diff("", "1\n", NAMES "@@ -0,0 +1 @@\n+1\n");
}
END_TEST

START_TEST(a_last_line_without_an_end) {
        assert_diff("1", "1\n", NAMES "@@ -1 +1 @@\n-1\n\\ No newline at end of file\n+1\n");
        assert_diff("1\nx", "2\nx",
                    NAMES "@@ -1,2 +1,2 @@\n-1\n+2\n x\n\\ No newline at end of file\n");
}
END_TEST

START_TEST(a_name_that_needs_quotes) {
        PF_AUTO_FREE char *space = diff_of("/etc/a b", "1\n", NULL);
        PF_AUTO_FREE char *quoted = diff_of("/etc/a\"\n\\", NULL, "1\n");

        ck_assert_ptr_nonnull(strstr(space, "--- a/etc/a b\t\n"));
        ck_assert_ptr_nonnull(strstr(quoted, "+++ \"b/etc/a\\\"\\012\\\\\"\n"));
}
END_TEST

START_TEST(what_is_too_large_is_refused) {
        PF_AUTO_BUF PfBuf buf = PF_BUF_INIT(100);
        PF_AUTO_FREE char *large = calloc(1, PF_DIFF_MAX + 1);

        ck_assert_ptr_nonnull(large);
        ck_assert_int_eq(pf_diff("/f", large, PF_DIFF_MAX + 1, "", 0, &buf), -ENOBUFS);
        memset(large, '\n', 1000);
        ck_assert_int_eq(pf_diff("/f", large, 1000, "", 0, &buf), -ENOBUFS);
        ck_assert_uint_le(buf.n, 100);
}
END_TEST

/* --- random texts --- */

/* xorshift32, Marsaglia 2003: the same texts in every run. */
static uint32_t state = 2463534242u;

static uint32_t below(uint32_t n) {
        state ^= state << 13;
        state ^= state >> 17;
        state ^= state << 5;
        return state % n;
}

/* Few different lines, so that many are the same; some that look like parts of a diff. */
static const char *const words[] = {
        "",        "a",           "b",           "a\r",           "Port 22",      "# x",
        "--- a/f", "+++ b/f",     "@@ -1 +1 @@", "\\ No newline", "\xff\xfe\x80", "\t\x01\x1b[m",
        "-",       "diff -u a b", "Index: f",    " leading",
};

static void add_line(PfBuf *buf) {
        ck_assert_int_eq(pf_buf_printf(buf, "%s\n", words[below(PF_ELEMENTS(words))]), 0);
}

static void drop_last_newline(PfBuf *buf) {
        if (buf->n > 1 && below(4) == 0)
                buf->n--;
}

static void make_text(PfBuf *buf, uint32_t n_lines) {
        for (uint32_t i = 0; i < n_lines; i++)
                add_line(buf);
        drop_last_newline(buf);
}

/* Some lines left out, changed or added; all of it, line by line, with these odds. */
static void edit_text(const PfBuf *before, uint32_t odds, PfBuf *after) {
        for (size_t at = 0; at < before->n;) {
                const char *end = memchr(before->data + at, '\n', before->n - at);
                size_t n = end ? (size_t) (end - before->data) + 1 - at : before->n - at;
                uint32_t what = below(odds);

                if (what == 0 || what == 1)
                        add_line(after);
                if (what > 1 || what == 0)
                        ck_assert_int_eq(pf_buf_add(after, before->data + at, n), 0);
                at += n;
        }
        drop_last_newline(after);
}

typedef struct Pair {
        PfBuf before, after;
        bool was_absent, is_absent;
} Pair;

static void pair_deinit(Pair *pair) {
        pf_buf_deinit(&pair->before);
        pf_buf_deinit(&pair->after);
}

static void make_pair(Pair *pair, uint32_t n_lines_max) {
        *pair = (Pair){ .before = PF_BUF_INIT(BUF_MAX), .after = PF_BUF_INIT(BUF_MAX) };
        if (below(20) == 0)
                pair->was_absent = true;
        else
                make_text(&pair->before, below(n_lines_max));
        if (!pair->was_absent && below(20) == 0)
                pair->is_absent = true;
        else if (below(5) == 0)
                make_text(&pair->after, below(n_lines_max));
        else
                edit_text(&pair->before, 3 + below(40), &pair->after);
}

static void diff_pair(const Pair *pair, const char *path, PfBuf *ret) {
        const char *before = pair->before.data ? pair->before.data : "";
        const char *after = pair->after.data ? pair->after.data : "";

        ck_assert_int_eq(pf_diff(path, pair->was_absent ? NULL : before, pair->before.n,
                                 pair->is_absent ? NULL : after, pair->after.n, ret),
                         0);
}

/* --- as few lines as can be --- */

static size_t split(const PfBuf *buf, const char *lines[], size_t sizes[]) {
        size_t n = 0;

        for (size_t at = 0; at < buf->n; at += sizes[n++]) {
                const char *end = memchr(buf->data + at, '\n', buf->n - at);

                lines[n] = buf->data + at;
                sizes[n] = end ? (size_t) (end - lines[n]) + 1 : buf->n - at;
        }
        return n;
}

#define SMALL 64

/* How many lines are left out and added at least: by the table of the longest common part. */
static size_t distance(const Pair *pair) {
        static size_t common[2 * SMALL + 1][2 * SMALL + 1];
        const char *a[2 * SMALL], *b[2 * SMALL];
        size_t size_a[2 * SMALL], size_b[2 * SMALL];
        size_t n_a = split(&pair->before, a, size_a), n_b = split(&pair->after, b, size_b);

        for (size_t i = 1; i <= n_a; i++)
                for (size_t j = 1; j <= n_b; j++) {
                        size_t up = common[i - 1][j], left = common[i][j - 1];

                        common[i][j] = up > left ? up : left;
                        if (size_a[i - 1] == size_b[j - 1] &&
                            memcmp(a[i - 1], b[j - 1], size_a[i - 1]) == 0)
                                common[i][j] = common[i - 1][j - 1] + 1;
                }
        return n_a + n_b - 2 * common[n_a][n_b];
}

/* The lines of a diff that leave out or add; its first two are names. */
static size_t count_edits(const PfBuf *diff) {
        size_t n = 0, line = 0;

        for (size_t at = 0; at < diff->n; line++) {
                const char *end = memchr(diff->data + at, '\n', diff->n - at);

                n += line > 1 && (diff->data[at] == '-' || diff->data[at] == '+');
                at = (size_t) (end - diff->data) + 1;
        }
        return n;
}

START_TEST(no_line_too_many) {
        for (unsigned i = 0; i < 1000; i++) {
                PF_CLEANUP(pair_deinit) Pair pair = { 0 };
                PF_AUTO_BUF PfBuf diff = PF_BUF_INIT(BUF_MAX);

                make_pair(&pair, SMALL);
                diff_pair(&pair, "/f", &diff);
                ck_assert_uint_eq(count_edits(&diff), distance(&pair));
        }
}
END_TEST

/* --- patch(1) --- */

extern char **environ;

static int run_patch(const char *directory, const char *diff) {
        char *arguments[] = { "patch",       "--silent",         "--fuzz=0", "--strip=1",
                              "--binary",    "--force",          "--input",  (char *) diff,
                              "--directory", (char *) directory, NULL };
        int status = -1;
        pid_t pid;

        if (posix_spawnp(&pid, "patch", NULL, NULL, arguments, environ) != 0)
                return 127;
        ck_assert_int_eq(waitpid(pid, &status, 0), pid);
        return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

/* Is what patch(1) left what was to come out? */
static void assert_patched(const PfSandbox *box, const char *path, const Pair *pair) {
        PF_AUTO_BUF PfBuf now = PF_BUF_INIT(BUF_MAX);
        int r = pf_target_read(box->target, path, BUF_MAX, &now, NULL);

        /* The format cannot say that an empty file is there or not. */
        if (r != 0 || now.n == 0) {
                ck_assert_msg(pair->is_absent || pair->after.n == 0, "%s is gone", path);
                return;
        }
        ck_assert_msg(now.n == pair->after.n && memcmp(now.data, pair->after.data, now.n) == 0,
                      "%s is something else", path);
}

#define N_PAIRS 500

/* All pairs in one diff: patch(1) is started once. */
static void round_trip(uint32_t n_lines_max) {
        PF_AUTO_SANDBOX PfSandbox box = { 0 };
        PF_AUTO_BUF PfBuf diff = PF_BUF_INIT(BUF_MAX);
        PF_AUTO_FREE Pair *pairs = calloc(N_PAIRS, sizeof(*pairs));
        PF_AUTO_FREE char *input = NULL;
        char path[32];
        int status;

        pf_sandbox_new(&box);
        for (unsigned i = 0; i < N_PAIRS; i++) {
                (void) snprintf(path, sizeof(path), "/p/%u", i);
                make_pair(&pairs[i], n_lines_max);
                diff_pair(&pairs[i], path, &diff);
                if (!pairs[i].was_absent)
                        pf_sandbox_write_bytes(&box, path,
                                               pairs[i].before.data ? pairs[i].before.data : "",
                                               pairs[i].before.n);
        }
        pf_sandbox_write_bytes(&box, "/diff", diff.data, diff.n);
        input = pf_sandbox_path(&box, "/diff");
        status = run_patch(box.root, input);
        if (status == 127)
                pf_test_skip("patch(1) is not installed");
        else
                ck_assert_int_eq(status, 0);
        for (unsigned i = 0; i < N_PAIRS; i++) {
                (void) snprintf(path, sizeof(path), "/p/%u", i);
                if (status == 0)
                        assert_patched(&box, path, &pairs[i]);
                pair_deinit(&pairs[i]);
        }
}

START_TEST(patch_makes_of_it_what_was_to_come_out) {
        const unsigned n_rounds = getenv("PF_FULL") ? 40 : 4;

        for (unsigned i = 0; i < n_rounds; i++)
                round_trip(i % 2 ? 12 : 120);
}
END_TEST

/* Texts that have nothing in common but lines that are everywhere: beyond what is searched. */
START_TEST(what_differs_too_much_is_replaced_as_a_whole) {
        PF_AUTO_SANDBOX PfSandbox box = { 0 };
        PF_CLEANUP(pair_deinit)
        Pair pair = { .before = PF_BUF_INIT(BUF_MAX), .after = PF_BUF_INIT(BUF_MAX) };
        PF_AUTO_BUF PfBuf diff = PF_BUF_INIT(BUF_MAX);
        PF_AUTO_FREE char *input = NULL;
        int status;

        make_text(&pair.before, 20000);
        make_text(&pair.after, 20000);
        diff_pair(&pair, "/f", &diff);
        ck_assert_uint_gt(count_edits(&diff), 39000);

        pf_sandbox_new(&box);
        pf_sandbox_write_bytes(&box, "/f", pair.before.data, pair.before.n);
        pf_sandbox_write_bytes(&box, "/diff", diff.data, diff.n);
        input = pf_sandbox_path(&box, "/diff");
        status = run_patch(box.root, input);
        if (status == 127) {
                pf_test_skip("patch(1) is not installed");
                return;
        }
        ck_assert_int_eq(status, 0);
        assert_patched(&box, "/f", &pair);
}
END_TEST

/* The largest that is to be quick: a hundred thousand lines, some of which change. */
START_TEST(a_large_file_with_small_changes) {
        PF_CLEANUP(pair_deinit)
        Pair pair = { .before = PF_BUF_INIT(BUF_MAX), .after = PF_BUF_INIT(BUF_MAX) };
        PF_AUTO_BUF PfBuf diff = PF_BUF_INIT(BUF_MAX);

        for (unsigned i = 0; i < 100000; i++) {
                ck_assert_int_eq(pf_buf_printf(&pair.before, "line %u\n", i % 5000), 0);
                ck_assert_int_eq(pf_buf_printf(&pair.after, i % 10000 == 77 ? "x%u\n" : "line %u\n",
                                               i % 5000),
                                 0);
        }
        diff_pair(&pair, "/f", &diff);
        ck_assert_uint_eq(count_edits(&diff), 20);
}
END_TEST

int main(void) {
        Suite *suite = suite_create("diff");

        PF_TEST(suite, what_differs_and_three_lines_around_it);
        PF_TEST(suite, changes_far_from_each_other_are_two_hunks);
        PF_TEST(suite, a_file_that_is_not_there);
        PF_TEST(suite, a_last_line_without_an_end);
        PF_TEST(suite, a_name_that_needs_quotes);
        PF_TEST(suite, what_is_too_large_is_refused);
        PF_TEST(suite, no_line_too_many);
        PF_TEST(suite, patch_makes_of_it_what_was_to_come_out);
        PF_TEST(suite, what_differs_too_much_is_replaced_as_a_whole);
        PF_TEST(suite, a_large_file_with_small_changes);
        return pf_test_main(suite);
}
