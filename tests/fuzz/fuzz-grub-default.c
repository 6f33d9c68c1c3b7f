/* SPDX-License-Identifier: MIT */
/*
 * /etc/default/grub: what is certain, written again in quotes, must be
 * certain again and the same.
 */
#include "tests/fuzz/fuzz.h"

#include <string.h>

#include "daemon/base/buf.h"
#include "probes/parse/grub-default.h"

static void write_setting(const PfBootSetting *setting, PfBuf *text) {
        check(pf_buf_printf(text, "%s='", setting->name) == 0);
        for (const char *p = setting->value; *p; p++)
                check((*p == '\'' ? pf_buf_add_string(text, "'\\''") : pf_buf_add(text, p, 1)) ==
                      0);
        check(pf_buf_add_string(text, "'\n") == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n) {
        PF_AUTO_BOOT_SETTINGS PfBootSettings settings = { 0 }, again = { 0 };
        PF_AUTO_BUF PfBuf text = PF_BUF_INIT((size_t) 128 << 20);
        size_t n_certain = 0;

        if (pf_grub_default_parse("d", (const char *) bytes, n, &settings, NULL, NULL) < 0)
                return 0;
        for (size_t i = 0; i < settings.n; i++)
                if (settings.items[i].certain)
                        write_setting(&settings.items[i], &text);
        check(pf_grub_default_parse("d", text.data ? text.data : "", text.n, &again, NULL, NULL) ==
              0);
        for (size_t i = 0; i < settings.n; i++) {
                if (!settings.items[i].certain)
                        continue;
                check(n_certain < again.n && again.items[n_certain].certain);
                check(strcmp(settings.items[i].value, again.items[n_certain++].value) == 0);
        }
        return 0;
}
