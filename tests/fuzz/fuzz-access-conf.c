/* SPDX-License-Identifier: MIT */
/*
 * access.conf: every rule is on the line that it gives, and a list is decided
 * where every element is.
 */
#include "tests/fuzz/fuzz.h"

#include <string.h>

#include "probes/parse/access-conf.h"

/* Elements differ in what they are, and "?" is never known. */
static PfMaybe by_first_byte(const char *element, void *data) {
        check(*element != '\0');
        if (*element == '?') {
                *(bool *) data = true;
                return PF_MAYBE;
        }
        return pf_maybe(*element % 2);
}

static void check_list(const char *list) {
        bool doubted = false;
        PfMaybe match;

        check(pf_access_list_match(list, PF_ACCESS_LIST_SEPARATORS, by_first_byte, &doubted,
                                   &match) == 0);
        check(match != PF_MAYBE || doubted);
}

static void check_rule(const PfAccessRule *rule, const char *text, size_t n) {
        const char *line = text;

        for (unsigned i = 1; i < rule->line; i++) {
                line = memchr(line, '\n', n - (size_t) (line - text));
                check(line != NULL);
                line++;
        }
        check(memmem(line, n - (size_t) (line - text), rule->text, strlen(rule->text)) != NULL);
        check(strstr(rule->text, rule->users) != NULL && strstr(rule->text, rule->origins) != NULL);
        check_list(rule->users);
        check_list(rule->origins);
}

int pf_fuzz_accepts(const uint8_t *bytes, size_t n) {
        PF_AUTO_ACCESS_CONF PfAccessConf conf = { 0 };

        return pf_access_conf_parse((const char *) bytes, n, PF_ACCESS_FIELD_SEPARATORS, &conf) ==
                       0 &&
               conf.bad_line == 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n) {
        PF_AUTO_ACCESS_CONF PfAccessConf conf = { 0 };

        if (pf_access_conf_parse((const char *) bytes, n, PF_ACCESS_FIELD_SEPARATORS, &conf) < 0)
                return 0;
        for (size_t i = 0; i < conf.n; i++)
                check_rule(&conf.rules[i], (const char *) bytes, n);
        return 0;
}
