/* SPDX-License-Identifier: MIT */
/*
 * The frame decoder: NUL-terminated messages out of a stream.
 *
 * Messages that were taken stay in the buffer until at least as many bytes are
 * done with as must be moved for it, so that moving costs no more than
 * arriving did. It knows nothing of what is in a message.
 */
#include "daemon/varlink/frame.h"

#include <string.h>

static size_t capacity(const PfFrame *frame) {
        return frame->message_max + 1 + PF_FRAME_SLACK;
}

void pf_frame_init(PfFrame *frame, size_t message_max) {
        *frame = (PfFrame){ .message_max = message_max };

        /* What was taken and not yet moved is never more than what was not. */
        frame->buf.max = 2 * capacity(frame);
}

void pf_frame_deinit(PfFrame *frame) {
        pf_buf_deinit(&frame->buf);
        frame->start = 0;
        frame->scanned = 0;
}

static void forget_taken(PfFrame *frame) {
        if (frame->start < pf_frame_buffered(frame))
                return;
        pf_buf_consume(&frame->buf, frame->start);
        frame->scanned -= frame->start;
        frame->start = 0;
}

int pf_frame_feed(PfFrame *frame, const void *bytes, size_t n) {
        if (n > capacity(frame) - pf_frame_buffered(frame))
                return -ENOBUFS;
        forget_taken(frame);
        return pf_buf_add(&frame->buf, bytes, n);
}

int pf_frame_next(PfFrame *frame, const char **ret, size_t *ret_n) {
        const char *nul = NULL;
        size_t end = frame->buf.n;

        if (frame->scanned < frame->buf.n)
                nul = memchr(frame->buf.data + frame->scanned, '\0', frame->buf.n - frame->scanned);
        if (nul)
                end = (size_t) (nul - frame->buf.data);
        frame->scanned = end;

        if (end - frame->start > frame->message_max)
                return -EMSGSIZE;
        if (!nul) {
                if (pf_frame_buffered(frame) == 0)
                        pf_frame_deinit(frame);
                return 0;
        }

        *ret = frame->buf.data + frame->start;
        *ret_n = end - frame->start;
        frame->start = end + 1;
        frame->scanned = frame->start;
        return PF_FRAME_MESSAGE;
}

size_t pf_frame_buffered(const PfFrame *frame) {
        return frame->buf.n - frame->start;
}

bool pf_frame_is_partial(const PfFrame *frame) {
        return pf_frame_buffered(frame) > 0 && frame->buf.data[frame->buf.n - 1] != '\0';
}
