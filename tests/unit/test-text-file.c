/* SPDX-License-Identifier: MIT */
/* A file that its readers see whole, whatever call fails. */
#include "daemon/publish/text-file.h"

#include <string.h>
#include <sys/stat.h>

#include "tests/support/faultfs.h"
#include "tests/support/file-picture.h"
#include "tests/support/sandbox.h"
#include "tests/support/test-main.h"

#define PATH "/metrics/a.prom"

static const char old_text[] = "preflight_verdict 1\n";
static const char new_text[] = "preflight_verdict 0\n# more\n";

static void expect_text(const char *path, const char *expected) {
        char text[256] = { 0 };
        FILE *file = fopen(path, "r");

        ck_assert_ptr_nonnull(file);
        (void) !fread(text, 1, sizeof(text) - 1, file);
        (void) fclose(file);
        ck_assert_str_eq(text, expected);
}

static void expect_alone(const PfSandbox *box) {
        PF_AUTO_FREE char *directory = pf_sandbox_path(box, "/metrics");
        PF_AUTO_FREE char *names = pf_directory_picture(directory);

        ck_assert_str_eq(names, "a.prom ");
}

START_TEST(old_then_new) {
        const mode_t before = umask(0077);
        PF_AUTO_SANDBOX PfSandbox box = { 0 };
        PF_AUTO_FREE char *path = NULL;
        struct stat st;
        PfErr err = { 0 };

        pf_sandbox_new(&box);
        pf_sandbox_mkdir(&box, "/metrics");
        path = pf_sandbox_path(&box, PATH);
        ck_assert_msg(pf_text_file_write(&pf_fs_ops, path, old_text, strlen(old_text), &err) == 0,
                      "%s", err.text);
        expect_text(path, old_text);
        ck_assert_int_eq(stat(path, &st), 0);
        ck_assert_uint_eq(st.st_mode & 07777, 0644);
        ck_assert_int_eq(pf_text_file_write(&pf_fs_ops, path, new_text, strlen(new_text), &err), 0);
        expect_text(path, new_text);
        expect_alone(&box);
        (void) umask(before);
}
END_TEST

/* Of one that was killed something may be left, or be put there by somebody. */
START_TEST(what_stands_in_its_way) {
        PF_AUTO_SANDBOX PfSandbox box = { 0 };
        PF_AUTO_FREE char *path = NULL, *victim = NULL;
        PfErr err = { 0 };

        pf_sandbox_new(&box);
        pf_sandbox_mkdir(&box, "/metrics");
        pf_sandbox_write(&box, "/victim", "mine");
        pf_sandbox_symlink(&box, "../victim", "/metrics/.a.prom.new");
        pf_sandbox_symlink(&box, "../victim", PATH);
        path = pf_sandbox_path(&box, PATH);
        victim = pf_sandbox_path(&box, "/victim");
        ck_assert_msg(pf_text_file_write(&pf_fs_ops, path, new_text, strlen(new_text), &err) == 0,
                      "%s", err.text);
        expect_text(path, new_text);
        expect_text(victim, "mine");
        expect_alone(&box);

        pf_sandbox_mkdir(&box, "/metrics/.a.prom.new/x");
        ck_assert_int_eq(pf_text_file_write(&pf_fs_ops, path, old_text, strlen(old_text), &err),
                         -EISDIR);
        expect_text(path, new_text);
}
END_TEST

START_TEST(no_such_directory) {
        PF_AUTO_SANDBOX PfSandbox box = { 0 };
        PF_AUTO_FREE char *path = NULL;
        PfErr err = { 0 };

        pf_sandbox_new(&box);
        path = pf_sandbox_path(&box, PATH);
        ck_assert_int_eq(pf_text_file_write(&pf_fs_ops, path, "", 0, &err), -ENOENT);
        ck_assert_msg(strstr(err.text, PATH), "%s", err.text);
        ck_assert_int_eq(pf_text_file_write(&pf_fs_ops, "a.prom", "", 0, NULL), -EINVAL);
}
END_TEST

/* Return: was there such a call? */
static bool try_fault(unsigned nth, int error, bool lasts) {
        PF_AUTO_SANDBOX PfSandbox box = { 0 };
        PF_AUTO_FREE char *path = NULL;
        PfErr err = { 0 };
        const char *kind;
        bool failed;
        int r;

        pf_sandbox_new(&box);
        pf_sandbox_write(&box, PATH, old_text);
        path = pf_sandbox_path(&box, PATH);
        pf_fault_fs_begin(nth, error, lasts);
        r = pf_text_file_write(&pf_fault_fs_ops, path, new_text, strlen(new_text), &err);
        failed = pf_fault_fs_end();
        kind = pf_fault_fs_failed();
        ck_assert_msg(r == (failed ? -error : 0), "call %u: %d %s", nth, r, err.text);
        ck_assert_msg(!failed || strstr(err.text, strerror(error)), "%s: %s", kind, err.text);
        expect_text(path, failed ? old_text : new_text);
        expect_alone(&box);
        return failed;
}

START_TEST(every_call_fails_in_turn) {
        static const int errors[] = { ENOSPC, EIO, EROFS, EDQUOT };

        pf_fault_fs_set_short_writes(5);
        for (size_t i = 0; i < PF_ELEMENTS(errors) * 2; i++) {
                unsigned nth = 1;

                while (try_fault(nth, errors[i / 2], i % 2))
                        nth++;
                ck_assert_uint_gt(nth, 6); /* remove, create, mode, write, sync, rename */
        }
        pf_fault_fs_set_short_writes(0);
}
END_TEST

START_TEST(a_directory_that_the_unit_does_not_open) {
        PF_AUTO_SANDBOX PfSandbox box = { 0 };
        PF_AUTO_FREE char *path = NULL;
        PfErr err = { 0 };

        pf_sandbox_new(&box);
        pf_sandbox_mkdir(&box, "/metrics");
        path = pf_sandbox_path(&box, PATH);
        pf_fault_fs_begin(2, EROFS, true);
        ck_assert_int_eq(pf_text_file_write(&pf_fault_fs_ops, path, "", 0, &err), -EROFS);
        (void) pf_fault_fs_end();
        ck_assert_msg(strstr(err.text, "ReadWritePaths="), "%s", err.text);
}
END_TEST

/* --- removed again --- */

#define MARK "preflight_"

static bool is_there(const PfSandbox *box, const char *path) {
        PF_AUTO_FREE char *here = pf_sandbox_path(box, path);
        struct stat st;

        return lstat(here, &st) == 0;
}

START_TEST(nothing_of_it_is_left) {
        PF_AUTO_SANDBOX PfSandbox box = { 0 };
        PF_AUTO_FREE char *path = NULL, *directory = NULL, *names = NULL;
        PfErr err = { 0 };

        pf_sandbox_new(&box);
        path = pf_sandbox_path(&box, PATH);
        ck_assert_int_eq(pf_text_file_remove(&pf_fs_ops, path, MARK, &err), PF_TEXT_FILE_ABSENT);
        pf_sandbox_write(&box, PATH, old_text);
        pf_sandbox_write(&box, "/metrics/.a.prom.new", "half");
        pf_sandbox_write(&box, "/metrics/b.prom", old_text);
        ck_assert_msg(pf_text_file_remove(&pf_fs_ops, path, MARK, &err) == 0, "%s", err.text);
        pf_sandbox_write(&box, "/metrics/.a.prom.new", "half");
        ck_assert_int_eq(pf_text_file_remove(&pf_fs_ops, path, MARK, &err), PF_TEXT_FILE_ABSENT);
        directory = pf_sandbox_path(&box, "/metrics");
        names = pf_directory_picture(directory);
        ck_assert_str_eq(names, "b.prom ");
        ck_assert_int_eq(pf_text_file_remove(&pf_fs_ops, "a.prom", MARK, NULL), -EINVAL);
}
END_TEST

START_TEST(what_is_not_ours_stays) {
        PF_AUTO_SANDBOX PfSandbox box = { 0 };
        static const char *const others[] = { "/m/text", "/m/short", "/m/link", "/m/directory",
                                              "/m/fifo" };

        pf_sandbox_new(&box);
        pf_sandbox_write(&box, "/m/text", "node_load1 0.1\n");
        pf_sandbox_write(&box, "/m/short", "pre");
        pf_sandbox_write(&box, "/victim", old_text);
        pf_sandbox_symlink(&box, "../victim", "/m/link");
        pf_sandbox_mkdir(&box, "/m/directory");
        pf_sandbox_mkfifo(&box, "/m/fifo");
        for (size_t i = 0; i < PF_ELEMENTS(others); i++) {
                PF_AUTO_FREE char *path = pf_sandbox_path(&box, others[i]);
                PfErr err = { 0 };
                int r = pf_text_file_remove(&pf_fs_ops, path, MARK, &err);

                ck_assert_msg(r < 0 && strstr(err.text, others[i]), "%s: %d %s", others[i], r,
                              err.text);
                ck_assert_msg(is_there(&box, others[i]), "%s", others[i]);
        }
        ck_assert(is_there(&box, "/victim"));
}
END_TEST

/* Return: was there such a call? */
static bool try_removal(unsigned nth, int error, bool lasts) {
        PF_AUTO_SANDBOX PfSandbox box = { 0 };
        PF_AUTO_FREE char *path = NULL;
        PfErr err = { 0 };
        bool failed;
        int r;

        pf_sandbox_new(&box);
        pf_sandbox_write(&box, PATH, old_text);
        path = pf_sandbox_path(&box, PATH);
        pf_fault_fs_begin(nth, error, lasts);
        r = pf_text_file_remove(&pf_fault_fs_ops, path, MARK, &err);
        failed = pf_fault_fs_end();
        ck_assert_msg(r == (failed ? -error : 0), "call %u: %d %s", nth, r, err.text);
        ck_assert_msg(!failed || strstr(err.text, strerror(error)), "%s", err.text);
        if (is_there(&box, PATH))
                expect_text(path, old_text);
        ck_assert(failed || !is_there(&box, PATH));
        memset(&err, 0, sizeof(err));
        ck_assert_msg(pf_text_file_remove(&pf_fs_ops, path, MARK, &err) >= 0, "%s", err.text);
        ck_assert(!is_there(&box, PATH));
        return failed;
}

START_TEST(every_call_of_a_removal_fails_in_turn) {
        static const int errors[] = { EIO, EROFS };

        for (size_t i = 0; i < PF_ELEMENTS(errors) * 2; i++) {
                unsigned nth = 1;

                while (try_removal(nth, errors[i / 2], i % 2))
                        nth++;
                ck_assert_uint_eq(nth, 4); /* what is beside it, itself, sync */
        }
}
END_TEST

int main(void) {
        Suite *suite = suite_create("text-file");

        PF_TEST(suite, old_then_new);
        PF_TEST(suite, what_stands_in_its_way);
        PF_TEST(suite, no_such_directory);
        PF_TEST(suite, every_call_fails_in_turn);
        PF_TEST(suite, a_directory_that_the_unit_does_not_open);
        PF_TEST(suite, nothing_of_it_is_left);
        PF_TEST(suite, what_is_not_ours_stays);
        PF_TEST(suite, every_call_of_a_removal_fails_in_turn);
        return pf_test_main(suite);
}
