/* SPDX-License-Identifier: MIT */
/*
 * Images of an initramfs, in any compression: whatever the bytes, the reading ends,
 * names are texts of a bounded length, and what is skipped is skipped by reading too.
 */
#include "tests/fuzz/fuzz.h"

#include <stdbool.h>
#include <string.h>

#include "probes/parse/initramfs.h"

/* What a bomb unpacks to costs time; beyond this many names enough is seen. */
#define NAMES_ENOUGH 100000

typedef struct Bytes {
        const uint8_t *at;
        size_t left;
        bool reads_through; /* instead of skipping */
} Bytes;

typedef struct Names {
        size_t n;
        uint64_t hash;
} Names;

static int read_bytes(void *data, void *to, size_t n, size_t *ret_n, PfErr *err PF_UNUSED) {
        Bytes *bytes = data;

        if (n > bytes->left)
                n = bytes->left;
        memcpy(to, bytes->at, n);
        bytes->at += n;
        bytes->left -= n;
        *ret_n = n;
        return 0;
}

static int skip_bytes(void *data, uint64_t n, uint64_t *ret_n, PfErr *err PF_UNUSED) {
        Bytes *bytes = data;

        if (n > bytes->left)
                n = bytes->left;
        if (bytes->reads_through && n > 1)
                n = 1;
        bytes->at += n;
        bytes->left -= (size_t) n;
        *ret_n = n;
        return 0;
}

static int take_name(const PfCpioEntry *entry, void *data) {
        Names *names = data;
        size_t n = strlen(entry->name);

        check(n < PF_CPIO_NAME_MAX);
        for (size_t i = 0; i < n; i++)
                names->hash = names->hash * 31 + (unsigned char) entry->name[i];
        return ++names->n == NAMES_ENOUGH ? -E2BIG : 0;
}

static int read_all(const uint8_t *at, size_t n, bool reads_through, Names *names) {
        Bytes bytes = { at, n, reads_through };
        PfInitramfsInput input = { read_bytes, skip_bytes, &bytes };
        PfErr err = { 0 };
        int r = pf_initramfs_read(&input, take_name, names, &err);

        check(r <= 0);
        check(r == 0 || r == -ENOMEM || r == -E2BIG || err.text[0]);
        return r;
}

int pf_fuzz_accepts(const uint8_t *bytes, size_t n) {
        Names names = { 0 };

        return read_all(bytes, n, false, &names) == 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n) {
        Names a = { 0 }, b = { 0 };

        check(read_all(bytes, n, false, &a) == read_all(bytes, n, true, &b));
        check(a.n == b.n && a.hash == b.hash);
        return 0;
}
