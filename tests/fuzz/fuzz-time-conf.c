/* SPDX-License-Identifier: MIT */
/*
 * time.conf: a rule written again is read again, and its lists are decided at
 * any time; the same bytes as a time zone give a sane offset or none.
 */
#include "tests/fuzz/fuzz.h"

#include <stdlib.h>
#include <string.h>

#include "daemon/base/buf.h"
#include "probes/parse/local-time.h"
#include "probes/parse/time-conf.h"

static void check_again(const PfTimeRule *rule) {
        PF_AUTO_TIME_CONF PfTimeConf again = { 0 };
        PF_AUTO_BUF PfBuf text = PF_BUF_INIT((size_t) 64 << 20);

        check(pf_buf_printf(&text, "%s;%s;%s;%s\n", rule->fields[0], rule->fields[1],
                            rule->fields[2], rule->fields[3]) == 0);
        /* A backslash at the end was followed by no newline. */
        if (text.n > 1 && text.data[text.n - 2] == '\\')
                return;
        check(pf_time_conf_parse(text.data, text.n, &again) == 0);
        check(again.n == 1);
        for (size_t i = 0; i < PF_TIME_N_FIELDS; i++)
                check(strcmp(again.rules[0].fields[i], rule->fields[i]) == 0);
}

static void check_rule(const PfTimeRule *rule) {
        for (size_t i = 0; i < PF_TIME_TIMES; i++)
                (void) pf_time_names_match(rule->fields[i], rule->fields[(i + 1) % 3]);
        for (unsigned day = 0; day < 7; day++)
                (void) pf_time_times_match(rule->fields[PF_TIME_TIMES],
                                           &(PfClock){ .weekday = day, .hour = 3 * day });
        check_again(rule);
}

int pf_fuzz_accepts(const uint8_t *bytes, size_t n) {
        PF_AUTO_TIME_CONF PfTimeConf conf = { 0 };

        return pf_time_conf_parse((const char *) bytes, n, &conf) == 0 && conf.bad_line == 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n) {
        PF_AUTO_TIME_CONF PfTimeConf conf = { 0 };
        PfLocalOffsets offsets;

        if (pf_local_offsets_parse((const char *) bytes, n, 1763827200, &offsets) == 0)
                check(offsets.n > 0 && abs(offsets.seconds[0]) <= 26 * 3600);
        if (pf_time_conf_parse((const char *) bytes, n, &conf) < 0)
                return 0;
        for (size_t i = 0; i < conf.n; i++)
                check_rule(&conf.rules[i]);
        return 0;
}
