/* SPDX-License-Identifier: MIT */
/*
 * The kernel's command line, and what names a device in it; the same bytes as
 * settings of an initramfs.
 */
#include "tests/fuzz/fuzz.h"

#include <string.h>

#include "probes/parse/device-identity.h"
#include "probes/parse/initramfs-resume.h"

static void check_word(const PfCmdline *cmdline, const PfCmdlineWord *word, const char *text) {
        const PfCmdlineParameter *parameter = pf_cmdline_parameter(word->name);
        PF_AUTO_FREE char *identity = NULL, *value = NULL;

        check(memcmp(text + word->offset, word->text, strlen(word->text)) == 0);
        check(word->for_init || pf_cmdline_last(cmdline, word->name) >= word);
        if (!parameter || !word->value)
                return;
        check(pf_cmdline_identity(parameter, word->value, &identity) == 0);
        check(pf_identity_kind(identity) < PF_IDENTITY_KINDS);
        check(pf_identity_kind_name(pf_identity_kind(identity)) != NULL);
        check(pf_identity_value(identity, &value) == 0 && strlen(value) <= strlen(identity));
}

static void check_settings(const char *text, size_t n) {
        PF_AUTO_BOOT_SETTINGS PfBootSettings settings = { 0 };
        PF_AUTO_INITRAMFS_DEVICES PfInitramfsDevices devices = { 0 };
        int r = pf_initramfs_parse("i", text, n, &settings, NULL);

        if (r == 0)
                r = pf_initramfs_devices(&settings, PF_INITRAMFS_DRACUT, &devices, NULL);
        if (r == 0)
                r = pf_initramfs_devices(&settings, PF_INITRAMFS_TOOLS, &devices, NULL);
        for (size_t i = 0; i < devices.n && r == 0; i++)
                check(*devices.items[i].identity && devices.items[i].line > 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n) {
        PF_CLEANUP(pf_cmdline_freep) PfCmdline *cmdline = NULL;
        const char *text = (const char *) bytes;

        check_settings(text, n);
        if (pf_cmdline_parse(text, n, &cmdline) < 0)
                return 0;
        for (size_t i = 0; i < cmdline->n; i++)
                check_word(cmdline, &cmdline->words[i], text);
        return 0;
}
