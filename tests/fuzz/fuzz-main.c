/* SPDX-License-Identifier: MIT */
/*
 * Runs a fuzzer's corpus as a plain test: each file is one input and one point
 * of TAP. Takes the place of libFuzzer's main().
 */
#include "tests/fuzz/fuzz.h"

#include <dirent.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/base/buf.h"

#define INPUT_MAX (16u << 20)

/* The bytes alone, on the heap, so that a sanitizer sees a read past their end. */
static uint8_t *copy_exactly(const PfBuf *buf) {
        uint8_t *bytes = malloc(buf->n ? buf->n : 1);

        if (bytes && buf->n)
                memcpy(bytes, buf->data, buf->n);
        return bytes;
}

static int read_file(const char *path, PfBuf *buf) {
        PF_AUTO_FCLOSE FILE *file = fopen(path, "rb");
        char part[4096];
        size_t n;
        int r = 0;

        if (!file)
                return -errno;
        while (r == 0 && (n = fread(part, 1, sizeof(part), file)) > 0)
                r = pf_buf_add(buf, part, n);
        return r == 0 && ferror(file) ? -EIO : r;
}

/* What is wrong with the outcome for a file of this name, or NULL. */
static const char *judge(const char *name, const uint8_t *bytes, size_t n) {
        bool wanted = strncmp(name, "y_", 2) == 0;
        bool refused = strncmp(name, "n_", 2) == 0;
        bool accepts;

        if (LLVMFuzzerTestOneInput(bytes, n) != 0)
                return "the fuzzer did not return 0";
        if (!pf_fuzz_accepts || (!wanted && !refused))
                return NULL;
        accepts = pf_fuzz_accepts(bytes, n) != 0;
        return wanted && !accepts ? "is refused" : refused && accepts ? "is accepted" : NULL;
}

static bool run_file(const char *directory, const char *name, int number) {
        PF_AUTO_BUF PfBuf buf = PF_BUF_INIT(INPUT_MAX);
        PF_AUTO_FREE uint8_t *bytes = NULL;
        const char *wrong;
        char path[4096];

        (void) snprintf(path, sizeof(path), "%s/%s", directory, name);
        if (read_file(path, &buf) < 0 || !(bytes = copy_exactly(&buf)))
                wrong = "cannot be read";
        else
                wrong = judge(name, bytes, buf.n);

        printf("%sok %d - %s%s%s\n", wrong ? "not " : "", number, name, wrong ? ": " : "",
               wrong ? wrong : "");
        (void) fflush(stdout); /* a crash in the next one is the next one's */
        return !wrong;
}

static int is_input(const struct dirent *entry) {
        return entry->d_name[0] != '.';
}

int main(int argc, char **argv) {
        struct dirent **entries = NULL;
        bool good = true;
        int n;

        if (argc != 2) {
                (void) fprintf(stderr, "usage: %s DIRECTORY\n", argv[0]);
                return EXIT_FAILURE;
        }
        n = scandir(argv[1], &entries, is_input, alphasort);
        if (n <= 0) {
                printf("1..1\nnot ok 1 - %s: %s\n", argv[1],
                       n < 0 ? strerror(errno) : "no input is there");
                return EXIT_FAILURE;
        }

        printf("1..%d\n", n);
        for (int i = 0; i < n; i++) {
                good = run_file(argv[1], entries[i]->d_name, i + 1) && good;
                free(entries[i]);
        }
        free(entries);
        printf("# %d inputs\n", n);
        return good ? EXIT_SUCCESS : EXIT_FAILURE;
}
