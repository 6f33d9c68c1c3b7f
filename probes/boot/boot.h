/* SPDX-License-Identifier: MIT */
#pragma once

/* The checks of the probe boot, and what they share. Private to its files. */

#include "probes/block/graph.h"
#include "probes/boot/inventory.h"
#include "probes/probe.h"

typedef enum PfBootCheck {
        PF_BOOT_ROOT,
        PF_BOOT_RESUME,
        PF_BOOT_RESOLVES,
        PF_BOOT_FSTAB,
        PF_BOOT_LIVE,
        PF_BOOT_ARGUMENTS,
        PF_BOOT_SECURE,
        PF_BOOT_N_CHECKS,
} PfBootCheck;

extern const PfCheck pf_boot_checks[PF_BOOT_N_CHECKS];

/* How long a name of a device holds. */
typedef enum PfBootClass {
        PF_BOOT_CLASS_NONE,       /* no device is named, or none that could change its name */
        PF_BOOT_CLASS_STABLE,     /* by what is written on it */
        PF_BOOT_CLASS_HYPERVISOR, /* by how it is plugged in, which Azure does otherwise */
        PF_BOOT_CLASS_DEVICE,     /* by the order in which the kernel finds it */
        PF_BOOT_CLASS_DUPLICATE,  /* by what several devices have */
        PF_BOOT_CLASS_DANGLING,   /* by what no device has */
        PF_BOOT_CLASS_UNCERTAIN,  /* it cannot be told from files what is named */
} PfBootClass;

/* For people: "a device name". */
const char *pf_boot_class_text(PfBootClass class);
bool pf_boot_class_is_bad(PfBootClass class);

/* The class of a name by its text alone. */
PfBootClass pf_boot_classify_text(PfIdentityKind kind, const char *identity);

/* What the vendor's own check of the boot loader says, as far as it can be known. */
typedef enum PfVendorAnswer {
        PF_VENDOR_ACCEPTS,
        PF_VENDOR_REFUSES,
        PF_VENDOR_UNKNOWN
} PfVendorAnswer;

typedef struct PfBootVendor {
        const char *path; /* the only file it reads; NULL: none of them is there */
        PfVendorAnswer root;
        PfVendorAnswer resume;
        unsigned root_line; /* that it refuses */
        unsigned resume_line;
} PfBootVendor;

/* All that the checks look at. */
typedef struct PfBootFacts {
        const PfTarget *target;
        PfBootInventory inventory;
        PfBlockGraph *graph;
        PfBootVendor vendor;
} PfBootFacts;

int pf_boot_facts_load(const PfTarget *target, PfBootFacts *ret, PfErr *err) PF_MUST_CHECK;
void pf_boot_facts_deinit(PfBootFacts *facts);
#define PF_AUTO_BOOT_FACTS PF_CLEANUP(pf_boot_facts_deinit)

/**
 * pf_boot_vendor_look() - read what the vendor's check reads, as it does
 * Rule:   its published script: the first of /boot/grub/grub.cfg,
 *         /boot/grub2/grub.cfg and /boot/grub/menu.lst; lines that do not begin with
 *         '#' and have root=/dev/… or resume=/dev/… somewhere behind "kernel" or
 *         "linux"; by-uuid, by-label, and maps of LVM and of encryption are taken.
 *         Neither variables nor lines that go on are understood, nor other files.
 * Return: 0, -ENOMEM.
 */
int pf_boot_vendor_look(const PfTarget *target, const PfBlockGraph *graph,
                        PfBootVendor *ret) PF_MUST_CHECK;

/* The class of what a statement names, on this machine. Return: 0, -ENOMEM. */
int pf_boot_classify(const PfBootFacts *facts, const PfBootStatement *statement,
                     PfBootClass *ret) PF_MUST_CHECK;

/* Does it stand where the machine does not start from, and nothing is generated from? */
bool pf_boot_is_idle(const PfBootInventory *inventory, const PfBootStatement *statement);

/* Why the boot loaders' files are not all known; NULL: they are. */
const char *pf_boot_what_is_missing(const PfBootFacts *facts);

/* Is there any item that boots a kernel? */
bool pf_boot_has_kernel(const PfBootFacts *facts);

/* Answers a check where there is nothing to look at: skipped in a container,
 * unknown otherwise. Return: true where it was answered. */
bool pf_boot_answer_nothing(const PfBootFacts *facts, PfReport *report, const PfCheck *check);

/* Evidence out of a statement; of the many that a machine may have, the first. */
#define PF_BOOT_EVIDENCE_MAX 32
int pf_boot_evidence(const PfBootFacts *facts, PfReport *report, const PfBootStatement *statement,
                     const char *expected);

/* The checks. Each answers once. Return: 0, -ENOMEM. */
int pf_boot_check_root(const PfBootFacts *facts, PfReport *report);
int pf_boot_check_resume(const PfBootFacts *facts, PfReport *report);
int pf_boot_check_resolves(const PfBootFacts *facts, PfReport *report);
int pf_boot_check_fstab(const PfBootFacts *facts, PfReport *report);
int pf_boot_check_live(const PfBootFacts *facts, PfReport *report);
int pf_boot_check_arguments(const PfBootFacts *facts, PfReport *report);
int pf_boot_check_secure(const PfBootFacts *facts, PfReport *report);

/* inspect boot: inspect.c. */
int pf_boot_inspect(const PfTarget *target, const PfDemand *demand, bool privileged, PfJson **ret,
                    PfErr *err);
