/* SPDX-License-Identifier: MIT */
#include "probes/parse/file-view.h"

#include <string.h>

#include "tests/support/sandbox.h"
#include "tests/support/test-main.h"

static PfSandbox box;
static const PfIdentity root = { 0 };

static int find(const PfFileView *view, const char *path, const char *expected) {
        PF_AUTO_FOUND_FILE PfFoundFile file = { 0 };
        PfErr err = { 0 };
        int r = pf_file_view_find(view, path, &file, &err);

        if (expected)
                ck_assert_msg(r == 0 && strcmp(file.path, expected) == 0, "%s: %d %s", path, r,
                              file.path ? file.path : err.text);
        return r;
}

static void machine(void) {
        pf_sandbox_new(&box);
        pf_sandbox_write(&box, "/srv/jail/bin/sh", "x");
        pf_sandbox_write(&box, "/bin/sh", "x");
        pf_sandbox_symlink(&box, "/bin/sh", "/srv/jail/absolute");
        pf_sandbox_symlink(&box, "../../../bin/sh", "/srv/jail/bin/above");
        pf_sandbox_symlink(&box, "bin", "/srv/jail/directory");
        pf_sandbox_symlink(&box, "nowhere", "/srv/jail/dangling");
        pf_sandbox_symlink(&box, "loop", "/srv/jail/loop");
        pf_sandbox_symlink(&box, "/bin/sh/", "/srv/jail/slash");
}

START_TEST(in_the_root) {
        PfFileView all = { .who = &root };

        machine();
        all.target = box.target;
        find(&all, "/", "/");
        find(&all, "/bin/../bin//./sh", "/bin/sh");
        find(&all, "bin/sh", "/bin/sh");
        find(&all, "/../bin/sh", "/bin/sh");
        find(&all, "/srv/jail/absolute", "/bin/sh");
        find(&all, "/srv/jail/directory/sh", "/srv/jail/bin/sh");
        ck_assert_int_eq(find(&all, "/bin/sh/", NULL), PF_FILE_VIEW_ABSENT);
        ck_assert_int_eq(find(&all, "/bin/sh/x", NULL), PF_FILE_VIEW_ABSENT);
        ck_assert_int_eq(find(&all, "/srv/jail/slash", NULL), PF_FILE_VIEW_ABSENT);
        ck_assert_int_eq(find(&all, "/srv/jail/dangling", NULL), PF_FILE_VIEW_ABSENT);
        ck_assert_int_eq(find(&all, "", NULL), PF_FILE_VIEW_ABSENT);
        ck_assert_int_eq(find(&all, "/srv/jail/loop", NULL), -ELOOP);
}
END_TEST

/* A link is followed below the directory the process is confined to. */
START_TEST(confined) {
        PfFileView view = { .who = &root, .root = "/srv/jail", .current = "/bin" };

        machine();
        view.target = box.target;
        find(&view, "/", "/srv/jail");
        find(&view, "/absolute", "/srv/jail/bin/sh");
        find(&view, "/bin/above", "/srv/jail/bin/sh");
        find(&view, "sh", "/srv/jail/bin/sh");
        find(&view, "/../../bin/sh", "/srv/jail/bin/sh");
        ck_assert_int_eq(find(&view, "/srv/jail/bin/sh", NULL), PF_FILE_VIEW_ABSENT);
}
END_TEST

START_TEST(directories_must_let_it_pass) {
        const PfIdentity other = { .uid = 54321, .gid = 54321 };
        PfFileView view = { .who = &other };

        machine();
        view.target = box.target;
        find(&view, "/srv/jail/bin/sh", "/srv/jail/bin/sh");
        pf_sandbox_chmod(&box, "/srv/jail", 0750);
        ck_assert_int_eq(find(&view, "/srv/jail/bin/sh", NULL), PF_FILE_VIEW_DENIED);
        find(&view, "/srv/jail", "/srv/jail");
        view.who = &root;
        find(&view, "/srv/jail/bin/sh", "/srv/jail/bin/sh");
}
END_TEST

/* Who keeps a tree in a directory of his own says nothing of the machine's /. */
START_TEST(top_of_a_tree_in_a_directory) {
        static const PfIdentity user = { .uid = 1000, .gid = 1000 };
        PfFileView view = { .who = &user };

        machine();
        view.target = box.target;
        pf_sandbox_chmod(&box, "/", 0700);
        find(&view, "/bin/sh", "/bin/sh");
        pf_sandbox_chmod(&box, "/bin", 0700);
        ck_assert_int_eq(find(&view, "/bin/sh", NULL), PF_FILE_VIEW_DENIED);
}
END_TEST

START_TEST(rights) {
        static const unsigned groups[] = { 30, 40 };
        static const struct {
                unsigned mode, uid, gid, who, rights;
                bool may;
        } table[] = {
                { 0610, 0, 0, 0, PF_FILE_MAY_EXECUTE, true }, /* root: any x bit */
                { 0644, 0, 0, 0, PF_FILE_MAY_EXECUTE, false },
                { 0000, 5, 5, 0, PF_FILE_MAY_READ | PF_FILE_MAY_WRITE, true },
                { 0477, 7, 5, 7, PF_FILE_MAY_WRITE, false }, /* the owner's bits alone */
                { 0707, 5, 40, 7, PF_FILE_MAY_READ, false }, /* then those of any group */
                { 0750, 5, 40, 7, PF_FILE_MAY_EXECUTE, true },
                { 0744, 5, 50, 7, PF_FILE_MAY_EXECUTE, false },
                { 0705, 5, 50, 7, PF_FILE_MAY_EXECUTE | PF_FILE_MAY_READ, true },
        };

        for (size_t i = 0; i < PF_ELEMENTS(table); i++) {
                const PfFileInfo info = { .type = PF_FILE_REGULAR,
                                          .mode = table[i].mode,
                                          .uid = table[i].uid,
                                          .gid = table[i].gid };
                const PfIdentity who = { table[i].who, table[i].who, groups, PF_ELEMENTS(groups) };

                ck_assert_msg(pf_identity_may(&who, &info, table[i].rights) == table[i].may,
                              "row %zu", i);
        }
}
END_TEST

int main(void) {
        Suite *suite = suite_create("file-view");

        PF_TEST(suite, in_the_root);
        PF_TEST(suite, confined);
        PF_TEST(suite, directories_must_let_it_pass);
        PF_TEST(suite, top_of_a_tree_in_a_directory);
        PF_TEST(suite, rights);
        return pf_test_main(suite);
}
