/* SPDX-License-Identifier: MIT */
#include "probes/path.h"

#include <string.h>

#include "tests/support/sandbox.h"
#include "tests/support/test-main.h"

static PfSandbox box;

static void expect(const char *path, const char *real, const char *existing) {
        PF_AUTO_FREE char *got_real = NULL;
        PF_AUTO_FREE char *got_existing = NULL;
        PfErr err = { 0 };
        int r;

        r = pf_path_resolve(box.target, path, &got_real, &got_existing, &err);
        ck_assert_msg(r == 0, "%s: %d %s", path, r, err.text);
        ck_assert_msg(strcmp(got_real, real) == 0, "%s is really %s", path, got_real);
        ck_assert_msg(strcmp(got_existing, existing) == 0, "of %s there is %s", path, got_existing);
}

START_TEST(paths_without_links) {
        pf_sandbox_new(&box);
        pf_sandbox_mkdir(&box, "/usr/local");
        expect("/", "/", "/");
        expect("//", "/", "/");
        expect("/usr/local", "/usr/local", "/usr/local");
        expect("/usr//./local/", "/usr/local", "/usr/local");
        expect("/usr/../usr/local", "/usr/local", "/usr/local");
        expect("/../..", "/", "/");
}
END_TEST

START_TEST(what_is_not_there_yet) {
        pf_sandbox_new(&box);
        pf_sandbox_mkdir(&box, "/usr/local");
        expect("/usr/local/ASR", "/usr/local/ASR", "/usr/local");
        expect("/a/b/c", "/a/b/c", "/");
        expect("/a/../usr", "/usr", "/usr");
        expect("/usr/x/../local/y", "/usr/local/y", "/usr/local");
}
END_TEST

START_TEST(links) {
        pf_sandbox_new(&box);
        pf_sandbox_mkdir(&box, "/var/tmp");
        pf_sandbox_symlink(&box, "/var/tmp", "/tmp");
        pf_sandbox_symlink(&box, "tmp/x", "/var/relative");
        pf_sandbox_symlink(&box, "../../..", "/var/up");
        pf_sandbox_symlink(&box, "/gone", "/var/tmp/dangling");
        expect("/tmp", "/var/tmp", "/var/tmp");
        expect("/tmp/a", "/var/tmp/a", "/var/tmp");
        expect("/var/relative/y", "/var/tmp/x/y", "/var/tmp");
        expect("/var/up/var", "/var", "/var");
        expect("/tmp/dangling/z", "/gone/z", "/");
}
END_TEST

START_TEST(links_in_a_circle) {
        PF_AUTO_FREE char *real = NULL;
        PF_AUTO_FREE char *existing = NULL;
        PfErr err = { 0 };

        pf_sandbox_new(&box);
        pf_sandbox_symlink(&box, "b", "/a");
        pf_sandbox_symlink(&box, "/a/", "/b");
        ck_assert_int_eq(pf_path_resolve(box.target, "/a", &real, &existing, &err), -ELOOP);
        ck_assert_ptr_null(real);
        ck_assert_int_eq(pf_path_resolve(box.target, "a", &real, &existing, &err), -EINVAL);
}
END_TEST

/* What is left grows with each step; the number of links ends it. */
START_TEST(links_that_grow) {
        PF_AUTO_FREE char *real = NULL;
        PF_AUTO_FREE char *existing = NULL;
        char text[4000];
        PfErr err = { 0 };

        pf_sandbox_new(&box);
        (void) snprintf(text, sizeof(text), "link/%03900d", 0);
        pf_sandbox_symlink(&box, text, "/link");
        ck_assert_int_eq(pf_path_resolve(box.target, "/link", &real, &existing, &err), -ELOOP);
}
END_TEST

START_TEST(paths_that_are_too_long) {
        PF_AUTO_FREE char *real = NULL;
        PF_AUTO_FREE char *existing = NULL;
        char path[6001];
        PfErr err = { 0 };

        pf_sandbox_new(&box);
        for (size_t i = 0; i < sizeof(path) - 1; i++)
                path[i] = i % 2 ? 'x' : '/';
        path[sizeof(path) - 1] = '\0';
        ck_assert_int_eq(pf_path_resolve(box.target, path, &real, &existing, &err), -ENAMETOOLONG);
        ck_assert_ptr_null(real);
}
END_TEST

int main(void) {
        Suite *suite = suite_create("path");
        int r;

        PF_TEST(suite, paths_without_links);
        PF_TEST(suite, what_is_not_there_yet);
        PF_TEST(suite, links);
        PF_TEST(suite, links_in_a_circle);
        PF_TEST(suite, links_that_grow);
        PF_TEST(suite, paths_that_are_too_long);
        r = pf_test_main(suite);
        pf_sandbox_close(&box);
        return r;
}
