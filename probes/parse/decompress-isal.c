/* SPDX-License-Identifier: MIT */
/*
 * gzip by Intel's ISA-L, which takes half the time of zlib and streams as it does.
 * Where a program was built without it, zlib reads the same: decompress.c.
 */
#include "probes/parse/decompress-methods.h"

#include <isa-l/igzip_lib.h>

void *pf_isal_open(void) {
        struct inflate_state *state = malloc(sizeof(*state));

        if (!state)
                return NULL;
        isal_inflate_init(state);
        state->crc_flag = ISAL_GZIP;
        return state;
}

/* The kernel does not compare the checksum; what stands before it was handed out. */
static bool has_ended(const struct inflate_state *state, int q) {
        return state->block_state == ISAL_BLOCK_FINISH &&
               (q == ISAL_DECOMP_OK || q == ISAL_INCORRECT_CHECKSUM);
}

int pf_isal_step(void *data, PfDecompressBuffers *buffers, bool last PF_UNUSED) {
        struct inflate_state *state = data;
        int q;

        state->next_in = (uint8_t *) buffers->in;
        state->avail_in = (uint32_t) buffers->n_in;
        state->next_out = buffers->out;
        state->avail_out = (uint32_t) buffers->n_out;
        q = isal_inflate(state);
        *buffers = (PfDecompressBuffers){ state->next_in, state->avail_in, state->next_out,
                                          state->avail_out };
        return has_ended(state, q) ? PF_DECOMPRESS_END : q < 0 ? -EINVAL : 0;
}
