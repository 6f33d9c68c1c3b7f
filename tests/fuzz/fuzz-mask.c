/* SPDX-License-Identifier: MIT */
/*
 * mask: the first line is a path, the rest a file. Whatever is in it, lines stay where
 * they are, a second time finds nothing more to replace, a file in which nothing was
 * replaced is as it was, and what stands in a field for a hash is judged as it was.
 */
#include "tests/fuzz/fuzz.h"

#include <stdlib.h>
#include <string.h>

#include "daemon/base/cleanup.h"
#include "daemon/capture/mask.h"
#include "probes/parse/crypt-hash.h"

typedef struct Sample {
        char *path;
        char *before; /* not followed by a NUL, so that reading too far is noticed */
        char *after;
        size_t n;
        PfMasked masked;
} Sample;

static void sample_deinit(Sample *sample) {
        free(sample->path);
        free(sample->before);
        free(sample->after);
}

static char *copy(const void *bytes, size_t n) {
        char *text = malloc(n > 0 ? n : 1);

        check(text != NULL);
        if (n > 0)
                memcpy(text, bytes, n);
        return text;
}

/* False where there is no path. */
static bool mask(const uint8_t *bytes, size_t n, Sample *ret) {
        const uint8_t *newline = n > 0 ? memchr(bytes, '\n', n) : NULL;
        size_t n_path = newline ? (size_t) (newline - bytes) : 0;

        if (n_path == 0 || memchr(bytes, '\0', n_path))
                return false;
        ret->path = strndup((const char *) bytes, n_path);
        check(ret->path != NULL);
        ret->n = n - n_path - 1;
        ret->before = copy(newline + 1, ret->n);
        ret->after = copy(newline + 1, ret->n);
        return pf_mask(ret->path, ret->after, ret->n, &ret->masked) == 0;
}

static size_t count(const Sample *sample) {
        return sample->masked.hashes + sample->masked.keys + sample->masked.passwords;
}

static void check_lines(const Sample *sample) {
        for (size_t i = 0; i < sample->n; i++)
                check((sample->before[i] == '\n') == (sample->after[i] == '\n'));
}

static bool is_loader(const char *path) {
        return strstr(path, "/grub") || strstr(path, "menu.lst") || strncmp(path, "/boot/", 6) == 0;
}

static void check_again(const Sample *sample) {
        PF_AUTO_FREE char *again = copy(sample->after, sample->n);
        PfMasked masked = { 0 };

        check(pf_mask(sample->path, again, sample->n, &masked) == 0);
        /* What is left of a damaged key may look like another key; of a loader's line the
         * last word counts, and what is replaced in a quoted text has become one. */
        check(sample->masked.keys > 0 || is_loader(sample->path) ||
              memcmp(again, sample->after, sample->n) == 0);
}

/* The second field of a line, or NULL. The caller frees it. */
static char *field_of(const char *line, size_t n) {
        const char *colon = memchr(line, ':', n);
        size_t left = colon ? n - (size_t) (colon + 1 - line) : 0;
        const char *end = left > 0 ? memchr(colon + 1, ':', left) : NULL;

        return colon ? strndup(colon + 1, end ? (size_t) (end - colon - 1) : left) : NULL;
}

static void check_fields(const Sample *sample) {
        size_t n;

        for (size_t at = 0; at < sample->n; at += n + 1) {
                const char *newline = memchr(sample->before + at, '\n', sample->n - at);

                n = newline ? (size_t) (newline - sample->before) - at : sample->n - at;
                PF_AUTO_FREE char *before = field_of(sample->before + at, n);
                PF_AUTO_FREE char *after = field_of(sample->after + at, n);

                check(!before == !after);
                if (!before)
                        continue;
                check(pf_crypt_scheme(before + strspn(before, "!")) ==
                      pf_crypt_scheme(after + strspn(after, "!")));
                check(pf_crypt_is_whole(before) == pf_crypt_is_whole(after));
        }
}

int pf_fuzz_accepts(const uint8_t *bytes, size_t n) {
        PF_CLEANUP(sample_deinit) Sample sample = { 0 };

        return mask(bytes, n, &sample) && count(&sample) > 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n) {
        PF_CLEANUP(sample_deinit) Sample sample = { 0 };

        if (!mask(bytes, n, &sample))
                return 0;
        /* A key of SSH 1 is no text. */
        if (sample.masked.keys == 0)
                check_lines(&sample);
        check_again(&sample);
        if (memchr(sample.before, '\0', sample.n) == NULL) {
                check(count(&sample) > 0 || memcmp(sample.before, sample.after, sample.n) == 0);
                if (sample.masked.keys == 0 && strcmp(sample.path, "/etc/shadow") == 0)
                        check_fields(&sample);
        }
        return 0;
}
