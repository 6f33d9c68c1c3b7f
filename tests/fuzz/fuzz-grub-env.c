/* SPDX-License-Identifier: MIT */
/*
 * grubenv: what was read, written again, must be read again.
 */
#include "tests/fuzz/fuzz.h"

#include <string.h>

#include "daemon/base/buf.h"
#include "probes/parse/grub-env.h"

static void write_setting(const PfBootSetting *setting, PfBuf *text) {
        check(pf_buf_printf(text, "%s=", setting->name) == 0);
        for (const char *p = setting->value; *p; p++)
                check(pf_buf_printf(text, "%s%c", *p == '\\' || *p == '\n' ? "\\" : "", *p) == 0);
        check(pf_buf_add_string(text, "\n") == 0);
}

int pf_fuzz_accepts(const uint8_t *bytes, size_t n) {
        PF_AUTO_BOOT_SETTINGS PfBootSettings settings = { 0 };

        return pf_grub_env_parse("g", (const char *) bytes, n, &settings, NULL) == 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n) {
        PF_AUTO_BOOT_SETTINGS PfBootSettings settings = { 0 }, again = { 0 };
        PF_AUTO_BUF PfBuf text = PF_BUF_INIT((size_t) 64 << 20);

        if (pf_grub_env_parse("g", (const char *) bytes, n, &settings, NULL) < 0)
                return 0;
        check(pf_buf_add_string(&text, "# GRUB Environment Block\n") == 0);
        for (size_t i = 0; i < settings.n; i++)
                write_setting(&settings.items[i], &text);
        check(pf_grub_env_parse("g", text.data, text.n, &again, NULL) == 0);
        check(again.n == settings.n);
        for (size_t i = 0; i < settings.n; i++)
                check(strcmp(again.items[i].name, settings.items[i].name) == 0 &&
                      strcmp(again.items[i].value, settings.items[i].value) == 0);
        return 0;
}
