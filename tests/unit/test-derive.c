/* SPDX-License-Identifier: MIT */
/* Answers worked out of files: kept while the file is the same, and no longer. */
#include "daemon/base/memo.h"

#include <string.h>
#include <uv.h>

#include "tests/support/sandbox.h"
#include "tests/support/test-main.h"

static const PfFileIdentity some = { 1, 2, 3, 4, 5 };

static void assert_kept(PfMemo *memo, const char *path, const PfFileIdentity *identity,
                        const char *expected) {
        PF_AUTO_BUF PfBuf text = PF_BUF_INIT(PF_MEMO_BYTES_MAX);
        int r = pf_memo_find(memo, "subject", path, identity, &text);

        ck_assert_int_eq(r, expected ? 0 : PF_MEMO_NONE);
        if (expected)
                ck_assert_str_eq(text.data, expected);
}

START_TEST(another_file_has_no_answer) {
        static const PfFileIdentity others[] = {
                { 9, 2, 3, 4, 5 }, { 1, 9, 3, 4, 5 }, { 1, 2, 9, 4, 5 },
                { 1, 2, 3, 9, 5 }, { 1, 2, 3, 4, 9 },
        };
        PF_CLEANUP(pf_memo_freep) PfMemo *memo = NULL;
        PF_AUTO_BUF PfBuf text = PF_BUF_INIT(16);

        ck_assert_int_eq(pf_memo_new(&memo), 0);
        assert_kept(memo, "/a", &some, NULL);
        pf_memo_keep(memo, "subject", "/a", &some, "answer", 6);
        assert_kept(memo, "/a", &some, "answer");
        assert_kept(memo, "/b", &some, NULL);
        ck_assert_int_eq(pf_memo_find(memo, "other", "/a", &some, &text), PF_MEMO_NONE);
        for (size_t i = 0; i < PF_ELEMENTS(others); i++)
                assert_kept(memo, "/a", &others[i], NULL);
        pf_memo_keep(memo, "subject", "/a", &others[0], "newer", 5);
        assert_kept(memo, "/a", &some, NULL);
        assert_kept(memo, "/a", &others[0], "newer");
}
END_TEST

START_TEST(what_was_asked_for_longest_ago_goes) {
        PF_CLEANUP(pf_memo_freep) PfMemo *memo = NULL;
        char path[32];

        ck_assert_int_eq(pf_memo_new(&memo), 0);
        for (unsigned i = 0; i < PF_MEMO_ANSWERS_MAX; i++) {
                (void) snprintf(path, sizeof(path), "/%u", i);
                pf_memo_keep(memo, "subject", path, &some, path, strlen(path));
        }
        assert_kept(memo, "/0", &some, "/0");
        pf_memo_keep(memo, "subject", "/one-more", &some, "", 0);
        assert_kept(memo, "/0", &some, "/0");
        assert_kept(memo, "/1", &some, NULL);
        assert_kept(memo, "/2", &some, "/2");
}
END_TEST

START_TEST(memory_has_a_bound) {
        PF_CLEANUP(pf_memo_freep) PfMemo *memo = NULL;
        PF_AUTO_FREE char *large = calloc(1, PF_MEMO_BYTES_MAX + 2);

        memset(large, 'x', PF_MEMO_BYTES_MAX + 1);
        ck_assert_int_eq(pf_memo_new(&memo), 0);
        pf_memo_keep(memo, "subject", "/large", &some, large, PF_MEMO_BYTES_MAX + 1);
        assert_kept(memo, "/large", &some, NULL);
        pf_memo_keep(memo, "subject", "/a", &some, "a", 1);
        pf_memo_keep(memo, "subject", "/b", &some, "b", 1);
        pf_memo_keep(memo, "subject", "/large", &some, large, PF_MEMO_BYTES_MAX - 1);
        assert_kept(memo, "/a", &some, NULL);
        assert_kept(memo, "/b", &some, "b");
        large[PF_MEMO_BYTES_MAX - 1] = '\0';
        assert_kept(memo, "/large", &some, large);
}
END_TEST

static void use(void *data) {
        for (unsigned i = 0; i < 2000; i++) {
                PF_AUTO_BUF PfBuf text = PF_BUF_INIT(16);
                const PfFileIdentity identity = { .inode = i % 3 };
                char path[16];

                (void) snprintf(path, sizeof(path), "/%u", i % 23);
                if (pf_memo_find(data, "subject", path, &identity, &text) == 0)
                        ck_assert_str_eq(text.data, path);
                else
                        pf_memo_keep(data, "subject", path, &identity, path, strlen(path));
        }
}

START_TEST(several_threads_at_once) {
        PF_CLEANUP(pf_memo_freep) PfMemo *memo = NULL;
        uv_thread_t threads[4];

        ck_assert_int_eq(pf_memo_new(&memo), 0);
        for (size_t i = 0; i < PF_ELEMENTS(threads); i++)
                ck_assert_int_eq(uv_thread_create(&threads[i], use, memo), 0);
        for (size_t i = 0; i < PF_ELEMENTS(threads); i++)
                ck_assert_int_eq(uv_thread_join(&threads[i]), 0);
}
END_TEST

/* --- of a target's files --- */

typedef struct Work {
        unsigned n;
        int r;
} Work;

/* The file is its own answer. */
static int copy(PfTargetFile *file, void *data, PfBuf *ret, PfErr *err) {
        Work *work = data;
        char bytes[64];
        size_t n = 0;
        int r;

        work->n++;
        if (work->r < 0)
                return pf_err_set(err, work->r, "does not work");
        r = pf_target_file_read(file, bytes, sizeof(bytes), &n, err);
        return r < 0 ? r : pf_buf_add(ret, bytes, n);
}

static void assert_derives(const PfSandbox *box, Work *work, const char *expected) {
        PF_AUTO_BUF PfBuf text = PF_BUF_INIT(64);
        PfErr err = { 0 };

        ck_assert_msg(pf_target_derive(box->target, "copy", "/file", copy, work, &text, &err) == 0,
                      "%s", err.text);
        ck_assert_str_eq(text.data, expected);
}

/* Asks until the file is old enough for its answer to be kept. */
static void derive_until_kept(const PfSandbox *box, Work *work, const char *expected) {
        unsigned before;

        do {
                uv_sleep(50);
                before = work->n;
                assert_derives(box, work, expected);
        } while (work->n > before);
}

START_TEST(a_changed_file_is_read_anew) {
        PF_AUTO_SANDBOX PfSandbox box = { 0 };
        Work work = { 0 };

        pf_sandbox_new(&box);
        pf_sandbox_write(&box, "/file", "one\n");
        assert_derives(&box, &work, "one\n");
        /* Twice within one tick of the clock, with the same size. */
        pf_sandbox_write(&box, "/file", "two\n");
        assert_derives(&box, &work, "two\n");
        ck_assert_uint_eq(work.n, 2);
        derive_until_kept(&box, &work, "two\n");

        work.n = 0;
        pf_sandbox_write(&box, "/file", "six\n");
        assert_derives(&box, &work, "six\n");
        ck_assert_uint_eq(work.n, 1);
        pf_sandbox_remove(&box, "/file");
        pf_sandbox_write(&box, "/file", "ten\n");
        assert_derives(&box, &work, "ten\n");
        ck_assert_uint_eq(work.n, 2);
}
END_TEST

START_TEST(errors_are_not_kept) {
        PF_AUTO_SANDBOX PfSandbox box = { 0 };
        PF_AUTO_BUF PfBuf text = PF_BUF_INIT(64);
        Work work = { .r = -EIO };
        PfErr err = { 0 };

        pf_sandbox_new(&box);
        ck_assert_int_eq(pf_target_derive(box.target, "copy", "/file", copy, &work, &text, &err),
                         PF_TARGET_ABSENT);
        pf_sandbox_write(&box, "/file", "one\n");
        ck_assert_int_eq(pf_target_derive(box.target, "copy", "/file", copy, &work, &text, &err),
                         -EIO);
        ck_assert_str_eq(err.text, "does not work");
        work.r = 0;
        assert_derives(&box, &work, "one\n");
}
END_TEST

/* What a capture keeps is the answer, or the error, and never the file. */
START_TEST(a_capture_keeps_the_answer) {
        PF_AUTO_SANDBOX PfSandbox box = { 0 };
        PF_AUTO_BUF PfBuf text = PF_BUF_INIT(64);
        PF_CLEANUP(pf_json_freep) PfJson *books = NULL;
        Work work = { 0 }, fails = { .r = -EIO };
        PfErr err = { 0 };
        const PfJson *book;

        pf_sandbox_new(&box);
        pf_sandbox_write(&box, "/file", "one\ntwo\n");
        pf_sandbox_write(&box, "/other", "x\n");
        pf_target_start_recording(box.target, NULL, NULL);
        assert_derives(&box, &work, "one\ntwo\n");
        ck_assert_int_eq(pf_target_derive(box.target, "copy", "/other", copy, &fails, &text, &err),
                         -EIO);
        ck_assert_int_eq(pf_target_stop_recording(box.target, &books), 0);

        book = pf_json_get(books, "copy");
        ck_assert_uint_eq(pf_json_length(pf_json_get(pf_json_get(book, "/file"), "lines")), 2);
        ck_assert_int_eq(pf_json_integer(pf_json_get(pf_json_get(book, "/other"), "error")), EIO);
        ck_assert_str_eq(pf_json_get_string(pf_json_get(book, "/other"), "text"), "does not work");
}
END_TEST

int main(void) {
        Suite *suite = suite_create("derive");

        PF_TEST(suite, another_file_has_no_answer);
        PF_TEST(suite, what_was_asked_for_longest_ago_goes);
        PF_TEST(suite, memory_has_a_bound);
        PF_TEST(suite, several_threads_at_once);
        PF_TEST(suite, a_changed_file_is_read_anew);
        PF_TEST(suite, errors_are_not_kept);
        PF_TEST(suite, a_capture_keeps_the_answer);
        return pf_test_main(suite);
}
