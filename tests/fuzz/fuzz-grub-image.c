/* SPDX-License-Identifier: MIT */
/* Images of GRUB: whatever their sizes say, nothing beyond the bytes is read. */
#include "tests/fuzz/fuzz.h"

#include <string.h>

#include "probes/parse/grub-image.h"

int pf_fuzz_accepts(const uint8_t *bytes, size_t n) {
        PF_AUTO_GRUB_IMAGE PfGrubImage image = { 0 };

        return pf_grub_image_parse(bytes, n, &image, NULL) == 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n) {
        PF_AUTO_GRUB_IMAGE PfGrubImage image = { 0 };
        int r = pf_grub_image_parse(bytes, n, &image, NULL);

        check(r <= 0 || (!image.prefix && !image.config && !image.has_memdisk));
        check(!image.prefix || strlen(image.prefix) < n + 1);
        return 0;
}
