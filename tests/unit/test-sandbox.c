/* SPDX-License-Identifier: MIT */
#include "tests/support/sandbox.h"

#include <string.h>
#include <sys/stat.h>

#include "tests/support/test-main.h"

static char *read_text(const PfSandbox *box, const char *path) {
        PF_AUTO_BUF PfBuf buf = PF_BUF_INIT(8192);
        PfErr err = { 0 };
        int r;

        r = pf_target_read(box->target, path, 4096, &buf, &err);
        ck_assert_msg(r == 0, "%s: %d %s", path, r, err.text);
        return pf_buf_steal(&buf);
}

START_TEST(writes_what_the_target_reads) {
        PF_AUTO_SANDBOX PfSandbox box = { 0 };
        PF_AUTO_FREE char *text = NULL;
        PfFileInfo info;

        pf_sandbox_new(&box);
        pf_sandbox_write(&box, "/etc/default/grub", "one\n");
        pf_sandbox_write(&box, "/etc/default/grub", "two\n");
        pf_sandbox_chmod(&box, "/etc/default/grub", 0600);

        text = read_text(&box, "/etc/default/grub");
        ck_assert_str_eq(text, "two\n");
        ck_assert_int_eq(pf_target_stat(box.target, "/etc/default/grub", &info, NULL), 0);
        ck_assert_uint_eq(info.mode, 0600);
        ck_assert(!pf_target_is_live(box.target));
}
END_TEST

START_TEST(makes_links_and_directories) {
        PF_AUTO_SANDBOX PfSandbox box = { 0 };
        PF_AUTO_FREE char *text = NULL;
        PfFileInfo info;

        pf_sandbox_new(&box);
        pf_sandbox_mkdir(&box, "/run/sshd");
        pf_sandbox_mkdir(&box, "/run/sshd");
        pf_sandbox_write(&box, "/usr/lib/os-release", "ID=debian\n");
        pf_sandbox_symlink(&box, "/usr/lib/os-release", "/etc/os-release");

        text = read_text(&box, "/etc/os-release");
        ck_assert_str_eq(text, "ID=debian\n");
        ck_assert_int_eq(pf_target_stat(box.target, "/run/sshd", &info, NULL), 0);
        ck_assert_int_eq(info.type, PF_FILE_DIRECTORY);
}
END_TEST

START_TEST(removes_without_following_links) {
        PF_AUTO_SANDBOX PfSandbox box = { 0 };
        PF_AUTO_FREE char *text = NULL;
        PfFileInfo info;

        pf_sandbox_new(&box);
        pf_sandbox_write(&box, "/kept/file", "kept");
        pf_sandbox_write(&box, "/gone/a/b/file", "gone");
        pf_sandbox_symlink(&box, "../kept", "/gone/link");

        pf_sandbox_remove(&box, "/gone");

        ck_assert_int_eq(pf_target_lstat(box.target, "/gone", &info, NULL), PF_TARGET_ABSENT);
        text = read_text(&box, "/kept/file");
        ck_assert_str_eq(text, "kept");
}
END_TEST

START_TEST(leaves_nothing_behind) {
        PfSandbox box = { 0 };
        PF_AUTO_FREE char *root = NULL;
        struct stat st;

        pf_sandbox_new(&box);
        pf_sandbox_write(&box, "/a/b", "text");
        root = strdup(box.root);
        ck_assert_int_eq(stat(root, &st), 0);

        pf_sandbox_close(&box);

        ck_assert_int_ne(stat(root, &st), 0);
        ck_assert_ptr_null(box.target);
        pf_sandbox_close(&box);
}
END_TEST

static int count(const PfAccessRecord *record, void *data) {
        (void) record;
        (*(int *) data)++;
        return 0;
}

START_TEST(a_new_target_has_no_record) {
        PF_AUTO_SANDBOX PfSandbox box = { 0 };
        PfFileInfo info;
        int n = 0;

        pf_sandbox_new(&box);
        ck_assert_int_eq(pf_target_stat(box.target, "/", &info, NULL), 0);
        (void) pf_target_each_access(box.target, count, &n);
        ck_assert_int_eq(n, 1);

        pf_sandbox_reset_target(&box);

        n = 0;
        (void) pf_target_each_access(box.target, count, &n);
        ck_assert_int_eq(n, 0);
}
END_TEST

/* The copy is the fixture's own tree, and what git does not keep besides. */
START_TEST(copies_a_fixture) {
        PF_AUTO_SANDBOX PfSandbox box = { 0 };
        PF_AUTO_FREE char *text = NULL;
        PF_AUTO_FREE char *link = NULL;
        PfFileInfo info;

        if (PF_PLATFORM_HERE == PF_PLATFORM_WINDOWS)
                pf_test_leave("the fixture has links and modes of files");
        pf_sandbox_open(&box, "sandbox/copy");

        text = read_text(&box, "/etc/alias");
        ck_assert_str_eq(text, "contents\n");
        ck_assert_int_eq(pf_target_readlink(box.target, "/etc/alias", &link, NULL), 0);
        ck_assert_str_eq(link, "/etc/file");
        ck_assert_int_eq(pf_target_stat(box.target, "/etc/file", &info, NULL), 0);
        ck_assert_uint_eq(info.mode, 0640);
        ck_assert_int_eq(pf_target_stat(box.target, "/run/empty", &info, NULL), 0);
        ck_assert_int_eq(info.type, PF_FILE_DIRECTORY);
}
END_TEST

int main(void) {
        Suite *suite = suite_create("sandbox");

        PF_TEST(suite, writes_what_the_target_reads);
        PF_TEST(suite, makes_links_and_directories);
        PF_TEST(suite, removes_without_following_links);
        PF_TEST(suite, leaves_nothing_behind);
        PF_TEST(suite, a_new_target_has_no_record);
        PF_TEST(suite, copies_a_fixture);
        return pf_test_main(suite);
}
