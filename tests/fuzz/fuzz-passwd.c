/* SPDX-License-Identifier: MIT */
/*
 * passwd and group: any bytes come apart into lines and fields within them; an account
 * that is found is the one that was asked for, and its line shows no password.
 */
#include "tests/fuzz/machine.h"

#include <stdlib.h>
#include <string.h>

#include "daemon/base/cleanup.h"
#include "probes/parse/nss-files.h"
#include "probes/parse/sshd-effective.h"

static void check_account(const uint8_t *bytes, size_t n) {
        PF_CLEANUP(pf_target_unrefp) PfTarget *target = pf_fuzz_machine("/etc/passwd", bytes, n);
        PF_AUTO_SSHD_ACCOUNT PfSshdAccount account = { 0 };
        PfErr err = { 0 };
        int r;

        check(pf_overlay_put(target, "/etc/group", bytes, n, NULL) == 0);
        r = pf_sshd_account_read(target, "root", &account, &err);
        check(r == 0 || (r < 0 && err.text[0]));
        if (r < 0 || !account.exists)
                return;
        check(strcmp(account.name, "root") == 0 && account.line > 0);
        check(account.home && account.shell && account.password && account.shown);
}

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
        check_account(bytes, n);
        return 0;
}
