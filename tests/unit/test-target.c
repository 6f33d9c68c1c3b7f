/* SPDX-License-Identifier: MIT */
/*
 * What is read of a machine, and what is noted of it. How paths are reached is
 * tested in test-target-path.c, patterns in test-target-glob.c.
 */
#include "daemon/base/target.h"

#include <limits.h>
#include <stdint.h>
#include <string.h>
#include <uv.h>

#include "tests/support/sandbox.h"
#include "tests/support/test-main.h"

#define LIMIT 1000

static PfSandbox box;

/* The outcome of reading @path with this limit; the text in @err, the bytes in @buf. */
static int read_up_to(const char *path, size_t max, PfBuf *buf, PfErr *err) {
        *err = (PfErr){ 0 };
        return pf_target_read(box.target, path, max, buf, err);
}

START_TEST(a_root_that_is_none) {
        PF_AUTO_FREE char *file = NULL;
        PfTarget *target = NULL;
        PfErr err = { 0 };

        pf_sandbox_new(&box);
        pf_sandbox_write(&box, "/file", "");
        ck_assert_int_eq(pf_target_new("/nowhere/at all", PF_TARGET_DEFAULT, &target, &err),
                         -ENOENT);
        ck_assert_str_eq(err.text, "root directory /nowhere/at all: No such file or directory");
        file = pf_sandbox_path(&box, "/file");
        ck_assert_int_eq(pf_target_new(file, PF_TARGET_DEFAULT, &target, NULL), -ENOTDIR);
        ck_assert_int_eq(pf_target_new("", PF_TARGET_DEFAULT, &target, NULL), -ENOENT);
        ck_assert_ptr_null(target);
}
END_TEST

START_TEST(only_the_real_root_is_live) {
        PF_CLEANUP(pf_target_unrefp) PfTarget *live = NULL;
        PF_CLEANUP(pf_target_unrefp) PfTarget *second = NULL;

        pf_sandbox_new(&box);
        ck_assert_int_eq(pf_target_new("/", PF_TARGET_DEFAULT, &live, NULL), 0);
        ck_assert(pf_target_is_live(live));
        ck_assert(!pf_target_is_live(box.target));
        ck_assert_str_eq(pf_target_root(box.target), box.root);

        second = pf_target_ref(live);
        live = pf_target_unref(live);
        ck_assert_ptr_null(live);
        ck_assert(pf_target_is_live(second));
        ck_assert_ptr_null(pf_target_unref(NULL));
}
END_TEST

START_TEST(a_root_may_be_reached_by_a_link) {
        PF_CLEANUP(pf_target_unrefp) PfTarget *target = NULL;
        PF_AUTO_BUF PfBuf buf = PF_BUF_INIT(LIMIT);
        PF_AUTO_FREE char *link = NULL;

        pf_sandbox_new(&box);
        pf_sandbox_write(&box, "/image/etc/file", "in the image");
        pf_sandbox_write(&box, "/etc/file", "outside");
        pf_sandbox_symlink(&box, "/etc/file", "/image/etc/link");
        pf_sandbox_symlink(&box, "image", "/link");
        link = pf_sandbox_path(&box, "/link");
        ck_assert_int_eq(pf_target_new(link, PF_TARGET_DEFAULT, &target, NULL), 0);
        ck_assert_int_eq(pf_target_read(target, "/etc/link", LIMIT, &buf, NULL), 0);
        ck_assert_str_eq(buf.data, "in the image");
        ck_assert(!pf_target_is_live(target));
}
END_TEST

/* An image that is taken away has nothing in it; it does not fail otherwise. */
START_TEST(a_root_that_is_removed) {
        PF_CLEANUP(pf_target_unrefp) PfTarget *target = NULL;
        PF_AUTO_BUF PfBuf buf = PF_BUF_INIT(LIMIT);
        PF_AUTO_STRV PfStrv names = { 0 };
        PF_AUTO_FREE char *image = NULL;
        PfFileInfo info;

        for (int i = 0; i < 2; i++) {
                pf_sandbox_new(&box);
                pf_sandbox_write(&box, "/image/file", "");
                free(image);
                image = pf_sandbox_path(&box, "/image");
                ck_assert_int_eq(pf_target_new(image, i ? PF_TARGET_NO_OPENAT2 : PF_TARGET_DEFAULT,
                                               &target, NULL),
                                 0);
                pf_sandbox_remove(&box, "/image");
                ck_assert_int_eq(pf_target_read(target, "/file", LIMIT, &buf, NULL),
                                 PF_TARGET_ABSENT);
                ck_assert_int_eq(pf_target_stat(target, "/", &info, NULL), 0);
                ck_assert_int_eq(pf_target_list(target, "/", &names, NULL), 0);
                ck_assert_uint_eq(names.n, 0);
                target = pf_target_unref(target);
        }
}
END_TEST

START_TEST(a_file_may_be_as_long_as_the_limit) {
        static const size_t limits[] = { 0, 1, 127, 128, 4096, 65535, 65536, 65537, 200000 };

        pf_sandbox_new(&box);
        for (size_t i = 0; i < PF_ELEMENTS(limits); i++) {
                const size_t limit = limits[i];
                PF_AUTO_FREE char *bytes = malloc(limit + 1);
                PfErr err;

                memset(bytes, 'x', limit + 1);
                for (int longer = 0; longer <= 1; longer++)
                        for (int by_buffer = 0; by_buffer <= 1; by_buffer++) {
                                PF_AUTO_BUF PfBuf buf = PF_BUF_INIT(by_buffer ? limit : 1 << 20);
                                int r;

                                pf_sandbox_write_bytes(&box, "/file", bytes,
                                                       limit + (size_t) longer);
                                r = read_up_to("/file", by_buffer ? SIZE_MAX : limit, &buf, &err);
                                ck_assert_msg(r == (longer ? -EFBIG : 0), "limit %zu: %d %s", limit,
                                              r, err.text);
                                ck_assert_uint_eq(buf.n, longer ? 0 : limit);
                                if (longer)
                                        ck_assert_ptr_nonnull(strstr(err.text, "limit of"));
                        }
        }
}
END_TEST

START_TEST(contents_are_added_to_the_buffer) {
        PF_AUTO_BUF PfBuf buf = PF_BUF_INIT(12);
        PfErr err;

        pf_sandbox_new(&box);
        pf_sandbox_write_bytes(&box, "/bytes", "a\0\xff\n", 4);
        pf_sandbox_write(&box, "/empty", "");
        pf_sandbox_write(&box, "/long", "0123456789");
        ck_assert_int_eq(pf_buf_add_string(&buf, "before"), 0);
        ck_assert_int_eq(read_up_to("/bytes", LIMIT, &buf, &err), 0);
        ck_assert_int_eq(read_up_to("/empty", 0, &buf, &err), 0);
        ck_assert_uint_eq(buf.n, 10);
        ck_assert_int_eq(read_up_to("/long", LIMIT, &buf, &err), -EFBIG);
        ck_assert_int_eq(read_up_to("/missing", LIMIT, &buf, &err), PF_TARGET_ABSENT);
        ck_assert_uint_eq(buf.n, 10);
        ck_assert_mem_eq(buf.data, "beforea\0\xff\n", 11);
}
END_TEST

START_TEST(what_is_no_file_is_refused) {
        PF_AUTO_BUF PfBuf buf = PF_BUF_INIT(LIMIT);
        PfErr err;

        pf_sandbox_new(&box);
        pf_sandbox_mkdir(&box, "/directory");
        pf_sandbox_mkfifo(&box, "/fifo");
        pf_sandbox_symlink(&box, "fifo", "/link");
        ck_assert_int_eq(read_up_to("/directory", LIMIT, &buf, &err), -EISDIR);
        ck_assert_str_eq(err.text, "/directory: is a directory, not a regular file");
        ck_assert_int_eq(read_up_to("/", LIMIT, &buf, &err), -EISDIR);
        ck_assert_int_eq(read_up_to("/link", LIMIT, &buf, &err), -EINVAL);
        ck_assert_str_eq(err.text, "/link: is a FIFO, not a regular file");
        ck_assert_int_eq(read_up_to("relative", LIMIT, &buf, &err), -EINVAL);
        ck_assert_uint_eq(buf.n, 0);
}
END_TEST

START_TEST(tells_about_files) {
        PfFileInfo file, link, directory, fifo;
        PfErr err = { 0 };

        pf_sandbox_new(&box);
        pf_sandbox_write(&box, "/etc/file", "12345");
        pf_sandbox_chmod(&box, "/etc/file", 04751);
        pf_sandbox_symlink(&box, "/etc/file", "/link");
        pf_sandbox_mkfifo(&box, "/fifo");

        ck_assert_int_eq(pf_target_stat(box.target, "/link", &file, &err), 0);
        ck_assert_int_eq(file.type, PF_FILE_REGULAR);
        ck_assert_uint_eq(file.mode, 04751);
        ck_assert_uint_eq(file.size_bytes, 5);
        ck_assert_int_gt(file.modified_usec, 1500000000000000);
        ck_assert_int_eq(pf_target_lstat(box.target, "/link", &link, &err), 0);
        ck_assert_int_eq(link.type, PF_FILE_SYMLINK);
        ck_assert_uint_ne(link.inode, file.inode);
        ck_assert_int_eq(pf_target_stat(box.target, "/etc", &directory, &err), 0);
        ck_assert_int_eq(directory.type, PF_FILE_DIRECTORY);
        ck_assert_uint_eq(directory.device, file.device);
        ck_assert_int_eq(pf_target_lstat(box.target, "/fifo", &fifo, &err), 0);
        ck_assert_int_eq(fifo.type, PF_FILE_FIFO);
}
END_TEST

START_TEST(outputs_are_written_on_success_only) {
        PfFileInfo info = { .inode = 42 };
        PfSpace space = { .free_bytes = 42 };
        char *text = (char *) "untouched";

        pf_sandbox_new(&box);
        pf_sandbox_symlink(&box, "loop", "/loop");
        ck_assert_int_eq(pf_target_stat(box.target, "/loop", &info, NULL), -ELOOP);
        ck_assert_int_eq(pf_target_lstat(box.target, "/missing", &info, NULL), PF_TARGET_ABSENT);
        ck_assert_int_eq(pf_target_space(box.target, "/missing", &space, NULL), PF_TARGET_ABSENT);
        ck_assert_int_eq(pf_target_readlink(box.target, "/missing", &text, NULL), PF_TARGET_ABSENT);
        ck_assert_int_eq(pf_target_readlink(box.target, "/", &text, NULL), -EINVAL);
        ck_assert_uint_eq(info.inode, 42);
        ck_assert_uint_eq(space.free_bytes, 42);
        ck_assert_str_eq(text, "untouched");
}
END_TEST

START_TEST(reads_the_text_of_links) {
        PF_AUTO_FREE char *text = NULL;
        PF_AUTO_FREE char *through = NULL;
        PF_AUTO_FREE char *longest = NULL;
        char target[PATH_MAX];

        pf_sandbox_new(&box);
        pf_sandbox_symlink(&box, "../../outside/\xff", "/a/link");
        pf_sandbox_symlink(&box, "a", "/b");
        memset(target, 'x', sizeof(target) - 1);
        target[sizeof(target) - 1] = '\0';
        pf_sandbox_symlink(&box, target, "/longest");
        ck_assert_int_eq(pf_target_readlink(box.target, "/a/link", &text, NULL), 0);
        ck_assert_str_eq(text, "../../outside/\xff");
        ck_assert_int_eq(pf_target_readlink(box.target, "/b/link", &through, NULL), 0);
        ck_assert_str_eq(through, text);
        ck_assert_int_eq(pf_target_readlink(box.target, "/longest", &longest, NULL), 0);
        ck_assert_str_eq(longest, target);
}
END_TEST

START_TEST(lists_names_sorted) {
        PF_AUTO_STRV PfStrv names = { 0 };
        PF_AUTO_STRV PfStrv none = { 0 };

        if (PF_PLATFORM_HERE == PF_PLATFORM_WINDOWS)
                pf_test_leave("Windows has no such names");
        pf_sandbox_new(&box);
        pf_sandbox_write(&box, "/d/b", "");
        pf_sandbox_write(&box, "/d/.hidden", "");
        pf_sandbox_write(&box, "/d/new\nline", "");
        pf_sandbox_write(&box, "/d/\xff", "");
        pf_sandbox_symlink(&box, "nowhere", "/d/B");
        pf_sandbox_symlink(&box, "/d", "/link");
        pf_sandbox_symlink(&box, "nowhere", "/dangling");
        ck_assert_int_eq(pf_strv_add(&names, "before"), 0);
        ck_assert_int_eq(pf_target_list(box.target, "/link", &names, NULL), 0);
        ck_assert_uint_eq(names.n, 6);
        ck_assert_str_eq(names.items[0], "before");
        ck_assert_str_eq(names.items[1], ".hidden");
        ck_assert_str_eq(names.items[2], "B");
        ck_assert_str_eq(names.items[3], "b");
        ck_assert_str_eq(names.items[4], "new\nline");
        ck_assert_str_eq(names.items[5], "\xff");

        ck_assert_int_eq(pf_target_list(box.target, "/missing", &none, NULL), PF_TARGET_ABSENT);
        ck_assert_int_eq(pf_target_list(box.target, "/dangling", &none, NULL), PF_TARGET_ABSENT);
        ck_assert_int_eq(pf_target_list(box.target, "/d/b/x", &none, NULL), PF_TARGET_ABSENT);
        ck_assert_int_eq(pf_target_list(box.target, "/d/b", &none, NULL), -ENOTDIR);
        ck_assert_uint_eq(none.n, 0);
}
END_TEST

START_TEST(a_list_has_a_limit) {
        PF_AUTO_STRV PfStrv names = { 0 };
        PfErr err = { 0 };
        char path[64];
        uv_fs_t req;

        if (PF_PLATFORM_HERE == PF_PLATFORM_WINDOWS)
                pf_test_leave("so many files take minutes under Wine");
        pf_sandbox_new(&box);
        pf_sandbox_write(&box, "/d/0", "");
        for (int i = 1; i <= PF_TARGET_LIST_MAX; i++) {
                PF_AUTO_FREE char *from = pf_sandbox_path(&box, "/d/0");
                PF_AUTO_FREE char *to = NULL;

                /* A file system lets one file have so many names only. */
                if (i % 30000 == 0) {
                        pf_sandbox_remove(&box, "/d/0");
                        pf_sandbox_write(&box, "/d/0", "");
                }
                (void) snprintf(path, sizeof(path), "/d/%d", i);
                to = pf_sandbox_path(&box, path);
                ck_assert_int_eq(uv_fs_link(NULL, &req, from, to, NULL), 0);
                uv_fs_req_cleanup(&req);
        }
        ck_assert_int_eq(pf_target_list(box.target, "/d", &names, &err), -E2BIG);
        ck_assert_str_eq(err.text, "/d: more than the limit of 65536 names");
        ck_assert_uint_eq(names.n, 0);
        pf_sandbox_remove(&box, "/d/1");
        ck_assert_int_eq(pf_target_list(box.target, "/d", &names, NULL), 0);
        ck_assert_uint_eq(names.n, PF_TARGET_LIST_MAX);
}
END_TEST

START_TEST(measures_space) {
        PF_CLEANUP(pf_target_unrefp) PfTarget *live = NULL;
        PfFileInfo info;
        PfSpace space;

        if (PF_PLATFORM_HERE == PF_PLATFORM_WINDOWS)
                pf_test_leave("see test-target-windows.c");
        pf_sandbox_new(&box);
        ck_assert_int_eq(pf_target_new("/", PF_TARGET_DEFAULT, &live, NULL), 0);
        ck_assert_int_eq(pf_target_space(live, box.root, &space, NULL), 0);
        ck_assert_int_eq(pf_target_stat(live, box.root, &info, NULL), 0);
        ck_assert_uint_eq(space.device, info.device);
        ck_assert_uint_gt(space.total_bytes, 1 << 20);
        ck_assert_uint_le(space.free_bytes, space.root_free_bytes);
        ck_assert_uint_le(space.root_free_bytes, space.total_bytes);
        ck_assert_uint_le(space.free_inodes, space.total_inodes);
        ck_assert(!space.read_only);
}
END_TEST

/* A directory of this machine has the space of this machine. */
START_TEST(an_unpacked_image_has_no_space_of_its_own) {
        PfSpace space = { .free_bytes = 42 };

        pf_sandbox_new(&box);
        pf_sandbox_mkdir(&box, "/var/tmp");
        ck_assert_int_eq(pf_target_space(box.target, "/var/tmp", &space, NULL),
                         PF_TARGET_ELSEWHERE);
        ck_assert_uint_eq(space.free_bytes, 42);
        ck_assert_int_eq(pf_target_space(box.target, "/missing", &space, NULL), PF_TARGET_ABSENT);
}
END_TEST

START_TEST(reads_the_head_of_a_file) {
        PF_AUTO_BUF PfBuf buf = PF_BUF_INIT(100);
        PfErr err = { 0 };

        pf_sandbox_new(&box);
        pf_sandbox_write(&box, "/file", "0123456789");
        pf_sandbox_mkfifo(&box, "/fifo");
        ck_assert_int_eq(pf_target_read_head(box.target, "/file", 4, &buf, &err), 0);
        ck_assert_str_eq(buf.data, "0123");
        ck_assert_int_eq(pf_target_read_head(box.target, "/file", 10, &buf, &err), 0);
        ck_assert_int_eq(pf_target_read_head(box.target, "/file", 50, &buf, &err), 0);
        ck_assert_str_eq(buf.data, "012301234567890123456789");
        ck_assert_int_eq(pf_target_read_head(box.target, "/fifo", 4, &buf, &err), -EINVAL);
        ck_assert_int_eq(pf_target_read_head(box.target, "/missing", 4, &buf, &err),
                         PF_TARGET_ABSENT);
        ck_assert_uint_eq(buf.n, 24);
}
END_TEST

static int print_record(const PfAccessRecord *record, void *data) {
        static const char *const names[] = { "opened", "listed", "absent", "failed" };

        return pf_buf_printf(data, "%s %s %d\n", record->path, names[record->access],
                             record->error);
}

START_TEST(records_every_path_once) {
        PF_AUTO_BUF PfBuf buf = PF_BUF_INIT(4096);
        PF_AUTO_STRV PfStrv names = { 0 };
        PF_AUTO_FREE char *text = NULL;
        char expected[512];
        PfFileInfo info;

        pf_sandbox_new(&box);
        pf_sandbox_write(&box, "/etc/file", "x");
        pf_sandbox_symlink(&box, "loop", "/loop");
        pf_sandbox_symlink(&box, "etc/file", "/link");
        (void) !pf_target_read(box.target, "/later", 10, &buf, NULL);
        (void) !pf_target_read(box.target, "/etc/file", 10, &buf, NULL);
        (void) !pf_target_list(box.target, "/etc", &names, NULL);
        (void) !pf_target_list(box.target, "/missing", &names, NULL);
        (void) !pf_target_stat(box.target, "/loop", &info, NULL);
        (void) !pf_target_readlink(box.target, "/link", &text, NULL);
        (void) !pf_target_lstat(box.target, "/", &info, NULL);
        (void) !pf_target_stat(box.target, "relative", &info, NULL);
        (void) !pf_target_read(box.target, "/etc/file", 0, &buf, NULL);
        pf_sandbox_write(&box, "/later", "");
        (void) !pf_target_read(box.target, "/later", 10, &buf, NULL);
        (void) pf_target_is_public(box.target, "/not-recorded");

        pf_buf_consume(&buf, buf.n);
        ck_assert_int_eq(pf_target_each_access(box.target, print_record, &buf), 0);
        (void) snprintf(expected, sizeof(expected),
                        "/later opened 0\n"
                        "/etc/file failed %d\n"
                        "/etc listed 0\n"
                        "/missing absent 0\n"
                        "/loop failed %d\n"
                        "/link opened 0\n"
                        "/ opened 0\n"
                        "relative failed %d\n",
                        -EFBIG, -ELOOP, -EINVAL);
        ck_assert_str_eq(buf.data, expected);
}
END_TEST

static int stop_at_third(const PfAccessRecord *record, void *data) {
        (void) record;
        return ++*(int *) data == 3 ? 17 : 0;
}

START_TEST(the_record_holds_many) {
        char path[32];
        PfFileInfo info;
        int n = 0;

        pf_sandbox_new(&box);
        for (int i = 0; i < 5000; i++) {
                (void) snprintf(path, sizeof(path), "/%d", i % 2500);
                ck_assert_int_eq(pf_target_stat(box.target, path, &info, NULL), PF_TARGET_ABSENT);
        }
        ck_assert_int_eq(pf_target_each_access(box.target, stop_at_third, &n), 17);
        ck_assert_int_eq(n, 3);
        ck_assert_int_eq(pf_target_each_access(box.target, stop_at_third, &n), 0);
        ck_assert_int_eq(n, 3 + 2500);
}
END_TEST

#define THREADS 4
#define PATHS 400

/* Each thread asks for the same paths, and for some of its own. */
static void read_in_thread(void *data) {
        const int self = *(const int *) data;
        PF_AUTO_BUF PfBuf buf = PF_BUF_INIT(100);
        PfFileInfo info;
        char path[32];

        for (int i = 0; i < PATHS; i++) {
                (void) snprintf(path, sizeof(path), i % 2 ? "/own/%d-%d" : "/all/%d", i, self);
                (void) !pf_target_stat(box.target, path, &info, NULL);
                (void) !pf_target_read(box.target, "/file", 100, &buf, NULL);
        }
}

static int count(const PfAccessRecord *record, void *data) {
        if (strcmp(record->path, "/file") == 0)
                ck_assert_int_eq(record->access, PF_ACCESS_OPENED);
        else
                ck_assert_int_eq(record->access, PF_ACCESS_ABSENT);
        ++*(int *) data;
        return 0;
}

START_TEST(threads_record_at_the_same_time) {
        uv_thread_t threads[THREADS];
        int numbers[THREADS];
        int n = 0;

        pf_sandbox_new(&box);
        pf_sandbox_write(&box, "/file", "");
        for (int i = 0; i < THREADS; i++) {
                numbers[i] = i;
                ck_assert_int_eq(uv_thread_create(&threads[i], read_in_thread, &numbers[i]), 0);
        }
        for (int i = 0; i < THREADS; i++)
                ck_assert_int_eq(uv_thread_join(&threads[i]), 0);
        (void) pf_target_each_access(box.target, count, &n);
        ck_assert_int_eq(n, 1 + PATHS / 2 + THREADS * PATHS / 2);
}
END_TEST

int main(void) {
        Suite *suite = suite_create("target");

        PF_TEST(suite, a_root_that_is_none);
        PF_TEST(suite, only_the_real_root_is_live);
        PF_TEST(suite, a_root_may_be_reached_by_a_link);
        PF_TEST(suite, a_root_that_is_removed);
        PF_TEST(suite, a_file_may_be_as_long_as_the_limit);
        PF_TEST(suite, contents_are_added_to_the_buffer);
        PF_TEST(suite, what_is_no_file_is_refused);
        PF_TEST(suite, tells_about_files);
        PF_TEST(suite, outputs_are_written_on_success_only);
        PF_TEST(suite, reads_the_text_of_links);
        PF_TEST(suite, lists_names_sorted);
        PF_TEST(suite, a_list_has_a_limit);
        PF_TEST(suite, measures_space);
        PF_TEST(suite, an_unpacked_image_has_no_space_of_its_own);
        PF_TEST(suite, reads_the_head_of_a_file);
        PF_TEST(suite, records_every_path_once);
        PF_TEST(suite, the_record_holds_many);
        PF_TEST(suite, threads_record_at_the_same_time);
        return pf_test_main(suite);
}
