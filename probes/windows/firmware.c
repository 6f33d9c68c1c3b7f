/* SPDX-License-Identifier: MIT */
/*
 * Probe windows-firmware: does Secure Boot stand in the way, or a firmware that this
 * Windows is not supported with?
 *
 * Windows writes what the firmware said when it starts, so that an image tells how its
 * machine was started last, and not how it will be.
 */
#include <string.h>

#include "probes/windows/ask-look.h"

#define SECURE_BOOT PF_CONTROL "\\SecureBoot\\State"
#define NAME "Secure Boot"

static const PfCheck check = { "boot.secure-boot" };

static void say(PfRegistryLook *look, PfFindingState state, bool is_on) {
        if (is_on) {
                pf_finding_add(&look->findings, state, NAME,
                               "Secure Boot is on, with which the agent is not supported");
                pf_finding_reason(&look->findings, "secure-boot");
                pf_finding_remedy(
                        &look->findings,
                        "save the recovery key of BitLocker, and switch Secure Boot off in "
                        "the boot options of the virtual machine");
        } else {
                pf_finding_add(&look->findings, state, NAME, "Secure Boot is off");
        }
        pf_look_evidence_at(look, SECURE_BOOT, "UEFISecureBootEnabled",
                            is_on ? "dword 1" : "dword 0", "dword 0");
}

/* Without the key a BIOS started this machine, or a Windows that does not know of it. */
static int judge_secure_boot(PfRegistryLook *look, bool is_image) {
        uint64_t on = 0;
        int r = pf_look_number(look, NAME, SECURE_BOOT, "UEFISecureBootEnabled", &on);

        if (r < 0 || r == PF_LOOKED_FAILED)
                return r < 0 ? r : 0;
        if (r == 0 && (on || !is_image)) {
                say(look, on ? PF_FINDING_BAD : PF_FINDING_GOOD, on != 0);
        } else if (is_image) {
                pf_finding_add(&look->findings, PF_FINDING_UNKNOWN, NAME,
                               "an image does not tell how its machine will be started");
                pf_look_evidence_at(look, SECURE_BOOT, "UEFISecureBootEnabled",
                                    r == 0 ? "dword 0" : NULL, "dword 0");
        } else {
                pf_finding_add(&look->findings, PF_FINDING_GOOD, NAME,
                               "a BIOS started this machine: it has no Secure Boot");
                pf_look_evidence_at(look, SECURE_BOOT, NULL, "not there", NULL);
        }
        return 0;
}

/* Support matrix: UEFI from Windows Server 2012 on. */
static int judge_firmware(PfRegistryLook *look, const PfWindowsDisks *disks) {
        char version[PF_WINDOWS_VERSION_MAX];
        int r = pf_look_version(look, "firmware", version);

        if (r != 0)
                return r < 0 ? r : 0;
        if (!disks->firmware || strcmp(disks->firmware, "uefi") != 0 ||
            !pf_windows_is_before(version, 6, 2))
                return 0;
        pf_finding_add(&look->findings, PF_FINDING_BAD, "firmware",
                       "UEFI started this Windows, which is supported with a BIOS alone");
        pf_look_said(look, "GetFirmwareType", "uefi", "bios");
        pf_finding_reason(&look->findings, "uefi");
        return 0;
}

static int run(const PfTarget *target, const PfDemand *demand, PfReport *report, PfErr *err) {
        PF_AUTO_REGISTRY_LOOK PfRegistryLook look = { .target = target,
                                                      .findings = { .target = target } };
        PfWindowsDisks disks = { 0 };
        int r = pf_look_fact(&look, "firmware", PF_WINDOWS_DISKS, "all", &disks);
        const bool is_image = r == PF_LOOKED_ABSENT;

        (void) demand;
        (void) err;
        if (r >= 0)
                r = judge_secure_boot(&look, is_image);
        if (r == 0 && !is_image)
                r = judge_firmware(&look, &disks);
        pf_windows_fact_deinit(PF_WINDOWS_DISKS, &disks);
        if (r < 0)
                return r;
        return pf_look_answer(&look, report, &check, "nothing keeps the agent's driver out",
                              "there is no firmware");
}

const PfProbe pf_probe_windows_firmware = {
        .name = "windows-firmware",
        .checks = &check,
        .n_checks = 1,
        .platforms = PF_PLATFORM_WINDOWS,
        .deadline_ms = 10000,
        .run = run,
};
