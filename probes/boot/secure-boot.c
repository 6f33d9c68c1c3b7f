/* SPDX-License-Identifier: MIT */
/*
 * Check boot.secure-boot: will the kernel load the agent's driver, which is signed
 * by nobody it knows? The firmware's variables tell, and the kernel itself; no
 * program is asked.
 */
#include "probes/boot/boot.h"

#include <string.h>

#include "probes/boot/efi-variables.h"

typedef enum State { STATE_OFF, STATE_ON, STATE_ABSENT, STATE_UNKNOWN } State;

static State read_flag(const PfTarget *target, const char *name, const char *vendor, PfErr *err) {
        PF_AUTO_BUF PfBuf value = PF_BUF_INIT(PF_EFI_VARIABLE_MAX);
        int r = pf_efi_variable_read(target, name, vendor, &value, err);

        if (r == PF_TARGET_ABSENT)
                return STATE_ABSENT;
        if (r < 0 || value.n == 0)
                return STATE_UNKNOWN;
        return value.data[0] == 1 ? STATE_ON : STATE_OFF;
}

/* A setting of the running kernel that keeps modules out. */
static const struct {
        const char *path;
        const char *off; /* what it says where modules are let in */
        const char *summary;
        bool is_choice; /* a list, the choice in brackets */
} settings[] = {
        { "/sys/kernel/security/lockdown", "[none]",
          "the kernel is locked down, and takes no driver that it cannot verify", true },
        { "/sys/module/module/parameters/sig_enforce", "N",
          "the kernel takes no driver without a signature that it knows", false },
        { "/proc/sys/kernel/modules_disabled", "0",
          "the kernel takes no more drivers until it is started again", false },
};

/* Return: whether the check was answered, or a negative errno. */
static int answer_setting(const PfBootFacts *facts, PfReport *report, size_t i, bool *ret_unknown) {
        PF_AUTO_BUF PfBuf buf = PF_BUF_INIT(4096);
        PfErr err = { 0 };
        int r = pf_target_read(facts->target, settings[i].path, 4096, &buf, &err);

        if (r == -ENOMEM)
                return r;
        if (r != 0 || buf.n == 0) {
                *ret_unknown = *ret_unknown || r < 0;
                return 0;
        }
        pf_boot_trim_end(buf.data);
        buf.data[strcspn(buf.data, "\n")] = '\0';
        if (settings[i].is_choice ? strstr(buf.data, settings[i].off) != NULL
                                  : strcmp(buf.data, settings[i].off) == 0)
                return 0;
        (void) pf_report_fail(report, &pf_boot_checks[PF_BOOT_SECURE], "%s", settings[i].summary);
        r = pf_report_evidence(report, facts->target, settings[i].path, 1, buf.data,
                               settings[i].off);
        return r < 0 ? r : 1;
}

static bool has_mokutil(const PfTarget *target) {
        static const char *const paths[] = { "/usr/bin/mokutil", "/bin/mokutil",
                                             "/usr/sbin/mokutil" };
        PfFileInfo info;
        PfErr err = { 0 };

        for (size_t i = 0; i < PF_ELEMENTS(paths); i++)
                if (pf_target_stat(target, paths[i], &info, &err) == 0)
                        return true;
        return false;
}

static int answer_on(const PfBootFacts *facts, PfReport *report) {
        (void) pf_report_fail(report, &pf_boot_checks[PF_BOOT_SECURE],
                              "Secure Boot is on, and the kernel will not load the agent's driver");
        (void) pf_report_evidence(report, facts->target,
                                  PF_EFI_VARIABLES "/SecureBoot-" PF_EFI_GLOBAL, 0, "on", "off");
        if (!has_mokutil(facts->target))
                (void) pf_report_vendor_verdict(report, "accepted: it asks mokutil, which is not "
                                                        "installed");
        return report->error;
}

static int answer_firmware(const PfBootFacts *facts, PfReport *report, bool settings_unknown) {
        const PfCheck *check = &pf_boot_checks[PF_BOOT_SECURE];
        PfErr err = { 0 };
        State on = read_flag(facts->target, "SecureBoot", PF_EFI_GLOBAL, &err);
        State shim = on == STATE_ON ? read_flag(facts->target, "MokSBStateRT", PF_EFI_SHIM, &err)
                                    : STATE_ABSENT;

        /* shim does not verify, and the kernel takes that for "off". */
        if (on == STATE_ON && shim != STATE_ON && shim != STATE_UNKNOWN)
                return answer_on(facts, report);
        if (on == STATE_UNKNOWN || shim == STATE_UNKNOWN)
                return pf_report_unknown(report, check,
                                         "whether Secure Boot is on could not be read: %s",
                                         err.text[0] ? err.text : "the variable is empty");
        if (on == STATE_ABSENT)
                return pf_report_unknown(report, check,
                                         "EFI started this machine, and its variables do not say "
                                         "whether Secure Boot is on");
        if (settings_unknown)
                return pf_report_unknown(report, check,
                                         "Secure Boot is off, and whether the kernel is locked "
                                         "down could not be read");
        (void) pf_report_pass(report, check, "Secure Boot is off");
        return pf_report_evidence(report, facts->target,
                                  PF_EFI_VARIABLES "/SecureBoot-" PF_EFI_GLOBAL, 0,
                                  shim == STATE_ON ? "on, and not verified by shim" : "off", NULL);
}

int pf_boot_check_secure(const PfBootFacts *facts, PfReport *report) {
        const PfCheck *check = &pf_boot_checks[PF_BOOT_SECURE];
        bool unknown = false;

        for (size_t i = 0; i < PF_ELEMENTS(settings); i++) {
                int r = answer_setting(facts, report, i, &unknown);

                if (r != 0)
                        return r < 0 ? r : 0;
        }
        if (facts->inventory.efi == PF_MAYBE)
                return pf_report_unknown(report, check,
                                         "an image does not tell how its machine will be started");
        if (facts->inventory.efi == PF_YES)
                return answer_firmware(facts, report, unknown);
        if (unknown)
                return pf_report_unknown(report, check,
                                         "whether the kernel takes drivers could not be read");
        return pf_report_pass(report, check, "a BIOS started this machine: it has no Secure Boot");
}
