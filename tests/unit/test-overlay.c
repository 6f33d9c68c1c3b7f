/* SPDX-License-Identifier: MIT */
/* A machine as it would be: everything a target answers about the files of an overlay. */
#include "daemon/base/overlay.h"

#include <fcntl.h>
#include <string.h>

#include "daemon/base/target-file.h"
#include "tests/support/sandbox.h"
#include "tests/support/test-main.h"

static PfTarget *overlay_new(PfTarget *under) {
        PfTarget *overlay = NULL;
        PfErr err = { 0 };

        ck_assert_msg(pf_overlay_new(under, &overlay, &err) == 0, "%s", err.text);
        return overlay;
}

static void put(PfTarget *overlay, const char *path, const char *text) {
        PfErr err = { 0 };
        int r = pf_overlay_put(overlay, path, text, strlen(text), &err);

        ck_assert_msg(r == 0, "%s: %s", path, pf_err_text(&err, r));
}

static void take_away(PfTarget *overlay, const char *path) {
        PfErr err = { 0 };
        int r = pf_overlay_remove(overlay, path, &err);

        ck_assert_msg(r == 0, "%s: %s", path, pf_err_text(&err, r));
}

static void assert_reads(const PfTarget *target, const char *path, const char *expected) {
        PF_AUTO_BUF PfBuf buf = PF_BUF_INIT(4096);
        PfErr err = { 0 };
        int r = pf_target_read(target, path, 4096, &buf, &err);

        ck_assert_msg(r == (expected ? 0 : PF_TARGET_ABSENT), "%s: %d %s", path, r,
                      pf_err_text(&err, r));
        ck_assert_str_eq(buf.data ? buf.data : "", expected ? expected : "");
}

/* What is listed or matched, in one line. */
static void assert_texts(const PfStrv *strv, const char *expected) {
        PF_AUTO_BUF PfBuf line = PF_BUF_INIT(4096);

        for (size_t i = 0; i < strv->n; i++)
                ck_assert_int_eq(pf_buf_printf(&line, "%s%s", i ? " " : "", strv->items[i]), 0);
        ck_assert_str_eq(line.data ? line.data : "", expected);
}

static void assert_lists(const PfTarget *target, const char *path, const char *expected) {
        PF_AUTO_STRV PfStrv names = { 0 };
        PfErr err = { 0 };

        ck_assert_msg(pf_target_list(target, path, &names, &err) == 0, "%s", err.text);
        assert_texts(&names, expected);
}

static void assert_matches(const PfTarget *target, const char *pattern, const char *expected) {
        PF_AUTO_STRV PfStrv paths = { 0 };
        PfErr err = { 0 };

        ck_assert_msg(pf_target_glob(target, pattern, &paths, &err) == 0, "%s", err.text);
        assert_texts(&paths, expected);
}

static PfFileInfo info_of(const PfTarget *target, const char *path) {
        PfFileInfo info = { 0 };
        PfErr err = { 0 };
        int r = pf_target_stat(target, path, &info, &err);

        ck_assert_msg(r == 0, "%s: %d %s", path, r, pf_err_text(&err, r));
        return info;
}

static void assert_absent(const PfTarget *target, const char *path) {
        PF_CLEANUP(pf_target_file_closep) PfTargetFile *file = NULL;
        PF_AUTO_FREE char *text = NULL;
        PF_AUTO_STRV PfStrv names = { 0 };
        PfFileInfo info;

        assert_reads(target, path, NULL);
        ck_assert_int_eq(pf_target_stat(target, path, &info, NULL), PF_TARGET_ABSENT);
        ck_assert_int_eq(pf_target_lstat(target, path, &info, NULL), PF_TARGET_ABSENT);
        ck_assert_int_eq(pf_target_readlink(target, path, &text, NULL), PF_TARGET_ABSENT);
        ck_assert_int_eq(pf_target_list(target, path, &names, NULL), PF_TARGET_ABSENT);
        ck_assert_int_eq(pf_target_open(target, path, &file, NULL), PF_TARGET_ABSENT);
        ck_assert(!pf_target_is_public(target, path));
        assert_matches(target, path, "");
}

/* A machine with a file behind links of every kind. */
static PfTarget *open_machine(PfSandbox *box) {
        pf_sandbox_new(box);
        pf_sandbox_write(box, "/etc/real/file", "old\n");
        pf_sandbox_write(box, "/etc/real/other", "other\n");
        pf_sandbox_symlink(box, "/etc/real/file", "/etc/absolute");
        pf_sandbox_symlink(box, "real/../real/file", "/etc/relative");
        pf_sandbox_symlink(box, "/etc/real", "/etc/directory");
        pf_sandbox_symlink(box, "/etc/real/new", "/etc/dangling");
        pf_sandbox_mkdir(box, "/etc/empty");
        return overlay_new(box->target);
}

static const char *const names_of_file[] = { "/etc/real/file",       "/etc/absolute",
                                             "/etc/relative",        "/etc/directory/file",
                                             "/etc/../etc/absolute", "/etc/empty/../real//file" };

START_TEST(a_file_is_the_same_by_every_name) {
        PF_AUTO_SANDBOX PfSandbox box = { 0 };
        PF_CLEANUP(pf_target_unrefp) PfTarget *over = open_machine(&box);
        const PfFileInfo before = info_of(box.target, "/etc/real/file");

        put(over, names_of_file[_i], "something new\n");
        for (size_t i = 0; i < PF_ELEMENTS(names_of_file); i++) {
                const PfFileInfo info = info_of(over, names_of_file[i]);

                assert_reads(over, names_of_file[i], "something new\n");
                ck_assert_uint_eq(info.size_bytes, strlen("something new\n"));
                ck_assert_uint_eq(info.mode, before.mode);
                ck_assert_uint_eq(info.inode, before.inode);
                ck_assert(pf_target_is_public(over, names_of_file[i]));
                assert_reads(box.target, names_of_file[i], "old\n");
        }
        assert_reads(over, "/etc/real/other", "other\n");
        assert_lists(over, "/etc/real", "file other");
}
END_TEST

START_TEST(links_stay_links) {
        PF_AUTO_SANDBOX PfSandbox box = { 0 };
        PF_CLEANUP(pf_target_unrefp) PfTarget *over = open_machine(&box);
        PF_AUTO_FREE char *text = NULL;
        PfFileInfo info;

        put(over, "/etc/absolute", "new\n");
        ck_assert_int_eq(pf_target_lstat(over, "/etc/absolute", &info, NULL), 0);
        ck_assert_int_eq(info.type, PF_FILE_SYMLINK);
        ck_assert_int_eq(pf_target_readlink(over, "/etc/absolute", &text, NULL), 0);
        ck_assert_str_eq(text, "/etc/real/file");
        ck_assert_int_eq(pf_target_lstat(over, "/etc/real/file", &info, NULL), 0);
        ck_assert_uint_eq(info.size_bytes, 4);
        text = (free(text), NULL);
        ck_assert_int_eq(pf_target_readlink(over, "/etc/real/file", &text, NULL), -EINVAL);
}
END_TEST

START_TEST(a_new_file_is_found_by_every_name) {
        static const char *const names[] = { "/etc/real/new", "/etc/directory/new", "/etc/dangling",
                                             "/etc/empty/../real/new" };
        PF_AUTO_SANDBOX PfSandbox box = { 0 };
        PF_CLEANUP(pf_target_unrefp) PfTarget *over = open_machine(&box);
        PF_AUTO_STRV PfStrv list = { 0 };
        PF_AUTO_FREE char *text = NULL;

        assert_absent(over, "/etc/real/new");
        put(over, names[_i], "made\n");
        for (size_t i = 0; i < PF_ELEMENTS(names); i++) {
                const PfFileInfo info = info_of(over, names[i]);

                assert_reads(over, names[i], "made\n");
                ck_assert_int_eq(info.type, PF_FILE_REGULAR);
                ck_assert_uint_eq(info.mode, 0644);
                ck_assert_uint_eq(info.uid + info.gid, 0);
                ck_assert_uint_eq(info.size_bytes, 5);
                ck_assert(pf_target_is_public(over, names[i]));
                assert_reads(box.target, names[i], NULL);
        }
        assert_lists(over, "/etc/real", "file new other");
        assert_lists(over, "/etc/directory/", "file new other");
        assert_lists(box.target, "/etc/real", "file other");
        assert_matches(over, "/etc/real/n*", "/etc/real/new");
        assert_matches(over, "/etc/*/new", "/etc/directory/new /etc/real/new");
        assert_matches(over, "/etc/dangl*", "/etc/dangling");
        assert_matches(over, "/etc/real/new", "/etc/real/new");
        assert_matches(over, "/etc/real/*/x", "");
        ck_assert_int_eq(pf_target_list(over, "/etc/real/new", &list, NULL), -ENOTDIR);
        ck_assert_int_eq(pf_target_readlink(over, "/etc/real/new", &text, NULL), -EINVAL);
        assert_reads(over, "/etc/real/new/below", NULL);
}
END_TEST

START_TEST(a_removed_file_is_nowhere) {
        PF_AUTO_SANDBOX PfSandbox box = { 0 };
        PF_CLEANUP(pf_target_unrefp) PfTarget *over = open_machine(&box);
        PfErr err = { 0 };
        PfFileInfo info;

        take_away(over, names_of_file[_i]);
        assert_absent(over, "/etc/real/file");
        assert_absent(over, "/etc/directory/file");
        assert_reads(over, "/etc/absolute", NULL);
        ck_assert_int_eq(pf_target_lstat(over, "/etc/absolute", &info, NULL), 0);
        assert_lists(over, "/etc/real", "other");
        assert_matches(over, "/etc/real/*", "/etc/real/other");
        assert_reads(box.target, "/etc/real/file", "old\n");
        ck_assert_int_eq(pf_overlay_remove(over, "/etc/absolute", &err), -ENOENT);
        put(over, "/etc/relative", "again\n");
        assert_reads(over, "/etc/absolute", "again\n");
        assert_lists(over, "/etc/real", "file other");
        assert_matches(over, "/etc/real/f*", "/etc/real/file");
        ck_assert_uint_ne(info_of(over, "/etc/real/file").inode,
                          info_of(box.target, "/etc/real/file").inode);
}
END_TEST

/* A name goes; what it is the name of stays, under others. */
START_TEST(hard_links) {
        PF_AUTO_SANDBOX PfSandbox box = { 0 };
        PF_CLEANUP(pf_target_unrefp) PfTarget *over = open_machine(&box);
        PF_AUTO_FREE char *from = pf_sandbox_path(&box, "/etc/real/file");
        PF_AUTO_FREE char *to = pf_sandbox_path(&box, "/etc/empty/link");

        ck_assert_int_eq(link(from, to), 0);
        put(over, "/etc/absolute", "new\n");
        assert_reads(over, "/etc/empty/link", "new\n");
        take_away(over, "/etc/empty/link");
        assert_absent(over, "/etc/empty/link");
        assert_reads(over, "/etc/real/file", "new\n");
}
END_TEST

START_TEST(what_cannot_be_put_is_refused) {
        static const struct {
                const char *path;
                int r;
        } cases[] = {
                { "/etc", -EISDIR },          { "/etc/directory", -EISDIR },   { "/fifo", -EINVAL },
                { "/missing/file", -ENOENT }, { "/etc/real/file/x", -ENOENT }, { "/loop", -ELOOP },
                { "relative", -EINVAL },      { "/etc/real/new/", -ENOENT },
        };
        PF_AUTO_SANDBOX PfSandbox box = { 0 };
        PF_CLEANUP(pf_target_unrefp) PfTarget *over = open_machine(&box);

        pf_sandbox_mkfifo(&box, "/fifo");
        pf_sandbox_symlink(&box, "loop", "/loop");
        for (size_t i = 0; i < PF_ELEMENTS(cases); i++) {
                PfErr err = { 0 };

                ck_assert_msg(pf_overlay_put(over, cases[i].path, "x", 1, &err) == cases[i].r,
                              "%s: %d %s", cases[i].path, err.code, err.text);
                ck_assert_str_ne(err.text, "");
                ck_assert_int_eq(pf_overlay_remove(over, cases[i].path, NULL), cases[i].r);
        }
        ck_assert_int_eq(pf_overlay_remove(over, "/etc/real/new", NULL), -ENOENT);
}
END_TEST

START_TEST(limits_count) {
        PF_AUTO_SANDBOX PfSandbox box = { 0 };
        PF_CLEANUP(pf_target_unrefp) PfTarget *over = open_machine(&box);
        PF_AUTO_BUF PfBuf small = PF_BUF_INIT(4), buf = PF_BUF_INIT(64);

        put(over, "/etc/real/file", "12345");
        ck_assert_int_eq(pf_buf_add_string(&buf, "before:"), 0);
        ck_assert_int_eq(pf_target_read(over, "/etc/real/file", 4, &buf, NULL), -EFBIG);
        ck_assert_str_eq(buf.data, "before:");
        ck_assert_int_eq(pf_target_read(over, "/etc/real/file", 64, &small, NULL), -EFBIG);
        ck_assert_int_eq(pf_target_read(over, "/etc/real/file", 5, &buf, NULL), 0);
        ck_assert_int_eq(pf_target_read_head(over, "/etc/real/file", 3, &buf, NULL), 0);
        ck_assert_int_eq(pf_target_read_head(over, "/etc/real/file", 9, &buf, NULL), 0);
        ck_assert_str_eq(buf.data, "before:1234512312345");
        put(over, "/etc/real/file", "");
        assert_reads(over, "/etc/real/file", "");
}
END_TEST

START_TEST(overlays_stack) {
        PF_AUTO_SANDBOX PfSandbox box = { 0 };
        PF_CLEANUP(pf_target_unrefp) PfTarget *first = open_machine(&box);
        PF_CLEANUP(pf_target_unrefp) PfTarget *second = NULL;

        put(first, "/etc/real/file", "first\n");
        put(first, "/etc/real/new", "first\n");
        take_away(first, "/etc/real/other");
        second = overlay_new(first);
        assert_reads(second, "/etc/absolute", "first\n");
        put(second, "/etc/relative", "second\n");
        put(second, "/etc/real/other", "second\n");
        take_away(second, "/etc/dangling");
        assert_reads(first, "/etc/real/file", "first\n");
        assert_lists(first, "/etc/real", "file new");
        first = pf_target_unref(first);
        assert_reads(second, "/etc/real/file", "second\n");
        assert_lists(second, "/etc/real", "file other");
        assert_absent(second, "/etc/real/new");
}
END_TEST

static int count(const PfAccessRecord *record, void *data) {
        (void) record;
        ++*(unsigned *) data;
        return 0;
}

START_TEST(each_keeps_its_own_record) {
        PF_AUTO_SANDBOX PfSandbox box = { 0 };
        PF_CLEANUP(pf_target_unrefp) PfTarget *over = open_machine(&box);
        unsigned n_over = 0, n_under = 0;

        put(over, "/etc/real/file", "new\n");
        assert_reads(over, "/etc/real/file", "new\n");
        assert_reads(over, "/etc/real/other", "other\n");
        ck_assert_int_eq(pf_target_each_access(over, count, &n_over), 0);
        ck_assert_int_eq(pf_target_each_access(box.target, count, &n_under), 0);
        ck_assert_uint_eq(n_over, 2);
        ck_assert_uint_eq(n_under, 0);
        ck_assert_str_eq(pf_target_root(over), box.root);
        ck_assert(!pf_target_is_live(over) && !pf_target_is_host(over));
        ck_assert(pf_overlay_holds(over, "/etc/absolute"));
        ck_assert(!pf_overlay_holds(over, "/etc/real/other"));
        ck_assert(!pf_overlay_holds(box.target, "/etc/real/file"));
}
END_TEST

/* --- piece by piece --- */

static int first_byte(PfTargetFile *file, void *data, PfBuf *ret, PfErr *err) {
        char byte = '?';
        size_t n;
        int r = pf_target_file_read(file, &byte, 1, &n, err);

        ++*(unsigned *) data;
        return r < 0 ? r : pf_buf_printf(ret, "%c\n", byte);
}

static void assert_derives(const PfTarget *target, const char *path, unsigned *n,
                           const char *expected) {
        PF_AUTO_BUF PfBuf answer = PF_BUF_INIT(64);

        ck_assert_int_eq(pf_target_derive(target, "first", path, first_byte, n, &answer, NULL), 0);
        ck_assert_str_eq(answer.data, expected);
}

/* Long ago, so that an answer about it is kept at once. */
static void make_old(PfSandbox *box, const char *path) {
        unsigned n = 0, before;

        do {
                (void) usleep(50000);
                before = n;
                assert_derives(box->target, path, &n, "o\n");
        } while (n > before);
}

START_TEST(answers_are_not_mixed_up) {
        PF_AUTO_SANDBOX PfSandbox box = { 0 };
        PF_CLEANUP(pf_target_unrefp) PfTarget *over = open_machine(&box);
        unsigned n = 0;

        make_old(&box, "/etc/real/file");
        assert_derives(over, "/etc/real/file", &n, "o\n");
        ck_assert_uint_eq(n, 0);
        put(over, "/etc/real/file", "new\n");
        for (unsigned i = 1; i <= 3; i++) {
                assert_derives(over, "/etc/real/file", &n, "n\n");
                ck_assert_uint_eq(n, i);
        }
        n = 0;
        assert_derives(box.target, "/etc/real/file", &n, "o\n");
        ck_assert_uint_eq(n, 0);
}
END_TEST

static void assert_pieces(const PfTarget *target, const char *path) {
        PF_CLEANUP(pf_target_file_closep) PfTargetFile *file = NULL;
        char bytes[4] = "";
        uint64_t skipped;
        size_t n;

        ck_assert_int_eq(pf_target_open(target, path, &file, NULL), 0);
        ck_assert_int_eq(pf_target_file_read(file, bytes, 3, &n, NULL), 0);
        ck_assert_uint_eq(n, 3);
        ck_assert_str_eq(bytes, "abc");
        ck_assert_int_eq(pf_target_file_skip(file, 2, &skipped, NULL), 0);
        ck_assert_uint_eq(skipped, 2);
        ck_assert_int_eq(pf_target_file_read(file, bytes, 3, &n, NULL), 0);
        ck_assert_uint_eq(n, 1);
        ck_assert_int_eq(bytes[0], 'f');
        ck_assert_int_eq(pf_target_file_skip(file, 2, &skipped, NULL), 0);
        ck_assert_uint_eq(skipped, 0);
}

START_TEST(contents_out_of_a_descriptor) {
        PF_AUTO_SANDBOX PfSandbox box = { 0 };
        PF_CLEANUP(pf_target_unrefp) PfTarget *over = open_machine(&box);
        PF_AUTO_FREE char *spool = pf_sandbox_path(&box, "/spool");
        int fd;

        pf_sandbox_write(&box, "/spool", "abcdef");
        fd = open(spool, O_RDONLY | O_CLOEXEC);
        ck_assert_int_eq(pf_overlay_put_fd(over, "/etc/real/new", fd, NULL), 0);
        (void) pf_close(fd);
        put(over, "/etc/real/file", "abcdef");
        assert_reads(over, "/etc/dangling", "abcdef");
        assert_pieces(over, "/etc/dangling");
        assert_pieces(over, "/etc/absolute");
        assert_pieces(box.target, "/spool");
        ck_assert_uint_eq(info_of(over, "/etc/real/new").size_bytes, 6);
}
END_TEST

/* --- answers --- */

static void answer(PfTarget *overlay, const char *book, const char *question, const char *json) {
        PfJson *value = NULL;

        ck_assert_int_eq(pf_json_parse(json, strlen(json), 8, &value, NULL), 0);
        ck_assert_int_eq(pf_overlay_answer(overlay, book, question, value), 0);
}

START_TEST(an_answer_is_given_first) {
        PF_AUTO_SANDBOX PfSandbox box = { 0 };
        PF_CLEANUP(pf_target_unrefp) PfTarget *over = open_machine(&box);
        PF_CLEANUP(pf_target_unrefp) PfTarget *second = NULL;
        const PfJson *got = NULL;

        ck_assert_int_eq(pf_target_recall(over, "units", "ssh.service", &got, NULL),
                         PF_TARGET_ABSENT);
        answer(over, "units", "ssh.service", "{\"state\":\"active\"}");
        answer(over, "units", "ssh.socket", "{\"outcome\":\"absent\"}");
        second = overlay_new(over);
        answer(second, "units", "ssh.service", "{\"state\":\"failed\"}");
        ck_assert_int_eq(pf_target_recall(over, "units", "ssh.service", &got, NULL), 0);
        ck_assert_str_eq(pf_json_get_string(got, "state"), "active");
        ck_assert_int_eq(pf_target_recall(second, "units", "ssh.service", &got, NULL), 0);
        ck_assert_str_eq(pf_json_get_string(got, "state"), "failed");
        ck_assert_int_eq(pf_target_recall(second, "units", "ssh.socket", &got, NULL),
                         PF_TARGET_ABSENT);
        ck_assert_int_eq(pf_target_recall(box.target, "units", "ssh.service", &got, NULL),
                         PF_TARGET_ABSENT);
}
END_TEST

/* What a mount will make of the table; the numbers of /proc are of no use there. */
START_TEST(files_of_proc_go_by_their_path) {
        PF_CLEANUP(pf_target_unrefp) PfTarget *host = NULL;
        PF_CLEANUP(pf_target_unrefp) PfTarget *over = NULL;
        PF_AUTO_BUF PfBuf buf = PF_BUF_INIT(1 << 20);

        if (access("/proc/self/mountinfo", R_OK) < 0) {
                pf_test_skip("no /proc here");
                return;
        }
        ck_assert_int_eq(pf_target_new("/", PF_TARGET_DEFAULT, &host, NULL), 0);
        over = overlay_new(host);
        ck_assert(pf_target_is_host(over) && pf_target_is_live(over));
        put(over, "/proc/self/mountinfo", "1 0 8:1 / / rw - ext4 /dev/sda1 rw\n");
        assert_reads(over, "/proc/self/mountinfo", "1 0 8:1 / / rw - ext4 /dev/sda1 rw\n");
        ck_assert_int_eq(pf_target_read(over, "/proc/self/status", 1 << 20, &buf, NULL), 0);
        take_away(over, "/proc/self/mountinfo");
        assert_reads(over, "/proc/self/mountinfo", NULL);
        ck_assert_int_eq(pf_target_read(host, "/proc/self/mountinfo", 1 << 20, &buf, NULL), 0);
}
END_TEST

/* --- a captured machine --- */

static const char about[] = "{\"schema\":1,\"live\":true,\"timeUSec\":1763827200000000}";

static PfTarget *open_captured(PfSandbox *box) {
        pf_sandbox_new(box);
        pf_sandbox_write(box, "/.preflight/capture.json", about);
        pf_sandbox_write(box, "/.preflight/stat.json",
                         "{\"/etc/conf\":{\"type\":\"regular\",\"mode\":416,\"uid\":0,\"gid\":7,"
                         "\"size\":4,\"device\":\"1\",\"inode\":\"2\",\"modifiedUSec\":3},"
                         "\"/etc/none\":{\"outcome\":\"absent\"},"
                         "\"/nowhere\":{\"outcome\":\"absent\"},"
                         "\"/etc\":{\"type\":\"directory\",\"mode\":493}}");
        pf_sandbox_write(box, "/.preflight/read.json",
                         "{\"/etc/conf\":{\"size\":4,\"kept\":4},"
                         "\"/etc/link\":{\"size\":4,\"kept\":4},"
                         "\"/etc/conf.d/a.conf\":{\"size\":2,\"kept\":2},"
                         "\"/etc/none\":{\"outcome\":\"absent\"}}");
        pf_sandbox_write(box, "/.preflight/list.json",
                         "{\"/etc/conf.d\":{\"names\":[\"a.conf\"]},"
                         "\"/etc/uncopied\":{\"names\":[\"x\"]}}");
        pf_sandbox_write(box, "/.preflight/glob.json",
                         "{\"/etc/conf.d/*.conf\":{\"paths\":[\"/etc/conf.d/a.conf\"]},"
                         "\"/etc/uncopied/*\":{\"paths\":[\"/etc/uncopied/x\"]}}");
        pf_sandbox_write(box, "/.preflight/first.json",
                         "{\"/etc/conf\":{\"lines\":[\"captured\"]}}");
        pf_sandbox_write(box, "/etc/conf", "old\n");
        pf_sandbox_symlink(box, "conf", "/etc/link");
        pf_sandbox_write(box, "/etc/conf.d/a.conf", "a\n");
        pf_sandbox_reset_target(box);
        ck_assert(pf_target_is_live(box->target));
        return overlay_new(box->target);
}

START_TEST(over_a_captured_machine) {
        PF_AUTO_SANDBOX PfSandbox box = { 0 };
        PF_CLEANUP(pf_target_unrefp) PfTarget *over = open_captured(&box);
        PfFileInfo info;
        unsigned n = 0;

        ck_assert(pf_target_is_live(over));
        ck_assert_uint_eq(pf_target_now_usec(over), 1763827200000000u);
        assert_derives(over, "/etc/conf", &n, "captured\n");
        put(over, "/etc/link", "newer\n");
        assert_reads(over, "/etc/conf", "newer\n");
        assert_reads(over, "/etc/link", "newer\n");
        assert_derives(over, "/etc/conf", &n, "n\n");
        put(over, "/etc/conf", "newest\n");
        assert_reads(over, "/etc/link", "newest\n");
        ck_assert_int_eq(pf_target_stat(over, "/etc/link", &info, NULL), -ENODATA);

        put(over, "/etc/none", "is there\n");
        assert_reads(over, "/etc/none", "is there\n");
        ck_assert_uint_eq(info_of(over, "/etc/none").mode, 0644);
        ck_assert_int_eq(pf_overlay_put(over, "/nowhere/x", "", 0, NULL), -ENOENT);
        ck_assert_int_eq(pf_overlay_put(over, "/etc", "", 0, NULL), -EISDIR);
        assert_reads(box.target, "/etc/conf", "old\n");
}
END_TEST

START_TEST(owners_of_a_captured_file_stay) {
        PF_AUTO_SANDBOX PfSandbox box = { 0 };
        PF_CLEANUP(pf_target_unrefp) PfTarget *over = open_captured(&box);
        PfFileInfo info;

        put(over, "/etc/conf", "newest\n");
        info = info_of(over, "/etc/conf");
        ck_assert_uint_eq(info.mode, 0640);
        ck_assert_uint_eq(info.gid, 7);
        ck_assert_uint_eq(info.inode, 2);
        ck_assert_uint_eq(info.size_bytes, 7);
        take_away(over, "/etc/conf");
        assert_reads(over, "/etc/conf", NULL);
        ck_assert_int_eq(pf_target_stat(over, "/etc/conf", &info, NULL), PF_TARGET_ABSENT);
}
END_TEST

START_TEST(directories_of_a_captured_machine) {
        PF_AUTO_SANDBOX PfSandbox box = { 0 };
        PF_CLEANUP(pf_target_unrefp) PfTarget *over = open_captured(&box);

        put(over, "/etc/conf.d/00.conf", "0\n");
        put(over, "/etc/conf.d/readme", "\n");
        put(over, "/etc/uncopied/y", "y\n");
        assert_lists(over, "/etc/conf.d", "00.conf a.conf readme");
        assert_matches(over, "/etc/conf.d/*.conf", "/etc/conf.d/00.conf /etc/conf.d/a.conf");
        assert_lists(over, "/etc/uncopied", "x y");
        assert_matches(over, "/etc/uncopied/*", "/etc/uncopied/x /etc/uncopied/y");
        take_away(over, "/etc/conf.d/a.conf");
        take_away(over, "/etc/uncopied/y");
        assert_lists(over, "/etc/conf.d", "00.conf readme");
        assert_matches(over, "/etc/conf.d/*.conf", "/etc/conf.d/00.conf");
        assert_lists(over, "/etc/uncopied", "x");
        assert_reads(over, "/etc/conf.d/a.conf", NULL);
}
END_TEST

static void add_loop(Suite *suite, const char *name, const TTest *test, int n) {
        TCase *tcase = tcase_create(name);

        tcase_add_loop_test(tcase, test, 0, n);
        suite_add_tcase(suite, tcase);
}

int main(void) {
        Suite *suite = suite_create("overlay");

        add_loop(suite, "a_file_is_the_same_by_every_name", a_file_is_the_same_by_every_name,
                 (int) PF_ELEMENTS(names_of_file));
        add_loop(suite, "a_removed_file_is_nowhere", a_removed_file_is_nowhere,
                 (int) PF_ELEMENTS(names_of_file));
        add_loop(suite, "a_new_file_is_found_by_every_name", a_new_file_is_found_by_every_name, 4);
        PF_TEST(suite, links_stay_links);
        PF_TEST(suite, hard_links);
        PF_TEST(suite, what_cannot_be_put_is_refused);
        PF_TEST(suite, limits_count);
        PF_TEST(suite, overlays_stack);
        PF_TEST(suite, each_keeps_its_own_record);
        PF_TEST(suite, answers_are_not_mixed_up);
        PF_TEST(suite, contents_out_of_a_descriptor);
        PF_TEST(suite, an_answer_is_given_first);
        PF_TEST(suite, files_of_proc_go_by_their_path);
        PF_TEST(suite, over_a_captured_machine);
        PF_TEST(suite, owners_of_a_captured_file_stay);
        PF_TEST(suite, directories_of_a_captured_machine);
        return pf_test_main(suite);
}
