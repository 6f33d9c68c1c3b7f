/* SPDX-License-Identifier: MIT */
/*
 * An initramfs: which archives it is made of, and what is in them.
 */
#include "probes/parse/initramfs.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/base/capture.h"
#include "daemon/base/json.h"
#include "daemon/base/target-file.h"
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

static int read_file(void *data, void *bytes, size_t n, size_t *ret_n, PfErr *err) {
        return pf_target_file_read(data, bytes, n, ret_n, err);
}

static int skip_file(void *data, uint64_t n, uint64_t *ret_n, PfErr *err) {
        return pf_target_file_skip(data, n, ret_n, err);
}

/* --- captures: the names are kept, and nothing of what the files hold --- */

#define BOOK "initramfs"

typedef struct Keep {
        PfJson *names; /* "100644 4711 etc/fstab": mode, size and name; NULL: no memory */
        PfCpioVisit visit;
        void *data;
} Keep;

static int keep(const PfCpioEntry *entry, void *data) {
        Keep *all = data;
        PF_AUTO_FREE char *name = pf_capture_escape(entry->name);
        PF_AUTO_FREE char *text = NULL;

        if (name && asprintf(&text, "%lo %lu %s", (unsigned long) entry->mode,
                             (unsigned long) entry->size_bytes, name) < 0)
                text = NULL;
        if (all->names && (!text || pf_json_append_string(all->names, text) < 0))
                all->names = pf_json_free(all->names);
        return all->visit(entry, all->data);
}

static int visit_kept(const char *text, PfCpioVisit visit, void *data, PfErr *err) {
        PF_AUTO_FREE char *name = NULL;
        PfCpioEntry entry = { 0 };
        char *end = NULL;

        if (text)
                entry.mode = (uint32_t) strtoul(text, &end, 8);
        if (end && *end == ' ')
                entry.size_bytes = (uint32_t) strtoul(end + 1, &end, 10);
        if (!end || end == text || *end != ' ')
                return pf_err_set(err, -EINVAL, "its captured names are not understood");
        name = pf_capture_unescape(end + 1);
        if (!name)
                return -ENOMEM;
        entry.name = name;
        return visit(&entry, data);
}

/* The names that were captured, then how their reading ended. */
static int load_kept(const PfJson *answer, PfCpioVisit visit, void *data, PfErr *err) {
        const PfJson *names = pf_json_get(answer, "names");
        const char *text = pf_json_get_string(answer, "text");
        int64_t error = pf_json_integer(pf_json_get(answer, "error"));
        int r = 0;

        for (size_t i = 0; i < pf_json_length(names) && r == 0; i++)
                r = visit_kept(pf_json_string(pf_json_at(names, i)), visit, data, err);
        if (r != 0 || error <= 0 || error >= 4096)
                return r;
        return pf_err_set(err, (int) -error, "%s", text ? text : "failed");
}

static PfJson *kept_to_json(PfJson *names_take, int r, const PfErr *err) {
        PF_CLEANUP(pf_json_freep) PfJson *names = names_take;
        PF_CLEANUP(pf_json_freep) PfJson *answer = pf_json_new_object();

        if (!answer || !names || pf_json_put_take(answer, "names", PF_STEAL(names)) < 0)
                return NULL;
        if (r < 0 && (pf_json_put_uint(answer, "error", (uint64_t) -r) < 0 ||
                      pf_json_put_string(answer, "text", pf_err_text(err, r)) < 0))
                return NULL;
        return PF_STEAL(answer);
}

static int read_and_keep(const PfTarget *target, const char *path, const PfInitramfsInput *input,
                         PfCpioVisit visit, void *data, PfErr *err) {
        Keep all = { .names = pf_json_new_array(), .visit = visit, .data = data };
        int r = pf_initramfs_read(input, keep, &all, err);

        pf_target_remember(target, BOOK, path, kept_to_json(all.names, r, err));
        return r;
}

int pf_initramfs_load(const PfTarget *target, const char *path, PfCpioVisit visit, void *data,
                      PfErr *err) {
        PF_CLEANUP(pf_target_file_closep) PfTargetFile *file = NULL;
        PfInitramfsInput input = { .read = read_file, .skip = skip_file };
        const PfJson *answer = NULL;
        PfErr cause = { 0 };
        int r;

        r = pf_target_recall(target, BOOK, path, &answer, &cause);
        if (r == 0) {
                r = load_kept(answer, visit, data, &cause);
        } else {
                r = pf_target_open(target, path, &file, err);
                if (r != 0)
                        return r;
                input.data = file;
                r = pf_target_is_recorded(target)
                            ? read_and_keep(target, path, &input, visit, data, &cause)
                            : pf_initramfs_read(&input, visit, data, &cause);
        }
        if (r < 0)
                return pf_err_set(err, r, "%s: %s", path, pf_err_text(&cause, r));
        return r;
}
