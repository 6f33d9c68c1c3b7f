/* SPDX-License-Identifier: MIT */
/*
 * The editor of boot loaders' files: the first byte says how the rest is written. What was
 * replaced is not found again, what was not is as it was, and a block keeps its size.
 */
#include "tests/fuzz/fuzz.h"

#include <string.h>

#include "probes/boot/edit.h"

#define DEVICE "/dev/sda1"
#define IDENTITY "UUID=11111111-aaaa-4aaa-8aaa-111111111111"

typedef struct Swaps {
        PfBootSwap items[3];
} Swaps;

static Swaps make_swaps(void) {
        return (Swaps){ {
                { .kind = PF_BOOT_SWAP_ARGUMENT, .name = "root", .from = DEVICE, .to = IDENTITY },
                { .kind = PF_BOOT_SWAP_VARIABLE, .name = "a", .from = DEVICE, .to = IDENTITY },
                { .kind = PF_BOOT_SWAP_FIELD, .from = DEVICE, .to = IDENTITY, .line = 1 },
        } };
}

static size_t count(const Swaps *swaps) {
        return swaps->items[0].n + swaps->items[1].n + swaps->items[2].n;
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n) {
        PF_AUTO_BUF PfBuf once = PF_BUF_INIT((size_t) 64 << 20);
        PF_AUTO_BUF PfBuf twice = PF_BUF_INIT((size_t) 64 << 20);
        Swaps swaps = make_swaps(), again = make_swaps();
        const char *text = (const char *) bytes + 1;
        PfBootSyntax syntax;
        int r;

        if (n < 2)
                return 0;
        n--;
        syntax = bytes[0] % PF_BOOT_SYNTAXES;
        r = pf_boot_edit(syntax, text, n, swaps.items, PF_ELEMENTS(swaps.items), &once);
        if (r != 0) {
                check(r == -E2BIG || (r == PF_BOOT_EDIT_FULL && syntax == PF_BOOT_SYNTAX_GRUBENV));
                return 0;
        }
        check(syntax != PF_BOOT_SYNTAX_GRUBENV || once.n == n);
        if (count(&swaps) == 0)
                check(once.n == n && memcmp(once.data, text, n) == 0);
        check(pf_boot_edit(syntax, once.data, once.n, again.items, PF_ELEMENTS(again.items),
                           &twice) == 0);
        check(count(&again) == 0);
        check(twice.n == once.n && memcmp(twice.data, once.data, once.n) == 0);
        return 0;
}
