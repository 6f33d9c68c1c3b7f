/* SPDX-License-Identifier: MIT */
/*
 * limits.conf: what was read, written again, is read again.
 */
#include "tests/fuzz/fuzz.h"

#include <string.h>

#include "probes/parse/limits-conf.h"

static void check_limit(const PfLimit *limit) {
        PF_AUTO_LIMITS_CONF PfLimitsConf again = { 0 };
        PfIdRange range;

        (void) pf_id_range_parse(limit->domain, &range);
        check(pf_limits_conf_parse(limit->text, strlen(limit->text), &again) == 0);
        check(again.n == 1 && again.limits[0].type == limit->type);
        check(strcmp(again.limits[0].domain, limit->domain) == 0);
        if (limit->type == PF_LIMIT_NO_LIMITS)
                return;
        check(strcmp(again.limits[0].item, limit->item) == 0);
        check(again.limits[0].has_number == limit->has_number);
        check(!limit->has_number || again.limits[0].number == limit->number);
}

int pf_fuzz_accepts(const uint8_t *bytes, size_t n) {
        PF_AUTO_LIMITS_CONF PfLimitsConf conf = { 0 };

        return pf_limits_conf_parse((const char *) bytes, n, &conf) == 0 && conf.bad_line == 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n) {
        PF_AUTO_LIMITS_CONF PfLimitsConf conf = { 0 };

        if (pf_limits_conf_parse((const char *) bytes, n, &conf) < 0)
                return 0;
        for (size_t i = 0; i < conf.n; i++)
                check_limit(&conf.limits[i]);
        return 0;
}
