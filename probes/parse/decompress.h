/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * The compressions that the Linux kernel takes an initramfs in, each as a stream:
 * bytes in, bytes out, and never more memory than the format's own window.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "daemon/base/err.h"

typedef enum PfCompression {
        PF_COMPRESSION_NONE, /* none that is known */
        PF_COMPRESSION_GZIP,
        PF_COMPRESSION_BZIP2,
        PF_COMPRESSION_LZMA,
        PF_COMPRESSION_XZ,
        PF_COMPRESSION_LZO,
        PF_COMPRESSION_LZ4, /* the legacy frames: magic, then blocks of up to 8 MiB */
        PF_COMPRESSION_ZSTD,
        PF_COMPRESSIONS,
} PfCompression;

/* Bytes that tell which it is. */
#define PF_COMPRESSION_MAGIC_SIZE 4

/* By the first bytes; PF_COMPRESSION_NONE where there are too few of them. */
PfCompression pf_compression_of(const void *bytes, size_t n);

const char *pf_compression_name(PfCompression compression);

/* Windows above this are refused, as by the kernel: 128 MiB. */
#define PF_DECOMPRESS_WINDOW_MAX (128u << 20)

typedef struct PfDecompressor PfDecompressor;

/**
 * pf_decompressor_new() - read one compressed stream
 * Return: 0; -ENOTSUP with a text where this program was built without the
 *         library; -ENOMEM.
 */
int pf_decompressor_new(PfCompression compression, PfDecompressor **ret, PfErr *err) PF_MUST_CHECK;
PfDecompressor *pf_decompressor_free(PfDecompressor *decompressor);
PF_DEFINE_CLEANUP(PfDecompressor, pf_decompressor_free);

/* What is to be read and where to; both move on. */
typedef struct PfDecompressBuffers {
        const uint8_t *in;
        size_t n_in;
        uint8_t *out;
        size_t n_out;
} PfDecompressBuffers;

/* Positive outcome: the stream ends before buffers->in. */
enum { PF_DECOMPRESS_END = 1 };

/**
 * pf_decompressor_step() - decompress some of it
 * @last: nothing follows what is in @buffers
 *
 * Takes what it can; a few bytes of the input may be left that need more behind them.
 * Return: 0, PF_DECOMPRESS_END, -EINVAL with a text for bytes that are wrong or cut
 *         off, -ENOMEM.
 */
int pf_decompressor_step(PfDecompressor *decompressor, PfDecompressBuffers *buffers, bool last,
                         PfErr *err) PF_MUST_CHECK;

/**
 * pf_lzma_raw() - decompress LZMA that nothing stands around, into just @n_out bytes
 * Rule:   the parameters that core images of GRUB have: lc 3, lp 0, pb 2.
 * Return: 0; -EINVAL for bytes that are wrong or too few; -ENOTSUP where this program was built
 *         without the library; -ENOMEM.
 */
int pf_lzma_raw(const uint8_t *in, size_t n_in, uint8_t *out, size_t n_out) PF_MUST_CHECK;
