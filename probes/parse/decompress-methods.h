/* SPDX-License-Identifier: MIT */
#pragma once

#include "probes/parse/decompress.h"

/* One compression, as a library offers it; for decompress.c and its methods alone. */
typedef struct PfDecompressMethod {
        /* NULL: out of memory */
        void *(*open)(void);
        /* As pf_decompressor_step(), without a text; may have done but a part of it. */
        int (*step)(void *state, PfDecompressBuffers *buffers, bool last);
        void (*close)(void *state);
} PfDecompressMethod;

/* Both are closed with free(). */
void *pf_lz4_open(void);
int pf_lz4_step(void *state, PfDecompressBuffers *buffers, bool last);
void *pf_isal_open(void);
int pf_isal_step(void *state, PfDecompressBuffers *buffers, bool last);
