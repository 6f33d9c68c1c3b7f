/* SPDX-License-Identifier: MIT */
/*
 * boot.drivers: does a kernel find the disk and the network that Azure gives it?
 *
 * Judged is the kernel that starts next. Where nobody knows which one that is, all of
 * them have to be in order. The one that runs now is told of, since it can be chosen.
 */
#include "probes/boot/kernel-facts.h"

#include <string.h>

#include "probes/boot/modprobe.h"

#define LIST_MAX 256

static const struct {
        const char *driver;
        PfDriverUse use;
} of_azure[] = {
        { "hv_vmbus", PF_DRIVER_DISK },
        { "hv_storvsc", PF_DRIVER_DISK },
        { "hv_netvsc", PF_DRIVER_LATER },
        { "sd_mod", PF_DRIVER_IF_MODULAR },
};

/* What became of one kernel. */
typedef struct Look {
        const PfBootKernel *kernel;
        PfDrivers drivers;
        PfDriverState worst;
        char missing[LIST_MAX];
        char reason[PF_DRIVERS_TEXT_MAX]; /* of PF_DRIVER_UNKNOWN */
        const PfModuleBan *ban;           /* of a driver that is no part of the kernel */
        const PfModuleBan *vfat;          /* of what the EFI partition is mounted with */
} Look;

static void list_drivers(Look *look, PfDriverState state) {
        size_t n = 0;

        for (size_t i = 0; i < look->drivers.n && n < LIST_MAX; i++)
                if (pf_driver_state(&look->drivers, &look->drivers.items[i]) == state)
                        n += (size_t) snprintf(look->missing + n, LIST_MAX - n, "%s%s",
                                               n > 0 ? ", " : "", look->drivers.items[i].name);
}

/* Missing weighs most: a driver that is not there is not there, whatever else is known. */
static int weight(PfDriverState state) {
        static const int weights[] = {
                [PF_DRIVER_READY] = 0,
                [PF_DRIVER_TOO_LATE] = 1,
                [PF_DRIVER_UNKNOWN] = 2,
                [PF_DRIVER_MISSING] = 3,
        };

        return weights[state];
}

static void find_worst(Look *look, const char *root_reason) {
        const char *needy = NULL;

        look->worst = PF_DRIVER_READY;
        for (size_t i = 0; i < look->drivers.n; i++) {
                const PfDriver *driver = &look->drivers.items[i];
                PfDriverState state = pf_driver_state(&look->drivers, driver);

                if (!pf_driver_needs_are_known(driver))
                        needy = driver->name;
                if (weight(state) > weight(look->worst))
                        look->worst = state;
        }
        list_drivers(look, look->worst);
        if (look->worst == PF_DRIVER_UNKNOWN && needy)
                (void) snprintf(look->reason, sizeof(look->reason),
                                "modules.dep of the kernel does not tell what %s needs", needy);
        else if (look->worst == PF_DRIVER_UNKNOWN)
                (void) snprintf(look->reason, sizeof(look->reason), "%s",
                                look->drivers.image_reason[0] ? look->drivers.image_reason
                                : look->kernel->images_reason[0]
                                        ? look->kernel->images_reason
                                        : "no file tells what is built into the kernel");
        if (weight(look->worst) < weight(PF_DRIVER_UNKNOWN) && root_reason[0]) {
                look->worst = PF_DRIVER_UNKNOWN;
                (void) snprintf(look->reason, sizeof(look->reason), "%s", root_reason);
        }
}

/* A ban keeps hardware from finding its driver; what is built in is not concerned, and
 * the drivers of file systems are asked for by name, past a "blacklist". */
static void find_ban(Look *look, const PfModuleBans *bans) {
        for (size_t i = 0; i < look->drivers.n && !look->ban; i++) {
                const PfDriver *driver = &look->drivers.items[i];
                const PfModuleBan *ban = pf_module_bans_find(bans, driver->name);

                if (ban && driver->built_in != PF_YES && driver->of < 0 &&
                    (ban->install || strncmp(driver->name, "hv_", 3) == 0))
                        look->ban = ban;
        }
}

/* With EFI, a disabled vfat keeps /boot/efi from being mounted. */
static void find_vfat_ban(const PfKernelFacts *facts, Look *look, const PfModuleBans *bans) {
        const PfModuleBan *vfat = pf_module_bans_find(bans, "vfat");

        if (!vfat)
                vfat = pf_module_bans_find(bans, "fat");
        if (vfat && vfat->install && facts->inventory.efi == PF_YES &&
            pf_fstab_find(&facts->inventory.fstab, "/boot/efi"))
                look->vfat = vfat;
}

int pf_kernel_drivers_find(const PfTarget *target, const PfBlockGraph *graph,
                           const PfBootKernel *kernel, PfDrivers *ret,
                           char ret_root_reason[static PF_ROOT_REASON_MAX]) {
        int r = 0;

        for (size_t i = 0; i < PF_ELEMENTS(of_azure) && r == 0; i++)
                r = pf_drivers_add(ret, of_azure[i].driver, of_azure[i].use);
        if (r == 0)
                r = pf_root_drivers_add(target, graph, ret, ret_root_reason);
        if (r != 0)
                return r;
        if (kernel->images_reason[0])
                (void) snprintf(ret->image_reason, sizeof(ret->image_reason), "%s",
                                kernel->images_reason);
        return pf_drivers_find(target, kernel->version, &kernel->images, ret);
}

static int look_at(const PfKernelFacts *facts, const PfBootKernel *kernel,
                   const PfBlockGraph *graph, const PfModuleBans *bans, Look *look) {
        char root_reason[PF_ROOT_REASON_MAX];
        int r;

        look->kernel = kernel;
        r = pf_kernel_drivers_find(facts->target, graph, kernel, &look->drivers, root_reason);
        if (r < 0)
                return r;
        find_worst(look, root_reason);
        find_ban(look, bans);
        find_vfat_ban(facts, look, bans);
        return 0;
}

static bool is_good(const Look *look) {
        return weight(look->worst) <= weight(PF_DRIVER_TOO_LATE) && !look->ban;
}

static int add_evidence(const PfKernelFacts *facts, PfReport *report, const Look *look) {
        char found[PF_DRIVERS_TEXT_MAX];

        const PfModuleBan *ban = look->ban                        ? look->ban
                                 : look->worst == PF_DRIVER_READY ? look->vfat
                                                                  : NULL;

        if (ban)
                return pf_report_evidence(report, facts->target, ban->path, ban->line, ban->text,
                                          "no such line");
        if (look->worst == PF_DRIVER_MISSING || look->worst == PF_DRIVER_TOO_LATE)
                (void) snprintf(found, sizeof(found), "without %s%s", look->missing,
                                look->drivers.other_version ? "; with modules of another kernel"
                                                            : "");
        else
                (void) snprintf(found, sizeof(found), "kernel %s", look->kernel->version);
        return pf_report_evidence(report, NULL,
                                  look->kernel->images.n > 0 ? look->kernel->images.items[0]
                                                             : look->kernel->file,
                                  0, found,
                                  look->worst == PF_DRIVER_READY
                                          ? NULL
                                          : "hv_vmbus, hv_storvsc, hv_netvsc and the drivers of "
                                            "the root file system");
}

static int answer_missing(PfReport *report, const Look *look) {
        const PfCheck *check = &pf_kernel_checks[PF_KERNEL_DRIVERS];

        (void) pf_report_fail(report, check,
                              "kernel %s has %s neither in its initramfs nor built in",
                              look->kernel->version, look->missing);
        return pf_report_remedy(report,
                                "Add the drivers to the initramfs of every kernel and build "
                                "it anew");
}

static int answer(const PfKernelFacts *facts, PfReport *report, const Look *look) {
        const PfCheck *check = &pf_kernel_checks[PF_KERNEL_DRIVERS];

        if (look->ban)
                (void) pf_report_fail(report, check, "%s is kept from being loaded",
                                      look->ban->module);
        else if (look->worst == PF_DRIVER_MISSING)
                (void) answer_missing(report, look);
        else if (look->worst == PF_DRIVER_UNKNOWN)
                (void) pf_report_unknown(report, check,
                                         "whether kernel %s has its drivers is not known: %s",
                                         look->kernel->version, look->reason);
        else if (look->worst == PF_DRIVER_TOO_LATE)
                (void) pf_report_warn(report, check,
                                      "kernel %s has %s on the root file system only, not in its "
                                      "initramfs",
                                      look->kernel->version, look->missing);
        else if (look->vfat)
                (void) pf_report_warn(report, check,
                                      "%s is kept from being loaded, and /boot/efi needs it",
                                      look->vfat->module);
        else
                (void) pf_report_pass(report, check,
                                      "kernel %s has the drivers of Azure and of its root file "
                                      "system",
                                      look->kernel->version);
        return add_evidence(facts, report, look);
}

/* The kernel of the next start is in order, and the one that runs now is not. */
static int answer_other(const PfKernelFacts *facts, PfReport *report, const Look *look) {
        const PfCheck *check = &pf_kernel_checks[PF_KERNEL_DRIVERS];

        (void) pf_report_warn(report, check,
                              "the kernel of the next start has its drivers; %s, which runs now, "
                              "%s%s",
                              look->kernel->version,
                              look->worst == PF_DRIVER_UNKNOWN ? "is not known: "
                                                               : "lacks them or may not load them",
                              look->worst == PF_DRIVER_UNKNOWN ? look->reason : "");
        return add_evidence(facts, report, look);
}

/* Nobody knows which one starts: then all have to be good, or none is. */
static int answer_any(const PfKernelFacts *facts, PfReport *report, const PfBlockGraph *graph,
                      const PfModuleBans *bans) {
        PF_AUTO_STRV PfStrv versions = { 0 };
        PF_AUTO_FREE Look *bad = calloc(1, sizeof(*bad)), *good = calloc(1, sizeof(*good));
        PF_AUTO_BOOT_KERNEL PfBootKernel bad_kernel = { 0 };
        PF_AUTO_BOOT_KERNEL PfBootKernel good_kernel = { 0 };
        size_t n_good = 0;
        PfErr err = { 0 };
        int r;

        if (!bad || !good)
                return -ENOMEM;
        r = pf_boot_kernel_list(facts->target, &versions, &err);
        for (size_t i = 0; i < versions.n && r == 0; i++) {
                PF_AUTO_FREE Look *look = calloc(1, sizeof(*look));
                PfBootKernel kernel = { 0 };
                bool is_one;

                if (!look)
                        return -ENOMEM;
                r = pf_boot_kernel_installed(facts->target, versions.items[i], &kernel);
                if (r == 0)
                        r = look_at(facts, &kernel, graph, bans, look);
                is_one = r == 0 && is_good(look);
                n_good += is_one;
                pf_boot_kernel_deinit(is_one ? &good_kernel : &bad_kernel);
                *(is_one ? &good_kernel : &bad_kernel) = kernel;
                look->kernel = is_one ? &good_kernel : &bad_kernel;
                *(is_one ? good : bad) = *look;
        }
        if (r == -ENOMEM)
                return r;
        if (versions.n > 0 && r == 0 && (n_good == 0 || n_good == versions.n))
                return answer(facts, report, n_good == 0 ? bad : good);
        return pf_report_unknown(report, &pf_kernel_checks[PF_KERNEL_DRIVERS],
                                 "which kernel starts next is not known: %s%s%s",
                                 pf_err_text(&facts->next_err, facts->next_err.code),
                                 n_good > 0 ? "; not in order is " : "",
                                 n_good > 0 ? bad_kernel.version : "");
}

static int answer_next(const PfKernelFacts *facts, PfReport *report, const PfBlockGraph *graph,
                       const PfModuleBans *bans) {
        PF_AUTO_FREE Look *next = calloc(1, sizeof(*next)), *running = calloc(1, sizeof(*running));
        int r;

        if (!next || !running)
                return -ENOMEM;
        r = look_at(facts, &facts->next, graph, bans, next);
        if (r < 0)
                return r;
        if (!is_good(next) || !facts->runs ||
            strcmp(facts->running.version, facts->next.version) == 0)
                return answer(facts, report, next);
        r = look_at(facts, &facts->running, graph, bans, running);
        if (r < 0)
                return r;
        return is_good(running) ? answer(facts, report, next)
                                : answer_other(facts, report, running);
}

int pf_kernel_check_drivers(const PfKernelFacts *facts, PfReport *report) {
        PF_CLEANUP(pf_block_graph_freep) PfBlockGraph *graph = NULL;
        PF_AUTO_MODULE_BANS PfModuleBans bans = { 0 };
        size_t before = report->n;
        PfErr err = { 0 };
        int r;

        r = pf_module_bans_load(facts->target, &bans, &err);
        if (r < 0 && r != -ENOMEM)
                return pf_report_unknown(report, &pf_kernel_checks[PF_KERNEL_DRIVERS],
                                         "which modules may be loaded is not known: %s",
                                         pf_err_text(&err, r));
        if (r == 0)
                r = pf_block_graph_load(facts->target, &graph, &err);
        if (r < 0)
                return pf_err_set(&err, r, "block devices");
        r = facts->next_known ? answer_next(facts, report, graph, &bans)
                              : answer_any(facts, report, graph, &bans);
        return r < 0 && r != -ENOMEM && report->n == before
                       ? pf_report_unknown(report, &pf_kernel_checks[PF_KERNEL_DRIVERS],
                                           "too many drivers would be needed")
                       : r;
}
