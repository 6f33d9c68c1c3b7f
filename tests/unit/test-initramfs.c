/* SPDX-License-Identifier: MIT */
/*
 * Archives by hand: cpio fed in pieces of every size, alignment, errors and their texts,
 * and the limits that bombs meet. Compressed ones of real programs are compared with
 * lsinitramfs in tests/differential, and those of the corpus in tests/fuzz.
 */
#include "probes/parse/initramfs.h"

#include <string.h>

#include "probes/parse/decompress.h"
#include "probes/parse/initramfs-modules.h"
#include "tests/support/sandbox.h"
#include "tests/support/test-main.h"

#define STOPPED 7

typedef struct Bytes {
        const char *at;
        size_t left;
        size_t n_read;   /* by reading */
        size_t repeated; /* the bytes again and again, as often as this */
        const char *all;
        size_t n_all;
} Bytes;

static int read_bytes(void *data, void *to, size_t n, size_t *ret_n, PfErr *err PF_UNUSED) {
        Bytes *bytes = data;
        size_t have = 0;

        while (have < n) {
                size_t take = n - have < bytes->left ? n - have : bytes->left;

                if (take == 0 && bytes->repeated == 0)
                        break;
                if (take == 0) {
                        bytes->repeated--;
                        bytes->at = bytes->all;
                        bytes->left = bytes->n_all;
                        continue;
                }
                memcpy((char *) to + have, bytes->at, take);
                bytes->at += take;
                bytes->left -= take;
                have += take;
        }
        bytes->n_read += have;
        *ret_n = have;
        return 0;
}

static int skip_bytes(void *data, uint64_t n, uint64_t *ret_n, PfErr *err PF_UNUSED) {
        Bytes *bytes = data;

        *ret_n = n < bytes->left ? n : bytes->left;
        bytes->at += *ret_n;
        bytes->left -= *ret_n;
        return 0;
}

/* "a name=size;…" of all that was visited. */
typedef struct Seen {
        PfBuf text;
        const char *until;
} Seen;

static int see(const PfCpioEntry *entry, void *data) {
        Seen *seen = data;

        ck_assert_int_eq(pf_buf_printf(&seen->text, "%s=%u;", entry->name, entry->size_bytes), 0);
        return seen->until && strcmp(seen->until, entry->name) == 0 ? STOPPED : 0;
}

static int ignore(const PfCpioEntry *entry PF_UNUSED, void *data PF_UNUSED) {
        return 0;
}

static void add_padding(PfBuf *buf) {
        static const char nuls[4] = "";

        ck_assert_int_eq(pf_buf_add(buf, nuls, -buf->n & 3), 0);
}

/* Digits, many at a time: archives of megabytes are made. */
static void add_zeros(PfBuf *buf, size_t n) {
        char zeros[4096];

        memset(zeros, '0', sizeof(zeros));
        for (size_t part; n > 0; n -= part) {
                part = n < sizeof(zeros) ? n : sizeof(zeros);
                ck_assert_int_eq(pf_buf_add(buf, zeros, part), 0);
        }
}

static void add_entry(PfBuf *buf, const char *magic, const char *name, size_t size) {
        add_padding(buf);
        ck_assert_int_eq(pf_buf_printf(buf, "%s%08X%08X%016X%08X%08X%08zX%032X%08zX%08X", magic, 1,
                                       0100644, 0, 1, 0, size, 0, strlen(name) + 1, 0),
                         0);
        ck_assert_int_eq(pf_buf_add(buf, name, strlen(name) + 1), 0);
        add_padding(buf);
        add_zeros(buf, size);
        add_padding(buf);
}

static void add_archive(PfBuf *buf, const char *magic, const char *const *names, size_t size) {
        for (; *names; names++)
                add_entry(buf, magic, *names, size);
        add_entry(buf, magic, "TRAILER!!!", 0);
}

static const char *const two[] = { "lib/modules/6.1/a.ko", "init", NULL };

START_TEST(pieces_of_every_size) {
        PF_AUTO_BUF PfBuf archive = PF_BUF_INIT(1 << 20);

        add_archive(&archive, "070701", two, 5);
        add_archive(&archive, "070702", two, 0);
        for (size_t piece = 1; piece <= archive.n; piece += piece < 130 ? 1 : 97) {
                Seen seen = { .text = PF_BUF_INIT(4096) };
                PfCpio cpio = { 0 };
                PfErr err = { 0 };

                for (size_t i = 0; i < archive.n; i += piece) {
                        size_t n = archive.n - i < piece ? archive.n - i : piece, used;

                        ck_assert_int_eq(
                                pf_cpio_feed(&cpio, archive.data + i, n, see, &seen, &used, &err),
                                0);
                        ck_assert_uint_eq(used, n);
                }
                ck_assert(pf_cpio_may_end(&cpio));
                ck_assert_str_eq(seen.text.data, "lib/modules/6.1/a.ko=5;init=5;"
                                                 "lib/modules/6.1/a.ko=0;init=0;");
                pf_buf_deinit(&seen.text);
        }
}
END_TEST

static int read_text(const PfBuf *buf, Seen *seen, PfErr *err) {
        Bytes bytes = { .at = buf->data, .left = buf->n };
        PfInitramfsInput input = { read_bytes, skip_bytes, &bytes };

        return pf_initramfs_read(&input, see, seen, err);
}

START_TEST(cut_anywhere_is_refused) {
        PF_AUTO_BUF PfBuf archive = PF_BUF_INIT(1 << 20);
        size_t n;

        add_archive(&archive, "070701", two, 6);
        n = archive.n;
        while (archive.data[n - 1] == '\0')
                n--;
        /* With the NUL of the last name it is whole. */
        for (archive.n = 0; archive.n <= n; archive.n++) {
                Seen seen = { .text = PF_BUF_INIT(4096) };
                PfErr err = { 0 };

                ck_assert_msg(read_text(&archive, &seen, &err) == -EINVAL, "byte %zu", archive.n);
                ck_assert(err.text[0]);
                pf_buf_deinit(&seen.text);
        }
}
END_TEST

START_TEST(large_bodies_are_passed_over) {
        PF_AUTO_BUF PfBuf archive = PF_BUF_INIT(16 << 20);
        Seen seen = { .text = PF_BUF_INIT(4096) };
        Bytes bytes = { 0 };
        PfInitramfsInput input = { read_bytes, skip_bytes, &bytes };
        PfErr err = { 0 };

        add_archive(&archive, "070701", two, 3 << 20);
        bytes.at = archive.data;
        bytes.left = archive.n;

        ck_assert_msg(pf_initramfs_read(&input, see, &seen, &err) == 0, "%s", err.text);

        ck_assert_str_eq(seen.text.data, "lib/modules/6.1/a.ko=3145728;init=3145728;");
        ck_assert_uint_lt(bytes.n_read, 512 << 10);
        pf_buf_deinit(&seen.text);
}
END_TEST

START_TEST(visit_ends_the_reading) {
        PF_AUTO_BUF PfBuf archive = PF_BUF_INIT(1 << 20);
        Seen seen = { .text = PF_BUF_INIT(4096), .until = "lib/modules/6.1/a.ko" };
        PfErr err = { 0 };

        add_archive(&archive, "070701", two, 5);
        ck_assert_int_eq(pf_buf_add_string(&archive, "what follows is not looked at"), 0);
        ck_assert_int_eq(read_text(&archive, &seen, &err), STOPPED);
        ck_assert_str_eq(seen.text.data, "lib/modules/6.1/a.ko=5;");
        pf_buf_deinit(&seen.text);
}
END_TEST

START_TEST(too_many_files) {
        PF_AUTO_BUF PfBuf archive = PF_BUF_INIT(1 << 20);
        Bytes bytes = { .repeated = 2 * PF_INITRAMFS_ENTRIES_MAX };
        PfInitramfsInput input = { read_bytes, skip_bytes, &bytes };
        PfErr err = { 0 };

        add_archive(&archive, "070701", two, 0);
        add_padding(&archive);
        bytes.all = bytes.at = archive.data;
        bytes.n_all = bytes.left = archive.n;
        ck_assert_int_eq(pf_initramfs_read(&input, ignore, NULL, &err), -EFBIG);
        ck_assert_ptr_nonnull(strstr(err.text, "more than"));
}
END_TEST

static const struct {
        const char *text;
        char fill; /* up to the size of a header; 0: nothing */
        const char *complaint;
} refused[] = {
        { "hello", 0, "neither a cpio archive nor a compression" },
        { "070707", 0, "cut off" },
        { "070707", '0', "old format" },
        { "070701", 'g', "no numbers" },
        { "012345", '0', "no header" },
        { "\x1f\x8b\x08", 0, "gzip stream is cut off" },
        { "\x1f\x8b\x07 what is this", 0, "gzip stream is damaged" },
        { "\xfd"
          "7zXZ",
          0, "xz stream is cut off" },
        { "\x02!L\x18\x04zzzz", 0, "neither" },
        { "\x89LZO\r", 0, "without liblzo2" },
};

START_TEST(refusals_have_texts) {
        PF_AUTO_BUF PfBuf buf = PF_BUF_INIT(4096);
        Seen seen = { .text = PF_BUF_INIT(4096) };
        PfErr err = { 0 };
        int r;

        ck_assert_int_eq(pf_buf_add_string(&buf, refused[_i].text), 0);
        while (refused[_i].fill && buf.n < PF_CPIO_HEADER_SIZE)
                ck_assert_int_eq(pf_buf_add(&buf, &refused[_i].fill, 1), 0);
        r = read_text(&buf, &seen, &err);
        ck_assert_int_lt(r, 0);
        ck_assert_msg(strstr(err.text, refused[_i].complaint), "\"%s\"", err.text);
}
END_TEST

static int see_module(const char *version, const char *name, void *data) {
        return pf_buf_printf(data, "%s %s;", version, name);
}

/* What is said of the modules in a file, and an error's text. */
static int list_modules(const PfSandbox *box, const char *path, PfBuf *ret, PfErr *err) {
        pf_buf_consume(ret, ret->n);
        *err = (PfErr){ 0 };
        return pf_initramfs_modules(box->target, path, see_module, ret, err);
}

START_TEST(files_of_a_machine) {
        static const char *const names[] = { "early.ko",
                                             "lib/modules/6.1/a/dm-mod.ko.xz",
                                             "usr/lib/modules/6.1/ext4.ko",
                                             "lib/modules/6.1",
                                             "lib/modules/6.1/!a.ko",
                                             "lib/modules/6.2/b/xfs.ko.zst",
                                             "init",
                                             "glib/modules/6.3/c.ko",
                                             NULL };
        PF_AUTO_SANDBOX PfSandbox box = { 0 };
        PF_AUTO_BUF PfBuf archive = PF_BUF_INIT(1 << 20);
        PF_AUTO_BUF PfBuf seen = PF_BUF_INIT(4096);
        PfErr err = { 0 };

        pf_sandbox_new(&box);
        add_archive(&archive, "070701", names, 100000);
        pf_sandbox_write_bytes(&box, "/boot/initrd", archive.data, archive.n);
        pf_sandbox_write_bytes(&box, "/boot/cut", archive.data, archive.n / 2);
        pf_sandbox_write(&box, "/boot/junk", "junk");
        pf_sandbox_mkdir(&box, "/boot/directory");
        pf_sandbox_mkfifo(&box, "/boot/fifo");

        ck_assert_int_eq(list_modules(&box, "/boot/initrd", &seen, &err), 0);
        ck_assert_str_eq(seen.data, " early;6.1 dm_mod;6.1 ext4;6.2 xfs; c;");
        /* What stands before the damage is known. */
        ck_assert_int_eq(list_modules(&box, "/boot/cut", &seen, &err), -EINVAL);
        ck_assert_str_eq(seen.data, " early;6.1 dm_mod;6.1 ext4;");
        ck_assert_str_eq(err.text, "/boot/cut: an archive in it is cut off");
        ck_assert_int_eq(list_modules(&box, "/boot/none", &seen, &err), PF_TARGET_ABSENT);
        ck_assert_int_eq(list_modules(&box, "/boot/junk", &seen, &err), -EINVAL);
        ck_assert_ptr_nonnull(strstr(err.text, "/boot/junk: "));
        ck_assert_int_eq(list_modules(&box, "/boot/directory", &seen, &err), -EISDIR);
        ck_assert_int_eq(list_modules(&box, "/boot/fifo", &seen, &err), -EINVAL);
}
END_TEST

static void put_le(PfBuf *buf, size_t at, uint32_t value, size_t n) {
        for (size_t i = 0; i < n; i++)
                buf->data[at + i] = (char) (value >> (8 * i));
}

/* A PE image of sections that each hold the same bytes behind the headers. */
static void make_image(PfBuf *ret, const char *const *sections, size_t offset, const PfBuf *bytes) {
        static const char nuls[4096] = "";
        size_t n = 0;

        ck_assert_uint_le(offset, sizeof(nuls));
        ck_assert_int_eq(pf_buf_add(ret, nuls, offset), 0);
        ck_assert_int_eq(pf_buf_add(ret, bytes->data, bytes->n), 0);
        memcpy(ret->data, "MZ", 2);
        put_le(ret, 0x3c, 0x40, 4);
        memcpy(ret->data + 0x40, "PE", 2);
        for (; sections[n]; n++) {
                size_t at = 0x40 + 4 + 20 + 40 * n;

                memcpy(ret->data + at, sections[n], strlen(sections[n]));
                put_le(ret, at + 8, (uint32_t) bytes->n, 4);
                put_le(ret, at + 16, (uint32_t) bytes->n + 100, 4);
                put_le(ret, at + 20, (uint32_t) (offset + (n > 2 ? 4 : 0)), 4);
        }
        put_le(ret, 0x40 + 4 + 2, (uint32_t) n, 2);
}

static const struct {
        const char *sections[6];
        const char *seen;
        const char *complaint; /* NULL: none */
} unified[] = {
        { { ".osrel", ".linux", ".initrd" }, "6.1 a;", NULL },
        { { ".osrel", ".linux" }, "", NULL },
        { { ".osrel", ".initrd" }, "", "no unified kernel image" },
        { { ".linux", ".osrel", ".initrd", ".profile" }, "6.1 a;", NULL },
        { { ".linux", ".osrel", ".initrd", ".profile", ".initrd" }, "", "profiles" },
};

/* In the part of the file that is read as a whole, and behind it. */
START_TEST(within_a_unified_kernel_image) {
        for (size_t size = 5; size <= 50000; size += 49995) {
                PF_AUTO_SANDBOX PfSandbox box = { 0 };
                PF_AUTO_BUF PfBuf archive = PF_BUF_INIT(1 << 20);
                PF_AUTO_BUF PfBuf image = PF_BUF_INIT(1 << 20);
                PF_AUTO_BUF PfBuf seen = PF_BUF_INIT(4096);
                PfErr err = { 0 };
                int r;

                pf_sandbox_new(&box);
                add_archive(&archive, "070701", two, size);
                make_image(&image, unified[_i].sections, 4096, &archive);
                ck_assert_int_eq(pf_buf_add_string(&image, "signed by somebody"), 0);
                pf_sandbox_write_bytes(&box, "/efi/linux.efi", image.data, image.n);
                r = list_modules(&box, "/efi/linux.efi", &seen, &err);
                ck_assert_str_eq(seen.data ? seen.data : "", unified[_i].seen);
                ck_assert_int_eq(r < 0, unified[_i].complaint != NULL);
                if (unified[_i].complaint)
                        ck_assert_msg(strstr(err.text, unified[_i].complaint), "%s", err.text);
        }
}
END_TEST

/* What comes out of a stream that is fed in pieces of @piece bytes, up to its end; *@ret_left
 * is what of @packed lies behind it. */
static int unpack_in_pieces(PfCompression compression, const uint8_t *packed, size_t n,
                            size_t piece, PfBuf *ret, size_t *ret_left) {
        PF_CLEANUP(pf_decompressor_freep) PfDecompressor *decompressor = NULL;
        size_t at = 0, have = 0;
        PfErr err = { 0 };
        int r = 0;

        ck_assert_int_eq(pf_decompressor_new(compression, &decompressor, &err), 0);
        while (r == 0) {
                uint8_t out[3];
                PfDecompressBuffers buffers = { packed + at, have, out, sizeof(out) };

                r = pf_decompressor_step(decompressor, &buffers, at + have == n, &err);
                ck_assert_int_eq(pf_buf_add(ret, out, sizeof(out) - buffers.n_out), 0);
                at += have - buffers.n_in;
                have = buffers.n_in;
                /* Only once it wants more does it get more. */
                if (buffers.n_out > 0)
                        have = n - at - have < piece ? n - at : have + piece;
        }
        *ret_left = n - at;
        return r;
}

/* The kernel does not look at the checksum, and takes what follows as the next archive. */
START_TEST(gzip_in_pieces_of_every_size) {
        uint8_t packed[] = { 0x1f, 0x8b, 0x08, 0x00, 0x00, 0x00, 0x00, 0x00, 0x02, 0x03,
                             0x4b, 0x4c, 0x4a, 0x4e, 0x84, 0x21, 0x03, 0x43, 0x23, 0x63,
                             0x13, 0x53, 0x33, 0x73, 0x0b, 0x4b, 0x00, 0xc9, 0xe9, 0x87,
                             0x92, 0x16, 0x00, 0x00, 0x00, '0',  '7',  '0',  '7' };

        packed[30] ^= (uint8_t) _i; /* of the checksum */
        for (size_t piece = 1; piece <= sizeof(packed); piece++) {
                PF_AUTO_BUF PfBuf text = PF_BUF_INIT(4096);
                size_t left = 0;

                ck_assert_int_eq(unpack_in_pieces(PF_COMPRESSION_GZIP, packed, sizeof(packed),
                                                  piece, &text, &left),
                                 PF_DECOMPRESS_END);
                ck_assert_str_eq(text.data, "abcabcabcabc0123456789");
                ck_assert_uint_eq(left, 4);
        }
}
END_TEST

/* "abcd", then a match that reaches into itself. */
START_TEST(lz4_in_pieces_of_every_size) {
        static const uint8_t packed[] = { 0x02, 0x21, 0x4c, 0x18, 13, 0, 0, 0,    0x4f,
                                          'a',  'b',  'c',  'd',  4,  0, 1, 0x40, 'w',
                                          'x',  'y',  'z',  0,    0,  0, 0 };

        for (size_t piece = 1; piece <= sizeof(packed); piece++) {
                PF_AUTO_BUF PfBuf text = PF_BUF_INIT(4096);
                size_t left = 0;

                ck_assert_int_eq(unpack_in_pieces(PF_COMPRESSION_LZ4, packed, sizeof(packed), piece,
                                                  &text, &left),
                                 PF_DECOMPRESS_END);
                ck_assert_str_eq(text.data, "abcdabcdabcdabcdabcdabcdwxyz");
                ck_assert_uint_eq(left, 4); /* a size of no block */
        }
}
END_TEST

START_TEST(compressions_by_their_magic) {
        ck_assert_int_eq(pf_compression_of("\x1f\x8b", 2), PF_COMPRESSION_GZIP);
        ck_assert_int_eq(pf_compression_of("\x1f", 1), PF_COMPRESSION_NONE);
        ck_assert_int_eq(pf_compression_of("BZh9", 4), PF_COMPRESSION_BZIP2);
        ck_assert_int_eq(pf_compression_of("\x28\xb5\x2f\xfd", 4), PF_COMPRESSION_ZSTD);
        ck_assert_int_eq(pf_compression_of("0707", 4), PF_COMPRESSION_NONE);
        ck_assert_str_eq(pf_compression_name(PF_COMPRESSION_LZMA), "lzma");
}
END_TEST

int main(void) {
        Suite *suite = suite_create("initramfs");
        TCase *texts = tcase_create("texts");

        PF_TEST(suite, pieces_of_every_size);
        PF_TEST(suite, cut_anywhere_is_refused);
        PF_TEST(suite, large_bodies_are_passed_over);
        PF_TEST(suite, visit_ends_the_reading);
        PF_TEST(suite, too_many_files);
        tcase_add_loop_test(texts, refusals_have_texts, 0, PF_ELEMENTS(refused));
        suite_add_tcase(suite, texts);
        PF_TEST(suite, files_of_a_machine);
        tcase_add_loop_test(texts, within_a_unified_kernel_image, 0, PF_ELEMENTS(unified));
        tcase_add_loop_test(texts, gzip_in_pieces_of_every_size, 0, 2);
        PF_TEST(suite, lz4_in_pieces_of_every_size);
        PF_TEST(suite, compressions_by_their_magic);
        return pf_test_main(suite);
}
