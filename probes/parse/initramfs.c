/* SPDX-License-Identifier: MIT */
/*
 * An initramfs: which archives it is made of, and what is in them.
 */
#include "probes/parse/initramfs.h"

#include <stdlib.h>
#include <string.h>

#include "probes/parse/decompress.h"

#define IN_SIZE (64u << 10)
#define OUT_SIZE (128u << 10)

/* Below this a seek costs more than reading. */
#define SKIP_MIN IN_SIZE

typedef struct Reader {
        const PfInitramfsInput *input;
        PfCpioVisit visit;
        void *data;
        PfErr *err;
        uint64_t n_entries; /* of streams that have ended */
        uint64_t unpacked;  /* bytes out of compressed streams */
        PfCpio outer;       /* archives as they are */
        PfCpio inner;       /* those of the compressed stream */
        bool ended;         /* nothing follows what is in in */
        size_t begin, n;    /* unread bytes of in */
        uint8_t in[IN_SIZE];
        uint8_t out[OUT_SIZE];
} Reader;

static int visit_entry(const PfCpioEntry *entry, void *data) {
        Reader *reader = data;

        if (reader->n_entries + reader->outer.n_entries + reader->inner.n_entries >
            PF_INITRAMFS_ENTRIES_MAX)
                return pf_err_set(reader->err, -EFBIG, "it holds more than %u files",
                                  PF_INITRAMFS_ENTRIES_MAX);
        return reader->visit(entry, reader->data);
}

/* Fills the buffer behind what is unread. */
static int refill(Reader *reader) {
        size_t got = 0;
        int r;

        if (reader->begin > 0)
                memmove(reader->in, reader->in + reader->begin, reader->n);
        reader->begin = 0;
        if (reader->ended || reader->n == IN_SIZE)
                return 0;
        r = reader->input->read(reader->input->data, reader->in + reader->n, IN_SIZE - reader->n,
                                &got, reader->err);
        reader->ended = r == 0 && got < IN_SIZE - reader->n;
        reader->n += got;
        return r;
}

static void consume(Reader *reader, size_t n) {
        reader->begin += n;
        reader->n -= n;
}

/* What a piece of the stream holds: archives, and nothing else. */
static int feed_inner(Reader *reader, size_t n) {
        size_t used;
        int r;

        reader->unpacked += n;
        if (reader->unpacked > PF_INITRAMFS_UNPACKED_MAX)
                return pf_err_set(reader->err, -EFBIG, "it unpacks to more than %llu bytes",
                                  (unsigned long long) PF_INITRAMFS_UNPACKED_MAX);
        r = pf_cpio_feed(&reader->inner, reader->out, n, visit_entry, reader, &used, reader->err);
        if (r != 0)
                return r;
        if (used < n)
                return pf_err_set(reader->err, -EINVAL,
                                  "it holds a compressed stream that is no cpio archive");
        return 0;
}

static int step_stream(Reader *reader, PfDecompressor *decompressor, bool *ret_ends) {
        PfDecompressBuffers buffers = { reader->in + reader->begin, reader->n, reader->out,
                                        OUT_SIZE };
        size_t taken, made;
        int r;

        r = pf_decompressor_step(decompressor, &buffers, reader->ended, reader->err);
        if (r < 0)
                return r;
        *ret_ends = r == PF_DECOMPRESS_END;
        taken = reader->n - buffers.n_in;
        made = OUT_SIZE - buffers.n_out;
        if (!*ret_ends && taken == 0 && made == 0 && reader->n == IN_SIZE)
                return pf_err_set(reader->err, -EINVAL, "it holds a damaged compressed stream");
        consume(reader, taken);
        reader->outer.offset += taken;
        return feed_inner(reader, made);
}

/* A compressed stream begins at what is unread. */
static int read_stream(Reader *reader, PfCompression compression) {
        PF_CLEANUP(pf_decompressor_freep) PfDecompressor *decompressor = NULL;
        bool ends = false;
        int r;

        r = pf_decompressor_new(compression, &decompressor, reader->err);
        reader->inner = (PfCpio){ 0 };
        while (r == 0 && !ends) {
                r = refill(reader);
                if (r == 0)
                        r = step_stream(reader, decompressor, &ends);
        }
        if (r == 0 && !pf_cpio_may_end(&reader->inner))
                return pf_err_set(reader->err, -EINVAL, "an archive in it is cut off");
        reader->n_entries += reader->inner.n_entries;
        reader->inner.n_entries = 0;
        return r;
}

/* What is neither an archive nor padding has to be a compressed stream. */
static int read_other(Reader *reader) {
        PfCompression compression;
        int r;

        r = refill(reader);
        if (r != 0)
                return r;
        compression = pf_compression_of(reader->in, reader->n);
        if (compression == PF_COMPRESSION_NONE)
                return pf_err_set(reader->err, -EINVAL,
                                  "at byte %llu is neither a cpio archive nor a compression that "
                                  "the kernel knows",
                                  (unsigned long long) reader->outer.offset);
        return read_stream(reader, compression);
}

/* Passes over the contents of a file where that is less work than reading them. */
static int skip_body(Reader *reader) {
        uint64_t n = pf_cpio_skippable(&reader->outer), done = 0;
        int r;

        if (reader->n > 0 || n < SKIP_MIN)
                return 0;
        r = reader->input->skip(reader->input->data, n, &done, reader->err);
        if (r == 0)
                pf_cpio_skip(&reader->outer, done);
        return r;
}

static int read_all(Reader *reader) {
        int r = 0;

        while (r == 0) {
                size_t used;

                r = skip_body(reader);
                if (r == 0 && reader->n == 0)
                        r = refill(reader);
                if (r != 0 || reader->n == 0)
                        break;
                r = pf_cpio_feed(&reader->outer, reader->in + reader->begin, reader->n, visit_entry,
                                 reader, &used, reader->err);
                consume(reader, used);
                if (r == 0 && reader->n > 0)
                        r = read_other(reader);
        }
        if (r == 0 && reader->outer.offset == 0)
                return pf_err_set(reader->err, -EINVAL, "it is empty");
        if (r == 0 && !pf_cpio_may_end(&reader->outer))
                return pf_err_set(reader->err, -EINVAL, "an archive in it is cut off");
        return r;
}

int pf_initramfs_read(const PfInitramfsInput *input, PfCpioVisit visit, void *data, PfErr *err) {
        PF_AUTO_FREE Reader *reader = calloc(1, sizeof(*reader));

        if (!reader)
                return -ENOMEM;
        reader->input = input;
        reader->visit = visit;
        reader->data = data;
        reader->err = err;
        return read_all(reader);
}
