/* SPDX-License-Identifier: MIT */
/*
 * passwd and group: any bytes come apart into lines and fields within them.
 */
#include "tests/fuzz/fuzz.h"

#include <stdlib.h>
#include <string.h>

#include "daemon/base/cleanup.h"
#include "probes/parse/nss-files.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n) {
        PF_AUTO_FREE char *copy = malloc(n + 1);
        PfNssFile file = { .text = copy, .n = n };
        unsigned before = 0;
        char *line;

        if (!copy)
                abort();
        if (n > 0)
                memcpy(copy, bytes, n);
        copy[n] = '\0';
        while ((line = pf_nss_next_line(&file))) {
                uint32_t number = 0;

                if (file.line <= before || line < copy || line >= copy + n || *line == '#')
                        abort();
                before = file.line;
                while (*line) {
                        char *rest = line;

                        if (pf_nss_take_number(&rest, &number) <= PF_NSS_NUMBER_EMPTY &&
                            (rest <= line && *line != ':'))
                                abort();
                        if (strchr(pf_nss_take_text(&line), ':'))
                                abort();
                }
        }
        return 0;
}
