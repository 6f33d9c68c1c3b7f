/* SPDX-License-Identifier: MIT */
/*
 * Kernel lists in a file: what is taken lies within its tables, and every complaint
 * names a line that there is.
 */
#include "tests/fuzz/fuzz.h"

#include <stdlib.h>
#include <string.h>

#include "config/kernels-table.h"

static void check_tables(const PfKernelsTables *tables) {
        check(tables->source[0] && strlen(tables->date) == 10 && tables->n_lists > 0);
        for (size_t i = 0; i < tables->n_lists; i++)
                check(tables->pool[tables->lists[i].scenario] &&
                      tables->pool[tables->lists[i].distribution] &&
                      tables->pool[tables->lists[i].first] && tables->pool[tables->lists[i].last]);
        for (size_t i = 0; i < tables->n_series; i++) {
                const PfKernelsSeries *series = &tables->series[i];

                check(tables->pool[series->stem] && strlen(tables->pool + series->tail) <= 128);
                check(series->n_items > 0 &&
                      (size_t) series->i_item + series->n_items <= tables->n_items);
        }
}

int pf_fuzz_accepts(const uint8_t *bytes, size_t n) {
        PfKernelsTables tables = { 0 };
        PfErr err = { 0 };
        size_t lines = 1;
        int r = pf_kernels_parse("f", (const char *) bytes, n, &tables, &err);

        for (size_t i = 0; i < n; i++)
                lines += bytes[i] == '\n';
        if (r == 0)
                check_tables(&tables);
        else
                check(r == -EINVAL && strncmp(err.text, "f:", 2) == 0 &&
                      strtoul(err.text + 2, NULL, 10) >= 1 &&
                      strtoul(err.text + 2, NULL, 10) <= lines);
        pf_kernels_tables_deinit(&tables);
        return r == 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n) {
        (void) pf_fuzz_accepts(bytes, n);
        return 0;
}
