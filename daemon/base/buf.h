/* SPDX-License-Identifier: MIT */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "daemon/base/cleanup.h"

/*
 * Bytes that grow up to a maximum set at birth. The contents are always
 * followed by a NUL that is not counted, so a text can be used as a string.
 */
typedef struct PfBuf {
        char *data; /* NULL while nothing was added */
        size_t n;
        size_t allocated;
        size_t max;     /* never holds more bytes than this */
        bool is_secret; /* memory is overwritten before it is given back */
} PfBuf;

#define PF_BUF_INIT(maximum)                                                                       \
        { .max = (maximum) }
/* For what holds hashes or keys. Its contents are not to be stolen. */
#define PF_SECRET_BUF_INIT(maximum)                                                                \
        { .max = (maximum), .is_secret = true }

void pf_buf_deinit(PfBuf *buf);
#define PF_AUTO_BUF PF_CLEANUP(pf_buf_deinit)

/* Overwrites @n bytes in a way that no compiler leaves out. */
void pf_wipe(void *bytes, size_t n);

/**
 * pf_buf_reserve() - make room for @n more bytes behind buf->data[buf->n]
 * Return: 0, -ENOBUFS where the maximum does not allow it, -ENOMEM. On error
 *         the contents are as before.
 */
int pf_buf_reserve(PfBuf *buf, size_t n) PF_MUST_CHECK;

/* Add bytes; errors as pf_buf_reserve(). */
int pf_buf_add(PfBuf *buf, const void *bytes, size_t n) PF_MUST_CHECK;
int pf_buf_add_string(PfBuf *buf, const char *text) PF_MUST_CHECK;
int pf_buf_printf(PfBuf *buf, const char *fmt, ...) PF_PRINTF(2, 3) PF_MUST_CHECK;

/* Forget the first @n bytes, or all where there are fewer; the memory is kept. */
void pf_buf_consume(PfBuf *buf, size_t n);

/* The contents as a string that the caller frees; empty text where none was
 * added, NULL where memory ran out. The buffer is empty afterwards. */
char *pf_buf_steal(PfBuf *buf);
