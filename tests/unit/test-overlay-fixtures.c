/* SPDX-License-Identifier: MIT */
/*
 * Every fixture with an overlay: a probe must answer as if the files were really so.
 * A file that its probe read is overlaid with its own bytes, cut in half, emptied, made
 * longer, removed, or gets one of the same contents beside it; then that is done, and the
 * answers are compared. One file and one change of each fixture; all of them for PF_FULL.
 */
#include "daemon/base/overlay.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "daemon/platform/linux/target-path.h"
#include "tests/support/fixtures.h"
#include "tests/support/test-main.h"

#define NAME_SIZE 256
#define FILE_MAX (64u << 20)

static char fixtures[4096][NAME_SIZE];
static size_t n_fixtures;
static unsigned n_tried;

typedef enum Change { SAME, HALF, EMPTY, LONGER, BESIDE, REMOVED, N_CHANGES } Change;
static const char *const change_names[N_CHANGES] = {
        "the same", "half", "empty", "longer", "with one beside it", "removed"
};

#define NEW_NAME "/00-new.conf"

/* --- which files --- */

static int add_file(const PfAccessRecord *record, void *paths) {
        return record->access == PF_ACCESS_OPENED ? pf_strv_add(paths, record->path) : 0;
}

/* The regular files that a probe looked at, in the order in which it did. */
static void find_files(const PfFixture *fixture, PfStrv *ret) {
        PF_AUTO_STRV PfStrv paths = { 0 };

        ck_assert_int_eq(pf_target_each_access(fixture->box.target, add_file, &paths), 0);
        for (size_t i = 0; i < paths.n; i++) {
                PfFileInfo info;

                if (pf_target_stat(fixture->box.target, paths.items[i], &info, NULL) == 0 &&
                    info.type == PF_FILE_REGULAR && info.size_bytes <= FILE_MAX &&
                    strncmp(paths.items[i], "/.preflight/", 12) != 0)
                        ck_assert_int_eq(pf_strv_add(ret, paths.items[i]), 0);
        }
}

/* --- both ways to change one --- */

static void make_bytes(const PfTarget *target, const char *path, Change change, PfBuf *ret) {
        PfErr err = { 0 };

        ck_assert_msg(pf_target_read(target, path, FILE_MAX, ret, &err) == 0, "%s", err.text);
        if (change == EMPTY || change == HALF)
                ret->n = change == EMPTY ? 0 : ret->n / 2;
        else if (change == LONGER)
                ck_assert_int_eq(pf_buf_add_string(ret, "\nand one line more\n"), 0);
}

/* Where it really is, on this machine, through the links of the other. */
static char *find_really(const PfTarget *target, const char *path) {
        PF_AUTO_CLOSE int looked = pf_path_look(target, path, 0);
        char link[PF_PATH_LINK_MAX];
        char *real;

        pf_path_link(looked, link);
        real = realpath(link, NULL);
        ck_assert_ptr_nonnull(real);
        return real;
}

static void write_really(const char *path, const PfBuf *bytes) {
        PF_AUTO_CLOSE int fd = open(path, O_WRONLY | O_TRUNC | O_CREAT | O_CLOEXEC, 0644);

        ck_assert_int_ge(fd, 0);
        ck_assert_int_eq(write(fd, bytes->data ? bytes->data : "", bytes->n), (ssize_t) bytes->n);
}

/* The path of the new file beside another, which the caller frees. */
static char *path_beside(const char *path) {
        char *beside = NULL;

        ck_assert_int_gt(
                asprintf(&beside, "%.*s%s", (int) (strrchr(path, '/') - path), path, NEW_NAME), 0);
        return beside;
}

static void change_really(const char *real, Change change, const PfBuf *bytes) {
        PF_AUTO_FREE char *beside = path_beside(real);

        if (change == REMOVED)
                ck_assert_int_eq(unlink(real), 0);
        else if (change != SAME)
                write_really(change == BESIDE ? beside : real, bytes);
}

/* As it was, for the next change. What is removed is not made again: that is the last one. */
static void change_back(const char *real, Change change, const PfBuf *bytes) {
        PF_AUTO_FREE char *beside = path_beside(real);

        if (change == BESIDE)
                ck_assert_int_eq(unlink(beside), 0);
        else if (change != SAME && change != REMOVED)
                write_really(real, bytes);
}

static PfTarget *change_overlay(PfTarget *target, const char *path, Change change,
                                const PfBuf *bytes) {
        PF_CLEANUP(pf_target_unrefp) PfTarget *over = NULL;
        PF_AUTO_FREE char *real = find_really(target, path);
        PF_AUTO_FREE char *beside = path_beside(real);
        PfErr err = { 0 };
        int r;

        ck_assert_int_eq(pf_overlay_new(target, &over, &err), 0);
        r = change == REMOVED  ? pf_overlay_remove(over, path, &err)
            : change == BESIDE ? pf_overlay_put(over, beside + strlen(pf_target_root(target)),
                                                bytes->data, bytes->n, &err)
                               : pf_overlay_put(over, path, bytes->data, bytes->n, &err);
        ck_assert_msg(r == 0, "%s: %s", path, err.text);
        return PF_STEAL(over);
}

/* --- comparing --- */

static int run(const PfFixture *fixture, const PfTarget *target, PfReport *ret, PfErr *err) {
        int r = fixture->probe->run(target, &fixture->demand, ret, err);

        ck_assert_int_eq(ret->error, 0);
        return r;
}

static void compare(const PfReport *a, const PfReport *b, const char *what) {
        ck_assert_msg(a->n == b->n, "%s: %zu answers, not %zu", what, a->n, b->n);
        for (size_t i = 0; i < a->n; i++)
                ck_assert_msg(pf_result_equal(&a->results[i], &b->results[i]),
                              "%s: %s: %s (%s), not %s (%s)", what, a->results[i].check->id,
                              pf_verdict_to_string(a->results[i].verdict), a->results[i].summary,
                              pf_verdict_to_string(b->results[i].verdict), b->results[i].summary);
}

/* On an overlay first, and then on the machine itself. */
static void try_change(PfFixture *fixture, const char *path, Change change) {
        PF_AUTO_BUF PfBuf was = PF_BUF_INIT(FILE_MAX + 64), bytes = PF_BUF_INIT(FILE_MAX + 64);
        PF_CLEANUP(pf_target_unrefp) PfTarget *over = NULL;
        PF_AUTO_FREE char *real = find_really(fixture->box.target, path);
        PF_AUTO_REPORT PfReport expected = { 0 };
        PF_AUTO_REPORT PfReport got = { 0 };
        PF_AUTO_FREE char *what = NULL;
        PfErr got_err = { 0 }, expected_err = { 0 };
        int r, q;

        ck_assert_int_gt(asprintf(&what, "%s is %s", path, change_names[change]), 0);
        make_bytes(fixture->box.target, path, SAME, &was);
        make_bytes(fixture->box.target, path, change, &bytes);
        over = change_overlay(fixture->box.target, path, change, &bytes);
        r = run(fixture, over, &got, &got_err);
        change_really(real, change, &bytes);
        pf_sandbox_reset_target(&fixture->box);
        q = run(fixture, fixture->box.target, &expected, &expected_err);
        ck_assert_msg(r == q && strcmp(got_err.text, expected_err.text) == 0,
                      "%s: %d \"%s\", not %d \"%s\"", what, r, got_err.text, q, expected_err.text);
        compare(&got, &expected, what);
        change_back(real, change, &was);
        pf_sandbox_reset_target(&fixture->box);
        n_tried++;
}

static void try_changes(const char *name, const char *path) {
        PF_AUTO_FIXTURE PfFixture fixture = { 0 };

        pf_fixture_open(&fixture, name);
        for (int change = SAME; change < N_CHANGES; change++)
                try_change(&fixture, path, (Change) change);
}

START_TEST(as_if_it_were_really_so) {
        PF_AUTO_FIXTURE PfFixture fixture = { 0 };
        PF_AUTO_REPORT PfReport report = { 0 };
        PF_AUTO_STRV PfStrv files = { 0 };
        PfErr err = { 0 };
        size_t chosen;

        pf_fixture_open(&fixture, fixtures[_i]);
        (void) run(&fixture, fixture.box.target, &report, &err);
        find_files(&fixture, &files);
        if (files.n == 0)
                return;
        chosen = (size_t) _i % files.n;
        if (!getenv("PF_FULL"))
                try_change(&fixture, files.items[chosen], (Change) ((size_t) _i % N_CHANGES));
        for (size_t i = 0; i < files.n && getenv("PF_FULL"); i++)
                try_changes(fixtures[_i], files.items[i]);
}
END_TEST

static void add_fixture(const char *name, void *suite) {
        int i = (int) n_fixtures;
        TCase *tcase;

        if (n_fixtures == PF_ELEMENTS(fixtures))
                abort();
        (void) snprintf(fixtures[n_fixtures], NAME_SIZE, "%s", name);
        tcase = tcase_create(fixtures[n_fixtures++]);
        tcase_add_loop_test(tcase, as_if_it_were_really_so, i, i + 1);
        tcase_set_timeout(tcase, 300);
        suite_add_tcase(suite, tcase);
}

int main(void) {
        Suite *suite = suite_create("overlay-fixtures");
        int r;

        pf_fixtures_each(add_fixture, suite);
        r = pf_test_main(suite);
        (void) printf("# %u changes tried\n", n_tried);
        return r;
}
