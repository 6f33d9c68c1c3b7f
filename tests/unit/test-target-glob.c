/* SPDX-License-Identifier: MIT */
/*
 * Patterns: the answers of glob(3) in a process whose root is the machine's.
 */
#include "daemon/base/target.h"

#include <fcntl.h>
#include <glob.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "tests/support/child.h"
#include "tests/support/sandbox.h"
#include "tests/support/test-main.h"

static PfSandbox box;

static const char *const patterns[] = {
        "/etc/conf.d/*.conf",
        "/etc/conf.d/*",
        "/etc/conf.d/.*",
        "/etc/conf.d/?.conf",
        "/etc/conf.d/[ab].conf",
        "/etc/conf.d/[!a].conf",
        "/etc/conf.d/[a-c]*.conf",
        "/etc/conf.d/[]a].conf",
        "/etc/conf.d/[[:digit:]]*",
        "/etc/conf.d/[a",
        "/etc/conf.d/a[",
        "/etc/conf.d/\\*.conf",
        "/etc/conf.d/\\a.conf",
        "/etc/conf.d/a.conf",
        "/etc/conf.d/a.conf\\",
        "/etc/conf.d/dangling*",
        "/etc/conf.d/dangling",
        "/etc/conf.d/directory*",
        "/etc/conf.d/directory*/",
        "/etc/conf.d/*/",
        "/etc/conf.d/",
        "/etc/conf.d//*.conf",
        "/etc//conf.d/./a.conf",
        "/etc/*/*.conf",
        "/e*/c*/b*",
        "/*/conf.d/a.conf",
        "/link/*.conf",
        "/absolute/*.conf",
        "/l*/*.conf",
        "/up/*",
        "/up/etc/../e*",
        "/*",
        "/",
        "/*/",
        "//",
        "/..",
        "/../*",
        "/etc/conf.d/../*",
        "/*/../link",
        "/loop/*",
        "/l*p/*",
        "/missing/*",
        "/missing",
        "/etc/conf.d/a.conf/*",
        "/etc/conf.d/{a,b}.conf",
        "~/*",
        "/~/*",
        "/etc/conf.d/new*",
        "/etc/conf.d/\xc3*",
        "/etc/conf.d/?",
        "/etc/conf.d/\xff*",
        "/closed/*",
        "/fifo*",
        "/fifo/*",
};

static void make_tree(void) {
        pf_sandbox_new(&box);
        pf_sandbox_write(&box, "/etc/conf.d/a.conf", "");
        pf_sandbox_write(&box, "/etc/conf.d/b.conf", "");
        pf_sandbox_write(&box, "/etc/conf.d/B.conf", "");
        pf_sandbox_write(&box, "/etc/conf.d/10-x.conf", "");
        pf_sandbox_write(&box, "/etc/conf.d/9-x.conf", "");
        pf_sandbox_write(&box, "/etc/conf.d/].conf", "");
        pf_sandbox_write(&box, "/etc/conf.d/*.conf", "");
        pf_sandbox_write(&box, "/etc/conf.d/[a", "");
        pf_sandbox_write(&box, "/etc/conf.d/.hidden.conf", "");
        pf_sandbox_write(&box, "/etc/conf.d/a.conf.rpmsave", "");
        pf_sandbox_write(&box, "/etc/conf.d/new\nline.conf", "");
        pf_sandbox_write(&box, "/etc/conf.d/\xc3\xa9", "");
        pf_sandbox_write(&box, "/etc/conf.d/\xff.conf", "");
        pf_sandbox_write(&box, "/etc/conf.d/directory.conf/x", "");
        pf_sandbox_write(&box, "/closed/file", "");
        pf_sandbox_symlink(&box, "nowhere", "/etc/conf.d/dangling.conf");
        pf_sandbox_symlink(&box, "nowhere", "/etc/conf.d/dangling");
        pf_sandbox_symlink(&box, "a.conf", "/etc/conf.d/c.conf");
        pf_sandbox_symlink(&box, "etc/conf.d", "/link");
        pf_sandbox_symlink(&box, "/etc/conf.d", "/absolute");
        pf_sandbox_symlink(&box, "../../..", "/up");
        pf_sandbox_symlink(&box, "loop", "/loop");
        pf_sandbox_mkfifo(&box, "/fifo");
}

static int compare(const void *a, const void *b) {
        return strcmp(*(char *const *) a, *(char *const *) b);
}

/* As the machine's own programs see it. */
static void glob_in_chroot(FILE *out, void *data) {
        const char *root = data;

        if (chroot(root) < 0 || chdir("/") < 0)
                return;
        for (size_t i = 0; i < PF_ELEMENTS(patterns); i++) {
                glob_t found = { 0 };

                (void) fprintf(out, "%s:", patterns[i]);
                if (patterns[i][0] == '/' && glob(patterns[i], 0, NULL, &found) == 0) {
                        qsort(found.gl_pathv, found.gl_pathc, sizeof(char *), compare);
                        for (size_t k = 0; k < found.gl_pathc; k++)
                                (void) fprintf(out, " '%s'", found.gl_pathv[k]);
                }
                (void) fputc('\n', out);
                globfree(&found);
        }
}

static char *glob_with(PfTargetFlags flags) {
        PF_CLEANUP(pf_target_unrefp) PfTarget *target = NULL;
        PF_AUTO_BUF PfBuf out = PF_BUF_INIT(1 << 20);

        ck_assert_int_eq(pf_target_new(box.root, flags, &target, NULL), 0);
        for (size_t i = 0; i < PF_ELEMENTS(patterns); i++) {
                PF_AUTO_STRV PfStrv paths = { 0 };
                int r;

                r = pf_target_glob(target, patterns[i], &paths, NULL);
                ck_assert_int_eq(r, patterns[i][0] == '/' ? 0 : -EINVAL);
                ck_assert_int_eq(pf_buf_printf(&out, "%s:", patterns[i]), 0);
                for (size_t k = 0; k < paths.n; k++)
                        ck_assert_int_eq(pf_buf_printf(&out, " '%s'", paths.items[k]), 0);
                ck_assert_int_eq(pf_buf_add_string(&out, "\n"), 0);
        }
        return pf_buf_steal(&out);
}

START_TEST(matches_as_glob_does_in_a_chroot) {
        PF_AUTO_FREE char *expected = NULL;
        PF_AUTO_FREE char *found = NULL;
        PF_AUTO_FREE char *walked = NULL;

        if (geteuid() != 0) {
                pf_test_skip("needs root, for chroot(2)");
                return;
        }
        make_tree();
        expected = pf_child_text(glob_in_chroot, box.root);
        ck_assert_ptr_nonnull(strstr(expected, " '/etc/conf.d/9-x.conf'"));
        found = glob_with(PF_TARGET_DEFAULT);
        ck_assert_str_eq(found, expected);
        walked = glob_with(PF_TARGET_NO_OPENAT2);
        ck_assert_str_eq(walked, expected);
}
END_TEST

START_TEST(sorts_by_bytes_and_appends) {
        PF_AUTO_STRV PfStrv paths = { 0 };

        make_tree();
        ck_assert_int_eq(pf_strv_add(&paths, "zzz"), 0);
        ck_assert_int_eq(pf_target_glob(box.target, "/etc/conf.d/[0-9aB]*.conf", &paths, NULL), 0);
        ck_assert_uint_eq(paths.n, 5);
        ck_assert_str_eq(paths.items[0], "zzz");
        ck_assert_str_eq(paths.items[1], "/etc/conf.d/10-x.conf");
        ck_assert_str_eq(paths.items[2], "/etc/conf.d/9-x.conf");
        ck_assert_str_eq(paths.items[3], "/etc/conf.d/B.conf");
        ck_assert_str_eq(paths.items[4], "/etc/conf.d/a.conf");
}
END_TEST

static int print_record(const PfAccessRecord *record, void *data) {
        static const char names[] = { 'o', 'l', 'a', 'f' };

        return pf_buf_printf(data, "%c %s\n", names[record->access], record->path);
}

/* What would change the answer is recorded: the directories, and their absence. */
START_TEST(records_the_directories) {
        PF_AUTO_STRV PfStrv paths = { 0 };
        PF_AUTO_BUF PfBuf buf = PF_BUF_INIT(4096);

        pf_sandbox_new(&box);
        pf_sandbox_write(&box, "/etc/a/x.conf", "");
        pf_sandbox_write(&box, "/etc/file", "");
        ck_assert_int_eq(pf_target_glob(box.target, "/etc/*/*.conf", &paths, NULL), 0);
        ck_assert_int_eq(pf_target_glob(box.target, "/missing/*.conf", &paths, NULL), 0);
        ck_assert_uint_eq(paths.n, 1);
        ck_assert_int_eq(pf_target_each_access(box.target, print_record, &buf), 0);
        ck_assert_ptr_nonnull(strstr(buf.data, "l /etc\n"));
        ck_assert_ptr_nonnull(strstr(buf.data, "l /etc/a\n"));
        ck_assert_ptr_nonnull(strstr(buf.data, "a /missing\n"));
}
END_TEST

static void glob_closed(FILE *out, void *data) {
        const PfTarget *target = data;
        PF_AUTO_STRV PfStrv paths = { 0 };
        PfErr err = { 0 };
        int r;

        if (pf_child_drop_privileges() < 0)
                return;
        r = pf_target_glob(target, "/*/*.conf", &paths, &err);
        (void) fprintf(out, "%d %zu %s", r, paths.n, err.text);
}

/* "No match" in a directory that could not be read would be a guess. */
START_TEST(what_could_not_be_read_is_an_error) {
        PF_AUTO_FREE char *text = NULL;
        char expected[64];

        pf_sandbox_new(&box);
        pf_sandbox_write(&box, "/open/a.conf", "");
        pf_sandbox_write(&box, "/closed/b.conf", "");
        pf_sandbox_chmod(&box, "/closed", 0);
        text = pf_child_text(glob_closed, box.target);
        pf_sandbox_chmod(&box, "/closed", 0700);
        (void) snprintf(expected, sizeof(expected), "%d 0 /*/*.conf: Permission denied", -EACCES);
        ck_assert_str_eq(text, expected);
}
END_TEST

/* Ten names in four parts of a pattern would be ten thousand paths, in eight
 * parts a hundred million. */
START_TEST(a_pattern_has_a_limit) {
        PF_AUTO_STRV PfStrv paths = { 0 };
        PfErr err = { 0 };
        char path[16];
        clock_t start;

        pf_sandbox_new(&box);
        for (int i = 0; i < 10; i++) {
                (void) snprintf(path, sizeof(path), "/%d", i);
                pf_sandbox_mkdir(&box, path);
        }
        ck_assert_int_eq(pf_target_glob(box.target, "/*/../*/../*/../*", &paths, &err), 0);
        ck_assert_uint_eq(paths.n, 10000);

        start = clock();
        ck_assert_int_eq(
                pf_target_glob(box.target, "/*/../*/../*/../*/../*/../*/../*/../*", &paths, &err),
                -E2BIG);
        ck_assert_int_lt((clock() - start) / CLOCKS_PER_SEC, 30);
        ck_assert_uint_eq(paths.n, 10000);
        ck_assert_ptr_nonnull(strstr(err.text, "limit of 65536 names"));
}
END_TEST

/* A matcher that tries everything would need more than a life for this. */
START_TEST(many_stars_end_soon) {
        PF_AUTO_STRV PfStrv paths = { 0 };
        char name[256] = "/", pattern[256] = "/";
        const clock_t start = clock();

        memset(name + 1, 'a', 250);
        for (int i = 0; i < 100; i++)
                memcpy(pattern + 1 + 2 * i, "*a", 2);
        strcpy(pattern + 201, "b");
        pf_sandbox_new(&box);
        pf_sandbox_write(&box, name, "");
        ck_assert_int_eq(pf_target_glob(box.target, pattern, &paths, NULL), 0);
        ck_assert_uint_eq(paths.n, 0);
        ck_assert_int_lt((clock() - start) / CLOCKS_PER_SEC, 10);
}
END_TEST

int main(void) {
        Suite *suite = suite_create("target-glob");

        PF_TEST(suite, matches_as_glob_does_in_a_chroot);
        PF_TEST(suite, sorts_by_bytes_and_appends);
        PF_TEST(suite, records_the_directories);
        PF_TEST(suite, what_could_not_be_read_is_an_error);
        PF_TEST(suite, a_pattern_has_a_limit);
        PF_TEST(suite, many_stars_end_soon);
        return pf_test_main(suite);
}
