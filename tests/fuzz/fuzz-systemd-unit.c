/* SPDX-License-Identifier: MIT */
/*
 * Unit files, and presets, which are lines of the same kind of file: what is found is
 * in the text. As the unit of a machine: whether its conditions hold is said, and by
 * which setting they do not.
 */
#include "tests/fuzz/machine.h"

#include <string.h>

#include "probes/parse/systemd-condition.h"
#include "probes/parse/systemd-preset.h"
#include "probes/parse/systemd-unit.h"

int pf_fuzz_accepts(const uint8_t *bytes, size_t n) {
        PF_AUTO_SYSTEMD_UNIT PfSystemdUnit unit = { 0 };

        return pf_systemd_unit_parse(&unit, (const char *) bytes, n, "/u") == 0;
}

static void check_setting(const PfSystemdUnit *unit, const PfUnitSetting *setting, size_t n) {
        check(setting->value[0] && setting->line > 0 && setting->line <= n + 1);
        check(pf_systemd_unit_get(unit, setting->section, setting->key) >= setting);
}

static void check_loaded(const uint8_t *bytes, size_t n) {
        static const char *const names[] = { "ssh.service", "sshd.service" };
        PF_CLEANUP(pf_target_unrefp)
        PfTarget *target = pf_fuzz_machine("/etc/systemd/system/sshd.service", bytes, n);
        PF_AUTO_SYSTEMD_UNIT PfSystemdUnit unit = { 0 };
        const PfUnitSetting *setting = NULL;
        PfConditions conditions;
        int r = pf_systemd_unit_load(target, names, PF_ELEMENTS(names), &unit, NULL);

        check(r == 0 || r == -E2BIG || r == -EFBIG);
        if (r < 0)
                return;
        check(strcmp(unit.name, "sshd.service") == 0 && (n > 0 || unit.mask));
        r = pf_systemd_conditions(target, &unit, &conditions, &setting, NULL);
        check(r <= 0);
        check(r < 0 || conditions != PF_CONDITIONS_FAIL || setting);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n) {
        PF_AUTO_SYSTEMD_UNIT PfSystemdUnit unit = { 0 };
        PF_AUTO_PRESET PfPreset preset = { 0 };
        int r;

        r = pf_systemd_unit_parse(&unit, (const char *) bytes, n, "/u");
        check(r == 0 || r == -E2BIG);
        for (size_t i = 0; i < unit.n; i++)
                check_setting(&unit, &unit.settings[i], n);
        r = pf_preset_parse((const char *) bytes, n, "/p", "ssh.service", &preset);
        check(r == 0 ? preset.path && preset.text && preset.line > 0 : r == PF_PRESET_SILENT);
        check_loaded(bytes, n);
        return 0;
}
