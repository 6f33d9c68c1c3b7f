/* SPDX-License-Identifier: MIT */
/*
 * faillock: any bytes as settings, as a tally, and as the records of pam_tally.
 */
#include "tests/fuzz/fuzz.h"

#include <stdlib.h>
#include <string.h>

#include "daemon/base/cleanup.h"
#include "probes/parse/faillock.h"

static int parse_conf(const uint8_t *bytes, size_t n, PfFaillockSettings *ret) {
        PF_AUTO_FREE char *copy = malloc(n + 1);

        if (!copy)
                abort();
        if (n > 0)
                memcpy(copy, bytes, n);
        copy[n] = '\0';
        *ret = pf_faillock_defaults();
        return pf_faillock_parse_conf(copy, n, ret);
}

int pf_fuzz_accepts(const uint8_t *bytes, size_t n) {
        PfFaillockSettings settings;

        return parse_conf(bytes, n, &settings) == 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n) {
        PfFaillockSettings settings;
        PfFaillockTally tally = { 0 };

        (void) parse_conf(bytes, n, &settings);
        if (*settings.dir != '/' || settings.unlock_sec > PF_FAILLOCK_INTERVAL_MAX_SEC)
                abort();
        if (pf_faillock_parse_tally(bytes, n, settings.interval_sec, &tally) == 0 &&
            tally.failures > n / PF_FAILLOCK_RECORD_SIZE)
                abort();
        for (unsigned uid = 0; uid < 4; uid++) {
                (void) pf_tally_parse(PF_TALLY_LOG, bytes, n, uid);
                (void) pf_tally_parse(PF_TALLY_FAILLOG, bytes, n, uid);
        }
        (void) pf_tally_parse(PF_TALLY_LOG, bytes, n, UINT32_MAX);
        return 0;
}
