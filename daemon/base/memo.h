/* SPDX-License-Identifier: MIT */
#pragma once

#include "daemon/base/buf.h"
#include "daemon/base/target-file.h"

/*
 * What was worked out of files, each answer for as long as its file is the same.
 *
 * Bounded: the answer that was not asked for longest goes first. Functions may be
 * called from several threads at once.
 */
typedef struct PfMemo PfMemo;

#define PF_MEMO_ANSWERS_MAX 16
#define PF_MEMO_BYTES_MAX (256u << 10) /* of all answers together */

bool pf_file_identity_equal(const PfFileIdentity *a, const PfFileIdentity *b);

/* Return: 0, -ENOMEM. */
int pf_memo_new(PfMemo **ret) PF_MUST_CHECK;
PfMemo *pf_memo_free(PfMemo *memo);
PF_DEFINE_CLEANUP(PfMemo, pf_memo_free);

/* Positive outcome: it has no answer about this file. */
enum { PF_MEMO_NONE = 1 };

/* Adds the answer to @ret. Return: 0, PF_MEMO_NONE, or as pf_buf_add(). */
int pf_memo_find(PfMemo *memo, const char *subject, const char *path,
                 const PfFileIdentity *identity, PfBuf *ret) PF_MUST_CHECK;

/* Keeps an answer of @n bytes, in the place of an older one to @subject and @path. One
 * that is too large, or that there is no memory for, is not kept. */
void pf_memo_keep(PfMemo *memo, const char *subject, const char *path,
                  const PfFileIdentity *identity, const char *text, size_t n);
