/* SPDX-License-Identifier: MIT */
/*
 * Waivers: what comes out without a complaint is complete, ends at some time, and
 * can be written and read again; every complaint is about the file.
 */
#include "tests/fuzz/fuzz.h"

#include <string.h>

#include "config/waiver.h"

/* Two blanks are one behind a line's end, and a leading '#' begins a comment there:
 * not all that can be read can be written, but what is written says the same. */
static void check_again(const PfWaiver *waiver) {
        PF_AUTO_INI_ERRORS PfIniErrors errors = { 0 };
        PF_AUTO_WAIVER PfWaiver again = { 0 };
        PF_AUTO_BUF PfBuf text = PF_BUF_INIT(1 << 20);
        int r = pf_waiver_write(waiver, &text, &errors);

        if (r < 0) {
                check(r == -EINVAL && errors.texts.n > 0);
                return;
        }
        check(pf_waiver_parse("f", text.data, text.n, &again, &errors) == 0);
        check(strcmp(again.check, waiver->check) == 0);
        check(strcmp(again.reason, waiver->reason) == 0);
        check(strcmp(again.owner, waiver->owner) == 0);
        check(again.expires_usec == waiver->expires_usec / 1000000 * 1000000);
        check(!again.evidence == !waiver->evidence);
}

int pf_fuzz_accepts(const uint8_t *bytes, size_t n) {
        PF_AUTO_INI_ERRORS PfIniErrors errors = { 0 };
        PF_AUTO_WAIVER PfWaiver waiver = { 0 };
        int r = pf_waiver_parse("f", (const char *) bytes, n, &waiver, &errors);

        check(r == 0 ? errors.texts.n == 0 : r == -EINVAL && errors.texts.n > 0);
        for (size_t i = 0; i < errors.texts.n; i++)
                check(strncmp(errors.texts.items[i], "f:", 2) == 0);
        if (r < 0)
                return 0;
        check(waiver.check && waiver.check[0] && waiver.reason && waiver.reason[0] &&
              waiver.owner && waiver.owner[0]);
        check(!waiver.evidence || strlen(waiver.evidence) == 71);
        check_again(&waiver);
        return 1;
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n) {
        (void) pf_fuzz_accepts(bytes, n);
        return 0;
}
