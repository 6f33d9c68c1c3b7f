/* SPDX-License-Identifier: MIT */
#include "daemon/base/memo.h"

#include <stdlib.h>
#include <string.h>
#include <uv.h>

typedef struct Answer {
        char *subject;
        char *path;
        PfFileIdentity identity;
        char *text;
        size_t n;
} Answer;

struct PfMemo {
        uv_mutex_t lock;                     /* what follows */
        Answer answers[PF_MEMO_ANSWERS_MAX]; /* the one asked for last comes first */
        size_t n;
        size_t n_bytes;
};

int pf_memo_new(PfMemo **ret) {
        PfMemo *memo = calloc(1, sizeof(*memo));

        if (!memo || uv_mutex_init(&memo->lock) < 0) {
                free(memo);
                return -ENOMEM;
        }
        *ret = memo;
        return 0;
}

static void answer_deinit(Answer *answer) {
        free(answer->subject);
        free(answer->path);
        free(answer->text);
        *answer = (Answer){ 0 };
}

PfMemo *pf_memo_free(PfMemo *memo) {
        if (!memo)
                return NULL;
        for (size_t i = 0; i < memo->n; i++)
                answer_deinit(&memo->answers[i]);
        uv_mutex_destroy(&memo->lock);
        free(memo);
        return NULL;
}

bool pf_file_identity_equal(const PfFileIdentity *a, const PfFileIdentity *b) {
        return a->device == b->device && a->inode == b->inode && a->size_bytes == b->size_bytes &&
               a->modified_nsec == b->modified_nsec && a->changed_nsec == b->changed_nsec;
}

/* Its place in the list; memo->n where it is not there. */
static size_t find_locked(const PfMemo *memo, const char *subject, const char *path) {
        size_t i = 0;

        while (i < memo->n && (strcmp(memo->answers[i].path, path) != 0 ||
                               strcmp(memo->answers[i].subject, subject) != 0))
                i++;
        return i;
}

static void remove_locked(PfMemo *memo, size_t i) {
        memo->n_bytes -= memo->answers[i].n;
        answer_deinit(&memo->answers[i]);
        memo->n--;
        memmove(&memo->answers[i], &memo->answers[i + 1], (memo->n - i) * sizeof(memo->answers[0]));
}

/* There is room for one more. */
static void insert_locked(PfMemo *memo, Answer answer_take) {
        memmove(&memo->answers[1], &memo->answers[0], memo->n * sizeof(memo->answers[0]));
        memo->answers[0] = answer_take;
        memo->n++;
        memo->n_bytes += answer_take.n;
}

static void move_to_front_locked(PfMemo *memo, size_t i) {
        Answer answer = memo->answers[i];

        memmove(&memo->answers[1], &memo->answers[0], i * sizeof(memo->answers[0]));
        memo->answers[0] = answer;
}

int pf_memo_find(PfMemo *memo, const char *subject, const char *path,
                 const PfFileIdentity *identity, PfBuf *ret) {
        int r = PF_MEMO_NONE;
        size_t i;

        uv_mutex_lock(&memo->lock);
        i = find_locked(memo, subject, path);
        if (i < memo->n && pf_file_identity_equal(&memo->answers[i].identity, identity)) {
                r = pf_buf_add(ret, memo->answers[i].text, memo->answers[i].n);
                move_to_front_locked(memo, i);
        }
        uv_mutex_unlock(&memo->lock);
        return r;
}

void pf_memo_keep(PfMemo *memo, const char *subject, const char *path,
                  const PfFileIdentity *identity, const char *text, size_t n) {
        Answer answer = { .identity = *identity, .n = n };
        size_t i;

        uv_mutex_lock(&memo->lock);
        i = find_locked(memo, subject, path);
        if (i < memo->n)
                remove_locked(memo, i);
        if (n <= PF_MEMO_BYTES_MAX) {
                answer.subject = strdup(subject);
                answer.path = strdup(path);
                answer.text = malloc(n + 1);
        }
        if (answer.subject && answer.path && answer.text) {
                while (memo->n == PF_MEMO_ANSWERS_MAX || memo->n_bytes > PF_MEMO_BYTES_MAX - n)
                        remove_locked(memo, memo->n - 1);
                if (n > 0)
                        memcpy(answer.text, text, n);
                insert_locked(memo, answer);
        } else {
                answer_deinit(&answer);
        }
        uv_mutex_unlock(&memo->lock);
}
