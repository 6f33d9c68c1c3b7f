/* SPDX-License-Identifier: MIT */
/*
 * Local time from a file of the format TZif.
 */
#include "probes/parse/local-time.h"

#include <string.h>

#define FILE_MAX (1 << 20)
#define HEADER_BYTES 44
#define TYPE_BYTES 6
#define OFFSET_MAX (26 * 3600) /* RFC 8536, 3.2 */

/* The counts of a header, and the data behind it. */
typedef struct Block {
        const unsigned char *data;
        const unsigned char *end;
        size_t n_utc, n_standard, n_leaps, n_times, n_types, n_chars;
        size_t time_bytes; /* 4, or 8 in the second block */
} Block;

static uint64_t read_number(const unsigned char *bytes, size_t n) {
        uint64_t value = 0;

        for (size_t i = 0; i < n; i++)
                value = value << 8 | bytes[i];
        return value;
}

static int64_t read_time(const Block *block, size_t i) {
        const unsigned char *at = block->data + i * block->time_bytes;

        return block->time_bytes == 4 ? (int32_t) read_number(at, 4) : (int64_t) read_number(at, 8);
}

static size_t block_bytes(const Block *block) {
        return block->n_times * (block->time_bytes + 1) + block->n_types * TYPE_BYTES +
               block->n_chars + block->n_leaps * (block->time_bytes + 4) + block->n_standard +
               block->n_utc;
}

static int read_header(const unsigned char *at, const unsigned char *end, size_t time_bytes,
                       Block *ret) {
        size_t *const counts[] = { &ret->n_utc,   &ret->n_standard, &ret->n_leaps,
                                   &ret->n_times, &ret->n_types,    &ret->n_chars };

        if (end - at < HEADER_BYTES || memcmp(at, "TZif", 4) != 0)
                return -EINVAL;
        for (size_t i = 0; i < PF_ELEMENTS(counts); i++) {
                *counts[i] = (size_t) read_number(at + 20 + 4 * i, 4);
                if (*counts[i] > FILE_MAX)
                        return -EINVAL;
        }
        ret->time_bytes = time_bytes;
        ret->data = at + HEADER_BYTES;
        ret->end = end;
        return ret->n_types > 0 && block_bytes(ret) <= (size_t) (end - ret->data) ? 0 : -EINVAL;
}

static int add_offset(const Block *block, size_t type, PfLocalOffsets *ret) {
        const unsigned char *types = block->data + block->n_times * (block->time_bytes + 1);
        int32_t offset;

        if (type >= block->n_types)
                return -EINVAL;
        offset = (int32_t) read_number(types + type * TYPE_BYTES, 4);
        if (offset < -OFFSET_MAX || offset > OFFSET_MAX)
                return -EINVAL;
        ret->seconds[ret->n++] = offset;
        return 0;
}

static size_t type_of(const Block *block, size_t transition) {
        return block->data[block->n_times * block->time_bytes + transition];
}

/* Does a rule with summer time follow the block of a newer file? "\nCET-1CEST,M3…\n" */
static bool has_rule(const Block *block) {
        const unsigned char *footer = block->data + block_bytes(block);

        return footer < block->end && memchr(footer, ',', (size_t) (block->end - footer)) != NULL;
}

static int find_offsets(const Block *block, int64_t now_sec, PfLocalOffsets *ret) {
        PfLocalOffsets offsets = { .n = 0 };
        size_t after = 0; /* transitions that have been */
        int r;

        while (after < block->n_times && read_time(block, after) <= now_sec)
                after++;
        r = add_offset(block, after > 0 ? type_of(block, after - 1) : 0, &offsets);
        if (r == 0 && after > 1 && after == block->n_times && has_rule(block))
                r = add_offset(block, type_of(block, after - 2), &offsets);
        if (r == 0)
                *ret = offsets;
        return r;
}

int pf_local_offsets_parse(const char *bytes, size_t n, int64_t now_sec, PfLocalOffsets *ret) {
        const unsigned char *at = (const unsigned char *) bytes;
        Block block;
        int r;

        r = read_header(at, at + n, 4, &block);
        if (r == 0 && at[4] >= '2')
                r = read_header(block.data + block_bytes(&block), block.end, 8, &block);
        return r < 0 ? r : find_offsets(&block, now_sec, ret);
}

int pf_local_offsets_read(const PfTarget *target, int64_t now_sec, PfLocalOffsets *ret,
                          PfErr *err) {
        PF_AUTO_BUF PfBuf buf = PF_BUF_INIT(FILE_MAX);
        int r;

        r = pf_target_read(target, PF_LOCAL_TIME_PATH, FILE_MAX, &buf, err);
        if (r == PF_TARGET_ABSENT) {
                *ret = (PfLocalOffsets){ .n = 1 };
                return 0;
        }
        if (r == 0)
                r = pf_local_offsets_parse(buf.data ? buf.data : "", buf.n, now_sec, ret);
        return r < 0 ? pf_err_set(err, r, "%s: cannot be read as a time zone", PF_LOCAL_TIME_PATH)
                     : 0;
}
