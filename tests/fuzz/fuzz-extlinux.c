/* SPDX-License-Identifier: MIT */
/*
 * extlinux.conf, which includes itself under any name but "absent".
 */
#include "tests/fuzz/fuzz.h"

#include <string.h>

#include "probes/parse/extlinux.h"

static int read_file(void *data, const char *path, size_t max, PfBuf *buf, PfErr *err) {
        const PfFuzzInput *input = data;

        (void) err;
        if (strcmp(path, "absent") == 0)
                return 1;
        return input->n > max ? -EFBIG : pf_buf_add(buf, input->bytes, input->n);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n) {
        PF_AUTO_BOOT_MENU PfBootMenu menu = { 0 };
        PfFuzzInput input = { .bytes = bytes, .n = n };
        PfBootFiles files = { .read = read_file, .data = &input };

        if (pf_extlinux_load("x", (const char *) bytes, n, &files, &menu, NULL) < 0)
                return 0;
        for (size_t i = 0; i < menu.n; i++) {
                const PfBootEntry *entry = &menu.entries[i];

                check(entry->id && entry->title && entry->path && entry->line > 0);
                for (size_t j = 0; j < entry->commands.n; j++)
                        check(entry->commands.items[j].name && entry->commands.items[j].path &&
                              entry->commands.items[j].line > 0);
        }
        return 0;
}
