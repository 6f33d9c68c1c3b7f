/* SPDX-License-Identifier: MIT */
/*
 * Probe boot: when the machine starts on other hardware, will what its boot
 * loader names still be there, and be what was meant?
 *
 * Looks at every entry of every loader that the machine may start with. What is
 * in a file that it does not start from is told, and blocks nothing. Where no
 * loader's files are to be seen nothing is known: they may be on a file system
 * that is not mounted.
 */
#include "probes/boot/boot.h"

#include <string.h>

const PfCheck pf_boot_checks[PF_BOOT_N_CHECKS] = {
        [PF_BOOT_ROOT] = { "boot.root-identity" },
        [PF_BOOT_RESUME] = { "boot.resume-identity" },
        [PF_BOOT_RESOLVES] = { "boot.identity-resolves" },
        [PF_BOOT_FSTAB] = { "boot.fstab-identity" },
        [PF_BOOT_LIVE] = { "boot.configuration-live" },
        [PF_BOOT_ARGUMENTS] = { "boot.arguments" },
        [PF_BOOT_SECURE] = { "boot.secure-boot" },
};

int pf_boot_facts_load(const PfTarget *target, PfBootFacts *ret, PfErr *err) {
        int r;

        ret->target = target;
        r = pf_block_graph_load(target, &ret->graph, err);
        if (r == 0)
                r = pf_boot_inventory_load(target, &ret->inventory, err);
        return r < 0 ? r : pf_boot_vendor_look(target, ret->graph, &ret->vendor);
}

void pf_boot_facts_deinit(PfBootFacts *facts) {
        pf_boot_inventory_deinit(&facts->inventory);
        facts->graph = pf_block_graph_free(facts->graph);
}

/* Is it about /boot? Tables and settings have checks of their own. */
static bool is_about_loaders(const char *problem) {
        return strstr(problem, "/boot") || strstr(problem, "/efi");
}

const char *pf_boot_what_is_missing(const PfBootFacts *facts) {
        const PfBootInventory *inventory = &facts->inventory;

        for (size_t i = 0; i < inventory->n_loaders; i++)
                if (inventory->loaders[i].problem && inventory->loaders[i].live != PF_NO)
                        return inventory->loaders[i].problem;
        for (size_t i = 0; i < inventory->problems.n; i++)
                if (is_about_loaders(inventory->problems.items[i]))
                        return inventory->problems.items[i];
        return NULL;
}

bool pf_boot_has_kernel(const PfBootFacts *facts) {
        for (size_t i = 0; i < facts->inventory.n_items; i++)
                if (facts->inventory.items[i].kernel)
                        return true;
        return false;
}

/* The marks stay behind where an image of a container became that of a machine. */
static bool is_container(const PfTarget *target) {
        static const char *const marks[] = { "/run/systemd/container", "/.dockerenv",
                                             "/run/.containerenv" };
        PfFileInfo info;
        PfErr err = { 0 };

        for (size_t i = 0; i < PF_ELEMENTS(marks); i++)
                if (pf_target_stat(target, marks[i], &info, &err) == 0)
                        return true;
        return false;
}

bool pf_boot_answer_nothing(const PfBootFacts *facts, PfReport *report, const PfCheck *check) {
        const char *missing = pf_boot_what_is_missing(facts);
        const PfFstabEntry *boot = pf_fstab_find(&facts->inventory.fstab, "/boot");

        if (pf_boot_has_kernel(facts))
                return false;
        if (missing)
                (void) pf_report_unknown(report, check,
                                         "the boot loader's files could not be read: %s", missing);
        else if (boot)
                (void) pf_report_unknown(report, check,
                                         "no entry of a boot loader is in /boot, which is a file "
                                         "system of its own: is it mounted?");
        else if (is_container(facts->target))
                (void) pf_report_skip(report, check, "a container has no boot loader");
        else
                (void) pf_report_unknown(report, check,
                                         "no entry of a boot loader was found in /boot, nor on an "
                                         "EFI partition");
        return true;
}

int pf_boot_evidence(const PfBootFacts *facts, PfReport *report, const PfBootStatement *statement,
                     const char *expected) {
        return pf_report_evidence(report, facts->target, statement->path, statement->line,
                                  statement->found, expected);
}

static int run(const PfTarget *target, const PfDemand *demand, PfReport *report, PfErr *err) {
        static int (*const answers[PF_BOOT_N_CHECKS])(const PfBootFacts *, PfReport *) = {
                [PF_BOOT_ROOT] = pf_boot_check_root,
                [PF_BOOT_RESUME] = pf_boot_check_resume,
                [PF_BOOT_RESOLVES] = pf_boot_check_resolves,
                [PF_BOOT_FSTAB] = pf_boot_check_fstab,
                [PF_BOOT_LIVE] = pf_boot_check_live,
                [PF_BOOT_ARGUMENTS] = pf_boot_check_arguments,
                [PF_BOOT_SECURE] = pf_boot_check_secure,
        };
        PF_AUTO_BOOT_FACTS PfBootFacts facts = { 0 };
        int r = pf_boot_facts_load(target, &facts, err);

        (void) demand;
        for (size_t i = 0; i < PF_BOOT_N_CHECKS && r == 0; i++)
                r = answers[i](&facts, report);
        return r < 0 ? r : report->error;
}

const PfProbe pf_probe_boot = {
        .name = "boot",
        .checks = pf_boot_checks,
        .n_checks = PF_BOOT_N_CHECKS,
        .platforms = PF_PLATFORM_LINUX,
        .deadline_ms = 3000,
        .run = run,
        .inspect = pf_boot_inspect,
        .subject = "boot",
};
