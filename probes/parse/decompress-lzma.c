/* SPDX-License-Identifier: MIT */
/* LZMA without a header, by liblzma. */
#include "probes/parse/decompress.h"

#ifdef PF_HAVE_LZMA
#include <lzma.h>

int pf_lzma_raw(const uint8_t *in, size_t n_in, uint8_t *out, size_t n_out) {
        lzma_options_lzma options = { .dict_size = n_out < LZMA_DICT_SIZE_MIN ? LZMA_DICT_SIZE_MIN
                                                                              : (uint32_t) n_out,
                                      .lc = 3,
                                      .lp = 0,
                                      .pb = 2 };
        const lzma_filter filters[] = { { .id = LZMA_FILTER_LZMA1, .options = &options },
                                        { .id = LZMA_VLI_UNKNOWN } };
        lzma_stream stream = LZMA_STREAM_INIT;
        lzma_ret r = lzma_raw_decoder(&stream, filters);

        if (r != LZMA_OK)
                return -ENOMEM;
        stream.next_in = in;
        stream.avail_in = n_in;
        stream.next_out = out;
        stream.avail_out = n_out;
        while (r == LZMA_OK && stream.avail_out > 0)
                r = lzma_code(&stream, LZMA_RUN);
        lzma_end(&stream);
        if (r == LZMA_MEM_ERROR)
                return -ENOMEM;
        return stream.avail_out == 0 ? 0 : -EINVAL;
}
#else
int pf_lzma_raw(const uint8_t *in, size_t n_in, uint8_t *out, size_t n_out) {
        (void) in;
        (void) n_in;
        (void) out;
        (void) n_out;
        return -ENOTSUP;
}
#endif
