/* SPDX-License-Identifier: MIT */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "daemon/base/buf.h"

/*
 * Messages out of a stream of bytes: each ends in a NUL. Bytes go in as they
 * arrive, whole messages come out; no byte is looked at twice, and nothing is
 * allocated while nothing is buffered.
 */
typedef struct PfFrame {
        PfBuf buf;
        size_t start;       /* of the first message that was not taken */
        size_t scanned;     /* no NUL between start and here; start <= scanned <= buf.n */
        size_t message_max; /* bytes without the NUL */
} PfFrame;

#define PF_FRAME_SERVER_MAX ((size_t) 1 << 20)
#define PF_FRAME_CLIENT_MAX ((size_t) 16 << 20)

/* Bytes behind a message of full size that a decoder takes as well. */
#define PF_FRAME_SLACK ((size_t) 128 << 10)

void pf_frame_init(PfFrame *frame, size_t message_max);
void pf_frame_deinit(PfFrame *frame);

/**
 * pf_frame_feed() - bytes arrived
 * Pointers from pf_frame_next() are not valid any more.
 * Return: 0, -ENOBUFS where more than a message and PF_FRAME_SLACK would be
 *         buffered (the owner takes messages, or stops reading), -ENOMEM.
 */
int pf_frame_feed(PfFrame *frame, const void *bytes, size_t n) PF_MUST_CHECK;

/**
 * pf_frame_next() - take the next whole message
 * @ret:    receives its text, followed by the NUL; borrowed until the next call
 * @ret_n:  receives its length without the NUL
 * Return:  PF_FRAME_MESSAGE; 0, there is none; -EMSGSIZE where the next one is
 *          longer than allowed, complete or not: the stream is of no more use.
 */
enum { PF_FRAME_MESSAGE = 1 };
int pf_frame_next(PfFrame *frame, const char **ret, size_t *ret_n) PF_MUST_CHECK;

/* Bytes in the buffer that were not taken. */
size_t pf_frame_buffered(const PfFrame *frame);

/* Does the buffer end in a message that has a beginning, but no end? */
bool pf_frame_is_partial(const PfFrame *frame);
