/* SPDX-License-Identifier: MIT */
/*
 * LZ4 in the legacy frames that an initramfs is written in.
 *
 * liblz4 streams its newer frames only, and of these wants a block, up to 8 MiB of
 * it, and its contents, 8 MiB, in memory at once. A match reaches back 64 KiB and no
 * further, so here that is all that is kept.
 *
 * Rule: doc/lz4_Frame_format.md of LZ4, "Legacy frame", and doc/lz4_Block_format.md.
 */
#include "probes/parse/decompress-methods.h"

#include <string.h>

#define MAGIC 0x184c2102u
#define BLOCK_MAX (8u << 20)
#define PACKED_MAX (BLOCK_MAX + BLOCK_MAX / 255 + 16)

#define HISTORY (64u << 10)
#define WINDOW (4 * HISTORY)

#define MATCH_MIN 4
#define LENGTH_GOES_ON 15 /* of a token's half; 255 of the bytes behind it */

typedef enum State { SIZE, TOKEN, LITERAL_LENGTH, LITERALS, OFFSET, MATCH_LENGTH, MATCH } State;

typedef enum Outcome { GOES_ON, WANTS_INPUT, ENDED, DAMAGED } Outcome;

typedef struct Lz4 {
        State state;
        uint32_t packed_left;   /* of the block, to be read */
        uint32_t unpacked;      /* of the block, so far */
        uint32_t literals;      /* to be copied */
        uint32_t match;         /* bytes of a match to be copied */
        uint32_t offset;        /* how far back it lies */
        unsigned n_offset;      /* bytes of the offset that were read */
        size_t n;               /* bytes in window; the last HISTORY count */
        size_t handed_out;      /* of them */
        uint8_t window[WINDOW]; /* only pages that were written to are memory */
} Lz4;

void *pf_lz4_open(void) {
        return calloc(1, sizeof(Lz4));
}

/* How many bytes may be put at the end of the window; makes room if need be. */
static size_t window_room(Lz4 *lz4) {
        if (lz4->n == WINDOW && lz4->handed_out == WINDOW) {
                memcpy(lz4->window, lz4->window + WINDOW - HISTORY, HISTORY);
                lz4->n = lz4->handed_out = HISTORY;
        }
        return WINDOW - lz4->n;
}

static void hand_out(Lz4 *lz4, PfDecompressBuffers *buffers) {
        size_t n = lz4->n - lz4->handed_out;

        if (n > buffers->n_out)
                n = buffers->n_out;
        memcpy(buffers->out, lz4->window + lz4->handed_out, n);
        lz4->handed_out += n;
        buffers->out += n;
        buffers->n_out -= n;
}

/* The next byte of a block; false where there is none to be had. */
static bool take(Lz4 *lz4, PfDecompressBuffers *buffers, uint8_t *ret) {
        if (buffers->n_in == 0 || lz4->packed_left == 0)
                return false;
        *ret = *buffers->in++;
        buffers->n_in--;
        lz4->packed_left--;
        return true;
}

static Outcome starved(const Lz4 *lz4) {
        return lz4->packed_left == 0 ? DAMAGED : WANTS_INPUT;
}

/* The size of a block, or the magic of a further frame. What can be neither is behind
 * the end, and so are bytes too few for it. */
static Outcome read_size(Lz4 *lz4, PfDecompressBuffers *buffers, bool last) {
        uint32_t size;

        if (buffers->n_in < sizeof(size))
                return last ? ENDED : WANTS_INPUT;
        size = (uint32_t) buffers->in[0] | (uint32_t) buffers->in[1] << 8 |
               (uint32_t) buffers->in[2] << 16 | (uint32_t) buffers->in[3] << 24;
        if (size == 0 || (size > PACKED_MAX && size != MAGIC))
                return ENDED;
        buffers->in += sizeof(size);
        buffers->n_in -= sizeof(size);
        if (size == MAGIC)
                return GOES_ON;
        lz4->packed_left = size;
        lz4->unpacked = 0;
        lz4->state = TOKEN;
        return GOES_ON;
}

static Outcome read_token(Lz4 *lz4, PfDecompressBuffers *buffers) {
        uint8_t token;

        if (!take(lz4, buffers, &token))
                return starved(lz4);
        lz4->literals = token >> 4;
        lz4->match = token & 15;
        lz4->state = lz4->literals == LENGTH_GOES_ON ? LITERAL_LENGTH : LITERALS;
        return GOES_ON;
}

/* Adds the bytes of a length that goes on; a length beyond the block is wrong anyway. */
static Outcome read_length(Lz4 *lz4, PfDecompressBuffers *buffers, uint32_t *length, State next) {
        uint8_t byte;

        do {
                if (!take(lz4, buffers, &byte))
                        return starved(lz4);
                *length += byte;
                if (*length > BLOCK_MAX)
                        return DAMAGED;
        } while (byte == 255);
        lz4->state = next;
        return GOES_ON;
}

static Outcome copy_literals(Lz4 *lz4, PfDecompressBuffers *buffers) {
        size_t n = window_room(lz4);

        if (lz4->literals > lz4->packed_left || lz4->literals > BLOCK_MAX - lz4->unpacked)
                return DAMAGED;
        if (n > lz4->literals)
                n = lz4->literals;
        if (n > buffers->n_in)
                n = buffers->n_in;
        memcpy(lz4->window + lz4->n, buffers->in, n);
        buffers->in += n;
        buffers->n_in -= n;
        lz4->n += n;
        lz4->packed_left -= (uint32_t) n;
        lz4->literals -= (uint32_t) n;
        lz4->unpacked += (uint32_t) n;
        if (lz4->literals > 0)
                return buffers->n_in == 0 ? WANTS_INPUT : GOES_ON;
        /* A block ends behind literals. */
        lz4->state = lz4->packed_left == 0 ? SIZE : OFFSET;
        lz4->offset = 0;
        lz4->n_offset = 0;
        return GOES_ON;
}

static Outcome read_offset(Lz4 *lz4, PfDecompressBuffers *buffers) {
        while (lz4->n_offset < 2) {
                uint8_t byte;

                if (!take(lz4, buffers, &byte))
                        return starved(lz4);
                lz4->offset |= (uint32_t) byte << (8 * lz4->n_offset++);
        }
        if (lz4->offset == 0 || lz4->offset > lz4->unpacked)
                return DAMAGED;
        lz4->state = lz4->match == LENGTH_GOES_ON ? MATCH_LENGTH : MATCH;
        lz4->match += MATCH_MIN;
        return GOES_ON;
}

/* A match may reach into itself: then what it copied is what it copies next. */
static Outcome copy_match(Lz4 *lz4) {
        size_t room = window_room(lz4);
        uint32_t n = lz4->match < room ? lz4->match : (uint32_t) room;
        uint8_t *to = lz4->window + lz4->n;

        if (lz4->match > BLOCK_MAX - lz4->unpacked)
                return DAMAGED;
        if (lz4->offset >= n)
                memcpy(to, to - lz4->offset, n);
        else
                for (uint32_t i = 0; i < n; i++)
                        to[i] = to[(ptrdiff_t) i - (ptrdiff_t) lz4->offset];
        lz4->n += n;
        lz4->match -= n;
        lz4->unpacked += n;
        if (lz4->match == 0)
                lz4->state = TOKEN;
        return GOES_ON;
}

static Outcome advance(Lz4 *lz4, PfDecompressBuffers *buffers, bool last) {
        switch (lz4->state) {
        case SIZE:
                return read_size(lz4, buffers, last);
        case TOKEN:
                return read_token(lz4, buffers);
        case LITERAL_LENGTH:
                return read_length(lz4, buffers, &lz4->literals, LITERALS);
        case LITERALS:
                return copy_literals(lz4, buffers);
        case OFFSET:
                return read_offset(lz4, buffers);
        case MATCH_LENGTH:
                return read_length(lz4, buffers, &lz4->match, MATCH);
        case MATCH:
                return copy_match(lz4);
        }
        return DAMAGED;
}

int pf_lz4_step(void *state, PfDecompressBuffers *buffers, bool last) {
        Lz4 *lz4 = state;
        Outcome outcome = GOES_ON;

        do {
                if (lz4->n == WINDOW)
                        hand_out(lz4, buffers);
                if (lz4->n == WINDOW && lz4->handed_out < WINDOW)
                        return 0;
                outcome = advance(lz4, buffers, last);
        } while (outcome == GOES_ON);
        if (outcome == DAMAGED)
                return -EINVAL;
        hand_out(lz4, buffers);
        return outcome == ENDED && lz4->handed_out == lz4->n ? PF_DECOMPRESS_END : 0;
}
