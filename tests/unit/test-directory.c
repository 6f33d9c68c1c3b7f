/* SPDX-License-Identifier: MIT */
#include "daemon/platform/directory.h"

#include <string.h>

#include "daemon/platform/remove-tree.h"
#include "tests/support/sandbox.h"
#include "tests/support/test-main.h"

static PfSandbox box;

static PfDirectory *open_directory(const char *path) {
        PF_AUTO_FREE char *place = pf_sandbox_path(&box, path);
        PfDirectory *directory = NULL;

        ck_assert_int_eq(pf_directory_open(place, &directory), 0);
        return directory;
}

static void expect_contents(const char *path, const char *contents) {
        PF_AUTO_BUF PfBuf buf = PF_BUF_INIT(100);
        PfErr err = { 0 };

        ck_assert_msg(pf_target_read(box.target, path, 100, &buf, &err) == 0, "%s", err.text);
        ck_assert_str_eq(buf.data ? buf.data : "", contents);
}

START_TEST(is_filled_and_renamed) {
        PF_CLEANUP(pf_directory_closep) PfDirectory *top = NULL;
        PF_CLEANUP(pf_directory_closep) PfDirectory *again = NULL;
        PF_CLEANUP(pf_directory_closep) PfDirectory *below = NULL;
        PF_AUTO_FREE char *wanted = NULL;
        PF_AUTO_FREE char *made = NULL;
        PF_AUTO_FREE char *second = NULL;

        pf_sandbox_new(&box);
        wanted = pf_sandbox_path(&box, "/copy");
        ck_assert_int_eq(pf_directory_make_beside(wanted, &made), 0);
        ck_assert_int_eq(pf_directory_make_beside(wanted, &second), 0);
        ck_assert_str_ne(made, second);
        ck_assert_uint_eq(strlen(made), strlen(wanted) + 7);
        ck_assert_int_eq(strncmp(made, wanted, strlen(wanted)), 0);
        ck_assert_int_eq(pf_directory_open(made, &top), 0);
        ck_assert_int_eq(pf_directory_again(top, &again), 0);
        ck_assert_int_eq(pf_directory_enter(again, "below", &below), 0);
        ck_assert_int_eq(pf_directory_write(below, "file", "a longer text", 13), 0);
        ck_assert_int_eq(pf_directory_write(below, "file", "text", 4), 0);
        ck_assert_int_eq(pf_directory_write(below, "empty", "", 0), 0);
        ck_assert_int_eq(pf_directory_move(below, "file", top, "moved"), 0);
        ck_assert_int_eq(pf_directory_remove(below, "empty", false), 0);
        ck_assert_int_eq(pf_directory_remove(top, "below", true), 0);
        top = pf_directory_close(top);
        again = pf_directory_close(again);
        below = pf_directory_close(below);

        pf_sandbox_mkdir(&box, "/copy");
        ck_assert_int_eq(pf_directory_rename(made, wanted), 0);
        expect_contents("/copy/moved", "text");
        ck_assert_int_lt(pf_directory_rename(second, wanted), 0);
        expect_contents("/copy/moved", "text");
}
END_TEST

START_TEST(is_free) {
        PF_AUTO_FREE char *none = NULL;
        PF_AUTO_FREE char *empty = NULL;
        PF_AUTO_FREE char *full = NULL;
        PF_AUTO_FREE char *file = NULL;

        pf_sandbox_new(&box);
        pf_sandbox_mkdir(&box, "/empty");
        pf_sandbox_write(&box, "/full/file", "");
        none = pf_sandbox_path(&box, "/none");
        empty = pf_sandbox_path(&box, "/empty");
        full = pf_sandbox_path(&box, "/full");
        file = pf_sandbox_path(&box, "/full/file");
        ck_assert_int_eq(pf_directory_check_free(none), 0);
        ck_assert_int_eq(pf_directory_check_free(empty), 0);
        ck_assert_int_eq(pf_directory_check_free(full), -ENOTEMPTY);
        ck_assert_int_eq(pf_directory_check_free(file), -ENOTDIR);
}
END_TEST

START_TEST(what_is_in_the_way) {
        PF_CLEANUP(pf_directory_closep) PfDirectory *top = NULL;
        PF_CLEANUP(pf_directory_closep) PfDirectory *below = NULL;
        PfDirectoryEntry entry;

        pf_sandbox_new(&box);
        pf_sandbox_write(&box, "/file", "12345");
        pf_sandbox_write(&box, "/other", "");
        pf_sandbox_mkdir(&box, "/directory");
        top = open_directory("/");
        ck_assert_int_eq(pf_directory_enter(top, "file", &below), -ENOTDIR);
        ck_assert_int_lt(pf_directory_write(top, "directory", "", 0), 0);
        ck_assert_int_eq(pf_directory_look(top, "file", &entry), 0);
        ck_assert(entry.is_file && !entry.is_link);
        ck_assert_uint_eq(entry.size_bytes, 5);
        ck_assert_int_eq(pf_directory_look(top, "directory", &entry), 0);
        ck_assert(!entry.is_file && !entry.is_link);
        ck_assert_int_eq(pf_directory_look(top, "none", &entry), -ENOENT);
        ck_assert_int_eq(pf_directory_remove(top, "none", false), -ENOENT);
        ck_assert_int_eq(pf_directory_move(top, "file", top, "other"), 0);
        expect_contents("/other", "12345");
        ck_assert_ptr_null(below);
}
END_TEST

START_TEST(links_are_not_followed) {
        PF_CLEANUP(pf_directory_closep) PfDirectory *top = NULL;
        PF_CLEANUP(pf_directory_closep) PfDirectory *below = NULL;
        PF_AUTO_FREE char *gone = NULL;
        PfDirectoryEntry entry;

        pf_sandbox_new(&box);
        pf_sandbox_write(&box, "/kept/file", "kept");
        pf_sandbox_mkdir(&box, "/gone");
        top = open_directory("/gone");
        if (pf_directory_link(top, "link", "../kept") == -ENOTSUP)
                pf_test_leave("no links are made here");
        ck_assert_int_eq(pf_directory_link(top, "link", "../kept"), -EEXIST);
        ck_assert_int_eq(pf_directory_look(top, "link", &entry), 0);
        ck_assert(entry.is_link && !entry.is_file);
        ck_assert_int_lt(pf_directory_enter(top, "link", &below), 0);
        ck_assert_int_eq(pf_directory_link(top, "to-file", "../kept/file"), 0);
        ck_assert_int_eq(pf_directory_write(top, "to-file", "", 0), -ELOOP);
        gone = pf_sandbox_path(&box, "/gone");
        pf_remove_tree(gone);
        expect_contents("/kept/file", "kept");
        ck_assert_ptr_null(below);
}
END_TEST

START_TEST(trees_are_removed) {
        PF_AUTO_FREE char *tree = NULL;

        pf_sandbox_new(&box);
        pf_sandbox_write(&box, "/tree/a/b/c", "");
        pf_sandbox_write(&box, "/tree/d", "");
        tree = pf_sandbox_path(&box, "/tree");
        pf_remove_tree(tree);
        pf_remove_tree(tree);
        ck_assert_int_eq(pf_directory_check_free(box.root), 0);
}
END_TEST

int main(void) {
        Suite *suite = suite_create("directory");

        PF_TEST(suite, is_filled_and_renamed);
        PF_TEST(suite, is_free);
        PF_TEST(suite, what_is_in_the_way);
        PF_TEST(suite, links_are_not_followed);
        PF_TEST(suite, trees_are_removed);
        return pf_test_main(suite);
}
