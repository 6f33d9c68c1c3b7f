/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * A folder of the corpus beside the project: files, and truth.json with what
 * independent programs made of each.
 */

#include <check.h>
#include <stdio.h>
#include <string.h>

#include "daemon/base/buf.h"
#include "daemon/base/json.h"
#include "tests/support/test-main.h"

/* The contents of a file, which the caller frees. Fails the test where there is none. */
static inline char *pf_corpus_read(const char *folder, const char *name, size_t *ret_n) {
        char path[4096];
        PF_AUTO_BUF PfBuf buf = PF_BUF_INIT(16 << 20);
        PF_AUTO_FCLOSE FILE *file = NULL;
        size_t n;

        (void) snprintf(path, sizeof(path), "%s/corpus/%s/%s", pf_test_shared(), folder, name);
        file = fopen(path, "rb");
        ck_assert_msg(file, "%s", path);
        do {
                ck_assert_int_eq(pf_buf_reserve(&buf, 65536), 0);
                n = fread(buf.data + buf.n, 1, 65536, file);
                buf.n += n;
                buf.data[buf.n] = '\0';
        } while (n > 0);
        *ret_n = buf.n;
        return pf_buf_steal(&buf);
}

static inline int pf_corpus_count(const char *file, PfJson *truth, void *data) {
        (void) file;
        (void) truth;
        ++*(size_t *) data;
        return 0;
}

/* Calls @visit with each file name and its truth; skips the test without the
 * corpus. Return: how many there were. */
static inline size_t pf_corpus_each(const char *folder, PfJsonVisit visit, void *data) {
        PF_CLEANUP(pf_json_freep) PfJson *truth = NULL;
        PF_AUTO_FREE char *text = NULL;
        PfErr err = { 0 };
        size_t n, count = 0;

        if (!pf_test_shared()) {
                pf_test_skip("no corpus beside the project");
                return 0;
        }
        text = pf_corpus_read(folder, "truth.json", &n);
        ck_assert_msg(pf_json_parse(text, n, 16, &truth, &err) == 0, "%s", err.text);
        ck_assert_int_eq(pf_json_each(pf_json_get(truth, "files"), visit, data), 0);
        ck_assert_int_eq(pf_json_each(pf_json_get(truth, "files"), pf_corpus_count, &count), 0);
        ck_assert_uint_gt(count, 0);
        return count;
}

/* Compares a text with a member of the truth, which is null where @got is NULL. */
static inline void pf_corpus_same(const char *where, const char *what, const char *got,
                                  const PfJson *want) {
        const char *text = want ? pf_json_string(want) : NULL;

        ck_assert_msg((got == NULL) == (text == NULL) && (!got || strcmp(got, text) == 0),
                      "%s: %s is \"%s\", not \"%s\"", where, what, got ? got : "(none)",
                      text ? text : "(none)");
}
