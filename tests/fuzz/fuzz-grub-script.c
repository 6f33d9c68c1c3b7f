/* SPDX-License-Identifier: MIT */
/*
 * grub.cfg, which includes itself under any name: every item must say where it
 * stands, and what is certain must have no variable left that is not the text's own.
 */
#include "tests/fuzz/fuzz.h"

#include <string.h>

#include "probes/parse/grub-script.h"

static int read_file(void *data, const char *path, size_t max, PfBuf *buf, PfErr *err) {
        const PfFuzzInput *input = data;

        (void) err;
        if (strstr(path, "absent"))
                return 1;
        return strstr(path, "broken") || input->n > max ? -EIO
                                                        : pf_buf_add(buf, input->bytes, input->n);
}

static void check_words(const PfBootWords *words) {
        for (size_t i = 0; i < words->n; i++)
                check(words->items[i].text && words->items[i].path);
}

static void check_commands(const PfBootCommands *commands, size_t n_lines) {
        for (size_t i = 0; i < commands->n; i++) {
                check(commands->items[i].name && commands->items[i].path);
                check(commands->items[i].line >= 1 && commands->items[i].line <= n_lines);
                check_words(&commands->items[i].written);
                check_words(&commands->items[i].expanded);
        }
}

int pf_fuzz_accepts(const uint8_t *bytes, size_t n) {
        PF_AUTO_BOOT_MENU PfBootMenu menu = { 0 };

        return pf_grub_script_load("g", (const char *) bytes, n, NULL, NULL, &menu, NULL) == 0 &&
               menu.bad_line == 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n) {
        PF_AUTO_BOOT_MENU PfBootMenu menu = { 0 };
        PfFuzzInput input = { .bytes = bytes, .n = n };
        PfBootFiles files = { .read = read_file, .data = &input };
        size_t n_lines = 1;

        for (size_t i = 0; i < n; i++)
                n_lines += bytes[i] == '\n';
        if (pf_grub_script_load("g", (const char *) bytes, n, NULL, &files, &menu, NULL) < 0)
                return 0;
        check_commands(&menu.outside, n_lines);
        for (size_t i = 0; i < menu.n; i++) {
                check(menu.entries[i].title && menu.entries[i].written && menu.entries[i].path);
                check(menu.entries[i].line >= 1 && menu.entries[i].line <= n_lines);
                check_words(&menu.entries[i].submenu);
                check_commands(&menu.entries[i].commands, n_lines);
        }
        return 0;
}
