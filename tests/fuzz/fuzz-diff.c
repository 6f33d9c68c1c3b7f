/* SPDX-License-Identifier: MIT */
/*
 * Differences: what is applied to the text before, as the format says, gives the text
 * after. Both are in the input, with a NUL between them.
 */
#include "tests/fuzz/fuzz.h"

#include <string.h>

#include "daemon/remedy/diff.h"

/* What is left of a text. */
typedef struct Rest {
        const char *at;
        size_t n;
} Rest;

static Rest take_line(Rest *rest) {
        const char *end = memchr(rest->at, '\n', rest->n);
        Rest line = { rest->at, end ? (size_t) (end - rest->at) + 1 : rest->n };

        rest->at += line.n;
        rest->n -= line.n;
        return line;
}

/* A line of a hunk behind its mark; without the line end that it did not have. */
static Rest take_text(Rest *diff) {
        Rest line = take_line(diff);

        check(line.n > 1 && line.at[line.n - 1] == '\n');
        line.at++;
        line.n--;
        if (diff->n > 0 && diff->at[0] == '\\') {
                (void) take_line(diff);
                line.n--;
        }
        return line;
}

static void put(PfBuf *after, Rest line) {
        check(pf_buf_add(after, line.at, line.n) == 0);
}

/* Copies the lines in front of a hunk. */
static void enter_hunk(Rest header, Rest before_all, Rest *before, PfBuf *after) {
        size_t line = 1, first, n = 1;
        char *end;

        check(header.n > 4 && memcmp(header.at, "@@ -", 4) == 0);
        first = strtoull(header.at + 4, &end, 10);
        if (*end == ',')
                n = strtoull(end + 1, NULL, 10);
        for (Rest rest = before_all; rest.at < before->at; line++)
                (void) take_line(&rest);
        for (; line < first + (n == 0); line++) {
                check(before->n > 0);
                put(after, take_line(before));
        }
}

static void apply(Rest diff, Rest before_all, PfBuf *after) {
        Rest before = before_all;

        for (unsigned i = 0; i < 2 && diff.n > 0; i++)
                (void) take_line(&diff);
        while (diff.n > 0) {
                char mark = diff.at[0];
                Rest text, line;

                if (mark == '@') {
                        enter_hunk(take_line(&diff), before_all, &before, after);
                        continue;
                }
                check(mark == ' ' || mark == '-' || mark == '+');
                text = take_text(&diff);
                if (mark != '+') {
                        line = take_line(&before);
                        check(line.n == text.n && memcmp(line.at, text.at, text.n) == 0);
                }
                if (mark != '-')
                        put(after, text);
        }
        put(after, before);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n) {
        const uint8_t *end = n > 0 ? memchr(bytes, '\0', n) : NULL;
        size_t n_before = end ? (size_t) (end - bytes) : n;
        Rest before = { (const char *) bytes, n_before };
        Rest after = { end ? (const char *) end + 1 : "", end ? n - n_before - 1 : 0 };
        PF_AUTO_BUF PfBuf diff = PF_BUF_INIT(64u << 20);
        PF_AUTO_BUF PfBuf applied = PF_BUF_INIT(64u << 20);

        if (pf_diff("/f", before.at, before.n, after.at, after.n, &diff) < 0)
                return 0;
        if (diff.n > 0)
                apply((Rest){ diff.data, diff.n }, before, &applied);
        else
                put(&applied, before);
        check(applied.n == after.n &&
              (after.n == 0 || memcmp(applied.data, after.at, after.n) == 0));
        return 0;
}
