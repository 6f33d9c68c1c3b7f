/* SPDX-License-Identifier: MIT */
/*
 * Compressed streams by the libraries of their formats. What the program was built
 * without is told from what is broken.
 */
#include "probes/parse/decompress.h"

#include <string.h>

#include "probes/parse/decompress-methods.h"

#if defined(PF_HAVE_ZLIB) && !defined(PF_HAVE_ISAL)
#include <zlib.h>
#endif
#ifdef PF_HAVE_LZMA
#include <lzma.h>
#endif
#ifdef PF_HAVE_ZSTD
#include <zstd.h>
#endif
#ifdef PF_HAVE_BZIP2
#include <bzlib.h>
#endif

#if defined(PF_HAVE_ZLIB) && !defined(PF_HAVE_ISAL)
static void *gzip_open(void) {
        z_stream *stream = calloc(1, sizeof(*stream));

        /* The kernel does not compare the checksum, which takes a quarter of the time. */
        if (!stream ||
            (inflateInit2(stream, 16 + MAX_WBITS) == Z_OK && inflateValidate(stream, 0) == Z_OK))
                return stream;
        free(stream);
        return NULL;
}

static int gzip_step(void *state, PfDecompressBuffers *buffers, bool last PF_UNUSED) {
        z_stream *stream = state;
        int q;

        stream->next_in = (Bytef *) buffers->in;
        stream->avail_in = (uInt) buffers->n_in;
        stream->next_out = buffers->out;
        stream->avail_out = (uInt) buffers->n_out;
        q = inflate(stream, Z_NO_FLUSH);
        *buffers = (PfDecompressBuffers){ stream->next_in, stream->avail_in, stream->next_out,
                                          stream->avail_out };
        return q == Z_OK || q == Z_BUF_ERROR ? 0
               : q == Z_STREAM_END           ? PF_DECOMPRESS_END
               : q == Z_MEM_ERROR            ? -ENOMEM
                                             : -EINVAL;
}

static void gzip_close(void *state) {
        (void) inflateEnd(state);
        free(state);
}
#endif

#ifdef PF_HAVE_LZMA
static void *lzma_open(lzma_ret (*start)(lzma_stream *)) {
        static const lzma_stream fresh = LZMA_STREAM_INIT;
        lzma_stream *stream = malloc(sizeof(*stream));

        if (!stream)
                return NULL;
        *stream = fresh;
        if (start(stream) == LZMA_OK)
                return stream;
        free(stream);
        return NULL;
}

/* Beyond the window liblzma wants little. */
#define LZMA_MEMORY (PF_DECOMPRESS_WINDOW_MAX + (1u << 20))

static lzma_ret start_xz(lzma_stream *stream) {
        return lzma_stream_decoder(stream, LZMA_MEMORY, 0);
}

static lzma_ret start_alone(lzma_stream *stream) {
        return lzma_alone_decoder(stream, LZMA_MEMORY);
}

static void *xz_open(void) {
        return lzma_open(start_xz);
}

static void *alone_open(void) {
        return lzma_open(start_alone);
}

static int xz_step(void *state, PfDecompressBuffers *buffers, bool last) {
        lzma_stream *stream = state;
        lzma_ret q;

        stream->next_in = buffers->in;
        stream->avail_in = buffers->n_in;
        stream->next_out = buffers->out;
        stream->avail_out = buffers->n_out;
        q = lzma_code(stream, last ? LZMA_FINISH : LZMA_RUN);
        *buffers = (PfDecompressBuffers){ stream->next_in, stream->avail_in, stream->next_out,
                                          stream->avail_out };
        return q == LZMA_OK || q == LZMA_BUF_ERROR ? 0
               : q == LZMA_STREAM_END              ? PF_DECOMPRESS_END
               : q == LZMA_MEM_ERROR               ? -ENOMEM
                                                   : -EINVAL;
}

static void xz_close(void *state) {
        lzma_end(state);
        free(state);
}
#endif

#ifdef PF_HAVE_ZSTD
static void *zstd_open(void) {
        ZSTD_DStream *stream = ZSTD_createDStream();

        if (stream && !ZSTD_isError(ZSTD_DCtx_setParameter(stream, ZSTD_d_windowLogMax, 27)))
                return stream;
        (void) ZSTD_freeDStream(stream);
        return NULL;
}

static int zstd_step(void *state, PfDecompressBuffers *buffers, bool last PF_UNUSED) {
        ZSTD_inBuffer in = { .src = buffers->in, .size = buffers->n_in };
        ZSTD_outBuffer out = { .dst = buffers->out, .size = buffers->n_out };
        size_t q = ZSTD_decompressStream(state, &out, &in);

        if (ZSTD_isError(q))
                return -EINVAL;
        buffers->in += in.pos;
        buffers->n_in -= in.pos;
        buffers->out += out.pos;
        buffers->n_out -= out.pos;
        return q == 0 ? PF_DECOMPRESS_END : 0;
}

static void zstd_close(void *state) {
        (void) ZSTD_freeDStream(state);
}
#endif

#ifdef PF_HAVE_BZIP2
static void *bzip2_open(void) {
        bz_stream *stream = calloc(1, sizeof(*stream));

        if (!stream || BZ2_bzDecompressInit(stream, 0, 0) == BZ_OK)
                return stream;
        free(stream);
        return NULL;
}

static int bzip2_step(void *state, PfDecompressBuffers *buffers, bool last PF_UNUSED) {
        bz_stream *stream = state;
        int q;

        stream->next_in = (char *) buffers->in;
        stream->avail_in = (unsigned) buffers->n_in;
        stream->next_out = (char *) buffers->out;
        stream->avail_out = (unsigned) buffers->n_out;
        q = BZ2_bzDecompress(stream);
        *buffers = (PfDecompressBuffers){ (const uint8_t *) stream->next_in, stream->avail_in,
                                          (uint8_t *) stream->next_out, stream->avail_out };
        return q == BZ_OK           ? 0
               : q == BZ_STREAM_END ? PF_DECOMPRESS_END
               : q == BZ_MEM_ERROR  ? -ENOMEM
                                    : -EINVAL;
}

static void bzip2_close(void *state) {
        (void) BZ2_bzDecompressEnd(state);
        free(state);
}
#endif

/* The magic bytes are those of the kernel's lib/decompress.c. */
static const struct {
        const char *name;
        const char *library;
        uint8_t n_magic;
        uint8_t magic[PF_COMPRESSION_MAGIC_SIZE];
        PfDecompressMethod method; /* without open(): not built in */
} compressions[PF_COMPRESSIONS] = {
        [PF_COMPRESSION_NONE] = { "none", "", 0, { 0 }, { 0 } },
        [PF_COMPRESSION_GZIP] = { "gzip", "zlib", 2, { 0x1f, 0x8b },
#if defined(PF_HAVE_ISAL)
                                  { pf_isal_open, pf_isal_step, free },
#elif defined(PF_HAVE_ZLIB)
                                  { gzip_open, gzip_step, gzip_close },
#endif
        },
        [PF_COMPRESSION_BZIP2] = { "bzip2", "libbz2", 3, { 'B', 'Z', 'h' },
#ifdef PF_HAVE_BZIP2
                                   { bzip2_open, bzip2_step, bzip2_close },
#endif
        },
        [PF_COMPRESSION_LZMA] = { "lzma", "liblzma", 3, { 0x5d, 0, 0 },
#ifdef PF_HAVE_LZMA
                                  { alone_open, xz_step, xz_close },
#endif
        },
        [PF_COMPRESSION_XZ] = { "xz", "liblzma", 4, { 0xfd, '7', 'z', 'X' },
#ifdef PF_HAVE_LZMA
                                { xz_open, xz_step, xz_close },
#endif
        },
        [PF_COMPRESSION_LZO] = { "lzo", "liblzo2", 4, { 0x89, 'L', 'Z', 'O' }, { 0 } },
        [PF_COMPRESSION_LZ4] = { "lz4", "", 4, { 0x02, 0x21, 0x4c, 0x18 },
                                 { pf_lz4_open, pf_lz4_step, free } },
        [PF_COMPRESSION_ZSTD] = { "zstd", "libzstd", 4, { 0x28, 0xb5, 0x2f, 0xfd },
#ifdef PF_HAVE_ZSTD
                                  { zstd_open, zstd_step, zstd_close },
#endif
        },
};

struct PfDecompressor {
        PfCompression compression;
        const PfDecompressMethod *method;
        void *state;
};

PfCompression pf_compression_of(const void *bytes, size_t n) {
        for (int i = PF_COMPRESSION_NONE + 1; i < PF_COMPRESSIONS; i++)
                if (n >= compressions[i].n_magic &&
                    memcmp(bytes, compressions[i].magic, compressions[i].n_magic) == 0)
                        return (PfCompression) i;
        return PF_COMPRESSION_NONE;
}

const char *pf_compression_name(PfCompression compression) {
        return compressions[compression].name;
}

PfDecompressor *pf_decompressor_free(PfDecompressor *decompressor) {
        if (!decompressor)
                return NULL;
        if (decompressor->state)
                decompressor->method->close(decompressor->state);
        free(decompressor);
        return NULL;
}

int pf_decompressor_new(PfCompression compression, PfDecompressor **ret, PfErr *err) {
        PF_CLEANUP(pf_decompressor_freep) PfDecompressor *decompressor = NULL;

        if (!compressions[compression].method.open)
                return pf_err_set(err, -ENOTSUP,
                                  "it is compressed with %s, and this program was built without %s",
                                  compressions[compression].name,
                                  compressions[compression].library);
        decompressor = calloc(1, sizeof(*decompressor));
        if (!decompressor)
                return -ENOMEM;
        decompressor->compression = compression;
        decompressor->method = &compressions[compression].method;
        decompressor->state = decompressor->method->open();
        if (!decompressor->state)
                return -ENOMEM;
        *ret = PF_STEAL(decompressor);
        return 0;
}

int pf_decompressor_step(PfDecompressor *decompressor, PfDecompressBuffers *buffers, bool last,
                         PfErr *err) {
        const char *name = compressions[decompressor->compression].name;
        int r = 0;

        while (r == 0) {
                const uint8_t *in = buffers->in, *out = buffers->out;

                r = decompressor->method->step(decompressor->state, buffers, last);
                if (r < 0)
                        return pf_err_set(err, r, "its %s stream is %s", name,
                                          r == -ENOMEM ? "too big for the memory there is"
                                                       : "damaged");
                if (r > 0 || buffers->n_out == 0)
                        break;
                if (in != buffers->in || out != buffers->out)
                        continue;
                if (last)
                        return pf_err_set(err, -EINVAL, "its %s stream is cut off", name);
                break;
        }
        return r;
}
