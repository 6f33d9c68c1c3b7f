/* SPDX-License-Identifier: MIT */
/*
 * Files of variables: what was assigned, written again in single quotes, must be
 * assigned again, but for a value that has such a quote in it.
 */
#include "tests/fuzz/fuzz.h"

#include <string.h>

#include "daemon/base/buf.h"
#include "probes/parse/environment-file.h"

int pf_fuzz_accepts(const uint8_t *bytes, size_t n) {
        PF_AUTO_ENVIRONMENT PfEnvironment environment = { 0 };

        return pf_environment_parse(&environment, (const char *) bytes, n, "/f") == 0;
}

static void check_again(const PfVariable *variable) {
        PF_AUTO_ENVIRONMENT PfEnvironment again = { 0 };
        PF_AUTO_BUF PfBuf text = PF_BUF_INIT((size_t) 8 << 20);

        check(variable->name[0] && variable->line > 0);
        check(strncmp(variable->text, variable->name, strlen(variable->name)) == 0);
        if (strchr(variable->value, '\''))
                return;
        check(pf_buf_printf(&text, "%s='%s'\n", variable->name, variable->value) == 0);
        check(pf_environment_parse(&again, text.data, text.n, "/f") == 0 && again.n == 1);
        check(strcmp(again.variables[0].value, variable->value) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n) {
        PF_AUTO_ENVIRONMENT PfEnvironment environment = { 0 };
        PF_AUTO_ENVIRONMENT PfEnvironment shell = { 0 };
        unsigned bad_line;
        int r;

        r = pf_environment_parse(&environment, (const char *) bytes, n, "/f");
        check(r == 0 || r == -E2BIG);
        for (size_t i = 0; i < environment.n; i++)
                check_again(&environment.variables[i]);
        r = pf_environment_parse_shell(&shell, (const char *) bytes, n, "/f", &bad_line);
        check(r == 0 || r == -E2BIG);
        return 0;
}
