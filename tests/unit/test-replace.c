/* SPDX-License-Identifier: MIT */
/*
 * Where a path leads, who may have a hand in it, and what a replaced file keeps.
 */
#include "daemon/remedy/replace.h"

#include <fcntl.h>
#include <linux/fs.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/xattr.h>

#include "tests/support/file-picture.h"
#include "tests/support/sandbox.h"
#include "tests/support/test-main.h"

#define STAGED PF_STAGED_PREFIX "test"

static PfSandbox box;
static PfRoot *root;

/* A machine with the file /etc/ssh/sshd_config. */
static void setup(void) {
        PfErr err = { 0 };

        root = pf_root_free(root);
        pf_sandbox_new(&box);
        pf_sandbox_write(&box, "/etc/ssh/sshd_config", "old\n");
        ck_assert_msg(pf_root_open(box.root, &pf_fs_ops, &root, &err) == 0, "%s", err.text);
}

static void teardown(void) {
        root = pf_root_free(root);
        pf_sandbox_close(&box);
}

static PfPlace *find(const char *path) {
        PfPlace *place = NULL;
        PfErr err = { 0 };

        ck_assert_msg(pf_place_find(root, path, &place, &err) == 0, "%s: %s", path, err.text);
        return place;
}

static void find_fails(const char *path, int code) {
        PfPlace *place = NULL;
        PfErr err = { 0 };
        int r = pf_place_find(root, path, &place, &err);

        ck_assert_msg(r == code, "%s: %d, %s", path, r, err.text);
        ck_assert_ptr_null(place);
        ck_assert(err.text[0]);
}

static void replace(const char *path, const char *text) {
        PF_CLEANUP(pf_place_freep) PfPlace *place = find(path);
        PfErr err = { 0 };

        ck_assert_msg(pf_place_check(place, strlen(text), &err) == 0, "%s", err.text);
        ck_assert_msg(pf_place_stage(place, STAGED, text, strlen(text), -1, &err) == 0, "%s",
                      err.text);
        ck_assert_msg(pf_place_commit(place, STAGED, &err) == 0, "%s", err.text);
}

static void check_text(const char *path, const char *text) {
        PF_CLEANUP(pf_place_freep) PfPlace *place = find(path);
        PF_AUTO_BUF PfBuf buf = PF_BUF_INIT(4096);
        PfErr err = { 0 };

        ck_assert_msg(pf_place_read(place, &buf, &err) == 0, "%s", err.text);
        ck_assert_str_eq(buf.data ? buf.data : "", text);
}

/* --- where a path leads --- */

START_TEST(links_stay_beneath_the_root) {
        static const struct {
                const char *text, *link, *path;
        } cases[] = {
                { "/etc/ssh/sshd_config", "/etc/absolute", "/etc/absolute" },
                { "ssh/sshd_config", "/etc/relative", "/etc/relative" },
                { "../../../../etc/ssh/sshd_config", "/etc/up", "/etc/up" },
                { "absolute", "/etc/chain", "/etc/chain" },
                { "/etc/ssh", "/srv/directory", "/srv/directory/sshd_config" },
                { "/etc/./ssh/../ssh//", "/srv/dots", "/srv/dots/sshd_config" },
                { "/srv/directory/..", "/srv/parent", "/srv/parent/ssh/sshd_config" },
        };

        setup();
        for (size_t i = 0; i < PF_ELEMENTS(cases); i++) {
                PF_AUTO_FREE char *link = pf_sandbox_path(&box, cases[i].link);
                PF_CLEANUP(pf_place_freep) PfPlace *place = NULL;
                char text[32];
                struct stat st;

                pf_sandbox_symlink(&box, cases[i].text, cases[i].link);
                place = find(cases[i].path);
                ck_assert_str_eq(pf_place_path(place), "/etc/ssh/sshd_config");

                (void) snprintf(text, sizeof(text), "text %zu\n", i);
                replace(cases[i].path, text);
                check_text("/etc/ssh/sshd_config", text);
                ck_assert_int_eq(lstat(link, &st), 0);
                ck_assert(S_ISLNK(st.st_mode));
        }
        teardown();
}
END_TEST

START_TEST(what_is_no_file) {
        char chain[32], text[32];

        setup();
        pf_sandbox_symlink(&box, "loop", "/etc/loop");
        pf_sandbox_mkfifo(&box, "/etc/fifo");
        for (int i = 0; i < 41; i++) {
                (void) snprintf(chain, sizeof(chain), "/links/%d", i);
                (void) snprintf(text, sizeof(text), "%d", i + 1);
                pf_sandbox_symlink(&box, text, chain);
        }
        pf_sandbox_write(&box, "/links/41", "end");

        find_fails("/etc/loop", -ELOOP);
        find_fails("/links/0", -ELOOP);
        check_text("/links/1", "end");
        find_fails("/etc/fifo", -EINVAL);
        find_fails("/etc/ssh", -EISDIR);
        find_fails("/etc/ssh/", -EISDIR);
        find_fails("/", -EISDIR);
        find_fails("/etc/nowhere/file", -ENOENT);
        find_fails("/etc/absent/", -ENOENT);
        find_fails("/etc/ssh/sshd_config/", -ENOTDIR);
        find_fails("/etc/ssh/sshd_config/x", -ENOTDIR);
        find_fails("etc/ssh/sshd_config", -EINVAL);
        teardown();
}
END_TEST

START_TEST(an_absent_file_is_made) {
        PF_CLEANUP(pf_place_freep) PfPlace *place = NULL;
        PF_AUTO_FREE char *path = NULL;
        char digest[65] = "x";
        struct stat st;
        mode_t mask;
        PfErr err = { 0 };

        setup();
        pf_sandbox_symlink(&box, "ssh/new.conf", "/etc/dangling");
        place = find("/etc/dangling");
        ck_assert(pf_place_is_absent(place));
        ck_assert_uint_eq(pf_place_links(place), 0);
        ck_assert_str_eq(pf_place_path(place), "/etc/ssh/new.conf");
        ck_assert_int_eq(pf_place_digest(place, digest, &err), 0);
        ck_assert_str_eq(digest, "");

        mask = umask(077);
        replace("/etc/dangling", "made\n");
        (void) umask(mask);
        check_text("/etc/ssh/new.conf", "made\n");
        path = pf_sandbox_path(&box, "/etc/ssh/new.conf");
        ck_assert_int_eq(stat(path, &st), 0);
        ck_assert_uint_eq(st.st_mode, S_IFREG | 0644);
        ck_assert_uint_eq(st.st_uid, geteuid());
        teardown();
}
END_TEST

/* --- who else may have a hand in it --- */

START_TEST(directories_of_others) {
        static const struct {
                uint32_t mode;
                int r;
        } modes[] = { { 0755, 0 }, { 0777, -EPERM }, { 0757, -EPERM }, { 01777, 0 } };
        PF_AUTO_FREE char *directory = NULL;
        PfErr err = { 0 };

        setup();
        directory = pf_sandbox_path(&box, "/etc");
        for (size_t i = 0; i < PF_ELEMENTS(modes); i++) {
                PF_CLEANUP(pf_place_freep) PfPlace *place = NULL;

                pf_sandbox_chmod(&box, "/etc", modes[i].mode);
                ck_assert_int_eq(pf_place_find(root, "/etc/ssh/sshd_config", &place, &err),
                                 modes[i].r);
        }
        /* Sticky keeps no name free that nobody has yet. */
        find_fails("/etc/absent", -EPERM);
        teardown();
}
END_TEST

/* user::rwx user:1234:rwx group::r-x mask::rwx other::r-x */
static const unsigned char acl_of_a_writer[] = { 2,   0,   0,   0, 1,   0,   7,   0,    255,
                                                 255, 255, 255, 2, 0,   7,   0,   0xd2, 4,
                                                 0,   0,   4,   0, 5,   0,   255, 255,  255,
                                                 255, 16,  0,   7, 0,   255, 255, 255,  255,
                                                 32,  0,   5,   0, 255, 255, 255, 255 };

START_TEST(groups_lists_and_owners) {
        PF_AUTO_FREE char *directory = NULL;
        PF_AUTO_FREE char *file = NULL;

        if (geteuid() != 0) {
                pf_test_skip("needs root");
                return;
        }
        setup();
        directory = pf_sandbox_path(&box, "/etc/ssh");
        file = pf_sandbox_path(&box, "/etc/ssh/sshd_config");

        ck_assert_int_eq(chmod(directory, 0775), 0);
        check_text("/etc/ssh/sshd_config", "old\n"); /* root's own group */
        ck_assert_int_eq(chown(directory, 0, 1234), 0);
        find_fails("/etc/ssh/sshd_config", -EPERM);
        ck_assert_int_eq(chown(directory, 0, 0), 0);

        if (setxattr(directory, "system.posix_acl_access", acl_of_a_writer, sizeof(acl_of_a_writer),
                     0) == 0) {
                find_fails("/etc/ssh/sshd_config", -EPERM);
                ck_assert_int_eq(chmod(directory, 0755), 0); /* the mask: nobody writes */
                check_text("/etc/ssh/sshd_config", "old\n");
        }

        ck_assert_int_eq(chown(directory, 1234, 0), 0);
        find_fails("/etc/ssh/sshd_config", -EPERM);
        ck_assert_int_eq(chown(directory, 0, 0), 0);
        ck_assert_int_eq(chmod(directory, 01777), 0);
        ck_assert_int_eq(chown(file, 1234, 0), 0);
        find_fails("/etc/ssh/sshd_config", -EPERM); /* its owner can rename it */
        teardown();
}
END_TEST

/* --- what is seen meanwhile --- */

static void changed(void (*change)(void)) {
        PF_CLEANUP(pf_place_freep) PfPlace *place = NULL;
        PF_AUTO_FREE char *before = NULL;
        PF_AUTO_FREE char *after = NULL;
        PfErr err = { 0 };

        setup();
        place = find("/etc/ssh/sshd_config");
        ck_assert_int_eq(pf_place_stage(place, STAGED, "new\n", 4, -1, &err), 0);
        change();
        before = pf_sandbox_path(&box, "/etc/ssh/sshd_config");
        after = pf_file_picture(before, true);
        ck_assert_int_eq(pf_place_commit(place, STAGED, &err), -ENODATA);
        ck_assert_str_eq(err.text, "/etc/ssh/sshd_config was changed since it was looked at");
        ck_assert_int_eq(pf_place_remove(place, &err), -ENODATA);
        ck_assert_int_eq(pf_place_discard(place, STAGED, &err), 0);

        PF_AUTO_FREE char *now = pf_file_picture(before, true);
        ck_assert_str_eq(now, after);
        teardown();
}

static void change_bytes(void) {
        pf_sandbox_write(&box, "/etc/ssh/sshd_config", "mine\n");
}

static void change_mode(void) {
        pf_sandbox_chmod(&box, "/etc/ssh/sshd_config", 0600);
}

static void change_by_removal(void) {
        pf_sandbox_remove(&box, "/etc/ssh/sshd_config");
}

START_TEST(changed_meanwhile) {
        changed(change_bytes);
        changed(change_mode);
        changed(change_by_removal);
}
END_TEST

START_TEST(moved_meanwhile) {
        PF_CLEANUP(pf_place_freep) PfPlace *place = NULL;
        PF_AUTO_FREE char *from = NULL;
        PF_AUTO_FREE char *to = NULL;
        PfErr err = { 0 };

        setup();
        place = find("/etc/ssh/sshd_config");
        ck_assert_int_eq(pf_place_stage(place, STAGED, "new\n", 4, -1, &err), 0);
        from = pf_sandbox_path(&box, "/etc/ssh");
        to = pf_sandbox_path(&box, "/etc/moved");
        ck_assert_int_eq(rename(from, to), 0);
        pf_sandbox_write(&box, "/etc/ssh/sshd_config", "another\n");

        ck_assert_int_eq(pf_place_commit(place, STAGED, &err), -ENODATA);
        check_text("/etc/ssh/sshd_config", "another\n");
        check_text("/etc/moved/sshd_config", "old\n");
        teardown();
}
END_TEST

/* --- what it keeps --- */

START_TEST(hard_links_are_told) {
        PF_CLEANUP(pf_place_freep) PfPlace *place = NULL;
        PF_AUTO_FREE char *from = NULL;
        PF_AUTO_FREE char *to = NULL;

        setup();
        from = pf_sandbox_path(&box, "/etc/ssh/sshd_config");
        to = pf_sandbox_path(&box, "/etc/other-name");
        ck_assert_int_eq(link(from, to), 0);
        place = find("/etc/other-name");
        ck_assert_uint_eq(pf_place_links(place), 2);
        teardown();
}
END_TEST

START_TEST(a_default_list_adds_nothing) {
        PF_AUTO_FREE char *directory = NULL;
        PF_AUTO_FREE char *path = NULL;
        PF_AUTO_FREE char *before = NULL;
        PF_AUTO_FREE char *after = NULL;

        setup();
        directory = pf_sandbox_path(&box, "/etc/ssh");
        path = pf_sandbox_path(&box, "/etc/ssh/sshd_config");
        if (setxattr(directory, "system.posix_acl_default", acl_of_a_writer,
                     sizeof(acl_of_a_writer), 0) < 0) {
                pf_test_skip("no access control lists here");
                teardown();
                return;
        }
        before = pf_file_picture(path, false);
        replace("/etc/ssh/sshd_config", "old\n");
        after = pf_file_picture(path, false);
        ck_assert_str_eq(after, before);
        teardown();
}
END_TEST

/* IMA's hash is of bytes that are no more; the same file again keeps it. */
START_TEST(measurements_are_of_contents) {
        PF_CLEANUP(pf_place_freep) PfPlace *place = NULL;
        PF_AUTO_FREE char *path = NULL;
        PF_AUTO_CLOSE int journal = -1;
        PfErr err = { 0 };
        char value[8];

        setup();
        path = pf_sandbox_path(&box, "/etc/ssh/sshd_config");
        journal = open(box.root, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        if (setxattr(path, "security.ima", "\1hash", 5, 0) < 0) {
                pf_test_skip("security.ima cannot be set here");
                teardown();
                return;
        }
        place = find("/etc/ssh/sshd_config");
        ck_assert_int_eq(pf_place_keep(place, journal, "kept", &err), 0);
        replace("/etc/ssh/sshd_config", "new\n");
        ck_assert_int_lt(getxattr(path, "security.ima", value, sizeof(value)), 0);

        place = pf_place_free(place);
        place = find("/etc/ssh/sshd_config");
        ck_assert_int_eq(pf_place_stage_kept(place, STAGED, journal, "kept", &err), 0);
        ck_assert_int_eq(pf_place_commit(place, STAGED, &err), 0);
        ck_assert_int_eq(getxattr(path, "security.ima", value, sizeof(value)), 5);
        teardown();
}
END_TEST

/* Return: could it be set? */
static bool set_flag(const char *path, int flag, bool on) {
        PF_AUTO_CLOSE int fd = open(path, O_RDONLY | O_CLOEXEC);
        int flags = 0;

        if (fd < 0 || ioctl(fd, FS_IOC_GETFLAGS, &flags) < 0)
                return false;
        flags = on ? flags | flag : flags & ~flag;
        return ioctl(fd, FS_IOC_SETFLAGS, &flags) == 0;
}

static void check_refuses(const char *path, int flag, const char *text) {
        PF_AUTO_FREE char *real = pf_sandbox_path(&box, path);
        PF_CLEANUP(pf_place_freep) PfPlace *place = find("/etc/ssh/sshd_config");
        PfErr err = { 0 };
        int r;

        if (!set_flag(real, flag, true)) {
                pf_test_skip("chattr(1) does not work here");
                return;
        }
        r = pf_place_check(place, 4, &err);
        ck_assert(set_flag(real, flag, false));
        ck_assert_msg(r == -EPERM && strcmp(err.text, text) == 0, "%d, %s", r, err.text);
}

START_TEST(immutable_is_told) {
        setup();
        check_refuses("/etc/ssh/sshd_config", FS_IMMUTABLE_FL,
                      "/etc/ssh/sshd_config is immutable: chattr -i /etc/ssh/sshd_config lifts "
                      "that");
        check_refuses("/etc/ssh/sshd_config", FS_APPEND_FL,
                      "/etc/ssh/sshd_config can only be appended to: chattr -a "
                      "/etc/ssh/sshd_config lifts that");
        check_refuses("/etc/ssh", FS_IMMUTABLE_FL,
                      "/etc/ssh is immutable: chattr -i /etc/ssh lifts that");
        teardown();
}
END_TEST

/* --- contents --- */

START_TEST(contents_of_a_descriptor) {
        PF_CLEANUP(pf_place_freep) PfPlace *place = NULL;
        PF_AUTO_FREE char *big = calloc(1, 200001);
        PF_AUTO_FREE char *path = NULL;
        PF_AUTO_BUF PfBuf buf = PF_BUF_INIT(200000);
        PF_AUTO_CLOSE int fd = -1;
        PfErr err = { 0 };

        setup();
        memset(big, 'x', 200001);
        pf_sandbox_write_bytes(&box, "/big", big, 200001);
        path = pf_sandbox_path(&box, "/big");
        fd = open(path, O_RDONLY | O_CLOEXEC);
        ck_assert_int_eq(lseek(fd, 10, SEEK_SET), 10); /* its beginning all the same */
        place = find("/etc/ssh/sshd_config");
        ck_assert_int_eq(pf_place_stage(place, STAGED, NULL, 200002, fd, &err), -EIO);
        ck_assert_int_eq(pf_place_stage(place, STAGED, NULL, 200001, fd, &err), 0);
        ck_assert_int_eq(pf_place_commit(place, STAGED, &err), 0);

        place = pf_place_free(place);
        place = find("/etc/ssh/sshd_config");
        ck_assert_int_eq(pf_place_read(place, &buf, &err), -EFBIG);
        teardown();
}
END_TEST

START_TEST(names_of_new_files) {
        static const char *const names[] = { "sshd_config",    ".preflightd-",         "", "..",
                                             ".preflightd-/x", ".preflightd-a/../../x" };
        PF_CLEANUP(pf_place_freep) PfPlace *place = NULL;
        PfErr err = { 0 };

        setup();
        place = find("/etc/ssh/sshd_config");
        for (size_t i = 0; i < PF_ELEMENTS(names); i++) {
                ck_assert_int_eq(pf_place_stage(place, names[i], "x", 1, -1, &err), -EINVAL);
                ck_assert_int_eq(pf_place_commit(place, names[i], &err), -EINVAL);
                ck_assert_int_eq(pf_place_discard(place, names[i], &err), -EINVAL);
        }
        check_text("/etc/ssh/sshd_config", "old\n");
        teardown();
}
END_TEST

/* Somebody put a link where the new file is to be: it is not followed. */
START_TEST(a_name_that_is_taken) {
        PF_CLEANUP(pf_place_freep) PfPlace *place = NULL;
        PfErr err = { 0 };

        setup();
        pf_sandbox_write(&box, "/victim", "victim");
        pf_sandbox_symlink(&box, "/victim", "/etc/ssh/" STAGED);
        place = find("/etc/ssh/sshd_config");
        ck_assert_int_eq(pf_place_stage(place, STAGED, "new\n", 4, -1, &err), -EEXIST);
        check_text("/victim", "victim");
        teardown();
}
END_TEST

int main(void) {
        Suite *suite = suite_create("replace");

        PF_TEST(suite, links_stay_beneath_the_root);
        PF_TEST(suite, what_is_no_file);
        PF_TEST(suite, an_absent_file_is_made);
        PF_TEST(suite, directories_of_others);
        PF_TEST(suite, groups_lists_and_owners);
        PF_TEST(suite, changed_meanwhile);
        PF_TEST(suite, moved_meanwhile);
        PF_TEST(suite, hard_links_are_told);
        PF_TEST(suite, a_default_list_adds_nothing);
        PF_TEST(suite, measurements_are_of_contents);
        PF_TEST(suite, immutable_is_told);
        PF_TEST(suite, contents_of_a_descriptor);
        PF_TEST(suite, names_of_new_files);
        PF_TEST(suite, a_name_that_is_taken);
        return pf_test_main(suite);
}
